//! A worker in a container: takes over what the launch context brought, and is then a worker process like any other.

use std::sync::Arc;

use alpheus_hadoop_conf::Environment;
use alpheus_security::secret::SecretBytes;
use alpheus_worker::environment::Connectors;
use tokio::runtime::Handle;

use super::container::ContainerEnvironment;
use super::settings::{self, HadoopSettings};
use super::{YarnApplicationError, hdfs};
use crate::deployment::handover;
use crate::deployment::worker_process::{self, WorkerProcessError};

/// Why a worker ended otherwise than told.
#[derive(Debug, thiserror::Error)]
pub enum ContainerWorkerError {
    /// The launch context, or HDFS.
    #[error(transparent)]
    Container(#[from] YarnApplicationError),
    /// As for any worker process.
    #[error(transparent)]
    Worker(#[from] WorkerProcessError),
}

/// Runs a worker until its master says that this is the end.
///
/// # Errors
/// When this is no container, or the master is gone.
pub fn run(connectors: Arc<dyn Connectors>, runtime: &Handle) -> Result<(), ContainerWorkerError> {
    let handover = prepare()?;
    let read = handover::read(handover.expose());
    let (settings, identity) = read.map_err(WorkerProcessError::from)?;
    Ok(worker_process::run(
        &settings, &identity, connectors, runtime,
    )?)
}

fn prepare() -> Result<SecretBytes, YarnApplicationError> {
    alpheus_security::harden::protect_process()?;
    let container = ContainerEnvironment::find(&Environment::process())?;
    let credentials = container.take_credentials()?;
    let hadoop: HadoopSettings = settings::get_json(&credentials, settings::HADOOP)?;
    hdfs::register(&hadoop, &hadoop.conf(), &credentials, &container)?;
    Ok(settings::secret(&credentials, settings::WORKER)?.clone())
}
