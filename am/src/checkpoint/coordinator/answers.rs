//! What enumerators, workers and tasks answer, and what follows: once all have, the checkpoint is written.

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::{CheckpointId, OperatorId};
use alpheus_state::handle::{CheckpointStatistics, TaskId, TaskSnapshot};

use super::super::pending::{CheckpointContents, Pending, Phase, add_committables};
use super::{CheckpointAction, CheckpointCoordinator, FinishedTask};

impl CheckpointCoordinator {
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
    pub(super) fn store_what_is_ready(&mut self, now: i64, actions: &mut Vec<CheckpointAction>) {
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
}
