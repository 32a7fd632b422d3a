//! Operators: synchronous objects that turn elements into elements.
//!
//! One task thread calls an operator, one call at a time; there is no async and no locking inside. The
//! caller takes care of alignment and of combining the watermarks of several inputs; an operator only
//! ever sees watermarks that rise. Whatever it emits goes to a [`Collector`], which never blocks and
//! never fails: flow control happens between calls.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::changelog::ChangelogBatch;
use crate::element::{CheckpointBarrier, Watermark};
use crate::error::OperatorResult;
use crate::graph::SessionSettings;
use crate::ids::{AttemptNumber, CheckpointId, JobId, OperatorId, SubtaskIndex};
use crate::key_group::KeyGroupRange;
use crate::snapshot::{OperatorSnapshot, StateReader};

/// Where an operator's output goes: the next operator of the chain, or the task's outputs.
pub trait Collector {
    /// Emits rows. Empty batches are dropped.
    fn collect(&mut self, batch: ChangelogBatch);
}

impl Collector for Vec<ChangelogBatch> {
    fn collect(&mut self, batch: ChangelogBatch) {
        if !batch.is_empty() {
            self.push(batch);
        }
    }
}

/// What an operator knows about where it runs.
#[derive(Clone)]
pub struct OperatorContext {
    /// The job; of a restored one the first of its line, so that what a sink wrote and never committed is
    /// found by whoever continues.
    pub job: JobId,
    /// Which start of the job this is.
    pub attempt: AttemptNumber,
    /// The operator.
    pub operator: OperatorId,
    /// Its name, for messages.
    pub name: String,
    /// Which subtask of it this is.
    pub subtask: SubtaskIndex,
    /// How many subtasks there are.
    pub parallelism: u32,
    /// How many key groups the job has.
    pub max_parallelism: u32,
    /// The key groups that this subtask owns.
    pub key_groups: KeyGroupRange,
    /// What expressions need to know.
    pub session: Arc<SessionSettings>,
    /// The job's configuration by key.
    pub configuration: Arc<BTreeMap<String, String>>,
    /// Where it counts things.
    pub metrics: OperatorMetrics,
    /// The clock. Tests put their own here.
    pub clock: Arc<dyn Clock>,
    /// Where it keeps state that belongs to keys.
    pub state: StateBackendHandle,
}

/// The worker's state backend on its way to operators. What is inside is known to the crate `state`
/// alone, which depends on this one; nothing inside means that state is kept in memory.
#[derive(Clone, Default)]
pub struct StateBackendHandle(Option<Arc<dyn Any + Send + Sync>>);

impl StateBackendHandle {
    /// A handle to this backend.
    pub fn new<B: Any + Send + Sync>(backend: Arc<B>) -> Self {
        StateBackendHandle(Some(backend))
    }

    /// The backend, when it is one of type `B`.
    pub fn get<B: Any + Send + Sync>(&self) -> Option<Arc<B>> {
        self.0.clone()?.downcast().ok()
    }
}

/// The time of day as operators see it.
pub trait Clock: Send + Sync {
    /// Milliseconds since the epoch.
    fn now_ms(&self) -> i64;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since_epoch.map_or(0, |elapsed| elapsed.as_millis() as i64)
    }
}

/// Counters and gauges of one operator, by Flink's metric names; cheap to clone and to bump.
#[derive(Clone, Debug, Default)]
pub struct OperatorMetrics(Arc<Mutex<BTreeMap<String, Metric>>>);

/// One number that others may read while it changes.
#[derive(Clone, Debug, Default)]
pub struct Metric(Arc<AtomicU64>);

impl Metric {
    /// Adds to a counter.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Sets a gauge. Negative values are kept in two's complement; see [`Metric::signed`].
    pub fn set(&self, value: i64) {
        self.0.store(value as u64, Ordering::Relaxed);
    }

    /// The value of a counter.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The value of a gauge.
    pub fn signed(&self) -> i64 {
        self.value() as i64
    }
}

impl OperatorMetrics {
    /// The metric of that name, made at zero when it is new. Look it up once, in `open`.
    pub fn metric(&self, name: &str) -> Metric {
        let mut metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.entry(name.to_owned()).or_default().clone()
    }

    /// All metrics with their values now.
    pub fn snapshot(&self) -> BTreeMap<String, u64> {
        let metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        metrics
            .iter()
            .map(|(name, metric)| (name.clone(), metric.value()))
            .collect()
    }
}

/// An operator that is not a source or a sink.
///
/// Order of calls: `open`, `restore` (when there is state), then any of the others, `end_of_input` for
/// each input, and `close`. After an error only `close` follows.
pub trait Operator: Send {
    /// Gets ready: compiles expressions, looks metrics up.
    ///
    /// # Errors
    /// When the set-up is wrong.
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()>;

    /// Takes back the state of an earlier run.
    ///
    /// # Errors
    /// When the state cannot be read or was written by something else.
    fn restore(&mut self, _state: &dyn StateReader) -> OperatorResult<()> {
        Ok(())
    }

    /// Processes rows of one input.
    ///
    /// # Errors
    /// When the data cannot be processed; the job then fails and may restart.
    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()>;

    /// Event time has reached `watermark` on all inputs. What this call emits is sent before the
    /// watermark that is returned; `None` holds it back.
    ///
    /// # Errors
    /// As for [`Operator::process_batch`].
    fn process_watermark(
        &mut self,
        watermark: Watermark,
        _out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        Ok(Some(watermark))
    }

    /// When [`Operator::on_processing_time`] wants to be called next, in ms since the epoch.
    fn next_timer(&self) -> Option<i64> {
        None
    }

    /// The clock has reached [`Operator::next_timer`].
    ///
    /// # Errors
    /// As for [`Operator::process_batch`].
    fn on_processing_time(&mut self, _now_ms: i64, _out: &mut dyn Collector) -> OperatorResult<()> {
        Ok(())
    }

    /// Emits whatever is being held for a mini-batch. Called before every barrier and watermark.
    ///
    /// # Errors
    /// As for [`Operator::process_batch`].
    fn flush(&mut self, _out: &mut dyn Collector) -> OperatorResult<()> {
        Ok(())
    }

    /// Freezes the state as of this barrier. Must return at once; see [`crate::snapshot`].
    ///
    /// # Errors
    /// When state cannot be frozen.
    fn snapshot(&mut self, _barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        Ok(OperatorSnapshot::default())
    }

    /// The checkpoint is complete everywhere.
    ///
    /// # Errors
    /// As for [`Operator::process_batch`].
    fn checkpoint_complete(&mut self, _checkpoint: CheckpointId) -> OperatorResult<()> {
        Ok(())
    }

    /// No more rows will come from `input`.
    ///
    /// # Errors
    /// As for [`Operator::process_batch`].
    fn end_of_input(&mut self, _input: usize, _out: &mut dyn Collector) -> OperatorResult<()> {
        Ok(())
    }

    /// Lets go of everything, also after an error.
    fn close(&mut self) {}

    /// Rough size of the state in memory, in bytes, for metrics and memory limits.
    fn state_size(&self) -> usize {
        0
    }
}
