//! Several rows under a key: an ordered map for each key (Flink's `MapState`, with an order).
//!
//! What joins, Top-N, OVER, deduplication and pattern matching keep. A state maps
//! `(key, entry) -> value`, where the *entry* is a row that is unique within its key and kept in order
//! (a sort key, a unique key, a whole row, a time and a number), and the *value* holds counters and an
//! optional payload row. Everything is described by types ([`MapStateSpec`]), so that snapshots are
//! typed columns and either backend reads what the other wrote.
//!
//! Work goes batch by batch, as with a [`KeyedTable`](crate::KeyedTable):
//!
//! 1. [`MapState::begin`] at the start of a batch, with the time of day when the state has a TTL;
//! 2. [`MapState::load`] gives each row the slot of its key (or [`MapState::probe`], which makes no new
//!    keys and gives [`NO_SLOT`] for those that are not there);
//! 3. [`MapState::get`], [`put`](MapState::put), [`remove`](MapState::remove) and
//!    [`scan`](MapState::scan) by slot and encoded entry;
//! 4. [`MapState::store`] at its end: what was changed may leave memory, keys without entries are
//!    forgotten, and *slots are void*.
//!
//! A snapshot is taken between batches only. A state with a TTL never shows an entry that was not
//! written for that long, and drops it some time later (Flink's `OnCreateAndWrite`,
//! `NeverReturnExpired`); the time is kept for each entry, as for Flink's maps.
//!
//! An operator makes the state from its node, binds it to the worker's backend in `open`, and decodes
//! what it found many rows at a time:
//!
//! ```
//! use alpheus_dataflow::hash::hash_columns;
//! use alpheus_dataflow::{RowType, TypeKind, schema::Field};
//! use alpheus_state::map_state::{EntryRange, MapState, MapStateSpec, ScanOrder};
//! use alpheus_state::row_codec::{RowBuffer, RowCodec, SortColumn};
//! use arrow::array::{ArrayRef, Int64Array, StringArray};
//! use std::ops::ControlFlow;
//! use std::sync::Arc;
//!
//! # fn main() -> alpheus_dataflow::OperatorResult<()> {
//! // One side of a join: the rows of each join key with how often they occur.
//! let row = RowType::new(vec![
//!     Field::new("name", TypeKind::string().nullable()),
//!     Field::new("price", TypeKind::BigInt.nullable()),
//! ]);
//! let mut left = MapState::new(MapStateSpec {
//!     name: "left".to_owned(),
//!     keys: vec![TypeKind::BigInt.nullable()],
//!     entry: row.fields.iter().map(|f| SortColumn::ascending(f.ty.clone())).collect(),
//!     counters: vec!["count".to_owned()],
//!     payload: RowType::default(),
//!     ttl_ms: 0,
//! })?;
//! // in `open`: left.open(context)?;
//!
//! let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![7, 7]))];
//! let rows: Vec<ArrayRef> = vec![
//!     Arc::new(StringArray::from(vec!["a", "b"])),
//!     Arc::new(Int64Array::from(vec![10, 20])),
//! ];
//! let hashes = hash_columns(&keys, 2)?;
//! let mut slots = Vec::new();
//! left.begin(0);
//! left.load(&keys, &hashes, &mut slots)?;
//! let entries = left.entry_codec().encode(&rows)?;
//! for (row, &slot) in slots.iter().enumerate() {
//!     let count = left.get(slot, entries.row(row))?.map_or(0, |value| value.counter(0));
//!     left.put(slot, entries.row(row), &[count + 1], &[])?;
//! }
//! // All rows of a key, decoded together.
//! let mut found = RowBuffer::default();
//! left.scan(slots[0], &EntryRange::ALL, ScanOrder::Forward, &mut |entry, value| {
//!     (0..value.counter(0)).for_each(|_| found.push(entry));
//!     ControlFlow::Continue(())
//! })?;
//! let columns = left.entry_codec().decode(found.iter())?;
//! assert_eq!(&columns, &rows);
//! left.store()?;
//! # Ok(())
//! # }
//! ```

mod appended;
mod cached;
mod entries;
mod frozen;
mod leaf;
mod memory;
#[cfg(test)]
pub(crate) mod native_tests;
mod rocks;
mod rocks_frozen;
mod single;
#[cfg(test)]
mod tests;
mod value;
mod written;

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, RowType, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::take;
use arrow::datatypes::Int64Type;
use serde::{Deserialize, Serialize};

