//! `state.backend.type: rocksdb`: state on the worker's local disk, as large as that disk.
//!
//! Each operator of each subtask that keeps state has a database of its own ([`Database`]), with a column
//! family for each of its states, so that subtasks never wait for each other and the state of one is
//! exactly the files of its database. All databases of a worker share one block cache and one budget for
//! write buffers ([`RocksDbMemory`]), so that the worker's memory does not depend on how many there are.
//!
//! Keys are `key group (2 bytes, big endian), encoded key, encoded entry`: the state of a range of key
//! groups is a range of keys, and the entries of a key lie together in their order.
//!
//! Nothing is logged ahead and nothing is synced: what makes state durable is the checkpoint. The files
//! are deleted with the database; what a killed worker leaves is deleted by the next one.

mod cache_limit;
mod cache_share;
mod database;
mod folder;
mod format;
mod native;
mod options;
mod reader;
mod restore;
mod snapshot;
mod table;
mod taking;

pub use cache_limit::CacheLimit;
pub(crate) use cache_share::CacheShare;
pub use database::{Column, Database};
pub use folder::FOLDER_PREFIX;
pub(crate) use folder::WorkerFolder;
pub use format::StateFormat;
pub use native::{NATIVE_FORMAT, NativeSnapshot, NativeUploads, SHARED_FOLDER};
pub use options::{RocksDbMemory, RocksDbOptions};
pub use reader::{NativeRows, read_native};
pub(crate) use snapshot::FrozenColumn;
use snapshot::{OwnedSnapshot, PendingFiles};
pub(crate) use table::RocksTable;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::operator::{Clock, OperatorContext};
use alpheus_dataflow::{OperatorError, OperatorResult};

use crate::handle::{NativeFile, NativeStateHandle};
use crate::local_backup::CheckpointFiles;

/// Bytes of a key group before a key.
pub(crate) const GROUP: usize = size_of::<u16>();

/// The bytes of a key in a database, to which those of an entry may be added.
pub(crate) fn key_bytes(group: KeyGroup, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(GROUP + key.len());
    bytes.extend(group.0.to_be_bytes());
    bytes.extend(key);
    bytes
}

/// The databases of a worker, for one start of a job.
pub struct RocksDb {
    options: RocksDbOptions,
    memory: RocksDbMemory,
    /// Table files that databases were restored with, by owner and name, and whether they are claimed.
    restored: Mutex<BTreeMap<(String, String), (NativeFile, bool)>>,
    // Every database holds on to this value, so none is open any more when the folder is deleted.
    _folder: WorkerFolder,
}

impl RocksDb {
    /// Makes the folder and the shared memory.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(options: RocksDbOptions) -> OperatorResult<Self> {
        let folder = WorkerFolder::create(&options.directory).map_err(|error| {
            OperatorError::transient(format!(
                "cannot make the folder {} for state: {error}; see state.backend.rocksdb.localdir",
                options.directory.display()
            ))
        })?;
        Ok(RocksDb {
            memory: RocksDbMemory::new(&options),
            restored: Mutex::default(),
            options,
            _folder: folder,
        })
    }

    /// Notes the table files that a database starts with. They never change, and no other file gets their
    /// name.
    fn restored_with(&self, owner: &str, files: &[NativeFile], claimed: bool) {
        let mut restored = self.restored.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = files.iter().filter(|file| file.shared);
        let known = |file: &NativeFile| (owner.to_owned(), file.name.clone());
        restored.extend(shared.map(|file| (known(file), (file.clone(), claimed))));
    }

    /// Where the file of that name lies, if the owner's database was restored with it, and whether it is claimed.
    fn restored_file(&self, owner: &str, name: &str) -> Option<(NativeFile, bool)> {
        let restored = self.restored.lock().unwrap_or_else(PoisonError::into_inner);
        restored.get(&(owner.to_owned(), name.to_owned())).cloned()
    }

    /// The options.
    pub fn options(&self) -> &RocksDbOptions {
        &self.options
    }
}

/// Which operator of which subtask a backend is for.
#[derive(Clone)]
pub struct RocksDbOwner {
    /// The operator and its subtask, as part of file names.
    pub name: String,
    /// The key groups that it owns.
    pub key_groups: KeyGroupRange,
    /// What time it is, for the TTL.
    pub clock: Arc<dyn Clock>,
}

/// What a database starts from.
#[derive(Clone, Default)]
struct RestoreFrom {
    handles: Vec<NativeStateHandle>,
    files: CheckpointFiles,
    /// Whether the files belong to the job now.
    claimed: bool,
}

/// The backend of one operator of one subtask. Its database is made, or restored, when the first state is
/// opened.
pub struct RocksDbBackend {
    worker: Arc<RocksDb>,
    owner: RocksDbOwner,
    restore: Mutex<RestoreFrom>,
    database: Mutex<Option<Arc<Database>>>,
}

impl RocksDbBackend {
    /// A backend that is empty.
    pub fn new(worker: Arc<RocksDb>, owner: RocksDbOwner) -> Self {
        RocksDbBackend {
            worker,
            owner,
            restore: Mutex::default(),
            database: Mutex::default(),
        }
    }

