//! MATCH_RECOGNIZE (Flink's `CepOperator`): rows of a key, in the order of their time, are offered to the
//! pattern of [`alpheus_functions::row_pattern`].
//!
//! In event time rows wait until the watermark has passed them; rows at or below it are late, dropped and
//! counted in `numLateRecordsDropped`. In processing time each row is offered as it comes.
//!
//! State `pattern`: the rows that open matches have, the first of each key with its runs, and the rows that
//! wait for the watermark; and the watermark.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::operator::{
    Clock, Collector, Metric, Operator, OperatorContext, SystemClock,
};
use alpheus_dataflow::pattern::RowPattern;
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{
    FrozenRows, KeyedSnapshot, OperatorSnapshot, RowsConsumer, StateReader,
};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_functions::EvalContext;
use alpheus_functions::row_pattern::{Matcher, Partition, sort_rows};
use alpheus_state::KeyIndex;
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{concat, concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};

use super::group_aggregate::key_types;
use super::time_column::TimeColumn;
use super::window_aggregate::{restored_time, watermark_list};

const STATE: &str = "pattern";

/// The operator; see the module's documentation.
pub struct MatchRecognize {
    pattern: RowPattern,
    matcher: Option<Matcher>,
    index: KeyIndex,
    partitions: BTreeMap<u32, Partition>,
    /// Rows that wait for the watermark, as they came.
    waiting: Vec<RecordBatch>,
    input: SchemaRef,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
    max_parallelism: u32,
    /// The watermark, or the last processing time.
    progress: i64,
    late: Metric,
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
        Ok(MatchRecognize {
            pattern: pattern.clone(),
            matcher: None,
            index: KeyIndex::new(&key_types(&pattern.partition, input)?)?,
            partitions: BTreeMap::new(),
            waiting: Vec::new(),
            input: input.to_arrow(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
            max_parallelism: 1,
            progress: i64::MIN,
            late: Metric::default(),
        })
    }

    fn keys_of(&self, rows: &RecordBatch) -> Vec<ArrayRef> {
        let keys = self.pattern.partition.iter();
        keys.map(|&key| rows.column(key).clone()).collect()
    }

    /// Offers rows that are in the order of their times to the partitions.
    fn offer(
        &mut self,
        rows: &RecordBatch,
        times: &[i64],
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let keys = self.keys_of(rows);
        let hashes = hash_columns(&keys, rows.num_rows())?;
        let mut slots = Vec::new();
        self.index.intern(&keys, &hashes, &mut slots)?;
        let mut of_slot: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (row, &slot) in slots.iter().enumerate() {
            of_slot.entry(slot).or_default().push(row as u32);
        }
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let matcher = open(self.matcher.as_ref())?;
        let mut idle = Vec::new();
        for (slot, selected) in of_slot {
            let times: Vec<i64> = selected.iter().map(|&row| times[row as usize]).collect();
            let rows = take_record_batch(rows, &UInt32Array::from(selected))?;
            let partition = self.partitions.entry(slot);
            let partition = partition.or_insert_with(|| matcher.new_partition(&rows));
            let found = matcher.process(partition, &rows, &times, &context)?;
            emit(&self.output, found, out)?;
            if partition.is_idle() {
                self.partitions.remove(&slot);
                idle.push(slot);
            }
        }
        self.index.remove(&idle);
        Ok(())
    }

    /// Takes the rows up to `watermark` out of those that wait, in the order of their times.
    fn take_ready(&mut self, watermark: i64) -> OperatorResult<Option<(RecordBatch, Vec<i64>)>> {
        let TimeAttribute::Event { column } = self.pattern.time else {
            return Ok(None);
        };
        if self.waiting.is_empty() {
            return Ok(None);
        }
        let all = concat_batches(&self.input, &std::mem::take(&mut self.waiting))?;
        let times = TimeColumn::new(all.column(column))?;
        let rows = 0..all.num_rows() as u32;
        let (ready, rest): (Vec<u32>, Vec<u32>) =
            rows.partition(|&row| times.millis(row as usize) <= watermark);
        if !rest.is_empty() {
            let rest = take_record_batch(&all, &UInt32Array::from(rest))?;
            self.waiting.push(rest);
        }
        if ready.is_empty() {
            return Ok(None);
        }
        let ready = take_record_batch(&all, &UInt32Array::from(ready))?;
        let ready = sort_rows(&ready, &self.pattern)?;
        let times = TimeColumn::new(ready.column(column))?;
        let times = (0..ready.num_rows()).map(|row| times.millis(row)).collect();
        Ok(Some((ready, times)))
    }

