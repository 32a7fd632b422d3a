//! All channels that lead to a task, read as one ordered sequence of events.
//!
//! Channels are read in turn, so that none starves; parked ones (see [`Alignment`]) are left alone.
//! Small batches, as a hash exchange makes them, are put together before the chain sees them: rows of
//! one input are collected as long as more are at hand, up to [`TARGET_ROWS`]. When nothing more is at
//! hand they wait only while other tasks of the slot still work, and never longer than the deadline;
//! an idle slot asks *eagerly* and gets them at once. Anything in band (a watermark that advances, a
//! barrier, the end) delivers collected rows first, so order within a channel is kept.
//!
//! A barrier may overtake what waits in the channels ([`InputGate::overtake`]); then it is [recorded](Recording).
//! After a restore from such a checkpoint the gate gives out what was recorded first ([`Replay`]).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, StreamElement, Watermark};
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::CheckpointId;

use super::alignment::{Aligned, Alignment};
use super::in_flight::{ChannelPlace, Recording};
use super::replay::Replay;
use super::watermark_valve::{ValveOutput, WatermarkValve};
use alpheus_state::channel_state::InFlight;

use crate::exchange::Channel;

/// Batches of at least so many rows are passed on as they are.
const ENOUGH_ROWS: usize = 2048;
/// How many rows to put together.
const TARGET_ROWS: usize = 4096;

/// What a gate has for its chain.
#[derive(Debug)]
pub enum GateEvent {
    /// Rows of an input.
    Data(usize, ChangelogBatch),
    /// Event time has advanced on all channels together.
    Watermark(Watermark),
    /// All channels have become idle, or one active again.
    Idle(bool),
    /// All channels have delivered this barrier; how long the first one waited.
    Barrier(CheckpointBarrier, Duration),
    /// This checkpoint was given up because a newer barrier came.
    GivenUp(CheckpointId),
    /// No more rows on this input.
    EndOfInput(usize),
}

/// Answer of [`InputGate::poll`].
#[derive(Debug)]
pub enum GatePoll {
    /// Here is something.
    Event(GateEvent),
    /// Rows are being collected; ask again by then, or eagerly.
    Holding(Instant),
    /// Nothing there.
    Empty,
    /// All inputs have ended and every event was given out.
    Ended,
}

/// A channel that leads to a task.
pub struct GateInput {
    /// Which input it feeds.
    pub input: usize,
    /// Its queue.
    pub queue: Arc<Channel>,
    /// What checkpoints call it.
    pub place: ChannelPlace,
}

struct GateChannel {
    queue: Arc<Channel>,
    input: usize,
    ended: bool,
    place: ChannelPlace,
}

struct Collected {
    input: usize,
    batches: Vec<ChangelogBatch>,
    rows: usize,
    deadline: Instant,
}

/// All channels that lead to a task.
pub struct InputGate {
    channels: Vec<GateChannel>,
    open_channels: Vec<usize>,
    alignment: Alignment,
    valve: WatermarkValve,
    next: usize,
    collected: Option<Collected>,
    events: VecDeque<GateEvent>,
    linger: Duration,
    recording: Option<Box<Recording>>,
    replay: Option<Box<Replay>>,
}

impl InputGate {
    /// A gate over `channels`. `linger` bounds how long rows may wait for more
    /// (`execution.buffer-timeout.interval`); `replay` goes before everything else.
    pub fn new(channels: Vec<GateInput>, linger: Duration, replay: Option<Replay>) -> Self {
        let inputs = channels.iter().map(|channel| channel.input + 1).max();
        let mut open_channels = vec![0; inputs.unwrap_or(0)];
        for channel in &channels {
            open_channels[channel.input] += 1;
        }
        InputGate {
            alignment: Alignment::new(channels.len()),
            valve: WatermarkValve::new(channels.len()),
            channels: channels
                .into_iter()
                .map(|channel| GateChannel {
                    queue: channel.queue,
                    input: channel.input,
                    ended: false,
                    place: channel.place,
                })
                .collect(),
            open_channels,
            next: 0,
            collected: None,
            events: VecDeque::new(),
            linger,
            recording: None,
            replay: replay.map(Box::new),
        }
    }

