//! In front of a sink that is updated by a PRIMARY KEY which is not the query's own (Flink's
//! `SinkUpsertMaterializer`).
//!
//! Rows with different upsert keys may have the same primary key, and their changes come in any order: the
//! `-D` of one would delete what another has written. Kept are all rows of a primary key in the order in
//! which they came. Each that comes is emitted, `+I` for the first and `+U` for the others. One that is
//! taken back shows only if it was the last to come: then the one before it is emitted again (`+U`), and
//! `-D` when there is none. Rows are found by the query's upsert key, where it has one, else by all of
//! their columns; a row that is not found (its state has expired) is ignored.
//!
//! State `rows`: primary key, upsert key, number of arrival, row.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_state::map_state::{EntryRange, ScanOrder, Value};
use arrow::datatypes::SchemaRef;

use super::group_aggregate::key_types;
use super::ordered_rows::{OrderedRows, pick, sort_columns};
use super::row_changes::RowChanges;

/// The operator; see the module's documentation.
pub struct SinkUpsertMaterializer {
    keys: Vec<usize>,
    upsert_key: Vec<usize>,
    timed: bool,
    rows: OrderedRows,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
}

/// A row of a primary key.
struct Place {
    entry: Vec<u8>,
    arrival: i64,
    row: Vec<u8>,
}

/// A row as it comes.
struct NewRow<'r> {
    /// Its own entry, and what those with its upsert key begin with.
    entry: &'r [u8],
    prefix: &'r [u8],
    arrival: i64,
    row: &'r [u8],
}

impl Place {
    fn of(entry: &[u8], value: &Value<'_>) -> Self {
        Place {
            entry: entry.to_vec(),
            arrival: value.counter(0),
            row: value.payload().to_vec(),
        }
    }
}

impl SinkUpsertMaterializer {
    /// The operator of a `SinkUpsertMaterializer` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a column can be no key.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::SinkUpsertMaterializer {
            keys,
            upsert_key,
            state_ttl_ms,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no SinkUpsertMaterializer",
                node.name
            )));
        };
        let by_key: Vec<SortKey> = (upsert_key.iter())
            .map(|&column| SortKey {
                column,
                ascending: true,
                nulls_first: true,
            })
            .collect();
        Ok(SinkUpsertMaterializer {
            rows: OrderedRows::counted(
                "rows",
                key_types(keys, input)?,
                sort_columns(&by_key, input)?,
                &["arrival"],
                input,
                *state_ttl_ms,
            )?,
            keys: keys.clone(),
            upsert_key: upsert_key.clone(),
            timed: *state_ttl_ms > 0,
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
        })
    }

    fn now(&self) -> i64 {
        if self.timed { self.clock.now_ms() } else { 0 }
    }

    /// The first row below `prefix` that is the same as far as rows are told apart.
    fn find(&self, slot: u32, prefix: &[u8], row: &[u8]) -> OperatorResult<Option<Place>> {
        let mut found = None;
        let mut visit = |entry: &[u8], value: &Value<'_>| {
            if self.upsert_key.is_empty() && value.payload() != row {
                return ControlFlow::Continue(());
            }
            found = Some(Place::of(entry, value));
            ControlFlow::Break(())
        };
        let range = EntryRange::prefix(prefix);
        let state = &self.rows.state;
        state.scan(slot, &range, ScanOrder::Forward, &mut visit)?;
        Ok(found)
    }

    /// The row of a key that came last.
    fn last(&self, slot: u32) -> OperatorResult<Option<Place>> {
        let mut last: Option<Place> = None;
        let mut visit = |entry: &[u8], value: &Value<'_>| {
            if last
                .as_ref()
                .is_none_or(|last| last.arrival < value.counter(0))
            {
                last = Some(Place::of(entry, value));
            }
            ControlFlow::Continue(())
        };
        let state = &self.rows.state;
        state.scan(slot, &EntryRange::ALL, ScanOrder::Forward, &mut visit)?;
        Ok(last)
    }

    fn add(&mut self, slot: u32, new: &NewRow<'_>, changes: &mut RowChanges) -> OperatorResult<()> {
        let kind = match self.last(slot)? {
            None => RowKind::Insert,
            Some(_) => RowKind::UpdateAfter,
        };
        let known = match self.upsert_key.is_empty() {
            true => None,
            false => self.find(slot, new.prefix, new.row)?,
        };
        let (entry, arrival) = match &known {
            // A row that changes keeps its place.
            Some(place) => (place.entry.as_slice(), place.arrival),
            None => (new.entry, new.arrival),
        };
        self.rows.state.put(slot, entry, &[arrival], new.row)?;
        changes.push(kind, new.row);
        Ok(())
    }

    fn take_back(
        &mut self,
        slot: u32,
        gone: &NewRow<'_>,
        changes: &mut RowChanges,
    ) -> OperatorResult<()> {
        let Some(place) = self.find(slot, gone.prefix, gone.row)? else {
            return Ok(());
        };
        self.rows.state.remove(slot, &place.entry)?;
        match self.last(slot)? {
            None => changes.push(RowKind::Delete, gone.row),
            Some(last) if last.arrival < place.arrival => {
                changes.push(RowKind::UpdateAfter, &last.row);
            }
            Some(_) => {}
        }
        Ok(())
    }
}

impl Operator for SinkUpsertMaterializer {
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
        let columns = batch.rows().columns();
        let count = batch.num_rows();
        let slots = self
            .rows
            .load(&pick(columns, self.keys.iter().copied()), count)?;
        let by = pick(columns, self.upsert_key.iter().copied());
        let first = self.rows.next_number();
        let entries = self.rows.entries(&by, count)?;
        let prefixes = match by.is_empty() {
            true => None,
            false => Some(self.rows.prefixes(&by)?),
        };
        let rows = self.rows.payloads(columns)?;
        let mut changes = RowChanges::default();
        for (row, &slot) in slots.iter().enumerate() {
            let prefix = prefixes.as_ref().map_or(&[][..], |all| all.row(row));
            let new = NewRow {
                entry: entries.row(row),
                prefix,
                arrival: first + row as i64,
                row: rows.row(row),
            };
            match batch.kind(row).is_additive() {
                true => self.add(slot, &new, &mut changes)?,
                false => self.take_back(slot, &new, &mut changes)?,
            }
        }
        changes.emit(self.rows.state.payload_codec(), &self.output, out)?;
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
