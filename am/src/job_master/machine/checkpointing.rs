//! From the checkpoint coordinator's decisions to messages and actions.

use std::collections::BTreeSet;

use alpheus_worker::control::{ToWorker, WorkerId};

use super::{JobMachine, Step};
use crate::checkpoint::CheckpointAction;
use crate::job_master::fact::Action;

impl JobMachine {
    pub(super) fn carry_out(&mut self, step: &mut Step, from_coordinator: Vec<CheckpointAction>) {
        for action in from_coordinator {
            match action {
                CheckpointAction::FreezeEnumerators(checkpoint) => {
                    step.actions.push(Action::FreezeEnumerators {
                        attempt: self.attempt,
                        checkpoint,
                    });
                }
                CheckpointAction::Trigger { barrier, directory } => {
                    self.send_to_tasks(step, || ToWorker::TriggerCheckpoint {
                        barrier,
                        directory: directory.clone(),
                        // It gets one where it is sent: this machine has no secrets.
                        key: None,
                    });
                }
                CheckpointAction::Store(contents) => step.actions.push(Action::Store(contents)),
                CheckpointAction::Complete(checkpoint) => {
                    self.send_to_tasks(step, || ToWorker::CheckpointComplete(checkpoint));
                }
                CheckpointAction::Abort {
                    checkpoint,
                    directory,
                } => {
                    self.send_to_tasks(step, || ToWorker::CheckpointAborted(checkpoint));
                    step.actions.push(Action::Discard(directory));
                }
                CheckpointAction::Discard(location) => step.actions.push(Action::Discard(location)),
                CheckpointAction::SavepointDone { trigger, result } => {
                    step.actions.push(Action::SavepointDone { trigger, result });
                }
                CheckpointAction::FailJob(failure) => {
                    self.fail(step, failure, None, None);
                }
                CheckpointAction::Stopped => self.stopped = true,
            }
        }
    }

    /// Says something to every worker that has tasks of the present attempt.
    pub(super) fn send_to_tasks(&self, step: &mut Step, message: impl Fn() -> ToWorker) {
        if !self.deployed {
            return;
        }
        let with_tasks: BTreeSet<WorkerId> = self.tasks.values().map(|info| info.worker).collect();
        for worker in with_tasks {
            if self.workers.contains_key(&worker) {
                step.actions.push(Action::Send(worker, Box::new(message())));
            }
        }
    }
}
