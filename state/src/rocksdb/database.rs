//! One database: the files of one operator of one subtask.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use alpheus_dataflow::ids::CheckpointId;
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::Clock;
use alpheus_dataflow::{OperatorError, OperatorResult};
use rocksdb::checkpoint::Checkpoint;
use rocksdb::{
    BoundColumnFamily, ColumnFamilyDescriptor, DBPinnableSlice, DBRawIteratorWithThreadMode,
    DBWithThreadMode, DEFAULT_COLUMN_FAMILY_NAME, ErrorKind, MultiThreaded, Options, ReadOptions,
    WriteBatch, WriteOptions,
};

use super::RocksDb;
use super::format::StateFormat;
use super::native::NativeSnapshot;
use super::taking::{FileTaking, Gate};

/// Bytes that are written at once when there are many changes.
const WRITE_BATCH_BYTES: usize = 2 << 20;

pub(super) type Inner = DBWithThreadMode<MultiThreaded>;

/// A database; see the module's documentation. Its files are deleted when it is dropped.
pub struct Database {
    // Dropped in this order: first the database is closed, then its folder goes, then the shared memory.
    inner: Inner,
    /// Options of column families that were made since: the database calls their compaction filters, which
    /// it does not own.
    columns: Mutex<Vec<Options>>,
    folder: Folder,
    worker: Arc<RocksDb>,
    /// The TTL of each state in ms, which its compactions look at.
    ttls: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    /// What the states that were opened consist of.
    formats: Mutex<BTreeMap<String, StateFormat>>,
    /// The files of the last checkpoint, as long as somebody needs them.
    checkpoint: Mutex<Option<(CheckpointId, Weak<FileTaking>)>>,
    /// Closed while they are taken.
    gate: Gate,
}

/// A folder that is deleted with this value.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left lies in the attempt's folder, which the worker deletes as a whole.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A failure of RocksDB in words. All of them are worth a restart: the state comes back from the newest
/// checkpoint, on another disk if need be.
pub(super) fn failed(folder: &Path, doing: &str, error: &rocksdb::Error) -> OperatorError {
    let folder = folder.display();
    let message = match error.kind() {
        ErrorKind::IOError if error.as_ref().contains("No space left") => format!(
            "{doing} state in {folder}: the disk is full; free some space or set \
             state.backend.rocksdb.localdir to a larger disk"
        ),
        ErrorKind::Corruption => format!(
            "{doing} state in {folder}: local files are damaged ({error}); the state has to be \
             restored from a checkpoint"
        ),
        _ => format!("{doing} state in {folder}: {error}"),
    };
    OperatorError::transient(message)
}

fn prepare(folder: &Path) -> OperatorResult<()> {
    let prepared = match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::create_dir_all(folder),
    };
    prepared.map_err(|error| {
        OperatorError::transient(format!(
            "cannot make the folder {} for state: {error}; see state.backend.rocksdb.localdir",
            folder.display()
        ))
    })
}

impl Database {
    /// Makes an empty database in `folder`; what is there is deleted.
    pub(super) fn create(folder: &Path, worker: &Arc<RocksDb>) -> OperatorResult<Self> {
        prepare(folder)?;
        let options = worker.memory.database_options(&worker.options);
        let inner =
            Inner::open(&options, folder).map_err(|error| failed(folder, "opening", &error))?;
        Ok(Database {
            inner,
            columns: Mutex::default(),
            folder: Folder(folder.to_owned()),
            worker: Arc::clone(worker),
            ttls: Mutex::default(),
            formats: Mutex::default(),
            checkpoint: Mutex::default(),
            gate: Gate::default(),
        })
    }