    /// The combined watermark.
    pub fn watermark(&self) -> Watermark {
        self.valve.output()
    }

    /// Whether the snapshot for `checkpoint` may be taken at once: all that its barrier must not overtake
    /// has been read.
    pub fn may_overtake(&self, checkpoint: CheckpointId) -> bool {
        let mut channels = self.channels.iter().enumerate();
        !self.alignment.is_over(checkpoint)
            && channels.all(|(index, channel)| {
                channel.place.overtakable || self.alignment.has_delivered(index, checkpoint)
            })
    }

    /// What has been taken out of the channels and not given out: to be processed before a snapshot.
    ///
    /// # Errors
    /// When batches of an input do not fit together.
    pub fn settle(&mut self) -> OperatorResult<Option<GateEvent>> {
        if let Some(event) = self.replay.as_mut().and_then(|replay| replay.settle()) {
            return Ok(Some(event));
        }
        if self.events.is_empty() {
            self.deliver_collected()?;
        }
        Ok(self.events.pop_front())
    }

    /// `barrier` overtakes what the channels hold, which is recorded from now on. The caller has
    /// [settled](InputGate::settle) the gate and takes its snapshot next.
    pub fn overtake(&mut self, barrier: CheckpointBarrier, now: Instant) -> Aligned {
        let channels = self.channels.iter().enumerate().map(|(index, _)| {
            let delivered = self.alignment.has_delivered(index, barrier.id);
            (self.valve.said_by(index).collect(), delivered)
        });
        let own = self.channels.first().map(|channel| &channel.place.key);
        let older = match (&self.replay, own) {
            (Some(replay), Some(own)) => replay.in_flight(own),
            _ => Vec::new(),
        };
        self.recording = Some(Box::new(Recording::begin(barrier.id, channels, older)));
        self.alignment.overtake(barrier, now)
    }

    /// What `checkpoint` has overtaken, once every channel has delivered its barrier; `None` before.
    pub fn recorded(&mut self, checkpoint: CheckpointId) -> Option<Vec<InFlight>> {
        let Some(recording) = &mut self.recording else {
            return Some(Vec::new());
        };
        if recording.checkpoint() != checkpoint {
            return Some(Vec::new());
        }
        for (index, channel) in self.channels.iter().enumerate() {
            recording.look(index, &channel.queue);
        }
        if !recording.is_complete() {
            return None;
        }
        let places = self.channels.iter().map(|channel| &channel.place);
        let recording = self.recording.take()?;
        Some(recording.finish(places))
    }

    /// The next event of the replay. With the last one its event time becomes the channels'.
    fn replayed(&mut self) -> Option<GateEvent> {
        let replay = self.replay.as_mut()?;
        if let Some(event) = replay.read() {
            return Some(event);
        }
        let idle = replay.valve().is_idle();
        self.valve.start_after(replay.valve().output());
        self.replay = None;
        idle.then_some(GateEvent::Idle(false))
    }

    /// The coordinator has given this checkpoint up.
    pub fn abort_checkpoint(&mut self, checkpoint: CheckpointId) {
        self.alignment.abort(checkpoint);
        if self
            .recording
            .as_ref()
            .is_some_and(|recording| recording.checkpoint() == checkpoint)
        {
            self.recording = None;
        }
    }

