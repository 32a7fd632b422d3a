//! All channels that lead to a task, read as one ordered sequence of events.
//!
//! Channels are read in turn, so that none starves; parked ones (see [`Alignment`]) are left alone.
//! Small batches, as a hash exchange makes them, are put together before the chain sees them: rows of
//! one input are collected as long as more are at hand, up to [`TARGET_ROWS`]. When nothing more is at
//! hand they wait only while other tasks of the slot still work, and never longer than the deadline;
//! an idle slot asks *eagerly* and gets them at once. Anything in band (a watermark that advances, a
//! barrier, the end) delivers collected rows first, so order within a channel is kept.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, StreamElement, Watermark};
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::CheckpointId;

use super::alignment::{Aligned, Alignment};
use super::watermark_valve::{ValveOutput, WatermarkValve};
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

struct GateChannel {
    queue: Arc<Channel>,
    input: usize,
    ended: bool,
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
}

impl InputGate {
    /// A gate over `channels`, each with the input that it feeds. `linger` bounds how long rows may
    /// wait for more (`execution.buffer-timeout.interval`).
    pub fn new(channels: Vec<(usize, Arc<Channel>)>, linger: Duration) -> Self {
        let inputs = channels.iter().map(|(input, _)| input + 1).max();
        let mut open_channels = vec![0; inputs.unwrap_or(0)];
        for (input, _) in &channels {
            open_channels[*input] += 1;
        }
        InputGate {
            alignment: Alignment::new(channels.len()),
            valve: WatermarkValve::new(channels.len()),
            channels: channels
                .into_iter()
                .map(|(input, queue)| GateChannel {
                    queue,
                    input,
                    ended: false,
                })
                .collect(),
            open_channels,
            next: 0,
            collected: None,
            events: VecDeque::new(),
            linger,
        }
    }

    /// The combined watermark.
    pub fn watermark(&self) -> Watermark {
        self.valve.output()
    }

    /// The coordinator has given this checkpoint up.
    pub fn abort_checkpoint(&mut self, checkpoint: CheckpointId) {
        self.alignment.abort(checkpoint);
    }

    /// The next event. With `eager`, collected rows are given out although more may come.
    ///
    /// # Errors
    /// When a connection that feeds a channel has broken, or batches of an input do not fit together.
    pub fn poll(&mut self, eager: bool, now: Instant) -> OperatorResult<GatePoll> {
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
        if output.active {
            self.events.push_back(GateEvent::Idle(false));
        }
        let watermark = output.watermark.map(GateEvent::Watermark);
        self.events.extend(watermark);
        if output.idle {
            self.events.push_back(GateEvent::Idle(true));
        }
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

#[cfg(test)]
#[path = "input_gate_tests.rs"]
mod tests;