    /// Opens the files of a database that were brought into `folder`. It compacts nothing before
    /// [`Database::begin_compactions`].
    pub(super) fn open(
        folder: &Path,
        worker: &Arc<RocksDb>,
        clock: &Arc<dyn Clock>,
    ) -> OperatorResult<Self> {
        let error = |error: rocksdb::Error| failed(folder, "opening", &error);
        let options = worker.memory.database_options(&worker.options);
        let names = Inner::list_cf(&options, folder).map_err(error)?;
        let mut ttls = BTreeMap::new();
        let columns: Vec<ColumnFamilyDescriptor> = names
            .into_iter()
            .map(|name| {
                let ttl = Arc::new(AtomicU64::new(0));
                let filter = Some((Arc::clone(&ttl), Arc::clone(clock)));
                let mut options = worker.memory.column_options(&worker.options, filter);
                options.set_disable_auto_compactions(true);
                ttls.insert(name.clone(), ttl);
                ColumnFamilyDescriptor::new(name, options)
            })
            .collect();
        let inner = Inner::open_cf_descriptors(&options, folder, columns).map_err(error)?;
        Ok(Database {
            inner,
            columns: Mutex::default(),
            folder: Folder(folder.to_owned()),
            worker: Arc::clone(worker),
            ttls: Mutex::new(ttls),
            formats: Mutex::default(),
            checkpoint: Mutex::default(),
            gate: Gate::default(),
        })
    }

    /// All files are there: it may compact them.
    pub(super) fn begin_compactions(&self) -> OperatorResult<()> {
        for name in self.states() {
            if let Some(handle) = self.inner.cf_handle(&name) {
                let set = [("disable_auto_compactions", "false")];
                let set = self.inner.set_options_cf(&handle, &set);
                set.map_err(|error| failed(self.folder(), "opening", &error))?;
            }
        }
        Ok(())
    }

    /// The table files of its states: name, and first key group and one past the last of the keys in it.
    pub(super) fn table_files(&self) -> OperatorResult<BTreeMap<String, (u16, u16)>> {
        let files = self.inner.live_files();
        let files = files.map_err(|error| failed(self.folder(), "reading", &error))?;
        let group = |key: Option<Vec<u8>>| {
            let group = key?.first_chunk().copied()?;
            Some(u16::from_be_bytes(group))
        };
        let files = files
            .into_iter()
            .filter(|file| file.column_family_name != DEFAULT_COLUMN_FAMILY_NAME);
        let of_groups = files.filter_map(|file| {
            let (first, last) = (group(file.start_key)?, group(file.end_key)?);
            let name = file.name.trim_start_matches('/').to_owned();
            Some((name, (first, last.saturating_add(1))))
        });
        Ok(of_groups.collect())
    }

