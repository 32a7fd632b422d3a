//! Where checkpoints and savepoints lie, as in Flink, and what `-s PATH` may name.
//!
//! ```text
//! <execution.checkpointing.dir>/<job id>/chk-<n>/_metadata
//! <execution.checkpointing.savepoint-dir>/savepoint-<6 digits of the job id>-<12 random digits>/_metadata
//! ```

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId};
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError};

use crate::encryption::KeyRing;
use crate::error::{Result, StateError};
use crate::metadata::{CheckpointMetadata, METADATA_FILE};
use crate::protocol::{FoundFolder, decide_restart};

const CHECKPOINT_PREFIX: &str = "chk-";
const CLAIM_PREFIX: &str = ".attempt-";

/// The folder of all checkpoints of a job.
pub fn job_folder(base: &Location, job: JobId) -> Location {
    base.join(&job.to_string())
}

/// The folder of one checkpoint.
pub fn checkpoint_folder(base: &Location, job: JobId, checkpoint: CheckpointId) -> Location {
    job_folder(base, job).join(&format!("{CHECKPOINT_PREFIX}{checkpoint}"))
}

/// The folder of a savepoint; `random` makes its name unique.
pub fn savepoint_folder(base: &Location, job: JobId, random: u64) -> Location {
    let job = job.to_string();
    base.join(&format!(
        "savepoint-{}-{:012x}",
        &job[..6],
        random & 0xffff_ffff_ffff
    ))
}

/// The number of a checkpoint's folder; `None` for other names.
pub fn checkpoint_number(folder_name: &str) -> Option<CheckpointId> {
    let digits = folder_name.strip_prefix(CHECKPOINT_PREFIX)?;
    digits.parse().ok().map(CheckpointId)
}

