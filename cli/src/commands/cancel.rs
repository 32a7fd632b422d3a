//! `alpheus cancel`: ends a job without a savepoint.

use std::time::Duration;

use alpheus_am::registry::Registry;

use crate::exit::{CliError, CliResult, Exit};
use crate::rest_client::RestClient;
use crate::target::{Target, TargetArgs, needs_job};
use crate::yarn::attach;
use crate::yarn::end_waiting::end_waiting;

/// How long to wait for the job's end.
const PATIENCE: Duration = Duration::from_secs(60);

/// End a running job without a savepoint
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus cancel 5f0c             # the beginning of its id is enough
  alpheus cancel flights          # or its name
  alpheus cancel -t yarn-application -D yarn.application.id=application_1700000000000_0007
  alpheus cancel -t yarn-session 5f0c     # of the session that was started last")]
pub struct CancelArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The job's id, the beginning of it, or the job's name; not needed where only one runs
    job: Option<String>,
}

impl CancelArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such job or it refuses.
    pub fn run(self) -> CliResult<Exit> {
        let (target, configuration) = self.target.load()?;
        let (job, ended) = match target {
            Target::Local => {
                let registry = Registry::of_user();
                let client = RestClient::of(registry.find(needs_job(self.job.as_deref())?)?);
                client.cancel()?;
                (client.job().job, client.wait_for_end(&registry, PATIENCE))
            }
            Target::YarnApplication | Target::YarnSession => {
                let application = attach::attach(target, &configuration, self.job.as_deref());
                let application = match application {
                    Err(error) if target == Target::YarnApplication => {
                        // Without a master there is nobody to attach to, and the application can be ended all the same.
                        let ended = end_waiting(&configuration)?.ok_or(error)?;
                        println!("{ended} is canceled before it ran");
                        return Ok(Exit::Finished);
                    }
                    application => application?,
                };
                application.client.cancel()?;
                let job = application.client.job().job;
                (job, application.wait_for_end(PATIENCE)?)
            }
        };
        if !ended {
            return Err(CliError::failed(format!(
                "job {job} is still being canceled after {} s",
                PATIENCE.as_secs()
            )));
        }
        println!("job {job} is canceled");
        Ok(Exit::Finished)
    }
}
