//! Top-N within event-time windows (Flink's `WindowRankOperator` and `WindowDeduplicateOperator`).
//!
//! Rows carry the end of their window, and partitions have the window among their keys. Only the first
//! `n` rows of a partition are kept; when the watermark has passed its window they are emitted, in order,
//! and forgotten. So the output is append-only. A row whose window is complete already is dropped and
//! counted in `numLateRecordsDropped`.
//!
//! State `window-rank`: partition, sort key, number of arrival, row; and the watermark.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::order::{RankRange, SortKey};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_state::KeyTimers;
use alpheus_state::map_state::{EntryRange, ScanOrder, Value};
use alpheus_state::row_codec::RowBuffer;
use arrow::array::{ArrayRef, Int64Array, UInt32Array};
use arrow::datatypes::SchemaRef;

use super::event_time::{restored_watermark, watermark_list};
use super::group_aggregate::key_types;
use super::ordered_rows::{FirstRows, OrderedRows, pick, sort_columns};
use super::time_column::TimeColumn;
use super::window_aggregate::{OUTPUT_ROWS, WindowClock};

const STATE: &str = "window-rank";

/// The operator; see the module's documentation.
pub struct WindowRank {
    window_end: usize,
    partition: Vec<usize>,
    order: Vec<SortKey>,
    range: RankRange,
    numbered: bool,
    clock: WindowClock,
    rows: OrderedRows,
    timers: KeyTimers,
    progress: i64,
    late: Metric,
    output: SchemaRef,
}

impl WindowRank {
    /// The operator of a `WindowRank` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a column can be no key.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::WindowRank {
            window_end,
            zoned,
            partition,
            order,
            range,
            numbered,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no WindowRank",
                node.name
            )));
        };
        let time = TimeAttribute::Event {
            column: *window_end,
        };
        let mut clock = WindowClock::new(time, input);
        clock.set_local(*zoned);
        let keys = key_types(partition, input)?;
        Ok(WindowRank {
            window_end: *window_end,
            timers: KeyTimers::new(&keys)?,
            rows: OrderedRows::new(STATE, keys, sort_columns(order, input)?, input, 0)?,
            partition: partition.clone(),
            order: order.clone(),
            range: *range,
            numbered: *numbered,
            clock,
            progress: i64::MIN,
            late: Metric::default(),
            output: node.output.to_arrow(),
        })
    }

    /// When the window of each row is complete; an error where it has none.
    fn fire_times(&self, columns: &[ArrayRef], rows: usize) -> OperatorResult<Vec<i64>> {
        let ends = TimeColumn::new(&columns[self.window_end])?;
        let times = (0..rows).map(|row| {
            let end = ends.checked_millis(row);
            end.map(|end| self.clock.fires_at(end))
                .ok_or_else(|| OperatorError::data("the window_end of a row is NULL"))
        });
        times.collect()
    }

    fn add(&mut self, columns: &[ArrayRef], times: &[i64]) -> OperatorResult<()> {
        let rows = times.len();
        let keys = pick(columns, self.partition.iter().copied());
        let slots = self.rows.load(&keys, rows)?;
        let sort = pick(columns, self.order.iter().map(|key| key.column));
        let entries = self.rows.entries(&sort, rows)?;
        let payloads = self.rows.payloads(columns)?;
        let encoded_keys = self.timers.encode(&keys, rows)?;
        let needed = self.range.needed();
        let mut known: HashMap<u32, FirstRows> = HashMap::new();
        for (row, &slot) in slots.iter().enumerate() {
            let first = match known.entry(slot) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    self.timers.register(times[row], encoded_keys.row(row));
                    new.insert(self.rows.first_rows(slot, needed)?)
                }
            };
            let entry = entries.row(row);
            if first.takes(entry, needed) {
                let payload = payloads.row(row);
                self.rows.put_first(slot, first, needed, entry, payload)?;
            }
        }
        self.timers.store()?;
        self.rows.state.store()
    }

    /// Emits the windows that are complete.
    fn advance(&mut self, progress: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        self.progress = self.progress.max(progress);
        loop {
            let due = self.timers.take_due(progress, OUTPUT_ROWS)?;
            if due.is_empty() {
                return Ok(());
            }
            let keys = self.timers.decode(&due)?;
            self.rows.state.begin(0);
            let slots = self.rows.load(&keys, due.len())?;
            let (mut rows, mut numbers) = (RowBuffer::default(), Vec::new());
            for slot in slots {
                let mut number = 0;
                let skipped = self.range.skipped() as i64;
                let mut visit = |_: &[u8], value: &Value<'_>| {
                    number += 1;
                    if number > skipped {
                        rows.push(value.payload());
                        numbers.push(number);
                    }
                    ControlFlow::Continue(())
                };
                let all = EntryRange::ALL;
                let state = &mut self.rows.state;
                state.scan(slot, &all, ScanOrder::Forward, &mut visit)?;
                state.remove_range(slot, &all)?;
            }
            self.rows.state.store()?;
            if rows.is_empty() {
                continue;
            }
            let numbers: Vec<ArrayRef> = match self.numbered {
                true => vec![Arc::new(Int64Array::from(numbers))],
                false => Vec::new(),
            };
            let rows = self.rows.decode(&rows, numbers, &self.output)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
    }
}

impl Operator for WindowRank {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.clock.open(context)?;
        self.timers.open(context)?;
        self.rows.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.progress = restored_watermark(state)?;
        self.rows.restore(state, 0)?;
        if !self.timers.is_empty()? {
            return Ok(());
        }
        // Each key says when its window ends.
        let at = self
            .partition
            .iter()
            .position(|&key| key == self.window_end);
        let at = at.ok_or_else(|| {
            OperatorError::fatal("window_end is not among the partition keys of a WindowRank")
        })?;
        let (clock, timers) = (&self.clock, &mut self.timers);
        self.rows.state.for_each_batch(&mut |rows| {
            let ends = TimeColumn::new(&rows.keys[at])?;
            let ends = (0..rows.keys[at].len()).map(|row| ends.checked_millis(row));
            let times = ends.map(|end| end.map_or(i64::MIN, |end| clock.fires_at(end)));
            timers.register_all(rows.keys, &times.collect::<Vec<_>>())
        })
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let times = self.fire_times(batch.rows().columns(), batch.num_rows())?;
        self.rows.state.begin(0);
        let kept: Vec<u32> = (0..batch.num_rows() as u32)
            .filter(|&row| times[row as usize] > self.progress)
            .collect();
        if kept.len() == batch.num_rows() {
            return self.add(batch.rows().columns(), &times);
        }
        self.late.add((batch.num_rows() - kept.len()) as u64);
        let times: Vec<i64> = kept.iter().map(|&row| times[row as usize]).collect();
        let batch = batch.take(&UInt32Array::from(kept))?;
        self.add(batch.rows().columns(), &times)
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        self.advance(watermark.0, out)?;
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let (rows, sequence) = self.rows.freeze(barrier)?;
        Ok(OperatorSnapshot {
            keyed: vec![rows],
            lists: vec![sequence, watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.state.memory_size() + self.timers.memory_size()
    }
}
