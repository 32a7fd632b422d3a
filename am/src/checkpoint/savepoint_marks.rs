//! Savepoints whose committables may still be uncommitted, written down for the next attempt of the AM.
//!
//! What a savepoint has prepared is committed by the next checkpoint of the running job or, after a start from the
//! savepoint, by another job. Until then a clean-up must leave it alone, also the clean-up of an attempt of the AM that
//! was not there when the savepoint was taken. So each savepoint leaves a small file in the job's checkpoint folder that
//! says where it lies; whether it is still there, its own folder says.

use alpheus_dataflow::ids::CheckpointId;
use alpheus_state::StateError;
use alpheus_state::encryption::KeyRing;
use alpheus_state::error::Result;
use alpheus_state::metadata::CheckpointMetadata;
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError, file_system_for};

use super::pending::{Committables, add_committables};

const PREFIX: &str = ".savepoint-";

/// Leaves the mark of a savepoint. To be called before it is published.
pub(super) fn leave(
    fs: &dyn FileSystem,
    job_folder: &Location,
    id: CheckpointId,
    savepoint: &Location,
) -> std::result::Result<(), StorageError> {
    let mark = job_folder.join(&format!("{PREFIX}{id}"));
    fs.write(
        &mark,
        savepoint.to_string().as_bytes(),
        CreateMode::Overwrite,
    )
}

/// What all marked savepoints that are still there have prepared; marks of others are removed.
pub(super) fn committables(
    fs: &dyn FileSystem,
    job_folder: &Location,
    keys: Option<&KeyRing>,
) -> Result<Committables> {
    let mut all = Committables::new();
    let children = match fs.list(job_folder) {
        Ok(children) => children,
        Err(error) if error.is_not_found() => return Ok(all),
        Err(error) => return Err(error.into()),
    };
    for mark in children {
        if !mark.location.name().starts_with(PREFIX) {
            continue;
        }
        let text = fs.read(&mark.location)?;
        let savepoint: Location = String::from_utf8_lossy(&text).parse()?;
        match CheckpointMetadata::read(&*file_system_for(&savepoint)?, &savepoint, keys) {
            Ok(metadata) => {
                for (operator, new) in metadata.all_committables() {
                    add_committables(&mut all, operator, &new);
                }
            }
            Err(StateError::Storage(error)) if error.is_not_found() => {
                fs.delete(&mark.location, false)?;
            }
            Err(StateError::Storage(error)) => return Err(error.into()),
            // Nobody can start from it.
            Err(error) => tracing::warn!(%savepoint, %error, "a savepoint is of no use"),
        }
    }
    Ok(all)
}
