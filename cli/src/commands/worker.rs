//! `alpheus worker`: a worker process; started by a job, never by hand.

use std::sync::Arc;

use alpheus_am::deployment::worker_process::{self, WorkerProcessError};

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
        let runtime = job_runner::runtime()?;
        let stdin = std::io::stdin().lock();
        match worker_process::run(stdin, Arc::new(BuiltInConnectors), runtime.handle()) {
            Ok(()) => Ok(Exit::Finished),
            Err(error @ WorkerProcessError::Tls(_)) => Err(CliError::refused(error)),
            Err(error) => Err(CliError::failed(error)),
        }
    }
}
