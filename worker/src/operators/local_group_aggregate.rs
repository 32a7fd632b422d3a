//! The first phase of a GROUP BY in two (Flink's `MiniBatchLocalGroupAggFunction`): rows to partial results,
//! so that an exchange carries a row a key and not each row.
//!
//! It keeps nothing over a barrier or watermark. What it sends is: keys, number of rows (BIGINT), partial
//! results ([`partial_fields`]); a `Global` [`GroupAggregate`](super::group_aggregate::GroupAggregate)
//! merges them. Only for rows that are added: what is taken back may have been added in another batch.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::graph::{AggregatePhase, OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_state::{HashMapTable, KeyedTable};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;

use super::group_aggregate::{GroupColumns, key_types};
use super::mini_batch::MiniBatch;
use super::window_aggregate::OUTPUT_ROWS;

/// The columns that it emits behind the keys.
///
/// # Errors
/// When an aggregate is impossible.
pub fn partial_fields(aggregates: &[AggregateCall]) -> OperatorResult<Vec<Field>> {
    let mut fields = vec![Field::new("rows", TypeKind::BigInt.not_null())];
    fields.extend(AggregateSet::state_fields_of(aggregates, false)?);
    Ok(fields)
}

/// The operator; see the module's documentation.
pub struct LocalGroupAggregate {
    keys: Vec<usize>,
    key_types: Vec<LogicalType>,
    calls: Vec<AggregateCall>,
    table: HashMapTable<GroupColumns>,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
    mini_batch: Option<MiniBatch>,
    slots: Vec<u32>,
}

impl LocalGroupAggregate {
    /// The operator of a `GroupAggregate` node in its local phase whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate or key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::GroupAggregate {
            keys,
            aggregates,
            phase: AggregatePhase::Local,
            ..
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no local GroupAggregate",
                node.name
            )));
        };
        let key_types = key_types(keys, input)?;
        Ok(LocalGroupAggregate {
            keys: keys.clone(),
            table: new_table(&key_types, aggregates)?,
            key_types,
            calls: aggregates.clone(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
            mini_batch: None,
            slots: Vec::new(),
        })
    }
}

fn new_table(
    key_types: &[LogicalType],
    calls: &[AggregateCall],
) -> OperatorResult<HashMapTable<GroupColumns>> {
    HashMapTable::new(
        key_types,
        GroupColumns::new(AggregateSet::new(calls, false)?),
    )
}

impl Operator for LocalGroupAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.mini_batch = MiniBatch::of(context)?;
        Ok(())
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
        let columns = batch.rows().columns();
        let keys: Vec<ArrayRef> = self.keys.iter().map(|&key| columns[key].clone()).collect();
        let hashes = hash_columns(&keys, batch.num_rows())?;
        self.table.load(&keys, &hashes, &mut self.slots)?;
        let groups = self.table.columns_mut();
        for &slot in &self.slots {
            *groups.rows.get_mut(slot as usize) += 1;
        }
        groups.aggregates.update(columns, None, &self.slots)?;
        let now = self.clock.now_ms();
        let is_enough = match &mut self.mini_batch {
            Some(mini_batch) => mini_batch.add(batch.num_rows(), now),
            None => true,
        };
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
        if self.table.is_empty() {
            return Ok(());
        }
        let table = new_table(&self.key_types, &self.calls)?;
        let table = std::mem::replace(&mut self.table, table);
        for slots in table.live_slots().chunks(OUTPUT_ROWS) {
            let groups = table.columns();
            let mut columns = table.key_columns(slots)?;
            let rows = slots.iter().map(|&slot| *groups.rows.get(slot as usize));
            columns.push(Arc::new(Int64Array::from_iter_values(rows)));
            columns.extend(groups.aggregates.state(slots)?);
            let rows = RecordBatch::try_new(self.output.clone(), columns)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        Ok(())
    }

    fn state_size(&self) -> usize {
        self.table.memory_size()
    }
}
