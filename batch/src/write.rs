//! The end of a batch query that writes: rows to a connector's writers, one commit at the end.

use std::sync::Arc;

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::Sink;
use alpheus_dataflow::{ChangelogBatch, CheckpointId, OperatorError, RowType, SubtaskIndex};
use arrow::array::{RecordBatch, RecordBatchOptions};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;

use crate::error::BatchError;

/// Runs all partitions of `plan` into writers of `sink` and commits. Returns the rows written.
pub(crate) async fn write(
    sink: Box<dyn Sink>,
    plan: Arc<dyn ExecutionPlan>,
    tasks: Arc<TaskContext>,
    columns: &RowType,
    context: &OperatorContext,
) -> Result<u64, BatchError> {
    let sink: Arc<dyn Sink> = Arc::from(sink);
    let partitions = plan.output_partitioning().partition_count();
    let schema = columns.to_arrow();
    let mut writers = tokio::task::JoinSet::new();
    for partition in 0..partitions {
        let mut stream = plan.execute(partition, Arc::clone(&tasks))?;
        let (sink, schema) = (Arc::clone(&sink), Arc::clone(&schema));
        let mut context = context.clone();
        context.subtask = SubtaskIndex(partition as u32);
        context.parallelism = partitions as u32;
        writers.spawn(async move {
            let mut writer = sink.create_writer(&context)?;
            let mut rows = 0;
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                rows += batch.num_rows() as u64;
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let columns = batch.columns()[..schema.fields().len()].to_vec();
                let named =
                    RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
                        .map_err(OperatorError::from)?;
                writer.write(ChangelogBatch::inserts(named))?;
            }
            writer.end_of_input()?;
            let barrier = CheckpointBarrier {
                id: CheckpointId(1),
                timestamp: context.clock.now_ms(),
                kind: CheckpointKind::Final,
                overtake_after_ms: None,
            };
            let committables = writer.prepare_commit(barrier)?;
            writer.close();
            Ok::<_, BatchError>((rows, committables))
        });
    }
    let mut written = 0;
    let mut committables = Vec::new();
    let mut failure = None;
    while let Some(result) = writers.join_next().await {
        match result {
            Ok(Ok((rows, prepared))) => {
                written += rows;
                committables.extend(prepared);
            }
            Ok(Err(error)) => failure = failure.or(Some(error)),
            Err(error) => {
                let error =
                    OperatorError::transient(format!("a writer of the batch job died: {error}"));
                failure = failure.or(Some(error.into()));
            }
        }
    }
    if let Some(mut committer) = sink.create_committer()? {
        if failure.is_none() {
            committer.commit(&committables)?;
        }
        committer.clean_up(&[context.job], &[])?;
    }
    match failure {
        None => Ok(written),
        Some(error) => Err(error),
    }
}