    /// Lets time pass for matches that have to be short.
    fn expire(&mut self, time: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        if self.pattern.within_ms.is_none() {
            return Ok(());
        }
        let context = EvalContext {
            now_ms: self.clock.now_ms(),
        };
        let matcher = open(self.matcher.as_ref())?;
        let mut idle = Vec::new();
        for (&slot, partition) in &mut self.partitions {
            let found = matcher.advance(partition, time, &context)?;
            emit(&self.output, found, out)?;
            if partition.is_idle() {
                idle.push(slot);
            }
        }
        for slot in &idle {
            self.partitions.remove(slot);
        }
        self.index.remove(&idle);
        Ok(())
    }

    /// Keeps the rows that are not late.
    fn keep_waiting(&mut self, rows: &RecordBatch, column: usize) -> OperatorResult<()> {
        let times = TimeColumn::new(rows.column(column))?;
        let mut kept = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            let time = times.checked_millis(row).ok_or_else(|| {
                OperatorError::data(
                    "the time attribute of a row is NULL; give it a value or filter such rows out",
                )
            })?;
            if time > self.progress {
                kept.push(row as u32);
            }
        }
        self.late.add((rows.num_rows() - kept.len()) as u64);
        if kept.len() == rows.num_rows() {
            self.waiting.push(rows.clone());
        } else if !kept.is_empty() {
            let kept = take_record_batch(rows, &UInt32Array::from(kept))?;
            self.waiting.push(kept);
        }
        Ok(())
    }

    fn add_partition(&mut self, part: RestoredPartition) -> OperatorResult<()> {
        let rows = concat_batches(&self.input, &part.rows)?;
        let first = rows.slice(0, 1);
        let keys = self.keys_of(&first);
        let hashes = hash_columns(&keys, 1)?;
        let mut slots = Vec::new();
        self.index.intern(&keys, &hashes, &mut slots)?;
        let partition = Partition::restored(rows, part.times, &part.runs)?;
        self.partitions.insert(slots[0], partition);
        Ok(())
    }
}

fn open(matcher: Option<&Matcher>) -> OperatorResult<&Matcher> {
    matcher.ok_or_else(|| OperatorError::fatal("the pattern is not open"))
}

fn emit(
    output: &SchemaRef,
    found: Option<Vec<ArrayRef>>,
    out: &mut dyn Collector,
) -> OperatorResult<()> {
    if let Some(columns) = found {
        let rows = RecordBatch::try_new(output.clone(), columns)?;
        out.collect(ChangelogBatch::inserts(rows));
    }
    Ok(())
}

