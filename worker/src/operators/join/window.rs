//! The join of windows (Flink's `WindowJoinOperator`): rows of the same window and key.
//!
//! The window's bounds are among the join's keys, so a row meets only rows of its own window. Rows are kept
//! until the watermark passes the window's end; then the window is joined at once and forgotten. So the result is
//! append-only, of outer, semi and anti joins too. Rows of a window that has been joined are dropped and counted.
//!
//! Rows wait as they came, in batches: most windows are joined before anything is asked of their rows one by
//! one. Only at a checkpoint, or with RocksDB when they are many, they are put into the state.
//!
//! State `window-left` and `window-right`: join key, end of the window, row, count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::join::{JoinSpec, WindowColumns};
use alpheus_dataflow::operator::{
    Clock, Collector, Metric, Operator, OperatorContext, SystemClock,
};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult, RowType, TypeKind};
use alpheus_functions::compile::EvalContext;
use alpheus_state::map_state::{MapState, MapStateSpec, Value};
use alpheus_state::rocksdb::CacheLimit;
use alpheus_state::row_codec::{RowBuffer, RowCodec, SortColumn};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::Int64Type;

use super::bounded::{self, Lookup, Side};
use super::{Keys, Pairing, join_key_types};
use crate::operators::event_time::{restored_watermark, watermark_list};
use crate::operators::time_column::TimeColumn;
use crate::operators::window_aggregate::WindowClock;

/// Batches with fewer rows are put together.
const BATCH_ROWS: usize = 8192;

/// Rows by the end of their window, as they came.
#[derive(Default)]
struct Arrived {
    windows: BTreeMap<i64, Vec<RecordBatch>>,
    rows: usize,
    /// How many may wait here; none is no limit.
    limit: Option<CacheLimit>,
}

impl Arrived {
    fn add(&mut self, end: i64, mut rows: RecordBatch) -> OperatorResult<()> {
        self.rows += rows.num_rows();
        let batches = self.windows.entry(end).or_default();
        // A row is copied no more often than batches can double.
        while let Some(last) = batches.pop_if(|last| {
            last.num_rows() <= 2 * rows.num_rows()
                && last.num_rows() + rows.num_rows() <= BATCH_ROWS
        }) {
            rows = concat_batches(&last.schema(), [&last, &rows])?;
        }
        batches.push(rows);
        Ok(())
    }

    /// Takes those of windows that end until `last` out.
    fn take_until(&mut self, last: i64) -> Vec<RecordBatch> {
        let later = self.windows.split_off(&last.saturating_add(1));
        let due = std::mem::replace(&mut self.windows, later);
        let batches: Vec<RecordBatch> = due.into_values().flatten().collect();
        self.rows -= batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        batches
    }

    fn memory_size(&self) -> usize {
        let batches = self.windows.values().flatten();
        batches.map(RecordBatch::get_array_memory_size).sum()
    }

    fn are_many(&mut self) -> bool {
        let Some(mut limit) = self.limit.take() else {
            return false;
        };
        let many = limit.is_exceeded(self.rows, || self.memory_size());
        self.limit = Some(limit);
        many
    }
}

/// The operator; see the module's documentation.
pub struct WindowJoin {
    spec: JoinSpec,
    windows: WindowColumns,
    node: OperatorNode,
    arrived: [Arrived; 2],
    sides: [MapState; 2],
    /// The last window of each side that has rows in the state.
    last_put: [Option<i64>; 2],
    /// Encodes the first column of entries: the end of their window.
    end_codec: RowCodec,
    pairing: Option<Pairing>,
    window_clock: WindowClock,
    clock: Arc<dyn Clock>,
    /// Ends of the windows that have rows.
    open: BTreeSet<i64>,
    watermark: i64,
    late: Metric,
    slots: Vec<u32>,
}

impl WindowJoin {
    /// The operator of a `WindowJoin` node.
    ///
    /// # Errors
    /// When a key or a column cannot be kept.
    pub fn new(
        node: &OperatorNode,
        spec: &JoinSpec,
        windows: &WindowColumns,
    ) -> OperatorResult<Self> {
        let attribute = TimeAttribute::Event {
            column: windows.left_end,
        };
        let mut window_clock = WindowClock::new(attribute, &spec.left.columns);
        window_clock.set_local(windows.local);
        let sides = [side(spec, 0)?, side(spec, 1)?];
        Ok(WindowJoin {
            arrived: [Arrived::default(), Arrived::default()],
            last_put: [None; 2],
            end_codec: sides[0].entry_codec().prefix(1)?,
            sides,
            spec: spec.clone(),
            windows: *windows,
            node: node.clone(),
            pairing: None,
            window_clock,
            clock: Arc::new(SystemClock),
            open: BTreeSet::new(),
            watermark: i64::MIN,
            late: Metric::default(),
            slots: Vec::new(),
        })
    }

