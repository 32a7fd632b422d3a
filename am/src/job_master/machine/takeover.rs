//! The first moments of an attempt of the AM that is not the first: the workers of the one before may still run, with
//! their tasks, and be on their way here.
//!
//! Until they are here, or have had their time, nobody is asked for and nothing is prepared. Then it is decided, by what
//! they report ([`judge`]): if everything that the dead AM knew is in the newest published checkpoint or in the reports,
//! the tasks are taken over as they run; else they are stopped, and the checkpoint is restored as after any failure.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_dataflow::source::SourceSplit;
use alpheus_state::handle::TaskId;
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};
use alpheus_worker::standing::Standing;

use super::{Goal, JobMachine, Preparation, Step, TaskInfo, WorkerInfo};
use crate::checkpoint::takeover::Takeover;
use crate::failure::Failure;
use crate::job_master::fact::{Action, RestoreFrom};
use crate::job_status::{ExecutionState, JobStatus};

/// What an attempt of the AM that is not the first begins with.
#[derive(Clone, Debug, Default)]
pub struct TakenOver {
    /// The lowest number of a start of the job that this attempt of the AM makes: higher than any of the attempts before.
    pub first_attempt: u32,
    /// The lowest number of a worker that it asks for; lower ones are survivors.
    pub first_worker: u32,
    /// The job's published checkpoints.
    pub checkpoints: Takeover,
    /// How many workers may have survived.
    pub survivors: usize,
    /// How long to wait for them, ms.
    pub wait_ms: i64,
    /// How the job has ended, if an attempt before was about to remove what it ran from.
    pub ended: Option<Ended>,
}

/// How a job has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its terminal status.
    pub status: JobStatus,
    /// Why it has failed.
    pub failure: Option<String>,
}

/// While survivors are waited for.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    until: i64,
    survivors: usize,
    /// What each of those that are here has reported; `None` for one without tasks.
    here: BTreeMap<WorkerId, Option<Standing>>,
}

/// What is made of the survivors.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Others may come.
    Wait,
    /// The tasks are taken over as they run.
    GoOn {
        attempt: AttemptNumber,
        /// What sources have been given and no checkpoint holds.
        handed_out: Vec<(TaskId, SourceSplit)>,
    },
    /// The checkpoint is restored.
    Restore(String),
}

/// Decides what is made of the survivors. `newest` is the newest published checkpoint, 0 for none.
fn judge(tasks: &[TaskId], waiting: &Waiting, newest: CheckpointId, now: i64) -> Verdict {
    let standings = || waiting.here.values().flatten();
    let found: BTreeSet<TaskId> = standings().flat_map(|s| s.tasks.iter().copied()).collect();
    let complete = tasks.iter().all(|task| found.contains(task));
    if !complete {
        let all_here = waiting.here.len() >= waiting.survivors;
        return match all_here || now >= waiting.until {
            true => Verdict::Restore("not all tasks have survived".to_owned()),
            false => Verdict::Wait,
        };
    }
    let Some(attempt) = standings().map(|standing| standing.attempt).max() else {
        return Verdict::Restore("there are no tasks".to_owned());
    };
    for standing in standings() {
        // What the dead AM had collected of a checkpoint that it did not publish is lost with it.
        let unpublished = standing.acknowledged > newest
            || standing.open.iter().any(|checkpoint| *checkpoint > newest);
        if standing.attempt != attempt {
            return Verdict::Restore("the tasks are of different starts".to_owned());
        } else if !standing.all_run {
            return Verdict::Restore("not all tasks run".to_owned());
        } else if unpublished {
            return Verdict::Restore("a checkpoint was under way".to_owned());
        }
    }
    let handed_out = standings()
        .flat_map(|standing| &standing.splits)
        .filter(|given| given.after >= newest)
        .map(|given| (given.task, given.split.clone()))
        .collect();
    Verdict::GoOn {
        attempt,
        handed_out,
    }
}

impl JobMachine {
    /// Begins with what an earlier attempt of the AM has left.
    #[must_use]
    pub fn taking_over(mut self, from: TakenOver, now: i64) -> Self {
        self.attempt = AttemptNumber(from.first_attempt);
        self.first_attempt = from.first_attempt;
        self.numbers.at_least(from.first_worker);
        self.checkpoints.take_over(&from.checkpoints);
        match from.ended {
            Some(ended) => self.ended_before(ended, now),
            None => {
                self.waiting = (from.survivors > 0).then(|| Waiting {
                    until: now.saturating_add(from.wait_ms),
                    survivors: from.survivors,
                    here: BTreeMap::new(),
                });
            }
        }
        self
    }

