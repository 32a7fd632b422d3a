//! MATCH_RECOGNIZE (Flink's `CepOperator`): rows of a key, in the order of their time, are offered to the
//! pattern of [`alpheus_functions::row_pattern`].
//!
//! In event time rows wait until the watermark has passed them; rows at or below it are late, dropped and
//! counted in `numLateRecordsDropped`. In processing time each row is offered as it comes.
//!
//! State `rows`: by key, in the order in which rows are offered, those that matches hold and behind them those that
//! wait for the watermark. State `runs`: by key, the matches that have begun, which name the rows that they hold by
//! their position among those of the key. And the watermark. Timers say at which watermark a key has rows to
//! offer, or a match that has become too long. Savepoints of earlier versions had all of it in one state ([`earlier`]).

mod earlier;
mod gathered;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{
    Clock, Collector, Metric, Operator, OperatorContext, SystemClock,
};
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::pattern::RowPattern;
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult, TypeKind};
use alpheus_functions::EvalContext;
use alpheus_functions::row_pattern::{Matcher, Partition};
use alpheus_state::KeyTimers;
use alpheus_state::map_state::{MapState, MapStateSpec};
use alpheus_state::row_codec::{EncodedRows, RowCodec, SortColumn};
use arrow::array::{ArrayRef, AsArray, BinaryArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{Int64Type, SchemaRef};

use self::gathered::Gathered;
use super::event_time::{restored_time, watermark_list};
use super::group_aggregate::key_types;
use super::ordered_rows::{OrderedRows, pick, sort_columns};
use super::time_column::TimeColumn;

/// The only entry of a key in `runs`.
const ENTRY: &[u8] = &[];
/// How many partitions are offered rows together.
const PARTITIONS: usize = 4096;

/// The operator; see the module's documentation.
pub struct MatchRecognize {
    pattern: RowPattern,
    matcher: Option<Matcher>,
    rows: OrderedRows,
    runs: MapState,
    timers: KeyTimers,
    time_codec: RowCodec,
    input: SchemaRef,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
    /// The watermark, or the last processing time.
    progress: i64,
    late: Metric,
}

/// Rows that have come, with their keys, their keys' slots, and as they are kept.
struct NewRows {
    keys: Vec<ArrayRef>,
    slots: Vec<u32>,
    entries: EncodedRows,
    payloads: EncodedRows,
}

impl MatchRecognize {
    /// The operator of a node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a type cannot be a key.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::Match(pattern) = &node.spec else {
            return Err(OperatorError::fatal(format!("{} is no Match", node.name)));
        };
        let keys = key_types(&pattern.partition, input)?;
        let millis = SortColumn::ascending(TypeKind::BigInt.not_null());
        let mut sort = vec![millis.clone()];
        if let TimeAttribute::Event { .. } = pattern.time {
            let order = pattern.order.iter();
            let order = order.map(|&(column, ascending, nulls_first)| SortKey {
                column,
                ascending,
                nulls_first,
            });
            sort.extend(sort_columns(&order.collect::<Vec<_>>(), input)?);
        }
        Ok(MatchRecognize {
            matcher: None,
            rows: OrderedRows::new("rows", keys.clone(), sort, input, 0)?,
            runs: MapState::new(MapStateSpec {
                name: "runs".to_owned(),
                keys: keys.clone(),
                entry: Vec::new(),
                counters: Vec::new(),
                payload: RowType::new(vec![Field::new("runs", TypeKind::bytes().not_null())]),
                ttl_ms: 0,
            })?,
            timers: KeyTimers::new(&keys)?,
            time_codec: RowCodec::new(&[millis])?,
            pattern: pattern.clone(),
            input: input.to_arrow(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
            progress: i64::MIN,
            late: Metric::default(),
        })
    }

    fn is_event_time(&self) -> bool {
        matches!(self.pattern.time, TimeAttribute::Event { .. })
    }

    fn begin(&mut self) {
        self.rows.state.begin(0);
        self.runs.begin(0);
    }

    fn store(&mut self) -> OperatorResult<()> {
        self.timers.store()?;
        self.rows.state.store()?;
        self.runs.store()
    }

    /// What rows with these times are sorted by.
    fn sort(&self, columns: &[ArrayRef], times: &[i64]) -> Vec<ArrayRef> {
        let mut sort: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(times.to_vec()))];
        if self.is_event_time() {
            let order = self.pattern.order.iter();
            sort.extend(order.map(|&(at, ..)| Arc::clone(&columns[at])));
        }
        sort
    }

    /// Keeps the rows that are not late until the watermark has reached them.
    fn wait(&mut self, batch: &ChangelogBatch, column: usize) -> OperatorResult<()> {
        let times = TimeColumn::new(batch.rows().column(column))?;
        let (kept, kept_times) = times.later_than(Some(self.progress))?;
        let late = batch.num_rows() - kept.len();
        self.late.add(late as u64);
        self.begin();
        match late {
            0 => self.keep(batch.rows().columns(), &kept_times)?,
            _ => {
                let batch = batch.take(&UInt32Array::from(kept))?;
                self.keep(batch.rows().columns(), &kept_times)?;
            }
        }
        self.store()
    }

    /// Puts rows into the state, and has their keys looked at once these times have come.
    fn keep(&mut self, columns: &[ArrayRef], times: &[i64]) -> OperatorResult<()> {
        let new = self.encode(columns, times)?;
        let encoded = self.timers.encode(&new.keys, times.len())?;
        for (row, &slot) in new.slots.iter().enumerate() {
            let state = &mut self.rows.state;
            state.put(slot, new.entries.row(row), &[], new.payloads.row(row))?;
            if self.is_event_time() {
                self.timers.register(times[row], encoded.row(row));
            }
        }
        Ok(())
    }

    /// Rows as the state has them.
    fn encode(&mut self, columns: &[ArrayRef], times: &[i64]) -> OperatorResult<NewRows> {
        let keys = pick(columns, self.pattern.partition.iter().copied());
        let slots = self.rows.load(&keys, times.len())?;
        let sort = self.sort(columns, times);
        Ok(NewRows {
            keys,
            slots,
            entries: self.rows.entries(&sort, times.len())?,
            payloads: self.rows.payloads(columns)?,
        })
    }

    /// The slots of keys in `runs`.
    fn load_runs(&mut self, keys: &[ArrayRef], rows: usize) -> OperatorResult<Vec<u32>> {
        let hashes = hash_columns(keys, rows)?;
        let mut slots = Vec::with_capacity(rows);
        self.runs.load(keys, &hashes, &mut slots)?;
        Ok(slots)
    }

    /// Offers what the watermark has reached, and lets time pass for matches that have to be short.
    fn advance(&mut self, watermark: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        let until: ArrayRef = Arc::new(Int64Array::from(vec![watermark]));
        let until = self.time_codec.encode(&[until])?;
        loop {
            let due = self.timers.take_due(watermark, PARTITIONS)?;
            if due.is_empty() {
                return Ok(());
            }
            let keys = self.timers.decode(&due)?;
            self.begin();
            let slots = self.rows.load(&keys, due.len())?;
            let runs = self.load_runs(&keys, due.len())?;
            let mut gathered = Gathered::default();
            for (&slot, &runs) in slots.iter().zip(&runs) {
                gathered.add_key(&self.rows.state, slot, Some(until.row(0)))?;
                gathered.add_runs(&self.runs, runs)?;
            }
            let matching = Matching {
                slots: &slots,
                runs: &runs,
                watermark: Some(watermark),
            };
            let ends = self.offer(&gathered, &matching, out)?;
            let waiting = gathered.waiting_since(&self.rows.state)?;
            for (key, (waiting, end)) in due.iter().zip(waiting.into_iter().zip(ends)) {
                if let Some(next) = waiting.into_iter().chain(end).min() {
                    self.timers.register(next, key);
                }
            }
            self.store()?;
        }
    }

    /// Offers rows as they come.
    fn process_now(
        &mut self,
        batch: &ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        self.progress = self.progress.max(self.clock.now_ms());
        let (columns, count) = (batch.rows().columns(), batch.num_rows());
        let times = vec![self.progress; count];
        self.begin();
        let NewRows {
            keys,
            slots,
            entries,
            payloads,
        } = self.encode(columns, &times)?;

        // The rows of each key, keys in order of appearance.
        let mut places: HashMap<u32, usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (row, &slot) in slots.iter().enumerate() {
            let place = *places.entry(slot).or_insert(members.len());
            if place == members.len() {
                members.push(Vec::new());
            }
            members[place].push(row);
        }
        let firsts: Vec<usize> = members.iter().map(|rows| rows[0]).collect();
        let positions: UInt32Array = firsts.iter().map(|&row| row as u32).collect();
        let keys: Vec<ArrayRef> = (keys.iter())
            .map(|key| take(key, &positions, None))
            .collect::<Result<_, _>>()?;
        let slots: Vec<u32> = firsts.iter().map(|&row| slots[row]).collect();
        let runs = self.load_runs(&keys, slots.len())?;
        let mut gathered = Gathered::default();
        for (members, (&slot, &runs)) in members.iter().zip(slots.iter().zip(&runs)) {
            gathered.add_key(&self.rows.state, slot, None)?;
            gathered.add_runs(&self.runs, runs)?;
            for &row in members {
                gathered.add_new(entries.row(row), payloads.row(row));
            }
        }
        let matching = Matching {
            slots: &slots,
            runs: &runs,
            watermark: None,
        };
        self.offer(&gathered, &matching, out)?;
        self.store()
    }

    /// Offers the rows that were gathered of some keys, emits the matches, and keeps what open matches hold. When
    /// the first of these has become too long, for each key.
    fn offer(
        &mut self,
        gathered: &Gathered,
        matching: &Matching<'_>,
        out: &mut dyn Collector,
    ) -> OperatorResult<Vec<Option<i64>>> {
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let matcher = open(self.matcher.as_ref())?;
        let order = self.rows.state.entry_codec();
        let order = order.decode(gathered.entries.iter())?;
        let times = order[0].as_primitive::<Int64Type>().values();
        let columns = self.rows.state.payload_codec();
        let columns = columns.decode(gathered.rows.iter())?;
        let rows = RecordBatch::try_new(Arc::clone(&self.input), columns)?;
        let old_runs = gathered.runs(&self.runs)?;
        let (mut found, mut ends) = (Vec::new(), Vec::with_capacity(matching.slots.len()));
        for (at, runs) in old_runs.into_iter().enumerate() {
            let range = gathered.range(at);
            let had_runs = runs.is_some();
            let runs = runs.unwrap_or_default();
            let held = runs.held();
            let start = range.start;
            if held > range.len() {
                return Err(OperatorError::fatal(format!(
                    "a pattern's open matches hold {held} rows of a key that has {}",
                    range.len()
                )));
            }
            let new = start + held..range.end;
            let kept = rows.slice(start, held);
            let mut partition = Partition::new(kept, times[start..new.start].to_vec(), runs)?;
            if !new.is_empty() {
                let offered = rows.slice(new.start, new.len());
                let times = &times[new];
                found.extend(matcher.process(&mut partition, &offered, times, &context)?);
            }
            if let Some(watermark) = matching.watermark {
                found.extend(matcher.advance(&mut partition, watermark, &context)?);
            }

            let mut kept = partition
                .kept()
                .iter()
                .map(|&place| place as usize)
                .peekable();
            let (state, stored) = (&mut self.rows.state, gathered.stored(at));
            let slot = matching.slots[at];
            for (place, row) in range.enumerate() {
                let entry = gathered.entries.row(row);
                match (kept.next_if_eq(&place).is_some(), place < stored) {
                    (true, false) => state.put(slot, entry, &[], gathered.rows.row(row))?,
                    (false, true) => state.remove(slot, entry)?,
                    _ => {}
                }
            }
            let slot = matching.runs[at];
            if !partition.is_idle() {
                let bytes: ArrayRef =
                    Arc::new(BinaryArray::from(vec![partition.encode_runs()?.as_slice()]));
                let payload = self.runs.payload_codec().encode(&[bytes])?;
                self.runs.put(slot, ENTRY, &[], payload.row(0))?;
            } else if had_runs {
                self.runs.remove(slot, ENTRY)?;
            }
            let within = self.pattern.within_ms;
            let since = partition.open_since();
            ends.push(
                since
                    .zip(within)
                    .map(|(since, within)| since.saturating_add(within)),
            );
        }
        if !found.is_empty() {
            let found = found.into_iter();
            let found: Vec<RecordBatch> = found
                .map(|columns| RecordBatch::try_new(Arc::clone(&self.output), columns))
                .collect::<Result<_, _>>()?;
            let rows = concat_batches(&self.output, &found)?;
            out.collect(ChangelogBatch::inserts(rows));
        }
        Ok(ends)
    }
}

