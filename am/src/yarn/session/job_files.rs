//! The jobs of a session on the cluster's file system: a folder of each in the staging folder, `jobs/JOB`, with the job's file
//! and the record of who is in charge of it, and in the end how it has ended.
//!
//! | job's file | how it ended | what the next attempt of the master does |
//! |---|---|---|
//! | there | - | goes on with it |
//! | there | there | removes its checkpoints and shows it |
//! | - | there | shows it, for as long as jobs that have ended are shown |
//! | - | - | removes the folder: it is of a submission that nobody was told of |
//!
//! The job's file is there, whole, before the submission is acknowledged. How the job ends is there before its checkpoints go,
//! and its file goes after them.

use std::sync::Arc;

use alpheus_dataflow::ids::JobId;
use alpheus_storage::{CreateMode, FileSystem, Location, file_system_for};

use crate::yarn::YarnApplicationError;
use crate::yarn::ended_job::{ENDED_FILE, EndedJob};
use crate::yarn::record::{MasterRecord, RECORD_FILE};
use crate::yarn::settings::{JOB_FILE, JobFile};

/// The folder of jobs in the staging folder.
const JOBS: &str = "jobs";

/// What is kept of a job: one of the two, or both.
pub struct KeptJob {
    /// The job.
    pub job: JobId,
    /// What to run; `None` when nothing of it is left to be done.
    pub file: Option<JobFile>,
    /// How it has ended, if it has.
    pub ended: Option<EndedJob>,
}

/// See the module's documentation.
#[derive(Clone)]
pub struct JobFiles {
    fs: Arc<dyn FileSystem>,
    root: Location,
}

impl JobFiles {
    /// Those of the session with this staging folder.
    ///
    /// # Errors
    /// When its file system is not known.
    pub fn of(staging: &Location) -> Result<Self, YarnApplicationError> {
        Ok(JobFiles {
            fs: file_system_for(staging)?,
            root: staging.join(JOBS),
        })
    }

    /// A job's folder.
    pub fn folder(&self, job: JobId) -> Location {
        self.root.join(&job.to_string())
    }

    /// Keeps a job.
    ///
    /// # Errors
    /// When the file system does not allow it; then nothing stays.
    pub fn put(&self, job: JobId, file: &JobFile) -> Result<(), YarnApplicationError> {
        let folder = self.folder(job);
        let unfinished = folder.join(&format!(".{JOB_FILE}"));
        let written = (|| {
            let json = serde_json::to_vec(file).map_err(std::io::Error::from)?;
            self.fs.create_directory(&folder)?;
            self.fs.set_permissions(&folder, 0o700)?;
            self.fs.write(&unfinished, &json, CreateMode::Overwrite)?;
            self.fs.set_permissions(&unfinished, 0o600)?;
            self.fs.rename(&unfinished, &folder.join(JOB_FILE))?;
            Ok(())
        })();
        if written.is_err() {
            self.remove(job);
        }
        written
    }

    /// A job has ended and left nothing: it need only be shown. An attempt that has been replaced leaves it to its successor.
    pub fn conclude(&self, job: JobId, attempt: u32) {
        let folder = self.folder(job);
        let record = folder.join(RECORD_FILE);
        let concluded = (|| {
            if MasterRecord::is_replaced(&*self.fs, &record, attempt)? {
                return Ok(());
            }
            match self.fs.exists(&folder.join(ENDED_FILE))? {
                true => {
                    self.fs.delete(&record, false)?;
                    self.fs.delete(&folder.join(JOB_FILE), false)?;
                }
                false => drop(self.fs.delete(&folder, true)?),
            }
            Ok::<_, YarnApplicationError>(())
        })();
        if let Err(error) = concluded {
            tracing::warn!(%folder, %error, "the next attempt of the master will clean up after this job again");
        }
    }

    /// A job is not to be known any more.
    pub fn remove(&self, job: JobId) {
        let folder = self.folder(job);
        if let Err(error) = self.fs.delete(&folder, true) {
            tracing::error!(%folder, %error, "the next attempt of the master would find this job again");
        }
    }

