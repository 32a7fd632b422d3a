//! Rows in the order of time, then of further keys (Flink's `RowTimeSortOperator` and
//! `ProcTimeSortOperator`).
//!
//! By event time, rows wait until the watermark has reached them. Rows that are not after the last one
//! emitted are dropped and counted in `numLateRecordsDropped`. By processing time, the rows of a batch have come at one
//! instant, and are sorted by the further keys.
//!
//! State `sort`: time, sort keys, number of arrival, row; the time of the last row emitted, and how far event time has come.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use alpheus_state::map_state::{EntryRange, ScanOrder, Value};
use alpheus_state::row_codec::{RowBuffer, RowCodec, SortColumn};
use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::datatypes::SchemaRef;

use super::event_time::{is_news, restored_least, restored_watermark, time_list, watermark_list};
use super::ordered_rows::{OrderedRows, pick, sort_columns};
use super::time_column::TimeColumn;
use super::window_aggregate::OUTPUT_ROWS;

const STATE: &str = "sort";
/// List in the snapshot: how far event time has come. `watermark` has the time of the last row emitted.
const PROGRESS: &str = "progress";

/// The operator; see the module's documentation.
pub struct TemporalSort {
    time: TimeAttribute,
    order: Vec<SortKey>,
    rows: OrderedRows,
    time_codec: RowCodec,
    emitted: i64,
    progress: i64,
    late: Metric,
    output: SchemaRef,
}

impl TemporalSort {
    /// The operator of a `TemporalSort` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a column cannot be sorted.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::TemporalSort { time, order } = &node.spec else {
            return Err(OperatorError::fatal(format!(
                "{} is no TemporalSort",
                node.name
            )));
        };
        let millis = SortColumn::ascending(TypeKind::BigInt.not_null());
        let mut sort = vec![millis.clone()];
        sort.extend(sort_columns(order, input)?);
        Ok(TemporalSort {
            time: *time,
            order: order.clone(),
            rows: OrderedRows::new(STATE, Vec::new(), sort, input, 0)?,
            time_codec: RowCodec::new(&[millis])?,
            emitted: i64::MIN,
            progress: i64::MIN,
            late: Metric::default(),
            output: node.output.to_arrow(),
        })
    }

    fn add(&mut self, columns: &[ArrayRef], times: Vec<i64>) -> OperatorResult<()> {
        let rows = times.len();
        let slots = self.rows.load(&[], rows)?;
        let mut sort: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(times))];
        sort.extend(pick(columns, self.order.iter().map(|key| key.column)));
        let entries = self.rows.entries(&sort, rows)?;
        let payloads = self.rows.payloads(columns)?;
        for (row, &slot) in slots.iter().enumerate() {
            self.rows
                .state
                .put(slot, entries.row(row), &[], payloads.row(row))?;
        }
        Ok(())
    }

    /// Emits all rows up to this time, in order.
    fn advance(&mut self, until: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        let until: ArrayRef = Arc::new(Int64Array::from(vec![until]));
        let until = self.time_codec.encode(&[until])?;
        let due = EntryRange::up_to(until.row(0));
        loop {
            self.rows.state.begin(0);
            let slot = self.rows.load(&[], 1)?[0];
            let (mut entries, mut rows) = (RowBuffer::default(), RowBuffer::default());
            let mut visit = |entry: &[u8], value: &Value<'_>| {
                entries.push(entry);
                rows.push(value.payload());
                match rows.len() == OUTPUT_ROWS {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            let state = &mut self.rows.state;
            state.scan(slot, &due, ScanOrder::Forward, &mut visit)?;
            for entry in entries.iter() {
                state.remove(slot, entry)?;
            }
            state.store()?;
            if rows.is_empty() {
                return Ok(());
            }
            let full = rows.len() == OUTPUT_ROWS;
            let rows = self.rows.decode(&rows, Vec::new(), &self.output)?;
            if let TimeAttribute::Event { column } = self.time {
                let times = TimeColumn::new(rows.column(column))?;
                let last = times.checked_millis(rows.num_rows() - 1);
                self.emitted = self.emitted.max(last.unwrap_or(i64::MIN));
            }
            out.collect(ChangelogBatch::inserts(rows));
            if !full {
                return Ok(());
            }
        }
    }
}

impl Operator for TemporalSort {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.rows.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.emitted = restored_watermark(state)?;
        self.progress = restored_least(state, PROGRESS)?;
        self.rows.restore(state, 0)
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.rows.state.begin(0);
        let rows = batch.num_rows();
        let TimeAttribute::Event { column } = self.time else {
            self.add(batch.rows().columns(), vec![0; rows])?;
            self.rows.state.store()?;
            return self.advance(i64::MAX, out);
        };
        let times = TimeColumn::new(batch.rows().column(column))?;
        let (kept, kept_times) = times.later_than(Some(self.emitted))?;
        self.late.add((rows - kept.len()) as u64);
        let batch = match kept.len() == rows {
            true => batch,
            false => batch.take(&UInt32Array::from(kept))?,
        };
        self.add(batch.rows().columns(), kept_times)?;
        self.rows.state.store()
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if is_news(watermark, self.progress) {
            self.progress = watermark.0;
            self.advance(watermark.0, out)?;
        }
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let (rows, sequence) = self.rows.freeze(barrier)?;
        Ok(OperatorSnapshot {
            keyed: vec![rows],
            lists: vec![
                sequence,
                watermark_list(self.emitted),
                time_list(PROGRESS, self.progress),
            ],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.state.memory_size()
    }
}
