//! A task's part of a checkpoint: when it is taken, and when it is complete.
//!
//! Aligned, the part is taken and complete when the last barrier has come. A barrier that may overtake
//! says after which time; a task learns of it from the master's trigger, or from the barrier if that is
//! faster. When the time is over the task takes its snapshot wherever it is, its barrier goes out in front of what its outputs keep, and the part
//! is complete when the barriers of all channels have arrived, which no full channel and no slow operator
//! hold up. A barrier that an aligned snapshot has left behind what an output keeps overtakes then, too
//! (Flink's unaligned checkpoints, and aligned ones with a timeout).
//!
//! What sinks prepare for a checkpoint that is given up goes into the next one: its part may not have reached
//! the master, and the rows will not come again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::ids::{CheckpointId, OperatorId};
use alpheus_dataflow::source::SourceSplit;

use super::{ChainSnapshot, SnapshotEvent, Task, TaskEvent, TaskInput};

/// A checkpoint whose barrier may overtake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced {
    barrier: CheckpointBarrier,
    /// From when on.
    at: Instant,
}

/// What sinks have prepared, by operator.
type Committables = Vec<(OperatorId, Vec<Vec<u8>>)>;

/// What a task has given away to be committed, until it is known to be safe.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    handed_out: BTreeMap<CheckpointId, Committables>,
    /// Of checkpoints that were given up.
    left: Committables,
}

impl Prepared {
    /// The snapshot for a checkpoint is taken: it takes along what is left.
    fn hand_out(&mut self, checkpoint: CheckpointId, operators: &mut ChainSnapshot) {
        for (operator, committables) in self.take_left() {
            match operators.iter_mut().find(|(id, _)| *id == operator) {
                Some((_, snapshot)) => {
                    snapshot.committables.splice(0..0, committables);
                }
                None => self.left.push((operator, committables)),
            }
        }
        let prepared = operators
            .iter()
            .map(|(operator, snapshot)| (*operator, snapshot.committables.clone()))
            .filter(|(_, committables)| !committables.is_empty());
        let prepared: Committables = prepared.collect();
        if !prepared.is_empty() {
            self.handed_out.insert(checkpoint, prepared);
        }
    }

    pub(super) fn complete(&mut self, checkpoint: CheckpointId) {
        self.handed_out = self.handed_out.split_off(&checkpoint.next());
    }

    fn abort(&mut self, checkpoint: CheckpointId) {
        self.left
            .extend(self.handed_out.remove(&checkpoint).unwrap_or_default());
    }

    /// What is left when the task ends.
    pub(super) fn take_left(&mut self) -> Committables {
        std::mem::take(&mut self.left)
    }
}

impl Task {
    /// A barrier is under way.
    pub(super) fn announce(&mut self, barrier: CheckpointBarrier, now: Instant) {
        let known = self.announced.map(|announced| announced.barrier.id);
        if known < Some(barrier.id)
            && let Some(after) = barrier.overtake_after_ms
        {
            let at = now + Duration::from_millis(after);
            self.announced = Some(Announced { barrier, at });
        }
    }

    /// When [`Task::step`] has to do something for a checkpoint, whatever its inputs and outputs.
    pub fn deadline(&self) -> Option<Instant> {
        let announced = self.announced?;
        let due = announced.barrier.id > self.last_checkpoint || self.unfinished.is_some();
        due.then_some(announced.at)
    }

    /// The announced checkpoint, if its barrier may overtake now.
    fn overtaking(&self, checkpoint: CheckpointId, now: Instant) -> bool {
        self.announced
            .is_some_and(|announced| announced.barrier.id == checkpoint && announced.at <= now)
    }

    /// Does what is due for the announced checkpoint. True when something was done.
    pub(super) fn advance_checkpoint(&mut self, now: Instant) -> OperatorResult<bool> {
        let taken = self.overtake(now)?;
        Ok(self.report_part(now)? || taken)
    }

