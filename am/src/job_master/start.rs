//! Puts a job master together: machine, threads, driver.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::graph::{InvalidGraph, JobGraph, OperatorSpec};
use alpheus_dataflow::ids::{JobId, OperatorId};
use alpheus_dataflow::operator::{Clock, SystemClock};
use alpheus_dataflow::sink::Committer;
use alpheus_hadoop_conf::options::checkpointing::{self, CheckpointingMode};
use alpheus_hadoop_conf::options::{cluster, execution, rest};
use alpheus_hadoop_conf::{ConfigError, Configuration};
use alpheus_worker::environment::{Connectors, ResultReceiver, SinkRequest};
use alpheus_worker::operators::collect::ResultCommitter;

use super::event_loop::{EventLoop, LoopContext, StatusListener};
use super::handle::{JobGateway, JobHandle, LastView};
use super::machine::{JobMachine, MachineConfig, TakenOver};
use super::placement::tasks_of;
use super::results::ResultRelay;
use super::worker_numbers::WorkerNumbers;
use crate::checkpoint::CheckpointConfig;
use crate::checkpoint::encryption::{CheckpointKeys, key_ring};
use crate::checkpoint::io::{self, BeforeEnd, CommitterFactory, IoContext};
use crate::checkpoint::store::CheckpointStore;
use crate::deployment::DeploymentDriver;
use crate::event::{EventSender, event_channel};
use crate::failure::Failure;
use crate::restart_strategy::RestartSettings;
use crate::source_coordinator::{self, JobSource, SourceFactory};

/// Makes the driver, which needs to know where its events go.
pub type DriverFactory =
    Box<dyn FnOnce(EventSender) -> std::io::Result<Box<dyn DeploymentDriver>> + Send>;

/// A job to be run.
pub struct JobSubmission {
    /// Its id.
    pub job: JobId,
    /// What to run.
    pub graph: JobGraph,
    /// How.
    pub configuration: Configuration,
    /// How many workers to start.
    pub workers: u32,
    /// Sources (for enumerators) and sinks (for committers).
    pub connectors: Arc<dyn Connectors>,
    /// Who waits for the rows of `Collect` operators, if anybody does.
    pub results: Option<Arc<dyn ResultReceiver>>,
    /// Checkpoints.
    pub store: Box<dyn CheckpointStore>,
    /// Who starts workers.
    pub driver: DriverFactory,
    /// Numbers for its workers.
    pub numbers: WorkerNumbers,
    /// What an earlier attempt of the AM has left; `None` for the first.
    pub takeover: Option<TakenOver>,
    /// Who is told of changes.
    pub listener: StatusListener,
    /// Called when it is decided how the job ends and everything is committed that will be, before what it could run again
    /// from is removed (Flink's `JobResultStore` has its entry made then); where it says false nothing is removed. May wait for I/O.
    pub before_end: BeforeEnd,
}

