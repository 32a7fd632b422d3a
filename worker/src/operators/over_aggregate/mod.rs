//! Functions over OVER windows that are ordered by time (Flink's `RowTimeRows*`, `RowTimeRange*` and
//! `ProcTime*` over functions).
//!
//! By event time, rows wait until the watermark has reached them; then the rows of a partition are taken
//! in order of time, and rows of one time in the order of arrival. A row that is not behind the watermark
//! but behind what its partition has already emitted is dropped and counted in `numLateRecordsDropped`; so
//! is, where the frame has no lower bound, one behind the watermark. By processing time, rows are taken as
//! they come. Each row is emitted once, with its results, and never changes: the output is append-only.
//!
//! Where the frame has no lower bound, a partition keeps its accumulators, and as many rows as LAG looks
//! back. Where it has one, it keeps the rows that may still be in a frame and accumulates them anew when
//! it fires. [`frames`] says which rows enter and leave, [`evaluate`] computes.
//!
//! States: `pending` and `history` (partition, time, number of arrival, row), `over` (partition, number of
//! rows, time of the last write, partial results); and the watermark. A state TTL applies to accumulators.

pub(crate) mod evaluate;
pub(crate) mod frames;

use std::ops::ControlFlow;
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
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use alpheus_functions::aggregate::AggregateSet;
use alpheus_state::map_state::{EntryRange, ScanOrder, Value};
use alpheus_state::row_codec::{RowBuffer, RowCodec, SortColumn};
use alpheus_state::{KeyTimers, Table};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef};

use self::evaluate::{Functions, Partition};
use self::frames::Frames;
use super::event_time::{is_news, restored_time, watermark_list};
use super::group_aggregate::{GroupColumns, key_types};
use super::ordered_rows::{OrderedRows, pick};
use super::time_column::TimeColumn;

const STATE: &str = "over";
/// How many partitions fire together.
const PARTITIONS: usize = 4096;

/// The operator; see the module's documentation.
pub struct OverAggregate {
    partition: Vec<usize>,
    time: TimeAttribute,
    frames: Frames,
    functions: Functions,
    ttl_ms: i64,
    pending: OrderedRows,
    history: OrderedRows,
    table: Table<GroupColumns>,
    timers: KeyTimers,
    time_codec: RowCodec,
    progress: i64,
    late: Metric,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
    sweep: usize,
}

/// The rows of the partitions that fire, partition by partition.
#[derive(Default)]
struct Gathered {
    entries: RowBuffer,
    rows: RowBuffer,
    times: Vec<i64>,
    /// Where each partition begins, and how many of its rows were processed before.
    starts: Vec<(usize, usize)>,
}