    /// Takes the rows of windows that end until `last` out of a side.
    fn take_until(&mut self, input: usize, last: i64) -> OperatorResult<Side> {
        let schema = self.spec.input(input).columns.to_arrow();
        let mut batches = self.arrived[input].take_until(last);
        let mut counts = vec![1; batches.iter().map(RecordBatch::num_rows).sum()];
        if let Some(last_put) = self.last_put[input] {
            self.last_put[input] = (last_put > last).then_some(last_put);
            let state = &mut self.sides[input];
            let ends: ArrayRef = Arc::new(Int64Array::from(vec![last]));
            let bound = self.end_codec.encode(&[ends])?;
            let mut found = RowBuffer::default();
            state.begin(0);
            let mut visit = |entry: &[u8], value: &Value<'_>| {
                found.push(entry);
                counts.push(value.counter(0));
            };
            state.remove_up_to(bound.row(0), None, Some(&mut visit))?;
            let columns = state.entry_codec().decode(found.iter())?;
            let options = RecordBatchOptions::new().with_row_count(Some(found.len()));
            let schema = Arc::clone(&schema);
            let columns = columns[1..].to_vec();
            batches.push(RecordBatch::try_new_with_options(
                schema, columns, &options,
            )?);
        }
        Ok(Side {
            rows: concat_batches(&schema, &batches)?,
            counts,
        })
    }

    /// Puts what waits into the state.
    fn put(&mut self, input: usize) -> OperatorResult<()> {
        let state = &mut self.sides[input];
        for (end, batches) in std::mem::take(&mut self.arrived[input].windows) {
            self.last_put[input] = self.last_put[input].max(Some(end));
            for rows in batches {
                let keys = Keys::of(&self.spec, input, &rows)?;
                state.begin(0);
                state.load(&keys.columns, &keys.hashes, &mut self.slots)?;
                let ends = Int64Array::from_value(end, rows.num_rows());
                let mut entry: Vec<ArrayRef> = vec![Arc::new(ends)];
                entry.extend(rows.columns().iter().cloned());
                let entries = state.entry_codec().encode(&entry)?;
                for (row, &slot) in self.slots.iter().enumerate() {
                    let count = state
                        .get(slot, entries.row(row))?
                        .map_or(0, |value| value.counter(0));
                    state.put(slot, entries.row(row), &[count + 1], &[])?;
                }
                state.store()?;
            }
        }
        self.arrived[input].rows = 0;
        Ok(())
    }
}

/// The state of a side.
fn side(spec: &JoinSpec, input: usize) -> OperatorResult<MapState> {
    let columns = spec.input(input).columns.fields.iter();
    let columns = columns.map(|field| SortColumn::ascending(field.ty.clone()));
    let end = SortColumn::ascending(TypeKind::BigInt.not_null());
    MapState::new(MapStateSpec {
        name: ["window-left", "window-right"][input].to_owned(),
        keys: join_key_types(spec)?,
        entry: std::iter::once(end).chain(columns).collect(),
        counters: vec!["count".to_owned()],
        payload: RowType::default(),
        ttl_ms: 0,
    })
}

impl Operator for WindowJoin {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.window_clock.open(context)?;
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.pairing = Some(Pairing::new(&self.spec, &self.node, &context.session)?);
        for (side, arrived) in self.sides.iter_mut().zip(&mut self.arrived) {
            side.open(context)?;
            arrived.limit = side.cache_limit();
        }
        Ok(())
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.watermark = restored_watermark(state)?;
        for (side, last_put) in self.sides.iter_mut().zip(&mut self.last_put) {
            side.restore(state, 0)?;
            let open = &mut self.open;
            side.for_each_batch(&mut |rows| {
                let ends = rows.entry[0].as_primitive::<Int64Type>().values();
                *last_put = (*last_put).max(ends.iter().max().copied());
                open.extend(ends);
                Ok(())
            })?;
        }
        Ok(())
    }

    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let columns = batch.rows().columns();
        let end = match input {
            0 => self.windows.left_end,
            _ => self.windows.right_end,
        };
        let end = TimeColumn::new(&columns[end])?;
        let mut windows: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for row in 0..batch.num_rows() {
            windows.entry(end.millis(row)).or_default().push(row as u32);
        }
        for (end, rows) in windows {
            if self.window_clock.fires_at(end) <= self.watermark {
                self.late.add(rows.len() as u64);
                continue;
            }
            self.open.insert(end);
            let rows = match rows.len() == batch.num_rows() {
                true => batch.rows().clone(),
                false => take_record_batch(batch.rows(), &UInt32Array::from(rows))?,
            };
            self.arrived[input].add(end, rows)?;
        }
        match self.arrived[input].are_many() {
            true => self.put(input),
            false => Ok(()),
        }
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        self.watermark = self.watermark.max(watermark.0);
        let due = |end: &&i64| self.window_clock.fires_at(**end) <= self.watermark;
        let Some(last) = self.open.iter().take_while(due).last().copied() else {
            return Ok(Some(watermark));
        };
        let left = self.take_until(0, last)?;
        let right = self.take_until(1, last)?;
        self.open = self.open.split_off(&(last + 1));
        let Some(pairing) = &self.pairing else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let lookup = Lookup::new(&self.spec, &right)?;
        bounded::join(&self.spec, pairing, [&left, &right], &lookup, &context, out)?;
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        self.put(0)?;
        self.put(1)?;
        let sides = self.sides.iter_mut().map(|side| side.freeze(barrier));
        Ok(OperatorSnapshot {
            keyed: sides.collect::<OperatorResult<_>>()?,
            lists: vec![watermark_list(self.watermark)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        let arrived = self.arrived.iter().map(Arrived::memory_size);
        arrived.sum::<usize>() + self.sides.iter().map(MapState::memory_size).sum::<usize>()
    }
}