    /// The jobs that are kept, those first that ended first. Those that were not acknowledged are removed; one that cannot be
    /// read stays, and the others do not wait for it.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn all(&self) -> Result<Vec<KeptJob>, YarnApplicationError> {
        let children = match self.fs.list(&self.root) {
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            children => children?,
        };
        let mut found = Vec::new();
        for child in children {
            let Ok(job) = child.location.name().parse::<JobId>() else {
                continue;
            };
            match self.find(job) {
                Ok(Some(kept)) => found.push(kept),
                Ok(None) => self.remove(job),
                Err(error) => tracing::error!(%job, %error, "the job cannot be taken over"),
            }
        }
        found.sort_by_key(|kept| kept.ended.as_ref().map_or(i64::MAX, EndedJob::at));
        Ok(found)
    }

    /// What is kept of a job; `None` for one that was not acknowledged.
    fn find(&self, job: JobId) -> Result<Option<KeptJob>, YarnApplicationError> {
        let folder = self.folder(job);
        let ended = EndedJob::find(&*self.fs, &folder)?;
        let file = match self.fs.read(&folder.join(JOB_FILE)) {
            Err(error) if error.is_not_found() => None,
            bytes => Some(serde_json::from_slice(&bytes?).map_err(|error| {
                YarnApplicationError::Malformed {
                    what: JOB_FILE,
                    reason: error.to_string(),
                }
            })?),
        };
        let kept = KeptJob { job, file, ended };
        Ok((kept.file.is_some() || kept.ended.is_some()).then_some(kept))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Configuration;

    use super::*;
    use crate::job_status::JobStatus;
    use crate::yarn::ended_job;
    use crate::yarn::settings::{BatchScript, Work};

    fn file(name: &str) -> JobFile {
        JobFile {
            work: Work::Batch(BatchScript {
                name: name.to_owned(),
                text: String::new(),
            }),
            configuration: Configuration::new(),
        }
    }

    #[test]
    fn what_was_acknowledged_is_found_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let files = JobFiles::of(&Location::local(dir.path())).unwrap();
        assert!(files.all().unwrap().is_empty());
        files.put(JobId(7), &file("seven")).unwrap();
        files.put(JobId(8), &file("eight")).unwrap();
        // Died while it wrote; damaged; of somebody else.
        let jobs = dir.path().join(JOBS);
        std::fs::create_dir(jobs.join(JobId(9).to_string())).unwrap();
        std::fs::create_dir(jobs.join(JobId(10).to_string())).unwrap();
        std::fs::write(jobs.join(JobId(10).to_string()).join(JOB_FILE), "{").unwrap();
        std::fs::create_dir(jobs.join("notes")).unwrap();
        let found =
            || -> Vec<u128> { files.all().unwrap().iter().map(|kept| kept.job.0).collect() };
        assert_eq!(found(), [7, 8]);
        let stays = |job: u128| std::fs::exists(jobs.join(JobId(job).to_string())).unwrap();
        assert!(!stays(9) && stays(10));
        files.remove(JobId(7));
        assert_eq!(found(), [8]);
    }

    /// What the next attempt does with the only job: whether it has something to run, and whether it knows the end.
    fn next_attempt(files: &JobFiles) -> Option<(bool, bool)> {
        let kept = files.all().unwrap().pop()?;
        Some((kept.file.is_some(), kept.ended.is_some()))
    }

    #[test]
    fn wherever_the_master_dies_a_job_that_has_ended_is_not_run_again() {
        let dir = tempfile::tempdir().unwrap();
        let files = JobFiles::of(&Location::local(dir.path())).unwrap();
        let ended = ended_job::tests::ended(JobId(7), JobStatus::Finished, 1_000);
        let folder = files.folder(JobId(7));
        let fs = alpheus_storage::LocalFileSystem;
        files.put(JobId(7), &file("seven")).unwrap();
        assert_eq!(next_attempt(&files), Some((true, false)));
        ended.keep(&fs, &folder, 1).unwrap();
        assert_eq!(next_attempt(&files), Some((true, true)));
        files.conclude(JobId(7), 1);
        assert_eq!(next_attempt(&files), Some((false, true)));
        files.remove(JobId(7));
        assert_eq!(next_attempt(&files), None);
        // Where the end could not be kept there is nothing to show.
        files.put(JobId(7), &file("seven")).unwrap();
        files.conclude(JobId(7), 1);
        assert_eq!(next_attempt(&files), None);
        // What a later attempt goes on with is no business of an earlier one.
        files.put(JobId(7), &file("seven")).unwrap();
        let successor = MasterRecord {
            attempt: 2,
            control_address: "node:1".to_owned(),
        };
        successor.write(&fs, &folder.join(RECORD_FILE)).unwrap();
        files.conclude(JobId(7), 1);
        assert_eq!(next_attempt(&files), Some((true, false)));
    }

    #[test]
    fn jobs_that_have_ended_come_in_the_order_of_their_ends_and_before_those_that_run() {
        let dir = tempfile::tempdir().unwrap();
        let files = JobFiles::of(&Location::local(dir.path())).unwrap();
        let fs = alpheus_storage::LocalFileSystem;
        files.put(JobId(1), &file("runs")).unwrap();
        for (job, at) in [(2, 3_000), (3, 2_000)] {
            files.put(JobId(job), &file("ends")).unwrap();
            let ended = ended_job::tests::ended(JobId(job), JobStatus::Failed, at);
            ended.keep(&fs, &files.folder(JobId(job)), 1).unwrap();
        }
        let found: Vec<u128> = files.all().unwrap().iter().map(|kept| kept.job.0).collect();
        assert_eq!(found, [3, 2, 1]);
    }
}