    /// Where its files lie.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.inner
    }

    fn formats(&self) -> MutexGuard<'_, BTreeMap<String, StateFormat>> {
        self.formats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a state consists of.
    pub(super) fn note(&self, state: &str, format: StateFormat) {
        self.formats().insert(state.to_owned(), format);
    }

    /// Names of the states.
    pub(super) fn states(&self) -> Vec<String> {
        let ttls = self.ttls.lock().unwrap_or_else(PoisonError::into_inner);
        let names = ttls
            .keys()
            .filter(|name| *name != DEFAULT_COLUMN_FAMILY_NAME);
        names.cloned().collect()
    }

    /// The column family of that name, made when it is new. `layout` says what its keys and values are.
    pub(super) fn column(
        self: &Arc<Self>,
        name: &str,
        layout: &str,
        ttl_ms: u64,
        clock: &Arc<dyn Clock>,
    ) -> OperatorResult<Column> {
        let error = |error: rocksdb::Error| failed(self.folder(), "opening", &error);
        let mut ttls = self.ttls.lock().unwrap_or_else(PoisonError::into_inner);
        if self.inner.cf_handle(name).is_none() {
            let ttl = Arc::new(AtomicU64::new(ttl_ms));
            let filter = (ttl_ms > 0).then(|| (Arc::clone(&ttl), Arc::clone(clock)));
            let memory = &self.worker.memory;
            let options = memory.column_options(&self.worker.options, filter);
            self.inner.create_cf(name, &options).map_err(error)?;
            let mut columns = self.columns.lock().unwrap_or_else(PoisonError::into_inner);
            columns.push(options);
            drop(columns);
            ttls.insert(name.to_owned(), ttl);
        }
        match self.inner.get(name).map_err(error)? {
            Some(found) if found != layout.as_bytes() => {
                return Err(OperatorError::fatal(format!(
                    "the checkpoint has state `{name}` with {}, the operator keeps {layout}: it was \
                     written by another version of the query or with another state TTL; start without \
                     it, restore the old query, or go by way of a savepoint",
                    String::from_utf8_lossy(&found)
                )));
            }
            Some(_) => {}
            None => {
                let mut options = WriteOptions::default();
                options.disable_wal(true);
                let written = self.inner.put_opt(name, layout, &options);
                written.map_err(error)?;
            }
        }
        if let Some(ttl) = ttls.get(name) {
            ttl.store(ttl_ms, Ordering::Relaxed);
        }
        Ok(Column {
            database: Arc::clone(self),
            name: name.to_owned(),
        })
    }

    /// Begins to take the files as of now: one set for all states of a checkpoint. Until they are there, whoever writes
    /// waits.
    ///
    /// # Errors
    /// When there can be no thread for it.
    pub(super) fn begin_native_snapshot(
        self: &Arc<Self>,
        checkpoint: CheckpointId,
        owner: &str,
        key_groups: KeyGroupRange,
    ) -> OperatorResult<Arc<FileTaking>> {
        let last = self.checkpoint.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        let known = last.as_ref().filter(|(id, _)| *id == checkpoint);
        if let Some(taking) = known.and_then(|(_, taking)| taking.upgrade()) {
            return Ok(taking);
        }
        // One after the other.
        self.gate.pass();
        self.gate.close();
        let taking = Arc::new(FileTaking::default());
        let (database, owner) = (Arc::clone(self), owner.to_owned());
        let result = Arc::clone(&taking);
        let thread = std::thread::Builder::new().name("state-files".to_owned());
        let started = thread.spawn(move || {
            let take = || database.native_snapshot(checkpoint, &owner, key_groups);
            let taken = catch_unwind(AssertUnwindSafe(take));
            database.gate.open();
            result.finish(match taken {
                Ok(taken) => taken.map_err(|error| error.to_string()),
                Err(_) => Err("taking the files of state panicked".to_owned()),
            });
        });
        if let Err(error) = started {
            self.gate.open();
            return Err(OperatorError::transient(format!(
                "cannot start a thread for the files of state in {}: {error}",
                self.folder().display()
            )));
        }
        *last = Some((checkpoint, Arc::downgrade(&taking)));
        Ok(taking)
    }

    /// Whether whoever writes has to wait.
    pub fn is_busy(&self) -> bool {
        self.gate.is_closed()
    }

    /// The files as of now, linked into a folder of their own.
    fn native_snapshot(
        &self,
        checkpoint: CheckpointId,
        owner: &str,
        key_groups: KeyGroupRange,
    ) -> OperatorResult<Arc<NativeSnapshot>> {
        let name = format!("{owner}-chk-{checkpoint}");
        let folder = self.worker.options.directory.join(name);
        // A leftover of a checkpoint that was given up.
        let _ = std::fs::remove_dir_all(&folder);
        let mut snapshot = NativeSnapshot {
            folder,
            owner: owner.to_owned(),
            key_groups,
            of_files: BTreeMap::new(),
            formats: self.formats().clone(),
            worker: Arc::clone(&self.worker),
        };
        Checkpoint::new(&self.inner)
            .and_then(|linker| linker.create_checkpoint(&snapshot.folder))
            .map_err(|error| failed(self.folder(), "writing", &error))?;
        // Files that are not among them any more were compacted meanwhile: nothing is known of them.
        snapshot.of_files = self.table_files()?;
        Ok(Arc::new(snapshot))
    }

    /// Forgets the keys of all states whose group is outside of the range.
    pub(super) fn keep(&self, range: KeyGroupRange) -> OperatorResult<()> {
        let error = |error: rocksdb::Error| failed(self.folder(), "writing", &error);
        let bytes = |group: u16| group.to_be_bytes();
        let mut options = WriteOptions::default();
        options.disable_wal(true);
        for name in self.states() {
            let Some(handle) = self.inner.cf_handle(&name) else {
                continue;
            };
            let inner = &self.inner;
            for (from, to) in [(0, range.start), (range.end, u16::MAX)] {
                if from < to {
                    // Whole files go at once; their range includes its end, a key of the last group.
                    let mut last = bytes(to - 1).to_vec();
                    last.extend([u8::MAX; 16]);
                    inner
                        .delete_file_in_range_cf(&handle, bytes(from).as_slice(), &last)
                        .map_err(error)?;
                    inner
                        .delete_range_cf_opt(&handle, bytes(from), bytes(to), &options)
                        .map_err(error)?;
                }
            }
        }
        Ok(())
    }

    /// Takes over the keys of a range of groups from another database.
    pub(super) fn take_over(
        self: &Arc<Self>,
        other: &Database,
        range: KeyGroupRange,
        clock: &Arc<dyn Clock>,
    ) -> OperatorResult<()> {
        for name in other.states() {
            let error = |error: rocksdb::Error| failed(other.folder(), "reading", &error);
            let layout = other.inner.get(&name).map_err(error)?.unwrap_or_default();
            let column = self.column(&name, &String::from_utf8_lossy(&layout), 0, clock)?;
            let Some(handle) = other.inner.cf_handle(&name) else {
                continue;
            };
            let mut options = ReadOptions::default();
            options.set_iterate_upper_bound(range.end.to_be_bytes());
            options.fill_cache(false);
            let mut disk = other.inner.raw_iterator_cf_opt(&handle, options);
            disk.seek(range.start.to_be_bytes());
            let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            let mut bytes = 0;
            while let Some((key, value)) = disk.item() {
                bytes += key.len() + value.len();
                rows.push((key.to_vec(), value.to_vec()));
                if bytes >= WRITE_BATCH_BYTES {
                    let written = rows.iter();
                    column.write(written.map(|(k, v)| (k.as_slice(), Some(v.as_slice()))))?;
                    rows.clear();
                    bytes = 0;
                }
                disk.next();
            }
            disk.status().map_err(error)?;
            let written = rows.iter();
            column.write(written.map(|(k, v)| (k.as_slice(), Some(v.as_slice()))))?;
        }
        Ok(())
    }
}

