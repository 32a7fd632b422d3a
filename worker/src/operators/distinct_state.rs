//! The sets of DISTINCT aggregates of an unbounded GROUP BY, outside of the group's row.
//!
//! In a group's row a set would be read and written as a whole. Here each tuple of a set is an entry of its
//! own (Flink's `DistinctAggregates` with a `MapView`). In memory the sets are hash tables by the slot of
//! the group ([`DistinctCounts`]); with RocksDB they are a [`MapState`] whose entries a batch reads and
//! writes together.
//!
//! State `distinct-<call>`, with either backend: key, tuple, how often it occurs in the group. With a TTL each tuple
//! expires by itself, as in Flink: one that was not seen for that long counts anew, though its group has lived on. Then
//! the sets are a [`MapState`] in memory, too.

use std::ops::ControlFlow;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, RowsConsumer, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, RowType};
use alpheus_functions::aggregate::distinct_sets::Changed;
use alpheus_functions::aggregate::{AggregateSet, DistinctCounts, DistinctSets};
use alpheus_state::hashmap::runs_by_group;
use alpheus_state::key_index::{Keys, NO_SLOT};
use alpheus_state::map_state::{EntryRange, MapStateSpec, ScanOrder, Value};
use alpheus_state::row_codec::SortColumn;
use alpheus_state::{MapState, SlotColumns, Table};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef};
use std::sync::Arc;

/// Rows of a snapshot are handed out in batches of at most this many.
const SNAPSHOT_ROWS: usize = 4096;

/// The set of one call.
struct Set {
    call: usize,
    /// With RocksDB or a TTL; otherwise it only says what snapshots look like.
    map: MapState,
    counts: DistinctCounts,
    timed: bool,
    /// For each slot of the table that this batch has loaded, the slot of the key in `map`.
    slots: Vec<u32>,
}

impl Set {
    /// Whether it is in `counts`.
    fn is_counted(&self) -> bool {
        self.map.is_in_memory() && !self.timed
    }
}

/// The sets of an operator; see the module's documentation.
pub(crate) struct DistinctState(Vec<Set>);

impl DistinctState {
    /// Sets of these aggregates for groups with keys of these types.
    ///
    /// # Errors
    /// When a type cannot be in a set.
    pub fn new(
        aggregates: &AggregateSet,
        keys: &[LogicalType],
        ttl_ms: u64,
    ) -> OperatorResult<Self> {
        let sets = aggregates.sets().map(|(call, types)| {
            let types = types.iter().map(|ty| ty.with_nullable(true));
            Ok(Set {
                call,
                timed: ttl_ms > 0,
                map: MapState::new(MapStateSpec {
                    name: format!("distinct-{call}"),
                    keys: keys.to_vec(),
                    entry: types.clone().map(SortColumn::ascending).collect(),
                    counters: vec!["count".to_owned()],
                    payload: RowType::default(),
                    ttl_ms,
                })?,
                counts: DistinctCounts::new(&types.collect::<Vec<_>>())?,
                slots: Vec::new(),
            })
        });
        Ok(DistinctState(sets.collect::<OperatorResult<_>>()?))
    }

