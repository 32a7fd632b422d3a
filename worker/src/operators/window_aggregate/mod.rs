//! Aggregation by key and TUMBLE, HOP or CUMULATE window (Flink's slicing `WindowAggOperator`).
//!
//! Time is cut into slices of which every window is a whole number
//! ([`WindowSpec::slice_size`]), so that a row is aggregated once, however many windows it is in. Each
//! slice has a table of its own: when no window needs it any more, it is dropped as a whole. When the
//! watermark passes the end of a window, the slices in it are merged and the result is emitted; the
//! slices of CUMULATE are merged into the first of their window for good, those of HOP into a table
//! that is thrown away. [`NamespacedTable`] says where the slices lie.
//!
//! A row is late, is dropped and counted in `numLateRecordsDropped`, when all windows that its slice is
//! in have fired; otherwise it still enters those that have not.
//!
//! # Two phases
//!
//! `Local` keeps nothing over a barrier or watermark: it sends keys, partial results
//! ([`partial_fields`]) and the slice's end (BIGINT, on the windows' clock), which `Global` merges into
//! its slices. A `Global` node's keys are columns of that input; the partial results follow the keys,
//! and the slice's end comes last.
//!
//! State `window-slices`: the slice's end as namespace, keys, partial results; and the watermark, so
//! that a window that has fired does not fire again after a restore.

mod columns;
mod time;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::{TimeWindow, WindowSpec, window_start};
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_state::{HashMapTable, KeyedTable, NamespacedTable};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, UInt8Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Int64Type, SchemaRef};
use std::sync::Arc;

use super::event_time::{restored_time, watermark_list};
use super::group_aggregate::key_types;
use super::session_window_aggregate::SessionWindowAggregate;
pub(crate) use columns::{AggregateColumns, calls_with_count, results};
pub(crate) use time::WindowClock;

const STATE: &str = "window-slices";
/// Rows of an emitted batch.
pub(crate) const OUTPUT_ROWS: usize = 8192;
/// A local phase sends what it has when it keeps this many groups.
const LOCAL_GROUPS: usize = 1 << 16;

/// The operator of a `WindowAggregate` node, whichever its windows are.
///
/// # Errors
/// As [`WindowAggregate::new`].
pub fn build(node: &OperatorNode, input: &RowType) -> OperatorResult<Box<dyn Operator>> {
    match &node.spec {
        OperatorSpec::WindowAggregate {
            window: WindowSpec::Session { .. },
            ..
        } => Ok(Box::new(SessionWindowAggregate::new(node, input)?)),
        _ => Ok(Box::new(WindowAggregate::new(node, input)?)),
    }
}

/// The columns that a local phase emits behind the keys: partial results, then the slice's end.
///
/// # Errors
/// When an aggregate is impossible.
pub fn partial_fields(
    aggregates: &[AggregateCall],
    input: ChangelogMode,
) -> OperatorResult<Vec<Field>> {
    let retractable = input != ChangelogMode::InsertOnly;
    let calls = calls_with_count(aggregates, retractable);
    let mut fields = AggregateSet::state_fields_of(&calls, retractable)?;
    fields.push(Field::new("slice_end", TypeKind::BigInt.not_null()));
    Ok(fields)
}

type Table = HashMapTable<AggregateColumns>;
type Slices = NamespacedTable<AggregateColumns>;

/// The operator; see the module's documentation.
pub struct WindowAggregate {
    window: WindowSpec,
    slice_size: i64,
    keys: Vec<usize>,
    /// Input columns that are read, so that only they are scattered over slices.
    used: Vec<bool>,
    retractable: bool,
    phase: AggregatePhase,
    clock: WindowClock,
    output: SchemaRef,
    /// By the slice's end.
    slices: Slices,
    /// How far time has come; windows up to here have fired.
    progress: i64,
    /// When the next window fires.
    next_fire: i64,
    late: Metric,
    slots: Vec<u32>,
}

