//! A job of an attempt: its job master, with workers in containers.

use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::{cluster, yarn as options};
use alpheus_security::tls::{Authority, Role};
use alpheus_storage::{Location, file_system_for};
use axum::Router;
use tokio::sync::mpsc::UnboundedSender;

use super::application::{Attempt, Given};
use super::command::{Command, Serving};
use super::driver::YarnDriver;
use super::ended_job::EndedJob;
use super::launcher::WorkerLauncher;
use super::record::RECORD_FILE;
use super::services::Services;
use super::shape::ApplicationShape;
use super::{YarnApplicationError, succession};
use crate::checkpoint::StateStore;
use crate::checkpoint::io::BeforeEnd;
use crate::deployment::control_server::ControlServer;
use crate::endpoint::Endpoint;
use crate::job_directory::JobDirectory;
use crate::job_master::{
    self, DriverFactory, Ended, JobHandle, JobOutcome, JobSubmission, TakenOver,
};

/// The longest that a worker's numbers may be old.
const LONGEST_REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// How long clients have to fetch the outcome of a savepoint that the job has stopped with.
const FETCH_PATIENCE: Duration = Duration::from_secs(5);

/// A job to be started.
pub(super) struct JobSpec {
    /// Its id.
    pub job: JobId,
    /// What to run.
    pub graph: JobGraph,
    /// How.
    pub configuration: Configuration,
    /// How many containers of workers an earlier attempt has left, of this job or another.
    pub survivors: usize,
    /// Whether YARN shows how far it has come.
    pub shows_progress: bool,
    /// Its folder: with the record by which its workers find the next attempt, and how it has ended.
    pub folder: Location,
    /// How it has ended, if an attempt before has died over it.
    pub ended: Option<Ended>,
}

/// Runs the only job of an application to its end.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(
    attempt: Attempt,
    (graph, configuration): (JobGraph, Configuration),
    ended: Option<Ended>,
    given: &Given,
    commands: UnboundedSender<Command>,
) -> Result<JobOutcome, YarnApplicationError> {
    let staging: Location = attempt.settings.staging.parse()?;
    let services = Services::start(attempt, configuration.clone(), commands)?;
    let spec = JobSpec {
        job: services.attempt.settings.job,
        graph,
        configuration,
        survivors: given.survivors,
        folder: staging,
        shows_progress: true,
        ended,
    };
    let handle = start(&services, spec)?;
    let jobs = JobDirectory::from(handle.gateway().clone());
    let nothing_more = (Router::new(), Router::new());
    let servers = services.serve(&jobs, &given.access, nothing_more)?;
    let outcome = handle.wait().map_err(YarnApplicationError::Broken);
    drop(services);
    for server in servers {
        server.linger(FETCH_PATIENCE);
    }
    outcome
}

/// Starts a job.
///
/// # Errors
/// When it, or an option, is wrong, or what an earlier attempt has left cannot be taken over.
pub(super) fn start(services: &Services, spec: JobSpec) -> Result<JobHandle, YarnApplicationError> {
    let JobSpec {
        job,
        graph,
        configuration,
        survivors,
        folder,
        shows_progress,
        ended,
    } = spec;
    let attempt = &services.attempt;
    let shape = ApplicationShape::of(&configuration, graph.required_slots())?;
    let store = StateStore::new(job, Arc::new(graph.clone()), &configuration)?
        .fenced_by(succession::first_start(attempt.number()));
    let of_job = shape.workers + configuration.get(&cluster::REDUNDANT_WORKERS)?;
    let survivors = survivors.min(of_job as usize);
    Ok(job_master::start(JobSubmission {
        job,
        graph,
        workers: shape.workers,
        connectors: Arc::clone(&attempt.connectors),
        results: None,
        store: Box::new(store),
        driver: driver(
            services,
            (job, shows_progress),
            &configuration,
            &shape,
            &folder.join(RECORD_FILE),
        )?,
        numbers: services.numbers.clone(),
        takeover: succession::taken_over(attempt, job, &configuration, survivors)?
            .map(|taken| TakenOver { ended, ..taken }),
        listener: Box::new(|_, _| ()),
        before_end: keeping_the_end(folder, attempt.number()),
        configuration,
    })?)
}

/// Keeps how the job ends. Where that cannot be done, or is another attempt's to do, the job's checkpoints stay.
fn keeping_the_end(folder: Location, attempt: u32) -> BeforeEnd {
    Box::new(move |view| {
        let kept = file_system_for(&folder)
            .map_err(YarnApplicationError::from)
            .and_then(|fs| EndedJob::of(view).keep(&*fs, &folder, attempt));
        kept.unwrap_or_else(|error| {
            tracing::error!(%folder, %error, "how the job ends cannot be kept, and so its checkpoints stay");
            false
        })
    })
}

/// Makes the driver once the job master says where events go: the server that workers connect to, the launcher that
/// lets them in, and the loop that is told to serve them.
fn driver(
    services: &Services,
    (job, shows_progress): (JobId, bool),
    configuration: &Configuration,
    shape: &ApplicationShape,
    record: &Location,
) -> Result<DriverFactory, YarnApplicationError> {
    let attempt = &services.attempt;
    let authority: Authority = services.authority()?;
    let node_label = match configuration.get(&options::WORKER_NODE_LABEL)? {
        Some(label) => Some(label),
        None => configuration.get(&options::NODE_LABEL)?,
    };
    let endpoint = Endpoint::on_cluster(
        configuration,
        &cluster::JOBMANAGER_BIND_HOST,
        configuration.get(&options::MASTER_PORT)?,
    )?;
    let heartbeat_interval = configuration
        .get(&cluster::HEARTBEAT_INTERVAL)?
        .min(LONGEST_REPORT_INTERVAL);
    let identity = authority.issue(Role::JobManager)?;
    let (audit, runtime) = (Arc::clone(&services.audit), attempt.runtime.clone());
    let (worker, slots) = (shape.worker.clone(), shape.slots);
    let (host, files) = (
        attempt.container.host.clone(),
        attempt.settings.files.clone(),
    );
    let (configuration, hadoop) = (configuration.clone(), attempt.hadoop.clone());
    let survivors_below = succession::first_worker(attempt.number());
    let successor = succession::of_workers(attempt, record, &configuration)?;
    let (commands, fresh) = (services.commands.clone(), services.fresh.clone());
    let tokens = Arc::clone(&services.tokens);
    Ok(Box::new(move |events| {
        let server = ControlServer::start(
            endpoint.listen()?,
            survivors_below,
            &identity,
            audit,
            events.clone(),
            &runtime,
        )?;
        if let Some(successor) = &successor {
            let address = format!("{host}:{}", server.address().port());
            succession::announce(successor, address, &runtime);
        }
        let launcher = WorkerLauncher {
            authority,
            server,
            host,
            slots,
            heartbeat_interval,
            configuration,
            files,
            hadoop,
            succession: successor,
            tokens,
        };
        fresh.add(job, events.clone());
        let serving = Serving {
            worker,
            node_label,
            launcher: Arc::new(launcher),
            events,
        };
        // The loop lives as long as there are senders.
        let _ = commands.send(Command::Serve(job, Box::new(serving)));
        Ok(Box::new(YarnDriver::new(job, shows_progress, commands)))
    }))
}
