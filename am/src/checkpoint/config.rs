//! `execution.checkpointing.*` as the coordinator needs it: milliseconds and decided places.

use std::time::Duration;

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::options::checkpointing as options;
use alpheus_hadoop_conf::options::checkpointing::ExternalizedRetention;
use alpheus_hadoop_conf::options::execution::TMP_DIRS;
use alpheus_hadoop_conf::options::rest::CHECKPOINTS_HISTORY;
use alpheus_hadoop_conf::{ConfigError, Configuration, Source, parse_folders};

use crate::job_status::JobStatus;

/// How checkpoints of one job are taken and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointConfig {
    /// Between the starts of two; `None` takes none.
    pub interval_ms: Option<i64>,
    /// Between the end of one and the start of the next.
    pub min_pause_ms: i64,
    /// One that takes longer is given up.
    pub timeout_ms: i64,
    /// How many may be under way.
    pub max_concurrent: usize,
    /// How many in a row may fail before the job does.
    pub tolerable_failures: u32,
    /// How many completed ones are kept.
    pub num_retained: usize,
    /// What becomes of them when the job ends.
    pub retention: ExternalizedRetention,
    /// The job's own folder, as a location; `None` when there is nowhere to write to.
    pub directory: Option<String>,
    /// Whether the folder is a temporary one, which nothing can be restored from once the AM is gone.
    pub temporary: bool,
    /// Where savepoints go for which no folder is named.
    pub savepoint_directory: Option<String>,
    /// After how many milliseconds the barriers of checkpoints overtake records; `None`: never.
    pub overtake_after_ms: Option<u64>,
    /// Whether checkpoints go on when some tasks have finished.
    pub after_tasks_finish: bool,
    /// How many are remembered for REST.
    pub history: usize,
}

impl CheckpointConfig {
    /// What the configuration says for this job. With an interval but without
    /// `execution.checkpointing.dir`, checkpoints go to a temporary folder: they survive a failed task
    /// or worker but not the AM, as Flink's `jobmanager` storage.
    ///
    /// # Errors
    /// When a value is wrong.
    pub fn from_configuration(
        configuration: &Configuration,
        job: JobId,
    ) -> Result<Self, ConfigError> {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let interval_ms = configuration.get(&options::INTERVAL)?.map(millis);
        let max_concurrent = configuration.get(&options::MAX_CONCURRENT)? as usize;
        let overtake_after_ms = match configuration.get(&options::UNALIGNED)? {
            true if max_concurrent > 1 => {
                let key = options::MAX_CONCURRENT.key();
                return Err(ConfigError::BadValue {
                    key: key.to_owned(),
                    value: max_concurrent.to_string(),
                    from: configuration
                        .source(key)
                        .cloned()
                        .unwrap_or(Source::CommandLine),
                    expected: format!(
                        "1, because {} is true: what barriers overtake belongs to one checkpoint",
                        options::UNALIGNED.key()
                    ),
                });
            }
            true => Some(millis(configuration.get(&options::ALIGNED_TIMEOUT)?) as u64),
            false => None,
        };
        let configured = configuration.get(&options::DIR)?;
        let temporary = configured.is_none() && interval_ms.is_some();
        let directory = match configured {
            Some(root) => Some(format!("{}/{job}", root.trim_end_matches('/'))),
            None if temporary => {
                let folders = parse_folders(&configuration.get(&TMP_DIRS)?);
                Some(format!(
                    "{}/alpheus-checkpoints-{job}",
                    folders[0].display()
                ))
            }
            None => None,
        };
        Ok(CheckpointConfig {
            interval_ms,
            min_pause_ms: millis(configuration.get(&options::MIN_PAUSE)?),
            timeout_ms: millis(configuration.get(&options::TIMEOUT)?),
            max_concurrent,
            tolerable_failures: configuration.get(&options::TOLERABLE_FAILED)?,
            num_retained: configuration.get(&options::NUM_RETAINED)? as usize,
            retention: configuration.get(&options::EXTERNALIZED_RETENTION)?,
            directory,
            temporary,
            savepoint_directory: configuration.get(&options::SAVEPOINT_DIR)?,
            overtake_after_ms,
            after_tasks_finish: configuration.get(&options::AFTER_TASKS_FINISH)?,
            history: configuration.get(&CHECKPOINTS_HISTORY)? as usize,
        })
    }

    /// Whether completed checkpoints stay when the job ends in `status` (Flink's
    /// `CheckpointRetentionPolicy`). A job that finished leaves nothing behind, with one exception that
    /// the caller makes: its last checkpoint, see [`CheckpointConfig::keeps_final`].
    pub fn keeps(&self, status: JobStatus) -> bool {
        if self.temporary {
            return false;
        }
        match (self.retention, status) {
            (_, JobStatus::Suspended) => true,
            (ExternalizedRetention::NoExternalizedCheckpoints, _) => false,
            (_, JobStatus::Failed) => true,
            (ExternalizedRetention::RetainOnCancellation, JobStatus::Canceled) => true,
            _ => false,
        }
    }

    /// Whether the checkpoint that says "this job has finished" stays. It is a few bytes, and whoever
    /// starts the job again with `-s`, not knowing that it had just ended, learns it from there instead
    /// of reading everything a second time.
    pub fn keeps_final(&self) -> bool {
        !self.temporary && self.retention == ExternalizedRetention::RetainOnCancellation
    }
}
