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

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{Collector, Metric, Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{KeyedSnapshot, OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use alpheus_state::hashmap::{FrozenNamespaces, split_namespaces};
use alpheus_state::{HashMapTable, KeyedTable};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::datatypes::{SchemaRef, TimestampMillisecondType};

use super::group_aggregate::key_types;
use super::window_aggregate::{
    AggregateColumns, OUTPUT_ROWS, WindowClock, restored_watermark, results, watermark_list,
};

const STATE: &str = "attached-windows";

type Table = HashMapTable<AggregateColumns>;

/// The operator; see the module's documentation.
pub struct AttachedWindowAggregate {
    keys: Vec<usize>,
    window_end: usize,
    key_types: Vec<LogicalType>,
    calls: Vec<AggregateCall>,
    retractable: bool,
    clock: WindowClock,
    output: SchemaRef,
    max_parallelism: u32,
    /// By the window's end on the clock on the wall.
    windows: BTreeMap<i64, Table>,
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
        let operator = AttachedWindowAggregate {
            keys: keys.clone(),
            window_end: column,
            key_types: key_types(keys, input)?,
            calls: aggregates.clone(),
            retractable: *mode != ChangelogMode::InsertOnly,
            clock,
            output: node.output.to_arrow(),
            max_parallelism: 1,
            windows: BTreeMap::new(),
            progress: i64::MIN,
            late: Metric::default(),
            slots: Vec::new(),
        };
        operator.new_table()?;
        Ok(operator)
    }

    fn new_table(&self) -> OperatorResult<Table> {
        let columns = AggregateColumns::new(&self.calls, self.retractable)?;
        HashMapTable::new(&self.key_types, columns)
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
        if !self.windows.contains_key(&end) {
            let table = self.new_table()?;
            self.windows.insert(end, table);
        }
        let Some(table) = self.windows.get_mut(&end) else {
            return Ok(());
        };
        let columns = batch.rows().columns();
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        let hashes = hash_columns(&keys, batch.num_rows())?;
        table.load(&keys, &hashes, &mut self.slots)?;
        let aggregates = &mut table.columns_mut().aggregates;
        aggregates.update(columns, batch.ops(), &self.slots)?;
        table.store(&self.slots)
    }

    fn emit(&self, table: &Table, out: &mut dyn Collector) -> OperatorResult<()> {
        for slots in table.live_slots().chunks(OUTPUT_ROWS) {
            let aggregates = &table.columns().aggregates;
            let (slots, values) = results(aggregates, slots.to_vec(), self.retractable)?;
            if slots.is_empty() {
                continue;
            }
            let mut columns = table.key_columns(&slots)?;
            columns.extend(values);
            let rows = RecordBatch::try_new(self.output.clone(), columns)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        Ok(())
    }
}

impl Operator for AttachedWindowAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.max_parallelism = context.max_parallelism;
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.clock.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.progress = restored_watermark(state)?;
        for rows in state.keyed(STATE)? {
            for (end, rows) in split_namespaces(&rows?)? {
                let mut table = match self.windows.remove(&end) {
                    Some(table) => table,
                    None => self.new_table()?,
                };
                table.restore(&rows)?;
                self.windows.insert(end, table);
            }
        }
        Ok(())
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
        Ok(())
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        while let Some((&end, _)) = self.windows.first_key_value()
            && self.clock.fires_at(end) <= watermark.0
            && let Some(table) = self.windows.remove(&end)
        {
            self.emit(&table, out)?;
        }
        self.progress = self.progress.max(watermark.0);
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, _barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let max_parallelism = self.max_parallelism;
        let tables = self.windows.iter_mut();
        let tables = tables
            .map(|(end, table)| (*end, table.freeze_table(max_parallelism)))
            .collect();
        let rows = FrozenNamespaces::new(tables, &self.new_table()?);
        Ok(OperatorSnapshot {
            keyed: vec![KeyedSnapshot {
                name: STATE.to_owned(),
                rows: Box::new(rows),
            }],
            lists: vec![watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.windows.values().map(|table| table.memory_size()).sum()
    }
}
