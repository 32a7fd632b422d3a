//! A database from those of a checkpoint, whatever the parallelism was.
//!
//! The database that holds most of the subtask's key groups is brought here whole and opened; what it
//! holds of other groups is cut off, whole files first. The groups that are missing are read from the
//! others, each brought here for that time.

use std::path::Path;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::key_group::KeyGroupRange;

use super::database::Database;
use super::native::download;
use super::{RocksDb, RocksDbOwner};
use crate::handle::NativeStateHandle;
use crate::local_backup::CheckpointFiles;

/// The groups that both have.
fn overlap(handle: &NativeStateHandle, range: KeyGroupRange) -> KeyGroupRange {
    let start = handle.key_groups.0.max(range.start);
    let end = handle.key_groups.1.min(range.end).max(start);
    KeyGroupRange { start, end }
}

/// Makes the database of `owner` in `folder` from these; an empty one without any.
///
/// # Errors
/// When files are missing or damaged, or the disk is full.
pub(super) fn restore(
    folder: &Path,
    worker: &Arc<RocksDb>,
    owner: &RocksDbOwner,
    (mut handles, files): (Vec<NativeStateHandle>, CheckpointFiles),
) -> OperatorResult<Arc<Database>> {
    let range = owner.key_groups;
    handles.retain(|handle| !overlap(handle, range).is_empty());
    handles.sort_by_key(|handle| std::cmp::Reverse(overlap(handle, range).len()));
    let mut handles = handles.into_iter();
    let Some(base) = handles.next() else {
        return Database::create(folder, worker).map(Arc::new);
    };
    let open = |handle: &NativeStateHandle, folder: &Path| {
        // What is there is of a start that failed.
        let _ = std::fs::remove_dir_all(folder);
        download(handle, &files, folder, worker.options.transfer_threads)?;
        Database::open(folder, worker, &owner.clock)
    };
    let database = Arc::new(open(&base, folder)?);
    worker.restored_with(&owner.name, &base.files);
    let (start, end) = base.key_groups;
    if start < range.start || end > range.end {
        database.keep(range)?;
    }
    for handle in handles {
        let other = open(&handle, &folder.with_extension("other"))?;
        database.take_over(&other, overlap(&handle, range), &owner.clock)?;
    }
    Ok(database)
}
