//! Towards [`Goal::End`](super::Goal): tasks stop, checkpoints are kept or deleted, workers leave.

use alpheus_worker::control::ToWorker;

use super::{JobMachine, Preparation, Step};
use crate::job_master::fact::Action;
use crate::job_status::JobStatus;

impl JobMachine {
    pub(super) fn advance_ending(&mut self, step: &mut Step, status: JobStatus) {
        if self.deployed {
            self.stop_tasks(step, "the job ends");
        }
        if !self.is_quiet() || self.preparation == Preparation::Underway {
            return;
        }
        if !self.conclude_sent {
            self.conclude_sent = true;
            let config = self.checkpoints.config();
            let keeps = config.keeps(status);
            let keep_last = status == JobStatus::Finished && config.keeps_final();
            let locations: Vec<_> = self
                .checkpoints
                .retained()
                .map(|checkpoint| checkpoint.location.clone())
                .collect();
            let discard = match (keeps, keep_last) {
                (true, _) => Vec::new(),
                (false, true) => locations[..locations.len().saturating_sub(1)].to_vec(),
                (false, false) => locations,
            };
            let root = config
                .directory
                .clone()
                .map(|root| (root, config.temporary));
            step.actions.push(Action::Conclude {
                status,
                discard,
                keep: keeps && status != JobStatus::Finished,
                root,
            });
            for (worker, info) in &mut self.workers {
                if !info.stop_sent {
                    info.stop_sent = true;
                    step.actions
                        .push(Action::Send(*worker, Box::new(ToWorker::Shutdown)));
                }
            }
        }
    }
}
