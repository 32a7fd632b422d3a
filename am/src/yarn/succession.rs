//! How an attempt of the master follows another: numbers that only grow, what it finds, and how it is found.
//!
//! Starts of the job and workers are numbered in blocks, one block an attempt, so that whatever carries a number of an
//! earlier attempt is known as such: an old master cannot publish (its mark in the job's checkpoint folder is lower), an
//! old worker is a survivor.

use std::time::Duration;

use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::{cluster, taskmanager};
use alpheus_storage::{Location, file_system_for};

use tokio::runtime::Handle;

use super::YarnApplicationError;
use super::application::Attempt;
use super::record::MasterRecord;
use crate::checkpoint::CheckpointConfig;
use crate::checkpoint::takeover::Takeover;
use crate::deployment::handover::Succession;
use crate::job_master::TakenOver;

/// How long containers of an earlier attempt are kept for workers that may come.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long the job waits for survivors, where `resourcemanager.previous-worker.recovery.timeout` says nothing.
const WAIT: Duration = Duration::from_secs(10);

/// Bits of the numbers within an attempt: 2^22 of them, in each of the 1000 attempts that there may be.
const BITS: u32 = 22;

/// The block of numbers of an attempt, from 1 on.
fn block(attempt: u32) -> u32 {
    attempt.saturating_sub(1) << BITS
}

/// The lowest number of a start of the job by this attempt.
pub fn first_start(attempt: u32) -> AttemptNumber {
    AttemptNumber(block(attempt) + 1)
}

/// Workers of lower numbers are survivors.
pub fn first_worker(attempt: u32) -> u32 {
    block(attempt)
}

/// What an earlier attempt has left; `None` for the first one.
///
/// # Errors
/// When the checkpoint folder cannot be taken over.
pub(super) fn taken_over(
    attempt: &Attempt,
    job: JobId,
    configuration: &Configuration,
    survivors: usize,
) -> Result<Option<TakenOver>, YarnApplicationError> {
    let number = attempt.number();
    if number <= 1 {
        return Ok(None);
    }
    let config = CheckpointConfig::from_configuration(configuration, job)?;
    let checkpoints = match config.directory {
        None => Takeover::default(),
        Some(folder) => {
            let folder: Location = folder.parse()?;
            let fs = file_system_for(&folder)?;
            Takeover::of(&*fs, &folder, first_start(number)).map_err(std::io::Error::other)?
        }
    };
    tracing::info!(
        checkpoints = checkpoints.retained.len(),
        survivors,
        "taking over from an earlier attempt"
    );
    let wait = configuration.get(&cluster::PREVIOUS_WORKER_RECOVERY_TIMEOUT)?;
    let wait = if wait.is_zero() { WAIT } else { wait };
    Ok(Some(TakenOver {
        first_attempt: first_start(number).0,
        first_worker: first_worker(number),
        checkpoints,
        survivors,
        wait_ms: wait.as_millis() as i64,
        ended: None,
    }))
}

/// How workers find the attempt after this one, by the record at this place; `None` if there can be none.
///
/// # Errors
/// When an option is wrong.
pub(super) fn of_workers(
    attempt: &Attempt,
    record: &Location,
    configuration: &Configuration,
) -> Result<Option<Succession>, YarnApplicationError> {
    if attempt.settings.attempts <= 1 {
        return Ok(None);
    }
    let patience = configuration.get(&taskmanager::REGISTRATION_TIMEOUT)?;
    Ok(Some(Succession {
        record: record.to_string(),
        attempt: attempt.number(),
        container: String::new(),
        patience_ms: patience.as_millis() as u64,
    }))
}

/// Says where this attempt listens; beside everything else, because nobody waits for it while the first attempt lives.
pub(super) fn announce(succession: &Succession, control_address: String, runtime: &Handle) {
    let (record, attempt) = (succession.record.clone(), succession.attempt);
    runtime.spawn_blocking(move || {
        let content = MasterRecord {
            attempt,
            control_address,
        };
        let written = record
            .parse::<Location>()
            .map_err(YarnApplicationError::from)
            .and_then(|record| content.write(&*file_system_for(&record)?, &record));
        if let Err(error) = written {
            tracing::error!(%error, "workers of earlier attempts will not find this one");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_attempt_counts_above_those_before() {
        assert_eq!(first_start(1), AttemptNumber(1));
        assert_eq!(first_worker(1), 0);
        assert!(first_start(2).0 > 60_000);
        assert!(first_start(3) > first_start(2));
        assert!(first_start(1000) > first_start(999));
    }
}
