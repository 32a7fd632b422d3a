//! Records that were in flight when a checkpoint was taken, processed first after the restore from it.
//!
//! The gate reads them instead of its channels until none is left. Each old channel keeps its order and
//! its event time, so that rows that were late then are late now; a channel of which nothing is known holds
//! event time back. A snapshot that is taken in between keeps what is left.

use std::collections::VecDeque;

use alpheus_dataflow::element::StreamElement;
use alpheus_state::channel_state::{ChannelKey, ChannelSide, InFlight};

use super::input_gate::{GateEvent, time_events};
use super::watermark_valve::WatermarkValve;

/// A channel of the checkpoint.
#[derive(Debug)]
pub struct ReplayChannel {
    /// Its name there.
    pub key: ChannelKey,
    /// What is left of it.
    pub elements: VecDeque<StreamElement>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Replay {
    channels: Vec<ReplayChannel>,
    valve: WatermarkValve,
    next: usize,
    events: VecDeque<GateEvent>,
}

impl Replay {
    /// Of these channels, where `known` and some of which nothing is known led to the task.
    pub fn new(mut channels: Vec<ReplayChannel>, known: usize) -> Self {
        // What was left of an earlier replay goes before what came through channels then.
        channels.sort_by_key(|channel| channel.key.lane == 0);
        Replay {
            valve: WatermarkValve::new(known.max(channels.len())),
            channels,
            next: 0,
            events: VecDeque::new(),
        }
    }

    /// What is next; `None` when nothing is left.
    pub fn read(&mut self) -> Option<GateEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            let index = self.turn()?;
            match self.channels[index].elements.pop_front()? {
                StreamElement::Data(batch) if batch.is_empty() => {}
                StreamElement::Data(batch) => {
                    return Some(GateEvent::Data(self.channels[index].key.input, batch));
                }
                StreamElement::Watermark(watermark) => {
                    let output = self.valve.on_watermark(index, watermark);
                    self.events.extend(time_events(output));
                }
                StreamElement::Idle(idle) => {
                    let output = self.valve.on_idle(index, idle);
                    self.events.extend(time_events(output));
                }
                StreamElement::Barrier(_) | StreamElement::EndOfInput => {}
            }
        }
    }

    /// The channel to read: in turn, an earlier replay's first.
    fn turn(&mut self) -> Option<usize> {
        let left = |channel: &&ReplayChannel| !channel.elements.is_empty();
        let earlier = self
            .channels
            .iter()
            .filter(left)
            .any(|channel| channel.key.lane > 0);
        let count = self.channels.len();
        let index = (0..count)
            .map(|step| (self.next + step) % count)
            .find(|index| {
                let channel = &self.channels[*index];
                left(&channel) && (channel.key.lane > 0 || !earlier)
            })?;
        self.next = (index + 1) % count;
        Some(index)
    }

    /// What was decided already and not given out.
    pub fn settle(&mut self) -> Option<GateEvent> {
        self.events.pop_front()
    }

    /// Event time as of now.
    pub fn valve(&self) -> &WatermarkValve {
        &self.valve
    }

    /// What is left, as part of a checkpoint of the task that `own` leads to with all other channels.
    pub fn in_flight(&self, own: &ChannelKey) -> Vec<InFlight> {
        let channels = own.channels + self.valve.channels();
        let parts = self.channels.iter().enumerate().map(|(index, channel)| {
            let key = ChannelKey {
                to: own.to,
                parallelism: own.parallelism,
                lane: index + 1,
                channels,
                ..channel.key.clone()
            };
            let times = self.valve.said_by(index);
            InFlight {
                channel: key,
                side: ChannelSide::Receiver,
                elements: times.chain(channel.elements.iter().cloned()).collect(),
            }
        });
        parts.filter(|part| !part.is_empty()).collect()
    }
}
