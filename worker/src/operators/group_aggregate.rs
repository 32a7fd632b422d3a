//! Unbounded GROUP BY: a running result for each key, as a changelog (Flink's `GroupAggFunction`).
//!
//! A batch is a unit: its rows are applied to typed columns by slot, and each key that it touches
//! emits its net change once. What is emitted follows Flink's rules:
//!
//! * a key that is new: `+I`;
//! * a result that changed: `-U` (unless nobody needs it) and `+U`; one that did not: nothing, except
//!   with a state TTL, where downstream state has to be kept alive (DISTINCT has no results to update);
//! * a key whose last row was taken back: `-D` with its last result, and its state is gone;
//! * a retraction for a key without rows (its state has expired): nothing.
//!
//! Without key columns there is one group, which emits nothing before its first row.
//!
//! State `group-aggregate`: keys, number of rows, time of the last write (0 without TTL), partial
//! results; and the sets of DISTINCT ([`distinct_state`](super::distinct_state)). With a TTL a key that was not
//! written for that long (by the clock of the machine) counts as new; expired keys are removed a few per batch.

mod earlier;
#[cfg(test)]
mod filter_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode, RowKind};
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_state::{SlotColumns, Table};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions,
    UInt8Array, UInt32Array,
};
use arrow::compute::kernels::cmp::distinct;
use arrow::compute::{concat, take};
use arrow::datatypes::{Int64Type, SchemaRef};

use super::distinct_state::DistinctState;
use super::mini_batch::MiniBatch;

const STATE: &str = "group-aggregate";
/// How many slots a batch looks at for expired keys.
const SWEEP: usize = 1024;

/// The values of a group.
pub(crate) struct GroupColumns {
    pub(crate) rows: CowVec<i64>,
    written: CowVec<i64>,
    pub(crate) aggregates: AggregateSet,
}

impl GroupColumns {
    pub(crate) fn new(aggregates: AggregateSet) -> Self {
        GroupColumns {
            rows: CowVec::default(),
            written: CowVec::default(),
            aggregates,
        }
    }

    /// Empties groups that were not written for the TTL; all are written now.
    pub(crate) fn expire(&mut self, slots: &[u32], now: i64, ttl_ms: i64) {
        let written = |slot: u32| *self.written.get(slot as usize);
        let is_old = |slot: &u32| written(*slot) > 0 && now - written(*slot) >= ttl_ms;
        let expired: Vec<u32> = slots.iter().copied().filter(is_old).collect();
        self.clear(&expired);
        for &slot in slots {
            *self.written.get_mut(slot as usize) = now;
        }
    }

    /// Some groups, from `from` on, that were not written for the TTL; and where to go on next time.
    pub(crate) fn expired_from(&self, from: usize, now: i64, ttl_ms: i64) -> (Vec<u32>, usize) {
        let end = (from + SWEEP).min(self.written.len());
        let written = |slot: usize| *self.written.get(slot);
        let is_old = |slot: &usize| written(*slot) > 0 && now - written(*slot) >= ttl_ms;
        let expired = (from..end).filter(is_old).map(|slot| slot as u32);
        let next = if end == self.written.len() { 0 } else { end };
        (expired.collect(), next)
    }
}

impl SlotColumns for GroupColumns {
    fn fields(&self) -> Vec<Field> {
        let mut fields = vec![
            Field::new("rows", TypeKind::BigInt.not_null()),
            Field::new("written", TypeKind::BigInt.not_null()),
        ];
        fields.extend(self.aggregates.state_fields());
        fields
    }

    fn resize(&mut self, slots: usize) {
        self.rows.resize(slots);
        self.written.resize(slots);
        self.aggregates.resize(slots);
    }

    fn clear(&mut self, slots: &[u32]) {
        for &slot in slots {
            *self.rows.get_mut(slot as usize) = 0;
            *self.written.get_mut(slot as usize) = 0;
        }
        self.aggregates.clear(slots);
    }

    fn read(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        let column = |values: &CowVec<i64>| -> ArrayRef {
            let values = slots.iter().map(|&slot| *values.get(slot as usize));
            Arc::new(Int64Array::from_iter_values(values))
        };
        let mut columns = vec![column(&self.rows), column(&self.written)];
        columns.extend(self.aggregates.state(slots)?);
        Ok(columns)
    }

