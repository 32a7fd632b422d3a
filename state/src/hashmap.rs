//! `state.backend.type: hashmap`: all keys in memory, values in typed columns.

use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef};
use std::sync::Arc;

use crate::backend::{KeyedTable, SlotColumns, snapshot_row_type};
use crate::key_index::{KeyIndex, Keys};

/// Rows of a snapshot are handed out in batches of at most this many.
const SNAPSHOT_ROWS: usize = 4096;

/// A table in memory.
pub struct HashMapTable<C> {
    key_types: Vec<LogicalType>,
    index: KeyIndex,
    columns: C,
}

impl<C: SlotColumns> HashMapTable<C> {
    /// An empty table.
    ///
    /// # Errors
    /// When a type cannot be a key.
    pub fn new(key_types: &[LogicalType], columns: C) -> OperatorResult<Self> {
        Ok(HashMapTable {
            key_types: key_types.to_vec(),
            index: KeyIndex::new(key_types)?,
            columns,
        })
    }

    /// The keys by slot.
    pub fn keys(&self) -> &Keys {
        self.index.keys()
    }

    /// One more than the greatest slot ever given out.
    pub fn capacity(&self) -> usize {
        self.index.capacity()
    }

    /// The keys by slot as of now.
    pub fn freeze_keys(&mut self) -> Keys {
        self.index.freeze()
    }

    /// The slots of keys, [`NO_SLOT`](crate::key_index::NO_SLOT) for those that are not there.
    ///
    /// # Errors
    /// When the columns are not of the key's types.
    pub fn find(
        &self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        self.index.find(keys, hashes, slots)
    }

    /// All slots that hold a key.
    pub fn live_slots(&self) -> Vec<u32> {
        self.index.keys().live_slots().collect()
    }

    /// The rows as of now, sharing memory.
    pub fn freeze_table(&mut self, max_parallelism: u32) -> FrozenTable<C> {
        FrozenTable {
            key_types: self.key_types.clone(),
            keys: self.index.freeze(),
            columns: self.columns.freeze(),
            max_parallelism,
        }
    }

    /// Adds rows given as key columns and value columns; used to restore and to combine tables.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn merge_rows(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        values: &[ArrayRef],
    ) -> OperatorResult<()> {
        let mut slots = Vec::new();
        self.load(keys, hashes, &mut slots)?;
        self.columns.merge(&slots, values)
    }

    /// Adds all rows of another table.
    ///
    /// # Errors
    /// When it has other columns.
    pub fn merge_table(&mut self, other: &HashMapTable<C>) -> OperatorResult<()> {
        let slots = other.live_slots();
        let keys = other.key_columns(&slots)?;
        let hashes: Vec<u64> = slots.iter().map(|&slot| other.keys().hash(slot)).collect();
        self.merge_rows(&keys, &hashes, &other.columns.read(&slots)?)
    }
}

impl<C: SlotColumns> KeyedTable for HashMapTable<C> {
    type Columns = C;

    fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        self.index.intern(keys, hashes, slots)?;
        self.columns.resize(self.index.capacity());
        Ok(())
    }

    fn columns(&self) -> &C {
        &self.columns
    }

    fn columns_mut(&mut self) -> &mut C {
        &mut self.columns
    }

    fn key_columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        self.index.keys().columns(slots)
    }

    fn remove(&mut self, slots: &[u32]) {
        self.columns.clear(slots);
        self.index.remove(slots);
    }

    fn len(&self) -> usize {
        self.index.len()
    }

    fn freeze(&mut self, max_parallelism: u32) -> Box<dyn FrozenRows> {
        Box::new(self.freeze_table(max_parallelism))
    }

    fn memory_size(&self) -> usize {
        self.index.memory_size() + self.columns.memory_size()
    }
}

/// A table as of a barrier.
pub struct FrozenTable<C> {
    key_types: Vec<LogicalType>,
    keys: Keys,
    columns: C,
    max_parallelism: u32,
}

impl<C: SlotColumns> FrozenTable<C> {
    /// Slots with their key groups, ascending by group.
    fn slots_by_group(&self) -> Vec<(KeyGroup, u32)> {
        let slots = self.keys.live_slots();
        let mut slots: Vec<_> = slots
            .map(|slot| (self.keys.key_group(slot, self.max_parallelism), slot))
            .collect();
        slots.sort_unstable();
        slots
    }

