//! The job of an attempt: the job master, with workers in containers, and its REST API.

use std::sync::mpsc::Sender;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use alpheus_dataflow::JobGraph;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::{cluster, security as security_options, yarn as options};
use alpheus_security::audit::AuditLog;
use alpheus_security::rest_token::RestToken;
use alpheus_security::tls::{ApplicationName, Authority, Peers, Role};
use alpheus_yarn::AccessLists;
use tokio::sync::mpsc::UnboundedSender;

use super::application::Attempt;
use super::blame::Blacklisting;
use super::command::{Command, Serving};
use super::container::ContainerEnvironment;
use super::driver::YarnDriver;
use super::launcher::WorkerLauncher;
use super::settings;
use super::shape::ApplicationShape;
use super::tokens::{self, SharedTokens};
use super::{YarnApplicationError, pages, rest, succession};
use crate::checkpoint::StateStore;
use crate::deployment::control_server::ControlServer;
use crate::endpoint::Endpoint;
use crate::event::EventSender;
use crate::job_master::{self, DriverFactory, JobHandle, JobOutcome, JobSubmission};
use crate::rest::RestServer;

/// The longest that a worker's numbers may be old.
const LONGEST_REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// How long clients have to fetch the outcome of a savepoint that the job has stopped with.
const FETCH_PATIENCE: Duration = Duration::from_secs(5);

/// What the ResourceManager said at the registration.
pub(super) struct Given {
    /// Who may see and change the application.
    pub access: AccessLists,
    /// Containers of workers that an earlier attempt has left.
    pub survivors: usize,
}

/// Runs a job to its end.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(
    attempt: Attempt,
    (graph, configuration): (JobGraph, Configuration),
    given: &Given,
    commands: UnboundedSender<Command>,
) -> Result<JobOutcome, YarnApplicationError> {
    let manager = tokens::log_in(&attempt, &configuration)?;
    let audit = Arc::new(audit_log(&configuration, &attempt.container)?);
    let application = attempt.container.id.attempt.application.to_string();
    let pem = settings::secret(&attempt.credentials, settings::AUTHORITY)?;
    let authority = Authority::from_pem(ApplicationName::new(&application)?, pem.expose())?;
    let identity = authority.issue(Role::JobManager)?;
    let shape = ApplicationShape::of(&configuration, graph.required_slots())?;
    let store = StateStore::new(
        attempt.settings.job,
        Arc::new(graph.clone()),
        &configuration,
    )?
    .fenced_by(succession::first_start(attempt.number()));
    let shared: SharedTokens =
        Arc::new(RwLock::new(WorkerLauncher::tokens_of(&attempt.credentials)));
    let (events_of, events) = std::sync::mpsc::channel();
    let handle = job_master::start(JobSubmission {
        job: attempt.settings.job,
        graph,
        workers: shape.workers,
        connectors: Arc::clone(&attempt.connectors),
        results: None,
        store: Box::new(store),
        driver: driver(
            &attempt,
            &configuration,
            &shape,
            authority,
            &audit,
            (commands, events_of, Arc::clone(&shared)),
        )?,
        takeover: succession::taken_over(&attempt, &configuration, given.survivors)?,
        listener: Box::new(|_, _| ()),
        configuration: configuration.clone(),
    })?;
    // The driver was made, or the job would not have started.
    let events = events
        .try_recv()
        .map_err(|error| YarnApplicationError::Broken(error.to_string()))?;
    let keeper = tokens::keep(&attempt, &configuration, manager, shared, events)?;
    let keeper = Arc::new(keeper);
    let pages = pages::access(
        &attempt.conf,
        &attempt.container,
        &attempt.settings.owner,
        &given.access,
        &audit,
        attempt.pages.local_addr()?.port(),
    )?;
    let token = settings::secret(&attempt.credentials, settings::REST)?;
    let token = RestToken::from_bytes(token.expose())
        .ok_or(YarnApplicationError::Credentials(settings::REST))?;
    let gateway = || handle.gateway().clone();
    let servers = [
        RestServer::direct(
            gateway(),
            rest::to_act_on(Arc::clone(&keeper)),
            (token, audit),
            attempt.direct,
            identity.server(Peers::Exactly(Role::Client))?,
            &configuration,
            &attempt.runtime,
        )?,
        RestServer::proxied(
            gateway(),
            rest::to_look_at(Arc::clone(&keeper)),
            pages,
            attempt.pages,
            &configuration,
            &attempt.runtime,
        )?,
    ];
    let outcome = wait(handle);
    drop(keeper);
    for server in servers {
        server.linger(FETCH_PATIENCE);
    }
    outcome
}

fn wait(handle: JobHandle) -> Result<JobOutcome, YarnApplicationError> {
    handle.wait().map_err(YarnApplicationError::Broken)
}

/// Makes the driver once the job master says where events go: the server that workers connect to, the launcher that
/// lets them in, and the loop that is told to serve them.
fn driver(
    attempt: &Attempt,
    configuration: &Configuration,
    shape: &ApplicationShape,
    authority: Authority,
    audit: &Arc<AuditLog>,
    (commands, events_of, tokens): (UnboundedSender<Command>, Sender<EventSender>, SharedTokens),
) -> Result<DriverFactory, YarnApplicationError> {
    let node_label = match configuration.get(&options::WORKER_NODE_LABEL)? {
        Some(label) => Some(label),
        None => configuration.get(&options::NODE_LABEL)?,
    };
    let endpoint = Endpoint::on_cluster(
        configuration,
        &cluster::JOBMANAGER_BIND_HOST,
        configuration.get(&options::MASTER_PORT)?,
    )?;
    let idle = configuration.get(&options::HEARTBEAT_INTERVAL)?;
    let busy_interval = configuration.get(&options::HEARTBEAT_CONTAINER_REQUEST_INTERVAL)?;
    let blacklisting = Blacklisting::of(configuration)?;
    let heartbeat_interval = configuration
        .get(&cluster::HEARTBEAT_INTERVAL)?
        .min(LONGEST_REPORT_INTERVAL);
    let identity = authority.issue(Role::JobManager)?;
    let (audit, runtime) = (Arc::clone(audit), attempt.runtime.clone());
    let (worker, slots) = (shape.worker.clone(), shape.slots);
    let (host, files) = (
        attempt.container.host.clone(),
        attempt.settings.files.clone(),
    );
    let (configuration, hadoop) = (configuration.clone(), attempt.hadoop.clone());
    let survivors_below = succession::first_worker(attempt.number());
    let successor = succession::of_workers(attempt, &configuration)?;
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
        // Whoever started the job waits for it.
        let _ = events_of.send(events.clone());
        let serving = Serving {
            worker,
            node_label,
            idle_interval: Duration::from_secs(u64::from(idle)),
            busy_interval,
            blacklisting,
            launcher: Arc::new(launcher),
            events,
        };
        // The loop lives as long as there are senders.
        let _ = commands.send(Command::Serve(Box::new(serving)));
        Ok(Box::new(YarnDriver::new(commands)))
    }))
}

fn audit_log(
    configuration: &Configuration,
    container: &ContainerEnvironment,
) -> Result<AuditLog, YarnApplicationError> {
    match configuration.get(&security_options::AUDIT_FILE)? {
        None => Ok(AuditLog::log_only()),
        // A path means something on the client's machine; here the file lies with the logs, where YARN collects it.
        Some(path) => {
            let path = container.log_dir.join(path.file_name().unwrap_or_default());
            AuditLog::with_file(&path).map_err(|error| std::io::Error::other(error).into())
        }
    }
}