    fn merge(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
        let rows = columns[0].as_primitive::<Int64Type>();
        let written = columns[1].as_primitive::<Int64Type>();
        for (row, &slot) in slots.iter().enumerate() {
            *self.rows.get_mut(slot as usize) += rows.value(row);
            let last = self.written.get_mut(slot as usize);
            *last = written.value(row).max(*last);
        }
        self.aggregates.merge(slots, &columns[2..])
    }

    fn written(&self, slot: u32) -> i64 {
        *self.written.get(slot as usize)
    }

    fn freeze(&mut self) -> Self {
        GroupColumns {
            rows: self.rows.freeze(),
            written: self.written.freeze(),
            aggregates: self.aggregates.freeze(),
        }
    }

    fn memory_size(&self) -> usize {
        self.rows.memory_size() + self.written.memory_size() + self.aggregates.memory_size()
    }
}

/// The operator; see the module's documentation.
pub struct GroupAggregate {
    keys: Vec<usize>,
    table: Table<GroupColumns>,
    distinct: DistinctState,
    /// How many columns the partial results had when sets with a TTL were among them.
    earlier_width: Option<usize>,
    max_parallelism: u32,
    generate_update_before: bool,
    /// Whether a group's result differs after each batch that has rows of it, so that nobody need look.
    always_changes: bool,
    ttl_ms: i64,
    /// Whether rows are the partial results of a local phase: keys, number of rows, states.
    takes_partial: bool,
    mini_batch: Option<MiniBatch>,
    /// Rows that are gathered.
    pending: Vec<ChangelogBatch>,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
    slots: Vec<u32>,
    /// For each slot, the last batch that touched it.
    touched_in: Vec<u64>,
    batch: u64,
    sweep: usize,
}

/// Types of the key columns.
pub(crate) fn key_types(keys: &[usize], input: &RowType) -> OperatorResult<Vec<LogicalType>> {
    let types = keys.iter().map(|&key| {
        let field = input.fields.get(key);
        field.map(|field| field.ty.clone()).ok_or_else(|| {
            OperatorError::fatal(format!(
                "key column {key} is not one of the {} columns of the input",
                input.len()
            ))
        })
    });
    types.collect()
}

