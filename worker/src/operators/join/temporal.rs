//! The join with a versioned table as of a row's event time (Flink's `TemporalRowTimeJoinOperator`).
//!
//! Rows of the left side wait until the watermark has reached their time, as only then are all versions known
//! that they may have to meet. Each then gets the version that was valid at its time: of those with the same key
//! the last whose time is not later, if that was no deletion. A version that an update takes back (`-U`) is
//! replaced by the one that follows, so it needs no entry.
//!
//! Of the versions up to the watermark only the last can still be asked for; older ones are forgotten when their
//! key gets another.
//!
//! State `temporal-left`: join key, time, kind, row, count. State `temporal-right`: join key, time of the version,
//! whether it is a deletion, row.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::join::{JoinSpec, TimeColumns};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult, RowType, TypeKind};
use alpheus_functions::compile::EvalContext;
use alpheus_state::map_state::{EntryRange, MapState, MapStateSpec, ScanOrder};
use alpheus_state::row_codec::{EncodedRows, RowBuffer, SortColumn};
use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array,
};
use arrow::compute::filter;
use arrow::datatypes::Int64Type;

use super::{Emitted, Keys, Pairing, is_true, join_key_types};
use crate::operators::event_time::{is_news, restored_watermark, watermark_list};
use crate::operators::time_column::TimeColumn;

/// A key with more bytes of versions than this is read from disk as far as it is needed.
const FETCHED_BYTES: usize = 16 << 10;
const DELETED: usize = 0;

/// The operator; see the module's documentation.
pub struct TemporalJoin {
    spec: JoinSpec,
    times: TimeColumns,
    node: OperatorNode,
    waiting: MapState,
    versions: MapState,
    pairing: Option<Pairing>,
    clock: Arc<dyn Clock>,
    /// The earliest time of a row that waits.
    earliest: i64,
    watermark: i64,
    slots: Vec<u32>,
}

impl TemporalJoin {
    /// The operator of a `TemporalJoin` node.
    ///
    /// # Errors
    /// When a key or a column cannot be kept.
    pub fn new(node: &OperatorNode, spec: &JoinSpec, times: &TimeColumns) -> OperatorResult<Self> {
        let integer = || SortColumn::ascending(TypeKind::BigInt.not_null());
        let left = spec.left.columns.fields.iter();
        let left = left.map(|field| SortColumn::ascending(field.ty.clone()));
        Ok(TemporalJoin {
            waiting: MapState::new(MapStateSpec {
                name: "temporal-left".to_owned(),
                keys: join_key_types(spec)?,
                entry: [integer(), integer()].into_iter().chain(left).collect(),
                counters: vec!["count".to_owned()],
                payload: RowType::default(),
                ttl_ms: 0,
            })?,
            versions: MapState::new(MapStateSpec {
                name: "temporal-right".to_owned(),
                keys: join_key_types(spec)?,
                entry: vec![integer()],
                counters: vec!["deleted".to_owned()],
                payload: spec.right.columns.clone(),
                ttl_ms: 0,
            })?
            .with_packed_payload(),
            spec: spec.clone(),
            times: *times,
            node: node.clone(),
            pairing: None,
            clock: Arc::new(SystemClock),
            earliest: i64::MAX,
            watermark: i64::MIN,
            slots: Vec::new(),
        })
    }

    fn times_of(&self, input: usize, rows: &RecordBatch) -> OperatorResult<Vec<i64>> {
        let column = match input {
            0 => self.times.left,
            _ => self.times.right,
        };
        let times = TimeColumn::new(rows.column(column))?;
        let time = |row| {
            times.checked_millis(row).ok_or_else(|| {
                OperatorError::data("the time of a row is NULL; filter such rows out")
            })
        };
        (0..rows.num_rows()).map(time).collect()
    }

