//! How a job has ended, as later attempts of the master find it (Flink's `JobResultStore`): a file in the folder that belongs to
//! the job, written when it is decided how the job ends and everything is committed that will be, before anything is removed
//! that it could run again from.
//!
//! An attempt that finds one does not run the job. It removes what the attempt before may not have come to remove, and says
//! how the job has ended. What is kept of the job is enough to show it as it was at its end, but for its numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_hadoop_conf::{ConfigError, Configuration, Source};
use alpheus_state::handle::TaskId;
use alpheus_storage::{FileSystem, Location};
use serde::{Deserialize, Serialize};

use super::record::{MasterRecord, RECORD_FILE};
use super::{YarnApplicationError, small_file};
use crate::checkpoint::{CheckpointConfig, CheckpointHistory};
use crate::job_master::machine::{ExceptionRecord, TaskInfo};
use crate::job_master::{Ended, JobView};
use crate::job_status::JobStatus;

/// Its name in the job's folder.
pub const ENDED_FILE: &str = "ended.json";

/// See the module's documentation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EndedJob {
    job: JobId,
    graph: JobGraph,
    status: JobStatus,
    failure: Option<String>,
    /// When it came into each status, ms since the epoch.
    timestamps: BTreeMap<JobStatus, i64>,
    attempt: AttemptNumber,
    restarts: u32,
    tasks: Vec<(TaskId, TaskInfo)>,
    exceptions: Vec<ExceptionRecord>,
}

impl EndedJob {
    /// What is kept of a job at its end.
    pub fn of(view: &JobView) -> Self {
        let at = |status: JobStatus| Some((status, view.timestamp(status)?));
        EndedJob {
            job: view.job,
            graph: (*view.graph).clone(),
            status: view.status,
            failure: view.failure.clone(),
            timestamps: JobStatus::ALL.into_iter().filter_map(at).collect(),
            attempt: view.attempt,
            restarts: view.restarts,
            tasks: view
                .tasks
                .iter()
                .map(|(task, info)| (*task, info.clone()))
                .collect(),
            exceptions: view.exceptions.clone(),
        }
    }

    /// How it has ended.
    pub fn ended(&self) -> Ended {
        Ended {
            status: self.status,
            failure: self.failure.clone(),
        }
    }

    /// When it ended, ms since the epoch.
    pub fn at(&self) -> i64 {
        self.timestamps.get(&self.status).copied().unwrap_or(0)
    }

    /// The job as REST shows it.
    ///
    /// # Errors
    /// When an option of the job is wrong: it was not when it ran.
    pub fn view(self) -> Result<JobView, ConfigError> {
        let mut configuration = Configuration::new();
        for (key, value) in &self.graph.configuration {
            let source = Source::Deployment("the job that has ended".to_owned());
            configuration.set(key, value, source)?;
        }
        let at = self.at();
        let timestamps = self.timestamps.into_iter();
        Ok(JobView {
            job: self.job,
            status: self.status,
            timestamps: timestamps.map(|(on, at)| (on.as_str(), at)).collect(),
            now: at,
            attempt: self.attempt,
            restarts: self.restarts,
            running_since: None,
            tasks: self.tasks.into_iter().collect(),
            workers: BTreeMap::new(),
            exceptions: self.exceptions,
            failure: self.failure,
            checkpoint_config: CheckpointConfig::from_configuration(&configuration, self.job)?,
            checkpoints: CheckpointHistory::default(),
            latest_checkpoint: None,
            savepoints: BTreeMap::new(),
            metrics: BTreeMap::new(),
            graph: Arc::new(self.graph),
        })
    }

    /// Keeps it in the job's folder. What is there already stays: a job ends once. False, and nothing is kept, from an attempt
    /// that has been replaced: how the job ends is its successor's to say.
    ///
    /// # Errors
    /// When the file system does not allow it.
    pub fn keep(
        &self,
        fs: &dyn FileSystem,
        folder: &Location,
        attempt: u32,
    ) -> Result<bool, YarnApplicationError> {
        let file = folder.join(ENDED_FILE);
        if MasterRecord::is_replaced(fs, &folder.join(RECORD_FILE), attempt)? {
            return Ok(false);
        }
        if fs.exists(&file)? {
            return Ok(true);
        }
        let json = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        small_file::create(fs, &file, &attempt.to_string(), &json)?;
        Ok(true)
    }

