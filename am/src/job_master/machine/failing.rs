//! A failure: remembered, put to the restart strategy, and the attempt's tasks stopped.

use std::collections::BTreeSet;

use alpheus_dataflow::ids::AttemptNumber;
use alpheus_state::handle::TaskId;
use alpheus_worker::control::{ToWorker, WorkerId};
use serde::{Deserialize, Serialize};

use super::{Goal, JobMachine, Preparation, Step};
use crate::failure::Failure;
use crate::job_master::fact::Action;
use crate::job_status::{ExecutionState, JobStatus};
use crate::restart_strategy::RestartDecision;

/// A failure of the job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionRecord {
    /// When.
    pub at: i64,
    /// In which start of the job.
    pub attempt: AttemptNumber,
    /// In which task, if in one.
    pub task: Option<TaskId>,
    /// On which worker.
    pub worker: Option<WorkerId>,
    /// What went wrong.
    pub message: String,
    /// What followed.
    pub consequence: String,
}

impl JobMachine {
    pub(super) fn fail(
        &mut self,
        step: &mut Step,
        failure: Failure,
        task: Option<TaskId>,
        worker: Option<WorkerId>,
    ) {
        match self.goal {
            Goal::Run => {}
            // Everything is in the savepoint: the job ends as it should, unless the commit itself failed.
            Goal::End(JobStatus::Finished) if failure.fatal => {}
            Goal::End(_) => return,
        }
        let decision = if failure.fatal {
            RestartDecision::GiveUp {
                reason: "running again cannot help".to_owned(),
            }
        } else if !self.deployed
            && self.status == JobStatus::Restarting
            && self.restart_at > step.now
        {
            // Consequences of a failure that is being dealt with already.
            RestartDecision::Restart {
                after_ms: self.restart_at - step.now,
            }
        } else {
            self.strategy.on_failure(step.now, step.chance)
        };
        let consequence = match &decision {
            RestartDecision::Restart { after_ms } => format!("restart in {after_ms} ms"),
            RestartDecision::GiveUp { reason } => format!("the job fails: {reason}"),
        };
        self.exceptions.push_front(ExceptionRecord {
            at: step.now,
            attempt: self.attempt,
            task,
            worker,
            message: failure.message.clone(),
            consequence,
        });
        self.exceptions
            .truncate(self.config.exception_history.max(1));
        let why = failure.message.clone();
        match decision {
            RestartDecision::Restart { after_ms } => {
                self.become_status(step, JobStatus::Restarting);
                self.restart_at = step.now.saturating_add(after_ms);
                self.stop_tasks(step, &why);
                self.attempt_is_over();
            }
            RestartDecision::GiveUp { .. } => {
                self.root_failure = Some(failure);
                self.goal = Goal::End(JobStatus::Failed);
                self.become_status(step, JobStatus::Failing);
                self.stop_tasks(step, &why);
            }
        }
    }

    /// Adds to the failure that the loss of a worker was how it has ended.
    pub(super) fn explain_loss(&mut self, worker: WorkerId, reason: &str) {
        let of_worker =
            |record: &&mut ExceptionRecord| record.worker == Some(worker) && record.task.is_none();
        let Some(record) = self.exceptions.iter_mut().find(of_worker) else {
            return;
        };
        let explained = format!("{}; {reason}", record.message);
        if let Some(root) = self
            .root_failure
            .as_mut()
            .filter(|root| root.message == record.message)
        {
            root.message.clone_from(&explained);
        }
        record.message = explained;
    }

    /// What was prepared or begun for the present attempt is of no use.
    pub(super) fn attempt_is_over(&mut self) {
        self.preparation = Preparation::None;
        self.adopting = false;
        self.concluding = false;
        self.all_committed = false;
        self.committing_rest = false;
    }

    /// Tells all workers with tasks to stop them, and the coordinator to begin nothing more.
    pub(super) fn stop_tasks(&mut self, step: &mut Step, reason: &str) {
        let then = self.checkpoints.interrupt(step.now, reason);
        self.carry_out(step, then);
        self.running_since = None;
        if !self.deployed {
            return;
        }
        self.deployed = false;
        step.actions.push(Action::SilenceSources);
        let with_tasks: BTreeSet<WorkerId> = self.tasks.values().map(|info| info.worker).collect();
        for worker in with_tasks {
            if let Some(info) = self.workers.get_mut(&worker) {
                info.cancel_deadline =
                    Some(step.now.saturating_add(self.config.cancellation_timeout_ms));
                step.actions.push(Action::Send(
                    worker,
                    Box::new(ToWorker::Cancel(self.attempt)),
                ));
            }
        }
        for info in self.tasks.values_mut() {
            if matches!(
                info.state,
                ExecutionState::Deploying | ExecutionState::Running
            ) {
                info.state = ExecutionState::Canceling;
                info.since = step.now;
            }
        }
    }

    pub(super) fn mark_canceled(&mut self, worker: WorkerId, now: i64) {
        for info in self.tasks.values_mut().filter(|info| info.worker == worker) {
            if info.state == ExecutionState::Canceling {
                info.state = ExecutionState::Canceled;
                info.since = now;
            }
        }
    }
}
