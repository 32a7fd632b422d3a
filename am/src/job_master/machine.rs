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
//! # Invariants
//!
//! * Nothing is prepared or deployed while a task of an earlier attempt may still run on a live worker,
//!   or while a checkpoint is being written.
//! * Facts of another attempt than the present one change nothing.
//! * A terminal status is reached once and never left.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_state::handle::TaskId;
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};

use super::fact::{Action, Fact, Prepared, RestoreFrom};
use super::placement::place;
use crate::checkpoint::{CheckpointAction, CheckpointConfig, CheckpointCoordinator};
use crate::failure::Failure;
use crate::job_status::{ExecutionState, JobStatus};
use crate::restart_strategy::{RestartDecision, RestartSettings, RestartStrategy};

/// How a job is run. Times are milliseconds.
#[derive(Clone, Debug)]
pub struct MachineConfig {
    /// The job.
    pub job: JobId,
    /// All its subtasks.
    pub tasks: Vec<TaskId>,
    /// How many workers to start.
    pub workers: u32,
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

/// How often in a row a worker may end before it has registered, until the job fails.
const FAILED_STARTS: u32 = 3;

/// What is to be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Goal {
    Run,
    End(JobStatus),
}

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
    cancel_deadline: Option<i64>,
    stop_sent: bool,
}

/// What is known of a task of the present attempt.
#[derive(Clone, Debug)]
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

/// A failure of the job.
#[derive(Clone, Debug)]
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

#[derive(Clone, Debug, PartialEq, Eq)]
enum Preparation {
    None,
    Underway,
    Done { finished: bool },
}

