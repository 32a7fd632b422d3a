//! Files that several checkpoints refer to: whose they are, and when they go.

use std::collections::BTreeMap;

use alpheus_state::metadata::CheckpointMetadata;
use alpheus_state::rocksdb::SHARED_FOLDER;
use alpheus_state::{StateError, paths};
use alpheus_storage::{Location, file_system_for};

use super::StateStore;

impl StateStore {
    /// Notes which shared files the checkpoints in a folder refer to, once.
    fn scan(&mut self, folder: &Location) -> Result<(), StateError> {
        if !self.scanned.insert(folder.to_string()) {
            return Ok(());
        }
        let scanned = self.scan_now(folder);
        if scanned.is_err() {
            self.scanned.remove(&folder.to_string());
        }
        scanned
    }

    fn scan_now(&mut self, folder: &Location) -> Result<(), StateError> {
        let fs = file_system_for(folder)?;
        for (_, checkpoint, complete) in paths::list_checkpoints(&*fs, folder)? {
            if complete {
                let metadata = CheckpointMetadata::read(&*fs, &checkpoint, self.keys.as_deref())?;
                self.share(&checkpoint, &metadata);
            }
        }
        Ok(())
    }

    /// Notes which shared files a checkpoint refers to. Those of a job that this one has claimed may be needed by other
    /// checkpoints of that job: where these cannot be read, the files stay for good.
    pub(super) fn share(&mut self, folder: &Location, metadata: &CheckpointMetadata) {
        let files = metadata.shared_files();
        self.shared.add(&folder.to_string(), files.iter().copied());
        let mut of_others: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for file in files {
            let location = file.parse::<Location>().ok();
            let job = location.and_then(|file| file.parent()?.parent());
            let job = job.map(|job| job.to_string()).unwrap_or_default();
            if self.job_folder.as_ref() != Some(&job) {
                of_others.entry(job).or_default().push(file);
            }
        }
        for (job, files) in of_others {
            let scanned = job.parse().map_err(StateError::from);
            if let Err(error) = scanned.and_then(|job| self.scan(&job)) {
                tracing::warn!(job, %error, "checkpoints that may share files with this job's cannot be read");
                self.shared.add(&format!("unknown ones in {job}"), files);
            }
        }
    }

    /// Deletes shared files of this job that no checkpoint refers to. Only while no task runs: what a
    /// checkpoint under way has written is not referred to yet.
    fn sweep(&mut self) -> Result<(), StateError> {
        let Some(folder) = &self.job_folder else {
            return Ok(());
        };
        let folder: Location = folder.parse()?;
        let fs = file_system_for(&folder)?;
        let files = match fs.list(&folder.join(SHARED_FOLDER)) {
            Ok(files) => files,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.scan(&folder)?;
        for file in files {
            if !self.shared.is_used(&file.location.to_string()) {
                fs.delete(&file.location, false)?;
            }
        }
        Ok(())
    }

    /// [`StateStore::sweep`]; leftovers are no reason not to start.
    pub(super) fn sweep_or_warn(&mut self) {
        if let Err(error) = self.sweep() {
            tracing::warn!(%error, "state files that no checkpoint needs could not be deleted");
        }
    }
}
