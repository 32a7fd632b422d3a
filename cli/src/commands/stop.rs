//! `alpheus stop`: ends a job with a savepoint.

use std::time::Duration;

use alpheus_am::registry::Registry;

use crate::exit::{CliResult, Exit};
use crate::rest_client::RestClient;

/// Stop a running job with a savepoint, from which it can go on later
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus stop --savepointPath /var/tmp/savepoints flights
  alpheus stop --drain --savepointPath /var/tmp/savepoints 5f0c   # windows fire; the job is over for good")]
pub struct StopArgs {
    /// Folder for the savepoint; otherwise execution.checkpointing.savepoint-dir
    #[arg(short = 'p', long = "savepointPath", value_name = "DIR")]
    savepoint_path: Option<String>,
    /// Let all windows and timers fire first, as at the end of the input
    #[arg(short, long)]
    drain: bool,
    /// The job's id, the beginning of it, or the job's name
    job: String,
}

impl StopArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such job or its savepoint fails.
    pub fn run(self) -> CliResult<Exit> {
        let registry = Registry::of_user();
        let client = RestClient::of(registry.find(&self.job)?);
        let location = client.savepoint(self.savepoint_path.as_deref(), Some(self.drain))?;
        client.wait_for_end(&registry, Duration::from_secs(60));
        println!("{location}");
        Ok(Exit::Finished)
    }
}
