//! How a checkpoint ends: published, or given up.

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::CheckpointId;

use super::super::pending::Phase;
use super::super::statistics::CheckpointStatus;
use super::{CheckpointAction, CheckpointCoordinator, CompletedCheckpoint};
use crate::failure::Failure;

impl CheckpointCoordinator {
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
            self.pause(now);
            self.store_what_is_ready(now, &mut actions);
            self.begin_what_is_due(now, &mut actions);
        }
        actions
    }

    /// The next periodic checkpoint, if there is to be one, keeps its distance from the end of this one.
    fn pause(&mut self, now: i64) {
        if self.not_before < i64::MAX {
            let pause = now.saturating_add(self.config.min_pause_ms);
            self.not_before = self.not_before.max(pause);
        }
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

    pub(super) fn abort_and_count(
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

    pub(super) fn abort(
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
        if self.active {
            self.pause(now);
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