/// Why a job could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The graph breaks a rule.
    #[error(transparent)]
    Graph(#[from] InvalidGraph),
    /// An option is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// No thread, no port, no process.
    #[error("the job cannot be started: {0}")]
    Io(#[from] std::io::Error),
}

/// Starts a job on a thread of its own.
///
/// # Errors
/// When the graph or the configuration is wrong, or the system gives no thread. What goes wrong later
/// is the job's outcome.
pub fn start(submission: JobSubmission) -> Result<JobHandle, StartError> {
    let JobSubmission {
        job,
        graph,
        configuration,
        workers,
        connectors,
        results,
        store,
        driver,
        numbers,
        takeover,
        listener,
        before_end,
    } = submission;
    graph.validate()?;
    let graph = Arc::new(graph);
    let config = machine_config(job, &graph, &configuration, workers)?;
    if config.checkpoints.temporary {
        tracing::warn!(
            "execution.checkpointing.dir is not set: checkpoints lie in a temporary folder and are \
             lost with this process"
        );
    }
    if config.checkpoints.interval_ms.is_some()
        && configuration.get(&checkpointing::MODE)? == CheckpointingMode::AtLeastOnce
    {
        tracing::warn!(
            "execution.checkpointing.mode: what is promised is EXACTLY_ONCE all the same"
        );
    }
    let keys = CheckpointKeys::new(key_ring(&configuration)?);
    let keep_outcomes_ms = millis(configuration.get(&rest::ASYNC_STORE_DURATION)?);
    let (events, queue) = event_channel();
    let (sources, _) = source_coordinator::start(
        source_factory(Arc::clone(&graph), Arc::clone(&connectors)),
        events.clone(),
    )?;
    let relay = match &results {
        Some(receiver) => Some(ResultRelay::start(Arc::clone(receiver), events.clone())?),
        None => None,
    };
    let (io, _) = io::start(IoContext {
        job,
        store,
        committers: committer_factory(job, Arc::clone(&graph), connectors, results),
        events: events.clone(),
        sources: sources.clone(),
        before_end,
    })?;
    let driver = driver(events.clone())?;
    let last = LastView::default();
    let gateway = JobGateway::new(job, events, Arc::clone(&last));
    let clock = Arc::new(SystemClock);
    let machine = JobMachine::new(config, clock.now_ms()).numbering(numbers);
    let machine = match takeover {
        Some(from) => machine.taking_over(from, clock.now_ms()),
        None => machine,
    };
    let context = LoopContext {
        job,
        machine,
        graph,
        events: queue,
        driver,
        io,
        sources,
        clock,
        listener,
        results: relay,
        keys,
        keep_outcomes_ms,
        last,
    };
    let thread = std::thread::Builder::new()
        .name("job-master".to_owned())
        .spawn(move || EventLoop::new(context).run())?;
    Ok(JobHandle { gateway, thread })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn machine_config(
    job: JobId,
    graph: &JobGraph,
    configuration: &Configuration,
    workers: u32,
) -> Result<MachineConfig, ConfigError> {
    let checkpoints = CheckpointConfig::from_configuration(configuration, job)?;
    let checkpointing = checkpoints.interval_ms.is_some();
    Ok(MachineConfig {
        job,
        tasks: tasks_of(graph),
        workers,
        spares: configuration.get(&cluster::REDUNDANT_WORKERS)?,
        restart: RestartSettings::from_configuration(configuration, checkpointing)?,
        checkpoints,
        restore: configuration.get(&checkpointing::RECOVERY_PATH)?,
        cancellation_timeout_ms: match millis(configuration.get(&execution::CANCELLATION_TIMEOUT)?)
        {
            0 => i64::MAX,
            timeout => timeout,
        },
        heartbeat_timeout_ms: millis(configuration.get(&cluster::HEARTBEAT_TIMEOUT)?),
        slot_timeout_ms: millis(configuration.get(&cluster::SLOT_REQUEST_TIMEOUT)?),
        exception_history: configuration.get(&rest::EXCEPTION_HISTORY)? as usize,
    })
}

fn source_factory(graph: Arc<JobGraph>, connectors: Arc<dyn Connectors>) -> SourceFactory {
    Box::new(move || {
        let session = Arc::new(graph.session.clone());
        let mut sources = Vec::new();
        for vertex in &graph.vertices {
            let Some(node) = vertex.chain.first() else {
                continue;
            };
            if let OperatorSpec::Source {
                table,
                projection,
                filters,
            } = &node.spec
            {
                sources.push(JobSource {
                    operator: node.id,
                    vertex: vertex.id,
                    parallelism: vertex.parallelism,
                    source: connectors.create_source(table, projection, filters, &session)?,
                });
            }
        }
        Ok(sources)
    })
}

fn committer_factory(
    job: JobId,
    graph: Arc<JobGraph>,
    connectors: Arc<dyn Connectors>,
    results: Option<Arc<dyn ResultReceiver>>,
) -> CommitterFactory {
    Box::new(move || {
        let session = Arc::new(graph.session.clone());
        let mut committers: BTreeMap<OperatorId, Box<dyn Committer>> = BTreeMap::new();
        for node in graph.vertices.iter().flat_map(|vertex| &vertex.chain) {
            if let (OperatorSpec::Collect { result }, Some(receiver)) = (&node.spec, &results) {
                let committer = ResultCommitter::new(*result, Arc::clone(receiver));
                committers.insert(node.id, Box::new(committer));
            }
            if let OperatorSpec::Sink {
                table,
                input,
                overwrite,
                static_partition,
            } = &node.spec
            {
                let sink = connectors
                    .create_sink(&SinkRequest {
                        job,
                        table,
                        input: *input,
                        overwrite: *overwrite,
                        static_partition,
                        session: &session,
                    })
                    .map_err(Failure::from)?;
                if let Some(committer) = sink.create_committer()? {
                    committers.insert(node.id, committer);
                }
            }
        }
        Ok(committers)
    })
}