    fn keep_left(&mut self, batch: &ChangelogBatch, out: &mut dyn Collector) -> OperatorResult<()> {
        let times = self.times_of(0, batch.rows())?;
        let keys = Keys::of(&self.spec, 0, batch.rows())?;
        self.waiting.begin(0);
        self.waiting
            .load(&keys.columns, &keys.hashes, &mut self.slots)?;
        let kinds = (0..batch.num_rows()).map(|row| batch.kind(row) as i64);
        let mut entry: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(times.clone())),
            Arc::new(Int64Array::from_iter_values(kinds)),
        ];
        entry.extend(batch.rows().columns().iter().cloned());
        let entries = self.waiting.entry_codec().encode(&entry)?;
        let slots = self.slots.iter().enumerate();
        self.waiting
            .fetch(slots.map(|(row, &slot)| (slot, entries.row(row))))?;
        for (row, &slot) in self.slots.iter().enumerate() {
            let known = self.waiting.get(slot, entries.row(row))?;
            let count = known.map_or(0, |value| value.counter(0));
            self.waiting
                .put(slot, entries.row(row), &[count + 1], &[])?;
            self.earliest = self.earliest.min(times[row]);
        }
        self.waiting.store()?;
        // Late rows wait for nothing.
        self.release(out)
    }

    fn keep_version(&mut self, batch: &ChangelogBatch) -> OperatorResult<()> {
        let times = self.times_of(1, batch.rows())?;
        let keys = Keys::of(&self.spec, 1, batch.rows())?;
        let state = &mut self.versions;
        state.begin(0);
        state.load(&keys.columns, &keys.hashes, &mut self.slots)?;
        state.fetch_keys(&self.slots, FETCHED_BYTES)?;
        let entries = encode_times(state, times.clone())?;
        let payloads = state.payload_codec().encode(batch.rows().columns())?;
        let reached = encode_times(state, vec![self.watermark])?;
        for (row, &slot) in self.slots.iter().enumerate() {
            let kind = batch.kind(row);
            if kind == RowKind::UpdateBefore || !keys.can_match(row) {
                continue;
            }
            let deleted = i64::from(kind == RowKind::Delete);
            state.put(slot, entries.row(row), &[deleted], payloads.row(row))?;
            forget_before(state, slot, reached.row(0))?;
        }
        state.store()
    }

    /// Joins the rows whose time has come.
    fn release(&mut self, out: &mut dyn Collector) -> OperatorResult<()> {
        if self.earliest > self.watermark {
            return Ok(());
        }
        let watermark = self.watermark;
        let (mut due, mut earliest) = (Vec::new(), i64::MAX);
        self.waiting.for_each_batch(&mut |rows| {
            let times = rows.entry[0].as_primitive::<Int64Type>().values();
            let mask: BooleanArray = times.iter().map(|&time| Some(time <= watermark)).collect();
            let later = times.iter().filter(|&&time| time > watermark).min();
            earliest = earliest.min(later.copied().unwrap_or(i64::MAX));
            if mask.true_count() > 0 {
                let pick = |columns: &[ArrayRef]| -> OperatorResult<Vec<ArrayRef>> {
                    let columns = columns.iter().map(|column| filter(column, &mask));
                    Ok(columns.collect::<Result<_, _>>()?)
                };
                due.push((pick(rows.entry)?, pick(rows.counters)?));
            }
            Ok(())
        })?;
        self.earliest = earliest;
        for (entry, counters) in due {
            self.join(&entry, counters[0].as_primitive::<Int64Type>(), out)?;
        }
        Ok(())
    }

    fn join(
        &mut self,
        entry: &[ArrayRef],
        counts: &Int64Array,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let options = RecordBatchOptions::new().with_row_count(Some(counts.len()));
        let schema = self.spec.left.columns.to_arrow();
        let left = RecordBatch::try_new_with_options(schema, entry[2..].to_vec(), &options)?;
        let kinds = entry[1].as_primitive::<Int64Type>();
        let keys = Keys::of(&self.spec, 0, &left)?;

        self.versions.begin(0);
        self.versions
            .probe(&keys.columns, &keys.hashes, &mut self.slots)?;
        self.versions.fetch_keys(&self.slots, FETCHED_BYTES)?;
        let times = entry[0].as_primitive::<Int64Type>().values().to_vec();
        let times = encode_times(&self.versions, times)?;
        let mut found = RowBuffer::default();
        let (mut rows, mut versions) = (Vec::new(), vec![None; counts.len()]);
        for (row, &slot) in self.slots.iter().enumerate() {
            if !keys.can_match(row) {
                continue;
            }
            let until = EntryRange::up_to(times.row(row));
            self.versions
                .scan(slot, &until, ScanOrder::Backward, &mut |_, value| {
                    if value.counter(DELETED) == 0 {
                        rows.push(row as u32);
                        found.push(value.payload());
                    }
                    ControlFlow::Break(())
                })?;
        }
        let right = self.versions.payload_codec().decode(found.iter())?;
        let Some(pairing) = &self.pairing else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let sides = [left.columns(), &right[..]];
        let of_right = UInt32Array::from_iter_values(0..rows.len() as u32);
        let of_left = UInt32Array::from(rows.clone());
        let fulfilled = pairing.fulfilled(sides, [&of_left, &of_right], &context)?;
        for (pair, &row) in rows.iter().enumerate() {
            if is_true(fulfilled.as_ref(), pair) {
                versions[row as usize] = Some(pair as u32);
            }
        }
        let mut emitted = Emitted::default();
        for (row, version) in versions.into_iter().enumerate() {
            if version.is_some() || self.spec.pads(0) {
                let kind = u8::try_from(kinds.value(row))
                    .ok()
                    .and_then(RowKind::from_byte);
                let kind = kind.unwrap_or(RowKind::Insert);
                emitted.push(Some(row as u32), version, kind, counts.value(row));
            }
        }
        if !emitted.kinds.is_empty() {
            let pairs = [emitted.own.into(), emitted.other.into()];
            out.collect(pairing.rows(sides, pairs, emitted.kinds)?);
        }

        let hashes = hash_columns(&keys.columns, counts.len())?;
        self.waiting.begin(0);
        self.waiting
            .probe(&keys.columns, &hashes, &mut self.slots)?;
        let entries = self.waiting.entry_codec().encode(entry)?;
        for (row, &slot) in self.slots.iter().enumerate() {
            self.waiting.remove(slot, entries.row(row))?;
        }
        self.waiting.store()?;
        self.versions.store()
    }
}

