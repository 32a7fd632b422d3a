//! `alpheus worker`: a worker process; started by a job, never by hand.

use std::sync::Arc;

use alpheus_am::deployment::handover;
use alpheus_am::deployment::worker_process::{self, WorkerProcessError};
use alpheus_am::yarn::worker::{self as container_worker, ContainerWorkerError};

use crate::config;
use crate::connectors::BuiltInConnectors;
use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;

/// Run tasks for the job that starts this process
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {
    /// The YARN container that this is, for people who look at the list of processes; without it the job is the
    /// process that has started this one
    #[arg(value_name = "CONTAINER")]
    container: Option<String>,
}

impl WorkerArgs {
    /// Whether YARN has started this process.
    pub fn is_in_container(&self) -> bool {
        self.container.is_some()
    }

    /// Runs the command.
    ///
    /// # Errors
    /// When the job is gone or does not take this worker.
    pub fn run(self) -> CliResult<Exit> {
        let connectors = Arc::new(BuiltInConnectors);
        let ended = if self.container.is_some() {
            let runtime = job_runner::runtime()?;
            container_worker::run(connectors, runtime.handle())
        } else {
            let (settings, identity) =
                handover::read(std::io::stdin().lock()).map_err(CliError::failed)?;
            config::use_for_file_systems(&settings.configuration);
            let runtime = job_runner::runtime()?;
            worker_process::run(&settings, &identity, connectors, None, runtime.handle())
                .map_err(ContainerWorkerError::from)
        };
        match ended {
            Ok(()) => Ok(Exit::Finished),
            Err(error @ ContainerWorkerError::Worker(WorkerProcessError::Tls(_))) => {
                Err(CliError::refused(error))
            }
            Err(error) => Err(CliError::failed(error)),
        }
    }
}
