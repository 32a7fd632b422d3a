//! The life of a job as a pure state machine: facts and the time in, actions out.
//!
//! A fact changes what is known; then one function, [`JobMachine::advance`], looks at everything that is
//! known and does the next thing that is possible, until nothing is. What is to be reached is the
//! [`Goal`]: to run, or to end in some status. So the order in which facts arrive matters little, and a
//! crash at any point is one more fact.
//!
//! A restart is always of the whole job: all workers are told to stop, lost ones are replaced, the
//! newest published checkpoint is restored under the next attempt number, its committables are committed
//! again, leftovers removed, and everything is deployed anew.
//!
//! `fact_handling` is the part that learns, `running` and `ending` the two ways to advance; `workers`,
//! `failing` and `checkpointing` are what all of them use; `leaving` is how workers are left whose containers are taken; `takeover` is how an attempt of the AM begins that is not
//! the first.
//!
//! # Invariants
//!
//! * Nothing is prepared or deployed while a task of an earlier attempt may still run on a live worker,
//!   or while a checkpoint is being written.
//! * Facts of another attempt than the present one change nothing.
//! * A terminal status is reached once and never left.

mod checkpointing;
mod ending;
mod fact_handling;
mod failing;
mod leaving;
mod running;
mod takeover;
mod workers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId};
use alpheus_state::handle::TaskId;
use alpheus_worker::control::WorkerId;
use serde::{Deserialize, Serialize};

pub use failing::ExceptionRecord;
pub use takeover::{Ended, TakenOver};
pub use workers::WorkerInfo;

use super::fact::{Action, Fact};
use crate::checkpoint::{CheckpointConfig, CheckpointCoordinator};
use crate::failure::Failure;
use crate::job_master::WorkerNumbers;
use crate::job_status::{ExecutionState, JobStatus};
use crate::restart_strategy::{RestartSettings, RestartStrategy};

/// How a job is run. Times are milliseconds.
#[derive(Clone, Debug)]
pub struct MachineConfig {
    /// The job.
    pub job: JobId,
    /// All its subtasks.
    pub tasks: Vec<TaskId>,
    /// How many workers to start.
    pub workers: u32,
    /// How many more to hold ready (`slotmanager.redundant-taskmanager-num`).
    pub spares: u32,
    /// Checkpoints.
    pub checkpoints: CheckpointConfig,
    /// Restarts.
    pub restart: RestartSettings,
    /// What to start from (`-s`).
    pub restore: Option<String>,
    /// A worker that does not stop its tasks within this time is ended (`task.cancellation.timeout`).
    pub cancellation_timeout_ms: i64,
    /// A worker that is silent for so long is taken for dead (`heartbeat.timeout`).
    pub heartbeat_timeout_ms: i64,
    /// How long to wait for workers (`slot.request.timeout`).
    pub slot_timeout_ms: i64,
    /// How many failures are remembered (`web.exception-history-size`).
    pub exception_history: usize,
}

/// What is to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Goal {
    Run,
    End(JobStatus),
}

/// What is known of a task of the present attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskInfo {
    /// Its state.
    pub state: ExecutionState,
    /// Where it runs.
    pub worker: WorkerId,
    /// When it was deployed.
    pub started_at: i64,
    /// When it came into its present state.
    pub since: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Preparation {
    None,
    Underway,
    Done { finished: bool },
}

/// One call of [`JobMachine::handle`]: when it was made, and what has to be done after it.
struct Step {
    now: i64,
    /// Uniform in -1..=1, for the jitter of delays.
    chance: f64,
    actions: Vec<Action>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct JobMachine {
    config: MachineConfig,
    goal: Goal,
    status: JobStatus,
    attempt: AttemptNumber,
    /// The lowest number of a start that this AM makes.
    first_attempt: u32,
    /// While workers of an earlier attempt of the AM are waited for.
    waiting: Option<takeover::Waiting>,
    /// Tasks of an earlier attempt of the AM run, and their enumerators are being made.
    adopting: bool,
    workers: BTreeMap<WorkerId, WorkerInfo>,
    numbers: WorkerNumbers,
    failed_starts: u32,
    tasks: BTreeMap<TaskId, TaskInfo>,
    /// Whether the present attempt's tasks have been deployed and not yet been given up.
    deployed: bool,
    preparation: Preparation,
    restart_at: i64,
    /// When the last fact came in: what was due by then has been done.
    seen_at: i64,
    slots_wanted_since: Option<i64>,
    leaving: leaving::Leaving,
    strategy: RestartStrategy,
    checkpoints: CheckpointCoordinator,
    /// Checkpoints that are published and being committed.
    committing: BTreeSet<CheckpointId>,
    /// The last commit of a job without a last checkpoint is under way.
    committing_rest: bool,
    /// The last checkpoint is being written or committed.
    concluding: bool,
    /// Published and committed, or needing neither: the job may end as finished.
    all_committed: bool,
    /// The job stops with this savepoint, which is published.
    stopped: bool,
    conclude_sent: bool,
    timestamps: BTreeMap<&'static str, i64>,
    restarts: u32,
    running_since: Option<i64>,
    exceptions: VecDeque<ExceptionRecord>,
    root_failure: Option<Failure>,
}

impl JobMachine {
    /// A job that has not begun.
    pub fn new(config: MachineConfig, now: i64) -> Self {
        JobMachine {
            goal: Goal::Run,
            status: JobStatus::Created,
            attempt: AttemptNumber(1),
            first_attempt: 1,
            waiting: None,
            adopting: false,
            workers: BTreeMap::new(),
            numbers: WorkerNumbers::default(),
            failed_starts: 0,
            tasks: BTreeMap::new(),
            deployed: false,
            preparation: Preparation::None,
            restart_at: now,
            seen_at: now,
            slots_wanted_since: None,
            leaving: leaving::Leaving::default(),
            strategy: RestartStrategy::new(config.restart.clone()),
            checkpoints: CheckpointCoordinator::new(config.checkpoints.clone()),
            committing: BTreeSet::new(),
            committing_rest: false,
            concluding: false,
            all_committed: false,
            stopped: false,
            conclude_sent: false,
            timestamps: BTreeMap::from([(JobStatus::Created.as_str(), now)]),
            restarts: 0,
            running_since: None,
            exceptions: VecDeque::new(),
            root_failure: None,
            config,
        }
    }

