//! The loop around the state machine: one thread that owns everything about the job, without a lock.
//!
//! It takes events in order, turns them into facts, and carries the machine's actions out by sending
//! messages: to workers, to the I/O thread, to the sources' thread, to the driver. It never waits for
//! any of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_dataflow::operator::Clock;
use alpheus_state::handle::{TaskId, TaskRestore};
use alpheus_worker::control::{Deployment, FreshTokens, FromWorker, ToWorker, WorkerId};
use alpheus_worker::control_connection::ControlSender;
use alpheus_worker::results::EncodedRows;

use super::fact::{Action, Fact};
use super::handle::{JobOutcome, LastView, UserRequest};
use super::machine::JobMachine;
use super::results::ResultRelay;
use super::savepoints::Savepoints;
use super::view::{JobView, MetricScope, MetricValues};
use super::watermarks::WatermarkAlignments;
use crate::checkpoint::encryption::CheckpointKeys;
use crate::checkpoint::io::IoCommand;
use crate::checkpoint::{SavepointRequest, TriggerId};
use crate::deployment::DeploymentDriver;
use crate::event::Event;
use crate::failure::Failure;
use crate::job_status::JobStatus;
use crate::source_coordinator::{SourceCommand, SourceSender};

/// How long workers may take to shut down once the job has ended.
const SHUT_DOWN_PATIENCE: Duration = Duration::from_secs(10);

/// Called with each change of the job's status, on the loop's thread.
pub type StatusListener = Box<dyn Fn(JobStatus, &JobMachine) + Send>;

/// What the loop works with.
pub(crate) struct LoopContext {
    /// The job.
    pub job: JobId,
    /// What it runs.
    pub graph: Arc<JobGraph>,
    /// Its state machine.
    pub machine: JobMachine,
    /// Where events come from.
    pub events: Receiver<Event>,
    /// Who starts workers.
    pub driver: Box<dyn DeploymentDriver>,
    /// Who publishes and commits.
    pub io: Sender<IoCommand>,
    /// Who hands out splits.
    pub sources: SourceSender,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who is told of changes.
    pub listener: StatusListener,
    /// Who takes the rows that worker processes send, if a client waits for them.
    pub results: Option<ResultRelay>,
    /// Keys of encrypted checkpoints.
    pub keys: CheckpointKeys,
    /// How long a savepoint's outcome can be asked for, ms (`rest.async.store-duration`).
    pub keep_outcomes_ms: i64,
    /// Where the last picture of the job is left.
    pub(crate) last: LastView,
}

pub(crate) struct EventLoop {
    context: LoopContext,
    connections: BTreeMap<WorkerId, ControlSender<ToWorker>>,
    restore: (AttemptNumber, Vec<(TaskId, TaskRestore)>),
    /// The first job of the line that this one continues.
    origin: JobId,
    savepoints: Savepoints,
    metrics: BTreeMap<MetricScope, MetricValues>,
    alignments: WatermarkAlignments,
    /// What sources asked while it was not decided who answers.
    early_requests: Vec<TaskId>,
    /// The newest tokens, for workers that come.
    tokens: Option<FreshTokens>,
}

impl EventLoop {
    pub fn new(context: LoopContext) -> Self {
        let alignments = WatermarkAlignments::of(&context.graph);
        EventLoop {
            origin: context.job,
            context,
            connections: BTreeMap::new(),
            restore: (AttemptNumber(0), Vec::new()),
            savepoints: Savepoints::default(),
            metrics: BTreeMap::new(),
            alignments,
            early_requests: Vec::new(),
            tokens: None,
        }
    }

