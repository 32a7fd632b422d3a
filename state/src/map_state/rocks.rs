//! `rocksdb`: entries on disk, changes of a batch in memory until its end.
//!
//! Slots number the keys of one batch. What a batch changes is kept in order beside the database and is
//! laid over what is read from it; [`RocksMap::store`] writes it in one go.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use hashbrown::{HashMap, HashTable};

use super::entries::{EntryRange, ScanOrder, Visit};
use super::frozen::SnapshotRows;
use super::value::Value;
use super::{Codecs, NO_SLOT};
use crate::backend::describe;
use crate::rocksdb::{
    CacheLimit, Column, FrozenColumn, GROUP, RocksDbBackend, StateFormat, key_bytes,
};
use crate::row_codec::{RowCodec, SortColumn};

/// The maps by key; see the module's documentation.
pub(super) struct RocksMap {
    backend: Arc<RocksDbBackend>,
    column: Column,
    keys: RowCodec,
    max_parallelism: u32,
    /// Key group and encoded key of each slot of this batch, and the slots by hash.
    slots: Vec<(u64, Vec<u8>)>,
    index: HashTable<u32>,
    /// Changes that are not written yet, by full key.
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What was read ahead for this batch, by full key.
    fetched: HashMap<Vec<u8>, Option<Vec<u8>>>,
}

/// A codec of the key's columns.
fn key_codec(codecs: &Codecs) -> OperatorResult<RowCodec> {
    let keys = codecs.spec.keys.iter().cloned();
    RowCodec::new(&keys.map(SortColumn::ascending).collect::<Vec<_>>())
}

/// What decides how keys and values are encoded.
fn layout(codecs: &Codecs) -> String {
    let columns = describe(&codecs.snapshot_row_type().to_arrow());
    let order = codecs.spec.entry.iter().map(|column| {
        let direction = if column.descending { "desc" } else { "asc" };
        let nulls = if column.nulls_first { "first" } else { "last" };
        format!("{direction} nulls {nulls}")
    });
    let order: Vec<String> = order.collect();
    let ttl = if codecs.layout.timed { "a" } else { "no" };
    format!(
        "the columns {columns}, entries ordered ({}), {ttl} TTL",
        order.join(", ")
    )
}

/// The least bytes that are greater than all that begin with `prefix`.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

impl RocksMap {
    pub fn new(
        backend: &Arc<RocksDbBackend>,
        codecs: &Codecs,
        max_parallelism: u32,
    ) -> OperatorResult<Self> {
        let spec = &codecs.spec;
        Ok(RocksMap {
            backend: Arc::clone(backend),
            column: backend.column(
                &spec.name,
                &layout(codecs),
                spec.ttl_ms,
                Some(StateFormat::Map(spec.clone())),
            )?,
            keys: key_codec(codecs)?,
            max_parallelism,
            slots: Vec::new(),
            index: HashTable::new(),
            changes: BTreeMap::new(),
            fetched: HashMap::new(),
        })
    }

    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        let rows = self.keys.encode(keys)?;
        slots.clear();
        for (row, &hash) in hashes.iter().enumerate() {
            let key = rows.row(row);
            let known = &self.slots;
            let entry = self.index.entry(
                hash,
                |&slot| {
                    let (other, bytes) = &known[slot as usize];
                    *other == hash && bytes[GROUP..] == *key
                },
                |&slot| known[slot as usize].0,
            );
            let next = self.slots.len() as u32;
            let slot = *entry.or_insert(next).get();
            if slot == next {
                let group = KeyGroup::of_hash(hash, self.max_parallelism);
                self.slots.push((hash, key_bytes(group, key)));
            }
            slots.push(slot);
        }
        Ok(())
    }

    fn prefix(&self, slot: u32) -> &[u8] {
        &self.slots[slot as usize].1
    }

    fn full_key(&self, slot: u32, entry: &[u8]) -> Vec<u8> {
        [self.prefix(slot), entry].concat()
    }

    pub fn get(&self, slot: u32, entry: &[u8]) -> OperatorResult<Option<Vec<u8>>> {
        if slot == NO_SLOT {
            return Ok(None);
        }
        let key = self.full_key(slot, entry);
        if let Some(change) = self.changes.get(&key) {
            return Ok(change.clone());
        }
        if let Some(known) = self.fetched.get(&key) {
            return Ok(known.clone());
        }
        Ok(self.column.get(&key)?.map(|value| value.to_vec()))
    }

    /// Reads entries that are not known yet in one go.
    pub fn fetch<'e>(
        &mut self,
        entries: impl Iterator<Item = (u32, &'e [u8])>,
    ) -> OperatorResult<()> {
        let mut wanted: Vec<Vec<u8>> = entries
            .filter(|(slot, _)| *slot != NO_SLOT)
            .map(|(slot, entry)| self.full_key(slot, entry))
            .filter(|key| !self.changes.contains_key(key) && !self.fetched.contains_key(key))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = self.column.multi_get(&wanted)?.into_iter();
        let found: Vec<_> = found.map(|value| value.map(|v| v.to_vec())).collect();
        self.fetched.extend(wanted.into_iter().zip(found));
        Ok(())
    }

    pub fn put(&mut self, slot: u32, entry: &[u8], value: &[u8]) {
        let key = self.full_key(slot, entry);
        self.changes.insert(key, Some(value.to_vec()));
    }

    pub fn remove(&mut self, slot: u32, entry: &[u8]) {
        if slot != NO_SLOT {
            let key = self.full_key(slot, entry);
            self.changes.insert(key, None);
        }
    }

    pub fn scan(
        &self,
        slot: u32,
        range: &EntryRange<'_>,
        order: ScanOrder,
        visit: &mut Visit<'_>,
    ) -> OperatorResult<()> {
        if slot == NO_SLOT {
            return Ok(());
        }
        let prefix = self.prefix(slot);
        let end = successor(prefix);
        let mut disk = self.column.iterator(end.clone())?;
        let from = prefix.to_vec();
        let changes = match &end {
            Some(end) => self.changes.range(from..end.clone()),
            None => self.changes.range(from..),
        };
        let mut merge = |key: &[u8], value: &[u8]| {
            // Backwards, what comes next belongs to another key.
            let Some(entry) = key.strip_prefix(prefix) else {
                return ControlFlow::Break(());
            };
            let (outside, over) = match order {
                ScanOrder::Forward => (range.is_before(entry), range.is_after(entry)),
                ScanOrder::Backward => (range.is_after(entry), range.is_before(entry)),
            };
            match (outside, over) {
                (_, true) => ControlFlow::Break(()),
                (true, _) => ControlFlow::Continue(()),
                _ => visit(entry, value),
            }
        };
        match order {
            ScanOrder::Forward => {
                disk.seek(range.first_key(prefix));
                merge_scan(&mut disk, true, changes.peekable(), &mut merge);
            }
            ScanOrder::Backward => {
                match successor(&range.last_key(prefix)) {
                    Some(last) => disk.seek_for_prev(last),
                    None => disk.seek_to_last(),
                }
                merge_scan(&mut disk, false, changes.rev().peekable(), &mut merge);
            }
        }
        self.column.check(&disk)
    }

    pub fn store(&mut self) -> OperatorResult<()> {
        let changes = self.changes.iter();
        self.column
            .write(changes.map(|(key, value)| (key.as_slice(), value.as_deref())))?;
        self.changes.clear();
        self.fetched.clear();
        self.slots.clear();
        self.index.clear();
        Ok(())
    }

    pub fn key_columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        self.keys
            .decode(slots.iter().map(|&slot| &self.prefix(slot)[GROUP..]))
    }

    pub fn cache_limit(&self) -> CacheLimit {
        self.backend.cache_limit()
    }

    pub fn len(&self) -> usize {
        self.column.estimated_keys()
    }

    pub fn memory_size(&self) -> usize {
        self.column.estimated_bytes()
    }

    pub fn freeze(
        &self,
        codecs: &Arc<Codecs>,
        barrier: Option<CheckpointBarrier>,
        expired_until: Option<i64>,
    ) -> OperatorResult<Box<dyn FrozenRows>> {
        debug_assert!(self.changes.is_empty(), "a batch was not stored");
        Ok(Box::new(FrozenRocksMap {
            codecs: Arc::clone(codecs),
            snapshot: self.backend.freeze(self.column.database(), barrier)?,
            column: self.column.clone(),
            expired_until,
        }))
    }
}