    /// Takes numbers for its workers from here.
    #[must_use]
    pub fn numbering(mut self, numbers: WorkerNumbers) -> Self {
        self.numbers = numbers;
        self
    }

    /// The job's status.
    pub fn status(&self) -> JobStatus {
        self.status
    }

    /// Which start of the job this is.
    pub fn attempt(&self) -> AttemptNumber {
        self.attempt
    }

    /// Why the job has failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.root_failure.as_ref()
    }

    /// The tasks of the present attempt.
    pub fn tasks(&self) -> &BTreeMap<TaskId, TaskInfo> {
        &self.tasks
    }

    /// The workers.
    pub fn workers(&self) -> &BTreeMap<WorkerId, WorkerInfo> {
        &self.workers
    }

    /// The coordinator, for its numbers.
    pub fn checkpoints(&self) -> &CheckpointCoordinator {
        &self.checkpoints
    }

    /// When the job came into each status, ms since the epoch.
    pub fn timestamps(&self) -> &BTreeMap<&'static str, i64> {
        &self.timestamps
    }

    /// How often the job was restarted.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// Since when all tasks run.
    pub fn running_since(&self) -> Option<i64> {
        self.running_since
    }

    /// The remembered failures, newest first.
    pub fn exceptions(&self) -> impl Iterator<Item = &ExceptionRecord> {
        self.exceptions.iter()
    }

    /// Whether tasks of the present attempt are deployed, so that what they ask is answered.
    pub fn is_deployed(&self) -> bool {
        self.deployed
    }

    /// Takes a fact and says what is to be done. `chance` is uniform in -1..=1.
    pub fn handle(&mut self, now: i64, chance: f64, fact: Fact) -> Vec<Action> {
        self.seen_at = now;
        let mut step = Step {
            now,
            chance,
            actions: Vec::new(),
        };
        self.learn(&mut step, fact);
        self.watch_workers(&mut step);
        self.advance(&mut step);
        step.actions
    }

    /// When to come back with [`Fact::Tick`] at the latest; it may have passed by the time of asking.
    pub fn next_wakeup(&self) -> Option<i64> {
        if self.status.is_terminal() {
            return None;
        }
        let restart_is_due =
            !self.deployed && self.goal == Goal::Run && self.restart_at > self.seen_at;
        let restart = restart_is_due.then_some(self.restart_at);
        let slots = self
            .slots_wanted_since
            .map(|since| since.saturating_add(self.config.slot_timeout_ms));
        let cancels = self
            .workers
            .values()
            .filter_map(|info| info.cancel_deadline);
        let silent = self
            .workers
            .values()
            .filter(|info| info.registered)
            .map(|info| {
                info.heard_at
                    .saturating_add(self.config.heartbeat_timeout_ms)
            });
        cancels
            .chain(silent)
            .chain(self.waiting_until())
            .chain(restart)
            .chain(slots)
            .chain(self.leaving_wakeup())
            .chain(self.checkpoints.next_wakeup())
            .min()
    }

    fn become_status(&mut self, step: &mut Step, next: JobStatus) {
        if self.status == next {
            return;
        }
        if !self.status.may_become(next) {
            debug_assert!(false, "a job cannot go from {} to {next}", self.status);
            return;
        }
        self.status = next;
        self.timestamps.insert(next.as_str(), step.now);
        step.actions.push(Action::Status(next));
    }
}
