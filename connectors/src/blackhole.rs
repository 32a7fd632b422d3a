//! The `blackhole` connector: swallows rows, for measuring.

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::{ChangelogBatch, ChangelogMode, OperatorResult};

/// Swallows rows.
pub(crate) struct BlackholeSink;

impl Sink for BlackholeSink {
    fn accepts(&self) -> ChangelogMode {
        ChangelogMode::Upsert
    }

    fn create_writer(&self, _context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        Ok(Box::new(BlackholeSink))
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        Ok(None)
    }
}

impl SinkWriter for BlackholeSink {
    fn write(&mut self, _batch: ChangelogBatch) -> OperatorResult<()> {
        Ok(())
    }

    fn prepare_commit(&mut self, _barrier: CheckpointBarrier) -> OperatorResult<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}
