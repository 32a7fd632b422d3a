//! `alpheus savepoint`: takes a savepoint of a job that goes on.

use alpheus_am::registry::Registry;

use crate::exit::{CliResult, Exit};
use crate::rest_client::RestClient;

/// Take a savepoint of a running job, which goes on
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus savepoint flights /var/tmp/savepoints
  alpheus run -s $(alpheus savepoint flights /var/tmp/savepoints) changed.sql")]
pub struct SavepointArgs {
    /// The job's id, the beginning of it, or the job's name
    job: String,
    /// Folder for the savepoint; otherwise execution.checkpointing.savepoint-dir
    directory: Option<String>,
}

impl SavepointArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such job or the savepoint fails.
    pub fn run(self) -> CliResult<Exit> {
        let client = RestClient::of(Registry::of_user().find(&self.job)?);
        println!("{}", client.savepoint(self.directory.as_deref(), None)?);
        Ok(Exit::Finished)
    }
}