impl GroupAggregate {
    /// The operator of a `GroupAggregate` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate or key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::GroupAggregate {
            keys,
            aggregates,
            input: mode,
            generate_update_before,
            state_ttl_ms,
            phase,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no GroupAggregate",
                node.name
            )));
        };
        let retractable = *mode != ChangelogMode::InsertOnly;
        let counts_rows = |call: &AggregateCall| {
            call.function == "COUNT"
                && !call.distinct
                && call.filter.is_none()
                && call.args.is_empty()
        };
        let always_changes = !retractable && aggregates.iter().any(counts_rows);
        let earlier_width = match state_ttl_ms {
            0 => None,
            _ => Some(AggregateSet::state_fields_of(aggregates, retractable)?.len()),
        };
        let aggregates = AggregateSet::with_sets(aggregates, retractable)?;
        let earlier_width = earlier_width.filter(|_| !aggregates.sets().is_empty());
        let key_types = key_types(keys, input)?;
        let distinct = DistinctState::new(&aggregates, &key_types, retractable, *state_ttl_ms)?;
        let columns = GroupColumns::new(aggregates);
        Ok(GroupAggregate {
            keys: keys.clone(),
            table: Table::new(STATE, &key_types, columns, *state_ttl_ms)?,
            distinct,
            earlier_width,
            max_parallelism: 1,
            generate_update_before: *generate_update_before,
            always_changes,
            ttl_ms: i64::try_from(*state_ttl_ms).unwrap_or(i64::MAX),
            takes_partial: *phase == AggregatePhase::Global,
            mini_batch: None,
            pending: Vec::new(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
            slots: Vec::new(),
            touched_in: Vec::new(),
            batch: 0,
            sweep: 0,
        })
    }

    /// The slots of the batch's keys, each once, in order of appearance; expired ones are emptied.
    fn touch(&mut self, now: i64) -> Vec<u32> {
        self.batch += 1;
        let columns = self.table.columns();
        if self.touched_in.len() < columns.rows.len() {
            self.touched_in.resize(columns.rows.len(), 0);
        }
        let (mut touched, mut expired) = (Vec::new(), Vec::new());
        for &slot in &self.slots {
            let last = &mut self.touched_in[slot as usize];
            if *last != self.batch {
                *last = self.batch;
                touched.push(slot);
                if self.ttl_ms > 0
                    && *columns.rows.get(slot as usize) > 0
                    && now - columns.written.get(slot as usize) >= self.ttl_ms
                {
                    expired.push(slot);
                }
            }
        }
        let columns = self.table.columns_mut();
        columns.clear(&expired);
        if self.ttl_ms > 0 {
            for &slot in &touched {
                *columns.written.get_mut(slot as usize) = now;
            }
        }
        touched
    }

    /// Counts rows; false for retractions of groups that have none.
    fn count(&mut self, batch: &ChangelogBatch) -> Option<BooleanArray> {
        let rows = &mut self.table.columns_mut().rows;
        let Some(ops) = batch.ops() else {
            for &slot in &self.slots {
                *rows.get_mut(slot as usize) += 1;
            }
            return None;
        };
        let mut all = true;
        let kept: Vec<bool> = self
            .slots
            .iter()
            .zip(ops.values())
            .map(|(&slot, &op)| {
                let count = rows.get_mut(slot as usize);
                let additive = RowKind::from_byte(op).is_none_or(RowKind::is_additive);
                if !additive && *count == 0 {
                    all = false;
                    return false;
                }
                *count += if additive { 1 } else { -1 };
                true
            })
            .collect();
        (!all).then(|| BooleanArray::from(kept))
    }

    /// Aggregates rows and emits what changes.
    fn apply(&mut self, batch: &ChangelogBatch, out: &mut dyn Collector) -> OperatorResult<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let now = if self.ttl_ms > 0 {
            self.clock.now_ms()
        } else {
            0
        };
        let columns = batch.rows().columns();
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        let hashes = hash_columns(&keys, batch.num_rows())?;
        self.table.load(&keys, &hashes, &mut self.slots)?;
        let capacity = self.table.columns().rows.len();
        self.distinct
            .load(&keys, &hashes, &self.slots, capacity, now)?;
        let touched = self.touch(now);
        let has_rows =
            |table: &Table<GroupColumns>, slot: u32| *table.columns().rows.get(slot as usize) > 0;
        let existed: Vec<bool> = touched.iter().map(|&s| has_rows(&self.table, s)).collect();
        let existing: Vec<u32> = select(&touched, &existed);
        // Groups of such a job never go, so that the results before would not be emitted either.
        let forgets_before = self.always_changes && !self.generate_update_before;
        let before = match forgets_before {
            true => Vec::new(),
            false => self.table.columns().aggregates.evaluate(&existing)?,
        };

        self.aggregate(batch)?;

        let alive: Vec<bool> = touched.iter().map(|&s| has_rows(&self.table, s)).collect();
        let living: Vec<u32> = select(&touched, &alive);
        let after = self.table.columns().aggregates.evaluate(&living)?;
        let changes = Changes {
            existed: &existed,
            alive: &alive,
            before: &before,
            after: &after,
        };
        let (key_rows, value_rows, ops) = changes.plan(
            forgets_before || (self.ttl_ms > 0 && !after.is_empty()),
            self.generate_update_before,
        )?;
        if !ops.is_empty() {
            let mut columns = Vec::with_capacity(self.output.fields().len());
            for key in self.table.key_columns(&touched)? {
                columns.push(take_rows(&key, &key_rows)?);
            }
            let of_before = before.first().map_or(0, |before| before.len() as u32);
            if value_rows.iter().all(|&row| row >= of_before) {
                let rows: Vec<u32> = value_rows.iter().map(|row| row - of_before).collect();
                for after in &after {
                    columns.push(take_rows(after, &rows)?);
                }
            } else {
                for (before, after) in before.iter().zip(&after) {
                    let both = concat(&[before, after])?;
                    columns.push(take_rows(&both, &value_rows)?);
                }
            }
            let options = RecordBatchOptions::new().with_row_count(Some(ops.len()));
            let rows = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
            let inserts = ops.iter().all(|&op| op == RowKind::Insert as u8);
            let ops = (!inserts).then(|| UInt8Array::from(ops));
            out.collect(ChangelogBatch::try_new(rows, ops)?);
        }
        let gone: Vec<bool> = alive.iter().map(|alive| !alive).collect();
        let gone = select(&touched, &gone);
        self.distinct.clear(&gone)?;
        self.distinct.store()?;
        self.table.remove(&gone)?;
        self.table.store(&living)?;
        if self.ttl_ms > 0 {
            self.sweep_expired(now)?;
        }
        Ok(())
    }

    /// Adds the rows, whose slots are known, to their groups.
    fn aggregate(&mut self, batch: &ChangelogBatch) -> OperatorResult<()> {
        let columns = batch.rows().columns();
        if self.takes_partial {
            let (counts, states) = (&columns[self.keys.len()], &columns[self.keys.len() + 1..]);
            let groups = self.table.columns_mut();
            let counts = counts.as_primitive::<Int64Type>().values();
            for (&slot, count) in self.slots.iter().zip(counts) {
                *groups.rows.get_mut(slot as usize) += count;
            }
            let sets = &mut self.distinct;
            return groups.aggregates.merge_partial(&self.slots, states, sets);
        }
        match self.count(batch) {
            None => {
                let aggregates = &mut self.table.columns_mut().aggregates;
                let sets = &mut self.distinct;
                aggregates.update_with(columns, batch.ops(), &self.slots, Some(sets))?;
            }
            Some(kept) => {
                let values = kept.values();
                let slots: Vec<u32> = (0..self.slots.len())
                    .filter(|&row| values.value(row))
                    .map(|row| self.slots[row])
                    .collect();
                let batch = batch.filter(&kept)?;
                let aggregates = &mut self.table.columns_mut().aggregates;
                let sets = &mut self.distinct;
                let columns = batch.rows().columns();
                aggregates.update_with(columns, batch.ops(), &slots, Some(sets))?;
            }
        }
        Ok(())
    }

    /// Removes some keys that nobody has written for the TTL.
    fn sweep_expired(&mut self, now: i64) -> OperatorResult<()> {
        let columns = self.table.columns();
        let (expired, next) = columns.expired_from(self.sweep, now, self.ttl_ms);
        self.sweep = next;
        self.table.remove(&expired)
    }
}

