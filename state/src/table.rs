//! One value for each key, on whichever backend the worker has (Flink's `ValueState`).
//!
//! An operator makes a [`Table`] from its node, binds it in `open`, and works with it as
//! [`backend`](crate::backend) describes: load, change columns by slot, store (or remove) every slot that
//! was changed, all within a batch. Slots are void after [`Table::store`].

use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::snapshot::{KeyedSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::ArrayRef;

use crate::backend::{KeyedTable, SlotColumns, adapt_slot_rows};
use crate::hashmap::HashMapTable;
use crate::key_index::Keys;
use crate::rocksdb::{RocksDbBackend, RocksTable};

enum Backing<C> {
    Memory(HashMapTable<C>),
    Rocks(Box<RocksTable<C>>),
}

/// A table; see the module's documentation.
pub struct Table<C> {
    name: String,
    key_types: Vec<LogicalType>,
    ttl_ms: u64,
    max_parallelism: u32,
    empty: C,
    backing: Backing<C>,
}

impl<C: SlotColumns> Table<C> {
    /// An empty table, in memory until [`Table::open`]. `ttl_ms` is after how long without being written a
    /// key may be forgotten, 0 for never; `columns` say when that was ([`SlotColumns::written`]).
    ///
    /// # Errors
    /// When a type cannot be a key.
    pub fn new(
        name: &str,
        key_types: &[LogicalType],
        mut columns: C,
        ttl_ms: u64,
    ) -> OperatorResult<Self> {
        Ok(Table {
            name: name.to_owned(),
            key_types: key_types.to_vec(),
            ttl_ms,
            max_parallelism: 1,
            empty: columns.freeze(),
            backing: Backing::Memory(HashMapTable::new(key_types, columns)?),
        })
    }

    /// Binds the table to the backend of the operator's worker. Called in the operator's `open`, before
    /// anything else.
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

    fn bind(&mut self, backend: &Arc<RocksDbBackend>) -> OperatorResult<()> {
        if let Backing::Memory(table) = &mut self.backing {
            let table = RocksTable::new(
                backend,
                &self.name,
                &self.key_types,
                HashMapTable::new(&self.key_types, table.columns_mut().freeze())?,
                self.max_parallelism,
                self.ttl_ms,
            )?;
            self.backing = Backing::Rocks(Box::new(table));
        }
        Ok(())
    }

    fn slots(&self) -> &HashMapTable<C> {
        match &self.backing {
            Backing::Memory(table) => table,
            Backing::Rocks(table) => table.cache(),
        }
    }

    /// Gives each row the slot of its key; see [`KeyedTable::load`].
    ///
    /// # Errors
    /// When the columns are not of the key's types, or a disk fails.
    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        match &mut self.backing {
            Backing::Memory(table) => table.load(keys, hashes, slots),
            Backing::Rocks(table) => table.load(keys, hashes, slots),
        }
    }

    /// The keys by slot as of now, when they are all in memory.
    pub fn freeze_keys(&mut self) -> Option<Keys> {
        match &mut self.backing {
            Backing::Memory(table) => Some(table.freeze_keys()),
            Backing::Rocks(_) => None,
        }
    }

    /// The values.
    pub fn columns(&self) -> &C {
        self.slots().columns()
    }

    /// The values, to be changed in slots that were loaded since the last [`Table::store`].
    pub fn columns_mut(&mut self) -> &mut C {
        match &mut self.backing {
            Backing::Memory(table) => table.columns_mut(),
            Backing::Rocks(table) => table.cache_mut().columns_mut(),
        }
    }

    /// The key columns of slots.
    ///
    /// # Errors
    /// When a key cannot be decoded.
    pub fn key_columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        self.slots().key_columns(slots)
    }

    /// These slots were written; all slots are void now.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn store(&mut self, slots: &[u32]) -> OperatorResult<()> {
        match &mut self.backing {
            Backing::Memory(table) => table.store(slots),
            Backing::Rocks(table) => table.store(slots),
        }
    }

    /// Forgets keys; their slots are emptied and used again.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn remove(&mut self, slots: &[u32]) -> OperatorResult<()> {
        match &mut self.backing {
            Backing::Memory(table) => {
                table.remove(slots);
                Ok(())
            }
            Backing::Rocks(table) => table.remove(slots),
        }
    }

    /// About how many keys there are.
    pub fn estimated_len(&self) -> usize {
        match &self.backing {
            Backing::Memory(table) => table.len(),
            Backing::Rocks(table) => table.len(),
        }
    }

    /// The state as of now, for the operator's snapshot of this barrier. Keys written up to
    /// `expired_until` (ms) may be left out.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze(
        &mut self,
        barrier: CheckpointBarrier,
        expired_until: Option<i64>,
    ) -> OperatorResult<KeyedSnapshot> {
        Ok(KeyedSnapshot {
            name: self.name.clone(),
            rows: match &mut self.backing {
                Backing::Memory(table) => table.freeze(self.max_parallelism),
                Backing::Rocks(table) => table.freeze(barrier, expired_until)?,
            },
        })
    }

    /// Takes back what [`Table::freeze`] gave in an earlier run.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns. Values may have been added since it was written;
    /// they are those of a key that is new.
    pub fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let mut slots = Vec::new();
        for rows in state.keyed(&self.name)? {
            let rows = adapt_slot_rows(&rows?, &self.key_types, &mut self.empty)?;
            let (keys, values) = rows.columns().split_at(self.key_types.len());
            let hashes = hash_columns(keys, rows.num_rows())?;
            self.load(keys, &hashes, &mut slots)?;
            self.columns_mut().merge(&slots, values)?;
            slots.sort_unstable();
            slots.dedup();
            self.store(&slots)?;
        }
        Ok(())
    }

    /// Rough size in bytes, in memory or on disk.
    pub fn size(&self) -> usize {
        match &self.backing {
            Backing::Memory(table) => table.memory_size(),
            Backing::Rocks(table) => table.size(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use alpheus_dataflow::cow::CowVec;
    use alpheus_dataflow::element::CheckpointKind;
    use alpheus_dataflow::ids::CheckpointId;
    use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
    use alpheus_dataflow::schema::Field;
    use alpheus_dataflow::{TypeKind, snapshot};
    use arrow::array::{AsArray, Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::*;
    use crate::rocksdb::testing::backend;

    /// A number for each key.
    #[derive(Default)]
    struct Sums(CowVec<i64>);

    impl SlotColumns for Sums {
        fn fields(&self) -> Vec<Field> {
            vec![Field::new("sum", TypeKind::BigInt.not_null())]
        }
        fn resize(&mut self, slots: usize) {
            self.0.resize(slots);
        }
        fn clear(&mut self, slots: &[u32]) {
            for &slot in slots {
                *self.0.get_mut(slot as usize) = 0;
            }
        }
        fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
            let values = slots.iter().map(|&slot| *self.0.get(slot as usize));
            Ok(vec![Arc::new(Int64Array::from_iter_values(values))])
        }
        fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
            let values = columns[0].as_primitive::<Int64Type>().values();
            for (&slot, value) in slots.iter().zip(values) {
                *self.0.get_mut(slot as usize) += value;
            }
            Ok(())
        }
        fn freeze(&mut self) -> Self {
            Sums(self.0.freeze())
        }
        fn memory_size(&self) -> usize {
            self.0.memory_size()
        }
    }

    fn table(rocks: bool, folders: &mut Vec<tempfile::TempDir>) -> Table<Sums> {
        let types = [TypeKind::string().nullable(), TypeKind::BigInt.nullable()];
        let mut table = Table::new("sums", &types, Sums::default(), 0).unwrap();
        table.max_parallelism = 128;
        if rocks {
            let (folder, backend) = backend();
            folders.push(folder);
            table.bind(&backend).unwrap();
        }
        table
    }

    /// A number for each key, and a later one that begins at 1.
    #[derive(Default)]
    struct Wide(Sums, Sums);

    impl SlotColumns for Wide {
        fn fields(&self) -> Vec<Field> {
            let mut fields = self.0.fields();
            fields.push(Field::new("more", TypeKind::BigInt.not_null()));
            fields
        }
        fn resize(&mut self, slots: usize) {
            self.0.resize(slots);
            self.1.resize(slots);
        }
        fn clear(&mut self, slots: &[u32]) {
            self.0.clear(slots);
            self.1.clear(slots);
        }
        fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
            let values = slots.iter().map(|&slot| self.1.0.get(slot as usize) + 1);
            let more: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
            Ok([self.0.read(slots)?, vec![more]].concat())
        }
        fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
            self.0.merge(slots, &columns[..1])?;
            let values = columns[1].as_primitive::<Int64Type>().values();
            let less = Int64Array::from_iter_values(values.iter().map(|value| value - 1));
            self.1.merge(slots, &[Arc::new(less)])
        }
        fn freeze(&mut self) -> Self {
            Wide(self.0.freeze(), self.1.freeze())
        }
        fn memory_size(&self) -> usize {
            self.0.memory_size() + self.1.memory_size()
        }
    }

    #[test]
    fn values_that_were_added_are_those_of_a_new_key() {
        let mut folders = Vec::new();
        let (mut one, mut model) = (table(false, &mut folders), Model::new());
        let rows = [("a".to_owned(), 1, 5), ("b".to_owned(), 2, 7)];
        apply(&mut one, &mut model, &rows);
        let (rows, _) = write_out(&mut one);
        let types = [TypeKind::string().nullable(), TypeKind::BigInt.nullable()];
        for rocks in [false, true] {
            let mut wide = Table::new("sums", &types, Wide::default(), 0).unwrap();
            wide.max_parallelism = 128;
            if rocks {
                let (folder, backend) = backend();
                folders.push(folder);
                wide.bind(&backend).unwrap();
            }
            let all = KeyGroupRange::all(128);
            wide.restore(&Rows(rows.clone(), all)).unwrap();
            let barrier = CheckpointBarrier {
                id: CheckpointId(1),
                timestamp: 0,
                kind: CheckpointKind::Savepoint,
                overtake_after_ms: None,
            };
            let mut found = Vec::new();
            let frozen = wide.freeze(barrier, None).unwrap();
            let mut take = |_, rows: RecordBatch| {
                let column = |at: usize| rows.column(at).as_primitive::<Int64Type>().values()[0];
                found.push((column(2), column(3)));
                Ok(())
            };
            frozen.rows.write(&mut take).unwrap();
            found.sort_unstable();
            assert_eq!(found, [(5, 1), (7, 1)]);
        }
        // The other way round something would be lost.
        let mut wide = Table::new("sums", &types, Wide::default(), 0).unwrap();
        wide.restore(&Rows(rows, KeyGroupRange::all(128))).unwrap();
        let (mut narrow, mut rows) = (table(false, &mut folders), Vec::new());
        let barrier = CheckpointBarrier {
            id: CheckpointId(1),
            timestamp: 0,
            kind: CheckpointKind::Savepoint,
            overtake_after_ms: None,
        };
        let mut take = |group, batch: RecordBatch| {
            rows.push((group, batch));
            Ok(())
        };
        let frozen = wide.freeze(barrier, None).unwrap();
        frozen.rows.write(&mut take).unwrap();
        let error = narrow
            .restore(&Rows(rows, KeyGroupRange::all(128)))
            .unwrap_err();
        assert!(
            error.to_string().starts_with("column `more` (Int64)"),
            "{error}"
        );
    }

    struct Rows(Vec<(KeyGroup, RecordBatch)>, KeyGroupRange);

    impl snapshot::StateReader for Rows {
        fn keyed<'a>(
            &'a self,
            _name: &str,
        ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>> {
            let mine = self.0.iter().filter(|(group, _)| self.1.contains(*group));
            Ok(Box::new(mine.map(|(_, rows)| Ok(rows.clone()))))
        }
        fn list(&self, _name: &str) -> OperatorResult<Vec<Vec<u8>>> {
            Ok(Vec::new())
        }
    }

    type Model = BTreeMap<(String, i64), i64>;

    fn apply(table: &mut Table<Sums>, model: &mut Model, batch: &[(String, i64, i64)]) {
        let keys: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(
                batch.iter().map(|row| &row.0),
            )),
            Arc::new(Int64Array::from_iter_values(batch.iter().map(|row| row.1))),
        ];
        let hashes = hash_columns(&keys, batch.len()).unwrap();
        let mut slots = Vec::new();
        table.load(&keys, &hashes, &mut slots).unwrap();
        for (&slot, (text, number, value)) in slots.iter().zip(batch) {
            let sum = table.columns_mut().0.get_mut(slot as usize);
            let known = model.entry((text.clone(), *number)).or_insert(0);
            assert_eq!(*sum, *known);
            *sum += value;
            *known += value;
        }
        slots.sort_unstable();
        slots.dedup();
        let sums = table.columns();
        let (gone, left): (Vec<u32>, Vec<u32>) = slots
            .iter()
            .partition(|&&slot| *sums.0.get(slot as usize) == 0);
        table.remove(&gone).unwrap();
        table.store(&left).unwrap();
        model.retain(|_, sum| *sum != 0);
    }

    fn write_out(table: &mut Table<Sums>) -> (Vec<(KeyGroup, RecordBatch)>, Model) {
        let barrier = CheckpointBarrier {
            id: CheckpointId(1),
            timestamp: 0,
            kind: CheckpointKind::Savepoint,
            overtake_after_ms: None,
        };
        let (mut rows, mut model) = (Vec::new(), Model::new());
        let frozen = table.freeze(barrier, None).unwrap();
        let mut take = |group, batch: RecordBatch| {
            rows.push((group, batch));
            Ok(())
        };
        frozen.rows.write(&mut take).unwrap();
        for (_, rows) in &rows {
            let texts = rows.column(0).as_string::<i32>();
            let numbers = rows.column(1).as_primitive::<Int64Type>();
            let sums = rows.column(2).as_primitive::<Int64Type>();
            for row in 0..rows.num_rows() {
                let key = (texts.value(row).to_owned(), numbers.value(row));
                assert_eq!(model.insert(key, sums.value(row)), None);
            }
        }
        (rows, model)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn both_backends_agree_with_a_model_and_change_places(
            batches in prop::collection::vec(
                prop::collection::vec(("[ab]{0,2}", 0i64..3, -2i64..3), 1..20), 1..8),
            before in any::<bool>(), after in any::<bool>(),
        ) {
            let mut folders = Vec::new();
            let (mut one, mut model) = (table(before, &mut folders), Model::new());
            for batch in &batches {
                apply(&mut one, &mut model, batch);
            }
            let (rows, written) = write_out(&mut one);
            prop_assert_eq!(&written, &model);
            let mut parts = Model::new();
            for subtask in 0..2 {
                let range = KeyGroupRange::for_subtask(subtask, 2, 128);
                let mut part = table(after, &mut folders);
                part.restore(&Rows(rows.clone(), range)).unwrap();
                parts.extend(write_out(&mut part).1);
            }
            prop_assert_eq!(&parts, &model);
            let mut whole = table(after, &mut folders);
            whole.restore(&Rows(rows, KeyGroupRange::all(128))).unwrap();
            for batch in &batches {
                apply(&mut whole, &mut model, batch);
            }
            prop_assert_eq!(&write_out(&mut whole).1, &model);
        }
    }
}