impl WindowAggregate {
    /// The operator of a node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate, key or window is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::WindowAggregate {
            window,
            time,
            keys,
            aggregates,
            phase,
            input: mode,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no WindowAggregate",
                node.name
            )));
        };
        let Some(slice_size) = window.slice_size().filter(|size| *size > 0) else {
            return Err(OperatorError::fatal(format!(
                "{}: {window:?} has no slices",
                node.name
            )));
        };
        let output = node.output.to_arrow();
        let mut clock = WindowClock::new(*time, input);
        if *phase == AggregatePhase::Global {
            let last = output.fields().last().map(|field| field.data_type());
            clock.set_local(matches!(last, Some(DataType::Timestamp(_, Some(_)))));
        }
        if *phase != AggregatePhase::Single && clock.is_processing_time() {
            return Err(OperatorError::fatal(format!(
                "{}: windows of processing time are not aggregated in two phases",
                node.name
            )));
        }
        let mut used = vec![*phase == AggregatePhase::Global; input.len()];
        let arguments = aggregates
            .iter()
            .flat_map(|call| call.args.iter().chain(&call.filter));
        for &column in keys.iter().chain(arguments) {
            if let Some(used) = used.get_mut(column) {
                *used = true;
            }
        }
        let retractable = *mode != ChangelogMode::InsertOnly;
        let columns = AggregateColumns::new(aggregates, retractable)?;
        Ok(WindowAggregate {
            window: *window,
            slice_size,
            keys: keys.clone(),
            used,
            retractable,
            phase: *phase,
            clock,
            output,
            slices: Slices::new(STATE, &key_types(keys, input)?, columns)?,
            progress: i64::MIN,
            next_fire: i64::MAX,
            late: Metric::default(),
            slots: Vec::new(),
        })
    }

    fn slice_end(&self, time: i64) -> i64 {
        window_start(time, self.slice_size, self.window.offset()) + self.slice_size
    }

    /// The end of the last window that a slice is in.
    fn last_window_end(&self, slice_end: i64) -> i64 {
        match self.window {
            WindowSpec::Hop {
                size,
                slide,
                offset,
            } => window_start(slice_end - 1, slide, offset) + size,
            WindowSpec::Cumulate {
                max_size, offset, ..
            } => window_start(slice_end - 1, max_size, offset) + max_size,
            WindowSpec::Tumble { .. } | WindowSpec::Session { .. } => slice_end,
        }
    }

    fn is_late(&self, slice_end: i64) -> bool {
        self.phase != AggregatePhase::Local
            && self.clock.fires_at(self.last_window_end(slice_end)) <= self.progress
    }

    /// The first window of the slice that has not fired decides when to look again.
    fn expect_firing(&mut self, slice_end: i64) {
        for window in self.window.assign(slice_end - 1) {
            let fires_at = self.clock.fires_at(window.end);
            if fires_at > self.progress {
                self.next_fire = self.next_fire.min(fires_at);
                return;
            }
        }
    }

    /// Sorts rows by slice; late ones are counted and left out.
    fn by_slice(&mut self, slice_ends: impl Iterator<Item = i64>) -> Vec<(i64, Vec<u32>)> {
        let mut parts: Vec<(i64, Vec<u32>)> = Vec::new();
        let (mut current, mut is_late, mut late) = (None, false, 0);
        let mut part = 0;
        for (row, slice_end) in slice_ends.enumerate() {
            if current != Some(slice_end) {
                current = Some(slice_end);
                is_late = self.is_late(slice_end);
                if !is_late {
                    let known = parts.iter().position(|(end, _)| *end == slice_end);
                    part = known.unwrap_or_else(|| {
                        parts.push((slice_end, Vec::new()));
                        parts.len() - 1
                    });
                }
            }
            if is_late {
                late += 1;
            } else {
                parts[part].1.push(row as u32);
            }
        }
        self.late.add(late);
        parts
    }

    fn apply(
        &mut self,
        slice_end: i64,
        columns: &[ArrayRef],
        ops: Option<&UInt8Array>,
        hashes: &[u64],
    ) -> OperatorResult<()> {
        if !self.slices.contains(slice_end) {
            self.expect_firing(slice_end);
        }
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        if self.phase == AggregatePhase::Global {
            let states = &columns[self.keys.len()..columns.len() - 1];
            return self.slices.merge_rows(slice_end, &keys, hashes, states);
        }
        let values = self
            .slices
            .load(slice_end, &keys, hashes, &mut self.slots)?;
        values.aggregates.update(columns, ops, &self.slots)?;
        self.slices.store(slice_end, &self.slots);
        Ok(())
    }

    /// Emits all windows that are complete when time has come to `progress`.
    fn advance(&mut self, progress: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        if progress >= self.next_fire {
            let mut windows = BTreeSet::new();
            for slice_end in self.slices.namespaces() {
                let fired = self.window.assign(slice_end - 1).into_iter().filter(|w| {
                    let fires_at = self.clock.fires_at(w.end);
                    fires_at > self.progress && fires_at <= progress
                });
                windows.extend(fired.map(|window| (window.end, window.start)));
            }
            for (end, start) in windows {
                self.fire(TimeWindow { start, end }, out)?;
            }
        }
        self.progress = self.progress.max(progress);
        if progress >= self.next_fire {
            let ends = self.slices.namespaces();
            let dead: Vec<i64> = ends.filter(|&end| self.is_late(end)).collect();
            for slice_end in dead {
                self.slices.remove(slice_end)?;
            }
            self.next_fire = i64::MAX;
            self.expect_firings();
        }
        Ok(())
    }

    fn expect_firings(&mut self) {
        let ends: Vec<i64> = self.slices.namespaces().collect();
        for slice_end in ends {
            self.expect_firing(slice_end);
        }
    }

    fn fire(&mut self, window: TimeWindow, out: &mut dyn Collector) -> OperatorResult<()> {
        let ends = self.slices.namespaces_in(window.start + 1..=window.end);
        let results = Results {
            clock: &self.clock,
            output: &self.output,
            retractable: self.retractable,
        };
        let mut emit = |table: &Table| results.emit(table, window, out);
        match self.window {
            WindowSpec::Cumulate { .. } => self.slices.fold(&ends, &mut emit),
            _ => self.slices.visit(&ends, &mut emit),
        }
    }

    /// Sends the partial results of a local phase and forgets them.
    fn send_partial(&mut self, out: &mut dyn Collector) -> OperatorResult<()> {
        for (slice_end, table) in self.slices.take_tables() {
            for slots in table.live_slots().chunks(OUTPUT_ROWS) {
                let mut columns = table.key_columns(slots)?;
                columns.extend(table.columns().aggregates.state(slots)?);
                columns.push(Arc::new(Int64Array::from_value(slice_end, slots.len())));
                let rows = RecordBatch::try_new(self.output.clone(), columns)?;
                out.collect(ChangelogBatch::inserts(rows));
            }
        }
        self.next_fire = i64::MAX;
        Ok(())
    }
}