    /// Runs the job to its end.
    pub fn run(mut self) -> JobOutcome {
        self.fact(Fact::Start);
        while !self.context.machine.status().is_terminal() {
            let now = self.now();
            let wait = self
                .context
                .machine
                .next_wakeup()
                .map(|at| Duration::from_millis(at.saturating_sub(now).max(1) as u64));
            let received = match wait {
                None => self
                    .context
                    .events
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => self.context.events.recv_timeout(wait),
            };
            match received {
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => self.fact(Fact::Tick),
                // The loop itself holds senders through its threads: they outlive it.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if let Some(results) = self.context.results.take() {
            results.finish(self.context.machine.status() == JobStatus::Canceled);
        }
        let view = Box::new(self.view());
        let _ = self.context.last.set((*view).clone());
        for event in self.context.events.try_iter() {
            if let Event::Query(answer) = event {
                let _ = answer.send((*view).clone());
            }
        }
        self.connections.clear();
        self.context.driver.shut_down(SHUT_DOWN_PATIENCE);
        JobOutcome {
            status: view.status,
            failure: view.failure.clone(),
            view,
        }
    }

    fn now(&self) -> i64 {
        self.context.clock.now_ms()
    }

    fn fact(&mut self, fact: Fact) {
        let now = self.now();
        let actions = self
            .context
            .machine
            .handle(now, crate::random::chance(), fact);
        for action in actions {
            self.carry_out(action);
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Fact(fact) => {
                if let Fact::WorkerLost { worker, reason, .. } = &fact {
                    if self.context.machine.workers().contains_key(worker) {
                        let ending = self.connections.contains_key(worker);
                        if ending && !self.context.machine.status().is_terminal() {
                            tracing::info!(worker = worker.0, reason, "worker is gone");
                        }
                    }
                    self.connections.remove(worker);
                }
                self.fact(fact);
            }
            Event::Connected { worker, sender } => {
                self.connections.insert(worker, sender);
            }
            Event::FromWorker(worker, message) => self.on_message(worker, message),
            Event::Split {
                attempt,
                task,
                next,
            } => {
                let machine = &self.context.machine;
                if machine.is_deployed()
                    && machine.attempt() == attempt
                    && let Some(worker) = machine.tasks().get(&task).map(|info| info.worker)
                {
                    self.send(worker, ToWorker::AssignSplit { task, next });
                }
            }
            Event::Restored {
                attempt,
                tasks,
                origin,
            } => {
                self.restore = (attempt, tasks);
                self.origin = origin.unwrap_or(self.origin);
            }
            Event::Tokens(tokens) => {
                for connection in self.connections.values() {
                    connection.send(ToWorker::UpdateTokens(tokens.clone()));
                }
                self.tokens = Some(tokens);
            }
            Event::Progress(share) => self.context.driver.progress(share),
            Event::Request(request) => self.on_request(request),
            Event::Query(answer) => {
                let _ = answer.send(self.view());
            }
        }
    }

    fn on_message(&mut self, worker: WorkerId, message: FromWorker) {
        match message {
            FromWorker::Register {
                worker: named,
                pid,
                slots,
                exchange_address,
                container,
                standing,
            } => {
                if named != worker {
                    tracing::warn!(
                        worker = worker.0,
                        named = named.0,
                        "a worker registers under another's number and is ended"
                    );
                    return self.context.driver.stop_worker(worker);
                }
                tracing::debug!(worker = worker.0, pid, slots, "worker registered");
                if let Some(tokens) = &self.tokens {
                    // They may be newer than those that it was started with.
                    self.send(worker, ToWorker::UpdateTokens(tokens.clone()));
                }
                if let Some(container) = container {
                    self.context.driver.adopt(worker, &container);
                }
                self.fact(Fact::WorkerRegistered {
                    worker,
                    slots,
                    exchange_address,
                    pid,
                    standing,
                });
            }
            FromWorker::Heartbeat { metrics } => {
                for metric in metrics {
                    let scope = (worker, metric.task, metric.operator);
                    self.metrics.insert(scope, metric.values);
                }
                self.fact(Fact::WorkerHeard(worker));
                self.align_watermarks();
            }
            FromWorker::Task {
                attempt,
                task,
                state,
            } => {
                let Some(info) = self.context.machine.tasks().get(&task) else {
                    return;
                };
                if info.worker == worker {
                    self.fact(Fact::Task {
                        attempt,
                        task,
                        state,
                    });
                }
            }
            FromWorker::RequestSplit { task } => {
                // Before a restart is deployed all workers have said that their tasks are gone: what
                // is asked while tasks are deployed is asked by the present ones.
                let machine = &self.context.machine;
                if machine.is_taking_over() {
                    self.early_requests.push(task);
                } else if machine.is_deployed() {
                    self.context.sources.send(SourceCommand::Request {
                        attempt: machine.attempt(),
                        task,
                    });
                }
            }
            FromWorker::CheckpointAck {
                attempt,
                checkpoint,
                tasks,
                statistics,
            } => self.fact(Fact::CheckpointAck {
                attempt,
                checkpoint,
                tasks,
                statistics,
            }),
            FromWorker::CheckpointDeclined { checkpoint, reason } => {
                self.fact(Fact::CheckpointDeclined { checkpoint, reason });
            }
            FromWorker::Rows {
                attempt,
                result,
                rows,
            } => self.on_rows(worker, attempt, result, rows),
            FromWorker::Canceled(attempt) => self.fact(Fact::Canceled { worker, attempt }),
        }
    }

    fn on_rows(
        &mut self,
        worker: WorkerId,
        attempt: AttemptNumber,
        result: u32,
        rows: EncodedRows,
    ) {
        match (&self.context.results, self.connections.get(&worker)) {
            (Some(results), Some(connection)) => {
                results.show(connection.clone(), attempt, result, rows);
            }
            (None, _) => self.fact(Fact::ResultsRefused {
                attempt,
                failure: Failure::fatal(
                    "no client waits for the rows of this query; write them to a table instead",
                ),
            }),
            // The worker is given up.
            (Some(_), None) => {}
        }
    }

    fn on_request(&mut self, request: UserRequest) {
        match request {
            UserRequest::Cancel => self.fact(Fact::CancelRequested),
            UserRequest::Savepoint {
                trigger,
                directory,
                stop,
            } => {
                self.savepoints.begin(trigger);
                let configured = &self
                    .context
                    .machine
                    .checkpoints()
                    .config()
                    .savepoint_directory;
                match directory.or_else(|| configured.clone()) {
                    Some(root) => {
                        let directory = savepoint_directory(&root, self.context.job, trigger);
                        self.fact(Fact::SavepointRequested(SavepointRequest {
                            trigger,
                            directory,
                            stop,
                        }));
                    }
                    None => self.savepoint_done(
                        trigger,
                        Err("no folder for the savepoint: name one, or set \
                             execution.checkpointing.savepoint-dir"
                            .to_owned()),
                    ),
                }
            }
        }
    }

    fn savepoint_done(&mut self, trigger: TriggerId, result: Result<String, String>) {
        let now = self.now();
        let keep = self.context.keep_outcomes_ms;
        self.savepoints.end(trigger, result, now, keep);
    }

    fn send(&self, worker: WorkerId, message: ToWorker) {
        if let Some(connection) = self.connections.get(&worker)
            && !connection.send(message)
        {
            // Its loss is reported by whoever receives from it.
            tracing::debug!(worker = worker.0, "a message found the connection gone");
        }
    }

    /// Sends a message; one that triggers a checkpoint with the key for its files.
    fn send_encrypting(&mut self, worker: WorkerId, mut message: ToWorker) {
        if let ToWorker::TriggerCheckpoint { barrier, key, .. } = &mut message {
            match self.context.keys.of(barrier.id) {
                Ok(made) => *key = made,
                Err(error) => {
                    // Nothing is written that should be encrypted and is not; the checkpoint times out.
                    tracing::error!(%error, "no key for a checkpoint, which is not taken");
                    return;
                }
            }
        }
        self.send(worker, message);
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::StartWorkers(workers) => self.context.driver.start_workers(&workers),
            Action::StopWorker(worker) => {
                // A worker on a node that nobody reaches can be ended in no other way.
                self.send(worker, ToWorker::Shutdown);
                self.connections.remove(&worker);
                // What its tasks have done stays to be seen until others take their place.
                self.metrics
                    .retain(|(of, task, _), _| *of != worker || task.is_some());
                self.context.driver.stop_worker(worker);
            }
            Action::Send(worker, message) => self.send_encrypting(worker, *message),
            Action::Deploy {
                attempt,
                placement,
                addresses,
            } => self.deploy(attempt, placement, addresses),
            Action::Prepare { attempt, from } => self.io(IoCommand::Prepare { attempt, from }),
            Action::Adopt {
                attempt,
                from,
                handed_out,
            } => self.io(IoCommand::Adopt {
                attempt,
                from,
                handed_out,
            }),
            Action::Adopted => {
                let attempt = self.context.machine.attempt();
                for task in std::mem::take(&mut self.early_requests) {
                    let request = SourceCommand::Request { attempt, task };
                    self.context.sources.send(request);
                }
            }
            Action::FreezeEnumerators {
                attempt,
                checkpoint,
            } => self.context.sources.send(SourceCommand::Freeze {
                attempt,
                checkpoint,
            }),
            Action::SilenceSources => self.context.sources.send(SourceCommand::Silence),
            Action::Store(contents) => self.io(IoCommand::Store(contents)),
            Action::Commit(committables) => self.io(IoCommand::Commit(committables)),
            Action::Discard(location) => self.io(IoCommand::Discard(location)),
            Action::SavepointDone { trigger, result } => self.savepoint_done(trigger, result),
            Action::Conclude {
                status,
                discard,
                keep,
                root,
            } => self.io(IoCommand::Conclude {
                view: Box::new(self.view().ending_as(status)),
                discard,
                keep,
                root,
            }),
            Action::Status(status) => self.on_status(status),
        }
    }