    fn columns_of(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let mut columns = self.keys.columns(slots)?;
        columns.extend(self.columns.read(slots)?);
        Ok(columns)
    }

    fn row_schema(&self) -> SchemaRef {
        snapshot_row_type(&self.key_types, self.columns.fields()).to_arrow()
    }
}

/// Cuts slots that are sorted by key group into runs of one group and bounded length.
pub fn runs_by_group(slots: &[(KeyGroup, u32)]) -> impl Iterator<Item = (KeyGroup, Vec<u32>)> {
    slots
        .chunk_by(|a, b| a.0 == b.0)
        .flat_map(|group| group.chunks(SNAPSHOT_ROWS))
        .map(|run| (run[0].0, run.iter().map(|(_, slot)| *slot).collect()))
}

impl<C: SlotColumns> FrozenRows for FrozenTable<C> {
    fn schema(&self) -> SchemaRef {
        self.row_schema()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let schema = self.row_schema();
        for (group, slots) in runs_by_group(&self.slots_by_group()) {
            let options = RecordBatchOptions::new().with_row_count(Some(slots.len()));
            let rows = RecordBatch::try_new_with_options(
                schema.clone(),
                self.columns_of(&slots)?,
                &options,
            )?;
            consumer(group, rows)?;
        }
        Ok(())
    }
}

/// Several tables of the same columns as one state, told apart by a `namespace` (Flink's word), for
/// example one table per window slice. The namespace is the first column of the rows.
pub struct FrozenNamespaces<C> {
    schema: SchemaRef,
    tables: Vec<(i64, FrozenTable<C>)>,
}

impl<C: SlotColumns> FrozenNamespaces<C> {
    /// The tables by namespace, ascending. `empty` says what the columns are when there is no table.
    pub fn new(tables: Vec<(i64, FrozenTable<C>)>, empty: &HashMapTable<C>) -> Self {
        let rows = snapshot_row_type(&empty.key_types, empty.columns.fields()).to_arrow();
        let mut fields = vec![Arc::new(ArrowField::new(
            "namespace",
            DataType::Int64,
            true,
        ))];
        fields.extend(rows.fields().iter().cloned());
        FrozenNamespaces {
            schema: Arc::new(Schema::new(fields)),
            tables,
        }
    }
}

/// Splits rows that [`FrozenNamespaces`] wrote into namespaces and the rows of each.
///
/// # Errors
/// When the first column is no namespace.
pub fn split_namespaces(rows: &RecordBatch) -> OperatorResult<Vec<(i64, RecordBatch)>> {
    let namespaces = rows
        .columns()
        .first()
        .and_then(|column| column.as_any().downcast_ref::<Int64Array>())
        .ok_or_else(|| OperatorError::fatal("the snapshot has no namespace column"))?;
    let others: Vec<usize> = (1..rows.num_columns()).collect();
    let others = rows.project(&others)?;
    let mut parts = Vec::new();
    let mut start = 0;
    for run in namespaces.values().chunk_by(|a, b| a == b) {
        parts.push((run[0], others.slice(start, run.len())));
        start += run.len();
    }
    Ok(parts)
}

impl<C: SlotColumns> FrozenRows for FrozenNamespaces<C> {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        // (group, table, slot) in that order, so that a key group's namespaces lie together.
        let mut rows: Vec<(KeyGroup, u32, u32)> = Vec::new();
        for (position, (_, table)) in self.tables.iter().enumerate() {
            let slots = table.slots_by_group().into_iter();
            rows.extend(slots.map(|(group, slot)| (group, position as u32, slot)));
        }
        rows.sort_unstable();
        for run in rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for run in run.chunks(SNAPSHOT_ROWS) {
                let (namespace, table) = &self.tables[run[0].1 as usize];
                let slots: Vec<u32> = run.iter().map(|row| row.2).collect();
                let mut columns: Vec<ArrayRef> =
                    vec![Arc::new(Int64Array::from_value(*namespace, slots.len()))];
                columns.extend(table.columns_of(&slots)?);
                consumer(
                    run[0].0,
                    RecordBatch::try_new(self.schema.clone(), columns)?,
                )?;
            }
        }
        Ok(())
    }
}