impl Operator for MatchRecognize {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.max_parallelism = context.max_parallelism;
        self.late = context.metrics.metric("numLateRecordsDropped");
        self.matcher = Some(Matcher::new(&self.pattern, &context.session)?);
        Ok(())
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let event_time = matches!(self.pattern.time, TimeAttribute::Event { .. });
        self.progress = restored_time(state, event_time)?;
        let width = self.input.fields().len();
        let mut current: Option<RestoredPartition> = None;
        for rows in state.keyed(STATE)? {
            let rows = rows?;
            let times = rows.column(width).as_primitive::<Int64Type>();
            let runs = rows.column(width + 1).as_binary::<i32>();
            let columns: Vec<usize> = (0..width).collect();
            let plain = rows.project(&columns)?;
            let plain = RecordBatch::try_new(self.input.clone(), plain.columns().to_vec())?;
            for row in 0..rows.num_rows() {
                let one = plain.slice(row, 1);
                if times.is_null(row) {
                    self.waiting.push(one);
                    continue;
                }
                if runs.is_valid(row) {
                    let new = RestoredPartition {
                        rows: Vec::new(),
                        times: Vec::new(),
                        runs: runs.value(row).to_vec(),
                    };
                    if let Some(complete) = current.replace(new) {
                        self.add_partition(complete)?;
                    }
                }
                if let Some(current) = &mut current {
                    current.rows.push(one);
                    current.times.push(times.value(row));
                }
            }
        }
        if let Some(complete) = current {
            self.add_partition(complete)?;
        }
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let rows = batch.rows();
        match self.pattern.time {
            TimeAttribute::Event { column } => self.keep_waiting(rows, column),
            TimeAttribute::Processing => {
                self.progress = self.progress.max(self.clock.now_ms());
                let times = vec![self.progress; rows.num_rows()];
                self.offer(rows, &times, out)
            }
        }
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        if let TimeAttribute::Event { .. } = self.pattern.time {
            if let Some((rows, times)) = self.take_ready(watermark.0)? {
                self.offer(&rows, &times, out)?;
            }
            self.expire(watermark.0, out)?;
            self.progress = self.progress.max(watermark.0);
        }
        Ok(Some(watermark))
    }

    fn snapshot(&mut self, _barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let mut partitions = Vec::with_capacity(self.partitions.len());
        for (&slot, partition) in &self.partitions {
            let group = self.index.keys().key_group(slot, self.max_parallelism);
            partitions.push((group, partition.clone()));
        }
        partitions.sort_by_key(|(group, _)| *group);
        let frozen = FrozenPattern {
            schema: snapshot_schema(&self.input),
            keys: self.pattern.partition.clone(),
            partitions,
            waiting: self.waiting.clone(),
            max_parallelism: self.max_parallelism,
        };
        Ok(OperatorSnapshot {
            keyed: vec![KeyedSnapshot {
                name: STATE.to_owned(),
                rows: Box::new(frozen),
            }],
            lists: vec![watermark_list(self.progress)],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        let waiting = self.waiting.iter().map(RecordBatch::get_array_memory_size);
        let partitions = self.partitions.values();
        let partitions = partitions.map(|partition| partition.rows().0.get_array_memory_size());
        waiting.sum::<usize>() + partitions.sum::<usize>() + self.index.memory_size()
    }
}

struct RestoredPartition {
    rows: Vec<RecordBatch>,
    times: Vec<i64>,
    runs: Vec<u8>,
}

/// The input's columns; the row's time, NULL for rows that wait; the runs, in the first row of a key.
fn snapshot_schema(input: &SchemaRef) -> SchemaRef {
    let mut fields = input.fields().to_vec();
    fields.push(Arc::new(Field::new("$time", DataType::Int64, true)));
    fields.push(Arc::new(Field::new("$runs", DataType::Binary, true)));
    Arc::new(Schema::new(fields))
}

struct FrozenPattern {
    schema: SchemaRef,
    keys: Vec<usize>,
    /// By key group.
    partitions: Vec<(KeyGroup, Partition)>,
    waiting: Vec<RecordBatch>,
    max_parallelism: u32,
}

impl FrozenPattern {
    fn rows(
        &self,
        rows: &RecordBatch,
        times: Int64Array,
        runs: BinaryArray,
    ) -> OperatorResult<RecordBatch> {
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(times));
        columns.push(Arc::new(runs));
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }

    /// Rows that wait, by key group.
    fn waiting(&self) -> OperatorResult<Vec<(KeyGroup, RecordBatch)>> {
        let mut parts = Vec::new();
        for batch in &self.waiting {
            let keys = self.keys.iter().map(|&key| batch.column(key).clone());
            let keys: Vec<ArrayRef> = keys.collect();
            let hashes = hash_columns(&keys, batch.num_rows())?;
            let mut groups: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
            for (row, &hash) in hashes.iter().enumerate() {
                let group = KeyGroup::of_hash(hash, self.max_parallelism);
                groups.entry(group.0).or_default().push(row as u32);
            }
            for (group, rows) in groups {
                let rows = take_record_batch(batch, &UInt32Array::from(rows))?;
                let count = rows.num_rows();
                let times = Int64Array::new_null(count);
                let runs = BinaryArray::new_null(count);
                parts.push((KeyGroup(group), self.rows(&rows, times, runs)?));
            }
        }
        parts.sort_by_key(|(group, _)| *group);
        Ok(parts)
    }

    fn partition(&self, partition: &Partition) -> OperatorResult<RecordBatch> {
        let (rows, times) = partition.rows();
        let first = BinaryArray::from(vec![partition.encode_runs()?.as_slice()]);
        let others = BinaryArray::new_null(rows.num_rows().saturating_sub(1));
        let runs = concat(&[&first, &others])?;
        let times = Int64Array::from(times.to_vec());
        self.rows(rows, times, runs.as_binary::<i32>().clone())
    }
}

impl FrozenRows for FrozenPattern {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let mut waiting = self.waiting()?.into_iter().peekable();
        for (group, partition) in &self.partitions {
            while let Some((before, rows)) = waiting.next_if(|(other, _)| other < group) {
                consumer(before, rows)?;
            }
            consumer(*group, self.partition(partition)?)?;
        }
        for (group, rows) in waiting {
            consumer(group, rows)?;
        }
        Ok(())
    }
}