    /// Nothing is left to do but what the attempt before may have died over: to remove what is not kept.
    fn ended_before(&mut self, ended: Ended, now: i64) {
        let on_the_way = match ended.status {
            JobStatus::Canceled => JobStatus::Cancelling,
            JobStatus::Failed => JobStatus::Failing,
            _ => JobStatus::Created,
        };
        self.goal = Goal::End(ended.status);
        self.root_failure = ended.failure.map(Failure::fatal);
        self.status = on_the_way;
        self.timestamps.entry(on_the_way.as_str()).or_insert(now);
    }

    /// Whether what sources ask must wait: it is not decided yet who goes on, or the enumerators are not there.
    pub fn is_taking_over(&self) -> bool {
        self.waiting.is_some() || self.adopting
    }

    /// Until when survivors are waited for.
    pub(super) fn waiting_until(&self) -> Option<i64> {
        self.waiting.as_ref().map(|waiting| waiting.until)
    }

    /// A worker that this attempt of the AM has not asked for is there. Whoever comes too late is sent away.
    pub(super) fn on_survivor(
        &mut self,
        step: &mut Step,
        worker: WorkerId,
        info: WorkerInfo,
        standing: Option<Standing>,
    ) {
        let full = self.workers.len() as u32 >= self.config.workers + self.config.spares;
        match &mut self.waiting {
            Some(waiting) if !full => {
                waiting.here.insert(worker, standing);
                self.workers.insert(worker, info);
            }
            _ => step.actions.push(Action::StopWorker(worker)),
        }
    }

    /// A survivor is gone again.
    pub(super) fn on_survivor_lost(&mut self, worker: WorkerId) {
        if let Some(waiting) = &mut self.waiting
            && waiting.here.remove(&worker).is_some()
        {
            waiting.survivors = waiting.survivors.saturating_sub(1);
        }
    }

    /// A survivor's task has changed its state while others are waited for.
    pub(super) fn on_survivors_task(&mut self, task: TaskId, state: &TaskState) {
        let here = self.waiting.iter_mut().flat_map(|w| w.here.values_mut());
        for standing in here.flatten() {
            if standing.tasks.contains(&task) && *state != TaskState::Running {
                standing.all_run = false;
            }
        }
    }

    /// Decides, once it can be decided; true while it cannot.
    pub(super) fn waits_for_survivors(&mut self, step: &mut Step) -> bool {
        let Some(waiting) = &self.waiting else {
            return false;
        };
        let newest = self.checkpoints.latest();
        let id = newest.map_or(CheckpointId(0), |checkpoint| checkpoint.id);
        match judge(&self.config.tasks, waiting, id, step.now) {
            Verdict::Wait => return true,
            Verdict::GoOn {
                attempt,
                handed_out,
            } => {
                tracing::info!(
                    attempt = attempt.0,
                    "all tasks have survived and are taken over"
                );
                self.take_over_tasks(step, attempt, handed_out);
            }
            Verdict::Restore(reason) => {
                tracing::info!(reason, "the newest checkpoint is restored");
                self.stop_survivors(step);
            }
        }
        self.waiting = None;
        false
    }

    fn take_over_tasks(
        &mut self,
        step: &mut Step,
        attempt: AttemptNumber,
        handed_out: Vec<(TaskId, SourceSplit)>,
    ) {
        let here = self.waiting.iter().flat_map(|waiting| &waiting.here);
        self.tasks = here
            .filter_map(|(worker, standing)| Some((*worker, standing.as_ref()?)))
            .flat_map(|(worker, standing)| standing.tasks.iter().map(move |task| (*task, worker)))
            .map(|(task, worker)| {
                let info = TaskInfo {
                    state: ExecutionState::Running,
                    worker,
                    started_at: step.now,
                    since: step.now,
                };
                (task, info)
            })
            .collect();
        self.attempt = attempt;
        self.checkpoints
            .begin_attempt(attempt, self.tasks.keys().copied().collect());
        self.deployed = true;
        self.adopting = true;
        self.preparation = Preparation::Underway;
        self.become_status(step, JobStatus::Running);
        self.running_since = Some(step.now);
        let from = self.checkpoints.latest().cloned();
        step.actions.push(Action::Adopt {
            attempt,
            from: from.map_or(RestoreFrom::Nothing { again: true }, RestoreFrom::Own),
            handed_out,
        });
    }