/// Visits what is on disk with the changes laid over it, until `visit` breaks. The iterator stands at the
/// first key in that direction.
fn merge_scan<'c>(
    disk: &mut rocksdb::DBRawIteratorWithThreadMode<
        '_,
        rocksdb::DBWithThreadMode<rocksdb::MultiThreaded>,
    >,
    forward: bool,
    mut changes: Peekable<impl Iterator<Item = (&'c Vec<u8>, &'c Option<Vec<u8>>)>>,
    visit: &mut Visit<'_>,
) {
    loop {
        let order = match (disk.key(), changes.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(key), Some((change, _))) if forward => key.cmp(change.as_slice()),
            (Some(key), Some((change, _))) => change.as_slice().cmp(key),
        };
        let visited = if order == Ordering::Less {
            match disk.item() {
                Some((key, value)) => visit(key, value),
                None => return,
            }
        } else {
            match changes.next() {
                Some((key, Some(value))) => visit(key, value),
                _ => ControlFlow::Continue(()),
            }
        };
        if visited.is_break() {
            return;
        }
        if order != Ordering::Greater {
            if forward {
                disk.next();
            } else {
                disk.prev();
            }
        }
    }
}

/// A state in RocksDB as of a barrier.
struct FrozenRocksMap {
    codecs: Arc<Codecs>,
    column: Column,
    snapshot: FrozenColumn,
    expired_until: Option<i64>,
}

impl FrozenRows for FrozenRocksMap {
    fn native(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let files = self.snapshot.files()?;
        Some(files)
    }

    fn schema(&self) -> SchemaRef {
        self.codecs.snapshot_row_type().to_arrow()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let layout = self.codecs.layout;
        // The key's bytes followed by the entry's are the bytes of a row of both.
        let spec = &self.codecs.spec;
        let keys = spec.keys.iter().cloned().map(SortColumn::ascending);
        let columns: Vec<SortColumn> = keys.chain(spec.entry.iter().cloned()).collect();
        let mut rows = SnapshotRows::new(Arc::clone(&self.codecs), RowCodec::new(&columns)?);
        let mut current = KeyGroup(0);
        let mut visit = |group: KeyGroup, row: &[u8], value: &[u8]| {
            if !rows.is_empty() && (group != current || rows.is_full()) {
                consumer(current, rows.take(Vec::new())?)?;
            }
            current = group;
            let expired = self.expired_until;
            if expired.is_none_or(|until| layout.written(value) > until) {
                rows.push(row, &Value::new(layout, value));
            }
            Ok(())
        };
        self.snapshot.for_each(&self.column, &mut visit)?;
        if !rows.is_empty() {
            consumer(current, rows.take(Vec::new())?)?;
        }
        Ok(())
    }
}