use self::entries::Visit;
use self::frozen::FrozenMap;
use self::memory::MemoryMap;
use self::rocks::RocksMap;
use self::value::ValueLayout;
use crate::backend::adapt_snapshot_rows;
use crate::key_index::KeyIndex;
use crate::rocksdb::{CacheLimit, RocksDbBackend};
use crate::row_codec::{RowBuffer, RowCodec, SortColumn};

pub use self::appended::AppendedRows;
pub use self::entries::{EntryRange, ScanOrder};
pub use self::value::Value;
pub(crate) use self::value::written_at;
pub use crate::key_index::NO_SLOT;

/// What a state consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapStateSpec {
    /// Unique within the operator and stable across versions.
    pub name: String,
    /// Types of the key's columns; without any, there is one key.
    pub keys: Vec<LogicalType>,
    /// Columns of an entry, in the order in which entries of a key are kept.
    pub entry: Vec<SortColumn>,
    /// Names of the numbers that each entry has.
    pub counters: Vec<String>,
    /// More columns of each entry, that do not tell entries apart.
    pub payload: RowType,
    /// After how many ms without being written an entry counts as gone; 0 for never
    /// (`table.exec.state.ttl`).
    pub ttl_ms: u64,
}

/// How keys and values are encoded and named.
struct Codecs {
    spec: MapStateSpec,
    layout: ValueLayout,
    entry: RowCodec,
    payload: RowCodec,
}

impl Codecs {
    fn ordered(spec: MapStateSpec) -> OperatorResult<Self> {
        Ok(Codecs {
            layout: ValueLayout {
                timed: spec.ttl_ms > 0,
                counters: spec.counters.len(),
            },
            entry: RowCodec::new(&spec.entry)?,
            payload: RowCodec::of_row_type(&spec.payload)?,
            spec,
        })
    }

    /// Rows of a snapshot with the columns of this state: payload columns that may be NULL may have been added.
    fn adapt(&self, rows: &RecordBatch) -> OperatorResult<RecordBatch> {
        let spec = &self.spec;
        let fixed = spec.keys.len() + spec.entry.len() + 1 + spec.counters.len();
        let expected = self.snapshot_row_type();
        adapt_snapshot_rows(rows, &expected, fixed, &mut |column| {
            let ty = &expected.fields[column].ty;
            Ok(ty.nullable.then(|| new_null_array(&ty.to_arrow(), 1)))
        })
    }

    /// Key columns `k0`.., entry columns `e0`.., `written`, the counters, the payload.
    fn snapshot_row_type(&self) -> RowType {
        let spec = &self.spec;
        let keys = spec.keys.iter().enumerate();
        let entry = spec.entry.iter().enumerate();
        let integer = |name: &str| Field::new(name, TypeKind::BigInt.not_null());
        let mut fields: Vec<Field> = keys
            .map(|(i, ty)| Field::new(format!("k{i}"), ty.clone()))
            .collect();
        fields.extend(entry.map(|(i, column)| Field::new(format!("e{i}"), column.ty.clone())));
        fields.push(integer("written"));
        fields.extend(spec.counters.iter().map(|name| integer(name)));
        fields.extend(spec.payload.fields.iter().cloned());
        RowType::new(fields)
    }
}

/// Some rows of a state, by [`MapState::for_each_batch`].
pub struct StateRows<'a> {
    /// The key's columns.
    pub keys: &'a [ArrayRef],
    /// The entry's columns.
    pub entry: &'a [ArrayRef],
    /// When each was written, in ms, BIGINT; 0 without a TTL.
    pub written: &'a ArrayRef,
    /// The counters, BIGINT.
    pub counters: &'a [ArrayRef],
    /// The payload's columns.
    pub payload: &'a [ArrayRef],
}

/// Called with each entry that is removed, and what it held.
pub type VisitRemoved<'v> = dyn FnMut(&[u8], &Value<'_>) + 'v;

/// Whether keys that are not there are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Where the maps are (`state.backend.type`).
enum Backing {
    Memory(Box<MemoryMap>),
    Rocks(Box<RocksMap>),
}

/// An ordered map for each key; see the module's documentation.
pub struct MapState {
    codecs: Arc<Codecs>,
    map: Backing,
    max_parallelism: u32,
    now_ms: i64,
    value: Vec<u8>,
}

