//! The checkpoint coordinator: when a checkpoint begins, when it is complete, what it holds. Pure.
//!
//! Facts come in with the time; decisions ([`CheckpointAction`]) go out and are carried out elsewhere.
//! A checkpoint goes through four phases: the split enumerators freeze what they have not handed out,
//! barriers are sent and tasks acknowledge, then the metadata is written, and when it is published its
//! committables are committed.
//!
//! # What makes it exactly once
//!
//! * Only what a published checkpoint holds is committed, and only after it was published.
//! * Committables of a checkpoint that was given up, and of tasks that have finished, are carried along
//!   until a checkpoint that commits is published with them.
//! * Checkpoints are written one at a time and in order, so that it is always known which is the newest.
//! * After a failure of the job nothing is written any more ([`CheckpointCoordinator::interrupt`]); the
//!   scheduler waits for [`CheckpointCoordinator::is_writing`] to be over before it restores.

mod action;
mod answers;
mod ending;
mod timing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, OperatorId};
use alpheus_state::handle::{TaskId, TaskSnapshot};

use super::config::CheckpointConfig;
use super::pending::{Committables, Pending, Phase, SavepointRequest, add_committables};
use super::statistics::{CheckpointHistory, RestoreRecord};
use super::takeover::Takeover;

pub use action::CheckpointAction;

/// A published checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedCheckpoint {
    /// Which.
    pub id: CheckpointId,
    /// Where it lies.
    pub location: String,
    /// Bytes of its metadata.
    pub metadata_bytes: u64,
}

#[derive(Clone, Debug)]
struct FinishedTask {
    committables: Vec<(OperatorId, Vec<Vec<u8>>)>,
    /// The checkpoint being written that holds them.
    claimed_by: Option<CheckpointId>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct CheckpointCoordinator {
    config: CheckpointConfig,
    next_id: CheckpointId,
    pending: BTreeMap<CheckpointId, Pending>,
    requests: VecDeque<SavepointRequest>,
    retained: VecDeque<CompletedCheckpoint>,
    /// Tasks of this start of the job, and those of them that have finished.
    tasks: BTreeSet<TaskId>,
    finished: BTreeMap<TaskId, FinishedTask>,
    /// From checkpoints that were given up or do not commit.
    carried: Committables,
    attempt: AttemptNumber,
    /// All tasks run: barriers may flow.
    active: bool,
    /// No periodic checkpoint before this time.
    not_before: i64,
    failures_in_row: u32,
    /// The savepoint that the job stops with is published: no more checkpoints.
    stopping: bool,
    history: CheckpointHistory,
}

impl CheckpointCoordinator {
    /// A coordinator that has seen nothing.
    pub fn new(config: CheckpointConfig) -> Self {
        let history = CheckpointHistory::new(config.history);
        CheckpointCoordinator {
            config,
            next_id: CheckpointId(1),
            pending: BTreeMap::new(),
            requests: VecDeque::new(),
            retained: VecDeque::new(),
            tasks: BTreeSet::new(),
            finished: BTreeMap::new(),
            carried: Committables::new(),
            attempt: AttemptNumber(0),
            active: false,
            not_before: i64::MAX,
            failures_in_row: 0,
            stopping: false,
            history,
        }
    }

    /// The settings.
    pub fn config(&self) -> &CheckpointConfig {
        &self.config
    }

    /// Numbers for the user.
    pub fn history(&self) -> &CheckpointHistory {
        &self.history
    }

    /// The newest published checkpoint of this job: what a restart restores.
    pub fn latest(&self) -> Option<&CompletedCheckpoint> {
        self.retained.back()
    }

    /// The published checkpoints that are kept, oldest first.
    pub fn retained(&self) -> impl Iterator<Item = &CompletedCheckpoint> {
        self.retained.iter()
    }

    /// Whether metadata is being written: until it is known how that ended, nobody knows which
    /// checkpoint is the newest.
    pub fn is_writing(&self) -> bool {
        self.pending
            .values()
            .any(|pending| pending.phase == Phase::Storing)
    }

    /// Whether nothing is under way and nothing waits.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// The job has been restored: later checkpoints get higher numbers, and one that it has claimed is
    /// kept and deleted like its own.
    pub fn on_restored(&mut self, record: RestoreRecord) {
        let known = self.retained.iter();
        let known = known.map(|kept| &kept.location);
        if record.claimed && !known.clone().any(|location| *location == record.path) {
            self.retained.push_front(CompletedCheckpoint {
                id: record.id,
                location: record.path.clone(),
                metadata_bytes: 0,
            });
        }
        self.next_id = self.next_id.max(record.id.next());
        self.history.restored += 1;
        self.history.latest_restore = Some(record);
    }

    /// An earlier attempt of the AM has left these.
    pub fn take_over(&mut self, from: &Takeover) {
        self.retained.extend(from.retained.iter().cloned());
        self.next_id = self.next_id.max(from.next.unwrap_or(self.next_id));
    }

    /// A start of the job is being deployed with these tasks.
    pub fn begin_attempt(&mut self, attempt: AttemptNumber, tasks: BTreeSet<TaskId>) {
        debug_assert!(
            self.pending.is_empty(),
            "an older start was not interrupted"
        );
        self.attempt = attempt;
        self.tasks = tasks;
        self.finished.clear();
        self.carried.clear();
        self.failures_in_row = 0;
        self.stopping = false;
    }

    /// All tasks run.
    pub fn activate(&mut self, now: i64) {
        self.active = true;
        self.not_before = self
            .config
            .interval_ms
            .map_or(i64::MAX, |interval| now.saturating_add(interval));
    }

    /// The job stops or restarts: everything that is not being written is given up.
    pub fn interrupt(&mut self, now: i64, reason: &str) -> Vec<CheckpointAction> {
        self.active = false;
        self.not_before = i64::MAX;
        let mut actions = Vec::new();
        let ids: Vec<_> = self
            .pending
            .values()
            .filter(|pending| pending.phase != Phase::Storing)
            .map(Pending::id)
            .collect();
        for id in ids {
            self.abort(id, now, reason, &mut actions);
        }
        for request in std::mem::take(&mut self.requests) {
            actions.push(CheckpointAction::SavepointDone {
                trigger: request.trigger,
                result: Err(reason.to_owned()),
            });
        }
        actions
    }

    /// Everything that was prepared and not committed.
    pub fn outstanding_committables(&self) -> Committables {
        let mut all = self.carried.clone();
        for (operator, new) in self.finished.values().flat_map(|task| &task.committables) {
            add_committables(&mut all, *operator, new);
        }
        all
    }

    fn carry<'a>(&mut self, tasks: impl Iterator<Item = &'a TaskSnapshot>) {
        for operator in tasks.flat_map(|task| &task.operators) {
            if !operator.committables.is_empty() {
                add_committables(&mut self.carried, operator.operator, &operator.committables);
            }
        }
    }
}
