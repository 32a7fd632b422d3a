//! `alpheus run`: runs a SQL script as a job.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use alpheus_am::registry::Registry;
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::execution;
use alpheus_sql::Session;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult, Exit};
use crate::logging::LogFormat;
use crate::render::OutputFormat;
use crate::statements::{Settings, new_job_id, read_script, restore_from, run_script};
use crate::target::Target;
use crate::yarn;

/// Run the statements of a SQL file, INSERTs as jobs, on this machine or on YARN
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus run job.sql
  alpheus run -D parallelism.default=4 -D execution.checkpointing.interval=10s \\
      -D execution.checkpointing.dir=/var/tmp/checkpoints job.sql
  alpheus run --workers 3 -D parallelism.default=3 job.sql
  alpheus run -s /var/tmp/checkpoints/5f0c.../ job.sql     # go on from the newest checkpoint
  alpheus run -d job.sql                                   # in the background; prints the job's id
  alpheus run -t yarn-application -D yarn.application.queue=etl job.sql     # on YARN; follows it to its end
  alpheus run -t yarn-application -d job.sql               # prints the application's id and leaves it
  alpheus run -t yarn-session job.sql                      # in the session that `alpheus session` has started")]
pub struct RunArgs {
    /// Where to run: `local` (this machine), `yarn-application` or `yarn-session`
    #[arg(short, long, value_name = "TARGET")]
    target: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Start from a savepoint, a checkpoint, or the newest checkpoint in a job's folder
    #[arg(short = 's', long = "fromSavepoint", value_name = "PATH")]
    from_savepoint: Option<String>,
    /// Leave state behind that no operator of the job claims
    #[arg(short = 'n', long = "allowNonRestoredState")]
    allow_non_restored_state: bool,
    /// Run in the background; print the job's id
    #[arg(short, long)]
    detached: bool,
    /// Start N worker processes instead of running everything in this one
    #[arg(long, value_name = "N")]
    workers: Option<u32>,
    /// The id of the first job
    #[arg(long, value_name = "ID", hide = true)]
    job_id: Option<JobId>,
    /// The SQL file
    #[arg(value_name = "JOB.sql")]
    script: PathBuf,
}

/// Between two looks at a job that starts in the background.
const POLL: Duration = Duration::from_millis(20);

impl RunArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the script is wrong or its job fails.
    pub fn run(self, log_format: LogFormat) -> CliResult<Exit> {
        let mut configuration = config::load(&self.config)?;
        let target = Target::choose(self.target.as_deref(), &configuration)?;
        let attached = !self.detached && configuration.get(&execution::ATTACHED)?;
        // A job that was detached already has its id from the command that did it.
        if target == Target::Local && !attached && self.job_id.is_none() {
            return detach();
        }
        restore_from(
            &mut configuration,
            self.from_savepoint.as_deref(),
            self.allow_non_restored_state,
        )?;
        let script = read_script(&self.script)?;
        if target != Target::Local {
            if self.workers.is_some() {
                return Err(CliError::usage(
                    "--workers is for this machine; on YARN the number follows from parallelism.default and \
                     taskmanager.numberOfTaskSlots",
                ));
            }
            let name = self.script.display().to_string();
            let job = self.job_id.unwrap_or_else(new_job_id);
            return match target {
                Target::YarnSession => {
                    yarn::session::run(configuration, job, (&name, &script), attached)
                }
                _ => yarn::run(configuration, job, &name, &script, attached),
            };
        }
        let settings = Settings {
            output: OutputFormat::Table,
            workers: self.workers,
            progress: true,
            job: self.job_id,
            log_format,
            last_select_only: false,
        };
        let name = self.script.display().to_string();
        run_script(&mut Session::new(configuration), &name, &script, &settings)
    }
}

/// Runs the same command in the background and prints its job's id once it serves, or its log if it ends
/// before that.
fn detach() -> CliResult<Exit> {
    let job = new_job_id();
    let registry = Registry::of_user();
    let log_path = registry.logs()?.join(format!("{job}.log"));
    let log = std::fs::File::create(&log_path)
        .map_err(|error| CliError::failed(format!("{}: {error}", log_path.display())))?;
    let errors = log.try_clone().map_err(CliError::failed)?;
    let arguments = std::env::args_os()
        .skip(1)
        .filter(|argument| argument != "-d" && argument != "--detached");
    let mut child = Command::new(std::env::current_exe().map_err(CliError::failed)?)
        .args(arguments)
        .arg("--job-id")
        .arg(job.to_string())
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|error| CliError::failed(format!("the job cannot be started: {error}")))?;
    loop {
        if registry.find(&job.to_string()).is_ok() {
            println!("{job}");
            eprintln!("its log: {}", log_path.display());
            return Ok(Exit::Finished);
        }
        if let Some(status) = child.try_wait().map_err(CliError::failed)? {
            if status.success() {
                println!("{job}");
                return Ok(Exit::Finished);
            }
            let text = std::fs::read_to_string(&log_path).unwrap_or_default();
            return Err(CliError {
                exit: match status.code() {
                    Some(2) => Exit::Usage,
                    Some(3) => Exit::Refused,
                    _ => Exit::Failed,
                },
                message: text,
                rendered: true,
            });
        }
        std::thread::sleep(POLL);
    }
}
