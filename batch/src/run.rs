//! Runs a batch job from its plan to its last commit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::{
    OperatorContext, OperatorMetrics, StateBackendHandle, SystemClock,
};
use alpheus_dataflow::{
    AttemptNumber, ChangelogMode, JobId, OperatorError, OperatorId, RowType, SubtaskIndex,
};
use alpheus_sql::rel::{Output, Target};
use arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionState;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionConfig;
use futures::StreamExt;

use crate::error::BatchError;
use crate::lower::Lowering;
use crate::memory::{self, BATCH_ROWS, MemoryBudget};
use crate::write::write;

/// A bounded job: queries and where their rows go.
pub struct BatchJob {
    /// Its id, for staging folders and logs.
    pub id: JobId,
    /// The optimized plan.
    pub outputs: Vec<Output>,
    /// How many threads and partitions.
    pub parallelism: u32,
    /// Zone and time.
    pub session: SessionSettings,
    /// The effective configuration by key.
    pub configuration: BTreeMap<String, String>,
    /// What its operators may hold; `None` for as much as there is.
    pub memory: Option<MemoryBudget>,
    /// Set from outside to stop.
    pub cancel: Arc<AtomicBool>,
}

/// What a job did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchSummary {
    /// Rows written to tables.
    pub rows_written: u64,
    /// Rows handed to the client.
    pub rows_collected: u64,
}

/// Runs the job; rows of `Target::Collect` go to `on_rows` with the number of their result.
///
/// # Errors
/// When a table cannot be read or written, an expression fails, memory runs out, or it was canceled.
pub fn run(
    job: &BatchJob,
    on_rows: &mut dyn FnMut(u32, RecordBatch) -> Result<(), OperatorError>,
) -> Result<BatchSummary, BatchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(job.parallelism.max(1) as usize)
        .thread_name("batch")
        .enable_all()
        .build()
        .map_err(|error| OperatorError::transient(format!("cannot start threads: {error}")))?;
    let result = runtime.block_on(run_outputs(job, on_rows));
    runtime.shutdown_background();
    result
}

async fn run_outputs(
    job: &BatchJob,
    on_rows: &mut dyn FnMut(u32, RecordBatch) -> Result<(), OperatorError>,
) -> Result<BatchSummary, BatchError> {
    let mut config = SessionConfig::new()
        .with_target_partitions(job.parallelism.max(1) as usize)
        .with_batch_size(BATCH_ROWS);
    if let Some(budget) = &job.memory {
        config = config
            .with_batch_size(budget.batch_rows(job.parallelism))
            .with_sort_spill_reservation_bytes(budget.sort_reservation(job.parallelism));
    }
    let state = SessionStateBuilder::new_with_default_features()
        .with_config(config)
        .with_runtime_env(memory::runtime(job.memory.as_ref())?)
        .build();
    let session = Arc::new(job.session.clone());
    let context = operator_context(job, &session);
    let mut summary = BatchSummary::default();
    for output in &job.outputs {
        let mut lowering = Lowering {
            session: Arc::clone(&session),
            context: &context,
            parallelism: job.parallelism.max(1),
            tables: 0,
        };
        let logical = lowering.lower(&output.query)?;
        let columns = output.query.schema.row_type();
        match &output.target {
            Target::Table {
                table,
                overwrite,
                static_partition,
            } => {
                let sink = alpheus_connectors::create_sink(
                    table,
                    ChangelogMode::InsertOnly,
                    *overwrite,
                    static_partition,
                    &session,
                )?;
                let plan = physical(&state, &logical).await?;
                summary.rows_written +=
                    write(sink, plan, state.task_ctx(), &columns, &context).await?;
            }
            Target::Collect { result } => {
                summary.rows_collected +=
                    collect(&state, &logical, &columns, job, *result, on_rows).await?;
            }
        }
    }
    Ok(summary)
}

async fn physical(
    state: &SessionState,
    logical: &datafusion::logical_expr::LogicalPlan,
) -> Result<Arc<dyn datafusion::physical_plan::ExecutionPlan>, BatchError> {
    let optimized = state.optimize(logical)?;
    Ok(state.create_physical_plan(&optimized).await?)
}

async fn collect(
    state: &SessionState,
    logical: &datafusion::logical_expr::LogicalPlan,
    columns: &RowType,
    job: &BatchJob,
    result: u32,
    on_rows: &mut dyn FnMut(u32, RecordBatch) -> Result<(), OperatorError>,
) -> Result<u64, BatchError> {
    let plan = physical(state, logical).await?;
    let mut stream = execute_stream(plan, state.task_ctx())?;
    let schema = columns.to_arrow();
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        if job.cancel.load(Ordering::Relaxed) {
            return Err(BatchError::Canceled);
        }
        let batch = batch?;
        rows += batch.num_rows() as u64;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let arrays = batch.columns()[..columns.len()].to_vec();
        let named = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)
            .map_err(OperatorError::from)?;
        on_rows(result, named)?;
    }
    Ok(rows)
}

fn operator_context(job: &BatchJob, session: &Arc<SessionSettings>) -> OperatorContext {
    let max_parallelism = alpheus_dataflow::key_group::DEFAULT_MAX_PARALLELISM;
    OperatorContext {
        job: job.id,
        attempt: AttemptNumber(1),
        operator: OperatorId::from_description("batch"),
        name: "batch".to_owned(),
        subtask: SubtaskIndex(0),
        parallelism: 1,
        max_parallelism,
        key_groups: KeyGroupRange::all(max_parallelism),
        session: Arc::clone(session),
        configuration: Arc::new(job.configuration.clone()),
        metrics: OperatorMetrics::default(),
        clock: Arc::new(SystemClock),
        state: StateBackendHandle::default(),
    }
}
