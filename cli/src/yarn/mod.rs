//! Alpheus on YARN, from the command line's side.
//!
//! - [`cluster`]: a cluster and who we are there.
//! - [`plan`]: the job that a script describes; nothing is submitted when it is wrong.
//! - [`checks`]: what would fail later is said now.
//! - [`staging`]: the folder on the cluster's file system that an application has to itself; [`program`]: this very
//!   program, for the nodes to run.
//! - [`credentials`]: what the master's container is given.
//! - [`batch`]: runs a bounded script, in the master's container.
//! - [`submit`]: puts them together; [`follow`]: shows the application until it runs, or ends.
//! - [`waiting`]: what one waits for that does not run yet; [`end_waiting`]: ends it.
//! - [`session`]: starts, uses and ends a session, which [`last_session`] remembers.
//! - [`attach`]: reaches the master of one that runs, over [`direct`] TLS or, for whoever is not its owner, Hadoop's [`web`] pages; [`list`]: those that there are; [`push`]:
//!   hands it tokens; [`logs`] and [`collected_logs`] (in [`tfile`]s): what it has logged.

pub mod attach;
pub mod batch;
pub mod checks;
pub mod cluster;
pub mod collected_logs;
pub mod credentials;
pub mod direct;
pub mod end_waiting;
pub mod follow;
pub mod last_session;
pub mod list;
pub mod logs;
pub mod pack;
pub mod plan;
pub mod program;
pub mod push;
pub mod session;
pub mod session_jobs;
pub mod staging;
pub mod submit;
pub mod tfile;
pub mod waiting;
pub mod web;

use alpheus_am::yarn::settings::{BatchScript, Work};
use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::Configuration;
use alpheus_sql::{JobMode, Session};

use crate::exit::{CliResult, Exit};
use crate::job_runner;
use crate::statements::operators;

/// Plans a script, submits its job as an application, and follows it until it runs, or, `attached`, to its end.
///
/// # Errors
/// When the script is wrong, the cluster does not take it, or the job fails.
pub fn run(
    configuration: Configuration,
    job: JobId,
    name: &str,
    script: &str,
    attached: bool,
) -> CliResult<Exit> {
    let planned = plan::plan(&mut Session::new(configuration), name, script)?;
    let work = match planned.mode {
        JobMode::Batch => Work::Batch(BatchScript {
            name: name.to_owned(),
            text: script.to_owned(),
        }),
        JobMode::Streaming => Work::Stream(operators(planned.graph)?),
    };
    let runtime = job_runner::runtime()?;
    runtime.block_on(async {
        let cluster = cluster::Cluster::connect(&planned.configuration).await?;
        let root = cluster.staging_root(&planned.configuration)?;
        let submission = submit::Submission {
            job,
            name: planned.name,
            work,
            configuration: planned.configuration,
        };
        let id = submit::submit(&cluster, submission).await?;
        println!("{id}");
        let runs = follow::until_running(&cluster, id).await;
        if runs.is_ok() && !attached {
            return Ok(Exit::Finished);
        }
        let ended = match runs {
            Ok(_) => follow::to_the_end(&cluster, id).await,
            Err(error) => Err(error),
        };
        // A master that was killed, or never started, could not tidy up.
        staging::sweep(&root, &cluster.resource_manager).await;
        ended
    })
}
