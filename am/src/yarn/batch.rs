//! The work of an attempt whose job is bounded and in batch mode: the master's own process does it, with the memory of its
//! container, which is as large as a worker's.
//!
//! There is no second attempt: it would write again what the first one may have committed. There is no REST API
//! either; whoever wants the job to end says so to YARN.

use std::sync::{Arc, RwLock};

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::execution::TMP_DIRS;
use alpheus_hadoop_conf::{Configuration, Source};

use super::application::Attempt;
use super::launcher::WorkerLauncher;
use super::settings::BatchScript;
use super::tokens::TokenListeners;
use super::{YarnApplicationError, tokens};

/// What a batch runner is to do, and with what.
pub struct BatchWork {
    /// The job's id.
    pub job: JobId,
    /// The script.
    pub script: BatchScript,
    /// How; folders for what does not fit into memory are in it (`io.tmp.dirs`).
    pub configuration: Configuration,
}

/// Runs bounded scripts in this process.
pub trait BatchRunner: Send + Sync {
    /// Runs a script to its last commit.
    ///
    /// # Errors
    /// With the reason, when it fails or is stopped; then nothing that it has written can be seen.
    fn run(&self, work: BatchWork) -> Result<(), String>;
}

/// Runs a script; the inner result is how it ended.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(
    attempt: Attempt,
    script: BatchScript,
    mut configuration: Configuration,
) -> Result<Result<(), String>, YarnApplicationError> {
    let manager = tokens::log_in(&attempt, &configuration)?;
    let shared = Arc::new(RwLock::new(WorkerLauncher::tokens_of(&attempt.credentials)));
    // Fresh tokens are for this process alone.
    let nobody = TokenListeners::default();
    let keeper = tokens::keep(&attempt, &configuration, manager, shared, nobody)?;
    let source = Source::Deployment("the master's container".to_owned());
    configuration.set_option(&TMP_DIRS, &attempt.container.local_dirs, source)?;
    let outcome = attempt.batch.run(BatchWork {
        job: attempt.settings.job,
        script,
        configuration,
    });
    drop(keeper);
    Ok(outcome)
}
