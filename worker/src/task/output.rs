//! The edges that leave a task.
//!
//! An operator emits as much as it likes in one call; what the channels have no room for is kept here,
//! in order, and the task does nothing else until it is gone. So what lies between two tasks is bounded
//! by the channel's limits plus the output of one call.
//!
//! A barrier waits behind what is kept unless it overtakes; what it overtakes here is part of its
//! checkpoint, as what it overtakes in the channel is at the receiver.

use std::collections::VecDeque;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, StreamElement, Watermark};
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::CheckpointId;
use alpheus_dataflow::operator::Metric;
use alpheus_state::channel_state::{ChannelSide, InFlight};

use super::in_flight::ChannelPlace;
use super::partitioner::Partitioner;
use crate::exchange::ChannelSender;

struct Target {
    sender: ChannelSender,
    place: ChannelPlace,
    pending: VecDeque<StreamElement>,
}

impl Target {
    fn send(&mut self, element: StreamElement) {
        if !self.pending.is_empty() {
            self.pending.push_back(element);
        } else if let Err(back) = self.sender.try_send(element) {
            self.pending.push_back(back);
        }
    }

    /// Where a barrier waits.
    fn position_of(&self, checkpoint: CheckpointId) -> Option<usize> {
        if !self.place.overtakable {
            return None;
        }
        self.pending.iter().position(
            |element| matches!(element, StreamElement::Barrier(barrier) if barrier.id == checkpoint),
        )
    }

    /// Sends a barrier in front of everything that is kept; gives what is kept in front of `position`.
    fn overtake(&mut self, barrier: CheckpointBarrier, position: usize) -> Option<InFlight> {
        // A barrier always finds room.
        if let Err(back) = self.sender.try_send(StreamElement::Barrier(barrier)) {
            self.pending.push_front(back);
        }
        let kept = self.pending.iter().take(position).filter(|element| {
            !matches!(
                element,
                StreamElement::Barrier(_) | StreamElement::EndOfInput
            )
        });
        let in_flight = InFlight {
            channel: self.place.key.clone(),
            side: ChannelSide::Sender,
            elements: kept.cloned().collect(),
        };
        (!in_flight.is_empty()).then_some(in_flight)
    }

    fn drain(&mut self) -> bool {
        while let Some(element) = self.pending.pop_front() {
            if let Err(back) = self.sender.try_send(element) {
                self.pending.push_front(back);
                return false;
            }
        }
        true
    }
}

/// One edge: a channel to each subtask that this one sends to.
pub struct Output {
    partitioner: Partitioner,
    targets: Vec<Target>,
}

impl Output {
    /// An edge over `senders`, one for each subtask that this subtask sends to, by subtask.
    pub fn new(partitioner: Partitioner, senders: Vec<(ChannelSender, ChannelPlace)>) -> Self {
        let targets = senders
            .into_iter()
            .map(|(sender, place)| Target {
                sender,
                place,
                pending: VecDeque::new(),
            })
            .collect();
        Output {
            partitioner,
            targets,
        }
    }

    fn emit(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        let targets = &mut self.targets;
        match &mut self.partitioner {
            Partitioner::Single => {
                if let Some(target) = targets.first_mut() {
                    target.send(StreamElement::Data(batch));
                }
            }
            Partitioner::Hash(hash) => {
                hash.scatter(batch, |target, rows| {
                    targets[target].send(StreamElement::Data(rows));
                })?;
            }
            Partitioner::Rebalance { next } => {
                // Whoever has room, beginning with the one whose turn it is.
                let count = targets.len();
                let mut element = StreamElement::Data(batch);
                for step in 0..count {
                    let index = (*next + step) % count;
                    if !targets[index].pending.is_empty() {
                        continue;
                    }
                    match targets[index].sender.try_send(element) {
                        Ok(()) => {
                            *next = (index + 1) % count;
                            return Ok(());
                        }
                        Err(back) => element = back,
                    }
                }
                targets[*next].send(element);
                *next = (*next + 1) % count;
            }
            Partitioner::Broadcast => {
                for target in targets {
                    target.send(StreamElement::Data(batch.clone()));
                }
            }
        }
        Ok(())
    }
}

/// All edges that leave a task, and what the task has said on them.
pub struct Outputs {
    edges: Vec<Output>,
    watermark: Watermark,
    idle: bool,
    gauges: OutputGauges,
}