impl MapState {
    /// An empty state, in memory until [`MapState::open`].
    ///
    /// # Errors
    /// When a type can be no key or cannot be encoded.
    pub fn new(spec: MapStateSpec) -> OperatorResult<Self> {
        let codecs = Codecs::ordered(spec)?;
        Ok(MapState {
            map: Backing::Memory(Box::new(MemoryMap::new(KeyIndex::new(&codecs.spec.keys)?))),
            codecs: Arc::new(codecs),
            max_parallelism: 1,
            now_ms: 0,
            value: Vec::new(),
        })
    }

    /// In memory the payload takes less room, and its bytes only tell equal rows from others. Called before
    /// [`MapState::open`].
    #[must_use]
    pub fn with_packed_payload(self) -> Self {
        let payload = self.codecs.payload.packed();
        self.with_codecs(|codecs| codecs.payload = payload)
    }

    /// In memory entries take less room, and are in no particular order: for states whose keys are only scanned
    /// as a whole. Called before [`MapState::open`].
    #[must_use]
    pub fn with_unordered_entries(self) -> Self {
        let entry = self.codecs.entry.packed();
        self.with_codecs(|codecs| codecs.entry = entry)
    }

    fn with_codecs(mut self, change: impl FnOnce(&mut Codecs)) -> Self {
        if let Some(codecs) = Arc::get_mut(&mut self.codecs) {
            change(codecs);
        }
        self
    }