/// What makes rows of the values of a window.
struct Results<'a> {
    clock: &'a WindowClock,
    output: &'a SchemaRef,
    retractable: bool,
}

impl Results<'_> {
    fn emit(
        &self,
        table: &Table,
        window: TimeWindow,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        for slots in table.live_slots().chunks(OUTPUT_ROWS) {
            let aggregates = &table.columns().aggregates;
            let (slots, values) = results(aggregates, slots.to_vec(), self.retractable)?;
            if slots.is_empty() {
                continue;
            }
            let mut columns = table.key_columns(&slots)?;
            columns.extend(values);
            let windows = std::iter::repeat_n((window.start, window.end), slots.len());
            let types = types_from(self.output, columns.len());
            columns.extend(self.clock.window_columns(windows, &types)?);
            let rows = RecordBatch::try_new(self.output.clone(), columns)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        Ok(())
    }
}

/// Types of the output columns from `first` on.
pub(crate) fn types_from(output: &SchemaRef, first: usize) -> Vec<DataType> {
    let fields = output.fields().iter().skip(first);
    fields.map(|field| field.data_type().clone()).collect()
}

impl Operator for WindowAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.late = context.metrics.metric("numLateRecordsDropped");
        if self.phase != AggregatePhase::Local {
            self.slices.open(context)?;
        }
        self.clock.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.progress = restored_time(state, !self.clock.is_processing_time())?;
        self.slices.restore(state)?;
        self.expect_firings();
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let columns = batch.rows().columns();
        let parts = if self.phase == AggregatePhase::Global {
            let slice_ends = columns[columns.len() - 1]
                .as_primitive::<Int64Type>()
                .clone();
            self.by_slice(slice_ends.values().iter().copied())
        } else {
            let mut times = self.clock.row_times(columns, rows, self.progress)?;
            let mut span = 0..0;
            for time in &mut times {
                if !span.contains(time) {
                    let end = self.slice_end(*time);
                    span = end - self.slice_size..end;
                }
                *time = span.end;
            }
            self.by_slice(times.into_iter())
        };
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        let hashes = hash_columns(&keys, rows)?;
        for (slice_end, selected) in parts {
            if selected.len() == rows {
                self.apply(slice_end, columns, batch.ops(), &hashes)?;
                continue;
            }
            let hashes: Vec<u64> = selected.iter().map(|&row| hashes[row as usize]).collect();
            let selected = UInt32Array::from(selected);
            let scattered: Result<Vec<ArrayRef>, _> = columns
                .iter()
                .zip(&self.used)
                .map(|(column, used)| match used {
                    true => take(column, &selected, None),
                    false => Ok(column.clone()),
                })
                .collect();
            let ops = match batch.ops() {
                Some(ops) => Some(UInt8Array::from(take(ops, &selected, None)?.to_data())),
                None => None,
            };
            self.apply(slice_end, &scattered?, ops.as_ref(), &hashes)?;
        }
        if self.phase == AggregatePhase::Local && self.slices.cached_len() >= LOCAL_GROUPS {
            self.send_partial(out)?;
        }
        self.slices.finish_batch()
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if self.phase == AggregatePhase::Local {
            self.send_partial(out)?;
        } else if !self.clock.is_processing_time() || watermark == Watermark::MAX {
            // At the end of the input processing time stands still: what is there is all there is.
            self.advance(watermark.0, out)?;
        }
        Ok(Some(watermark))
    }

    fn next_timer(&self) -> Option<i64> {
        let timed = self.clock.is_processing_time() && self.next_fire < i64::MAX;
        timed.then(|| self.next_fire + 1)
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        if self.clock.is_processing_time() {
            self.advance(now_ms - 1, out)?;
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut dyn Collector) -> OperatorResult<()> {
        if self.phase == AggregatePhase::Local {
            self.send_partial(out)?;
        }
        Ok(())
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        if self.phase == AggregatePhase::Local {
            return Ok(OperatorSnapshot::default());
        }
        Ok(OperatorSnapshot {
            keyed: vec![self.slices.freeze(barrier)?],
            lists: vec![watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.slices.size()
    }
}
