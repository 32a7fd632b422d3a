//! `alpheus cancel`: ends a job without a savepoint.

use std::time::Duration;

use alpheus_am::registry::Registry;

use crate::exit::{CliError, CliResult, Exit};
use crate::rest_client::RestClient;

/// How long to wait for the job's end.
const PATIENCE: Duration = Duration::from_secs(60);

/// End a running job without a savepoint
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus cancel 5f0c             # the beginning of its id is enough
  alpheus cancel flights          # or its name")]
pub struct CancelArgs {
    /// The job's id, the beginning of it, or the job's name
    job: String,
}

impl CancelArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such job or it refuses.
    pub fn run(self) -> CliResult<Exit> {
        let registry = Registry::of_user();
        let client = RestClient::of(registry.find(&self.job)?);
        client.cancel()?;
        if !client.wait_for_end(&registry, PATIENCE) {
            return Err(CliError::failed(format!(
                "job {} is still being canceled after {} s",
                client.job().job,
                PATIENCE.as_secs()
            )));
        }
        println!("job {} is canceled", client.job().job);
        Ok(Exit::Finished)
    }
}
