//! A connector's source as a DataFusion table.
//!
//! Each partition is a reader on a blocking thread; they share one enumerator, so that splits go to
//! whoever is free. Columns are renamed to [`column_name`](crate::lower::column_name) on the way.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::source::{
    NextSplit, Source, SourcePoll, SourceReaderContext, SplitEnumerator,
};
use alpheus_dataflow::{OperatorError, OperatorResult, RowType};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;

use crate::error::external;
use crate::lower::internal_schema;

const CHANNEL_CAPACITY: usize = 2;

/// The table of a source with these columns, read by `parallelism` readers.
pub(crate) fn source_table(
    source: Box<dyn Source>,
    columns: &RowType,
    context: &OperatorContext,
    parallelism: u32,
) -> OperatorResult<Arc<dyn TableProvider>> {
    let schema = internal_schema(columns);
    let source: Arc<dyn Source> = Arc::from(source);
    let enumerator = Arc::new(Mutex::new(source.create_enumerator(parallelism, None)?));
    let partitions = (0..parallelism).map(|subtask| {
        let mut context = context.clone();
        context.subtask = alpheus_dataflow::SubtaskIndex(subtask);
        context.parallelism = parallelism;
        Arc::new(Partition {
            schema: Arc::clone(&schema),
            source: Arc::clone(&source),
            enumerator: Arc::clone(&enumerator),
            context,
        }) as Arc<dyn PartitionStream>
    });
    let table =
        StreamingTable::try_new(Arc::clone(&schema), partitions.collect()).map_err(|error| {
            OperatorError::fatal(format!("cannot make a table of the source: {error}"))
        })?;
    Ok(Arc::new(table))
}

struct Partition {
    schema: SchemaRef,
    source: Arc<dyn Source>,
    enumerator: Arc<Mutex<Box<dyn SplitEnumerator>>>,
    context: OperatorContext,
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Partition({} of {})",
            self.context.subtask, self.context.name
        )
    }
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, task: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder =
            RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), CHANNEL_CAPACITY);
        let output = builder.tx();
        let (schema, source) = (Arc::clone(&self.schema), Arc::clone(&self.source));
        let (enumerator, context) = (Arc::clone(&self.enumerator), self.context.clone());
        let batch_size = task.session_config().batch_size();
        builder.spawn_blocking(move || {
            let emit = &mut |batch: RecordBatch| {
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let columns = batch.columns().to_vec();
                let renamed =
                    RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?;
                // The receiver is gone when nobody wants more rows (LIMIT, cancel).
                Ok(output.blocking_send(Ok(renamed)).is_ok())
            };
            read(source.as_ref(), &enumerator, context, batch_size, emit).map_err(external)
        });
        builder.build()
    }
}

/// Reads splits until there are none, or until `emit` answers false.
fn read(
    source: &dyn Source,
    enumerator: &Mutex<Box<dyn SplitEnumerator>>,
    operator: OperatorContext,
    batch_size: usize,
    emit: &mut dyn FnMut(RecordBatch) -> OperatorResult<bool>,
) -> OperatorResult<()> {
    let subtask = operator.subtask.0;
    let bell = Arc::new(Bell::default());
    let ring = Arc::clone(&bell);
    let waker = Arc::new(move || ring.ring());
    let mut reader = source.create_reader(SourceReaderContext {
        operator,
        waker,
        batch_size,
    })?;
    loop {
        match reader.poll_next()? {
            SourcePoll::Batch(batch) => {
                // The planner lets batch queries read tables of inserts only.
                if !emit(batch.rows().clone())? {
                    return Ok(());
                }
            }
            SourcePoll::Pending(at_most) => bell.wait(at_most.unwrap_or(Duration::from_secs(1))),
            SourcePoll::NeedSplit => {
                let mut enumerator = enumerator.lock().unwrap_or_else(PoisonError::into_inner);
                match enumerator.next_split(subtask)? {
                    NextSplit::Split(split) => reader.add_split(split)?,
                    NextSplit::NoMore => return Ok(()),
                    NextSplit::Wait => {
                        let pause = enumerator
                            .discovery_interval()
                            .unwrap_or(Duration::from_millis(10));
                        drop(enumerator);
                        bell.wait(pause);
                    }
                }
            }
        }
    }
}

/// Lets a reader's thread wait for its waker.
#[derive(Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    fn wait(&self, at_most: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rung, _) = self
            .changed
            .wait_timeout_while(rung, at_most, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }
}
