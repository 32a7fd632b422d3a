//! One value for each key, on disk, with the values of recent keys in columns by slot.
//!
//! The columns are a cache that is written through: [`RocksTable::load`] reads what a batch needs and is
//! not there in one multi-get, [`RocksTable::store`] writes what the batch has changed in one go. When
//! the cache is large after a batch ([`CacheLimit`]), it is emptied.

use std::any::Any;
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use alpheus_dataflow::{LogicalType, OperatorResult, RowType};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::{CacheLimit, Column, FrozenColumn, RocksDbBackend, StateFormat, key_bytes};
use crate::backend::{KeyedTable, SlotColumns, describe, snapshot_row_type};
use crate::hashmap::HashMapTable;
use crate::key_index::NO_SLOT;
use crate::map_state::written_at;
use crate::row_codec::{RowBuffer, RowCodec, SortColumn};

/// Rows of a snapshot are handed out in batches of at most this many.
const SNAPSHOT_ROWS: usize = 4096;
/// Bytes of the time before a value of a state with a TTL.
const TIME: usize = size_of::<i64>();

/// A table; see the module's documentation.
pub(crate) struct RocksTable<C> {
    backend: Arc<RocksDbBackend>,
    column: Column,
    cache: HashMapTable<C>,
    keys: RowCodec,
    values: RowCodec,
    row_type: RowType,
    max_parallelism: u32,
    timed: bool,
    limit: CacheLimit,
}

impl<C: SlotColumns> RocksTable<C> {
    /// The table of that name, with an empty cache.
    pub fn new(
        backend: &Arc<RocksDbBackend>,
        name: &str,
        key_types: &[LogicalType],
        cache: HashMapTable<C>,
        max_parallelism: u32,
        ttl_ms: u64,
    ) -> OperatorResult<Self> {
        let keys: Vec<SortColumn> = key_types
            .iter()
            .cloned()
            .map(SortColumn::ascending)
            .collect();
        let fields = cache.columns().fields();
        let row_type = snapshot_row_type(key_types, fields.clone());
        Ok(RocksTable {
            backend: Arc::clone(backend),
            column: open(backend, name, key_types, fields.clone(), ttl_ms)?,
            keys: RowCodec::new(&keys)?,
            values: RowCodec::of_row_type(&RowType::new(fields))?,
            row_type,
            cache,
            max_parallelism,
            timed: ttl_ms > 0,
            limit: backend.cache_limit(),
        })
    }

    /// The cache, by whose slots everything goes.
    pub fn cache(&self) -> &HashMapTable<C> {
        &self.cache
    }

    /// See [`RocksTable::cache`].
    pub fn cache_mut(&mut self) -> &mut HashMapTable<C> {
        &mut self.cache
    }

    fn database_keys(&self, slots: &[u32]) -> OperatorResult<Vec<Vec<u8>>> {
        let keys = self.keys.encode(&self.cache.key_columns(slots)?)?;
        let index = self.cache.keys();
        let keys = slots.iter().enumerate().map(|(row, &slot)| {
            let group = index.key_group(slot, self.max_parallelism);
            key_bytes(group, keys.row(row))
        });
        Ok(keys.collect())
    }

    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        let mut cached = Vec::new();
        self.cache.find(keys, hashes, &mut cached)?;
        self.cache.load(keys, hashes, slots)?;
        let missing = cached.iter().zip(slots.iter());
        let missing = missing.filter(|(cached, _)| **cached == NO_SLOT);
        let mut missing: Vec<u32> = missing.map(|(_, slot)| *slot).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        let wanted = self.database_keys(&missing)?;
        let mut found = RowBuffer::default();
        let mut found_slots = Vec::new();
        for (value, &slot) in self.column.multi_get(&wanted)?.iter().zip(&missing) {
            if let Some(value) = value {
                found.push(if self.timed {
                    &value[TIME.min(value.len())..]
                } else {
                    value
                });
                found_slots.push(slot);
            }
        }
        if found_slots.is_empty() {
            return Ok(());
        }
        let columns = self.values.decode(found.iter())?;
        self.cache.columns_mut().merge(&found_slots, &columns)
    }

    pub fn store(&mut self, slots: &[u32]) -> OperatorResult<()> {
        if !slots.is_empty() {
            let keys = self.database_keys(slots)?;
            let columns = self.cache.columns();
            let values = self.values.encode(&columns.read(slots)?)?;
            let values: Vec<Vec<u8>> = slots
                .iter()
                .enumerate()
                .map(|(row, &slot)| {
                    let mut value = Vec::new();
                    if self.timed {
                        value.extend(columns.written(slot).to_le_bytes());
                    }
                    value.extend(values.row(row));
                    value
                })
                .collect();
            let changes = keys.iter().zip(&values);
            self.column
                .write(changes.map(|(key, value)| (key.as_slice(), Some(value.as_slice()))))?;
        }
        let RocksTable { cache, limit, .. } = self;
        if limit.is_exceeded(cache.len(), || cache.memory_size()) {
            let all = self.cache.live_slots();
            self.cache.remove(&all);
        }
        Ok(())
    }

    pub fn remove(&mut self, slots: &[u32]) -> OperatorResult<()> {
        if slots.is_empty() {
            return Ok(());
        }
        let keys = self.database_keys(slots)?;
        self.column
            .write(keys.iter().map(|key| (key.as_slice(), None)))?;
        self.cache.remove(slots);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.column.estimated_keys()
    }

    pub fn size(&self) -> usize {
        self.column.estimated_bytes()
    }

    pub fn freeze(
        &self,
        barrier: CheckpointBarrier,
        expired_until: Option<i64>,
    ) -> OperatorResult<Box<dyn FrozenRows>> {
        let database = self.column.database();
        Ok(Box::new(FrozenRocksTable {
            snapshot: self.backend.freeze(database, Some(barrier))?,
            column: self.column.clone(),
            keys: self.keys.clone(),
            values: self.values.clone(),
            row_type: self.row_type.clone(),
            timed: self.timed,
            expired_until,
        }))
    }
}