fn encode_times(state: &MapState, times: Vec<i64>) -> OperatorResult<EncodedRows> {
    let column: ArrayRef = Arc::new(Int64Array::from(times));
    state.entry_codec().encode(&[column])
}

/// Forgets the versions that end before `time`: all up to it but the last.
fn forget_before(state: &mut MapState, slot: u32, time: &[u8]) -> OperatorResult<()> {
    let mut older = RowBuffer::default();
    let mut last = true;
    state.scan(
        slot,
        &EntryRange::up_to(time),
        ScanOrder::Backward,
        &mut |entry, _| {
            if !last {
                older.push(entry);
            }
            last = false;
            ControlFlow::Continue(())
        },
    )?;
    for entry in older.iter() {
        state.remove(slot, entry)?;
    }
    Ok(())
}

impl Operator for TemporalJoin {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.pairing = Some(Pairing::new(&self.spec, &self.node, &context.session)?);
        self.waiting.open(context)?;
        self.versions.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.watermark = restored_watermark(state)?;
        self.waiting.restore(state, 0)?;
        self.versions.restore(state, 0)?;
        let earliest = &mut self.earliest;
        self.waiting.for_each_batch(&mut |rows| {
            let times = rows.entry[0].as_primitive::<Int64Type>().values();
            *earliest = times.iter().copied().fold(*earliest, i64::min);
            Ok(())
        })
    }

    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        match input {
            0 => self.keep_left(&batch, out),
            _ => self.keep_version(&batch),
        }
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if is_news(watermark, self.watermark) {
            self.watermark = watermark.0;
            self.release(out)?;
        }
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        Ok(OperatorSnapshot {
            keyed: vec![
                self.waiting.freeze(barrier)?,
                self.versions.freeze(barrier)?,
            ],
            lists: vec![watermark_list(self.watermark)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.waiting.memory_size() + self.versions.memory_size()
    }
}