/// What a task shows of its outputs.
#[derive(Default)]
pub struct OutputGauges {
    /// `numRecordsOut`.
    pub records: Metric,
    /// `currentOutputWatermark`.
    pub watermark: Metric,
    /// 1 while no rows are to be expected: nobody waits for such a task's watermark.
    pub idle: Metric,
}

impl Outputs {
    /// Edges of a task.
    pub fn new(edges: Vec<Output>, gauges: OutputGauges) -> Self {
        gauges.watermark.set(Watermark::MIN.0);
        Outputs {
            edges,
            watermark: Watermark::MIN,
            idle: false,
            gauges,
        }
    }

    /// Sends rows down every edge.
    ///
    /// # Errors
    /// When a key cannot be hashed.
    pub fn emit(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.gauges.records.add(batch.num_rows() as u64);
        let Some((last, others)) = self.edges.split_last_mut() else {
            return Ok(());
        };
        for edge in others {
            edge.emit(batch.clone())?;
        }
        last.emit(batch)
    }

    /// Sends something that is for everybody.
    pub fn broadcast(&mut self, element: StreamElement) {
        for target in self.edges.iter_mut().flat_map(|edge| &mut edge.targets) {
            target.send(element.clone());
        }
    }

    /// Sends a barrier, behind everything that is kept or, with `overtake`, where it may, in front of it.
    /// Gives what it has overtaken.
    pub fn barrier(&mut self, barrier: CheckpointBarrier, overtake: bool) -> Vec<InFlight> {
        let mut overtaken = Vec::new();
        for target in self.edges.iter_mut().flat_map(|edge| &mut edge.targets) {
            if overtake && target.place.overtakable {
                let kept = target.pending.len();
                overtaken.extend(target.overtake(barrier, kept));
            } else {
                target.send(StreamElement::Barrier(barrier));
            }
        }
        overtaken
    }

    /// Whether this barrier waits where it may overtake.
    pub fn keeps_barrier(&self, checkpoint: CheckpointId) -> bool {
        let mut targets = self.edges.iter().flat_map(|edge| &edge.targets);
        targets.any(|target| target.position_of(checkpoint).is_some())
    }

    /// Lets a barrier overtake what it waits behind. Gives what it has overtaken.
    pub fn overtake(&mut self, barrier: CheckpointBarrier) -> Vec<InFlight> {
        let mut overtaken = Vec::new();
        for target in self.edges.iter_mut().flat_map(|edge| &mut edge.targets) {
            if let Some(position) = target.position_of(barrier.id) {
                target.pending.remove(position);
                overtaken.extend(target.overtake(barrier, position));
            }
        }
        overtaken
    }

    /// Says that event time has advanced. Watermarks that do not rise are dropped, and an idle task
    /// becomes active by it.
    pub fn watermark(&mut self, watermark: Watermark) {
        if watermark > self.watermark {
            self.idle(false);
            self.watermark = watermark;
            self.gauges.watermark.set(watermark.0);
            self.broadcast(StreamElement::Watermark(watermark));
        }
    }

    /// What was said last.
    pub fn current_watermark(&self) -> Watermark {
        self.watermark
    }

    /// Says whether rows are to be expected.
    pub fn idle(&mut self, idle: bool) {
        if idle != self.idle {
            self.idle = idle;
            self.gauges.idle.set(i64::from(idle));
            self.broadcast(StreamElement::Idle(idle));
        }
    }

    /// Sends what is pending. True when nothing is left.
    ///
    /// # Errors
    /// When a connection that a channel goes through has broken.
    pub fn drain(&mut self) -> OperatorResult<bool> {
        let mut drained = true;
        for target in self.edges.iter_mut().flat_map(|edge| &mut edge.targets) {
            drained &= target.drain();
            if let Some(reason) = target.sender.broken() {
                return Err(OperatorError::transient(reason));
            }
        }
        Ok(drained)
    }

