//! What an attempt of the AM finds of the one before it: the job's published checkpoints.
//!
//! First it leaves its mark, from which on older attempts publish and commit nothing more; then it looks. Folders
//! without `_metadata` are checkpoints that nobody will complete, and are removed. Numbers go on behind the highest one
//! that was seen, with some room: the old attempt may have been about to publish one more.

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_state::metadata::METADATA_FILE;
use alpheus_state::{StateError, paths};
use alpheus_storage::{FileSystem, Location};

use super::CompletedCheckpoint;

/// Numbers that are left out behind the highest that was seen.
const ROOM: u64 = 8;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Takeover {
    /// Published checkpoints, oldest first.
    pub retained: Vec<CompletedCheckpoint>,
    /// No new checkpoint may have a lower number.
    pub next: Option<CheckpointId>,
}

impl Takeover {
    /// Takes a job's checkpoint folder over.
    ///
    /// # Errors
    /// When the file system does not allow it.
    pub fn of(
        fs: &dyn FileSystem,
        job_folder: &Location,
        attempt: AttemptNumber,
    ) -> Result<Self, StateError> {
        paths::claim(fs, job_folder, attempt)?;
        let mut takeover = Takeover::default();
        for (id, folder, complete) in paths::list_checkpoints(fs, job_folder)? {
            takeover.next = takeover.next.max(Some(CheckpointId(id.0 + ROOM)));
            if !complete {
                fs.delete(&folder, true)?;
                continue;
            }
            let metadata = fs.status(&folder.join(METADATA_FILE))?;
            takeover.retained.push(CompletedCheckpoint {
                id,
                location: folder.to_string(),
                metadata_bytes: metadata.length,
            });
        }
        Ok(takeover)
    }

    /// The newest published checkpoint.
    pub fn newest(&self) -> Option<&CompletedCheckpoint> {
        self.retained.last()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_storage::{CreateMode, LocalFileSystem};

    #[test]
    fn what_is_published_is_kept_and_what_is_torn_removed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Location::local(dir.path());
        let fs = LocalFileSystem;
        for (number, file) in [(7, METADATA_FILE), (9, METADATA_FILE), (10, "state-0")] {
            let file = folder.join(&format!("chk-{number}")).join(file);
            fs.write(&file, b"content", CreateMode::New).unwrap();
        }
        let found = Takeover::of(&fs, &folder, AttemptNumber(65537)).unwrap();
        let ids: Vec<u64> = found
            .retained
            .iter()
            .map(|checkpoint| checkpoint.id.0)
            .collect();
        assert_eq!(ids, [7, 9]);
        assert_eq!(found.newest().unwrap().metadata_bytes, 7);
        assert!(found.next.unwrap() > CheckpointId(10));
        assert!(!fs.exists(&folder.join("chk-10")).unwrap());
        let claim = paths::latest_claim(&fs, &folder).unwrap();
        assert_eq!(claim, Some(AttemptNumber(65537)));
    }

    #[test]
    fn a_job_without_checkpoints_leaves_nothing_to_take_over() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Location::local(dir.path().join("none"));
        let found = Takeover::of(&LocalFileSystem, &folder, AttemptNumber(1)).unwrap();
        assert_eq!(found, Takeover::default());
    }
}
