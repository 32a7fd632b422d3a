//! The first or the last row of each key by time (Flink's `RowTimeDeduplicateFunction`,
//! `RowTimeDeduplicateKeepFirstRowFunction` and `ProcTimeDeduplicate*`).
//!
//! * The last row, by either time: each row that is not older than the one before replaces it, `+I` for
//!   the first, then `-U` (unless nobody needs it) and `+U`. Every change is emitted, not only the last of
//!   a batch: what reads it as a versioned table needs each version.
//! * The first row by processing time: emitted as it comes, and all later ones are dropped.
//! * The first row by event time: waits until the watermark has reached it, because an earlier one may
//!   come; then it is emitted and final. Rows behind the watermark are dropped and counted in
//!   `numLateRecordsDropped`. So the output is append-only and its time remains a time attribute.
//!
//! State `rows` (key, time, row): the last rows, or first ones that wait. State `seen` (key): keys whose
//! first row was emitted. A state TTL applies to all but what waits.

use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{
    Clock, Collector, Metric, Operator, OperatorContext, SystemClock,
};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_state::KeyTimers;
use alpheus_state::map_state::{MapState, MapStateSpec};
use alpheus_state::row_codec::RowBuffer;
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt8Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef};
use hashbrown::HashMap;

use super::event_time::{is_news, restored_watermark, watermark_list};
use super::group_aggregate::key_types;
use super::ordered_rows::pick;
use super::time_column::TimeColumn;
use super::window_aggregate::OUTPUT_ROWS;

/// The one entry of a key.
const ENTRY: &[u8] = &[];

/// The operator; see the module's documentation.
pub struct Deduplicate {
    keys: Vec<usize>,
    time: TimeAttribute,
    keep_last: bool,
    update_before: bool,
    timed: bool,
    rows: MapState,
    seen: MapState,
    timers: KeyTimers,
    progress: i64,
    late: Metric,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
}

