//! Towards [`Goal::Run`]: workers, restore, deployment, and the end that a bounded job reaches by itself.

use std::collections::BTreeMap;

use super::{Goal, JobMachine, Preparation, Step, TaskInfo};
use crate::job_master::fact::{Action, RestoreFrom};
use crate::job_master::placement::place;
use crate::job_status::{ExecutionState, JobStatus};

impl JobMachine {
    /// Does what is possible towards the goal.
    pub(super) fn advance(&mut self, step: &mut Step) {
        if self.status.is_terminal() {
            return;
        }
        match self.goal.clone() {
            Goal::Run => self.advance_running(step),
            Goal::End(status) => self.advance_ending(step, status),
        }
    }

    pub(super) fn advance_running(&mut self, step: &mut Step) {
        if self.waits_for_survivors(step) {
            return;
        }
        if self.may_move_away() {
            self.move_away(step);
        }
        self.give_back_surplus(step);
        self.ask_for_workers(step);
        if self.goal != Goal::Run {
            return self.advance(step);
        }
        if self.deployed {
            return self.advance_to_the_end(step);
        }
        if !self.is_quiet() || step.now < self.restart_at {
            return;
        }
        match self.preparation {
            Preparation::None => {
                if self.status == JobStatus::Restarting {
                    self.attempt.0 = (self.attempt.0 + 1).max(self.first_attempt);
                    self.restarts += 1;
                    self.tasks.clear();
                }
                self.preparation = Preparation::Underway;
                let from = match (self.checkpoints.latest(), &self.config.restore) {
                    (Some(own), _) => RestoreFrom::Own(own.clone()),
                    (None, Some(location)) => RestoreFrom::External(location.clone()),
                    (None, None) => RestoreFrom::Nothing {
                        again: self.attempt.0 > 1,
                    },
                };
                step.actions.push(Action::Prepare {
                    attempt: self.attempt,
                    from,
                });
            }
            Preparation::Underway => {}
            Preparation::Done { finished: true } => {
                self.all_committed = true;
                self.goal = Goal::End(JobStatus::Finished);
                self.advance(step);
            }
            Preparation::Done { finished: false } => self.deploy(step),
        }
    }

    /// No task of an earlier attempt runs and nothing is being written or committed.
    pub(super) fn is_quiet(&self) -> bool {
        let canceling = self
            .workers
            .values()
            .any(|info| info.cancel_deadline.is_some());
        !canceling
            && !self.checkpoints.is_writing()
            && self.committing.is_empty()
            && !self.committing_rest
    }

    pub(super) fn deploy(&mut self, step: &mut Step) {
        let needed = self.config.workers as usize;
        let slots: BTreeMap<_, _> = self
            .registered()
            .filter(|(worker, _)| !self.is_leaving(*worker))
            .chain(
                self.registered()
                    .filter(|(worker, _)| self.is_leaving(*worker)),
            )
            .take(needed)
            .map(|(worker, info)| (worker, info.slots))
            .collect();
        if slots.len() < needed {
            return;
        }
        let Some(placement) = place(&self.config.tasks, &slots) else {
            return;
        };
        self.tasks = placement
            .iter()
            .map(|(task, worker)| {
                let info = TaskInfo {
                    state: ExecutionState::Deploying,
                    worker: *worker,
                    started_at: step.now,
                    since: step.now,
                };
                (*task, info)
            })
            .collect();
        self.checkpoints
            .begin_attempt(self.attempt, self.tasks.keys().copied().collect());
        self.deployed = true;
        self.preparation = Preparation::None;
        self.become_status(step, JobStatus::Running);
        let addresses = self
            .registered()
            .map(|(worker, info)| (worker, info.exchange_address.clone()))
            .collect();
        step.actions.push(Action::Deploy {
            attempt: self.attempt,
            placement,
            addresses,
        });
    }

    /// Finishes a job that has read everything, or stops it once its savepoint is committed.
    pub(super) fn advance_to_the_end(&mut self, step: &mut Step) {
        if self.stopped {
            if self.committing.is_empty() {
                self.all_committed = true;
                self.goal = Goal::End(JobStatus::Finished);
                self.stop_tasks(step, "the job was stopped with a savepoint");
                self.advance(step);
            }
            return;
        }
        let finished = self
            .tasks
            .values()
            .all(|info| info.state == ExecutionState::Finished);
        if !finished {
            return;
        }
        if self.all_committed {
            self.goal = Goal::End(JobStatus::Finished);
            self.deployed = false;
            self.running_since = None;
            step.actions.push(Action::SilenceSources);
            return self.advance(step);
        }
        if self.concluding || !self.checkpoints.is_idle() || !self.committing.is_empty() {
            return;
        }
        self.concluding = true;
        match self.checkpoints.conclude(step.now) {
            Some(then) => self.carry_out(step, then),
            None => {
                let rest = self.checkpoints.outstanding_committables();
                if rest.is_empty() {
                    self.all_committed = true;
                    self.advance_to_the_end(step);
                } else {
                    self.committing_rest = true;
                    step.actions.push(Action::Commit(rest));
                }
            }
        }
    }
}
