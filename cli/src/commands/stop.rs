//! `alpheus stop`: ends a job with a savepoint.

use std::time::Duration;

use alpheus_am::registry::Registry;

use crate::exit::{CliResult, Exit};
use crate::rest_client::RestClient;
use crate::target::{Target, TargetArgs, needs_job};
use crate::yarn::attach;

/// How long to wait for the job's end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Stop a running job with a savepoint, from which it can go on later
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus stop --savepointPath /var/tmp/savepoints flights
  alpheus stop --drain --savepointPath /var/tmp/savepoints 5f0c   # windows fire; the job is over for good
  alpheus stop -t yarn-application -D yarn.application.id=application_1700000000000_0007 -p hdfs:///user/alice/s")]
pub struct StopArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Folder for the savepoint; otherwise execution.checkpointing.savepoint-dir
    #[arg(short = 'p', long = "savepointPath", value_name = "DIR")]
    savepoint_path: Option<String>,
    /// Let all windows and timers fire first, as at the end of the input
    #[arg(short, long)]
    drain: bool,
    /// The job's id, the beginning of it, or the job's name; not needed where only one runs
    job: Option<String>,
}

impl StopArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such job or its savepoint fails.
    pub fn run(self) -> CliResult<Exit> {
        let (target, configuration) = self.target.load()?;
        let directory = self.savepoint_path.as_deref();
        let location = match target {
            Target::Local => {
                let registry = Registry::of_user();
                let client = RestClient::of(registry.find(needs_job(self.job.as_deref())?)?);
                let location = client.savepoint(directory, Some(self.drain))?;
                client.wait_for_end(&registry, PATIENCE);
                location
            }
            Target::YarnApplication | Target::YarnSession => {
                let application = attach::attach(target, &configuration, self.job.as_deref())?;
                let location = application.client.savepoint(directory, Some(self.drain))?;
                application.wait_for_end(PATIENCE)?;
                location
            }
        };
        println!("{location}");
        Ok(Exit::Finished)
    }
}
