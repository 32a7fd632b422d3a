//! A checkpoint under way, and what is to be written of it.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, OperatorId};
use alpheus_state::handle::{CheckpointStatistics, TaskId, TaskSnapshot};

/// Names an operation that a user asked for (Flink's trigger id).
pub type TriggerId = u128;

/// A savepoint that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavepointRequest {
    /// Under which its outcome is kept.
    pub trigger: TriggerId,
    /// The savepoint's own folder, as a location.
    pub directory: String,
    /// Whether the job stops with it, and whether windows fire first.
    pub stop: Option<Drain>,
}

/// Whether a job that stops says [`alpheus_dataflow::element::Watermark::MAX`] first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain(pub bool);

/// What sinks have prepared, by operator.
pub type Committables = BTreeMap<OperatorId, Vec<Vec<u8>>>;

/// Adds committables, each once: a sink may hand out again what an aborted checkpoint had already.
pub fn add_committables(into: &mut Committables, operator: OperatorId, new: &[Vec<u8>]) {
    let known = into.entry(operator).or_default();
    for committable in new {
        if !known.contains(committable) {
            known.push(committable.clone());
        }
    }
}

/// A checkpoint's content, complete, to be published and committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointContents {
    /// The barrier.
    pub barrier: CheckpointBarrier,
    /// Its folder.
    pub directory: String,
    /// By which start of the job.
    pub attempt: AttemptNumber,
    /// Every task that acknowledged it.
    pub tasks: Vec<TaskSnapshot>,
    /// What to commit beyond the tasks' own: of tasks that have finished and of checkpoints that were
    /// given up.
    pub committables: Committables,
    /// State of the split enumerators, by source operator.
    pub enumerators: Vec<(OperatorId, Vec<u8>)>,
    /// All tasks have finished: nothing is left to do but to commit.
    pub finished: bool,
    /// Whether its committables are committed once it is published. Savepoints of a job that goes on
    /// do not commit: the job recovers from checkpoints only, and would commit again (Flink, FLIP-203).
    pub commits: bool,
}

impl CheckpointContents {
    /// Everything to be committed with it, by operator.
    pub fn all_committables(&self) -> Committables {
        let mut all = self.committables.clone();
        for operator in self.tasks.iter().flat_map(|task| &task.operators) {
            if !operator.committables.is_empty() {
                add_committables(&mut all, operator.operator, &operator.committables);
            }
        }
        all
    }
}

/// How far a checkpoint has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The split enumerators are writing down what they have not handed out.
    Freezing,
    /// Barriers flow; tasks acknowledge.
    Collecting,
    /// Everything is there; an earlier one is being written.
    Ready,
    /// Being written.
    Storing,
}

/// A checkpoint under way.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub barrier: CheckpointBarrier,
    pub directory: String,
    pub request: Option<SavepointRequest>,
    pub phase: Phase,
    pub outstanding: BTreeSet<TaskId>,
    pub tasks: BTreeMap<TaskId, TaskSnapshot>,
    pub enumerators: Vec<(OperatorId, Vec<u8>)>,
    pub statistics: CheckpointStatistics,
    /// Finished tasks whose committables went into it.
    pub claimed: BTreeSet<TaskId>,
}

impl Pending {
    pub fn id(&self) -> CheckpointId {
        self.barrier.id
    }

    pub fn is_savepoint(&self) -> bool {
        self.request.is_some()
    }

    pub fn is_stop(&self) -> bool {
        self.request
            .as_ref()
            .is_some_and(|request| request.stop.is_some())
    }

    /// Takes a worker's part.
    pub fn acknowledge(&mut self, tasks: Vec<TaskSnapshot>, statistics: CheckpointStatistics) {
        for snapshot in tasks {
            if self.outstanding.remove(&snapshot.task) {
                self.tasks.insert(snapshot.task, snapshot);
            }
        }
        let total = &mut self.statistics;
        total.state_bytes += statistics.state_bytes;
        total.in_flight_bytes += statistics.in_flight_bytes;
        total.alignment_ms = total.alignment_ms.max(statistics.alignment_ms);
        total.sync_ms = total.sync_ms.max(statistics.sync_ms);
        total.async_ms = total.async_ms.max(statistics.async_ms);
    }
}
