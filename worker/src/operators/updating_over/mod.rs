//! Functions over OVER windows of rows that may change, or that no time orders (of which Flink has
//! `NonTimeRangeUnboundedPrecedingFunction` and its like).
//!
//! All rows of a partition are kept in order, each with the results that it was emitted with. A batch is
//! applied to the partitions that it touches; then their functions are computed anew, and rows whose
//! results have changed are emitted: `+I` for new rows, `-U` (unless nobody needs it) and `+U` for those
//! with other results, `-D` for those that are gone. Any function and any frame will do, also those that
//! look ahead. The price is that a partition is read whole for each batch that touches it.
//!
//! A row that is taken back and not known (its state has expired) is ignored.
//!
//! State `updating-over`: partition, sort key, number of arrival, whether emitted, row and results.

mod evaluate;
mod frames;

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::types::units_per_millisecond;
use alpheus_dataflow::{OperatorError, OperatorResult, fixed};
use alpheus_state::map_state::{EntryRange, ScanOrder, Value};
use alpheus_state::row_codec::{EncodedRows, RowBuffer, RowCodec};
use arrow::array::{ArrayRef, UInt8Array, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};

use self::evaluate::{Sorted, WholeFunctions};
use super::group_aggregate::key_types;
use super::ordered_rows::{OrderedRows, pick, sort_columns};

const STATE: &str = "updating-over";
const MS_PER_DAY: i128 = 86_400_000;

/// The operator; see the module's documentation.
pub struct UpdatingOver {
    partition: Vec<usize>,
    order: Vec<SortKey>,
    functions: WholeFunctions,
    update_before: bool,
    timed: bool,
    width: usize,
    rows: OrderedRows,
    /// Encodes the sort keys; its bytes begin those of an entry.
    sort_width: RowCodec,
    /// Encodes the input's columns; its bytes begin those of a row with results.
    input_codec: RowCodec,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
}

/// What is emitted.
#[derive(Default)]
struct Changes {
    rows: RowBuffer,
    ops: Vec<u8>,
}

impl Changes {
    fn push(&mut self, kind: RowKind, row: &[u8]) {
        self.rows.push(row);
        self.ops.push(kind as u8);
    }
}