    fn overtake(&mut self, now: Instant) -> OperatorResult<bool> {
        let Some(Announced { barrier, at }) = self.announced else {
            return Ok(false);
        };
        // A sink that has ended has nothing to send: it has finished before anybody could ask.
        let is_sink = |ended: &Vec<_>| !ended.is_empty();
        let done = self.last_checkpoint >= barrier.id || self.stopped;
        if now < at || done || self.ended.as_ref().is_some_and(is_sink) {
            return Ok(false);
        }
        loop {
            let gate = match &mut self.input {
                TaskInput::Gate(gate) => gate,
                // It has read everything and cannot get rid of it.
                TaskInput::Source(source) if self.ended.is_some() => {
                    let splits = source.snapshot()?;
                    self.take_snapshot(barrier, Duration::ZERO, splits, now)?;
                    return Ok(true);
                }
                TaskInput::Source(_) => return Ok(false),
            };
            if !gate.may_overtake(barrier.id) {
                return Ok(false);
            }
            let Some(event) = gate.settle()? else {
                let aligned = gate.overtake(barrier, now);
                if let Some(older) = aligned.given_up {
                    self.give_up(older);
                }
                let waited = aligned.complete.map(|(_, waited)| waited);
                self.take_snapshot(barrier, waited.unwrap_or_default(), Vec::new(), now)?;
                return Ok(true);
            };
            self.handle(event)?;
            if self.last_checkpoint >= barrier.id {
                return Ok(true);
            }
        }
    }

    /// Freezes the operators and sends the barrier on.
    pub(super) fn take_snapshot(
        &mut self,
        barrier: CheckpointBarrier,
        alignment: Duration,
        splits: Vec<SourceSplit>,
        now: Instant,
    ) -> OperatorResult<()> {
        if let Some(older) = &self.unfinished {
            self.give_up(older.checkpoint);
        }
        self.announce(barrier, now);
        let begin = Instant::now();
        let overtake = self.overtaking(barrier.id, now);
        let (mut operators, channels) = self.chain.barrier(barrier, overtake)?;
        self.prepared.hand_out(barrier.id, &mut operators);
        self.last_checkpoint = barrier.id;
        self.stopped = matches!(barrier.kind, CheckpointKind::StopWithSavepoint { .. });
        self.unfinished = Some(Box::new(SnapshotEvent {
            task: self.id,
            checkpoint: barrier.id,
            operators,
            splits,
            channels,
            alignment,
            freezing: begin.elapsed(),
        }));
        self.report_part(now)?;
        Ok(())
    }

    /// Reports the part that was taken, when nothing of it is missing any more. True when it was.
    pub(super) fn report_part(&mut self, now: Instant) -> OperatorResult<bool> {
        let Some(part) = &mut self.unfinished else {
            return Ok(false);
        };
        let mut sent = false;
        let announced = self.announced;
        let announced = announced.filter(|announced| announced.barrier.id == part.checkpoint);
        if let Some(announced) = announced
            && self.chain.outputs.keeps_barrier(part.checkpoint)
        {
            if now < announced.at {
                return Ok(false);
            }
            part.channels
                .extend(self.chain.outputs.overtake(announced.barrier));
            sent = true;
        }
        if let TaskInput::Gate(gate) = &mut self.input {
            match gate.recorded(part.checkpoint) {
                Some(recorded) => part.channels.extend(recorded),
                None => return Ok(sent),
            }
        }
        if let Some(part) = self.unfinished.take() {
            self.report(TaskEvent::Snapshot(part));
        }
        Ok(true)
    }

    /// A newer barrier has come before this checkpoint was complete here.
    pub(super) fn give_up(&mut self, checkpoint: CheckpointId) {
        self.abort_checkpoint(checkpoint);
        let reason = format!("{} saw a newer barrier before it was aligned", self.name);
        self.report(TaskEvent::Declined(checkpoint, reason));
    }

    /// The checkpoint is given up: nobody waits for it any more.
    pub(super) fn abort_checkpoint(&mut self, checkpoint: CheckpointId) {
        if let TaskInput::Gate(gate) = &mut self.input {
            gate.abort_checkpoint(checkpoint);
        }
        self.announced = self
            .announced
            .filter(|announced| announced.barrier.id != checkpoint);
        self.unfinished
            .take_if(|part| part.checkpoint == checkpoint);
        self.prepared.abort(checkpoint);
    }
}