    /// The next event. With `eager`, collected rows are given out although more may come.
    ///
    /// # Errors
    /// When a connection that feeds a channel has broken, or batches of an input do not fit together.
    pub fn poll(&mut self, eager: bool, now: Instant) -> OperatorResult<GatePoll> {
        if let Some(event) = self.replayed() {
            return Ok(GatePoll::Event(event));
        }
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(GatePoll::Event(event));
            }
            let Some((channel, element)) = self.next_element()? else {
                return match &self.collected {
                    Some(collected) if !eager && now < collected.deadline => {
                        Ok(GatePoll::Holding(collected.deadline))
                    }
                    Some(_) => {
                        self.deliver_collected()?;
                        continue;
                    }
                    None if self.open_channels.iter().all(|open| *open == 0) => Ok(GatePoll::Ended),
                    None => Ok(GatePoll::Empty),
                };
            };
            self.take_in(channel, element, now)?;
        }
    }

    fn next_element(&mut self) -> OperatorResult<Option<(usize, StreamElement)>> {
        let count = self.channels.len();
        for step in 0..count {
            let index = (self.next + step) % count;
            let channel = &self.channels[index];
            if channel.ended {
                continue;
            }
            if self.alignment.is_parked(index) {
                // It is not read, but its loss must not wait for the other channels.
                match channel.queue.broken() {
                    Some(reason) => return Err(OperatorError::transient(reason)),
                    None => continue,
                }
            }
            match channel.queue.pop() {
                Ok(Some(element)) => {
                    self.next = (index + 1) % count;
                    if let Some(recording) = &mut self.recording {
                        recording.on_read(index, &element);
                    }
                    return Ok(Some((index, element)));
                }
                Ok(None) => {}
                Err(reason) => return Err(OperatorError::transient(reason)),
            }
        }
        Ok(None)
    }

    fn take_in(
        &mut self,
        channel: usize,
        element: StreamElement,
        now: Instant,
    ) -> OperatorResult<()> {
        match element {
            StreamElement::Data(batch) => self.collect(self.channels[channel].input, batch, now),
            StreamElement::Watermark(watermark) => {
                let output = self.valve.on_watermark(channel, watermark);
                self.pass_time_on(output)
            }
            StreamElement::Idle(idle) => {
                let output = self.valve.on_idle(channel, idle);
                self.pass_time_on(output)
            }
            StreamElement::Barrier(barrier) => {
                let aligned = self.alignment.on_barrier(channel, barrier, now);
                self.pass_alignment_on(aligned)
            }
            StreamElement::EndOfInput => {
                let input = self.channels[channel].input;
                self.channels[channel].ended = true;
                self.open_channels[input] -= 1;
                let aligned = self.alignment.on_end(channel, now);
                self.pass_alignment_on(aligned)?;
                if self.open_channels[input] == 0 {
                    self.deliver_collected()?;
                    self.events.push_back(GateEvent::EndOfInput(input));
                }
                Ok(())
            }
        }
    }

    fn collect(&mut self, input: usize, batch: ChangelogBatch, now: Instant) -> OperatorResult<()> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let fits = matches!(&self.collected, Some(collected) if collected.input == input);
        if rows >= ENOUGH_ROWS || !fits {
            self.deliver_collected()?;
        }
        if rows >= ENOUGH_ROWS {
            self.events.push_back(GateEvent::Data(input, batch));
            return Ok(());
        }
        let linger = self.linger;
        let collected = self.collected.get_or_insert_with(|| Collected {
            input,
            batches: Vec::new(),
            rows: 0,
            deadline: now + linger,
        });
        collected.rows += rows;
        collected.batches.push(batch);
        if collected.rows >= TARGET_ROWS {
            self.deliver_collected()?;
        }
        Ok(())
    }

    fn deliver_collected(&mut self) -> OperatorResult<()> {
        if let Some(collected) = self.collected.take() {
            let batch = ChangelogBatch::concat(&collected.batches)?;
            self.events
                .push_back(GateEvent::Data(collected.input, batch));
        }
        Ok(())
    }

    fn pass_time_on(&mut self, output: ValveOutput) -> OperatorResult<()> {
        if output == ValveOutput::default() {
            return Ok(());
        }
        self.deliver_collected()?;
        self.events.extend(time_events(output));
        Ok(())
    }

    fn pass_alignment_on(&mut self, aligned: Aligned) -> OperatorResult<()> {
        self.events.extend(aligned.given_up.map(GateEvent::GivenUp));
        if let Some((barrier, waited)) = aligned.complete {
            self.deliver_collected()?;
            self.events.push_back(GateEvent::Barrier(barrier, waited));
        }
        Ok(())
    }
}

/// What a change of event time is to the chain.
pub(super) fn time_events(output: ValveOutput) -> impl Iterator<Item = GateEvent> {
    let active = output.active.then_some(GateEvent::Idle(false));
    let watermark = output.watermark.map(GateEvent::Watermark);
    let idle = output.idle.then_some(GateEvent::Idle(true));
    active.into_iter().chain(watermark).chain(idle)
}

#[cfg(test)]
#[path = "input_gate_tests.rs"]
mod tests;