impl UpdatingOver {
    /// The operator of an `UpdatingOver` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate or key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::UpdatingOver {
            partition,
            order,
            frame,
            calls,
            generate_update_before,
            state_ttl_ms,
            ..
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no UpdatingOver",
                node.name
            )));
        };
        let sort = sort_columns(order, input)?;
        Ok(UpdatingOver {
            sort_width: RowCodec::new(&sort)?,
            input_codec: RowCodec::of_row_type(input)?,
            rows: OrderedRows::counted(
                STATE,
                key_types(partition, input)?,
                sort,
                &["emitted"],
                &node.output,
                *state_ttl_ms,
            )?,
            partition: partition.clone(),
            order: order.clone(),
            functions: WholeFunctions::new(calls, *frame),
            update_before: *generate_update_before,
            timed: *state_ttl_ms > 0,
            width: input.len(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
        })
    }

    fn now(&self) -> i64 {
        if self.timed { self.clock.now_ms() } else { 0 }
    }

    /// Puts new rows and removes those taken back; the partitions that changed, in order of appearance.
    fn apply(&mut self, batch: &ChangelogBatch, changes: &mut Changes) -> OperatorResult<Vec<u32>> {
        let columns = batch.rows().columns();
        let count = batch.num_rows();
        let keys = pick(columns, self.partition.iter().copied());
        let slots = self.rows.load(&keys, count)?;
        let sort = pick(columns, self.order.iter().map(|key| key.column));
        let entries = self.rows.entries(&sort, count)?;
        let prefixes = self.rows.prefixes(&sort)?;
        let inputs = self.input_codec.encode(columns)?;
        let mut without_results = columns.to_vec();
        for field in &self.output.fields()[self.width..] {
            without_results.push(new_null_array(field.data_type(), count));
        }
        let rows = self.rows.payloads(&without_results)?;
        let (mut touched, mut known) = (Vec::new(), HashSet::new());
        for (row, &slot) in slots.iter().enumerate() {
            if known.insert(slot) {
                touched.push(slot);
            }
            if batch.kind(row).is_additive() {
                let state = &mut self.rows.state;
                state.put(slot, entries.row(row), &[0], rows.row(row))?;
            } else {
                self.remove(slot, prefixes.row(row), inputs.row(row), changes)?;
            }
        }
        Ok(touched)
    }

    /// Takes back the first row that equals this one.
    fn remove(
        &mut self,
        slot: u32,
        prefix: &[u8],
        input: &[u8],
        changes: &mut Changes,
    ) -> OperatorResult<()> {
        let mut found: Option<Vec<u8>> = None;
        let mut visit = |entry: &[u8], value: &Value<'_>| {
            if !value.payload().starts_with(input) {
                return ControlFlow::Continue(());
            }
            if value.counter(0) == 1 {
                changes.push(RowKind::Delete, value.payload());
            }
            found = Some(entry.to_vec());
            ControlFlow::Break(())
        };
        let range = EntryRange::prefix(prefix);
        let state = &mut self.rows.state;
        state.scan(slot, &range, ScanOrder::Forward, &mut visit)?;
        match found {
            Some(entry) => state.remove(slot, &entry),
            None => Ok(()),
        }
    }

    /// Computes the partitions anew and notes what has changed.
    fn compute(&mut self, touched: &[u32], changes: &mut Changes) -> OperatorResult<()> {
        let (mut entries, mut before) = (RowBuffer::default(), RowBuffer::default());
        let (mut emitted, mut starts) = (Vec::new(), Vec::with_capacity(touched.len()));
        for &slot in touched {
            starts.push(entries.len());
            let mut visit = |entry: &[u8], value: &Value<'_>| {
                entries.push(entry);
                before.push(value.payload());
                emitted.push(value.counter(0) == 1);
                ControlFlow::Continue(())
            };
            let all = EntryRange::ALL;
            let state = &self.rows.state;
            state.scan(slot, &all, ScanOrder::Forward, &mut visit)?;
        }
        if entries.is_empty() {
            return Ok(());
        }
        let mut columns = self.rows.state.payload_codec().decode(before.iter())?;
        columns.truncate(self.width);
        let partitions = self.partitions(&columns, &starts, entries.len())?;
        let results = self.functions.evaluate(&columns, &partitions)?;
        columns.extend(results);
        let after: EncodedRows = self.rows.payloads(&columns)?;
        for (&slot, partition) in touched.iter().zip(&partitions) {
            for row in partition.rows.clone() {
                let (old, new) = (before.row(row), after.row(row));
                if emitted[row] {
                    if old == new {
                        continue;
                    }
                    if self.update_before {
                        changes.push(RowKind::UpdateBefore, old);
                    }
                    changes.push(RowKind::UpdateAfter, new);
                } else {
                    changes.push(RowKind::Insert, new);
                }
                self.rows.state.put(slot, entries.row(row), &[1], new)?;
            }
        }
        Ok(())
    }

    fn partitions(
        &self,
        columns: &[ArrayRef],
        starts: &[usize],
        count: usize,
    ) -> OperatorResult<Vec<Sorted>> {
        let sort = pick(columns, self.order.iter().map(|key| key.column));
        let encoded = self.sort_width.encode(&sort)?;
        let keys = match (self.functions.needs_keys(), self.order.first()) {
            (true, Some(key)) => distances(&columns[key.column], *key)?,
            _ => Vec::new(),
        };
        let mut partitions = Vec::with_capacity(starts.len());
        for (at, &start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(count);
            let mut peers: Vec<usize> = Vec::with_capacity(end - start);
            for row in start..end {
                let same = row > start
                    && !self.order.is_empty()
                    && encoded.row(row) == encoded.row(row - 1);
                // Without an order every row is every other's peer.
                let is_peer = same || (row > start && self.order.is_empty());
                peers.push(match (is_peer, peers.last()) {
                    (true, Some(&first)) => first,
                    _ => row - start,
                });
            }
            partitions.push(Sorted {
                rows: start..end,
                peers,
                keys: keys.get(start..end).unwrap_or_default().to_vec(),
            });
        }
        Ok(partitions)
    }

    fn emit(&self, changes: Changes, out: &mut dyn Collector) -> OperatorResult<()> {
        if changes.ops.is_empty() {
            return Ok(());
        }
        let rows = self.rows.decode(&changes.rows, Vec::new(), &self.output)?;
        let inserts = changes.ops.iter().all(|&op| op == RowKind::Insert as u8);
        let ops = (!inserts).then(|| UInt8Array::from(changes.ops));
        out.collect(ChangelogBatch::try_new(rows, ops)?);
        Ok(())
    }
}

/// A sort key on an axis that rises with the order: a time in ms, or a whole number; NULL beyond an end.
fn distances(column: &ArrayRef, key: SortKey) -> OperatorResult<Vec<i128>> {
    let Some((values, nulls)) = fixed::to_i64(column) else {
        return Err(OperatorError::fatal(format!(
            "RANGE with a distance needs a time or a whole number, not {}",
            column.data_type()
        )));
    };
    // Distances of times are in ms.
    let (per_ms, ms_each) = match column.data_type() {
        DataType::Timestamp(unit, _) | DataType::Time64(unit) => (units_per_millisecond(*unit), 1),
        DataType::Date32 => (1, MS_PER_DAY),
        _ => (1, 1),
    };
    let null = match key.nulls_first {
        true => i128::MIN,
        false => i128::MAX,
    };
    let rising = (0..column.len()).map(|row| {
        if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return null;
        }
        let value = i128::from(values[row].div_euclid(per_ms)) * ms_each;
        if key.ascending { value } else { -value }
    });
    Ok(rising.collect())
}

impl Operator for UpdatingOver {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.rows.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let now = self.now();
        self.rows.restore(state, now)
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
        let now = self.now();
        self.rows.state.begin(now);
        let mut changes = Changes::default();
        let touched = self.apply(&batch, &mut changes)?;
        self.compute(&touched, &mut changes)?;
        self.emit(changes, out)?;
        self.rows.state.store()
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let (rows, sequence) = self.rows.freeze(barrier)?;
        Ok(OperatorSnapshot {
            keyed: vec![rows],
            lists: vec![sequence],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.state.memory_size()
    }
}
