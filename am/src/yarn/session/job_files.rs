//! The jobs of a session on the cluster's file system: a folder of each in the staging folder, `jobs/JOB`, with the job's file
//! and the record of who is in charge of it.
//!
//! The file is there, whole, before the submission is acknowledged, and goes when it is decided how the job ends, before its
//! checkpoints do: what the next attempt of the master finds is what it has to go on with. A folder without the file is of a submission that nobody was told of.

use std::sync::Arc;

use alpheus_dataflow::ids::JobId;
use alpheus_storage::{CreateMode, FileSystem, Location, file_system_for};

use crate::yarn::YarnApplicationError;
use crate::yarn::record::RECORD_FILE;
use crate::yarn::settings::{JOB_FILE, JobFile};

/// The folder of jobs in the staging folder.
const JOBS: &str = "jobs";

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

    fn folder(&self, job: JobId) -> Location {
        self.root.join(&job.to_string())
    }

    /// Where the record of who is in charge of a job lies.
    pub fn record(&self, job: JobId) -> Location {
        self.folder(job).join(RECORD_FILE)
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

    /// A job has ended.
    pub fn remove(&self, job: JobId) {
        let folder = self.folder(job);
        if let Err(error) = self.fs.delete(&folder, true) {
            tracing::error!(%folder, %error, "the next attempt of the master would run this job again");
        }
    }

    /// The jobs that are kept. Those that were not acknowledged are removed; one that cannot be read stays, and the others do
    /// not wait for it.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn all(&self) -> Result<Vec<(JobId, JobFile)>, YarnApplicationError> {
        let children = match self.fs.list(&self.root) {
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            children => children?,
        };
        let mut found = Vec::new();
        for child in children {
            let Ok(job) = child.location.name().parse::<JobId>() else {
                continue;
            };
            match self.fs.read(&child.location.join(JOB_FILE)) {
                Err(error) if error.is_not_found() => self.remove(job),
                Err(error) => tracing::error!(%job, %error, "the job cannot be taken over"),
                Ok(bytes) => match serde_json::from_slice(&bytes) {
                    Ok(file) => found.push((job, file)),
                    Err(error) => tracing::error!(%job, %error, "the job cannot be taken over"),
                },
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Configuration;

    use super::*;
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
        let found: Vec<JobId> = files.all().unwrap().iter().map(|(job, _)| *job).collect();
        assert_eq!(found, [JobId(7), JobId(8)]);
        let stays = |job: u128| std::fs::exists(jobs.join(JobId(job).to_string())).unwrap();
        assert!(!stays(9) && stays(10));
        files.remove(JobId(7));
        let found: Vec<JobId> = files.all().unwrap().iter().map(|(job, _)| *job).collect();
        assert_eq!(found, [JobId(8)]);
    }
}