    fn io(&self, command: IoCommand) {
        // The I/O thread lives until this loop drops its sender.
        let _ = self.context.io.send(command);
    }

    fn on_status(&self, status: JobStatus) {
        let machine = &self.context.machine;
        let attempt = machine.attempt().0;
        tracing::info!(job = %self.context.job, attempt, "job is {status}");
        if let Some(exception) = machine.exceptions().next()
            && matches!(status, JobStatus::Restarting | JobStatus::Failing)
        {
            tracing::warn!(
                job = %self.context.job,
                consequence = exception.consequence,
                "{}",
                exception.message
            );
        }
        (self.context.listener)(status, machine);
    }

    fn deploy(
        &mut self,
        attempt: AttemptNumber,
        placement: Vec<(TaskId, WorkerId)>,
        exchange_addresses: BTreeMap<WorkerId, String>,
    ) {
        let restore = match std::mem::take(&mut self.restore) {
            (of, tasks) if of == attempt => tasks,
            _ => Vec::new(),
        };
        self.metrics.retain(|(_, task, _), _| task.is_none());
        let place: BTreeMap<TaskId, WorkerId> = placement.iter().copied().collect();
        let mut by_worker: BTreeMap<WorkerId, Vec<(TaskId, TaskRestore)>> =
            place.values().map(|worker| (*worker, Vec::new())).collect();
        for (task, state) in restore {
            if let Some(parts) = place
                .get(&task)
                .and_then(|worker| by_worker.get_mut(worker))
            {
                parts.push((task, state));
            }
        }
        for (worker, restore) in by_worker {
            let deployment = Deployment {
                job: self.context.job,
                origin: self.origin,
                attempt,
                graph: (*self.context.graph).clone(),
                placement: placement.clone(),
                exchange_addresses: exchange_addresses.clone(),
                restore,
            };
            self.send(worker, ToWorker::Deploy(Box::new(deployment)));
        }
    }

