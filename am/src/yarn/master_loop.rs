//! The master's conversation with YARN: heartbeats to the ResourceManager, starts and stops at NodeManagers.
//!
//! One task owns what is wanted and what is there. A heartbeat may take long, while the ResourceManager restarts, say;
//! it runs beside the loop, which goes on taking the job master's wishes. Heartbeats come quickly
//! (`yarn.heartbeat.container-request-interval`) while containers are waited for, or the end of one must be learned,
//! and else at the leisurely `yarn.heartbeat.interval`; a wish sends one at once.
//!
//! An attempt that the ResourceManager has given up ends this process on the spot, without a good-bye: another attempt
//! may be running, and to it everything belongs.

use std::collections::BTreeMap;
use std::time::Duration;

use alpheus_dataflow::operator::{Clock, SystemClock};
use alpheus_hadoop_rpc::RetryPolicy;
use alpheus_worker::control::WorkerId;
use alpheus_yarn::{
    Allocation as Answer, Container, ContainerId, FinalStatus, Ledger, Master, NodeId,
    NodeManagers, Priority, Registration, ResourceRequest, YarnError,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::allocation::{Allocation, Given};
use super::blame::{Blame, Verdict};
use super::command::{Command, Serving};
use super::departure::{departures, returns};
use super::exit::Cause;
use crate::event::Event;
use crate::job_master::fact::{Fact, Fault};

/// The priority of workers' containers.
const WORKERS: Priority = Priority(1);

/// How long heartbeats stay quick after a container was stopped or lost, so that its end is learned soon.
const CURIOSITY: Duration = Duration::from_secs(5);

/// Between heartbeats while the job is being read.
const BEFORE_THE_JOB: Duration = Duration::from_secs(1);

/// How long a node is tried before another container is asked for, in all and between two tries.
const NODE_PATIENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(1));

/// After so many starts in a row that nodes have refused, there is a pause before the next request.
const HASTY_STARTS: u32 = 3;

/// That pause (`resourcemanager.start-worker.retry-interval` of Flink).
const START_PAUSE: Duration = Duration::from_secs(3);

/// How long a worker that was given up has to end by itself, or its node to notice that it has: a container that is stopped
/// before loses its exit code.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// How long a failed job's good-bye waits to learn how its containers have ended.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// How many containers' ends the good-bye of a failed job tells.
const MOST_ENDS: usize = 3;

/// What YARN shows of a job that has no end, as Flink does.
const ENDLESS: f32 = 1.0;

/// How an attempt that is over ends.
const EXIT_FENCED: i32 = 3;

/// How the application ends, as soon as the ends of its containers are known, or at `until`.
struct GoodBye {
    status: FinalStatus,
    diagnostics: String,
    done: oneshot::Sender<Result<(), YarnError>>,
    until: Instant,
}

type Beat = JoinHandle<(Master, Result<BeatAnswer, YarnError>)>;

enum BeatAnswer {
    Allocation(Box<Answer>),
    /// The ResourceManager was restarted.
    Registered(Box<Registration>),
}

struct Started {
    worker: WorkerId,
    container: ContainerId,
    node: NodeId,
    outcome: Result<(), String>,
}

struct MasterLoop {
    nodes: NodeManagers,
    serving: Option<Serving>,
    /// Not there while a heartbeat is under way.
    master: Option<Master>,
    beat: Option<Beat>,
    next_beat: Instant,
    /// Something is to be said that the heartbeat under way does not say.
    urgent: bool,
    curious_until: Instant,
    ledger: Ledger,
    allocation: Allocation,
    /// Containers of an earlier attempt whose workers have not been heard of.
    previous: BTreeMap<ContainerId, NodeId>,
    /// When they are given back.
    previous_until: Instant,
    /// Containers that were given up: their end is still worth a line in the log, and if it does not come by itself
    /// they are given back.
    given_up: BTreeMap<ContainerId, (WorkerId, Instant)>,
    blame: Blame,
    cluster_nodes: u64,
    /// Starts in a row that came to nothing.
    failed_starts: u32,
    /// No containers are asked for before.
    ask_after: Option<Instant>,
    started: mpsc::UnboundedSender<Started>,
    /// What YARN shows of how far the job has come.
    progress: f32,
    /// How containers that were given up have ended, if it was not as they were told.
    ends: Vec<String>,
}

