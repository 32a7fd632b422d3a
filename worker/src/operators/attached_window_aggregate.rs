//! Aggregation of rows that already carry their window (Flink's window aggregation with a
//! `WindowAttachedWindowingStrategy`): GROUP BY window_start, window_end over the result of another
//! window aggregate, Top-N or join.
//!
//! The window is part of the key. Each window end has a table of its own, which is emitted and dropped
//! when the watermark has passed it; so the result is only ever added to. Rows whose window has fired are
//! late, dropped and counted in `numLateRecordsDropped`.
//!
//! State `attached-windows`: the window's end as namespace, keys, partial results; and the watermark.

use std::collections::BTreeMap;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_state::{HashMapTable, KeyedTable, NamespacedTable};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::datatypes::{SchemaRef, TimestampMillisecondType};

use super::event_time::{restored_watermark, watermark_list};
use super::group_aggregate::key_types;
use super::window_aggregate::{AggregateColumns, OUTPUT_ROWS, WindowClock, results};

const STATE: &str = "attached-windows";

type Table = HashMapTable<AggregateColumns>;

/// The operator; see the module's documentation.
pub struct AttachedWindowAggregate {
    keys: Vec<usize>,
    window_end: usize,
    retractable: bool,
    clock: WindowClock,
    output: SchemaRef,
    /// By the window's end on the clock on the wall.
    windows: NamespacedTable<AggregateColumns>,
    /// How far time has come; windows up to here have fired.
    progress: i64,
    late: Metric,
    slots: Vec<u32>,
}

impl AttachedWindowAggregate {
    /// The operator of a node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate or key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::AttachedWindowAggregate {
            keys,
            window_end,
            zoned,
            aggregates,
            input: mode,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no AttachedWindowAggregate",
                node.name
            )));
        };
        let column = *window_end;
        let mut clock = WindowClock::new(TimeAttribute::Event { column }, input);
        clock.set_local(*zoned);
        let retractable = *mode != ChangelogMode::InsertOnly;
        let columns = AggregateColumns::new(aggregates, retractable)?;
        Ok(AttachedWindowAggregate {
            keys: keys.clone(),
            window_end: column,
            retractable,
            clock,
            output: node.output.to_arrow(),
            windows: NamespacedTable::new(STATE, &key_types(keys, input)?, columns)?,
            progress: i64::MIN,
            late: Metric::default(),
            slots: Vec::new(),
        })
    }

    /// The rows of each window; late ones are counted and left out.
    fn by_window(&self, batch: &ChangelogBatch) -> OperatorResult<BTreeMap<i64, Vec<u32>>> {
        let ends = batch.rows().column(self.window_end);
        let Some(ends) = ends.as_primitive_opt::<TimestampMillisecondType>() else {
            return Err(OperatorError::fatal(format!(
                "a window_end must be TIMESTAMP(3), not {}",
                ends.data_type()
            )));
        };
        let mut windows: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        let mut late = 0;
        for row in 0..ends.len() {
            // A row without a window (of an outer join) is in none that could fire.
            if ends.is_null(row) || self.clock.fires_at(ends.value(row)) <= self.progress {
                late += 1;
            } else {
                windows.entry(ends.value(row)).or_default().push(row as u32);
            }
        }
        self.late.add(late);
        Ok(windows)
    }

    fn apply(&mut self, end: i64, batch: &ChangelogBatch) -> OperatorResult<()> {
        let columns = batch.rows().columns();
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        let hashes = hash_columns(&keys, batch.num_rows())?;
        let values = self.windows.load(end, &keys, &hashes, &mut self.slots)?;
        let aggregates = &mut values.aggregates;
        aggregates.update(columns, batch.ops(), &self.slots)?;
        self.windows.store(end, &self.slots);
        Ok(())
    }

    fn emit(
        (output, retractable): (&SchemaRef, bool),
        table: &Table,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        for slots in table.live_slots().chunks(OUTPUT_ROWS) {
            let aggregates = &table.columns().aggregates;
            let (slots, values) = results(aggregates, slots.to_vec(), retractable)?;
            if slots.is_empty() {
                continue;
            }
            let mut columns = table.key_columns(&slots)?;
            columns.extend(values);
            let rows = RecordBatch::try_new(output.clone(), columns)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        Ok(())
    }
}

impl Operator for AttachedWindowAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.windows.open(context)?;
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.clock.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.progress = restored_watermark(state)?;
        self.windows.restore(state)
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        for (end, rows) in self.by_window(&batch)? {
            if rows.len() == batch.num_rows() {
                self.apply(end, &batch)?;
            } else {
                self.apply(end, &batch.take(&UInt32Array::from(rows))?)?;
            }
        }
        self.windows.finish_batch()
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        let ends = self.windows.namespaces();
        let complete: Vec<i64> = ends
            .take_while(|&end| self.clock.fires_at(end) <= watermark.0)
            .collect();
        let results = (&self.output, self.retractable);
        for end in complete {
            let mut emit = |table: &Table| Self::emit(results, table, out);
            self.windows.visit(&[end], &mut emit)?;
            self.windows.remove(end)?;
        }
        self.progress = self.progress.max(watermark.0);
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        Ok(OperatorSnapshot {
            keyed: vec![self.windows.freeze(barrier)?],
            lists: vec![watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.windows.size()
    }
}
