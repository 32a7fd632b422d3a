//! A database from those of a checkpoint, whatever the parallelism was.
//!
//! The database that holds most of the subtask's key groups is brought here and opened; what it
//! holds of other groups is cut off, whole files first. The groups that are missing are read from the
//! others, each brought here for that time. Of files that have no key of the subtask only the end is brought; nothing
//! reads more of them, because the database compacts nothing until they are cut off. One that is
//! still there then is brought after all: RocksDB drops no files that it has not yet sorted into levels.

use std::path::Path;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::key_group::KeyGroupRange;

use super::database::Database;
use super::native::{download, fetch};
use super::{RestoreFrom, RocksDb, RocksDbOwner};
use crate::handle::{NativeFile, NativeStateHandle};

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
    from: RestoreFrom,
) -> OperatorResult<Arc<Database>> {
    let RestoreFrom {
        mut handles,
        files,
        claimed,
    } = from;
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
        let mine = overlap(handle, range);
        let threads = worker.options.transfer_threads;
        let mut holes = download(handle, &files, folder, mine, threads)?;
        let fill = |holes: &[&NativeFile]| {
            holes
                .iter()
                .try_for_each(|file| fetch(file, &files, &folder.join(&file.name)))
        };
        let database = match Database::open(folder, worker, &owner.clock) {
            Err(_) if !holes.is_empty() => {
                // The end may have been too little.
                fill(&holes)?;
                holes.clear();
                Database::open(folder, worker, &owner.clock)?
            }
            opened => opened?,
        };
        let (start, end) = handle.key_groups;
        if start < mine.start || end > mine.end {
            database.keep(mine)?;
        }
        let left = database.table_files()?;
        holes.retain(|file| left.contains_key(&file.name));
        fill(&holes)?;
        database.begin_compactions()?;
        OperatorResult::Ok(database)
    };
    let database = Arc::new(open(&base, folder)?);
    worker.restored_with(&owner.name, &base.files, claimed);
    for handle in handles {
        let other = open(&handle, &folder.with_extension("other"))?;
        database.take_over(&other, overlap(&handle, range), &owner.clock)?;
    }
    Ok(database)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
    use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
    use alpheus_storage::{LocalFileSystem, Location};

    use super::*;
    use crate::encryption::DataKeys;
    use crate::rocksdb::testing::backend_of;
    use crate::rocksdb::{Column, NativeUploads, RocksDbBackend};

    const ROWS: u32 = 3000;

    fn key(group: u16, row: u32) -> Vec<u8> {
        [&group.to_be_bytes()[..], &row.to_be_bytes()].concat()
    }

    fn write(column: &Column, group: u16) {
        let rows = (0..ROWS).map(|row| {
            // Nothing that can be compressed.
            let noise = (0..25u64).map(|at| {
                (u64::from(row) << 16 ^ u64::from(group) << 8 ^ at)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .to_le_bytes()
            });
            (key(group, row), noise.collect::<Vec<_>>().concat())
        });
        let rows: Vec<_> = rows.collect();
        let rows = rows.iter().map(|(k, v)| (k.as_slice(), Some(v.as_slice())));
        column.write(rows).unwrap();
    }

    fn groups(backend: &Arc<RocksDbBackend>) -> BTreeSet<u16> {
        let column = backend.column("rows", "rows", 0, None).unwrap();
        let mut disk = column.iterator(None).unwrap();
        disk.seek_to_first();
        let mut found = Vec::new();
        while let Some(key) = disk.key() {
            found.push(u16::from_be_bytes(*key.first_chunk().unwrap()));
            disk.next();
        }
        column.check(&disk).unwrap();
        let groups: BTreeSet<u16> = found.iter().copied().collect();
        assert_eq!(found.len(), groups.len() * ROWS as usize);
        groups
    }

    /// A database of groups 5 and 100, each in files of its own, restored for groups up to 64.
    fn restored(sorted: bool) -> OperatorResult<BTreeSet<u16>> {
        let (_folder, backend) = backend_of(KeyGroupRange::all(128), true);
        let column = backend.column("rows", "rows", 0, None).unwrap();
        for group in [5, 100] {
            write(&column, group);
            let inner = column.database().inner();
            let handle = column.handle().unwrap();
            inner.flush_cf(&handle).unwrap();
            if sorted {
                let (from, to) = (key(group, 0), key(group, u32::MAX));
                inner.compact_range_cf(&handle, Some(from), Some(to));
            }
        }
        let barrier = CheckpointBarrier {
            id: CheckpointId(1),
            timestamp: 0,
            kind: CheckpointKind::Checkpoint,
            overtake_after_ms: None,
        };
        let mut frozen = backend.freeze(column.database(), Some(barrier)).unwrap();
        frozen.seal().unwrap();
        let place = tempfile::tempdir().unwrap();
        let folder = Location::local(place.path()).join("chk-1");
        let (mut handle, _) = NativeUploads::default().upload(
            &LocalFileSystem,
            &folder,
            (AttemptNumber(1), CheckpointId(1)),
            None,
            &frozen.files().unwrap(),
        )?;
        let mut damaged = 0;
        for file in &mut handle.files {
            file.file = crate::redistribute::absolute(&file.file, &folder);
            if sorted && file.key_groups == Some((100, 101)) {
                // Whoever reads all of it will see.
                let path = file.file.parse::<Location>().unwrap();
                let path = path.path().to_owned();
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[..100_000].fill(0);
                std::fs::write(path, bytes).unwrap();
                damaged += 1;
            }
        }
        assert_eq!(damaged > 0, sorted);
        let (_other_folder, other) = backend_of(KeyGroupRange { start: 0, end: 64 }, true);
        other.restore_from(vec![handle.clone()], DataKeys::default());
        let found = groups(&other);
        // Nothing keeps it from being compacted as a whole.
        let column = other.column("rows", "rows", 0, None)?;
        let rows = column.handle()?;
        column
            .database()
            .inner()
            .compact_range_cf(&rows, None::<&[u8]>, None::<&[u8]>);
        assert_eq!(groups(&other), found);
        Ok(found)
    }

    #[test]
    fn files_of_other_key_groups_are_not_read() {
        assert_eq!(restored(true).unwrap(), BTreeSet::from([5]));
    }

    #[test]
    fn files_that_cannot_be_cut_off_are_read_after_all() {
        assert_eq!(restored(false).unwrap(), BTreeSet::from([5]));
    }
}