/// See the module's documentation.
#[derive(Debug)]
pub struct JobMachine {
    config: MachineConfig,
    goal: Goal,
    status: JobStatus,
    attempt: AttemptNumber,
    workers: BTreeMap<WorkerId, WorkerInfo>,
    next_worker: u32,
    failed_starts: u32,
    tasks: BTreeMap<TaskId, TaskInfo>,
    /// Whether the present attempt's tasks have been deployed and not yet been given up.
    deployed: bool,
    preparation: Preparation,
    restart_at: i64,
    slots_wanted_since: Option<i64>,
    strategy: RestartStrategy,
    checkpoints: CheckpointCoordinator,
    /// Checkpoints that are published and being committed.
    committing: BTreeSet<alpheus_dataflow::ids::CheckpointId>,
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
            workers: BTreeMap::new(),
            next_worker: 0,
            failed_starts: 0,
            tasks: BTreeMap::new(),
            deployed: false,
            preparation: Preparation::None,
            restart_at: now,
            slots_wanted_since: None,
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
        let mut actions = Vec::new();
        self.learn(now, chance, fact, &mut actions);
        self.watch_workers(now, chance, &mut actions);
        self.advance(now, chance, &mut actions);
        actions
    }

    /// When to come back with [`Fact::Tick`] at the latest.
    pub fn next_wakeup(&self, now: i64) -> Option<i64> {
        if self.status.is_terminal() {
            return None;
        }
        let restart = (!self.deployed && self.goal == Goal::Run && self.restart_at > now)
            .then_some(self.restart_at);
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
            .chain(restart)
            .chain(slots)
            .chain(self.checkpoints.next_wakeup())
            .min()
    }

    fn learn(&mut self, now: i64, chance: f64, fact: Fact, actions: &mut Vec<Action>) {
        match fact {
            Fact::Start | Fact::Tick => {
                let due = self.checkpoints.on_time(now);
                self.carry_out(now, chance, due, actions);
            }
            Fact::WorkerRegistered {
                worker,
                slots,
                exchange_address,
                pid,
            } => {
                if let Some(info) = self.workers.get_mut(&worker) {
                    info.registered = true;
                    info.slots = slots;
                    info.exchange_address = exchange_address;
                    info.pid = pid;
                    info.heard_at = now;
                    self.failed_starts = 0;
                }
            }
            Fact::WorkerHeard(worker) => {
                if let Some(info) = self.workers.get_mut(&worker) {
                    info.heard_at = now;
                }
            }
            Fact::WorkerLost { worker, reason } => {
                self.lose(worker, &reason, now, chance, actions);
            }
            Fact::Task {
                attempt,
                task,
                state,
            } => {
                if attempt == self.attempt && self.deployed {
                    self.on_task(now, chance, task, state, actions);
                }
            }
            Fact::Canceled { worker, attempt } => {
                if attempt == self.attempt {
                    if let Some(info) = self.workers.get_mut(&worker) {
                        info.cancel_deadline = None;
                    }
                    self.mark_canceled(worker, now);
                }
            }
            Fact::CheckpointAck {
                attempt,
                checkpoint,
                tasks,
                statistics,
            } => {
                if attempt == self.attempt && self.deployed {
                    let then = self.checkpoints.on_ack(checkpoint, tasks, statistics, now);
                    self.carry_out(now, chance, then, actions);
                }
            }
            Fact::CheckpointDeclined { checkpoint, reason } => {
                let then = self.checkpoints.on_declined(checkpoint, &reason, now);
                self.carry_out(now, chance, then, actions);
            }
            Fact::EnumeratorsFrozen {
                attempt,
                checkpoint,
                result,
            } => {
                if attempt == self.attempt {
                    let then = self
                        .checkpoints
                        .on_enumerators_frozen(checkpoint, result, now);
                    self.carry_out(now, chance, then, actions);
                }
            }
            Fact::SourceFailed { attempt, failure } => {
                if attempt == self.attempt && self.deployed {
                    self.fail(now, chance, failure, None, None, actions);
                }
            }
            Fact::Published { checkpoint, result } => {
                if result.is_ok() {
                    self.committing.insert(checkpoint);
                }
                let then = self.checkpoints.on_published(checkpoint, result, now);
                self.carry_out(now, chance, then, actions);
            }
            Fact::Committed { checkpoint, result } => {
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
                        self.fail(now, chance, Failure::fatal(message), None, None, actions);
                    }
                    Err(failure) => self.fail(now, chance, failure, None, None, actions),
                }
            }
            Fact::Prepared { attempt, result } => {
                self.on_prepared(now, chance, attempt, result, actions)
            }
            Fact::Concluded => {
                if let Goal::End(status) = self.goal
                    && self.conclude_sent
                {
                    self.become_status(status, now, actions);
                }
            }
            Fact::CancelRequested => {
                let ending = matches!(self.goal, Goal::End(_));
                if !ending {
                    self.goal = Goal::End(JobStatus::Canceled);
                    self.become_status(JobStatus::Cancelling, now, actions);
                    self.stop_tasks(now, chance, "the job was canceled", actions);
                }
            }
            Fact::SavepointRequested(request) => {
                let all_run = self.running_since.is_some() && self.goal == Goal::Run;
                if all_run && !self.concluding {
                    let then = self.checkpoints.request(request, now);
                    self.carry_out(now, chance, then, actions);
                } else {
                    let reason = format!("the job is {}, not all tasks run", self.status);
                    actions.push(Action::SavepointDone {
                        trigger: request.trigger,
                        result: Err(reason),
                    });
                }
            }
        }
    }

    fn on_task(
        &mut self,
        now: i64,
        chance: f64,
        task: TaskId,
        state: TaskState,
        actions: &mut Vec<Action>,
    ) {
        let Some(info) = self.tasks.get_mut(&task) else {
            return;
        };
        info.since = now;
        match state {
            TaskState::Running => {
                info.state = ExecutionState::Running;
            }
            TaskState::Finished {
                committables,
                last_checkpoint,
            } => {
                info.state = ExecutionState::Finished;
                let then =
                    self.checkpoints
                        .on_task_finished(task, committables, last_checkpoint, now);
                self.carry_out(now, chance, then, actions);
            }
            TaskState::Failed { message, fatal } => {
                info.state = ExecutionState::Failed;
                let worker = info.worker;
                let failure = Failure { message, fatal };
                self.fail(now, chance, failure, Some(task), Some(worker), actions);
            }
        }
        let started = self.tasks.values().all(|info| {
            matches!(
                info.state,
                ExecutionState::Running | ExecutionState::Finished
            )
        });
        if self.deployed && started && self.running_since.is_none() {
            self.running_since = Some(now);
            self.checkpoints.activate(now);
        }
    }

    fn on_prepared(
        &mut self,
        now: i64,
        chance: f64,
        attempt: AttemptNumber,
        result: Result<Prepared, Failure>,
        actions: &mut Vec<Action>,
    ) {
        if attempt != self.attempt || self.preparation != Preparation::Underway {
            return;
        }
        match result {
            Ok(Prepared { restored, finished }) => {
                if let Some(record) = restored {
                    self.checkpoints.on_restored(record);
                }
                self.preparation = Preparation::Done { finished };
            }
            Err(failure) => {
                self.preparation = Preparation::None;
                self.fail(now, chance, failure, None, None, actions);
            }
        }
    }

    /// Workers that are silent, or do not stop their tasks, are taken for dead.
    fn watch_workers(&mut self, now: i64, chance: f64, actions: &mut Vec<Action>) {
        if self.status.is_terminal() {
            return;
        }
        let timeout = self.config.heartbeat_timeout_ms;
        let mut lost = Vec::new();
        for (worker, info) in &self.workers {
            if info.cancel_deadline.is_some_and(|deadline| now >= deadline) {
                lost.push((
                    *worker,
                    format!(
                        "its tasks did not stop within {} ms (task.cancellation.timeout)",
                        self.config.cancellation_timeout_ms
                    ),
                ));
            } else if info.registered && now >= info.heard_at.saturating_add(timeout) {
                lost.push((
                    *worker,
                    format!("it was not heard of for {timeout} ms (heartbeat.timeout)"),
                ));
            }
        }
        for (worker, reason) in lost {
            self.lose(worker, &reason, now, chance, actions);
        }
    }

    fn lose(
        &mut self,
        worker: WorkerId,
        reason: &str,
        now: i64,
        chance: f64,
        actions: &mut Vec<Action>,
    ) {
        let Some(info) = self.workers.remove(&worker) else {
            return;
        };
        // Also when its process seems gone: a broken connection alone leaves one behind.
        actions.push(Action::StopWorker(worker));
        if !info.registered {
            self.failed_starts += 1;
            if self.failed_starts >= FAILED_STARTS && self.goal == Goal::Run {
                let message = format!("workers end before they register: {reason}");
                self.fail(now, chance, Failure::fatal(message), None, None, actions);
            }
            return;
        }
        let mut unfinished = false;
        for info in self.tasks.values_mut().filter(|info| info.worker == worker) {
            if info.state != ExecutionState::Finished {
                unfinished = true;
                info.state = ExecutionState::Failed;
                info.since = now;
            }
        }
        // Tasks that have finished need their worker no longer: what they sent has been taken.
        if self.deployed && unfinished {
            let message = format!(
                "worker {worker} (process {}) was lost: {reason}",
                info.pid,
                worker = worker.0
            );
            self.fail(
                now,
                chance,
                Failure::transient(message),
                None,
                Some(worker),
                actions,
            );
        }
    }

    fn fail(
        &mut self,
        now: i64,
        chance: f64,
        failure: Failure,
        task: Option<TaskId>,
        worker: Option<WorkerId>,
        actions: &mut Vec<Action>,
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
        } else if !self.deployed && self.status == JobStatus::Restarting && self.restart_at > now {
            // Consequences of a failure that is being dealt with already.
            RestartDecision::Restart {
                after_ms: self.restart_at - now,
            }
        } else {
            self.strategy.on_failure(now, chance)
        };
        let consequence = match &decision {
            RestartDecision::Restart { after_ms } => format!("restart in {after_ms} ms"),
            RestartDecision::GiveUp { reason } => format!("the job fails: {reason}"),
        };
        self.exceptions.push_front(ExceptionRecord {
            at: now,
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
                self.become_status(JobStatus::Restarting, now, actions);
                self.restart_at = now.saturating_add(after_ms);
                self.stop_tasks(now, chance, &why, actions);
                self.attempt_is_over();
            }
            RestartDecision::GiveUp { .. } => {
                self.root_failure = Some(failure);
                self.goal = Goal::End(JobStatus::Failed);
                self.become_status(JobStatus::Failing, now, actions);
                self.stop_tasks(now, chance, &why, actions);
            }
        }
    }

    /// What was prepared or begun for the present attempt is of no use.
    fn attempt_is_over(&mut self) {
        self.preparation = Preparation::None;
        self.concluding = false;
        self.all_committed = false;
        self.committing_rest = false;
    }

    /// Tells all workers with tasks to stop them, and the coordinator to begin nothing more.
    fn stop_tasks(&mut self, now: i64, chance: f64, reason: &str, actions: &mut Vec<Action>) {
        let then = self.checkpoints.interrupt(now, reason);
        self.carry_out(now, chance, then, actions);
        self.running_since = None;
        if !self.deployed {
            return;
        }
        self.deployed = false;
        actions.push(Action::SilenceSources);
        let with_tasks: BTreeSet<WorkerId> = self.tasks.values().map(|info| info.worker).collect();
        for worker in with_tasks {
            if let Some(info) = self.workers.get_mut(&worker) {
                info.cancel_deadline =
                    Some(now.saturating_add(self.config.cancellation_timeout_ms));
                actions.push(Action::Send(
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
                info.since = now;
            }
        }
    }

    fn mark_canceled(&mut self, worker: WorkerId, now: i64) {
        for info in self.tasks.values_mut().filter(|info| info.worker == worker) {
            if info.state == ExecutionState::Canceling {
                info.state = ExecutionState::Canceled;
                info.since = now;
            }
        }
    }

    fn carry_out(
        &mut self,
        now: i64,
        chance: f64,
        from_coordinator: Vec<CheckpointAction>,
        actions: &mut Vec<Action>,
    ) {
        for action in from_coordinator {
            match action {
                CheckpointAction::FreezeEnumerators(checkpoint) => {
                    actions.push(Action::FreezeEnumerators {
                        attempt: self.attempt,
                        checkpoint,
                    });
                }
                CheckpointAction::Trigger { barrier, directory } => {
                    self.send_to_tasks(actions, || ToWorker::TriggerCheckpoint {
                        barrier,
                        directory: directory.clone(),
                    });
                }
                CheckpointAction::Store(contents) => actions.push(Action::Store(contents)),
                CheckpointAction::Complete(checkpoint) => {
                    self.send_to_tasks(actions, || ToWorker::CheckpointComplete(checkpoint));
                }
                CheckpointAction::Abort {
                    checkpoint,
                    directory,
                } => {
                    self.send_to_tasks(actions, || ToWorker::CheckpointAborted(checkpoint));
                    actions.push(Action::Discard(directory));
                }
                CheckpointAction::Discard(location) => actions.push(Action::Discard(location)),
                CheckpointAction::SavepointDone { trigger, result } => {
                    actions.push(Action::SavepointDone { trigger, result });
                }
                CheckpointAction::FailJob(failure) => {
                    self.fail(now, chance, failure, None, None, actions);
                }
                CheckpointAction::Stopped => self.stopped = true,
            }
        }
    }

    /// Says something to every worker that has tasks of the present attempt.
    fn send_to_tasks(&self, actions: &mut Vec<Action>, message: impl Fn() -> ToWorker) {
        if !self.deployed {
            return;
        }
        let with_tasks: BTreeSet<WorkerId> = self.tasks.values().map(|info| info.worker).collect();
        for worker in with_tasks {
            if self.workers.contains_key(&worker) {
                actions.push(Action::Send(worker, Box::new(message())));
            }
        }
    }

    /// Does what is possible towards the goal.
    fn advance(&mut self, now: i64, chance: f64, actions: &mut Vec<Action>) {
        if self.status.is_terminal() {
            return;
        }
        match self.goal.clone() {
            Goal::Run => self.advance_running(now, chance, actions),
            Goal::End(status) => self.advance_ending(now, chance, status, actions),
        }
    }

    fn advance_running(&mut self, now: i64, chance: f64, actions: &mut Vec<Action>) {
        self.ask_for_workers(now, chance, actions);
        if self.goal != Goal::Run {
            return self.advance(now, chance, actions);
        }
        if self.deployed {
            return self.advance_to_the_end(now, chance, actions);
        }
        if !self.is_quiet() || now < self.restart_at {
            return;
        }
        match self.preparation {
            Preparation::None => {
                if self.status == JobStatus::Restarting {
                    self.attempt.0 += 1;
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
                actions.push(Action::Prepare {
                    attempt: self.attempt,
                    from,
                });
            }
            Preparation::Underway => {}
            Preparation::Done { finished: true } => {
                self.all_committed = true;
                self.goal = Goal::End(JobStatus::Finished);
                self.advance(now, chance, actions);
            }
            Preparation::Done { finished: false } => self.deploy(now, actions),
        }
    }

    fn ask_for_workers(&mut self, now: i64, chance: f64, actions: &mut Vec<Action>) {
        let missing = self
            .config
            .workers
            .saturating_sub(self.workers.len() as u32);
        if missing > 0 {
            let mut wanted = Vec::new();
            for _ in 0..missing {
                let worker = WorkerId(self.next_worker);
                self.next_worker += 1;
                let info = WorkerInfo {
                    registered: false,
                    slots: 0,
                    exchange_address: String::new(),
                    pid: 0,
                    heard_at: now,
                    cancel_deadline: None,
                    stop_sent: false,
                };
                self.workers.insert(worker, info);
                wanted.push(worker);
            }
            actions.push(Action::StartWorkers(wanted));
        }
        let waiting = self.workers.values().any(|info| !info.registered);
        match (waiting, self.slots_wanted_since) {
            (false, _) => self.slots_wanted_since = None,
            (true, None) => self.slots_wanted_since = Some(now),
            (true, Some(since)) if now >= since.saturating_add(self.config.slot_timeout_ms) => {
                self.slots_wanted_since = Some(now);
                let message = format!(
                    "not all workers registered within {} ms (slot.request.timeout)",
                    self.config.slot_timeout_ms
                );
                self.fail(
                    now,
                    chance,
                    Failure::transient(message),
                    None,
                    None,
                    actions,
                );
            }
            (true, Some(_)) => {}
        }
    }

    /// No task of an earlier attempt runs and nothing is being written or committed.
    fn is_quiet(&self) -> bool {
        let canceling = self
            .workers
            .values()
            .any(|info| info.cancel_deadline.is_some());
        !canceling
            && !self.checkpoints.is_writing()
            && self.committing.is_empty()
            && !self.committing_rest
    }

    fn deploy(&mut self, now: i64, actions: &mut Vec<Action>) {
        if self.workers.values().any(|info| !info.registered) {
            return;
        }
        let slots = self
            .workers
            .iter()
            .map(|(worker, info)| (*worker, info.slots))
            .collect();
        let Some(placement) = place(&self.config.tasks, &slots) else {
            return;
        };
        self.tasks = placement
            .iter()
            .map(|(task, worker)| {
                let info = TaskInfo {
                    state: ExecutionState::Deploying,
                    worker: *worker,
                    started_at: now,
                    since: now,
                };
                (*task, info)
            })
            .collect();
        self.checkpoints
            .begin_attempt(self.attempt, self.tasks.keys().copied().collect());
        self.deployed = true;
        self.preparation = Preparation::None;
        self.become_status(JobStatus::Running, now, actions);
        let addresses = self
            .workers
            .iter()
            .map(|(worker, info)| (*worker, info.exchange_address.clone()))
            .collect();
        actions.push(Action::Deploy {
            attempt: self.attempt,
            placement,
            addresses,
        });
    }

    /// Finishes a job that has read everything, or stops it once its savepoint is committed.
    fn advance_to_the_end(&mut self, now: i64, chance: f64, actions: &mut Vec<Action>) {
        if self.stopped {
            if self.committing.is_empty() {
                self.all_committed = true;
                self.goal = Goal::End(JobStatus::Finished);
                self.stop_tasks(now, chance, "the job was stopped with a savepoint", actions);
                self.advance(now, chance, actions);
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
            actions.push(Action::SilenceSources);
            return self.advance(now, chance, actions);
        }
        if self.concluding || !self.checkpoints.is_idle() || !self.committing.is_empty() {
            return;
        }
        self.concluding = true;
        match self.checkpoints.conclude(now) {
            Some(then) => self.carry_out(now, chance, then, actions),
            None => {
                let rest = self.checkpoints.outstanding_committables();
                if rest.is_empty() {
                    self.all_committed = true;
                    self.advance_to_the_end(now, chance, actions);
                } else {
                    self.committing_rest = true;
                    actions.push(Action::Commit(rest));
                }
            }
        }
    }

    fn advance_ending(
        &mut self,
        now: i64,
        chance: f64,
        status: JobStatus,
        actions: &mut Vec<Action>,
    ) {
        if self.deployed {
            self.stop_tasks(now, chance, "the job ends", actions);
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
                .filter(|_| config.interval_ms.is_some())
                .map(|root| (root, config.temporary));
            actions.push(Action::Conclude {
                discard,
                keep: keeps && status != JobStatus::Finished,
                root,
            });
            for (worker, info) in &mut self.workers {
                if !info.stop_sent {
                    info.stop_sent = true;
                    actions.push(Action::Send(*worker, Box::new(ToWorker::Shutdown)));
                }
            }
        }
    }

    fn become_status(&mut self, next: JobStatus, now: i64, actions: &mut Vec<Action>) {
        if self.status == next {
            return;
        }
        if !self.status.may_become(next) {
            debug_assert!(false, "a job cannot go from {} to {next}", self.status);
            return;
        }
        self.status = next;
        self.timestamps.insert(next.as_str(), now);
        actions.push(Action::Status(next));
    }
}
