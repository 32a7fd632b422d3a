//! Workers: asking for those that are missing, and giving up those that are lost, silent, or do not stop
//! their tasks.
//!
//! Spare workers are workers like the others, only more of them than the job needs: whoever has registered first gets
//! the tasks, and the loss of one that has none is no failure.

use std::collections::BTreeSet;

use alpheus_worker::control::WorkerId;

use super::{Goal, JobMachine, Step};
use crate::failure::Failure;
use crate::job_master::fact::{Action, Fault};
use crate::job_status::ExecutionState;

/// How often in a row a worker may end before it has registered, until the job fails.
const FAILED_STARTS: u32 = 3;

/// What is known of a worker.
#[derive(Clone, Debug)]
pub struct WorkerInfo {
    /// Whether it has registered.
    pub registered: bool,
    /// Slots it offers.
    pub slots: u32,
    /// Where it takes data.
    pub exchange_address: String,
    /// Its process.
    pub pid: u32,
    /// When it was last heard of.
    pub heard_at: i64,
    /// Until when it must have stopped the tasks of the present attempt.
    pub(super) cancel_deadline: Option<i64>,
    pub(super) stop_sent: bool,
}

impl JobMachine {
    pub(super) fn ask_for_workers(&mut self, step: &mut Step) {
        // Spares that cannot be started are not tried for ever.
        let spares = match self.failed_starts < FAILED_STARTS {
            true => self.config.spares,
            false => 0,
        };
        let wanted = self.config.workers + spares + self.replacements();
        let missing = wanted.saturating_sub(self.workers.len() as u32);
        if missing > 0 {
            let mut wanted = Vec::new();
            for _ in 0..missing {
                let worker = self.numbers.next();
                let info = WorkerInfo {
                    registered: false,
                    slots: 0,
                    exchange_address: String::new(),
                    pid: 0,
                    heard_at: step.now,
                    cancel_deadline: None,
                    stop_sent: false,
                };
                self.workers.insert(worker, info);
                wanted.push(worker);
            }
            step.actions.push(Action::StartWorkers(wanted));
        }
        let waiting = self.registered().count() < self.config.workers as usize;
        match (waiting, self.slots_wanted_since) {
            (false, _) => self.slots_wanted_since = None,
            (true, None) => self.slots_wanted_since = Some(step.now),
            (true, Some(since))
                if step.now >= since.saturating_add(self.config.slot_timeout_ms) =>
            {
                self.slots_wanted_since = Some(step.now);
                let message = format!(
                    "not all workers registered within {} ms (slot.request.timeout)",
                    self.config.slot_timeout_ms
                );
                self.fail(step, Failure::transient(message), None, None);
            }
            (true, Some(_)) => {}
        }
    }

    /// Gives back workers that nobody needs: replacements for some that then stayed.
    pub(super) fn give_back_surplus(&mut self, step: &mut Step) {
        let wanted = self.config.workers + self.config.spares + self.replacements();
        let surplus = (self.workers.len() as u32).saturating_sub(wanted) as usize;
        if surplus == 0 || self.running_since.is_none() {
            return;
        }
        let busy: BTreeSet<WorkerId> = self.tasks.values().map(|info| info.worker).collect();
        let idle = self
            .workers
            .keys()
            .rev()
            .filter(|worker| !busy.contains(worker));
        let idle: Vec<WorkerId> = idle.take(surplus).copied().collect();
        for worker in idle {
            self.lose(step, worker, "it is not needed any more", Fault::Cluster);
        }
    }

    /// Workers that are silent, or do not stop their tasks, are taken for dead.
    pub(super) fn watch_workers(&mut self, step: &mut Step) {
        if self.status.is_terminal() {
            return;
        }
        let timeout = self.config.heartbeat_timeout_ms;
        let mut lost = Vec::new();
        for (worker, info) in &self.workers {
            if info
                .cancel_deadline
                .is_some_and(|deadline| step.now >= deadline)
            {
                lost.push((
                    *worker,
                    format!(
                        "its tasks did not stop within {} ms (task.cancellation.timeout)",
                        self.config.cancellation_timeout_ms
                    ),
                ));
            } else if info.registered && step.now >= info.heard_at.saturating_add(timeout) {
                lost.push((
                    *worker,
                    format!("it was not heard of for {timeout} ms (heartbeat.timeout)"),
                ));
            }
        }
        for (worker, reason) in lost {
            self.lose(step, worker, &reason, Fault::Worker);
        }
    }

    /// The workers that are there, those of the longest standing first.
    pub(super) fn registered(&self) -> impl Iterator<Item = (WorkerId, &WorkerInfo)> {
        let all = self.workers.iter().map(|(worker, info)| (*worker, info));
        all.filter(|(_, info)| info.registered)
    }

    pub(super) fn lose(&mut self, step: &mut Step, worker: WorkerId, reason: &str, fault: Fault) {
        let Some(info) = self.workers.remove(&worker) else {
            return;
        };
        self.on_survivor_lost(worker);
        // Also when its process seems gone: a broken connection alone leaves one behind.
        step.actions.push(Action::StopWorker(worker));
        if !info.registered {
            self.failed_starts += u32::from(fault == Fault::Worker);
            let enough = self.registered().count() >= self.config.workers as usize;
            if self.failed_starts >= FAILED_STARTS && !enough && self.goal == Goal::Run {
                let message = format!("workers end before they register: {reason}");
                self.fail(step, Failure::fatal(message), None, None);
            }
            return;
        }
        let mut unfinished = false;
        for info in self.tasks.values_mut().filter(|info| info.worker == worker) {
            if info.state != ExecutionState::Finished {
                unfinished = true;
                info.state = ExecutionState::Failed;
                info.since = step.now;
            }
        }
        // Tasks that have finished need their worker no longer: what they sent has been taken.
        if self.deployed && unfinished {
            let message = format!(
                "worker {worker} (process {}) was lost: {reason}",
                info.pid,
                worker = worker.0
            );
            self.fail(step, Failure::transient(message), None, Some(worker));
        }
    }
}
