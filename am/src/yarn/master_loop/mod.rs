//! The master's conversation with YARN: heartbeats to the ResourceManager, starts and stops at NodeManagers.
//!
//! One task owns what is wanted and what is there. A heartbeat may take long, while the ResourceManager restarts, say;
//! it runs beside the loop, which goes on taking the job master's wishes. Heartbeats come quickly
//! (`yarn.heartbeat.container-request-interval`) while containers are waited for and come, or the end of one must be learned,
//! and else at the leisurely `yarn.heartbeat.interval`; a wish sends one at once.
//!
//! An attempt that the ResourceManager has given up ends this process on the spot, without a good-bye: another attempt
//! may be running, and to it everything belongs.

mod containers;

use std::collections::BTreeMap;
use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_rpc::RetryPolicy;
use alpheus_worker::control::WorkerId;
use alpheus_yarn::{
    Allocation as Answer, ContainerId, FinalStatus, Ledger, Master, NodeId, NodeManagers, Priority,
    Registration, ResourceRequest, YarnError,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::containers::Started;
use super::allocation::Allocation;
use super::blame::Blame;
use super::command::{Command, Pace, Serving};
use super::heartbeat;

/// The priority of workers' containers.
const WORKERS: Priority = Priority(1);

/// Between heartbeats while the job is being read.
const BEFORE_THE_JOB: Duration = Duration::from_secs(1);

/// How long a node is tried before another container is asked for, in all and between two tries.
const NODE_PATIENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(1));

/// How long a failed job's good-bye waits to learn how its containers have ended.
const LAST_WORDS: Duration = Duration::from_secs(3);

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

/// A job that needs workers.
struct Client {
    serving: Serving,
    allocation: Allocation,
    /// By it the ResourceManager's gifts to the job are known.
    request: i64,
}

/// Of which worker a container was that was given up, and until when its end is waited for.
struct GivenUp {
    job: JobId,
    worker: WorkerId,
    until: Instant,
}

struct MasterLoop {
    nodes: NodeManagers,
    pace: Option<Pace>,
    /// The jobs that need workers.
    clients: BTreeMap<JobId, Client>,
    /// By it the next job's containers will be known.
    next_request: i64,
    /// Not there while a heartbeat is under way.
    master: Option<Master>,
    beat: Option<Beat>,
    next_beat: Instant,
    /// When containers were last asked for or given.
    waiting_since: Instant,
    /// Something is to be said that the heartbeat under way does not say.
    urgent: bool,
    curious_until: Instant,
    ledger: Ledger,
    /// Containers of an earlier attempt whose workers have not been heard of.
    previous: BTreeMap<ContainerId, NodeId>,
    /// When they are given back.
    previous_until: Instant,
    /// Containers that were given up: their end is still worth a line in the log, and if it does not come by itself
    /// they are given back.
    given_up: BTreeMap<ContainerId, GivenUp>,
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
        pace: None,
        clients: BTreeMap::new(),
        next_request: 0,
        master: Some(master),
        beat: None,
        next_beat: now + BEFORE_THE_JOB,
        waiting_since: now,
        urgent: false,
        curious_until: now,
        ledger: Ledger::new(),
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
                Some(Command::Pace(pace)) => {
                    this.blame = Blame::new(pace.blacklisting);
                    this.pace = Some(pace);
                }
                Some(Command::Serve(job, serving)) => this.serve(job, *serving),
                Some(Command::Start(job, workers)) => this.want(job, &workers),
                Some(Command::Adopt(job, worker, container)) => this.adopt(job, worker, container),
                Some(Command::Stop(job, worker)) => this.stop(job, worker),
                Some(Command::Leave(job)) => this.leave(job),
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
        for (container, given_up) in &self.given_up {
            if now >= given_up.until {
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
            let jobs: Vec<JobId> = self.clients.keys().copied().collect();
            for job in jobs {
                self.ask(job);
            }
        }
        if let Some(master) = self.master.take() {
            self.urgent = false;
            self.give_back_overdue();
            let request = self.ledger.heartbeat(self.progress);
            self.beat = Some(tokio::spawn(one_beat(master, request)));
        }
    }

    fn serve(&mut self, job: JobId, serving: Serving) {
        let client = Client {
            serving,
            allocation: Allocation::default(),
            request: self.next_request,
        };
        self.next_request += 1;
        self.clients.insert(job, client);
    }

    fn want(&mut self, job: JobId, workers: &[WorkerId]) {
        if let Some(client) = self.clients.get_mut(&job) {
            client.allocation.want(workers);
            self.waiting_since = Instant::now();
        }
        self.ask(job);
    }

    /// Brings the ResourceManager's idea of what a job wants up to date, at once.
    fn ask(&mut self, job: JobId) {
        let Some(client) = self.clients.get(&job) else {
            return;
        };
        let count = match self.ask_after {
            None => client.allocation.outstanding(),
            Some(_) => 0,
        };
        self.wish(job, count);
    }

    fn wish(&mut self, job: JobId, count: u32) {
        if let Some(Client {
            serving, request, ..
        }) = self.clients.get(&job)
        {
            self.ledger.want(ResourceRequest {
                node_label: serving.node_label.clone(),
                allocation_request_id: *request,
                ..ResourceRequest::anywhere(WORKERS, serving.worker.clone(), count)
            });
            self.urgent = true;
            self.next_beat = Instant::now();
        }
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
        let waits = |client: &Client| client.allocation.outstanding() > 0;
        let pause = match &self.pace {
            None => BEFORE_THE_JOB,
            Some(pace) if now < self.curious_until => pace.busy_interval,
            Some(pace) if self.clients.values().any(waits) => {
                let waited = now - self.waiting_since;
                heartbeat::pause(waited, pace.busy_interval, pace.idle_interval)
            }
            Some(pace) => pace.idle_interval,
        };
        self.next_beat = if self.urgent { now } else { now + pause };
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
