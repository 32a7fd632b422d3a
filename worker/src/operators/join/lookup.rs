//! The join with a table as it is when a row comes by: `FOR SYSTEM_TIME AS OF` processing time (Flink's
//! `LookupJoinRunner`).
//!
//! The whole table is read into memory before the first row and, if the table says so, again whenever its copy
//! is older than `lookup.full-cache.periodic-reload.interval` (Flink's FULL cache, reloaded by a row rather
//! than by a thread: a copy that nobody asks for is not read). What cannot be read, even after
//! `lookup.max-retries` more tries where another may help, fails the job.
//!
//! No state: what a row met is not known any more when it is taken back, so the input inserts only.

use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::error::ErrorClass;
use alpheus_dataflow::graph::OperatorNode;
use alpheus_dataflow::join::{JoinSpec, LookupTable};
use alpheus_dataflow::operator::{
    Clock, Collector, Metric, Operator, OperatorContext, SystemClock,
};
use alpheus_dataflow::source::{NextSplit, SourcePoll, SourceReaderContext};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_functions::compile::EvalContext;
use alpheus_hadoop_conf::parse_duration;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::Pairing;
use super::bounded::{self, Lookup, Side};
use crate::environment::Connectors;
use crate::operators::calc::Calc;

const RELOAD: &str = "lookup.full-cache.periodic-reload.interval";
const RETRIES: &str = "lookup.max-retries";
const MAX_RETRIES: u32 = 3;
const RETRY_DELAY: Duration = Duration::from_millis(100);
const BATCH_ROWS: usize = 8192;

/// The operator; see the module's documentation.
pub struct LookupJoin {
    spec: JoinSpec,
    table: LookupTable,
    node: OperatorNode,
    connectors: Arc<dyn Connectors>,
    context: Option<OperatorContext>,
    pairing: Option<Pairing>,
    clock: Arc<dyn Clock>,
    reload_ms: Option<i64>,
    retries: u32,
    /// The table's rows and when they were read.
    cache: Option<(Side, Lookup, i64)>,
    loads: Metric,
}

impl LookupJoin {
    /// The operator of a `LookupJoin` node.
    pub fn new(
        node: &OperatorNode,
        spec: &JoinSpec,
        table: &LookupTable,
        connectors: Arc<dyn Connectors>,
    ) -> Self {
        LookupJoin {
            spec: spec.clone(),
            table: table.clone(),
            node: node.clone(),
            connectors,
            context: None,
            pairing: None,
            clock: Arc::new(SystemClock),
            reload_ms: None,
            retries: MAX_RETRIES,
            cache: None,
            loads: Metric::default(),
        }
    }

    fn is_stale(&self, now: i64) -> bool {
        match (&self.cache, self.reload_ms) {
            (None, _) => true,
            (Some((_, _, read)), Some(reload)) => now.saturating_sub(*read) >= reload,
            (Some(_), None) => false,
        }
    }

    fn load(&mut self, now: i64) -> OperatorResult<()> {
        let Some(context) = &self.context else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        let rows = retried(self.retries, || {
            read(&self.table, self.connectors.as_ref(), context)
        })?;
        let mut calc = Calc::new(
            self.table.filter.clone(),
            self.table.columns.clone(),
            &self.spec.right.columns,
        );
        calc.open(context)?;
        let mut computed: Vec<ChangelogBatch> = Vec::new();
        for batch in rows {
            calc.process_batch(0, ChangelogBatch::inserts(batch), &mut computed)?;
        }
        let schema = self.spec.right.columns.to_arrow();
        let rows = concat_batches(&schema, computed.iter().map(ChangelogBatch::rows))?;
        let side = Side {
            counts: vec![1; rows.num_rows()],
            rows,
        };
        let lookup = Lookup::new(&self.spec, &side)?;
        self.cache = Some((side, lookup, now));
        self.loads.add(1);
        Ok(())
    }
}

/// What `attempt` gives, which is tried so often again while its failure is one that may pass.
fn retried<T>(retries: u32, mut attempt: impl FnMut() -> OperatorResult<T>) -> OperatorResult<T> {
    for _ in 0..retries {
        match attempt() {
            Err(error) if error.class == ErrorClass::Transient => {
                std::thread::sleep(RETRY_DELAY);
            }
            result => return result,
        }
    }
    attempt()
}

/// All rows of the table, read on this thread.
fn read(
    table: &LookupTable,
    connectors: &dyn Connectors,
    context: &OperatorContext,
) -> OperatorResult<Vec<RecordBatch>> {
    let session = &context.session;
    let source =
        connectors.create_source(&table.table, &table.projection, &table.filters, session)?;
    let mut enumerator = source.create_enumerator(1, None)?;
    let this = std::thread::current();
    let mut reader = source.create_reader(SourceReaderContext {
        operator: context.clone(),
        waker: Arc::new(move || this.unpark()),
        batch_size: BATCH_ROWS,
    })?;
    let mut rows = Vec::new();
    loop {
        match reader.poll_next()? {
            SourcePoll::Batch(batch) => rows.push(batch.rows().clone()),
            SourcePoll::NeedSplit => match enumerator.next_split(0)? {
                NextSplit::Split(split) => reader.add_split(split)?,
                // What may be discovered later is seen by the next reload.
                NextSplit::Wait | NextSplit::NoMore => return Ok(rows),
            },
            SourcePoll::Pending(at_most) => {
                std::thread::park_timeout(at_most.unwrap_or(Duration::from_millis(100)));
            }
        }
    }
}

impl Operator for LookupJoin {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.pairing = Some(Pairing::new(&self.spec, &self.node, &context.session)?);
        self.context = Some(context.clone());
        self.loads = context.metrics.metric("numCacheLoads");
        if let Some(text) = self.table.table.options.get(RETRIES) {
            let expected = "a whole number from 0 on";
            self.retries = text.trim().parse().map_err(|_| {
                OperatorError::fatal(format!("`{RETRIES}` is `{text}`, expected {expected}"))
            })?;
        }
        let reload = self.table.table.options.get(RELOAD);
        let reload = reload.map(|text| {
            parse_duration(text)
                .map_err(|reason| OperatorError::fatal(format!("`{RELOAD}` is `{text}`: {reason}")))
        });
        let reload = reload.transpose()?;
        self.reload_ms = reload.map(|reload| i64::try_from(reload.as_millis()).unwrap_or(i64::MAX));
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let now = self.clock.now_ms();
        if self.is_stale(now) {
            self.load(now)?;
        }
        let (Some(pairing), Some((right, lookup, _))) = (&self.pairing, &self.cache) else {
            return Err(OperatorError::fatal("the join is not open"));
        };
        if (0..batch.num_rows()).any(|row| batch.kind(row) != RowKind::Insert) {
            return Err(OperatorError::fatal(
                "a lookup join was planned for inserts but got an update",
            ));
        }
        let left = Side {
            counts: vec![1; batch.num_rows()],
            rows: batch.rows().clone(),
        };
        let context = EvalContext { now_ms: now };
        bounded::join(&self.spec, pairing, [&left, right], lookup, &context, out)
    }

    fn state_size(&self) -> usize {
        let cache = self.cache.as_ref();
        cache.map_or(0, |(side, ..)| side.rows.get_array_memory_size())
    }
}