    fn align_watermarks(&mut self) {
        if self.alignments.is_empty() || !self.context.machine.is_deployed() {
            return;
        }
        for message in self.alignments.update(&self.metrics) {
            for connection in self.connections.values() {
                connection.send(message.clone());
            }
        }
    }

    fn view(&self) -> JobView {
        let machine = &self.context.machine;
        JobView {
            job: self.context.job,
            graph: Arc::clone(&self.context.graph),
            status: machine.status(),
            timestamps: machine.timestamps().clone(),
            now: self.now(),
            attempt: machine.attempt(),
            restarts: machine.restarts(),
            running_since: machine.running_since(),
            tasks: machine.tasks().clone(),
            workers: machine.workers().clone(),
            exceptions: machine.exceptions().cloned().collect(),
            failure: machine.failure().map(|failure| failure.message.clone()),
            checkpoint_config: machine.checkpoints().config().clone(),
            checkpoints: machine.checkpoints().history().clone(),
            latest_checkpoint: machine.checkpoints().latest().cloned(),
            savepoints: self.savepoints.outcomes(),
            metrics: self.metrics.clone(),
        }
    }
}

/// `ROOT/savepoint-SHORTJOB-RANDOM`, as Flink names it.
fn savepoint_directory(root: &str, job: JobId, trigger: TriggerId) -> String {
    let job = job.to_string();
    let random = (trigger & 0xffff_ffff_ffff) as u64;
    format!(
        "{}/savepoint-{}-{random:012x}",
        root.trim_end_matches('/'),
        &job[..6]
    )
}
