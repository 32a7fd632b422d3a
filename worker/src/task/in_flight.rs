//! What a barrier overtakes at the receiver: the channels' content from the snapshot to the barrier.
//!
//! From the moment of the snapshot on, each channel that has not delivered the barrier is *recorded*:
//! whatever it holds and still brings before the barrier is part of the checkpoint, although the task
//! goes on and processes it (Chandy and Lamport). Recording looks into the queues; what waits there is
//! seen before the task reads it, so that a task that is too busy to read can complete a checkpoint.

use alpheus_dataflow::element::StreamElement;
use alpheus_dataflow::ids::CheckpointId;
use alpheus_state::channel_state::{ChannelKey, ChannelSide, InFlight};

use crate::exchange::Channel;

/// A channel as checkpoints know it.
#[derive(Clone, Debug)]
pub struct ChannelPlace {
    /// Its name.
    pub key: ChannelKey,
    /// Whether barriers may overtake rows in it. Where rows are passed from subtask i to subtask i, or to
    /// all, nothing says who should get them at another parallelism: such channels are always aligned (as in
    /// Flink).
    pub overtakable: bool,
}

/// A place for tests.
#[cfg(test)]
pub(super) fn test_place(subtask: u32, overtakable: bool) -> ChannelPlace {
    use alpheus_dataflow::ids::{OperatorId, SubtaskIndex};
    ChannelPlace {
        key: ChannelKey {
            operator: OperatorId(1),
            input: 0,
            sender: OperatorId(2),
            edge: 0,
            from: SubtaskIndex(subtask),
            to: SubtaskIndex(0),
            parallelism: 1,
            channels: 2,
            keyed: true,
            lane: 0,
        },
        overtakable,
    }
}

/// What one channel brings before the barrier.
#[derive(Debug)]
struct Record {
    elements: Vec<StreamElement>,
    /// How many elements at the head of the queue are in the record already.
    seen: usize,
    closed: bool,
}

/// The channels of a task while one checkpoint is recorded.
#[derive(Debug)]
pub struct Recording {
    checkpoint: CheckpointId,
    /// What the gate knew of each channel's event time when it began.
    times: Vec<Vec<StreamElement>>,
    records: Vec<Record>,
    /// Records of an earlier checkpoint that were not processed yet.
    older: Vec<InFlight>,
}

impl Recording {
    /// Begins; `channels` says of each what is known of its event time and whether it has delivered the
    /// barrier.
    pub fn begin(
        checkpoint: CheckpointId,
        channels: impl Iterator<Item = (Vec<StreamElement>, bool)>,
        older: Vec<InFlight>,
    ) -> Self {
        let record = |closed| Record {
            elements: Vec::new(),
            seen: 0,
            closed,
        };
        let (times, records) = channels
            .map(|(times, closed)| (times, record(closed)))
            .unzip();
        Recording {
            checkpoint,
            times,
            records,
            older,
        }
    }

    /// Which checkpoint.
    pub fn checkpoint(&self) -> CheckpointId {
        self.checkpoint
    }

    /// Looks into a channel.
    pub fn look(&mut self, channel: usize, queue: &Channel) {
        let record = &mut self.records[channel];
        if !record.closed {
            let overtaken = queue.overtake(record.seen, self.checkpoint);
            record.elements.extend(overtaken.elements);
            record.seen = overtaken.waiting;
            record.closed = overtaken.closed;
        }
    }

    /// The task has read this from a channel.
    pub fn on_read(&mut self, channel: usize, element: &StreamElement) {
        let record = &mut self.records[channel];
        if record.closed {
            return;
        }
        if record.seen > 0 {
            record.seen -= 1;
            return;
        }
        match element {
            StreamElement::Barrier(barrier) => record.closed = barrier.id >= self.checkpoint,
            StreamElement::EndOfInput => record.closed = true,
            element => record.elements.push(element.clone()),
        }
    }

    /// Whether every channel has delivered the barrier.
    pub fn is_complete(&self) -> bool {
        self.records.iter().all(|record| record.closed)
    }

    /// What was recorded. When there is anything, each channel says first how far its event time had come:
    /// none may be missing from the watermark of all.
    pub fn finish<'p>(self, places: impl Iterator<Item = &'p ChannelPlace>) -> Vec<InFlight> {
        let nothing = self.records.iter().all(|record| record.elements.is_empty());
        if nothing && self.older.is_empty() {
            return Vec::new();
        }
        let channels = self.times.into_iter().zip(self.records);
        let recorded = places
            .zip(channels)
            .map(|(place, (times, record))| InFlight {
                channel: place.key.clone(),
                side: ChannelSide::Receiver,
                elements: times.into_iter().chain(record.elements).collect(),
            });
        let recorded = recorded.filter(|part| !part.is_empty());
        self.older.into_iter().chain(recorded).collect()
    }
}