/// Claims the job for an attempt: from now on older attempts commit nothing. Claiming again is fine.
///
/// # Errors
/// When the mark cannot be written.
pub fn claim(fs: &dyn FileSystem, job_folder: &Location, attempt: AttemptNumber) -> Result<()> {
    let mark = job_folder.join(&format!("{CLAIM_PREFIX}{attempt}"));
    match fs.write(&mark, b"", CreateMode::New) {
        Ok(()) | Err(StorageError::AlreadyExists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The latest attempt that has claimed the job.
///
/// # Errors
/// When the folder cannot be listed. One that does not exist has no claims.
pub fn latest_claim(fs: &dyn FileSystem, job_folder: &Location) -> Result<Option<AttemptNumber>> {
    let children = match fs.list(job_folder) {
        Ok(children) => children,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let attempts = children.iter().filter_map(|child| {
        let digits = child.location.name().strip_prefix(CLAIM_PREFIX)?;
        digits.parse().ok().map(AttemptNumber)
    });
    Ok(attempts.max())
}

/// A checkpoint that was found.
#[derive(Clone, Debug)]
pub struct FoundCheckpoint {
    /// Its folder.
    pub folder: Location,
    /// What it says about itself.
    pub metadata: CheckpointMetadata,
}

/// What is left in a job's checkpoint folder, ascending by number; see
/// [`protocol`](crate::protocol) for what is made of it.
///
/// # Errors
/// When the folder cannot be listed. One that does not exist is empty.
pub fn list_checkpoints(
    fs: &dyn FileSystem,
    job_folder: &Location,
) -> Result<Vec<(CheckpointId, Location, bool)>> {
    let children = match fs.list(job_folder) {
        Ok(children) => children,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for child in children.into_iter().filter(|child| child.is_directory) {
        if let Some(number) = checkpoint_number(child.location.name()) {
            let complete = fs.exists(&child.location.join(METADATA_FILE))?;
            found.push((number, child.location, complete));
        }
    }
    found.sort_by_key(|(number, _, _)| *number);
    Ok(found)
}

/// The one of a job's checkpoints that it goes on from: of several attempts' the last attempt's newest.
fn newest_complete(
    fs: &dyn FileSystem,
    checkpoints: &[(CheckpointId, Location, bool)],
    keys: Option<&KeyRing>,
) -> Result<Option<FoundCheckpoint>> {
    let mut complete = Vec::new();
    for (_, folder, _) in checkpoints.iter().rev().filter(|found| found.2) {
        match CheckpointMetadata::read(fs, folder, keys) {
            Ok(metadata) => complete.push(FoundCheckpoint {
                folder: folder.clone(),
                metadata,
            }),
            // To go back behind the newest is for the user to decide.
            Err(error) if complete.is_empty() => return Err(error),
            Err(_) => {}
        }
    }
    let folders: Vec<FoundFolder> = complete
        .iter()
        .map(|found| FoundFolder {
            id: found.metadata.checkpoint,
            published_by: Some(found.metadata.attempt),
        })
        .collect();
    let newest = decide_restart(&folders, usize::MAX).restore;
    Ok(complete
        .into_iter()
        .find(|found| Some(found.metadata.checkpoint) == newest))
}

/// The checkpoint that `path` names: a savepoint's or checkpoint's folder, its `_metadata` file, or a
/// job's checkpoint folder (then the newest complete one). `keys` open it when it is encrypted.
///
/// # Errors
/// When there is none, it is damaged or of a newer version, or there is no key for it.
pub fn resolve_restore_path(
    fs: &dyn FileSystem,
    path: &Location,
    keys: Option<&KeyRing>,
) -> Result<FoundCheckpoint> {
    let none = |detail: String| StateError::NoCheckpoint {
        path: path.to_string(),
        detail,
    };
    let status = match fs.status(path) {
        Ok(status) => status,
        Err(error) if error.is_not_found() => {
            return Err(none("it does not exist; check the path".to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    let found = |folder: Location| {
        let metadata = CheckpointMetadata::read(fs, &folder, keys)?;
        Ok(FoundCheckpoint { folder, metadata })
    };
    if !status.is_directory {
        return match (path.name() == METADATA_FILE, path.parent()) {
            (true, Some(folder)) => found(folder),
            _ => Err(none(format!(
                "it is a file; give the folder that has {METADATA_FILE} in it"
            ))),
        };
    }
    if fs.exists(&path.join(METADATA_FILE))? {
        return found(path.clone());
    }
    let checkpoints = list_checkpoints(fs, path)?;
    if let Some(newest) = newest_complete(fs, &checkpoints, keys)? {
        return Ok(newest);
    }
    if !checkpoints.is_empty() {
        return Err(none(format!(
            "none of its {} checkpoint folders has a {METADATA_FILE}, so none is complete",
            checkpoints.len()
        )));
    }
    if checkpoint_number(path.name()).is_some() {
        return Err(none(format!(
            "it has no {METADATA_FILE}: this checkpoint was never completed"
        )));
    }
    let jobs: Vec<String> = fs
        .list(path)?
        .into_iter()
        .filter(|child| child.is_directory && child.location.name().parse::<JobId>().is_ok())
        .map(|child| child.location.to_string())
        .collect();
    if jobs.is_empty() {
        return Err(none(format!(
            "it has neither {METADATA_FILE} nor {CHECKPOINT_PREFIX}N folders"
        )));
    }
    Err(none(format!(
        "it holds the checkpoints of {} jobs; give one of them: {}",
        jobs.len(),
        jobs.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_storage::LocalFileSystem;

    use super::*;
    use crate::metadata::tests::sample;

    #[test]
    fn finds_what_people_name() {
        let temporary = tempfile::tempdir().unwrap();
        let base = Location::local(temporary.path());
        let fs = LocalFileSystem;
        for number in [2, 9, 10] {
            let folder = checkpoint_folder(&base, JobId(7), CheckpointId(number));
            sample(number).publish(&fs, &folder, None).unwrap();
        }
        // Torn: files, but no metadata.
        let torn = checkpoint_folder(&base, JobId(7), CheckpointId(11));
        fs.write(&torn.join("state-1"), b"x", CreateMode::New)
            .unwrap();
        let number = |path: &Location| {
            resolve_restore_path(&fs, path, None).map(|found| found.metadata.checkpoint.0)
        };
        let job = job_folder(&base, JobId(7));
        assert_eq!(number(&job).unwrap(), 10);
        // What a later attempt has published counts, whatever its number.
        let mut later = sample(3);
        later.attempt = AttemptNumber(2);
        let folder = checkpoint_folder(&base, JobId(7), CheckpointId(3));
        later.publish(&fs, &folder, None).unwrap();
        assert_eq!(number(&job).unwrap(), 3);
        assert_eq!(number(&job.join("chk-9")).unwrap(), 9);
        assert_eq!(number(&job.join("chk-2/_metadata")).unwrap(), 2);
        for (path, words) in [
            (torn, "never completed"),
            (job.join("chk-12"), "does not exist"),
            (job.join("chk-11/state-1"), "it is a file"),
            (base.clone(), "checkpoints of 1 jobs"),
        ] {
            let error = number(&path).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert_eq!(latest_claim(&fs, &job).unwrap(), None);
        for attempt in [1, 10, 9, 9] {
            claim(&fs, &job, AttemptNumber(attempt)).unwrap();
        }
        assert_eq!(latest_claim(&fs, &job).unwrap(), Some(AttemptNumber(10)));
        let savepoint = savepoint_folder(&base, JobId(7 << 104), 5);
        assert_eq!(savepoint.name(), "savepoint-000007-000000000005");
    }
}