/// Where the state of the keys lies that rows are offered to.
struct Matching<'m> {
    /// In `rows`.
    slots: &'m [u32],
    /// In `runs`.
    runs: &'m [u32],
    /// In event time.
    watermark: Option<i64>,
}

fn open(matcher: Option<&Matcher>) -> OperatorResult<&Matcher> {
    matcher.ok_or_else(|| OperatorError::fatal("the pattern is not open"))
}

impl Operator for MatchRecognize {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.matcher = Some(Matcher::new(&self.pattern, &context.session)?);
        self.rows.open(context)?;
        self.runs.open(context)?;
        if self.is_event_time() {
            self.timers.open(context)?;
        }
        Ok(())
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let event_time = self.is_event_time();
        self.progress = restored_time(state, event_time)?;
        self.rows.restore(state, 0)?;
        self.runs.restore(state, 0)?;
        self.restore_earlier(state)?;
        if event_time && self.timers.is_empty()? {
            // The first watermark looks at all keys.
            let timers = &mut self.timers;
            self.rows.state.for_each_batch(&mut |rows| {
                let times = rows.entry[0].as_primitive::<Int64Type>().values();
                timers.register_all(rows.keys, times)
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
        match self.pattern.time {
            TimeAttribute::Event { column } => self.wait(&batch, column),
            TimeAttribute::Processing => self.process_now(&batch, out),
        }
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if self.is_event_time() {
            self.advance(watermark.0, out)?;
            self.progress = self.progress.max(watermark.0);
        }
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let (rows, sequence) = self.rows.freeze(barrier)?;
        Ok(OperatorSnapshot {
            keyed: vec![rows, self.runs.freeze(barrier)?],
            lists: vec![sequence, watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.state.memory_size() + self.runs.memory_size() + self.timers.memory_size()
    }
}
