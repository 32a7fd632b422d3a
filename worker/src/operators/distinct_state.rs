//! The sets of DISTINCT aggregates of an unbounded GROUP BY, outside of the group's row.
//!
//! In a group's row a set would be read and written as a whole. Here each tuple of a set is an entry of its
//! own (Flink's `DistinctAggregates` with a `MapView`). In memory the sets are hash tables by the slot of
//! the group ([`DistinctValues`]); with RocksDB they are a [`MapState`] whose entries a batch reads and
//! writes together.
//!
//! Calls over the same columns share a set, with a bit or a count for each of their filters ([`Tally`]).
//!
//! State `distinct-<first call>`, with either backend: key, tuple, and the numbers that are kept of it. With a TTL each
//! tuple expires by itself, as in Flink: one that was not seen for that long counts anew, though its group has lived on.
//! Then the sets are a [`MapState`] in memory, too. Earlier versions wrote a set for each call, with how often each tuple
//! occurs; savepoints of theirs are told by that column.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::snapshot::{FrozenRows, KeyedSnapshot, RowsConsumer, StateReader};
use alpheus_dataflow::{LogicalType, OperatorResult, RowType};
use alpheus_functions::aggregate::distinct_sets::Changed;
use alpheus_functions::aggregate::{
    AggregateSet, DistinctSet, DistinctSets, DistinctValues, Tally,
};
use alpheus_state::hashmap::runs_by_group;
use alpheus_state::key_index::{Keys, NO_SLOT};
use alpheus_state::map_state::{EntryRange, MapStateSpec, ScanOrder, Value};
use alpheus_state::row_codec::SortColumn;
use alpheus_state::{MapState, SlotColumns, Table};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef};

/// Rows of a snapshot are handed out in batches of at most this many.
const SNAPSHOT_ROWS: usize = 4096;

/// A set and where it is.
struct Set {
    calls: DistinctSet,
    tally: Tally,
    /// With RocksDB or a TTL; otherwise it only says what snapshots look like.
    map: MapState,
    values: DistinctValues,
    timed: bool,
    /// For each slot of the table that this batch has loaded, the slot of the key in `map`.
    slots: Vec<u32>,
    /// What is kept of a tuple, while it changes.
    numbers: Vec<i64>,
}

/// A set as it is written: under the position of a call, with these numbers for each tuple.
fn state_of(
    set: &DistinctSet,
    call: usize,
    counters: Vec<String>,
    keys: &[LogicalType],
    ttl_ms: u64,
) -> OperatorResult<MapState> {
    let types = set.types().iter().map(|ty| ty.with_nullable(true));
    MapState::new(MapStateSpec {
        name: format!("distinct-{call}"),
        keys: keys.to_vec(),
        entry: types.map(SortColumn::ascending).collect(),
        counters,
        payload: RowType::default(),
        ttl_ms,
    })
}

impl Set {
    /// Whether it is in `values`.
    fn is_plain(&self) -> bool {
        self.map.is_in_memory() && !self.timed
    }
}

/// The sets of an operator; see the module's documentation.
pub(crate) struct DistinctState {
    keys: Vec<LogicalType>,
    ttl_ms: u64,
    sets: Vec<Set>,
}

impl DistinctState {
    /// Sets of these aggregates for groups with keys of these types; `retractable` where rows may be taken back.
    ///
    /// # Errors
    /// When a type cannot be in a set.
    pub fn new(
        aggregates: &AggregateSet,
        keys: &[LogicalType],
        retractable: bool,
        ttl_ms: u64,
    ) -> OperatorResult<Self> {
        let sets = aggregates.sets().iter().map(|set| {
            let tally = Tally::new(set.filters(), retractable);
            let types = set.types().iter().map(|ty| ty.with_nullable(true));
            let types: Vec<LogicalType> = types.collect();
            let first = set.calls().next().map_or(0, |(call, _)| call);
            Ok(Set {
                map: state_of(set, first, tally.names(), keys, ttl_ms)?,
                values: DistinctValues::new(&types, set.filters(), retractable)?,
                calls: set.clone(),
                tally,
                timed: ttl_ms > 0,
                slots: Vec::new(),
                numbers: Vec::new(),
            })
        });
        Ok(DistinctState {
            sets: sets.collect::<OperatorResult<_>>()?,
            keys: keys.to_vec(),
            ttl_ms,
        })
    }