impl OverAggregate {
    /// The operator of an `OverAggregate` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or an aggregate or key is impossible.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::OverAggregate {
            partition,
            time,
            frame,
            calls,
            state_ttl_ms,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no OverAggregate",
                node.name
            )));
        };
        let functions = Functions::new(calls);
        let processing_time = *time == TimeAttribute::Processing;
        let frames = Frames::new(*frame, processing_time, functions.look_back());
        let keys = key_types(partition, input)?;
        let millis = SortColumn::ascending(TypeKind::BigInt.not_null());
        let rows =
            |name: &str| OrderedRows::new(name, keys.clone(), vec![millis.clone()], input, 0);
        let aggregates = AggregateSet::new(&functions.aggregates, frames.is_bounded())?;
        Ok(OverAggregate {
            partition: partition.clone(),
            time: *time,
            pending: rows("pending")?,
            history: rows("history")?,
            table: Table::new(STATE, &keys, GroupColumns::new(aggregates), *state_ttl_ms)?,
            timers: KeyTimers::new(&keys)?,
            time_codec: RowCodec::new(&[millis])?,
            frames,
            functions,
            ttl_ms: i64::try_from(*state_ttl_ms).unwrap_or(i64::MAX),
            progress: i64::MIN,
            late: Metric::default(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
            sweep: 0,
        })
    }

    fn is_event_time(&self) -> bool {
        self.time != TimeAttribute::Processing
    }

    /// Puts rows aside until the watermark has reached them.
    fn wait(&mut self, batch: &ChangelogBatch, column: usize) -> OperatorResult<()> {
        let count = batch.num_rows();
        let times = TimeColumn::new(batch.rows().column(column))?;
        let drops_by_watermark = !self.frames.is_bounded();
        let (kept, kept_times) = times.later_than(drops_by_watermark.then_some(self.progress))?;
        let mut late = count - kept.len();
        let batch = match late {
            0 => batch.clone(),
            _ => batch.take(&UInt32Array::from(kept))?,
        };
        let columns = batch.rows().columns();
        let count = batch.num_rows();
        let keys = pick(columns, self.partition.iter().copied());
        let slots = self.pending.load(&keys, count)?;
        let histories = match drops_by_watermark {
            true => Vec::new(),
            false => self.history.load(&keys, count)?,
        };
        let times: ArrayRef = Arc::new(Int64Array::from(kept_times.clone()));
        let entries = self.pending.entries(&[times], count)?;
        let rows = self.pending.payloads(columns)?;
        let encoded = self.timers.encode(&keys, count)?;
        for (row, &slot) in slots.iter().enumerate() {
            let time = kept_times[row];
            if time <= self.progress
                && let Some(&history) = histories.get(row)
                && self
                    .last_processed(history)?
                    .is_some_and(|last| time <= last)
            {
                late += 1;
                continue;
            }
            let state = &mut self.pending.state;
            state.put(slot, entries.row(row), &[], rows.row(row))?;
            self.timers.register(time, encoded.row(row));
        }
        self.late.add(late as u64);
        self.timers.store()?;
        self.pending.state.store()?;
        self.history.state.store()
    }

    /// The time of the last row of a partition's history.
    fn last_processed(&self, slot: u32) -> OperatorResult<Option<i64>> {
        let mut last = None;
        let mut visit = |entry: &[u8], _: &Value<'_>| {
            last = Some(entry.to_vec());
            ControlFlow::Break(())
        };
        let all = EntryRange::ALL;
        let state = &self.history.state;
        state.scan(slot, &all, ScanOrder::Backward, &mut visit)?;
        last.map(|entry| self.time_of(&entry)).transpose()
    }

    fn time_of(&self, entry: &[u8]) -> OperatorResult<i64> {
        let columns = self.history.state.entry_codec().decode([entry])?;
        Ok(first_millis(&columns[0]))
    }

    /// Fires all partitions that have something to do at this time.
    fn advance(&mut self, until: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        loop {
            let due = self.timers.take_due(until, PARTITIONS)?;
            if due.is_empty() {
                return Ok(());
            }
            let keys = self.timers.decode(&due)?;
            self.begin();
            let histories = self.history.load(&keys, due.len())?;
            let slots = self.pending.load(&keys, due.len())?;
            let mut gathered = Gathered::default();
            for (&slot, &history) in slots.iter().zip(&histories) {
                self.gather(&mut gathered, history, Some((slot, until)))?;
            }
            self.fire(&keys, &histories, gathered, out)?;
            // What is behind the time now, and what waits beyond it, says when each is due again.
            for (at, key) in due.iter().enumerate() {
                let next = self.next_due(slots[at], histories[at], until)?;
                if let Some(next) = next {
                    self.timers.register(next, key);
                }
            }
            self.timers.store()?;
            self.pending.state.store()?;
            self.history.state.store()?;
        }
    }

    /// When a partition has something to do again; drops what has left all frames for good.
    fn next_due(&mut self, slot: u32, history: u32, now: i64) -> OperatorResult<Option<i64>> {
        let first_of = |rows: &OrderedRows, slot: u32| {
            let mut first = None;
            let mut visit = |entry: &[u8], _: &Value<'_>| {
                first = Some(entry.to_vec());
                ControlFlow::Break(())
            };
            let all = EntryRange::ALL;
            rows.state
                .scan(slot, &all, ScanOrder::Forward, &mut visit)?;
            Ok::<_, OperatorError>(first)
        };
        let waiting = first_of(&self.pending, slot)?;
        let waiting = waiting.map(|entry| self.time_of(&entry)).transpose()?;
        let Some(duration) = self.frames.duration() else {
            return Ok(waiting);
        };
        let gone: ArrayRef = Arc::new(Int64Array::from(vec![
            now.saturating_sub(duration).saturating_sub(1),
        ]));
        let gone = self.time_codec.encode(&[gone])?;
        let range = EntryRange::up_to(gone.row(0));
        self.history.state.remove_range(history, &range)?;
        let kept = first_of(&self.history, history)?;
        let kept = kept.map(|entry| self.time_of(&entry)).transpose()?;
        let leaves = kept.map(|time| time.saturating_add(duration).saturating_add(1));
        Ok(match (waiting, leaves) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        })
    }

    fn begin(&mut self) {
        self.pending.state.begin(0);
        self.history.state.begin(0);
    }

    /// A partition's history, and its waiting rows up to a time, which wait no longer.
    fn gather(
        &mut self,
        gathered: &mut Gathered,
        history: u32,
        pending: Option<(u32, i64)>,
    ) -> OperatorResult<()> {
        let start = gathered.rows.len();
        let mut visit = |entry: &[u8], value: &Value<'_>| {
            gathered.entries.push(entry);
            gathered.rows.push(value.payload());
            ControlFlow::Continue(())
        };
        if self.frames.needs_history() {
            let all = EntryRange::ALL;
            let state = &self.history.state;
            state.scan(history, &all, ScanOrder::Forward, &mut visit)?;
        }
        if let Some((slot, until)) = pending {
            let until: ArrayRef = Arc::new(Int64Array::from(vec![until]));
            let until = self.time_codec.encode(&[until])?;
            let due = EntryRange::up_to(until.row(0));
            let state = &mut self.pending.state;
            let mut processed = 0;
            let mut visit_pending = |entry: &[u8], value: &Value<'_>| {
                processed += 1;
                visit(entry, value)
            };
            state.scan(slot, &due, ScanOrder::Forward, &mut visit_pending)?;
            state.remove_range(slot, &due)?;
            let history = gathered.rows.len() - start - processed;
            gathered.starts.push((start, history));
        } else {
            let history = gathered.rows.len() - start;
            gathered.starts.push((start, history));
        }
        Ok(())
    }

    /// Evaluates what was gathered of the partitions with these keys, and emits it in order of time.
    fn fire(
        &mut self,
        keys: &[ArrayRef],
        histories: &[u32],
        mut gathered: Gathered,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let entry_codec = self.history.state.entry_codec();
        let order = entry_codec.decode(gathered.entries.iter())?;
        gathered.times = order[0].as_primitive::<Int64Type>().values().to_vec();
        let columns = self
            .history
            .state
            .payload_codec()
            .decode(gathered.rows.iter())?;
        let hashes = hash_columns(keys, histories.len())?;
        let mut groups: Vec<u32> = (0..histories.len() as u32).collect();
        if !self.frames.is_bounded() {
            self.table.load(keys, &hashes, &mut groups)?;
            self.touch(&groups);
        }

        let mut partitions = Vec::with_capacity(histories.len());
        let mut emitted: Vec<usize> = Vec::new();
        for (at, &(start, history)) in gathered.starts.iter().enumerate() {
            let end = gathered
                .starts
                .get(at + 1)
                .map_or(gathered.rows.len(), |next| next.0);
            emitted.extend(start + history..end);
            partitions.push(Partition {
                start,
                group: groups[at],
                steps: self.frames.steps(&gathered.times[start..end], history),
            });
            self.remember(&gathered, start..end, history, histories[at])?;
        }
        if !emitted.is_empty() {
            emitted.sort_by(|&a, &b| gathered.entries.row(a).cmp(gathered.entries.row(b)));
            let results = self.evaluate(&columns, &gathered, &partitions, &emitted)?;
            let positions: UInt32Array = emitted.iter().map(|&row| row as u32).collect();
            let mut output = Vec::with_capacity(self.output.fields().len());
            for column in &columns {
                output.push(take(column, &positions, None)?);
            }
            output.extend(results);
            let options = RecordBatchOptions::new().with_row_count(Some(emitted.len()));
            let rows =
                RecordBatch::try_new_with_options(Arc::clone(&self.output), output, &options)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        if !self.frames.is_bounded() {
            self.table.store(&groups)?;
            self.sweep_expired()?;
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        columns: &[ArrayRef],
        gathered: &Gathered,
        partitions: &[Partition],
        emitted: &[usize],
    ) -> OperatorResult<Vec<ArrayRef>> {
        if !self.frames.is_bounded() {
            let accumulators = &mut self.table.columns_mut().aggregates;
            let functions = &self.functions;
            return functions.evaluate(columns, partitions, accumulators, emitted);
        }
        // The frames so far.
        let mut accumulators = AggregateSet::new(&self.functions.aggregates, true)?;
        accumulators.resize(partitions.len());
        let (mut rows, mut groups) = (Vec::new(), Vec::new());
        for (partition, &(start, history)) in partitions.iter().zip(&gathered.starts) {
            rows.extend((start..start + history).map(|row| row as u32));
            groups.resize(rows.len(), partition.group);
        }
        let ops = vec![RowKind::Insert as u8; rows.len()];
        let functions = &self.functions;
        functions.update(columns, rows, ops, &groups, &mut accumulators)?;
        functions.evaluate(columns, partitions, &mut accumulators, emitted)
    }

    /// Keeps the rows of a partition that later ones may look at.
    fn remember(
        &mut self,
        gathered: &Gathered,
        rows: std::ops::Range<usize>,
        history: usize,
        slot: u32,
    ) -> OperatorResult<()> {
        if !self.frames.needs_history() {
            return Ok(());
        }
        let keep_from = self.frames.keep_from(&gathered.times[rows.clone()]);
        let state = &mut self.history.state;
        for at in 0..rows.len() {
            let row = rows.start + at;
            let entry = gathered.entries.row(row);
            match (at < history, at < keep_from) {
                (true, true) => state.remove(slot, entry)?,
                (false, false) => state.put(slot, entry, &[], gathered.rows.row(row))?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Empties accumulators that have expired.
    fn touch(&mut self, groups: &[u32]) {
        if self.ttl_ms == 0 {
            return;
        }
        let now = self.clock.now_ms();
        let columns = self.table.columns_mut();
        columns.expire(groups, now, self.ttl_ms);
    }

    /// Removes some partitions that nobody has written for the TTL.
    fn sweep_expired(&mut self) -> OperatorResult<()> {
        if self.ttl_ms == 0 {
            return Ok(());
        }
        let now = self.clock.now_ms();
        let columns = self.table.columns();
        let (expired, next) = columns.expired_from(self.sweep, now, self.ttl_ms);
        self.sweep = next;
        self.table.remove(&expired)
    }

    /// Takes rows as they come.
    fn process_now(
        &mut self,
        batch: &ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let now = self.clock.now_ms().max(self.progress);
        self.progress = now;
        let columns = batch.rows().columns();
        let count = batch.num_rows();
        let keys = pick(columns, self.partition.iter().copied());
        let slots = self.history.load(&keys, count)?;
        let times: ArrayRef = Arc::new(Int64Array::from(vec![now; count]));
        let entries = self.history.entries(&[times], count)?;
        let rows = self.history.payloads(columns)?;

        // The rows of each partition, partitions in order of appearance.
        let mut place: std::collections::HashMap<u32, usize> = std::collections::HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (row, slot) in slots.iter().enumerate() {
            let at = *place.entry(*slot).or_insert(members.len());
            if at == members.len() {
                members.push(Vec::new());
            }
            members[at].push(row);
        }
        let mut gathered = Gathered::default();
        let (mut firsts, mut histories) = (Vec::new(), Vec::new());
        for members in &members {
            let first = members[0];
            self.gather(&mut gathered, slots[first], None)?;
            for &row in members {
                gathered.entries.push(entries.row(row));
                gathered.rows.push(rows.row(row));
            }
            firsts.push(first as u32);
            histories.push(slots[first]);
        }
        let firsts = UInt32Array::from(firsts);
        let keys = keys
            .iter()
            .map(|key| take(key, &firsts, None))
            .collect::<Result<Vec<_>, _>>()?;
        self.fire(&keys, &histories, gathered, out)?;
        if let Some(duration) = self.frames.duration() {
            let leaves = now.saturating_add(duration).saturating_add(1);
            let leaves = vec![leaves; histories.len()];
            self.timers.register_all(&keys, &leaves)?;
        }
        self.history.state.store()
    }
}

/// The only value of a column of times.
fn first_millis(column: &ArrayRef) -> i64 {
    column.as_primitive::<Int64Type>().value(0)
}

impl Operator for OverAggregate {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.table.open(context)?;
        self.timers.open(context)?;
        self.pending.open(context)?;
        self.history.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        self.progress = restored_time(state, self.is_event_time())?;
        self.pending.restore(state, 0)?;
        self.history.restore(state, 0)?;
        self.table.restore(state)?;
        if !self.timers.is_empty()? {
            return Ok(());
        }
        let timers = &mut self.timers;
        let duration = self.frames.duration();
        for (rows, later) in [
            (&mut self.pending, Some(0)),
            (
                &mut self.history,
                duration.map(|duration| duration.saturating_add(1)),
            ),
        ] {
            let Some(later) = later else { continue };
            rows.state.for_each_batch(&mut |rows| {
                let times = rows.entry[0].as_primitive::<Int64Type>().values();
                let times = times.iter().map(|time| time.saturating_add(later));
                timers.register_all(rows.keys, &times.collect::<Vec<_>>())
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
        match self.time {
            TimeAttribute::Event { column } => self.wait(&batch, column),
            TimeAttribute::Processing => self.process_now(&batch, out),
        }
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if self.is_event_time() && is_news(watermark, self.progress) {
            self.progress = watermark.0;
            self.advance(watermark.0, out)?;
        }
        Ok(Some(watermark))
    }

    fn next_timer(&self) -> Option<i64> {
        match self.is_event_time() {
            true => None,
            false => self.timers.next(),
        }
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        match self.is_event_time() {
            true => Ok(()),
            false => self.advance(now_ms, out),
        }
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let (pending, pending_sequence) = self.pending.freeze(barrier)?;
        let (history, history_sequence) = self.history.freeze(barrier)?;
        // Only one of the two gives out numbers.
        let sequence = match self.is_event_time() {
            true => pending_sequence,
            false => history_sequence,
        };
        let table = self.table.freeze(barrier, None)?;
        Ok(OperatorSnapshot {
            keyed: vec![pending, history, table],
            lists: vec![sequence, watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.pending.state.memory_size()
            + self.history.state.memory_size()
            + self.table.size()
            + self.timers.memory_size()
    }
}
