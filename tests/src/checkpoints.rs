//! What a job has left in its folder for checkpoints.

use std::path::{Path, PathBuf};

use alpheus_state::paths::resolve_restore_path;
use alpheus_storage::{LocalFileSystem, Location};
use alpheus_worker::results::decode;

/// Bytes in front of the rows in what a query's collecting sink leaves to commit.
const IDENTIFIER: usize = 24;

/// The folder of the only job below `checkpoints`, if it has left a checkpoint.
///
/// # Panics
/// When there are several jobs.
pub fn only_job(checkpoints: &Path) -> Option<PathBuf> {
    let jobs = std::fs::read_dir(checkpoints).ok()?;
    let jobs: Vec<PathBuf> = jobs.flatten().map(|entry| entry.path()).collect();
    assert!(jobs.len() < 2, "{} jobs have left checkpoints", jobs.len());
    jobs.into_iter().next()
}

/// How many rows the newest checkpoint of a query will show (again) to whoever starts from it.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn rows_to_show(job: &Path) -> Result<usize, String> {
    let folder = Location::local(job);
    let found = resolve_restore_path(&LocalFileSystem, &folder, None).map_err(|e| e.to_string())?;
    let mut rows = 0;
    for (_, committables) in found.metadata.all_committables() {
        for committable in committables {
            let batches = committable
                .get(IDENTIFIER..)
                .ok_or("it has no identifier")?;
            let batches = decode(batches).map_err(|error| error.to_string())?;
            rows += batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
        }
    }
    Ok(rows)
}