/// The column family of a table.
fn open(
    backend: &Arc<RocksDbBackend>,
    name: &str,
    keys: &[LogicalType],
    values: Vec<Field>,
    ttl_ms: u64,
) -> OperatorResult<Column> {
    let row_type = snapshot_row_type(keys, values.clone());
    let columns = describe(&row_type.to_arrow());
    let ttl = if ttl_ms > 0 { "a" } else { "no" };
    let layout = format!("the columns {columns}, {ttl} TTL");
    let keys = keys.to_vec();
    let format = StateFormat::Table {
        keys,
        values,
        ttl_ms,
    };
    backend.column(name, &layout, ttl_ms, Some(format))
}

/// The rows of a table that no operator has open.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn freeze(
    backend: &Arc<RocksDbBackend>,
    name: &str,
    keys: &[LogicalType],
    values: &[Field],
    ttl_ms: u64,
) -> OperatorResult<Box<dyn FrozenRows>> {
    let column = open(backend, name, keys, values.to_vec(), ttl_ms)?;
    let key_columns = keys.iter().cloned().map(SortColumn::ascending);
    Ok(Box::new(FrozenRocksTable {
        snapshot: backend.freeze(column.database(), None)?,
        column,
        keys: RowCodec::new(&key_columns.collect::<Vec<_>>())?,
        values: RowCodec::of_row_type(&RowType::new(values.to_vec()))?,
        row_type: snapshot_row_type(keys, values.to_vec()),
        timed: ttl_ms > 0,
        expired_until: None,
    }))
}

/// A table as of a barrier.
struct FrozenRocksTable {
    column: Column,
    snapshot: FrozenColumn,
    keys: RowCodec,
    values: RowCodec,
    row_type: RowType,
    timed: bool,
    expired_until: Option<i64>,
}

impl FrozenRows for FrozenRocksTable {
    fn seal(&mut self) -> OperatorResult<()> {
        self.snapshot.seal()
    }

    fn native(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let files = self.snapshot.files()?;
        Some(files)
    }

    fn schema(&self) -> SchemaRef {
        self.row_type.to_arrow()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let schema: SchemaRef = self.row_type.to_arrow();
        let (mut keys, mut values) = (RowBuffer::default(), RowBuffer::default());
        let mut hand_out = |group: KeyGroup, keys: &mut RowBuffer, values: &mut RowBuffer| {
            if keys.is_empty() {
                return Ok(());
            }
            let mut columns = self.keys.decode(keys.iter())?;
            columns.extend(self.values.decode(values.iter())?);
            let options = RecordBatchOptions::new().with_row_count(Some(keys.len()));
            let schema = Arc::clone(&schema);
            let rows = RecordBatch::try_new_with_options(schema, columns, &options)?;
            keys.clear();
            values.clear();
            consumer(group, rows)
        };
        let mut current = KeyGroup(0);
        let mut visit = |group: KeyGroup, key: &[u8], value: &[u8]| {
            if group != current || keys.len() >= SNAPSHOT_ROWS {
                hand_out(current, &mut keys, &mut values)?;
            }
            current = group;
            let expired = self.expired_until.filter(|_| self.timed);
            if expired.is_none_or(|until| written_at(value) > until) {
                keys.push(key);
                let time = if self.timed { TIME } else { 0 };
                values.push(value.get(time..).unwrap_or_default());
            }
            Ok(())
        };
        self.snapshot.for_each(&self.column, &mut visit)?;
        hand_out(current, &mut keys, &mut values)
    }
}
