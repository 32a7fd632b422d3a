//! A view of a database as of one moment that may travel to another thread.
//!
//! RocksDB's binding ties a snapshot to a borrow of the database. A barrier's snapshot outlives the call
//! that took it, so it is kept here together with the `Arc` of the database that it borrows from. This is
//! the one module of the crate with unsafe code.

use std::sync::Arc;

use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::{OperatorError, OperatorResult};
use rocksdb::{ReadOptions, SnapshotWithThreadMode};

use super::GROUP;
use super::database::{Column, Database, Inner};
use super::native::NativeSnapshot;
use super::taking::FileTaking;

/// What a state hands out at a barrier: the database's files when the checkpoint is to have them, else its
/// keys. Not both: a snapshot that is released has RocksDB rewrite files that it held back, and files that are
/// rewritten are written again with the next checkpoint.
pub(crate) enum FrozenColumn {
    /// The files of the whole database, once all of the operator's states have written what they had in memory.
    Files(PendingFiles),
    /// The keys of this state.
    Keys(OwnedSnapshot),
}

impl FrozenColumn {
    /// Begins to take the files, if it is those: one set for all states of the operator.
    ///
    /// # Errors
    /// When there can be no thread for it.
    pub fn seal(&mut self) -> OperatorResult<()> {
        if let FrozenColumn::Files(pending) = self {
            pending.taking = Some((pending.begin)()?);
        }
        Ok(())
    }

    /// The files, if it is those; waits until they are taken. `None` also when that failed: then
    /// [`FrozenColumn::for_each`] says why.
    pub fn files(&self) -> Option<Arc<NativeSnapshot>> {
        match self {
            FrozenColumn::Files(pending) => pending.files().ok(),
            FrozenColumn::Keys(_) => None,
        }
    }

    /// [`OwnedSnapshot::for_each`].
    ///
    /// # Errors
    /// When it is files, and those of the keys.
    pub fn for_each(&self, column: &Column, visit: &mut VisitKeys<'_>) -> OperatorResult<()> {
        match self {
            FrozenColumn::Keys(snapshot) => snapshot.for_each(column, visit),
            FrozenColumn::Files(pending) => Err(match pending.files() {
                Ok(_) => {
                    OperatorError::fatal("state that was frozen as files is to be written as rows")
                }
                Err(error) => error,
            }),
        }
    }
}

/// Files of a database that are to be taken; see [`FrozenColumn::seal`].
pub(crate) struct PendingFiles {
    begin: Box<dyn Fn() -> OperatorResult<Arc<FileTaking>> + Send>,
    taking: Option<Arc<FileTaking>>,
}

impl PendingFiles {
    /// `begin` gives the same each time for the same checkpoint.
    pub fn new(begin: impl Fn() -> OperatorResult<Arc<FileTaking>> + Send + 'static) -> Self {
        PendingFiles {
            begin: Box::new(begin),
            taking: None,
        }
    }

    fn files(&self) -> OperatorResult<Arc<NativeSnapshot>> {
        match &self.taking {
            Some(taking) => taking.wait(),
            None => Err(OperatorError::fatal(
                "state that was frozen as files was not sealed",
            )),
        }
    }
}

/// Called with a key's group, the rest of the key, and its value.
pub(crate) type VisitKeys<'v> = dyn FnMut(KeyGroup, &[u8], &[u8]) -> OperatorResult<()> + 'v;

/// See the module's documentation.
pub(crate) struct OwnedSnapshot {
    // Dropped in this order: the snapshot is released before the database may be closed.
    snapshot: SnapshotWithThreadMode<'static, Inner>,
    _database: Arc<Database>,
}

impl OwnedSnapshot {
    /// The database as of now.
    pub fn new(database: &Arc<Database>) -> Self {
        let snapshot = database.inner().snapshot();
        // SAFETY: the snapshot borrows from the `Database` behind the `Arc` that is kept beside it: it does
        // not move, and it is not dropped before the snapshot, which is declared first. Nobody gets the
        // snapshot with its pretended lifetime: `iterator` binds what it gives to `self`.
        let snapshot = unsafe {
            std::mem::transmute::<
                SnapshotWithThreadMode<'_, Inner>,
                SnapshotWithThreadMode<'static, Inner>,
            >(snapshot)
        };
        OwnedSnapshot {
            snapshot,
            _database: Arc::clone(database),
        }
    }

    /// Visits all keys of a column family of this database in order: key group, the rest of the key, value.
    ///
    /// # Errors
    /// Those of `visit`, and when the disk fails.
    pub fn for_each(&self, column: &Column, visit: &mut VisitKeys<'_>) -> OperatorResult<()> {
        let mut options = ReadOptions::default();
        // A snapshot is read once from end to end and should push nothing out of the cache.
        options.fill_cache(false);
        options.set_readahead_size(2 << 20);
        let handle = column.handle()?;
        let mut disk = self.snapshot.raw_iterator_cf_opt(&handle, options);
        disk.seek_to_first();
        while let Some((key, value)) = disk.item() {
            let Some((group, rest)) = key.split_first_chunk::<GROUP>() else {
                return Err(OperatorError::transient(format!(
                    "a key of the state in {} is too short; it has to be restored",
                    column.database().folder().display()
                )));
            };
            visit(KeyGroup(u16::from_be_bytes(*group)), rest, value)?;
            disk.next();
        }
        column.check(&disk)
    }
}