    /// What is kept in a job's folder; `None` for a job that has not ended.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn find(
        fs: &dyn FileSystem,
        folder: &Location,
    ) -> Result<Option<Self>, YarnApplicationError> {
        match fs.read(&folder.join(ENDED_FILE)) {
            Err(error) if error.is_not_found() => Ok(None),
            bytes => serde_json::from_slice(&bytes?).map(Some).map_err(|error| {
                YarnApplicationError::Malformed {
                    what: ENDED_FILE,
                    reason: error.to_string(),
                }
            }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use alpheus_dataflow::ids::{SubtaskIndex, VertexId};
    use alpheus_storage::LocalFileSystem;
    use alpheus_worker::control::WorkerId;

    use super::*;
    use crate::job_status::ExecutionState;
    use crate::testing::empty_graph;

    /// A job that was made at 0 and ended then.
    pub fn ended(job: JobId, status: JobStatus, at: i64) -> EndedJob {
        let task = TaskId {
            vertex: VertexId(0),
            subtask: SubtaskIndex(1),
        };
        let info = TaskInfo {
            state: ExecutionState::Finished,
            worker: WorkerId(3),
            started_at: 1,
            since: 2,
        };
        EndedJob {
            job,
            graph: empty_graph(),
            status,
            failure: (status == JobStatus::Failed).then(|| "boom".to_owned()),
            timestamps: BTreeMap::from([(JobStatus::Created, 0), (status, at)]),
            attempt: AttemptNumber(4),
            restarts: 3,
            tasks: vec![(task, info)],
            exceptions: Vec::new(),
        }
    }

    #[test]
    fn a_job_is_shown_as_it_was_at_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let (fs, folder) = (LocalFileSystem, Location::local(dir.path()));
        assert!(EndedJob::find(&fs, &folder).unwrap().is_none());
        let kept = ended(JobId(7), JobStatus::Failed, 5_000);
        kept.keep(&fs, &folder, 1).unwrap();
        let view = EndedJob::find(&fs, &folder)
            .unwrap()
            .unwrap()
            .view()
            .unwrap();
        assert_eq!((view.job, view.status), (JobId(7), JobStatus::Failed));
        assert_eq!(view.failure.as_deref(), Some("boom"));
        assert_eq!((view.duration(), view.end_time()), (5_000, Some(5_000)));
        assert_eq!(view.graph.name, "a job");
        assert_eq!(view.tasks.len(), 1);
        // And what is kept of that is the same again.
        let again = serde_json::to_value(EndedJob::of(&view)).unwrap();
        assert_eq!(again, serde_json::to_value(&kept).unwrap());
    }

    #[test]
    fn a_job_ends_once_and_not_by_the_word_of_an_attempt_that_was_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (fs, folder) = (LocalFileSystem, Location::local(dir.path()));
        let successor = MasterRecord {
            attempt: 2,
            control_address: "node:1".to_owned(),
        };
        successor.write(&fs, &folder.join(RECORD_FILE)).unwrap();
        let status = || EndedJob::find(&fs, &folder).unwrap().map(|job| job.status);
        let canceled = ended(JobId(7), JobStatus::Canceled, 1);
        assert!(!canceled.keep(&fs, &folder, 1).unwrap());
        assert_eq!(status(), None);
        let finished = ended(JobId(7), JobStatus::Finished, 2);
        assert!(finished.keep(&fs, &folder, 2).unwrap());
        assert!(canceled.keep(&fs, &folder, 3).unwrap());
        assert_eq!(status(), Some(JobStatus::Finished));
    }

    #[test]
    fn a_file_that_is_none_keeps_the_job_from_running() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(ENDED_FILE), "{").unwrap();
        let found = EndedJob::find(&LocalFileSystem, &Location::local(dir.path()));
        assert!(found.unwrap_err().to_string().contains(ENDED_FILE));
    }
}
