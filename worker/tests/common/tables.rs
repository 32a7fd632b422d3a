//! The test's source and sink, and the world they share with the test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{SessionSettings, TableSpec};
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::source::{
    Boundedness, Source, SourcePoll, SourceReader, SourceReaderContext, SourceSplit,
    SplitEnumerator,
};
use alpheus_worker::environment::{Connectors, SinkRequest};
use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, TimestampMillisecondArray};
use arrow::datatypes::Int64Type;

pub const KEYS: i64 = 17;
/// Splits begin at multiples of this.
pub const BLOCK: i64 = 5000;

/// What the test sets and sees.
pub struct World {
    pub batch_rows: i64,
    /// Readers stop after so many rows of every [`BLOCK`] until released.
    pub hold_at: AtomicI64,
    pub emitted: AtomicU64,
    pub written: AtomicU64,
    pub most_in_flight: AtomicU64,
    /// The sink sleeps so long for each batch.
    pub sink_delay: Duration,
    /// The sink panics at this value.
    pub panic_at: AtomicI64,
    pub sink_barriers: Mutex<Vec<u64>>,
    pub closed_sinks: AtomicU64,
    pub source_fails: AtomicBool,
}

impl World {
    pub fn new(batch_rows: i64, sink_delay: Duration) -> Arc<World> {
        Arc::new(World {
            batch_rows,
            hold_at: AtomicI64::new(i64::MAX),
            emitted: AtomicU64::new(0),
            written: AtomicU64::new(0),
            most_in_flight: AtomicU64::new(0),
            sink_delay,
            panic_at: AtomicI64::new(-1),
            sink_barriers: Mutex::new(Vec::new()),
            closed_sinks: AtomicU64::new(0),
            source_fails: AtomicBool::new(false),
        })
    }
}

/// Rows `from..to`; row n has key n mod KEYS, value n, time n ms.
pub fn split(from: i64, to: i64) -> SourceSplit {
    SourceSplit {
        id: format!("{from}..{to}"),
        state: serde_json::to_vec(&(from, to)).unwrap(),
    }
}

pub struct TestConnectors(pub Arc<World>);

impl Connectors for TestConnectors {
    fn create_source(
        &self,
        _table: &TableSpec,
        _projection: &[usize],
        _filters: &[Expr],
        _session: &Arc<SessionSettings>,
    ) -> OperatorResult<Box<dyn Source>> {
        Ok(Box::new(Numbers(Arc::clone(&self.0))))
    }

    fn create_sink(&self, _request: &SinkRequest<'_>) -> OperatorResult<Box<dyn Sink>> {
        Ok(Box::new(Sums(Arc::clone(&self.0))))
    }
}

struct Numbers(Arc<World>);

impl Source for Numbers {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn create_enumerator(
        &self,
        _parallelism: u32,
        _restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Err(OperatorError::fatal("the test deals splits out itself"))
    }

    fn create_reader(
        &self,
        _context: SourceReaderContext,
    ) -> OperatorResult<Box<dyn SourceReader>> {
        Ok(Box::new(NumberReader {
            world: Arc::clone(&self.0),
            ranges: Vec::new(),
        }))
    }
}

struct NumberReader {
    world: Arc<World>,
    ranges: Vec<(i64, i64)>,
}

impl SourceReader for NumberReader {
    fn add_split(&mut self, split: SourceSplit) -> OperatorResult<()> {
        self.ranges
            .push(serde_json::from_slice(&split.state).unwrap());
        Ok(())
    }

