//! The join of windows (Flink's `WindowJoinOperator`): rows of the same window and key.
//!
//! The window's bounds are among the join's keys, so a row meets only rows of its own window. Rows are kept
//! until the watermark passes the window's end; then the window is joined at once and forgotten. So the result is
//! append-only, of outer, semi and anti joins too. Rows of a window that has been joined are dropped and counted.
//!
//! State `window-left` and `window-right`: join key, end of the window, row, count.

use std::collections::BTreeSet;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::join::{JoinSpec, WindowColumns};
use alpheus_dataflow::operator::{
    Clock, Collector, Metric, Operator, OperatorContext, SystemClock,
};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult, RowType, TypeKind};
use alpheus_functions::compile::EvalContext;
use alpheus_state::map_state::{MapState, MapStateSpec};
use alpheus_state::row_codec::SortColumn;
use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::compute::{concat_batches, filter};
use arrow::datatypes::Int64Type;

use super::bounded::{self, Lookup, Side};
use super::{Keys, Pairing, join_key_types};
use crate::operators::event_time::{restored_watermark, watermark_list};
use crate::operators::time_column::TimeColumn;
use crate::operators::window_aggregate::WindowClock;

/// The operator; see the module's documentation.
pub struct WindowJoin {
    spec: JoinSpec,
    windows: WindowColumns,
    node: OperatorNode,
    sides: [MapState; 2],
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
        Ok(WindowJoin {
            sides: [side(spec, 0)?, side(spec, 1)?],
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
        let state = &mut self.sides[input];
        let schema = self.spec.input(input).columns.to_arrow();
        let (mut taken, mut batches, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        state.for_each_batch(&mut |rows| {
            let ends = rows.entry[0].as_primitive::<Int64Type>().values();
            let due: BooleanArray = ends.iter().map(|&end| Some(end <= last)).collect();
            let number = due.true_count();
            if number == 0 {
                return Ok(());
            }
            let pick = |columns: &[ArrayRef]| -> OperatorResult<Vec<ArrayRef>> {
                let columns = columns.iter().map(|column| filter(column, &due));
                Ok(columns.collect::<Result<_, _>>()?)
            };
            let entry = pick(rows.entry)?;
            counts.extend_from_slice(pick(rows.counters)?[0].as_primitive::<Int64Type>().values());
            let options = RecordBatchOptions::new().with_row_count(Some(number));
            let columns = entry[1..].to_vec();
            let schema = Arc::clone(&schema);
            batches.push(RecordBatch::try_new_with_options(
                schema, columns, &options,
            )?);
            taken.push((pick(rows.keys)?, entry));
            Ok(())
        })?;
        state.begin(0);
        for (keys, entry) in &taken {
            let hashes = hash_columns(keys, entry[0].len())?;
            state.probe(keys, &hashes, &mut self.slots)?;
            let entries = state.entry_codec().encode(entry)?;
            for (row, &slot) in self.slots.iter().enumerate() {
                state.remove(slot, entries.row(row))?;
            }
        }
        state.store()?;
        Ok(Side {
            rows: concat_batches(&schema, &batches)?,
            counts,
        })
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
        for side in &mut self.sides {
            side.open(context)?;
        }
        Ok(())
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.watermark = restored_watermark(state)?;
        for side in &mut self.sides {
            side.restore(state, 0)?;
            let open = &mut self.open;
            side.for_each_batch(&mut |rows| {
                open.extend(rows.entry[0].as_primitive::<Int64Type>().values());
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
        let ends: Vec<i64> = (0..batch.num_rows()).map(|row| end.millis(row)).collect();
        let keys = Keys::of(&self.spec, input, batch.rows())?;
        let state = &mut self.sides[input];
        state.begin(0);
        state.load(&keys.columns, &keys.hashes, &mut self.slots)?;
        let mut entry: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(ends.clone()))];
        entry.extend(columns.iter().cloned());
        let entries = state.entry_codec().encode(&entry)?;
        for (row, &slot) in self.slots.iter().enumerate() {
            if self.window_clock.fires_at(ends[row]) <= self.watermark {
                self.late.add(1);
                continue;
            }
            self.open.insert(ends[row]);
            let count = state
                .get(slot, entries.row(row))?
                .map_or(0, |value| value.counter(0));
            state.put(slot, entries.row(row), &[count + 1], &[])?;
        }
        state.store()
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
        let sides = self.sides.iter_mut().map(|side| side.freeze(barrier));
        Ok(OperatorSnapshot {
            keyed: sides.collect::<OperatorResult<_>>()?,
            lists: vec![watermark_list(self.watermark)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.sides.iter().map(MapState::memory_size).sum()
    }
}
