//! Runs a planned job in this process (or with worker processes) to its end.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use alpheus_am::checkpoint::StateStore;
use alpheus_am::deployment::child_process::{ChildProcessConfig, ChildProcessDriver};
use alpheus_am::deployment::in_process::{InProcessConfig, InProcessDriver};
use alpheus_am::job_master::{
    self, DriverFactory, JobGateway, JobHandle, JobOutcome, JobSubmission, StatusListener,
    WorkerNumbers,
};
use alpheus_am::job_status::JobStatus;
use alpheus_am::registry::{Registration, Registry, RunningJob};
use alpheus_am::rest::RestServer;
use alpheus_dataflow::JobGraph;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::{cluster, security, taskmanager};
use alpheus_security::audit::AuditLog;
use alpheus_security::rest_token::RestToken;
use alpheus_worker::environment::ResultReceiver;
use tokio::runtime::{Handle, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::connectors::BuiltInConnectors;
use crate::exit::{CliError, CliResult, Exit};
use crate::logging::LogFormat;
use crate::progress::Progress;

/// How a job is run.
pub struct RunOptions {
    /// Its id.
    pub job: JobId,
    /// Worker processes; 0 runs everything in this one.
    pub workers: u32,
    /// Whether the command line and REST clients can find it.
    pub public: bool,
    /// Whether state changes and a rate are shown on standard error.
    pub progress: bool,
    /// How workers log.
    pub log_format: LogFormat,
}

/// How long an ended job waits for clients to fetch the outcome of the savepoint they stopped it with.
const FETCH_PATIENCE: Duration = Duration::from_secs(5);

/// A runtime for I/O: two threads, because tasks have threads of their own.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> CliResult<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .thread_name("alpheus-io")
        .thread_stack_size(512 << 10)
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("the system gives no threads: {error}")))
}

/// Runs a job to its end. A signal cancels it; a second one ends the process.
///
/// # Errors
/// When it cannot be started. That it fails is an outcome.
pub fn run(
    graph: JobGraph,
    configuration: &Configuration,
    results: Option<Arc<dyn ResultReceiver>>,
    options: &RunOptions,
) -> CliResult<(JobOutcome, Exit)> {
    let runtime = runtime()?;
    let audit = Arc::new(audit_log(configuration)?);
    let name = graph.name.clone();
    let progress = Progress::new(options.progress, options.job, &name);
    let handle = start(
        graph,
        configuration,
        results,
        options,
        &audit,
        runtime.handle(),
        progress.listener(),
    )?;
    let served = match options.public {
        true => Some(serve(
            &handle,
            &name,
            configuration,
            audit,
            runtime.handle(),
        )?),
        false => None,
    };
    let signaled = cancel_on_signal(handle.gateway().clone(), runtime.handle());
    let rates = progress.watch(handle.gateway().clone());
    let outcome = handle.wait().map_err(CliError::failed)?;
    drop(rates);
    if let Some((server, registration)) = served {
        server.linger(FETCH_PATIENCE);
        drop((server, registration));
    }
    progress.ended(&outcome);
    // Tasks that did not stop in time must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_millis(100));
    let exit = match (outcome.status, signaled.load(Ordering::Relaxed)) {
        (JobStatus::Finished, _) => Exit::Finished,
        (JobStatus::Canceled, 0) => Exit::Finished,
        (JobStatus::Canceled, number) => Exit::Signal(number),
        _ => Exit::Failed,
    };
    Ok((outcome, exit))
}

fn audit_log(configuration: &Configuration) -> CliResult<AuditLog> {
    match configuration.get(&security::AUDIT_FILE)? {
        None => Ok(AuditLog::log_only()),
        Some(path) => AuditLog::with_file(&path).map_err(CliError::refused),
    }
}

