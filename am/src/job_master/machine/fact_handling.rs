//! What each fact changes in what is known. Nothing towards the goal is done here; that is
//! [`JobMachine::advance`]'s part.

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_state::handle::TaskId;
use alpheus_worker::control::TaskState;

use super::{Goal, JobMachine, Preparation, Step, WorkerInfo};
use crate::failure::Failure;
use crate::job_master::fact::{Action, Fact, Prepared};
use crate::job_status::{ExecutionState, JobStatus};

impl JobMachine {
    pub(super) fn learn(&mut self, step: &mut Step, fact: Fact) {
        match fact {
            Fact::Start | Fact::Tick => {
                let due = self.checkpoints.on_time(step.now);
                self.carry_out(step, due);
            }
            Fact::WorkerRegistered {
                worker,
                slots,
                exchange_address,
                pid,
                standing,
            } => {
                let here = WorkerInfo {
                    registered: true,
                    slots,
                    exchange_address,
                    pid,
                    heard_at: step.now,
                    cancel_deadline: None,
                    stop_sent: false,
                };
                match self.workers.get_mut(&worker) {
                    Some(info) => {
                        *info = here;
                        self.failed_starts = 0;
                    }
                    None => self.on_survivor(step, worker, here, standing.map(|boxed| *boxed)),
                }
            }
            Fact::WorkerHeard(worker) => {
                if let Some(info) = self.workers.get_mut(&worker) {
                    info.heard_at = step.now;
                }
            }
            Fact::WorkerLost {
                worker,
                reason,
                fault,
            } => {
                self.lose(step, worker, &reason, fault);
            }
            Fact::WorkerEnded { worker, reason } => self.explain_loss(worker, &reason),
            Fact::WorkersLeave(workers) => self.on_leaving(workers),
            Fact::WorkersStay(workers) => self.on_staying(&workers),
            Fact::Task {
                attempt,
                task,
                state,
            } => {
                self.on_survivors_task(task, &state);
                if attempt == self.attempt && self.deployed {
                    self.on_task(step, task, state);
                }
            }
            Fact::Canceled { worker, attempt } => {
                if attempt == self.attempt {
                    if let Some(info) = self.workers.get_mut(&worker) {
                        info.cancel_deadline = None;
                    }
                    self.mark_canceled(worker, step.now);
                }
            }
            Fact::CheckpointAck {
                attempt,
                checkpoint,
                tasks,
                statistics,
            } => {
                if attempt == self.attempt && self.deployed {
                    let then = self
                        .checkpoints
                        .on_ack(checkpoint, tasks, statistics, step.now);
                    self.carry_out(step, then);
                }
            }
            Fact::CheckpointDeclined { checkpoint, reason } => {
                let then = self.checkpoints.on_declined(checkpoint, &reason, step.now);
                self.carry_out(step, then);
            }
            Fact::EnumeratorsFrozen {
                attempt,
                checkpoint,
                result,
            } => {
                if attempt == self.attempt {
                    let then = self
                        .checkpoints
                        .on_enumerators_frozen(checkpoint, result, step.now);
                    self.carry_out(step, then);
                }
            }
            Fact::SourceFailed { attempt, failure } | Fact::ResultsRefused { attempt, failure } => {
                if attempt == self.attempt && self.deployed {
                    self.fail(step, failure, None, None);
                }
            }
            Fact::Published { checkpoint, result } => {
                if result.is_ok() {
                    self.committing.insert(checkpoint);
                }
                let then = self.checkpoints.on_published(checkpoint, result, step.now);
                self.carry_out(step, then);
            }
            Fact::Committed { checkpoint, result } => self.on_committed(step, checkpoint, result),
            Fact::Prepared { attempt, result } => self.on_prepared(step, attempt, result),
            Fact::Concluded => {
                if let Goal::End(status) = self.goal
                    && self.conclude_sent
                {
                    self.become_status(step, status);
                }
            }
            Fact::CancelRequested => {
                let ending = matches!(self.goal, Goal::End(_));
                if !ending {
                    self.goal = Goal::End(JobStatus::Canceled);
                    self.become_status(step, JobStatus::Cancelling);
                    self.stop_tasks(step, "the job was canceled");
                }
            }
            Fact::SavepointRequested(request) => {
                let all_run = self.running_since.is_some() && self.goal == Goal::Run;
                if all_run && !self.concluding {
                    let then = self.checkpoints.request(request, step.now);
                    self.carry_out(step, then);
                } else {
                    let reason = format!("the job is {}, not all tasks run", self.status);
                    step.actions.push(Action::SavepointDone {
                        trigger: request.trigger,
                        result: Err(reason),
                    });
                }
            }
        }
    }

    fn on_task(&mut self, step: &mut Step, task: TaskId, state: TaskState) {
        let Some(info) = self.tasks.get_mut(&task) else {
            return;
        };
        info.since = step.now;
        match state {
            TaskState::Running => {
                info.state = ExecutionState::Running;
            }
            TaskState::Finished {
                committables,
                last_checkpoint,
            } => {
                info.state = ExecutionState::Finished;
                let then = self.checkpoints.on_task_finished(
                    task,
                    committables,
                    last_checkpoint,
                    step.now,
                );
                self.carry_out(step, then);
            }
            TaskState::Failed { message, fatal } => {
                info.state = ExecutionState::Failed;
                let worker = info.worker;
                let failure = Failure { message, fatal };
                self.fail(step, failure, Some(task), Some(worker));
            }
        }
        let started = self.tasks.values().all(|info| {
            matches!(
                info.state,
                ExecutionState::Running | ExecutionState::Finished
            )
        });
        if self.deployed && started && self.running_since.is_none() {
            self.running_since = Some(step.now);
            self.checkpoints.activate(step.now);
        }
    }

    fn on_prepared(
        &mut self,
        step: &mut Step,
        attempt: AttemptNumber,
        result: Result<Prepared, Failure>,
    ) {
        if attempt != self.attempt || self.preparation != Preparation::Underway {
            return;
        }
        match result {
            Ok(_) if self.adopting => self.adopted(step),
            Ok(Prepared { restored, finished }) => {
                if let Some(record) = restored {
                    self.checkpoints.on_restored(record);
                }
                self.preparation = Preparation::Done { finished };
            }
            Err(failure) => {
                self.preparation = Preparation::None;
                self.fail(step, failure, None, None);
            }
        }
    }

    fn on_committed(
        &mut self,
        step: &mut Step,
        checkpoint: Option<CheckpointId>,
        result: Result<(), Failure>,
    ) {
        match checkpoint {
            Some(checkpoint) => drop(self.committing.remove(&checkpoint)),
            None => self.committing_rest = false,
        }
        match result {
            Ok(()) if self.concluding && self.committing.is_empty() => {
                self.all_committed = true;
            }
            Ok(()) => {}
            Err(failure) if self.stopped => {
                let message = format!(
                    "the savepoint is complete but what it prepared could not be committed: \
                     {failure}; start again from the savepoint"
                );
                self.fail(step, Failure::fatal(message), None, None);
            }
            Err(failure) => self.fail(step, failure, None, None),
        }
    }
}