/// Rows of a column; the column itself where they are all of them in their order.
fn take_rows(column: &ArrayRef, rows: &[u32]) -> OperatorResult<ArrayRef> {
    let is_all = rows.len() == column.len() && (0..).zip(rows).all(|(at, &row)| at == row);
    if is_all {
        return Ok(Arc::clone(column));
    }
    let rows = UInt32Array::from(rows.to_vec());
    Ok(take(column, &rows, None)?)
}

/// Rows in which two result columns differ.
fn differs(before: &ArrayRef, after: &ArrayRef) -> OperatorResult<BooleanArray> {
    if !before.data_type().is_nested() {
        return Ok(distinct(before, after)?);
    }
    let rows = (0..before.len()).map(|row| Some(before.slice(row, 1) != after.slice(row, 1)));
    Ok(rows.collect())
}

impl Operator for GroupAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.mini_batch = MiniBatch::of(context)?;
        self.max_parallelism = context.max_parallelism;
        self.distinct.open(context)?;
        self.table.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        if self.restore_earlier(state)? {
            return Ok(());
        }
        let now = if self.ttl_ms > 0 {
            self.clock.now_ms()
        } else {
            0
        };
        self.table.restore(state)?;
        self.distinct.restore(state, &mut self.table, now)
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let Some(mini_batch) = &mut self.mini_batch else {
            return self.apply(&batch, out);
        };
        let is_enough = mini_batch.add(batch.num_rows(), self.clock.now_ms());
        self.pending.push(batch);
        if is_enough {
            self.flush(out)?;
        }
        Ok(())
    }

    fn next_timer(&self) -> Option<i64> {
        self.mini_batch.as_ref()?.deadline()
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        match self.next_timer() {
            Some(deadline) if deadline <= now_ms => self.flush(out),
            _ => Ok(()),
        }
    }

    fn flush(&mut self, out: &mut dyn Collector) -> OperatorResult<()> {
        if let Some(mini_batch) = &mut self.mini_batch {
            mini_batch.clear();
        }
        if self.pending.is_empty() {
            return Ok(());
        }
        let batch = ChangelogBatch::concat(&std::mem::take(&mut self.pending))?;
        self.apply(&batch, out)
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let mut keyed = vec![self.table.freeze(barrier, None)?];
        let table = &mut self.table;
        keyed.extend(self.distinct.freeze(barrier, table, self.max_parallelism)?);
        Ok(OperatorSnapshot {
            keyed,
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.table.size() + self.distinct.size()
    }
}

fn select(slots: &[u32], wanted: &[bool]) -> Vec<u32> {
    let pairs = slots.iter().zip(wanted);
    pairs.filter(|(_, w)| **w).map(|(slot, _)| *slot).collect()
}

/// The keys of a batch before and after it.
struct Changes<'a> {
    existed: &'a [bool],
    alive: &'a [bool],
    /// Results of the keys that existed, and of those that are alive, in that order.
    before: &'a [ArrayRef],
    after: &'a [ArrayRef],
}

