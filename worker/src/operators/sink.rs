//! Writes rows through a connector's [`SinkWriter`] (Flink's `SinkWriterOperator`).

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::operator::{Collector, Operator, OperatorContext};
use alpheus_dataflow::sink::{Sink, SinkWriter};
use alpheus_dataflow::snapshot::OperatorSnapshot;

/// The last operator of a chain that writes a table.
pub struct SinkOperator {
    sink: Arc<dyn Sink>,
    writer: Option<Box<dyn SinkWriter>>,
}

impl SinkOperator {
    /// An operator that makes its writer when it is opened.
    pub fn new(sink: Arc<dyn Sink>) -> Self {
        SinkOperator { sink, writer: None }
    }

    fn writer(&mut self) -> OperatorResult<&mut Box<dyn SinkWriter>> {
        let writer = self.writer.as_mut();
        writer.ok_or_else(|| OperatorError::fatal("the sink is not open"))
    }
}

impl Operator for SinkOperator {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.writer = Some(self.sink.create_writer(context)?);
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        self.writer()?.write(batch)
    }

    fn next_timer(&self) -> Option<i64> {
        self.writer.as_ref().and_then(|writer| writer.next_timer())
    }

    fn on_processing_time(&mut self, now_ms: i64, _out: &mut dyn Collector) -> OperatorResult<()> {
        self.writer()?.on_processing_time(now_ms)
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        Ok(OperatorSnapshot {
            committables: self.writer()?.prepare_commit(barrier)?,
            ..OperatorSnapshot::default()
        })
    }

    fn end_of_input(&mut self, _input: usize, _out: &mut dyn Collector) -> OperatorResult<()> {
        self.writer()?.end_of_input()
    }

    fn close(&mut self) {
        if let Some(mut writer) = self.writer.take() {
            writer.close();
        }
    }
}