    /// Binds the sets to the worker's backend.
    ///
    /// # Errors
    /// When the backend cannot make room for them.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.0.iter_mut().try_for_each(|set| set.map.open(context))
    }

    /// The keys of a batch have these slots in the operator's table, which has room for `capacity`. `now` is looked at with a
    /// TTL.
    ///
    /// # Errors
    /// When the columns are not of the key's types.
    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &[u32],
        capacity: usize,
        now: i64,
    ) -> OperatorResult<()> {
        let mut own = Vec::new();
        for set in &mut self.0 {
            if set.is_counted() {
                set.counts.resize(capacity);
                continue;
            }
            set.map.begin(now);
            set.map.load(keys, hashes, &mut own)?;
            set.slots.resize(capacity, NO_SLOT);
            for (&slot, &own) in slots.iter().zip(&own) {
                set.slots[slot as usize] = own;
            }
        }
        Ok(())
    }

    /// Empties the sets of groups of this batch.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn clear(&mut self, groups: &[u32]) -> OperatorResult<()> {
        for set in &mut self.0 {
            if set.is_counted() {
                set.counts.clear(groups);
                continue;
            }
            for &group in groups {
                let slot = set.slots[group as usize];
                set.map.remove_range(slot, &EntryRange::ALL)?;
            }
        }
        Ok(())
    }

    /// The batch is done.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn store(&mut self) -> OperatorResult<()> {
        self.0
            .iter_mut()
            .filter(|set| !set.is_counted())
            .try_for_each(|set| set.map.store())
    }

    /// The sets as of now. `table` is the operator's.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze<C: SlotColumns>(
        &mut self,
        barrier: CheckpointBarrier,
        table: &mut Table<C>,
        max_parallelism: u32,
    ) -> OperatorResult<Vec<KeyedSnapshot>> {
        let sets = self.0.iter_mut().map(|set| match table.freeze_keys() {
            Some(keys) if set.is_counted() => Ok(KeyedSnapshot {
                name: set.map.name().to_owned(),
                rows: Box::new(FrozenSet {
                    schema: set.map.row_type().to_arrow(),
                    keys,
                    counts: set.counts.freeze(),
                    max_parallelism,
                }),
            }),
            _ => set.map.freeze(barrier),
        });
        sets.collect()
    }

    /// Takes back what [`DistinctState::freeze`] gave, after the operator's table was restored.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns.
    pub fn restore<C: SlotColumns>(
        &mut self,
        state: &dyn StateReader,
        table: &mut Table<C>,
        now: i64,
    ) -> OperatorResult<()> {
        for set in &mut self.0 {
            if !set.is_counted() {
                set.map.restore(state, now)?;
                continue;
            }
            let Set { map, counts, .. } = set;
            map.visit_snapshot(state, &mut |rows| {
                let count = rows.counters[0].as_primitive::<Int64Type>();
                let hashes = alpheus_dataflow::hash::hash_columns(rows.keys, count.len())?;
                let mut slots = Vec::new();
                table.load(rows.keys, &hashes, &mut slots)?;
                let most = slots
                    .iter()
                    .copied()
                    .max()
                    .map_or(0, |slot| slot as usize + 1);
                counts.resize(most);
                counts.add(rows.entry, &slots, count.values(), &mut |_, _, _| {})
            })?;
        }
        Ok(())
    }

    /// Rough size in bytes.
    pub fn size(&self) -> usize {
        let sets = self.0.iter();
        sets.map(|set| match set.is_counted() {
            true => set.counts.memory_size(),
            false => set.map.memory_size(),
        })
        .sum()
    }

    fn set(&mut self, call: usize) -> OperatorResult<&mut Set> {
        let found = self.0.iter_mut().find(|set| set.call == call);
        found.ok_or_else(|| OperatorError::fatal(format!("there is no set of call {call}")))
    }
}

impl DistinctSets for DistinctState {
    fn add(
        &mut self,
        call: usize,
        args: &[ArrayRef],
        groups: &[u32],
        by: &[i64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()> {
        let set = self.set(call)?;
        if set.is_counted() {
            return set.counts.add(args, groups, by, changed);
        }
        let Set {
            map, slots, timed, ..
        } = set;
        let entries = map.entry_codec().encode(args)?;
        let slot = |row: usize| slots[groups[row] as usize];
        let wanted = (0..groups.len()).map(|row| (slot(row), entries.row(row)));
        map.fetch(wanted)?;
        for (row, by) in by.iter().enumerate() {
            let (slot, entry) = (slot(row), entries.row(row));
            let before = map.get(slot, entry)?.map_or(0, |value| value.counter(0));
            let after = before + by;
            if *timed && after < 0 {
                // What is taken back has expired.
                continue;
            }
            if after == 0 {
                map.remove(slot, entry)?;
            } else {
                map.put(slot, entry, &[after], &[])?;
            }
            changed(row, before, after);
        }
        Ok(())
    }

    fn is_empty(&mut self, call: usize, group: u32) -> OperatorResult<bool> {
        let set = self.set(call)?;
        if set.is_counted() {
            return Ok(set.counts.is_empty(group));
        }
        let mut empty = true;
        let slot = set.slots[group as usize];
        let mut visit = |_: &[u8], _: &Value<'_>| {
            empty = false;
            ControlFlow::Break(())
        };
        let all = EntryRange::ALL;
        set.map.scan(slot, &all, ScanOrder::Forward, &mut visit)?;
        Ok(empty)
    }
}

/// A set in memory as of a barrier.
struct FrozenSet {
    schema: SchemaRef,
    keys: Keys,
    counts: DistinctCounts,
    max_parallelism: u32,
}

impl FrozenRows for FrozenSet {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let slots = self.keys.live_slots();
        let mut slots: Vec<(KeyGroup, u32)> = slots
            .map(|slot| (self.keys.key_group(slot, self.max_parallelism), slot))
            .collect();
        slots.sort_unstable();
        for (group, slots) in runs_by_group(&slots) {
            let keys = self.keys.columns(&slots)?;
            let entries = self.counts.entries(&slots)?;
            for start in (0..entries.owners.len()).step_by(SNAPSHOT_ROWS) {
                let length = SNAPSHOT_ROWS.min(entries.owners.len() - start);
                let owners = UInt32Array::from(entries.owners[start..start + length].to_vec());
                let mut columns = Vec::with_capacity(self.schema.fields().len());
                for key in &keys {
                    columns.push(take(key, &owners, None)?);
                }
                let values = entries.values.iter();
                columns.extend(values.map(|values| values.slice(start, length)));
                columns.push(Arc::new(Int64Array::from_value(0, length)));
                columns.push(Arc::new(entries.counts.slice(start, length)));
                consumer(group, RecordBatch::try_new(self.schema.clone(), columns)?)?;
            }
        }
        Ok(())
    }
}
