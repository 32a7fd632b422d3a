//! A session: an application that has no job of its own and takes several, at once and one after another, until it is told
//! that this is the end (Flink's session mode).
//!
//! - [`dispatcher`]: owns the jobs.
//! - [`job_files`]: keeps them for the next attempt of the master.
//! - [`overlay`]: what of a job's configuration is the session's to say.
//! - [`terms`]: which jobs it takes.
//! - [`rest`]: how jobs are submitted, and the session ended.
//!
//! Jobs share the master's process, its login and its tokens, and nothing else: each has a job master of its own, workers of
//! its own in containers of its own size, which go back when it ends, and a server of its own that they knock at.

pub mod dispatcher;
pub mod job_files;
mod overlay;
pub mod rest;
pub mod terms;

use alpheus_hadoop_conf::Configuration;
use tokio::sync::mpsc::UnboundedSender;

use self::dispatcher::Dispatcher;
use super::YarnApplicationError;
use super::application::{Attempt, Given};
use super::command::Command;
use super::services::Services;
use crate::job_directory::{JobDirectory, Retention};

/// Runs a session until it is ended; how many jobs were cancelled for it.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(
    attempt: Attempt,
    configuration: Configuration,
    given: &Given,
    commands: UnboundedSender<Command>,
) -> Result<usize, YarnApplicationError> {
    let jobs = JobDirectory::new(Retention::of(&configuration)?);
    let services = Services::start(attempt, configuration, commands)?;
    // As Flink shows a session.
    let _ = services.commands.send(Command::Progress(None));
    let (wishes, queue) = std::sync::mpsc::channel();
    let routes = (rest::to_act_on(&wishes), rest::to_end(&wishes));
    let mut dispatcher = Dispatcher::new(services, jobs.clone(), wishes, given)?;
    dispatcher.take_over(given.survivors)?;
    // Whoever asks for a job that was taken over finds it.
    let servers = dispatcher.services().serve(&jobs, &given.access, routes)?;
    let cancelled = dispatcher.run(&queue);
    drop(servers);
    Ok(cancelled)
}