/// Runs the conversation of a master that has registered, until [`Command::Finish`].
pub async fn run(
    master: Master,
    registration: Registration,
    nodes: NodeManagers,
    previous_patience: Duration,
    mut commands: mpsc::UnboundedReceiver<Command>,
) {
    let (started, mut starts) = mpsc::unbounded_channel();
    nodes.add_tokens(registration.node_tokens);
    let now = Instant::now();
    let (patience, pause) = NODE_PATIENCE;
    let tries = RetryPolicy {
        retries: (patience.as_millis() / pause.as_millis()) as u32,
        failovers: 0,
        base: pause,
        max: pause,
    };
    let mut this = MasterLoop {
        nodes: nodes.with_policy(tries, patience),
        serving: None,
        master: Some(master),
        beat: None,
        next_beat: now + BEFORE_THE_JOB,
        urgent: false,
        curious_until: now,
        ledger: Ledger::new(),
        allocation: Allocation::default(),
        previous: BTreeMap::new(),
        previous_until: now + previous_patience,
        given_up: BTreeMap::new(),
        blame: Blame::default(),
        cluster_nodes: 0,
        failed_starts: 0,
        ask_after: None,
        started,
        progress: 0.0,
        ends: Vec::new(),
    };
    this.on_previous(registration.previous_containers);
    let mut good_bye: Option<GoodBye> = None;
    loop {
        if let Some(last) = good_bye.take_if(|last| this.has_heard(last.until)) {
            let diagnostics = this.with_ends(last.diagnostics);
            let outcome = this.finish(last.status, &diagnostics).await;
            let _ = last.done.send(outcome);
            return;
        }
        this.beat_if_due();
        tokio::select! {
            command = commands.recv(), if good_bye.is_none() => match command {
                Some(Command::Serve(serving)) => {
                    this.blame = Blame::new(serving.blacklisting);
                    this.serving = Some(*serving);
                }
                Some(Command::Start(workers)) => this.want(&workers),
                Some(Command::Adopt(worker, container)) => this.adopt(worker, container),
                Some(Command::Stop(worker)) => this.stop(worker),
                Some(Command::Progress(share)) => this.progress = share.unwrap_or(ENDLESS),
                Some(Command::Finish { status, diagnostics, done }) => {
                    // Why a container ended may be the very reason of a failure, and be told a moment later.
                    let until = match status {
                        FinalStatus::Failed => Instant::now() + LAST_WORDS,
                        _ => Instant::now(),
                    };
                    good_bye = Some(GoodBye { status, diagnostics, done, until });
                }
                None => return,
            },
            Some(started) = starts.recv() => this.on_started(started),
            (master, answer) = finished(&mut this.beat) => {
                this.beat = None;
                this.master = Some(master);
                this.on_beat(answer);
            }
            () = tokio::time::sleep_until(this.next_beat), if this.beat.is_none() => {}
            () = tokio::time::sleep(BEFORE_THE_JOB), if good_bye.is_some() => {}
        }
    }
}

