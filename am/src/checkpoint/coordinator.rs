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

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, OperatorId};
use alpheus_state::handle::{CheckpointStatistics, TaskId, TaskSnapshot};

use super::config::CheckpointConfig;
use super::pending::{
    CheckpointContents, Committables, Pending, Phase, SavepointRequest, TriggerId, add_committables,
};
use super::statistics::{CheckpointHistory, CheckpointRecord, CheckpointStatus, RestoreRecord};
use super::takeover::Takeover;
use crate::failure::Failure;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckpointAction {
    /// Have the split enumerators write down their state, then call
    /// [`CheckpointCoordinator::on_enumerators_frozen`].
    FreezeEnumerators(CheckpointId),
    /// Send the barrier to all workers.
    Trigger {
        /// The barrier.
        barrier: CheckpointBarrier,
        /// The checkpoint's folder.
        directory: String,
    },
    /// Publish, then call [`CheckpointCoordinator::on_published`]; then commit if it says so.
    Store(Box<CheckpointContents>),
    /// Tell the workers that it is published.
    Complete(CheckpointId),
    /// Tell the workers that it is given up, and delete its folder.
    Abort {
        /// Which.
        checkpoint: CheckpointId,
        /// Its folder.
        directory: String,
    },
    /// Delete a published checkpoint that is no longer needed.
    Discard(String),
    /// Answer the user.
    SavepointDone {
        /// Whose request.
        trigger: TriggerId,
        /// Where it lies, or why it failed.
        result: Result<String, String>,
    },
    /// Too many have failed, or one that the job was to stop with: the job fails.
    FailJob(Failure),
    /// The savepoint that the job stops with is published.
    Stopped,
}

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

    /// A user wants a savepoint. It is taken as soon as nothing else is under way.
    pub fn request(&mut self, request: SavepointRequest, now: i64) -> Vec<CheckpointAction> {
        self.requests.push_back(request);
        self.on_time(now)
    }

    /// Whether checkpoints are taken at all.
    pub fn is_periodic(&self) -> bool {
        self.config.interval_ms.is_some() && self.config.directory.is_some()
    }

    /// The next periodic checkpoint is wanted now.
    pub fn hurry(&mut self, now: i64) -> Vec<CheckpointAction> {
        self.not_before = now;
        self.on_time(now)
    }

    /// When [`CheckpointCoordinator::on_time`] has something to do.
    pub fn next_wakeup(&self) -> Option<i64> {
        if !self.active {
            return None;
        }
        let timeouts = self
            .pending
            .values()
            .filter(|pending| pending.phase != Phase::Storing)
            .map(|pending| {
                pending
                    .barrier
                    .timestamp
                    .saturating_add(self.config.timeout_ms)
            });
        let periodic =
            (self.not_before < i64::MAX && self.may_begin_periodic()).then_some(self.not_before);
        timeouts.chain(periodic).min()
    }

    /// Time has passed.
    pub fn on_time(&mut self, now: i64) -> Vec<CheckpointAction> {
        let mut actions = Vec::new();
        if !self.active {
            return actions;
        }
        let expired: Vec<_> = self
            .pending
            .values()
            .filter(|p| p.phase != Phase::Storing)
            .filter(|p| now >= p.barrier.timestamp.saturating_add(self.config.timeout_ms))
            .map(Pending::id)
            .collect();
        for id in expired {
            let reason = format!(
                "checkpoint {id} expired: not complete after {} ms (execution.checkpointing.timeout)",
                self.config.timeout_ms
            );
            self.abort_and_count(id, now, &reason, &mut actions);
        }
        self.begin_what_is_due(now, &mut actions);
        actions
    }

    fn has_room(&self) -> bool {
        self.active
            && !self.stopping
            && self.pending.len() < self.config.max_concurrent
            && !self.pending.values().any(Pending::is_stop)
    }

    fn may_begin_periodic(&self) -> bool {
        self.has_room()
            && self.requests.is_empty()
            && self.config.directory.is_some()
            && (self.finished.is_empty() || self.config.after_tasks_finish)
            && self.finished.len() < self.tasks.len()
    }

    fn begin_what_is_due(&mut self, now: i64, actions: &mut Vec<CheckpointAction>) {
        while self.has_room() {
            if let Some(request) = self.requests.pop_front() {
                let kind = match request.stop {
                    None => CheckpointKind::Savepoint,
                    Some(drain) => CheckpointKind::StopWithSavepoint { drain: drain.0 },
                };
                let directory = request.directory.clone();
                self.begin(now, kind, directory, Some(request), actions);
            } else if now >= self.not_before && self.may_begin_periodic() {
                let Some(root) = &self.config.directory else {
                    return;
                };
                let directory = format!("{root}/chk-{}", self.next_id);
                let interval = self.config.interval_ms.unwrap_or(i64::MAX);
                self.not_before = now.saturating_add(interval);
                self.begin(now, CheckpointKind::Checkpoint, directory, None, actions);
            } else {
                return;
            }
        }
    }

    fn begin(
        &mut self,
        now: i64,
        kind: CheckpointKind,
        directory: String,
        request: Option<SavepointRequest>,
        actions: &mut Vec<CheckpointAction>,
    ) {
        let id = self.next_id;
        self.next_id = id.next();
        let outstanding: BTreeSet<_> = self
            .tasks
            .iter()
            .filter(|task| !self.finished.contains_key(task))
            .copied()
            .collect();
        self.history.begin(CheckpointRecord {
            id,
            status: CheckpointStatus::InProgress,
            is_savepoint: request.is_some(),
            triggered_at: now,
            latest_ack: now,
            duration_ms: 0,
            subtasks: (self.tasks.len(), 0),
            statistics: CheckpointStatistics::default(),
            path: None,
            metadata_bytes: 0,
            discarded: false,
            failure: None,
        });
        let barrier = CheckpointBarrier {
            id,
            timestamp: now,
            kind,
            // Savepoints are always aligned: they hold no records in flight, which no other plan could
            // give their place.
            overtake_after_ms: match kind {
                CheckpointKind::Checkpoint => self.config.overtake_after_ms,
                _ => None,
            },
        };
        let pending = Pending {
            barrier,
            directory,
            request,
            phase: Phase::Freezing,
            outstanding,
            tasks: BTreeMap::new(),
            enumerators: Vec::new(),
            statistics: CheckpointStatistics::default(),
            claimed: BTreeSet::new(),
        };
        self.pending.insert(id, pending);
        actions.push(CheckpointAction::FreezeEnumerators(id));
    }

    /// The enumerators' state is there: the barrier may follow the splits they have handed out.
    pub fn on_enumerators_frozen(
        &mut self,
        id: CheckpointId,
        result: Result<Vec<(OperatorId, Vec<u8>)>, String>,
        now: i64,
    ) -> Vec<CheckpointAction> {
        let mut actions = Vec::new();
        let Some(pending) = self.pending.get_mut(&id) else {
            return actions;
        };
        match result {
            Ok(enumerators) if pending.phase == Phase::Freezing => {
                pending.enumerators = enumerators;
                pending.phase = Phase::Collecting;
                actions.push(CheckpointAction::Trigger {
                    barrier: pending.barrier,
                    directory: pending.directory.clone(),
                });
                self.store_what_is_ready(now, &mut actions);
            }
            Ok(_) => {}
            Err(reason) => self.abort_and_count(id, now, &reason, &mut actions),
        }
        actions
    }

    /// A worker has given the state of its tasks.
    pub fn on_ack(
        &mut self,
        id: CheckpointId,
        tasks: Vec<TaskSnapshot>,
        statistics: CheckpointStatistics,
        now: i64,
    ) -> Vec<CheckpointAction> {
        let mut actions = Vec::new();
        match self.pending.get_mut(&id) {
            Some(pending) if pending.phase == Phase::Collecting => {
                pending.acknowledge(tasks, statistics);
                let (done, total) = (pending.tasks.len(), pending.statistics);
                self.history.update(id, |record| {
                    record.latest_ack = now;
                    record.subtasks.1 = done;
                    record.statistics = total;
                });
                self.store_what_is_ready(now, &mut actions);
            }
            // Too late: given up, but what its sinks prepared still has to be committed some day.
            None if self.active && id < self.next_id => self.carry(tasks.iter()),
            _ => {}
        }
        actions
    }

    /// A worker cannot take part.
    pub fn on_declined(
        &mut self,
        id: CheckpointId,
        reason: &str,
        now: i64,
    ) -> Vec<CheckpointAction> {
        let mut actions = Vec::new();
        if self
            .pending
            .get(&id)
            .is_some_and(|pending| pending.phase != Phase::Storing)
        {
            self.abort_and_count(id, now, reason, &mut actions);
            self.begin_what_is_due(now, &mut actions);
        }
        actions
    }

    /// A task has finished; what it prepared last belongs to the first checkpoint after
    /// `last_checkpoint`, the last one it took part in. The worker's acknowledgement of that one may
    /// still be under way and is waited for.
    pub fn on_task_finished(
        &mut self,
        task: TaskId,
        committables: Vec<(OperatorId, Vec<Vec<u8>>)>,
        last_checkpoint: CheckpointId,
        now: i64,
    ) -> Vec<CheckpointAction> {
        let finished = FinishedTask {
            committables,
            claimed_by: None,
        };
        self.finished.insert(task, finished);
        for pending in self.pending.values_mut() {
            if pending.barrier.id > last_checkpoint {
                pending.outstanding.remove(&task);
            }
        }
        let mut actions = Vec::new();
        if !self.config.after_tasks_finish {
            // Flink's old behavior: what is under way cannot complete.
            let ids: Vec<_> = self
                .pending
                .values()
                .filter(|pending| pending.phase == Phase::Collecting && !pending.is_savepoint())
                .map(Pending::id)
                .collect();
            for id in ids {
                self.abort(id, now, "a task has finished", &mut actions);
            }
        }
        self.store_what_is_ready(now, &mut actions);
        actions
    }

    /// Writes the oldest checkpoint that is complete, if none is being written.
    fn store_what_is_ready(&mut self, now: i64, actions: &mut Vec<CheckpointAction>) {
        for pending in self.pending.values_mut() {
            if pending.phase == Phase::Collecting && pending.outstanding.is_empty() {
                pending.phase = Phase::Ready;
                let id = pending.barrier.id;
                self.history.update(id, |record| {
                    record.latest_ack = now;
                    record.subtasks.1 = record.subtasks.0;
                });
            }
        }
        if self.is_writing() {
            return;
        }
        let Some(pending) = self
            .pending
            .values_mut()
            .find(|pending| pending.phase == Phase::Ready)
        else {
            return;
        };
        pending.phase = Phase::Storing;
        let mut committables = self.carried.clone();
        for (task, finished) in &mut self.finished {
            if finished.claimed_by.is_none() && !pending.tasks.contains_key(task) {
                finished.claimed_by = Some(pending.barrier.id);
                pending.claimed.insert(*task);
                for (operator, new) in &finished.committables {
                    add_committables(&mut committables, *operator, new);
                }
            }
        }
        actions.push(CheckpointAction::Store(Box::new(CheckpointContents {
            barrier: pending.barrier,
            directory: pending.directory.clone(),
            attempt: self.attempt,
            tasks: pending.tasks.values().cloned().collect(),
            committables,
            enumerators: pending.enumerators.clone(),
            finished: pending.barrier.kind == CheckpointKind::Final,
            commits: !matches!(pending.barrier.kind, CheckpointKind::Savepoint),
        })));
    }

    /// All tasks have finished and nothing is under way: writes the last checkpoint, which says so and
    /// holds everything still to be committed. `None` when there is nowhere to write it: then
    /// [`CheckpointCoordinator::outstanding_committables`] are committed as they are.
    pub fn conclude(&mut self, now: i64) -> Option<Vec<CheckpointAction>> {
        debug_assert!(self.pending.is_empty(), "checkpoints are under way");
        self.not_before = i64::MAX;
        let root = self.config.directory.as_ref()?;
        self.config.interval_ms?;
        let directory = format!("{root}/chk-{}", self.next_id);
        let mut actions = Vec::new();
        self.begin(now, CheckpointKind::Final, directory, None, &mut actions);
        // No task takes part, so no barrier is sent and no enumerator asked.
        actions.clear();
        for pending in self.pending.values_mut() {
            pending.phase = Phase::Ready;
        }
        self.store_what_is_ready(now, &mut actions);
        Some(actions)
    }

    /// Everything that was prepared and not committed.
    pub fn outstanding_committables(&self) -> Committables {
        let mut all = self.carried.clone();
        for (operator, new) in self.finished.values().flat_map(|task| &task.committables) {
            add_committables(&mut all, *operator, new);
        }
        all
    }

    /// A checkpoint has been published, or could not be.
    pub fn on_published(
        &mut self,
        id: CheckpointId,
        result: Result<CompletedCheckpoint, Failure>,
        now: i64,
    ) -> Vec<CheckpointAction> {
        let mut actions = Vec::new();
        let completed = match result {
            Ok(completed) => completed,
            Err(failure) => {
                if let Some(pending) = self.pending.get_mut(&id) {
                    // No longer being written: it may be given up like any other.
                    pending.phase = Phase::Ready;
                }
                self.abort_and_count(id, now, &failure.message, &mut actions);
                self.store_what_is_ready(now, &mut actions);
                return actions;
            }
        };
        let Some(pending) = self.pending.remove(&id) else {
            return actions;
        };
        self.failures_in_row = 0;
        self.history.completed += 1;
        self.history.update(id, |record| {
            record.status = CheckpointStatus::Completed;
            record.duration_ms = now - record.triggered_at;
            record.path = Some(completed.location.clone());
            record.metadata_bytes = completed.metadata_bytes;
        });
        let location = completed.location.clone();
        if pending.barrier.kind == CheckpointKind::Savepoint {
            // It does not commit: the next checkpoint does.
            for task in &pending.claimed {
                if let Some(finished) = self.finished.get_mut(task) {
                    finished.claimed_by = None;
                }
            }
            self.carry(pending.tasks.values());
        } else {
            self.carried.clear();
            for task in &pending.claimed {
                if let Some(finished) = self.finished.get_mut(task) {
                    finished.committables.clear();
                }
            }
            actions.push(CheckpointAction::Complete(id));
        }
        match &pending.request {
            Some(request) => {
                actions.push(CheckpointAction::SavepointDone {
                    trigger: request.trigger,
                    result: Ok(location),
                });
                if request.stop.is_some() {
                    self.stopping = true;
                    actions.push(CheckpointAction::Stopped);
                }
            }
            None => {
                self.retain(completed, &mut actions);
                self.subsume(id, now, &mut actions);
            }
        }
        if self.active {
            let pause = now.saturating_add(self.config.min_pause_ms);
            if self.not_before < i64::MAX {
                self.not_before = self.not_before.max(pause);
            }
            self.store_what_is_ready(now, &mut actions);
            self.begin_what_is_due(now, &mut actions);
        }
        actions
    }

    fn retain(&mut self, completed: CompletedCheckpoint, actions: &mut Vec<CheckpointAction>) {
        self.retained.push_back(completed);
        while self.retained.len() > self.config.num_retained {
            if let Some(old) = self.retained.pop_front() {
                self.history.discarded(&old.location);
                actions.push(CheckpointAction::Discard(old.location));
            }
        }
    }

    /// Periodic checkpoints older than a published one are of no use.
    fn subsume(&mut self, id: CheckpointId, now: i64, actions: &mut Vec<CheckpointAction>) {
        let older: Vec<_> = self
            .pending
            .range(..id)
            .filter(|(_, pending)| !pending.is_savepoint())
            .map(|(id, _)| *id)
            .collect();
        for old in older {
            let reason = format!("checkpoint {id} is complete already");
            self.abort(old, now, &reason, actions);
        }
    }

    fn carry<'a>(&mut self, tasks: impl Iterator<Item = &'a TaskSnapshot>) {
        for operator in tasks.flat_map(|task| &task.operators) {
            if !operator.committables.is_empty() {
                add_committables(&mut self.carried, operator.operator, &operator.committables);
            }
        }
    }

    fn abort_and_count(
        &mut self,
        id: CheckpointId,
        now: i64,
        reason: &str,
        actions: &mut Vec<CheckpointAction>,
    ) {
        let Some(pending) = self.pending.get(&id) else {
            return;
        };
        let (savepoint, stop, is_final) = (
            pending.is_savepoint(),
            pending.is_stop(),
            pending.barrier.kind == CheckpointKind::Final,
        );
        self.abort(id, now, reason, actions);
        if is_final {
            actions.push(CheckpointAction::FailJob(Failure::transient(format!(
                "the job has read everything but its last checkpoint could not be written: {reason}"
            ))));
        } else if stop {
            // The sources have gone silent: only a restart makes them go on.
            actions.push(CheckpointAction::FailJob(Failure::transient(format!(
                "the savepoint to stop with failed: {reason}"
            ))));
        } else if !savepoint {
            self.failures_in_row += 1;
            if self.failures_in_row > self.config.tolerable_failures {
                actions.push(CheckpointAction::FailJob(Failure::transient(format!(
                    "checkpoint {id} failed and \
                     execution.checkpointing.tolerable-failed-checkpoints = {} allows no more: {reason}",
                    self.config.tolerable_failures
                ))));
            }
        }
    }

    fn abort(
        &mut self,
        id: CheckpointId,
        now: i64,
        reason: &str,
        actions: &mut Vec<CheckpointAction>,
    ) {
        let Some(pending) = self.pending.remove(&id) else {
            return;
        };
        self.history.failed += 1;
        self.history.update(id, |record| {
            record.status = CheckpointStatus::Failed;
            record.duration_ms = now - record.triggered_at;
            record.failure = Some((now, reason.to_owned()));
        });
        for finished in self.finished.values_mut() {
            if finished.claimed_by == Some(id) {
                finished.claimed_by = None;
            }
        }
        self.carry(pending.tasks.values());
        if self.active && self.not_before < i64::MAX {
            let pause = now.saturating_add(self.config.min_pause_ms);
            self.not_before = self.not_before.max(pause);
        }
        actions.push(CheckpointAction::Abort {
            checkpoint: id,
            directory: pending.directory,
        });
        if let Some(request) = pending.request {
            actions.push(CheckpointAction::SavepointDone {
                trigger: request.trigger,
                result: Err(reason.to_owned()),
            });
        }
    }
}