/// The column family of one state.
#[derive(Clone)]
pub struct Column {
    database: Arc<Database>,
    name: String,
}

impl Column {
    /// The database.
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    fn error(&self, doing: &str, error: &rocksdb::Error) -> OperatorError {
        failed(self.database.folder(), doing, error)
    }

    pub(super) fn handle(&self) -> OperatorResult<Arc<BoundColumnFamily<'_>>> {
        self.database.inner.cf_handle(&self.name).ok_or_else(|| {
            OperatorError::fatal(format!("the database has no state `{}`", self.name))
        })
    }

    /// The value of a key.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn get(&self, key: &[u8]) -> OperatorResult<Option<DBPinnableSlice<'_>>> {
        let found = self.database.inner.get_pinned_cf(&self.handle()?, key);
        found.map_err(|error| self.error("reading", &error))
    }

    /// The values of several keys, read together.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn multi_get<'a, K: AsRef<[u8]> + ?Sized + 'a>(
        &self,
        keys: impl IntoIterator<Item = &'a K>,
    ) -> OperatorResult<Vec<Option<DBPinnableSlice<'_>>>> {
        let inner = &self.database.inner;
        let found = inner.batched_multi_get_cf(&self.handle()?, keys, false);
        let found = found.into_iter();
        found
            .map(|value| value.map_err(|error| self.error("reading", &error)))
            .collect()
    }

    /// Writes changes at once: values, or `None` for what is to be deleted.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    ) -> OperatorResult<()> {
        let handle = self.handle()?;
        let mut batch = WriteBatch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.put_cf(&handle, key, value),
                None => batch.delete_cf(&handle, key),
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.database.gate.pass();
        let written = self.database.inner.write_without_wal(batch);
        written.map_err(|error| self.error("writing", &error))
    }

    /// For many changes, which are written in pieces.
    ///
    /// # Errors
    /// When the state is not there.
    pub fn writer(&self) -> OperatorResult<ColumnWriter<'_>> {
        Ok(ColumnWriter {
            column: self,
            handle: self.handle()?,
            batch: WriteBatch::default(),
        })
    }

    /// An iterator for going through the whole state once, which leaves the block cache alone.
    ///
    /// # Errors
    /// When the state is not there.
    pub fn iterator_over_all(&self) -> OperatorResult<DBRawIteratorWithThreadMode<'_, Inner>> {
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        options.set_readahead_size(2 << 20);
        let inner = &self.database.inner;
        Ok(inner.raw_iterator_cf_opt(&self.handle()?, options))
    }

    /// An iterator over the keys below `upper` (all without it), not yet at any.
    ///
    /// # Errors
    /// When the state is not there.
    pub fn iterator(
        &self,
        upper: Option<Vec<u8>>,
    ) -> OperatorResult<DBRawIteratorWithThreadMode<'_, Inner>> {
        let mut options = ReadOptions::default();
        if let Some(upper) = upper {
            options.set_iterate_upper_bound(upper);
        }
        let inner = &self.database.inner;
        Ok(inner.raw_iterator_cf_opt(&self.handle()?, options))
    }

    /// Whether an iterator has ended because of a failure.
    ///
    /// # Errors
    /// That failure.
    pub fn check(&self, iterator: &DBRawIteratorWithThreadMode<'_, Inner>) -> OperatorResult<()> {
        let status = iterator.status();
        status.map_err(|error| self.error("reading", &error))
    }

    /// About how many keys there are.
    pub fn estimated_keys(&self) -> usize {
        self.property("rocksdb.estimate-num-keys")
    }

    /// About how many bytes there are, on disk and in write buffers.
    pub fn estimated_bytes(&self) -> usize {
        self.property("rocksdb.estimate-live-data-size")
            + self.property("rocksdb.size-all-mem-tables")
    }

    fn property(&self, name: &str) -> usize {
        let handle = self.handle().ok();
        let value = handle.and_then(|handle| {
            let value = self.database.inner.property_int_value_cf(&handle, name);
            value.ok().flatten()
        });
        value.map_or(0, |value| value as usize)
    }
}

/// Changes of a state on their way; see [`Column::writer`].
pub struct ColumnWriter<'c> {
    column: &'c Column,
    handle: Arc<BoundColumnFamily<'c>>,
    batch: WriteBatch,
}

impl ColumnWriter<'_> {
    /// Puts a value.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> OperatorResult<()> {
        self.batch.put_cf(&self.handle, key, value);
        self.write_if_large()
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete(&mut self, key: &[u8]) -> OperatorResult<()> {
        self.batch.delete_cf(&self.handle, key);
        self.write_if_large()
    }

    fn write_if_large(&mut self) -> OperatorResult<()> {
        match self.batch.size_in_bytes() >= WRITE_BATCH_BYTES {
            true => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> OperatorResult<()> {
        let batch = std::mem::take(&mut self.batch);
        self.column.database.gate.pass();
        let written = self.column.database.inner.write_without_wal(batch);
        written.map_err(|error| self.column.error("writing", &error))
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn finish(mut self) -> OperatorResult<()> {
        self.write()
    }
}