impl Deduplicate {
    /// The operator of a `Deduplicate` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a column can be no key.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::Deduplicate {
            keys,
            time,
            keep_last,
            generate_update_before,
            state_ttl_ms,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no Deduplicate",
                node.name
            )));
        };
        let types = key_types(keys, input)?;
        let state = |name: &str, counters: &[&str], payload: RowType, ttl_ms| {
            MapState::new(MapStateSpec {
                name: name.to_owned(),
                keys: types.clone(),
                entry: Vec::new(),
                counters: counters.iter().map(|&name| name.to_owned()).collect(),
                payload,
                ttl_ms,
            })
        };
        let ttl_of_rows = if *keep_last { *state_ttl_ms } else { 0 };
        Ok(Deduplicate {
            keys: keys.clone(),
            time: *time,
            keep_last: *keep_last,
            update_before: *generate_update_before,
            timed: *state_ttl_ms > 0,
            rows: state("rows", &["time"], input.clone(), ttl_of_rows)?.with_packed_payload(),
            seen: state("seen", &[], RowType::default(), *state_ttl_ms)?,
            timers: KeyTimers::new(&types)?,
            progress: i64::MIN,
            late: Metric::default(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
        })
    }

    fn now(&self) -> i64 {
        if self.timed { self.clock.now_ms() } else { 0 }
    }

    fn times(&self, columns: &[ArrayRef], rows: usize) -> OperatorResult<Vec<i64>> {
        let TimeAttribute::Event { column } = self.time else {
            return Ok(vec![0; rows]);
        };
        let times = TimeColumn::new(&columns[column])?;
        (0..rows).map(|row| times.required_millis(row)).collect()
    }

    fn keep_last(&mut self, batch: &ChangelogBatch, out: &mut dyn Collector) -> OperatorResult<()> {
        let columns = batch.rows().columns();
        let rows = batch.num_rows();
        let times = self.times(columns, rows)?;
        let keys = pick(columns, self.keys.iter().copied());
        let mut slots = Vec::new();
        let hashes = hash_columns(&keys, rows)?;
        self.rows.load(&keys, &hashes, &mut slots)?;
        self.rows.fetch(slots.iter().map(|&slot| (slot, ENTRY)))?;
        let same_is_no_change = self.time == TimeAttribute::Processing && !self.timed;
        if !self.update_before && !same_is_no_change {
            return self.replace_last(columns, &times, &slots, out);
        }
        let encoded = self.rows.payload_codec().encode(columns)?;
        // Rows before and after; without those before, what comes in goes out.
        let (mut emitted, mut kept, mut ops) = (RowBuffer::default(), Vec::new(), Vec::new());
        for (row, &slot) in slots.iter().enumerate() {
            let new = encoded.row(row);
            let kind = match self.rows.get(slot, ENTRY)? {
                Some(last) if last.counter(0) > times[row] => continue,
                Some(last) if same_is_no_change && last.payload() == new => continue,
                Some(last) => {
                    if self.update_before {
                        emitted.push(last.payload());
                        ops.push(RowKind::UpdateBefore as u8);
                    }
                    RowKind::UpdateAfter
                }
                None => RowKind::Insert,
            };
            match self.update_before {
                true => emitted.push(new),
                false => kept.push(row as u32),
            }
            ops.push(kind as u8);
            self.rows.put(slot, ENTRY, &[times[row]], new)?;
        }
        if self.update_before {
            self.emit(&emitted, ops, out)?;
        } else {
            self.emit_columns(take_rows(columns, kept)?, ops, out)?;
        }
        self.rows.store()
    }

    /// [`Deduplicate::keep_last`] where nobody asks for the rows before: times alone say what is emitted, and of the rows of
    /// a key only the last of the batch is encoded.
    fn replace_last(
        &mut self,
        columns: &[ArrayRef],
        times: &[i64],
        slots: &[u32],
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        // The last row of each key so far.
        let mut last: HashMap<u32, u32> = HashMap::new();
        let (mut kept, mut ops) = (Vec::new(), Vec::new());
        for (row, &slot) in slots.iter().enumerate() {
            let before = match last.get(&slot) {
                Some(&row) => Some(times[row as usize]),
                None => self.rows.get(slot, ENTRY)?.map(|last| last.counter(0)),
            };
            let kind = match before {
                Some(before) if before > times[row] => continue,
                Some(_) => RowKind::UpdateAfter,
                None => RowKind::Insert,
            };
            last.insert(slot, row as u32);
            kept.push(row as u32);
            ops.push(kind as u8);
        }
        let mut last: Vec<u32> = last.into_values().collect();
        last.sort_unstable();
        let payloads = take_rows(columns, last.clone())?;
        let encoded = self.rows.payload_codec().encode(&payloads)?;
        for (at, &row) in last.iter().enumerate() {
            let (slot, time) = (slots[row as usize], times[row as usize]);
            self.rows.put(slot, ENTRY, &[time], encoded.row(at))?;
        }
        self.emit_columns(take_rows(columns, kept)?, ops, out)?;
        self.rows.store()
    }

    fn first_by_arrival(
        &mut self,
        batch: &ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let slots = self.load_seen(batch)?;
        let mut first = Vec::new();
        for (row, &slot) in slots.iter().enumerate() {
            if self.seen.get(slot, ENTRY)?.is_none() {
                self.seen.put(slot, ENTRY, &[], &[])?;
                first.push(row as u32);
            }
        }
        self.seen.store()?;
        if !first.is_empty() {
            out.collect(batch.take(&UInt32Array::from(first))?);
        }
        Ok(())
    }

    fn load_seen(&mut self, batch: &ChangelogBatch) -> OperatorResult<Vec<u32>> {
        let keys = pick(batch.rows().columns(), self.keys.iter().copied());
        let hashes = hash_columns(&keys, batch.num_rows())?;
        let mut slots = Vec::new();
        self.seen.load(&keys, &hashes, &mut slots)?;
        self.seen.fetch(slots.iter().map(|&slot| (slot, ENTRY)))?;
        Ok(slots)
    }

    /// Rows that may be the first of their key wait for the watermark.
    fn wait(&mut self, batch: &ChangelogBatch) -> OperatorResult<()> {
        let columns = batch.rows().columns();
        let rows = batch.num_rows();
        let times = self.times(columns, rows)?;
        let keys = pick(columns, self.keys.iter().copied());
        let hashes = hash_columns(&keys, rows)?;
        let (mut slots, mut seen) = (Vec::new(), Vec::new());
        self.rows.load(&keys, &hashes, &mut slots)?;
        self.seen.probe(&keys, &hashes, &mut seen)?;
        self.rows.fetch(slots.iter().map(|&slot| (slot, ENTRY)))?;
        self.seen.fetch(seen.iter().map(|&slot| (slot, ENTRY)))?;
        let encoded = self.rows.payload_codec().encode(columns)?;
        let encoded_keys = self.timers.encode(&keys, rows)?;
        let mut late = 0;
        for (row, &slot) in slots.iter().enumerate() {
            let time = times[row];
            if time < self.progress {
                late += 1;
                continue;
            }
            if self.seen.get(seen[row], ENTRY)?.is_some() {
                continue;
            }
            let waiting = self.rows.get(slot, ENTRY)?;
            if waiting.is_none_or(|waiting| time < waiting.counter(0)) {
                self.rows.put(slot, ENTRY, &[time], encoded.row(row))?;
                self.timers.register(time, encoded_keys.row(row));
            }
        }
        self.late.add(late);
        self.timers.store()?;
        self.rows.store()?;
        self.seen.store()
    }

    /// Emits first rows that the watermark has reached.
    fn advance(&mut self, progress: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        self.progress = progress;
        loop {
            let due = self.timers.take_due(progress, OUTPUT_ROWS)?;
            if due.is_empty() {
                return Ok(());
            }
            self.begin();
            let keys = self.timers.decode(&due)?;
            let hashes = hash_columns(&keys, due.len())?;
            let (mut slots, mut seen) = (Vec::new(), Vec::new());
            self.rows.load(&keys, &hashes, &mut slots)?;
            self.seen.load(&keys, &hashes, &mut seen)?;
            self.rows.fetch(slots.iter().map(|&slot| (slot, ENTRY)))?;
            let mut emitted = RowBuffer::default();
            for (&slot, &seen) in slots.iter().zip(&seen) {
                if let Some(waiting) = self.rows.get(slot, ENTRY)? {
                    emitted.push(waiting.payload());
                    self.seen.put(seen, ENTRY, &[], &[])?;
                    self.rows.remove(slot, ENTRY)?;
                }
            }
            let ops = vec![RowKind::Insert as u8; emitted.len()];
            self.emit(&emitted, ops, out)?;
            self.rows.store()?;
            self.seen.store()?;
        }
    }

    fn begin(&mut self) {
        let now = self.now();
        self.rows.begin(now);
        self.seen.begin(now);
    }

    fn emit(&self, rows: &RowBuffer, ops: Vec<u8>, out: &mut dyn Collector) -> OperatorResult<()> {
        let columns = self.rows.payload_codec().decode(rows.iter())?;
        self.emit_columns(columns, ops, out)
    }

    fn emit_columns(
        &self,
        columns: Vec<ArrayRef>,
        ops: Vec<u8>,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if ops.is_empty() {
            return Ok(());
        }
        let options = RecordBatchOptions::new().with_row_count(Some(ops.len()));
        let rows = RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?;
        let inserts = ops.iter().all(|&op| op == RowKind::Insert as u8);
        let ops = (!inserts).then(|| UInt8Array::from(ops));
        out.collect(ChangelogBatch::try_new(rows, ops)?);
        Ok(())
    }

    fn waits(&self) -> bool {
        !self.keep_last && self.time != TimeAttribute::Processing
    }
}

