//! `alpheus worker`: a worker process; started by a job, never by hand.

use std::sync::Arc;

use alpheus_am::deployment::handover;
use alpheus_am::deployment::worker_process::{self, WorkerProcessError};

use crate::config;
use crate::connectors::BuiltInConnectors;
use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner;

/// Run tasks for the job that starts this process
#[derive(Debug, clap::Args)]
pub struct WorkerArgs {}

impl WorkerArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the job is gone or does not take this worker.
    pub fn run(self) -> CliResult<Exit> {
        let (settings, identity) =
            handover::read(std::io::stdin().lock()).map_err(CliError::failed)?;
        config::use_for_file_systems(&settings.configuration);
        let runtime = job_runner::runtime()?;
        let connectors = Arc::new(BuiltInConnectors);
        match worker_process::run(&settings, &identity, connectors, runtime.handle()) {
            Ok(()) => Ok(Exit::Finished),
            Err(error @ WorkerProcessError::Tls(_)) => Err(CliError::refused(error)),
            Err(error) => Err(CliError::failed(error)),
        }
    }
}
