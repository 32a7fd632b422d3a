//! Workers whose containers will be taken: by a scheduler that wants them for another queue, with a node that leaves the
//! cluster.
//!
//! They are left in good order. Replacements are waited for, where there is time; then a checkpoint is taken at once, and
//! when it is published the job restarts from it on the workers that stay. This is no failure: the restart strategy is not
//! asked, and nothing is processed twice but what came in between. When time runs out first, the job moves with the newest
//! checkpoint that there is, which is what would happen anyway.

use std::collections::BTreeMap;

use alpheus_dataflow::ids::CheckpointId;
use alpheus_worker::control::WorkerId;

use super::{Goal, JobMachine, Step};
use crate::job_master::fact::{Departure, Fault};
use crate::job_status::JobStatus;

/// Workers on their way out.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaving {
    workers: BTreeMap<WorkerId, Departure>,
    /// The newest checkpoint when another was asked for.
    asked_after: Option<CheckpointId>,
}

impl JobMachine {
    /// Whether a worker's container will be taken.
    pub(super) fn is_leaving(&self, worker: WorkerId) -> bool {
        self.leaving.workers.contains_key(&worker)
    }

    /// How many workers need replacements before they go.
    pub(super) fn replacements(&self) -> u32 {
        let early = self.leaving.workers.values();
        early
            .filter(|leaving| leaving.replace_until.is_some())
            .count() as u32
    }

    /// When something is to be done about them at the latest.
    pub(super) fn leaving_wakeup(&self) -> Option<i64> {
        let times = self.leaving.workers.values().map(|leaving| {
            let asked = self.leaving.asked_after.is_some();
            match leaving.replace_until {
                Some(until) if !asked => until,
                _ => leaving.deadline,
            }
        });
        times.filter(|at| *at > self.seen_at).min()
    }

    /// Containers will be taken.
    pub(super) fn on_leaving(&mut self, workers: BTreeMap<WorkerId, Departure>) {
        for (worker, departure) in workers {
            if self.workers.contains_key(&worker) && !self.is_leaving(worker) {
                tracing::info!(worker = worker.0, "{}", departure.reason);
                self.leaving.workers.insert(worker, departure);
            }
        }
    }

    /// Containers will not be taken, after all.
    pub(super) fn on_staying(&mut self, workers: &[WorkerId]) {
        for worker in workers {
            if self.leaving.workers.remove(worker).is_some() {
                tracing::info!(worker = worker.0, "it may stay");
            }
        }
    }

    /// Does the next step of moving away.
    pub(super) fn move_away(&mut self, step: &mut Step) {
        let there = &self.workers;
        self.leaving
            .workers
            .retain(|worker, _| there.contains_key(worker));
        if self.leaving.workers.is_empty() {
            self.leaving.asked_after = None;
            return;
        }
        // Those that have nothing to do just go, when others are there or cannot be waited for.
        let needed = self.config.workers as usize;
        let stay = self
            .registered()
            .filter(|(worker, _)| !self.is_leaving(*worker))
            .count();
        let patience =
            |leaving: &Departure| leaving.replace_until.is_none_or(|until| step.now >= until);
        if stay < needed && !self.leaving.workers.values().any(patience) {
            return;
        }
        let busy = |worker| self.deployed && self.tasks.values().any(|info| info.worker == worker);
        let idle: Vec<_> = self
            .leaving
            .workers
            .keys()
            .copied()
            .filter(|w| !busy(*w))
            .collect();
        self.part_with(step, idle);
        if self.leaving.workers.is_empty() || self.running_since.is_none() || self.concluding {
            return;
        }
        let newest = self
            .checkpoints
            .latest()
            .map_or(CheckpointId(0), |newest| newest.id);
        let late = self
            .leaving
            .workers
            .values()
            .any(|leaving| step.now >= leaving.deadline);
        match self.leaving.asked_after {
            None if !self.checkpoints.is_periodic() => {
                // Without checkpoints moving would only lose sooner what is lost anyway.
                self.leaving.workers.clear();
            }
            None => {
                self.leaving.asked_after = Some(newest);
                let due = self.checkpoints.hurry(step.now);
                self.carry_out(step, due);
            }
            Some(before) if (newest > before && self.committing.is_empty()) || late => {
                self.restart_elsewhere(step);
            }
            Some(_) => {}
        }
    }

    fn restart_elsewhere(&mut self, step: &mut Step) {
        let workers: Vec<_> = self.leaving.workers.keys().copied().collect();
        tracing::info!(
            ?workers,
            "the job moves away from workers whose containers are taken"
        );
        self.become_status(step, JobStatus::Restarting);
        self.restart_at = step.now;
        self.stop_tasks(step, "the job moves away from containers that are taken");
        self.attempt_is_over();
        self.part_with(step, workers);
    }

    fn part_with(&mut self, step: &mut Step, workers: Vec<WorkerId>) {
        for worker in workers {
            if let Some(departure) = self.leaving.workers.remove(&worker) {
                self.lose(step, worker, &departure.reason, Fault::Cluster);
            }
        }
    }

    /// Whether moving away may go on now.
    pub(super) fn may_move_away(&self) -> bool {
        self.goal == Goal::Run && !self.leaving.workers.is_empty()
    }
}
