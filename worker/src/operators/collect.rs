//! Hands rows to the client that waits for them in this process (Flink's collect sink).

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::operator::{Collector, Operator, OperatorContext};

use crate::environment::ResultReceiver;

/// The last operator of a chain whose rows a client shows.
pub struct Collect {
    result: u32,
    receiver: Arc<dyn ResultReceiver>,
}

impl Collect {
    /// Hands rows of the result numbered `result` to `receiver`.
    pub fn new(result: u32, receiver: Arc<dyn ResultReceiver>) -> Self {
        Collect { result, receiver }
    }
}

impl Operator for Collect {
    fn open(&mut self, _context: &OperatorContext) -> OperatorResult<()> {
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        self.receiver.receive(self.result, batch)
    }
}