    /// Binds the sets to the worker's backend.
    ///
    /// # Errors
    /// When the backend cannot make room for them.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.sets
            .iter_mut()
            .try_for_each(|set| set.map.open(context))
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
        for set in &mut self.sets {
            if set.is_plain() {
                set.values.resize(capacity);
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
        for set in &mut self.sets {
            if set.is_plain() {
                set.values.clear(groups);
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
        self.sets
            .iter_mut()
            .filter(|set| !set.is_plain())
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
        let sets = self.sets.iter_mut().map(|set| match table.freeze_keys() {
            Some(keys) if set.is_plain() => Ok(KeyedSnapshot {
                name: set.map.name().to_owned(),
                rows: Box::new(FrozenSet {
                    schema: set.map.row_type().to_arrow(),
                    keys,
                    values: set.values.freeze(),
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
        for set in &mut self.sets {
            let is_earlier = set.is_earlier(state, self.keys.len())?;
            if !is_earlier && !set.is_plain() {
                set.map.restore(state, now)?;
                continue;
            }
            let calls: Vec<(usize, u64)> = set.calls.first_calls().collect();
            let (written, names) = match is_earlier {
                true => (calls.as_slice(), Tally::Count.names()),
                false => (&calls[..1], set.tally.names()),
            };
            for &(call, filter) in written {
                let written = state_of(&set.calls, call, names.clone(), &self.keys, self.ttl_ms)?;
                let filter = is_earlier.then_some(filter);
                set.restore(&written, state, table, now, filter)?;
            }
        }
        Ok(())
    }

    /// Rough size in bytes.
    pub fn size(&self) -> usize {
        let sets = self.sets.iter();
        sets.map(|set| match set.is_plain() {
            true => set.values.memory_size(),
            false => set.map.memory_size(),
        })
        .sum()
    }
}

impl Set {
    /// Whether an earlier version has written a set for each call.
    fn is_earlier(&self, state: &dyn StateReader, keys: usize) -> OperatorResult<bool> {
        let counter = keys + self.calls.types().len() + 1;
        let first = state.keyed(self.map.name())?.next().transpose()?;
        let is_count = first.is_none_or(|rows| rows.schema().field(counter).name() == "count");
        Ok(is_count && self.tally != Tally::Count)
    }

    /// Takes over the rows of a state that is in its own form, or has the tuples of one filter with how often they occur.
    fn restore<C: SlotColumns>(
        &mut self,
        written: &MapState,
        state: &dyn StateReader,
        table: &mut Table<C>,
        now: i64,
        filter: Option<u64>,
    ) -> OperatorResult<()> {
        written.visit_snapshot(state, &mut |rows| {
            let numbers: Vec<&[i64]> = (rows.counters.iter())
                .map(|column| column.as_primitive::<Int64Type>().values().as_ref())
                .collect();
            let times = rows.written.as_primitive::<Int64Type>().values();
            let (mut at, mut filters, mut by) = (Vec::new(), Vec::new(), Vec::new());
            for row in 0..times.len() {
                let numbers = numbers.iter().map(|column| column[row]);
                let parts = match filter {
                    Some(filter) => Tally::Count
                        .parts(numbers)
                        .map(|(_, by)| (filter, by))
                        .collect(),
                    None => self.tally.parts(numbers).collect::<Vec<_>>(),
                };
                for (bits, occurrences) in parts {
                    at.push(row as u32);
                    filters.push(bits);
                    by.push(occurrences);
                }
            }
            let at = UInt32Array::from(at);
            let pick = |columns: &[ArrayRef]| -> OperatorResult<Vec<ArrayRef>> {
                let picked = columns.iter().map(|column| take(column, &at, None));
                Ok(picked.collect::<Result<_, _>>()?)
            };
            let (keys, entries) = (pick(rows.keys)?, pick(rows.entry)?);
            let hashes = hash_columns(&keys, at.len())?;
            let mut slots = Vec::new();
            if self.is_plain() {
                table.load(&keys, &hashes, &mut slots)?;
                let most = slots.iter().max().map_or(0, |&slot| slot as usize + 1);
                self.values.resize(most);
                return (self.values).add(&entries, &slots, &filters, &by, &mut |_, _| {});
            }
            self.map.load(&keys, &hashes, &mut slots)?;
            let entries = self.map.entry_codec().encode(&entries)?;
            for (row, &slot) in slots.iter().enumerate() {
                // It keeps its time.
                let time = times[at.value(row) as usize];
                self.map.begin(if time == 0 { now } else { time });
                self.count(slot, entries.row(row), filters[row], by[row])?;
            }
            self.map.store()
        })
    }

    /// Adds occurrences of a tuple in `map`, and gives the filters for which it has come or gone.
    fn count(&mut self, slot: u32, entry: &[u8], mut filters: u64, by: i64) -> OperatorResult<u64> {
        let numbers = &mut self.numbers;
        numbers.clear();
        let found = self.map.get(slot, entry)?;
        numbers.extend((0..self.tally.width()).map(|at| match &found {
            Some(value) => value.counter(at),
            None => 0,
        }));
        if self.timed && by < 0 {
            // What is taken back of the others has expired.
            filters &= self.tally.present(numbers);
        }
        if filters == 0 {
            return Ok(0);
        }
        let is_new = found.is_none();
        drop(found);
        let changed = self.tally.add(numbers, filters, by);
        if numbers.iter().all(|&number| number == 0) {
            if !is_new {
                self.map.remove(slot, entry)?;
            }
        } else if changed != 0 || self.timed || self.tally != Tally::Mask {
            self.map.put(slot, entry, numbers, &[])?;
        }
        Ok(changed)
    }
}

impl DistinctSets for DistinctState {
    fn add(
        &mut self,
        set: usize,
        args: &[ArrayRef],
        groups: &[u32],
        filters: &[u64],
        by: &[i64],
        changed: &mut Changed<'_>,
    ) -> OperatorResult<()> {
        let set = &mut self.sets[set];
        if set.is_plain() {
            return set.values.add(args, groups, filters, by, changed);
        }
        let entries = set.map.entry_codec().encode(args)?;
        let wanted = (0..groups.len()).filter(|&row| filters[row] != 0);
        let wanted = wanted.map(|row| (set.slots[groups[row] as usize], entries.row(row)));
        set.map.fetch(wanted)?;
        for (row, &by) in by.iter().enumerate() {
            let slot = set.slots[groups[row] as usize];
            let bits = set.count(slot, entries.row(row), filters[row], by)?;
            if bits != 0 {
                changed(row, bits);
            }
        }
        Ok(())
    }

    fn is_empty(&mut self, set: usize, group: u32) -> OperatorResult<bool> {
        let set = &mut self.sets[set];
        if set.is_plain() {
            return Ok(set.values.is_empty(group));
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
    values: DistinctValues,
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
            let entries = self.values.entries(&slots)?;
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
                for numbers in &entries.numbers {
                    columns.push(Arc::new(numbers.slice(start, length)));
                }
                consumer(group, RecordBatch::try_new(self.schema.clone(), columns)?)?;
            }
        }
        Ok(())
    }
}