    /// Whether something is pending.
    pub fn is_blocked(&self) -> bool {
        let mut targets = self.edges.iter().flat_map(|edge| &edge.targets);
        targets.any(|target| !target.pending.is_empty())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use alpheus_dataflow::graph::Partitioning;
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    use super::*;
    use crate::exchange::{Channel, ChannelLimits, local_channel};
    use crate::task::in_flight::test_place;
    use crate::waker::SlotWaker;

    fn barrier(id: u64) -> CheckpointBarrier {
        CheckpointBarrier {
            id: CheckpointId(id),
            timestamp: 0,
            kind: alpheus_dataflow::element::CheckpointKind::Checkpoint,
            overtake_after_ms: Some(0),
        }
    }

    fn content(channel: &Channel) -> String {
        let mut seen = String::new();
        while let Ok(Some(element)) = channel.pop() {
            seen.push(match element {
                StreamElement::Data(_) => 'd',
                StreamElement::Barrier(_) => 'b',
                StreamElement::Watermark(_) => 'w',
                _ => '?',
            });
        }
        seen
    }

    #[test]
    fn a_barrier_overtakes_what_is_kept_at_once_or_after_it_has_waited() {
        for waits in [false, true] {
            let (mut outputs, channels) = outputs(&Partitioning::Global, 1);
            for value in 0..4 {
                outputs.emit(rows(value)).unwrap();
            }
            outputs.watermark(Watermark(9));
            let mut overtaken = outputs.barrier(barrier(1), !waits);
            outputs.emit(rows(5)).unwrap();
            assert_eq!(outputs.keeps_barrier(CheckpointId(1)), waits);
            if waits {
                assert!(overtaken.is_empty());
                overtaken = outputs.overtake(barrier(1));
            }
            assert_eq!(overtaken.len(), 1);
            assert_eq!(
                overtaken[0].elements.len(),
                3,
                "two batches and a watermark"
            );
            assert!(!outputs.keeps_barrier(CheckpointId(1)));
            assert_eq!(content(&channels[0]), "ddb");
            let mut rest = String::new();
            while !outputs.drain().unwrap() || !channels[0].is_empty() {
                rest += &content(&channels[0]);
            }
            assert_eq!(rest, "ddwd");
        }
        let (mut outputs, channels) = outputs_with(&Partitioning::Forward, 1, false);
        (0..4).for_each(|value| outputs.emit(rows(value)).unwrap());
        assert!(outputs.barrier(barrier(1), true).is_empty());
        assert!(!outputs.keeps_barrier(CheckpointId(1)));
        assert_eq!(content(&channels[0]), "dd");
    }

    fn rows(value: i64) -> ChangelogBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![value]));
        ChangelogBatch::inserts(RecordBatch::try_from_iter([("v", column)]).unwrap())
    }

    fn outputs(partitioning: &Partitioning, targets: u32) -> (Outputs, Vec<Arc<Channel>>) {
        outputs_with(partitioning, targets, true)
    }

    fn outputs_with(
        partitioning: &Partitioning,
        targets: u32,
        overtakable: bool,
    ) -> (Outputs, Vec<Arc<Channel>>) {
        let limits = ChannelLimits {
            batches: 2,
            bytes: u64::MAX,
        };
        let (senders, channels) = (0..targets)
            .map(|_| {
                let (sender, channel) = local_channel(limits, SlotWaker::new(), SlotWaker::new());
                let place = test_place(0, overtakable);
                ((ChannelSender::Local(sender), place), channel)
            })
            .unzip();
        let output = Output::new(Partitioner::new(partitioning, targets, 128), senders);
        let outputs = Outputs::new(vec![output], OutputGauges::default());
        (outputs, channels)
    }

    #[test]
    fn what_has_no_room_is_kept_in_order() {
        let (mut outputs, channels) = outputs(&Partitioning::Global, 1);
        for value in 0..4 {
            outputs.emit(rows(value)).unwrap();
        }
        outputs.watermark(Watermark(9));
        outputs.watermark(Watermark(8));
        assert!(!outputs.drain().unwrap() && outputs.is_blocked());
        assert_eq!(channels[0].len(), 2);
        let mut seen = Vec::new();
        while !outputs.drain().unwrap() || !channels[0].is_empty() {
            match channels[0].pop().unwrap().unwrap() {
                StreamElement::Data(_) => seen.push('d'),
                StreamElement::Watermark(Watermark(9)) => seen.push('w'),
                other => panic!("unexpected {other:?}"),
            }
        }
        assert_eq!(seen, ['d', 'd', 'd', 'd', 'w']);
    }

    #[test]
    fn rebalance_passes_by_a_full_channel_and_broadcast_reaches_all() {
        let (mut balanced, channels) = outputs(&Partitioning::Rebalance, 2);
        for value in 0..4 {
            balanced.emit(rows(value)).unwrap();
        }
        channels[1].pop().unwrap();
        balanced.emit(rows(4)).unwrap();
        assert!(!balanced.is_blocked());
        assert_eq!((channels[0].len(), channels[1].len()), (2, 2));
        let (mut all, channels) = outputs(&Partitioning::Broadcast, 3);
        all.emit(rows(1)).unwrap();
        assert!(channels.iter().all(|channel| channel.len() == 1));
    }
}
