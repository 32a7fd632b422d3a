//! A worker in a container: takes over what the launch context brought, and is then a worker process like any other.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_hadoop_conf::Environment;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::options::execution::TMP_DIRS;
use alpheus_security::hadoop::Credentials;
use alpheus_security::secret::SecretBytes;
use alpheus_worker::environment::Connectors;
use alpheus_worker::memory::process_size;
use tokio::runtime::Handle;

use super::container::{ContainerEnvironment, named_tokens};
use super::settings::{self, HadoopSettings};
use super::{YarnApplicationError, hdfs};
use crate::deployment::handover;
use crate::deployment::worker_process::{self, InContainer, WorkerProcessError};

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
/// When this is no container, or the master is gone and no other comes.
pub fn run(connectors: Arc<dyn Connectors>, runtime: &Handle) -> Result<(), ContainerWorkerError> {
    let (handover, tokens) = prepare()?;
    let read = handover::read(handover.expose());
    let (settings, identity) = read.map_err(WorkerProcessError::from)?;
    let folders = (
        TMP_DIRS.key().to_owned(),
        tokens.container.local_dirs.clone(),
    );
    let container = InContainer {
        take_tokens: Box::new(move |bytes| match tokens.take(bytes) {
            Ok(()) => tracing::info!("the master has sent other tokens"),
            Err(error) => {
                tracing::error!(%error, "the tokens that the master has sent are of no use");
            }
        }),
        overrides: BTreeMap::from([folders]),
        memory_bytes: process_size(&settings.configuration)
            .map_err(YarnApplicationError::from)?
            .bytes(),
    };
    Ok(worker_process::run(
        &settings,
        &identity,
        connectors,
        Some(container),
        runtime,
    )?)
}

/// Where tokens go.
struct Tokens {
    container: ContainerEnvironment,
    conf: HadoopConf,
    name_spaces: Vec<String>,
}

impl Tokens {
    fn take(&self, bytes: &[u8]) -> Result<(), YarnApplicationError> {
        let credentials = Credentials::decode(bytes)?;
        let named = named_tokens(&credentials, &self.conf, &self.name_spaces)?;
        self.container.keep(&named)
    }
}

fn prepare() -> Result<(SecretBytes, Tokens), YarnApplicationError> {
    alpheus_security::harden::protect_process()?;
    let container = ContainerEnvironment::find(&Environment::process())?;
    let credentials = container.take_credentials()?;
    let hadoop: HadoopSettings = settings::get_json(&credentials, settings::HADOOP)?;
    let conf = hadoop.conf();
    hdfs::register(&hadoop, &conf, &credentials, &container)?;
    let handover = settings::secret(&credentials, settings::WORKER)?.clone();
    let tokens = Tokens {
        container,
        conf,
        name_spaces: hadoop.name_spaces,
    };
    Ok((handover, tokens))
}
