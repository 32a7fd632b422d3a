//! A checkpoint in flight: who has to acknowledge it, and when it is complete.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};

use crate::handle::{Committables, TaskId, TaskSnapshot};

/// A checkpoint that was triggered and is not complete yet.
#[derive(Clone, Debug)]
pub struct PendingCheckpoint {
    /// Its barrier.
    pub barrier: CheckpointBarrier,
    attempt: AttemptNumber,
    waiting: BTreeSet<TaskId>,
    acknowledged: BTreeMap<TaskId, TaskSnapshot>,
    committables: Vec<Committables>,
}

/// What an acknowledgment means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckDecision {
    /// Others are missing.
    Waiting,
    /// That was the last one: publish.
    Complete,
    /// It is of another start of the job or of another checkpoint, or was there already: forget it.
    Ignored,
}

impl PendingCheckpoint {
    /// A checkpoint of `attempt` that these tasks have to acknowledge: those that run. What tasks that
    /// finished earlier left to commit, and no checkpoint has taken yet, comes along.
    pub fn new(
        barrier: CheckpointBarrier,
        attempt: AttemptNumber,
        running: impl IntoIterator<Item = TaskId>,
        left_over: Vec<Committables>,
    ) -> Self {
        PendingCheckpoint {
            barrier,
            attempt,
            waiting: running.into_iter().collect(),
            acknowledged: BTreeMap::new(),
            committables: left_over,
        }
    }

    /// Its number.
    pub fn id(&self) -> CheckpointId {
        self.barrier.id
    }

    /// Tasks that are still missing.
    pub fn waiting(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.waiting.iter().copied()
    }

    /// Whether nobody is missing.
    pub fn is_complete(&self) -> bool {
        self.waiting.is_empty()
    }

    fn progress(&self) -> AckDecision {
        if self.is_complete() {
            AckDecision::Complete
        } else {
            AckDecision::Waiting
        }
    }

    /// Some tasks have given their state.
    pub fn acknowledge(
        &mut self,
        attempt: AttemptNumber,
        checkpoint: CheckpointId,
        tasks: Vec<TaskSnapshot>,
    ) -> AckDecision {
        if attempt != self.attempt || checkpoint != self.id() {
            return AckDecision::Ignored;
        }
        let mut counted = false;
        for snapshot in tasks {
            if self.waiting.remove(&snapshot.task) {
                self.acknowledged.insert(snapshot.task, snapshot);
                counted = true;
            }
        }
        if counted || self.is_complete() && self.acknowledged.is_empty() {
            self.progress()
        } else {
            AckDecision::Ignored
        }
    }

    /// A task has ended without acknowledging; what it left to commit belongs to this checkpoint. A task
    /// that had acknowledged before it ended leaves its last committables to the next one: they are
    /// given back.
    ///
    /// # Errors
    /// Those committables, when they do not belong here.
    pub fn task_finished(
        &mut self,
        task: TaskId,
        committables: Vec<Committables>,
    ) -> Result<AckDecision, Vec<Committables>> {
        if !self.waiting.remove(&task) {
            return Err(committables);
        }
        self.committables.extend(committables);
        Ok(self.progress())
    }

    /// What goes into the metadata: state of the tasks, and what finished tasks left to commit.
    pub fn into_parts(self) -> (Vec<TaskSnapshot>, Vec<Committables>) {
        (self.acknowledged.into_values().collect(), self.committables)
    }

    /// What finished tasks left to commit, to be taken along by the next checkpoint when this one is
    /// given up.
    pub fn into_left_over(self) -> Vec<Committables> {
        self.committables
    }
}
