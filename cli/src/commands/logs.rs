//! `alpheus logs`: what the processes of an application have logged.

use crate::exit::{CliError, CliResult, Exit};
use crate::target::{Target, TargetArgs};
use crate::yarn::logs::{self, Wanted};

/// Show the logs of an application on YARN, while it runs and when it is over
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus logs -t yarn-application -D yarn.application.id=application_1700000000000_0007 --am -f
  alpheus logs -t yarn-application -D yarn.application.id=application_1700000000000_0007 --worker 2")]
pub struct LogsArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The job manager's only
    #[arg(long, conflicts_with = "worker")]
    am: bool,
    /// One worker's only: its container's id, or the number at the end of it
    #[arg(long, value_name = "ID")]
    worker: Option<String>,
    /// Go on until the application has ended
    #[arg(short, long)]
    follow: bool,
}

impl LogsArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such application, or one may not see it.
    pub fn run(self) -> CliResult<Exit> {
        let (target, configuration) = self.target.load()?;
        if target == Target::Local {
            return Err(CliError::usage(
                "a job on this machine logs to its terminal, or into the file that `alpheus run -d` names; -t \
                 yarn-application names one that does not",
            ));
        }
        let wanted = match (self.am, self.worker) {
            (true, _) => Wanted::Master,
            (false, Some(worker)) => Wanted::Worker(worker),
            (false, None) => Wanted::All,
        };
        logs::logs(target, &configuration, &wanted, self.follow)
    }
}