    fn poll_next(&mut self) -> OperatorResult<SourcePoll> {
        if self.world.source_fails.load(Ordering::SeqCst) {
            return Err(OperatorError::transient("the disk is gone"));
        }
        self.ranges.retain(|(from, to)| from < to);
        let Some((from, to)) = self.ranges.first_mut() else {
            return Ok(SourcePoll::NeedSplit);
        };
        let hold = self.world.hold_at.load(Ordering::SeqCst);
        let stop = (*from / BLOCK * BLOCK).saturating_add(hold).max(*from);
        let end = (*from + self.world.batch_rows).min(*to).min(stop);
        if *from == end {
            return Ok(SourcePoll::Pending(Some(Duration::from_millis(2))));
        }
        let numbers: Vec<i64> = (*from..end).collect();
        *from = end;
        self.world
            .emitted
            .fetch_add(numbers.len() as u64, Ordering::SeqCst);
        let keys = Int64Array::from_iter_values(numbers.iter().map(|number| number % KEYS));
        let times = TimestampMillisecondArray::from_iter_values(numbers.iter().copied());
        let columns: [(&str, ArrayRef); 3] = [
            ("k", Arc::new(keys)),
            ("v", Arc::new(Int64Array::from(numbers))),
            ("ts", Arc::new(times)),
        ];
        let rows = columns.map(|(name, column)| (name, column, true));
        let rows = RecordBatch::try_from_iter_with_nullable(rows).unwrap();
        Ok(SourcePoll::Batch(ChangelogBatch::inserts(rows)))
    }

    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        let left = self.ranges.iter().filter(|(from, to)| from < to);
        Ok(left.map(|(from, to)| split(*from, *to)).collect())
    }
}

struct Sums(Arc<World>);

impl Sink for Sums {
    fn accepts(&self) -> ChangelogMode {
        ChangelogMode::InsertOnly
    }

    fn create_writer(&self, _context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        Ok(Box::new(SumWriter {
            world: Arc::clone(&self.0),
            sums: BTreeMap::new(),
            last: BTreeMap::new(),
        }))
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        Ok(None)
    }
}

/// Sums of an epoch: key to (rows, sum).
pub type Totals = BTreeMap<i64, (i64, i64)>;

struct SumWriter {
    world: Arc<World>,
    sums: Totals,
    last: BTreeMap<i64, i64>,
}

impl SinkWriter for SumWriter {
    fn write(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        let column = |index: usize| batch.rows().column(index).as_primitive::<Int64Type>();
        let (keys, values) = (column(0), column(1));
        for (key, value) in keys.values().iter().zip(values.values()) {
            if *value == self.world.panic_at.load(Ordering::SeqCst) {
                panic!("value {value} is unlucky");
            }
            let total = self.sums.entry(*key).or_default();
            *total = (total.0 + 1, total.1 + value);
            self.last.insert(*key, *value);
        }
        let rows = batch.num_rows() as u64;
        let written = self.world.written.fetch_add(rows, Ordering::SeqCst);
        let emitted = self.world.emitted.load(Ordering::SeqCst);
        let in_flight = emitted.saturating_sub(written);
        self.world
            .most_in_flight
            .fetch_max(in_flight, Ordering::SeqCst);
        std::thread::sleep(self.world.sink_delay);
        Ok(())
    }

    fn prepare_commit(&mut self, barrier: CheckpointBarrier) -> OperatorResult<Vec<Vec<u8>>> {
        self.world.sink_barriers.lock().unwrap().push(barrier.id.0);
        let sums = std::mem::take(&mut self.sums);
        let sums: Vec<(i64, (i64, i64))> = sums.into_iter().collect();
        Ok(vec![serde_json::to_vec(&sums).unwrap()])
    }

    fn close(&mut self) {
        self.world.closed_sinks.fetch_add(1, Ordering::SeqCst);
    }
}

/// Adds committables to totals.
pub fn commit(totals: &mut Totals, committables: &[Vec<u8>]) {
    for committable in committables {
        let sums: Vec<(i64, (i64, i64))> = serde_json::from_slice(committable).unwrap();
        for (key, (rows, sum)) in sums {
            let total = totals.entry(key).or_default();
            *total = (total.0 + rows, total.1 + sum);
        }
    }
}

/// What the rows `0..rows` sum up to.
pub fn expected(rows: i64) -> Totals {
    let mut totals = Totals::new();
    for number in 0..rows {
        let total = totals.entry(number % KEYS).or_default();
        *total = (total.0 + 1, total.1 + number);
    }
    totals
}
