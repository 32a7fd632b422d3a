//! `alpheus session`: a session cluster on YARN.

use alpheus_hadoop_conf::options::execution;

use crate::exit::{CliResult, Exit};
use crate::target::{Target, TargetArgs};
use crate::yarn::session;

/// Start a session on YARN, an application that takes several jobs, or end it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus session -D yarn.application.queue=etl     # runs until Ctrl-C
  alpheus session -d                                              # prints its id and leaves it
  alpheus run -t yarn-session job.sql                               # in the session that was started last
  alpheus session stop                                              # its jobs are cancelled
  alpheus session stop -D yarn.application.id=application_1700000000000_0007")]
pub struct SessionArgs {
    /// What to do
    #[arg(value_enum, default_value = "start")]
    action: Action,
    #[command(flatten)]
    target: TargetArgs,
    /// Leave the session running; print its id
    #[arg(short, long)]
    detached: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Action {
    /// Start one
    Start,
    /// Cancel its jobs and end it
    Stop,
}

impl SessionArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the cluster does not take the session, or there is none.
    pub fn run(self) -> CliResult<Exit> {
        let configuration = self.target.load_for(Target::YarnSession)?;
        match self.action {
            Action::Stop => session::stop(&configuration),
            Action::Start => {
                let attached = !self.detached && configuration.get(&execution::ATTACHED)?;
                session::start(&configuration, attached)
            }
        }
    }
}