fn start(
    graph: JobGraph,
    configuration: &Configuration,
    results: Option<Arc<dyn ResultReceiver>>,
    options: &RunOptions,
    audit: &Arc<AuditLog>,
    runtime: &Handle,
    listener: StatusListener,
) -> CliResult<JobHandle> {
    let job = options.job;
    let connectors = Arc::new(BuiltInConnectors);
    let heartbeat_interval = configuration
        .get(&cluster::HEARTBEAT_INTERVAL)?
        .min(Duration::from_secs(1));
    let required = graph.required_slots();
    let store = StateStore::new(job, Arc::new(graph.clone()), configuration)?;
    let driver: DriverFactory = if options.workers == 0 {
        let config = InProcessConfig {
            slots: required,
            runtime: runtime.clone(),
            connectors: connectors.clone(),
            results: results.clone(),
            heartbeat_interval,
        };
        Box::new(move |events| Ok(Box::new(InProcessDriver::new(config, events))))
    } else {
        let per_worker = required.div_ceil(options.workers);
        let config = ChildProcessConfig {
            job,
            program: std::env::current_exe().map_err(CliError::failed)?,
            arguments: vec![
                "--log-format".to_owned(),
                options.log_format.as_str().to_owned(),
            ],
            slots: per_worker.max(configuration.get(&taskmanager::NUM_SLOTS)?),
            heartbeat_interval,
            runtime: runtime.clone(),
            configuration: configuration.without_secrets(),
            audit: Arc::clone(audit),
        };
        Box::new(move |events| Ok(Box::new(ChildProcessDriver::new(config, events)?)))
    };
    job_master::start(JobSubmission {
        job,
        graph,
        configuration: configuration.clone(),
        workers: options.workers.max(1),
        connectors,
        results,
        store: Box::new(store),
        driver,
        numbers: WorkerNumbers::default(),
        takeover: None,
        listener,
        before_end: Box::new(|_| true),
    })
    .map_err(CliError::failed)
}

fn serve(
    handle: &JobHandle,
    name: &str,
    configuration: &Configuration,
    audit: Arc<AuditLog>,
    runtime: &Handle,
) -> CliResult<(RestServer, Registration)> {
    let token = RestToken::random().map_err(CliError::failed)?;
    let authorization = token.authorization();
    let gateway = handle.gateway().clone();
    let job = gateway.job();
    let server = RestServer::start(gateway, token, audit, configuration, runtime)
        .map_err(CliError::usage)?;
    let started_at = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64);
    let registration = Registry::of_user().register(&RunningJob {
        job,
        name: name.to_owned(),
        pid: std::process::id(),
        started_at,
        rest: server.url(),
        authorization,
    })?;
    tracing::info!(%job, url = server.url(), "REST API");
    Ok((server, registration))
}

/// SIGINT and SIGTERM cancel the job; the number of the signal is kept for the exit code.
fn cancel_on_signal(gateway: JobGateway, runtime: &Handle) -> Arc<AtomicU8> {
    let received = Arc::new(AtomicU8::new(0));
    let keep = Arc::clone(&received);
    runtime.spawn(on_signals(move |number| {
        if keep.swap(number, Ordering::Relaxed) != 0 {
            // The user insists.
            #[allow(
                clippy::disallowed_methods,
                reason = "the user asked twice; nothing is waited for"
            )]
            std::process::exit(i32::from(number) + 128);
        }
        if std::io::stderr().is_terminal() {
            eprintln!("\ncanceling; once more ends at once");
        }
        gateway.cancel();
    }));
    received
}

/// Calls `act` with the number of each SIGINT and SIGTERM.
async fn on_signals(act: impl Fn(u8) + Send + 'static) {
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return;
    };
    loop {
        let number = tokio::select! {
            _ = interrupt.recv() => libc::SIGINT,
            _ = terminate.recv() => libc::SIGTERM,
        };
        act(number as u8);
    }
}

/// As [`on_signals`], on a thread of its own, for callers without a runtime.
pub fn on_signals_in_background(act: impl Fn(u8) + Send + 'static) {
    let started = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                runtime.block_on(on_signals(act));
            }
        });
    if let Err(error) = started {
        tracing::warn!(%error, "signals end the process without cleaning up");
    }
}