    /// A backend of some of the key groups, with a database of its own, that starts from the same.
    pub fn part(&self, key_groups: KeyGroupRange) -> Self {
        let restore = self.restore.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = RocksDbOwner {
            name: format!("{}-{}", self.owner.name, key_groups.start),
            key_groups,
            clock: Arc::clone(&self.owner.clock),
        };
        RocksDbBackend {
            restore: Mutex::new(restore.clone()),
            ..RocksDbBackend::new(Arc::clone(&self.worker), owner)
        }
    }

    /// The backend of the operator, when its worker keeps state in RocksDB.
    pub fn of(context: &OperatorContext) -> Option<Arc<RocksDbBackend>> {
        context.state.get::<RocksDbBackend>()
    }

    /// The key groups that the operator owns.
    pub(crate) fn key_groups(&self) -> KeyGroupRange {
        self.owner.key_groups
    }

    /// How much of a state is kept in memory.
    pub(crate) fn cache_limit(&self) -> CacheLimit {
        CacheLimit::new(self.worker.options.cached_keys)
    }

    /// The share of one more state in the memory for entries.
    pub(crate) fn cache_share(&self) -> CacheShare {
        self.worker.memory.cache_share()
    }

    /// Has the database start from these. To be called before any state is opened.
    pub fn restore_from(&self, handles: Vec<NativeStateHandle>, files: impl Into<CheckpointFiles>) {
        let mut restore = self.restore.lock().unwrap_or_else(PoisonError::into_inner);
        restore.handles = handles;
        restore.files = files.into();
    }

    /// The files that the database starts from belong to the job now, wherever they lie.
    pub fn claim_restored(&self) {
        let mut restore = self.restore.lock().unwrap_or_else(PoisonError::into_inner);
        restore.claimed = true;
    }

    /// The column family of a state, whose keys and values are as `layout` says. With a TTL, compactions
    /// drop values that begin with a time (i64, little endian, ms) of which that long ago. `format` is for those who read
    /// checkpoints.
    ///
    /// # Errors
    /// When the database cannot be made or restored, or the state has another layout.
    pub fn column(
        self: &Arc<Self>,
        state: &str,
        layout: &str,
        ttl_ms: u64,
        format: Option<StateFormat>,
    ) -> OperatorResult<Column> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match &mut *database {
            Some(database) => Arc::clone(database),
            none => Arc::clone(none.insert(self.open()?)),
        };
        let column = database.column(state, layout, ttl_ms, &self.owner.clock)?;
        if let Some(format) = format {
            database.note(state, format);
        }
        Ok(column)
    }

    fn open(&self) -> OperatorResult<Arc<Database>> {
        let folder = self.worker.options.directory.join(&self.owner.name);
        let mut restore = self.restore.lock().unwrap_or_else(PoisonError::into_inner);
        restore::restore(
            &folder,
            &self.worker,
            &self.owner,
            std::mem::take(&mut *restore),
        )
    }

    /// The database as of now, for the snapshot of this barrier, if it is for one. Files are taken when the snapshot is
    /// [sealed](FrozenColumn::seal).
    ///
    /// # Errors
    /// When the disk is full.
    pub(crate) fn freeze(
        &self,
        database: &Arc<Database>,
        barrier: Option<CheckpointBarrier>,
    ) -> OperatorResult<FrozenColumn> {
        let barrier = barrier.filter(|barrier| {
            self.worker.options.incremental && barrier.kind == CheckpointKind::Checkpoint
        });
        let Some(barrier) = barrier else {
            return Ok(FrozenColumn::Keys(OwnedSnapshot::new(database)));
        };
        let RocksDbOwner {
            name, key_groups, ..
        } = self.owner.clone();
        let database = Arc::clone(database);
        let files = PendingFiles::new(move || {
            database.begin_native_snapshot(barrier.id, &name, key_groups)
        });
        Ok(FrozenColumn::Files(files))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    #![allow(clippy::unwrap_used)]
    use alpheus_dataflow::operator::SystemClock;

    use super::*;

    /// A backend with little memory in a folder of its own, which goes with it.
    pub(crate) fn backend() -> (tempfile::TempDir, Arc<RocksDbBackend>) {
        backend_of(KeyGroupRange::all(128), false)
    }

    /// The same with room for the entries of states by key.
    pub(crate) fn backend_caching(bytes: usize) -> (tempfile::TempDir, Arc<RocksDbBackend>) {
        backend_with(KeyGroupRange::all(128), false, bytes)
    }

    /// The same for these key groups, with incremental checkpoints or not.
    pub(crate) fn backend_of(
        key_groups: KeyGroupRange,
        incremental: bool,
    ) -> (tempfile::TempDir, Arc<RocksDbBackend>) {
        backend_with(key_groups, incremental, 500)
    }

    fn backend_with(
        key_groups: KeyGroupRange,
        incremental: bool,
        cached_bytes: usize,
    ) -> (tempfile::TempDir, Arc<RocksDbBackend>) {
        let folder = tempfile::tempdir().unwrap();
        let mut options = RocksDbOptions::new(folder.path().join("worker"));
        options.write_buffer_bytes = 64 << 10;
        options.incremental = incremental;
        // Emptied after nearly every batch, so that most keys are read again.
        options.cached_keys = 3;
        options.cached_ratio = cached_bytes as f64 / options.memory_bytes as f64;
        let worker = Arc::new(RocksDb::new(options).unwrap());
        let owner = RocksDbOwner {
            name: format!("operator-{}", key_groups.start),
            key_groups,
            clock: Arc::new(SystemClock),
        };
        (folder, Arc::new(RocksDbBackend::new(worker, owner)))
    }
}