/// The end of the heartbeat that is under way; never, if none is.
async fn finished(beat: &mut Option<Beat>) -> (Master, Result<BeatAnswer, YarnError>) {
    match beat {
        Some(beat) => match beat.await {
            Ok(ended) => ended,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        None => std::future::pending().await,
    }
}

async fn one_beat(
    mut master: Master,
    request: alpheus_yarn::AllocateRequest,
) -> (Master, Result<BeatAnswer, YarnError>) {
    let answer = match master.allocate(&request).await {
        Ok(allocation) => Ok(BeatAnswer::Allocation(Box::new(allocation))),
        Err(YarnError::NotRegistered(_)) => master
            .register()
            .await
            .map(|registration| BeatAnswer::Registered(Box::new(registration))),
        Err(error) => Err(error),
    };
    (master, answer)
}

impl MasterLoop {
    fn give_back_overdue(&mut self) {
        let now = Instant::now();
        for (container, (_, patience)) in &self.given_up {
            if now >= *patience {
                self.ledger.release(*container);
            }
        }
    }

    fn beat_if_due(&mut self) {
        if self.beat.is_some() || Instant::now() < self.next_beat {
            return;
        }
        if self.ask_after.is_some_and(|at| Instant::now() >= at) {
            self.ask_after = None;
            self.ask();
        }
        if let Some(master) = self.master.take() {
            self.urgent = false;
            self.give_back_overdue();
            let request = self.ledger.heartbeat(self.progress);
            self.beat = Some(tokio::spawn(one_beat(master, request)));
        }
    }

    fn want(&mut self, workers: &[WorkerId]) {
        self.allocation.want(workers);
        self.ask();
    }

    /// Brings the ResourceManager's idea of what is wanted up to date, at once.
    fn ask(&mut self) {
        let Some(serving) = &self.serving else {
            return;
        };
        let count = match self.ask_after {
            None => self.allocation.outstanding(),
            Some(_) => 0,
        };
        let size = serving.worker.clone();
        self.ledger.want(ResourceRequest {
            node_label: serving.node_label.clone(),
            ..ResourceRequest::anywhere(WORKERS, size, count)
        });
        self.urgent = true;
        self.next_beat = Instant::now();
    }

    /// Containers of an earlier attempt are kept until their workers have had the time to say who they are.
    fn on_previous(&mut self, containers: Vec<Container>) {
        for container in containers {
            if !self.allocation.holds(container.id) {
                self.previous.insert(container.id, container.node);
            }
        }
    }

    fn adopt(&mut self, worker: WorkerId, container: ContainerId) {
        if let Some(node) = self.previous.remove(&container) {
            tracing::info!(worker = worker.0, %container, %node, "a worker has survived its master");
            self.allocation.adopt(container, node, worker);
        }
    }

    fn give_back_previous(&mut self) {
        if Instant::now() >= self.previous_until {
            for (container, node) in std::mem::take(&mut self.previous) {
                tracing::info!(%container, %node, "a container of an earlier attempt is given back");
                self.release(container, node);
            }
        }
    }

    fn stop(&mut self, worker: WorkerId) {
        self.forget(worker);
        if let Some((container, node)) = self.allocation.give_up(worker) {
            let patience = Instant::now() + CURIOSITY;
            self.given_up.insert(container, (worker, patience));
            self.stop_at_node(container, node, LAST_BREATH);
        }
        self.ask();
    }

    /// Gives a container back, and has its node stop it: the ResourceManager alone takes two heartbeats to do so.
    fn release(&mut self, container: ContainerId, node: NodeId) {
        self.ledger.release(container);
        self.stop_at_node(container, node, Duration::ZERO);
    }

    /// Has its node stop a container. One that has died by itself keeps its exit code, which one that is given back does
    /// not.
    fn stop_at_node(&mut self, container: ContainerId, node: NodeId, wait: Duration) {
        self.curious_until = Instant::now() + CURIOSITY;
        let nodes = self.nodes.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if let Err(error) = nodes.stop(&node, &[container]).await {
                tracing::debug!(%container, %error, "the node does not stop a container");
            }
        });
    }

    fn on_beat(&mut self, answer: Result<BeatAnswer, YarnError>) {
        match answer {
            Ok(BeatAnswer::Allocation(allocation)) => {
                self.ledger.answered(&allocation);
                self.on_allocation(*allocation);
            }
            Ok(BeatAnswer::Registered(registration)) => {
                tracing::warn!(
                    "the ResourceManager was restarted; this master has registered again"
                );
                self.nodes.add_tokens(registration.node_tokens);
                self.ledger.forgotten();
                self.next_beat = Instant::now();
                return;
            }
            Err(error @ YarnError::AttemptNotFound(_)) => fenced(&error),
            Err(error) => tracing::warn!(%error, "a heartbeat to the ResourceManager failed"),
        }
        let now = Instant::now();
        let busy = self.allocation.outstanding() > 0 || now < self.curious_until;
        let pause = match &self.serving {
            None => BEFORE_THE_JOB,
            Some(serving) if busy => serving.busy_interval,
            Some(serving) => serving.idle_interval,
        };
        self.next_beat = if self.urgent { now } else { now + pause };
    }

    fn on_allocation(&mut self, allocation: Answer) {
        self.cluster_nodes = allocation.nodes;
        self.on_previous(allocation.previous_containers);
        self.give_back_previous();
        self.nodes.add_tokens(allocation.node_tokens);
        for given in self.allocation.allocated(allocation.allocated) {
            match given {
                Given::Launch(worker, container) => self.launch(worker, &container),
                Given::Release(container) => self.ledger.release(container),
            }
        }
        for status in &allocation.completed {
            self.previous.remove(&status.id);
            if let Some((worker, _)) = self.given_up.remove(&status.id) {
                let end = super::exit::explain(status);
                tracing::info!(worker = worker.0, "worker's {}", end.reason);
                if end.cause != Cause::AsTold {
                    self.ended(worker, end.reason);
                }
            }
        }
        for ended in self.allocation.completed(&allocation.completed) {
            tracing::info!(
                worker = ended.worker.0,
                host = ended.host,
                "worker's {}",
                ended.reason
            );
            if matches!(ended.cause, Cause::Program | Cause::Killed | Cause::Node) {
                self.blame(&ended.host);
            }
            self.lost(ended.worker, ended.reason, ended.cause.fault());
        }
        let departures = departures(
            &self.allocation,
            allocation.preemption.as_ref(),
            &allocation.updated_nodes,
            SystemClock.now_ms(),
        );
        let returns = returns(&self.allocation, &allocation.updated_nodes);
        if let (Some(serving), false) = (&self.serving, departures.is_empty()) {
            let leave = Fact::WorkersLeave(departures);
            serving.events.send(Event::Fact(leave));
        }
        if let (Some(serving), false) = (&self.serving, returns.is_empty()) {
            let stay = Fact::WorkersStay(returns);
            serving.events.send(Event::Fact(stay));
        }
        for node in allocation.updated_nodes {
            tracing::info!(node = %node.id, state = %node.state, "a node has changed");
            if node.state.is_unusable() {
                self.nodes.forget(&node.id);
            }
        }
    }

    fn launch(&mut self, worker: WorkerId, container: &Container) {
        tracing::info!(
            worker = worker.0,
            container = %container.id,
            node = %container.node,
            "starting a worker"
        );
        let launch = match &self.serving {
            Some(serving) => serving.launcher.launch(worker, container),
            None => return,
        };
        let launch = match launch {
            Ok(launch) => launch,
            Err(error) => return self.not_started(worker, &error.to_string(), Fault::Worker),
        };
        let nodes = self.nodes.clone();
        let (container, started) = (container.clone(), self.started.clone());
        tokio::spawn(async move {
            let outcome = nodes.start(&container, &launch).await;
            let _ = started.send(Started {
                worker,
                container: container.id,
                node: container.node,
                outcome: outcome.map_err(|error| error.to_string()),
            });
        });
    }

    fn on_started(&mut self, started: Started) {
        let Started {
            worker,
            container,
            node,
            outcome,
        } = started;
        match outcome {
            Ok(()) => {
                self.failed_starts = 0;
                self.blame.works(&node.host);
                // It may have been given up while its node was starting it.
                if self.given_up.contains_key(&container) {
                    self.release(container, node);
                }
            }
            Err(reason) => {
                self.blame(&node.host);
                self.failed_starts += 1;
                if self.failed_starts >= HASTY_STARTS {
                    self.ask_after = Some(Instant::now() + START_PAUSE);
                }
                let reason = format!("node {node} does not start it: {reason}");
                self.not_started(worker, &reason, Fault::Cluster);
            }
        }
    }

    fn not_started(&mut self, worker: WorkerId, reason: &str, fault: Fault) {
        if let Some((container, node)) = self.allocation.give_up(worker) {
            self.release(container, node);
        }
        self.lost(worker, reason.to_owned(), fault);
    }

    fn lost(&mut self, worker: WorkerId, reason: String, fault: Fault) {
        self.forget(worker);
        if let Some(serving) = &self.serving {
            let lost = Fact::WorkerLost {
                worker,
                reason,
                fault,
            };
            serving.events.send(Event::Fact(lost));
        }
    }

    /// The connection of a worker broke before it was known how it has ended.
    fn ended(&mut self, worker: WorkerId, reason: String) {
        if let Some(serving) = &self.serving {
            let reason = reason.clone();
            let ended = Fact::WorkerEnded { worker, reason };
            serving.events.send(Event::Fact(ended));
        }
        self.ends.push(reason);
        if self.ends.len() > MOST_ENDS {
            self.ends.remove(0);
        }
    }

    /// Whether all containers that were given up have been heard of, or it is too late for it.
    fn has_heard(&self, until: Instant) -> bool {
        self.given_up.is_empty() || Instant::now() >= until
    }

    /// What a job's failure says, with how containers have ended lately where it does not say so.
    fn with_ends(&self, diagnostics: String) -> String {
        let news = self.ends.iter().filter(|end| !diagnostics.contains(*end));
        let news: Vec<&str> = news.map(String::as_str).collect();
        match (news.is_empty(), diagnostics.contains("was lost")) {
            (false, true) => format!("{diagnostics}; {}", news.join("; ")),
            _ => diagnostics,
        }
    }

    fn forget(&self, worker: WorkerId) {
        if let Some(serving) = &self.serving {
            serving.launcher.forget(worker);
        }
    }

    fn blame(&mut self, host: &str) {
        match self.blame.failed(host, self.cluster_nodes) {
            None => {}
            Some(Verdict::Avoid(host)) => {
                tracing::warn!(
                    host,
                    "containers fail there again and again: it gets no more of them"
                );
                self.ledger.blacklist(&host, true);
            }
            Some(Verdict::Forgive(hosts)) => {
                tracing::warn!("containers fail on so many nodes that none is avoided any more");
                for host in hosts {
                    self.ledger.blacklist(&host, false);
                }
            }
        }
    }

    /// Says good-bye once the heartbeat that is under way, if there is one, has ended.
    async fn finish(&mut self, status: FinalStatus, diagnostics: &str) -> Result<(), YarnError> {
        if self.beat.is_some() {
            let (master, answer) = finished(&mut self.beat).await;
            self.beat = None;
            self.master = Some(master);
            if let Err(error @ YarnError::AttemptNotFound(_)) = answer {
                fenced(&error);
            }
        }
        match &mut self.master {
            Some(master) => match master.unregister(status, diagnostics, "").await {
                Err(error @ YarnError::AttemptNotFound(_)) => fenced(&error),
                outcome => outcome,
            },
            None => Ok(()),
        }
    }
}

/// Ends this process: the ResourceManager has given this attempt up.
#[allow(
    clippy::disallowed_methods,
    reason = "whatever this attempt still did would be in the way of the next one"
)]
fn fenced(error: &YarnError) -> ! {
    tracing::error!(%error, "this attempt ends at once");
    std::process::exit(EXIT_FENCED)
}