impl Changes<'_> {
    /// Rows to emit: position of the key, position of the result in `before` followed by `after`, kind.
    fn plan(
        &self,
        emit_unchanged: bool,
        update_before: bool,
    ) -> OperatorResult<(Vec<u32>, Vec<u32>, Vec<u8>)> {
        let existing = match self.before.first() {
            Some(before) => before.len() as u32,
            None => 0,
        };
        let changed = self.changed(emit_unchanged)?;
        let (mut keys, mut values, mut ops) = (Vec::new(), Vec::new(), Vec::new());
        let (mut old, mut new, mut both) = (0, 0, 0);
        let pairs = self.existed.iter().zip(self.alive);
        for (key, (&existed, &alive)) in pairs.enumerate() {
            let mut emit = |value: u32, kind: RowKind| {
                keys.push(key as u32);
                values.push(value);
                ops.push(kind as u8);
            };
            match (existed, alive) {
                (false, true) => emit(existing + new, RowKind::Insert),
                (true, false) => emit(old, RowKind::Delete),
                (true, true) => {
                    if changed.as_ref().is_none_or(|changed| changed[both]) {
                        if update_before {
                            emit(old, RowKind::UpdateBefore);
                        }
                        emit(existing + new, RowKind::UpdateAfter);
                    }
                    both += 1;
                }
                (false, false) => {}
            }
            old += u32::from(existed);
            new += u32::from(alive);
        }
        Ok((keys, values, ops))
    }

    /// For keys that existed and are alive, whether their result changed; `None` means emit anyway.
    fn changed(&self, emit_unchanged: bool) -> OperatorResult<Option<Vec<bool>>> {
        if emit_unchanged {
            return Ok(None);
        }
        let (mut old_rows, mut new_rows) = (Vec::new(), Vec::new());
        let (mut old, mut new) = (0u32, 0u32);
        for (&existed, &alive) in self.existed.iter().zip(self.alive) {
            if existed && alive {
                old_rows.push(old);
                new_rows.push(new);
            }
            old += u32::from(existed);
            new += u32::from(alive);
        }
        let mut changed = vec![false; old_rows.len()];
        if changed.is_empty() {
            return Ok(Some(changed));
        }
        for (before, after) in self.before.iter().zip(self.after) {
            let differs = differs(
                &take_rows(before, &old_rows)?,
                &take_rows(after, &new_rows)?,
            )?;
            for (changed, differs) in changed.iter_mut().zip(differs.values().iter()) {
                *changed |= differs;
            }
            if changed.iter().all(|changed| *changed) {
                break;
            }
        }
        Ok(Some(changed))
    }
}
