//! `alpheus savepoint`: takes a savepoint of a job that goes on.

use alpheus_am::registry::Registry;

use crate::exit::{CliResult, Exit};
use crate::rest_client::RestClient;
use crate::target::{Target, TargetArgs, needs_job};
use crate::yarn::attach;

/// Take a savepoint of a running job, which goes on
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus savepoint flights /var/tmp/savepoints
  alpheus run -s $(alpheus savepoint flights /var/tmp/savepoints) changed.sql
  alpheus savepoint -t yarn-application -D yarn.application.id=application_1700000000000_0007 hdfs:///user/alice/s")]
pub struct SavepointArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The job's id, the beginning of it, or the job's name; not needed where only one runs
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// Folder for the savepoint; otherwise execution.checkpointing.savepoint-dir
    #[arg(value_name = "DIRECTORY")]
    directory: Option<String>,
}

impl SavepointArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When there is no such job or the savepoint fails.
    pub fn run(self) -> CliResult<Exit> {
        let (target, configuration) = self.target.load()?;
        let location = match target {
            Target::Local => {
                let job = needs_job(self.job.as_deref())?;
                let client = RestClient::of(Registry::of_user().find(job)?);
                client.savepoint(self.directory.as_deref(), None)?
            }
            Target::YarnApplication | Target::YarnSession => {
                let (job, directory) = job_and_directory(self.job, self.directory);
                let application = attach::attach(target, &configuration, job.as_deref())?;
                application.client.savepoint(directory.as_deref(), None)?
            }
        };
        println!("{location}");
        Ok(Exit::Finished)
    }
}

/// A job that runs alone need not be named: a single argument that is a place is the folder.
fn job_and_directory(
    first: Option<String>,
    second: Option<String>,
) -> (Option<String>, Option<String>) {
    match (first, second) {
        (Some(only), None) if only.contains('/') => (None, Some(only)),
        both => both,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_argument_is_the_folder_if_it_is_a_place() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            job_and_directory(some("hdfs:///s"), None),
            (None, some("hdfs:///s"))
        );
        assert_eq!(job_and_directory(some("5f0c"), None), (some("5f0c"), None));
        let both = job_and_directory(some("5f0c"), some("/s"));
        assert_eq!(both, (some("5f0c"), some("/s")));
    }
}