    /// Binds the state to the backend of the operator's worker. Called in the operator's `open`.
    ///
    /// # Errors
    /// When the backend cannot make room for it.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.max_parallelism = context.max_parallelism;
        match RocksDbBackend::of(context) {
            Some(backend) => self.bind(&backend),
            None => Ok(()),
        }
    }

    pub(crate) fn bind(&mut self, backend: &Arc<RocksDbBackend>) -> OperatorResult<()> {
        // What is written to disk must be read by every version.
        let spec = self.codecs.spec.clone();
        self.codecs = Arc::new(Codecs::ordered(spec)?);
        let map = RocksMap::new(backend, &self.codecs, self.max_parallelism)?;
        self.map = Backing::Rocks(Box::new(map));
        Ok(())
    }

    /// Whether it is in the worker's memory.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.map, Backing::Memory(_))
    }

    /// How much an operator may keep in memory beside it; `None` when all of it is there.
    pub fn cache_limit(&self) -> Option<CacheLimit> {
        match &self.map {
            Backing::Memory(_) => None,
            Backing::Rocks(map) => Some(map.cache_limit()),
        }
    }

    /// The columns of its snapshots: those of the key, of the entry, the time of the last write, the
    /// counters, the payload.
    pub fn row_type(&self) -> RowType {
        self.codecs.snapshot_row_type()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.codecs.spec.name
    }

    /// Encodes entries.
    pub fn entry_codec(&self) -> &RowCodec {
        &self.codecs.entry
    }

    /// Encodes payload rows.
    pub fn payload_codec(&self) -> &RowCodec {
        &self.codecs.payload
    }

    /// A batch begins. `now_ms` is the time of day for the TTL; without one it is not looked at.
    pub fn begin(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
    }

    fn expired_until(&self) -> Option<i64> {
        let ttl = self.codecs.spec.ttl_ms;
        let ttl = i64::try_from(ttl).unwrap_or(i64::MAX);
        (ttl > 0).then(|| self.now_ms.saturating_sub(ttl))
    }

    fn is_expired(&self, value: &[u8]) -> bool {
        let until = self.expired_until();
        until.is_some_and(|until| self.codecs.layout.written(value) <= until)
    }

    /// Puts the slot of each row's key into `slots`; keys that are new get an empty one. `hashes` are
    /// those of [`alpheus_dataflow::hash`] over `keys`.
    ///
    /// # Errors
    /// When the columns are not of the key's types, or a disk fails.
    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        match &mut self.map {
            Backing::Memory(map) => map.load(keys, hashes, Access::Write, slots),
            Backing::Rocks(map) => map.load(keys, hashes, slots),
        }
    }

    /// As [`MapState::load`] for rows that only look: keys that are known not to be there get [`NO_SLOT`].
    /// Nothing may be put into slots that it gives.
    ///
    /// # Errors
    /// As [`MapState::load`].
    pub fn probe(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        match &mut self.map {
            Backing::Memory(map) => map.load(keys, hashes, Access::Read, slots),
            Backing::Rocks(map) => map.probe(keys, hashes, slots),
        }
    }

    /// Reads entries together, so that each [`MapState::get`] of them in this batch costs little. In memory
    /// it does nothing.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn fetch<'e>(
        &mut self,
        entries: impl Iterator<Item = (u32, &'e [u8])>,
    ) -> OperatorResult<()> {
        match &mut self.map {
            Backing::Memory(_) => Ok(()),
            Backing::Rocks(map) => map.fetch(entries),
        }
    }

    /// Reads all entries of keys together, so that each [`MapState::scan`] of them in this batch costs little. Those
    /// of a key that has more than `most_bytes` on disk are left there: it is worth reading what will be needed. In
    /// memory it does nothing.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn fetch_keys(&mut self, slots: &[u32], most_bytes: usize) -> OperatorResult<()> {
        match &mut self.map {
            Backing::Memory(_) => Ok(()),
            Backing::Rocks(map) => map.fetch_keys(slots, most_bytes),
        }
    }

    /// What an entry holds.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn get(&self, slot: u32, entry: &[u8]) -> OperatorResult<Option<Value<'_>>> {
        let value = match &self.map {
            Backing::Memory(map) => map.get(slot, entry).map(Cow::Borrowed),
            Backing::Rocks(map) => map.get(slot, entry)?,
        };
        let value = value.filter(|value| !self.is_expired(value));
        Ok(value.map(|value| Value::new(self.codecs.layout, value)))
    }

    /// Puts an entry, or gives it another value.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn put(
        &mut self,
        slot: u32,
        entry: &[u8],
        counters: &[i64],
        payload: &[u8],
    ) -> OperatorResult<()> {
        let layout = self.codecs.layout;
        layout.encode(self.now_ms, counters, payload, &mut self.value);
        self.put_value(slot, entry);
        Ok(())
    }

    /// Puts `self.value`.
    fn put_value(&mut self, slot: u32, entry: &[u8]) {
        match &mut self.map {
            Backing::Memory(map) => map.put(slot, entry, &self.value),
            Backing::Rocks(map) => map.put(slot, entry, &self.value),
        }
    }

    /// Removes an entry, if it is there.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn remove(&mut self, slot: u32, entry: &[u8]) -> OperatorResult<()> {
        match &mut self.map {
            Backing::Memory(map) => map.remove(slot, entry),
            Backing::Rocks(map) => map.remove(slot, entry),
        }
        Ok(())
    }

    /// Removes the entries of a range.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn remove_range(&mut self, slot: u32, range: &EntryRange<'_>) -> OperatorResult<()> {
        let mut doomed = RowBuffer::default();
        self.scan_bytes(slot, range, ScanOrder::Forward, &mut |entry, _| {
            doomed.push(entry);
            ControlFlow::Continue(())
        })?;
        doomed.iter().try_for_each(|entry| self.remove(slot, entry))
    }

    /// Removes of every key the entries up to and with those that begin with `bound`, and shows each before to `visit`, if
    /// somebody wants to see them. Called between batches, with bounds that go up; nothing is put at or before a bound
    /// afterwards. In memory it looks at one entry of each key that keeps its own, of all keys or of those
    /// that had `slots` when they were written (a key keeps its slot while it has entries). With RocksDB it reads the
    /// whole state if there is `visit`; otherwise now and then, and native checkpoints may keep some of them.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn remove_up_to(
        &mut self,
        bound: &[u8],
        slots: Option<&[u32]>,
        visit: Option<&mut VisitRemoved<'_>>,
    ) -> OperatorResult<()> {
        let layout = self.codecs.layout;
        let unseen: &mut VisitRemoved<'_> = &mut |_, _| {};
        match (&mut self.map, visit) {
            (Backing::Memory(map), visit) => {
                let visit = visit.unwrap_or(unseen);
                map.remove_up_to(bound, slots, &mut |entry, value| {
                    visit(entry, &Value::new(layout, value));
                });
            }
            (Backing::Rocks(map), None) if map.can_forget() => map.forget_up_to(bound)?,
            (Backing::Rocks(_), visit) => self.remove_read(bound, visit.unwrap_or(unseen))?,
        }
        self.store()
    }

    /// [`MapState::remove_up_to`] by reading everything.
    fn remove_read(
        &mut self,
        bound: &[u8],
        visit: &mut dyn FnMut(&[u8], &Value<'_>),
    ) -> OperatorResult<()> {
        let codecs = Arc::clone(&self.codecs);
        let (layout, range) = (codecs.layout, EntryRange::up_to(bound));
        let mut doomed: Vec<(Vec<ArrayRef>, RowBuffer)> = Vec::new();
        self.for_each_batch(&mut |rows| {
            let entries = codecs.entry.encode(rows.entry)?;
            let payloads = codecs.payload.encode(rows.payload)?;
            let counters: Vec<_> = (rows.counters.iter())
                .map(|column| column.as_primitive::<Int64Type>().values())
                .collect();
            let (mut value, mut numbers) = (Vec::new(), Vec::new());
            let (mut at, mut gone) = (Vec::new(), RowBuffer::default());
            for row in 0..rows.entry[0].len() {
                let entry = entries.row(row);
                if range.is_after(entry) {
                    continue;
                }
                numbers.clear();
                numbers.extend(counters.iter().map(|counter| counter[row]));
                layout.encode(0, &numbers, payloads.row(row), &mut value);
                visit(entry, &Value::new(layout, value.as_slice()));
                at.push(row as u32);
                gone.push(entry);
            }
            let at = UInt32Array::from(at);
            let keys = rows.keys.iter().map(|column| take(column, &at, None));
            doomed.push((keys.collect::<Result<_, _>>()?, gone));
            Ok(())
        })?;
        let mut slots = Vec::new();
        for (keys, entries) in doomed {
            let hashes = hash_columns(&keys, entries.len())?;
            self.load(&keys, &hashes, &mut slots)?;
            for (&slot, entry) in slots.iter().zip(entries.iter()) {
                self.remove(slot, entry)?;
            }
            self.store()?;
        }
        Ok(())
    }

    fn scan_bytes(
        &self,
        slot: u32,
        range: &EntryRange<'_>,
        order: ScanOrder,
        visit: &mut Visit<'_>,
    ) -> OperatorResult<()> {
        match &self.map {
            Backing::Memory(map) => map.scan(slot, range, order, visit),
            Backing::Rocks(map) => map.scan(slot, range, order, visit)?,
        }
        Ok(())
    }

    /// Visits the entries of a key in order until `visit` breaks.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn scan(
        &self,
        slot: u32,
        range: &EntryRange<'_>,
        order: ScanOrder,
        visit: &mut dyn FnMut(&[u8], &Value<'_>) -> ControlFlow<()>,
    ) -> OperatorResult<()> {
        let layout = self.codecs.layout;
        let until = self.expired_until();
        self.scan_bytes(slot, range, order, &mut |entry, value| {
            if until.is_some_and(|until| layout.written(value) <= until) {
                return ControlFlow::Continue(());
            }
            visit(entry, &Value::new(layout, value))
        })
    }

    /// Visits all entries of all keys in batches. For work that has to see everything, such as building
    /// an index of times after a restore: it reads the whole state.
    ///
    /// # Errors
    /// Those of `visit`, and when a disk fails.
    pub fn for_each_batch(
        &mut self,
        visit: &mut dyn FnMut(StateRows<'_>) -> OperatorResult<()>,
    ) -> OperatorResult<()> {
        let (keys, entry, counters) = {
            let spec = &self.codecs.spec;
            (spec.keys.len(), spec.entry.len(), spec.counters.len())
        };
        self.freeze_rows(None)?.write(&mut |_, rows| {
            let (keys, rest) = rows.columns().split_at(keys);
            let (entry, rest) = rest.split_at(entry);
            let (written, rest) = (&rest[0], &rest[1..]);
            let (counters, payload) = rest.split_at(counters);
            visit(StateRows {
                keys,
                entry,
                written,
                counters,
                payload,
            })
        })
    }

    /// The key columns of loaded slots.
    ///
    /// # Errors
    /// When a key cannot be decoded.
    pub fn key_columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        match &self.map {
            Backing::Memory(map) => map.keys().columns(slots),
            Backing::Rocks(map) => map.key_columns(slots),
        }
    }

    /// The batch is done; its slots are void.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn store(&mut self) -> OperatorResult<()> {
        let expired_until = self.expired_until();
        match &mut self.map {
            Backing::Memory(map) => {
                map.store(self.codecs.layout, expired_until);
                Ok(())
            }
            Backing::Rocks(map) => map.store(),
        }
    }

    /// About how many keys there are; with RocksDB, an estimate of how many entries.
    pub fn estimated_len(&self) -> usize {
        match &self.map {
            Backing::Memory(map) => map.len(),
            Backing::Rocks(map) => map.len(),
        }
    }

    /// Whether it is known to hold nothing. With RocksDB that is not known.
    pub fn is_empty(&self) -> bool {
        match &self.map {
            Backing::Memory(map) => map.len() == 0,
            Backing::Rocks(_) => false,
        }
    }

    /// The state as of now, for the operator's snapshot of this barrier. Costs nothing per entry; with
    /// RocksDB, what is in memory is written first, and for incremental checkpoints the write buffers are flushed.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze(&mut self, barrier: CheckpointBarrier) -> OperatorResult<KeyedSnapshot> {
        Ok(KeyedSnapshot {
            name: self.codecs.spec.name.clone(),
            rows: self.freeze_rows(Some(barrier))?,
        })
    }

    /// The columns of the snapshots of such a state.
    ///
    /// # Errors
    /// As [`MapState::new`].
    pub(crate) fn row_type_of(spec: &MapStateSpec) -> OperatorResult<RowType> {
        Ok(MapState::new(spec.clone())?.row_type())
    }

    /// The state as of now.
    pub(crate) fn freeze_rows(
        &mut self,
        barrier: Option<CheckpointBarrier>,
    ) -> OperatorResult<Box<dyn FrozenRows>> {
        let expired_until = self.expired_until();
        match &mut self.map {
            Backing::Memory(map) => {
                let (keys, maps) = map.freeze();
                Ok(Box::new(FrozenMap {
                    codecs: Arc::clone(&self.codecs),
                    keys,
                    maps,
                    max_parallelism: self.max_parallelism,
                    expired_until,
                }))
            }
            Backing::Rocks(map) => map.freeze(&self.codecs, barrier, expired_until),
        }
    }

    /// Takes back what [`MapState::freeze`] gave in an earlier run; columns of the payload that were added since
    /// are NULL. `now_ms` is when entries that come
    /// from a state without TTL count as written.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns.
    pub fn restore(&mut self, state: &dyn StateReader, now_ms: i64) -> OperatorResult<()> {
        self.begin(now_ms);
        for rows in state.keyed(&self.codecs.spec.name)? {
            self.restore_rows(&rows?)?;
        }
        Ok(())
    }

    fn restore_rows(&mut self, rows: &RecordBatch) -> OperatorResult<()> {
        let codecs = Arc::clone(&self.codecs);
        let rows = codecs.adapt(rows)?;
        let spec = &codecs.spec;
        let (keys, rest) = rows.columns().split_at(spec.keys.len());
        let (entries, rest) = rest.split_at(spec.entry.len());
        let (numbers, payload) = rest.split_at(1 + spec.counters.len());
        let missing = || OperatorError::fatal("a number of the snapshot's entries is NULL");
        if numbers.iter().any(|column| column.null_count() > 0) {
            return Err(missing());
        }
        let numbers: Vec<_> = numbers
            .iter()
            .map(|column| column.as_primitive::<Int64Type>().values())
            .collect();
        let hashes = hash_columns(keys, rows.num_rows())?;
        let (mut slots, mut counters) = (Vec::new(), Vec::new());
        self.load(keys, &hashes, &mut slots)?;
        let entries = codecs.entry.encode(entries)?;
        let payload = codecs.payload.encode(payload)?;
        for (row, &slot) in slots.iter().enumerate() {
            counters.clear();
            counters.extend(numbers[1..].iter().map(|values| values[row]));
            let written = match numbers[0][row] {
                0 => self.now_ms,
                written => written,
            };
            let layout = codecs.layout;
            layout.encode(written, &counters, payload.row(row), &mut self.value);
            self.put_value(slot, entries.row(row));
        }
        self.store()
    }

    /// Visits the rows that [`MapState::freeze`] gave in an earlier run, for an operator that keeps them
    /// elsewhere.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns.
    pub fn visit_snapshot(
        &self,
        state: &dyn StateReader,
        visit: &mut dyn FnMut(StateRows<'_>) -> OperatorResult<()>,
    ) -> OperatorResult<()> {
        let spec = &self.codecs.spec;
        for rows in state.keyed(&spec.name)? {
            let rows = self.codecs.adapt(&rows?)?;
            let (keys, rest) = rows.columns().split_at(spec.keys.len());
            let (entry, rest) = rest.split_at(spec.entry.len());
            let (written, rest) = (&rest[0], &rest[1..]);
            let (counters, payload) = rest.split_at(spec.counters.len());
            visit(StateRows {
                keys,
                entry,
                written,
                counters,
                payload,
            })?;
        }
        Ok(())
    }

    /// Rough size in bytes, in memory or on disk.
    pub fn memory_size(&self) -> usize {
        match &self.map {
            Backing::Memory(map) => map.memory_size(),
            Backing::Rocks(map) => map.memory_size(),
        }
    }
}
