//! When a checkpoint begins, and when it has taken too long.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_state::handle::CheckpointStatistics;

use super::super::pending::{Pending, Phase, SavepointRequest};
use super::super::statistics::{CheckpointRecord, CheckpointStatus};
use super::{CheckpointAction, CheckpointCoordinator};

impl CheckpointCoordinator {
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

    pub(super) fn begin_what_is_due(&mut self, now: i64, actions: &mut Vec<CheckpointAction>) {
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
}