    /// The enumerators are there again: from now on everything is as if the AM had never died.
    pub(super) fn adopted(&mut self, step: &mut Step) {
        self.adopting = false;
        self.preparation = Preparation::None;
        if !self.deployed {
            // The job was canceled meanwhile.
            return;
        }
        if let Some(newest) = self.checkpoints.latest().map(|checkpoint| checkpoint.id) {
            // Its publication may be news to the workers.
            self.send_to_tasks(step, || ToWorker::CheckpointComplete(newest));
        }
        self.checkpoints.activate(step.now);
        step.actions.push(Action::Adopted);
    }

    /// Has survivors stop what they run; they stay as workers.
    fn stop_survivors(&mut self, step: &mut Step) {
        let deadline = step.now.saturating_add(self.config.cancellation_timeout_ms);
        for (worker, info) in &mut self.workers {
            info.cancel_deadline = Some(deadline);
            let cancel = Box::new(ToWorker::Cancel(self.attempt));
            step.actions.push(Action::Send(*worker, cancel));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_dataflow::ids::{SubtaskIndex, VertexId};
    use alpheus_worker::standing::HandedOut;

    fn task(subtask: u32) -> TaskId {
        TaskId {
            vertex: VertexId(0),
            subtask: SubtaskIndex(subtask),
        }
    }

    fn standing(subtask: u32) -> Standing {
        Standing {
            attempt: AttemptNumber(3),
            tasks: vec![task(subtask)],
            all_run: true,
            acknowledged: CheckpointId(5),
            open: Vec::new(),
            splits: Vec::new(),
        }
    }

    fn waiting(standings: &[Standing]) -> Waiting {
        let here = standings.iter().cloned().map(Some);
        Waiting {
            until: 100,
            survivors: 2,
            here: (0..).map(WorkerId).zip(here).collect(),
        }
    }

    fn judged(standings: &[Standing], now: i64) -> Verdict {
        judge(
            &[task(0), task(1)],
            &waiting(standings),
            CheckpointId(5),
            now,
        )
    }

    #[test]
    fn whole_and_consistent_tasks_go_on() {
        let both = [standing(0), standing(1)];
        let expected = Verdict::GoOn {
            attempt: AttemptNumber(3),
            handed_out: Vec::new(),
        };
        assert_eq!(judged(&both, 0), expected);
    }

    #[test]
    fn those_that_may_still_come_are_waited_for_as_long_as_that_is() {
        assert_eq!(judged(&[standing(0)], 99), Verdict::Wait);
        assert!(matches!(judged(&[standing(0)], 100), Verdict::Restore(_)));
        assert_eq!(judged(&[], 0), Verdict::Wait);
    }

    #[test]
    fn what_the_dead_master_alone_knew_makes_a_restore() {
        let spoiled: [fn(&mut Standing); 5] = [
            |standing| standing.attempt = AttemptNumber(2),
            |standing| standing.all_run = false,
            |standing| standing.acknowledged = CheckpointId(6),
            |standing| standing.open = vec![CheckpointId(6)],
            |standing| standing.tasks.clear(),
        ];
        for spoil in spoiled {
            let mut both = [standing(0), standing(1)];
            spoil(&mut both[1]);
            assert!(matches!(judged(&both, 0), Verdict::Restore(_)), "{both:?}");
        }
        let mut published = [standing(0), standing(1)];
        published[0].open = vec![CheckpointId(5)];
        assert!(matches!(judged(&published, 0), Verdict::GoOn { .. }));
    }

    #[test]
    fn splits_that_the_checkpoint_holds_are_not_handed_out_twice() {
        let split = |id: &str| SourceSplit {
            id: id.to_owned(),
            state: Vec::new(),
        };
        let given = |after, id| HandedOut {
            task: task(0),
            after: CheckpointId(after),
            split: split(id),
        };
        let mut both = [standing(0), standing(1)];
        both[0].splits = vec![given(4, "held"), given(5, "new")];
        let Verdict::GoOn { handed_out, .. } = judged(&both, 0) else {
            panic!("they should go on");
        };
        assert_eq!(handed_out, [(task(0), split("new"))]);
    }
}