/// These rows, ascending, of the columns.
fn take_rows(columns: &[ArrayRef], rows: Vec<u32>) -> OperatorResult<Vec<ArrayRef>> {
    if columns
        .first()
        .is_some_and(|column| column.len() == rows.len())
    {
        return Ok(columns.to_vec());
    }
    let rows = UInt32Array::from(rows);
    let taken = columns.iter().map(|column| take(column, &rows, None));
    Ok(taken.collect::<Result<_, _>>()?)
}

impl Operator for Deduplicate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.rows.open(context)?;
        if self.waits() {
            self.timers.open(context)?;
        }
        self.seen.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let now = self.now();
        self.rows.restore(state, now)?;
        self.seen.restore(state, now)?;
        self.progress = restored_watermark(state)?;
        if self.waits() && self.timers.is_empty()? {
            let timers = &mut self.timers;
            self.rows.for_each_batch(&mut |rows| {
                let times = rows.counters[0].as_primitive::<Int64Type>();
                timers.register_all(rows.keys, times.values())
            })?;
        }
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
        self.begin();
        if self.keep_last {
            self.keep_last(&batch, out)
        } else if self.waits() {
            self.wait(&batch)
        } else {
            self.first_by_arrival(&batch, out)
        }
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if self.waits() && is_news(watermark, self.progress) {
            self.advance(watermark.0, out)?;
        }
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        Ok(OperatorSnapshot {
            keyed: vec![self.rows.freeze(barrier)?, self.seen.freeze(barrier)?],
            lists: vec![watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.memory_size() + self.seen.memory_size() + self.timers.memory_size()
    }
}
