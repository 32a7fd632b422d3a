//! The other side of [`super::child_process`]: what a worker process does from its start to its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alpheus_security::tls::{Identity, Peers, TlsClient, TlsError};
use alpheus_worker::control::WorkerId;
use alpheus_worker::control_connection::{ConnectionBroken, ControlConnection};
use alpheus_worker::environment::{Connectors, ExchangeTls};
use alpheus_worker::task_manager::{
    ExchangeConfig, TakeTokens, TaskManager, TaskManagerConfig, TaskManagerExit,
};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use super::handover::{Succession, WorkerSettings};
use crate::yarn::reconnect::NextMaster;

/// How long connecting to the AM may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a worker process could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum WorkerProcessError {
    /// No settings, no address, no threads.
    #[error("the worker cannot start: {0}")]
    Io(#[from] std::io::Error),
    /// The AM is not who it should be, or takes this worker for a stranger.
    #[error("the worker cannot connect to its job: {0}")]
    Tls(#[from] TlsError),
    /// The AM does not answer.
    #[error("the worker's job does not answer at {0}")]
    Timeout(String),
    /// It has as much memory as it may.
    #[error("{0}")]
    OutOfMemory(String),
    /// The AM is gone; the tasks were stopped.
    #[error("the worker ends because its job is gone: {0}")]
    JobGone(ConnectionBroken),
}

/// What is different in a container of YARN.
pub struct InContainer {
    /// Takes the tokens that the AM sends.
    pub take_tokens: TakeTokens,
    /// Options whose value only the container knows.
    pub overrides: BTreeMap<String, String>,
    /// How much memory the container has.
    pub memory_bytes: u64,
}

/// Connects, runs tasks until the AM says that this is the end or goes away.
///
/// # Errors
/// See [`WorkerProcessError`].
pub fn run(
    settings: &WorkerSettings,
    identity: &Identity,
    connectors: Arc<dyn Connectors>,
    container: Option<InContainer>,
    runtime: &Handle,
) -> Result<(), WorkerProcessError> {
    if let Some(parent) = settings.parent {
        end_with_parent(parent)?;
    }
    alpheus_security::harden::protect_process()?;
    let listener = settings.listen.listen()?;
    let address = match &settings.host {
        Some(host) => format!("{host}:{}", listener.local_addr()?.port()),
        None => listener.local_addr()?.to_string(),
    };
    let tls = ExchangeTls::of(identity).map_err(std::io::Error::other)?;
    let client = identity.client()?;
    let exit = runtime.block_on(async {
        let connect = async {
            let stream = TcpStream::connect(&settings.control_address).await?;
            stream.set_nodelay(true)?;
            Ok::<_, WorkerProcessError>(client.connect(stream, &Peers::JobManager).await?.0)
        };
        let stream = tokio::time::timeout(CONNECT_TIMEOUT, connect)
            .await
            .map_err(|_| WorkerProcessError::Timeout(settings.control_address.clone()))??;
        let control = ControlConnection::over_stream(stream, runtime);
        let mut config = TaskManagerConfig::new(
            WorkerId(settings.worker),
            settings.slots,
            runtime.clone(),
            connectors,
        );
        config.heartbeat_interval = Duration::from_millis(settings.heartbeat_interval_ms.max(1));
        if let Some(container) = container {
            config.take_tokens = Some(container.take_tokens);
            config.overrides = container.overrides;
            config.memory_bytes = Some(container.memory_bytes);
        }
        if let Some(succession) = &settings.succession {
            config.container = Some(succession.container.clone());
            config.reconnect = Some(Box::new(next_master(succession, &client, runtime)?));
        }
        config.exchange = Some(ExchangeConfig {
            listener,
            address,
            tls,
        });
        Ok::<_, WorkerProcessError>(TaskManager::start(config, control)?.wait().await)
    })?;
    match exit {
        TaskManagerExit::Shutdown => Ok(()),
        TaskManagerExit::OutOfMemory(what) => Err(WorkerProcessError::OutOfMemory(what)),
        TaskManagerExit::ConnectionLost(broken) => Err(WorkerProcessError::JobGone(broken)),
    }
}

fn next_master(
    succession: &Succession,
    tls: &TlsClient,
    runtime: &Handle,
) -> Result<NextMaster, WorkerProcessError> {
    Ok(NextMaster {
        record: succession.record.parse().map_err(std::io::Error::other)?,
        attempt: succession.attempt,
        patience: Duration::from_millis(succession.patience_ms),
        tls: tls.clone(),
        runtime: runtime.clone(),
    })
}

/// Has the kernel end this process when its parent does, and makes sure that it has not yet.
fn end_with_parent(parent: u32) -> std::io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a signal number and touches no memory of ours.
    if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    if std::os::unix::process::parent_id() != parent {
        return Err(std::io::Error::other("the job's process has ended already"));
    }
    Ok(())
}
