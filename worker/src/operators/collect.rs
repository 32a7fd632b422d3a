//! Hands rows to the client that waits for them, here or where the AM runs (Flink's collect sink).
//!
//! Without checkpoints rows go to the client as they come. With checkpoints they are committables like
//! those of any sink: the client sees them when the checkpoint that holds them is complete, so that a
//! restart shows none twice.

use std::collections::HashSet;
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::JobId;
use alpheus_dataflow::operator::{Collector, Operator, OperatorContext};
use alpheus_dataflow::sink::Committer;
use alpheus_dataflow::snapshot::OperatorSnapshot;

use crate::environment::ResultReceiver;
use crate::results::{decode, encode};

/// Its presence switches checkpoints on.
const CHECKPOINT_INTERVAL: &str = "execution.checkpointing.interval";
/// Length of the identifier in front of a committable's rows.
const ID_LENGTH: usize = 24;

/// The last operator of a chain whose rows a client shows.
pub struct Collect {
    result: u32,
    receiver: Arc<dyn ResultReceiver>,
    /// Rows since the last barrier; `None` when there are no checkpoints.
    pending: Option<Vec<ChangelogBatch>>,
    origin: (u32, u32),
}

impl Collect {
    /// Hands rows of the result numbered `result` to `receiver`.
    pub fn new(result: u32, receiver: Arc<dyn ResultReceiver>) -> Self {
        Collect {
            result,
            receiver,
            pending: None,
            origin: (0, 0),
        }
    }
}

impl Operator for Collect {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        let checkpoints = context.configuration.contains_key(CHECKPOINT_INTERVAL);
        self.pending = checkpoints.then(Vec::new);
        self.origin = (context.attempt.0, context.subtask.0);
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        _out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        match &mut self.pending {
            Some(pending) => pending.push(batch),
            None => self.receiver.receive(self.result, batch)?,
        }
        Ok(())
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let rows = self
            .pending
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default();
        let mut snapshot = OperatorSnapshot::default();
        if !rows.is_empty() {
            let mut committable = Vec::with_capacity(ID_LENGTH);
            committable.extend(self.origin.0.to_le_bytes());
            committable.extend(self.origin.1.to_le_bytes());
            committable.extend(barrier.id.0.to_le_bytes());
            committable.extend(barrier.timestamp.to_le_bytes());
            encode(&ChangelogBatch::concat(&rows)?, &mut committable)?;
            snapshot.committables.push(committable);
        }
        Ok(snapshot)
    }
}

/// Shows the client what a complete checkpoint holds, each part once.
pub struct ResultCommitter {
    result: u32,
    receiver: Arc<dyn ResultReceiver>,
    shown: HashSet<Vec<u8>>,
}

impl ResultCommitter {
    /// Hands rows of the result numbered `result` to `receiver`.
    pub fn new(result: u32, receiver: Arc<dyn ResultReceiver>) -> Self {
        ResultCommitter {
            result,
            receiver,
            shown: HashSet::new(),
        }
    }
}

impl Committer for ResultCommitter {
    fn commit(&mut self, committables: &[Vec<u8>]) -> OperatorResult<()> {
        for committable in committables {
            let Some((id, rows)) = committable.split_at_checked(ID_LENGTH) else {
                return Err(OperatorError::fatal(
                    "a part of this query's result has no identifier",
                ));
            };
            if self.shown.insert(id.to_vec()) {
                for batch in decode(rows)? {
                    self.receiver.receive(self.result, batch)?;
                }
            }
        }
        Ok(())
    }

    fn clean_up(&mut self, _jobs: &[JobId], _keep: &[Vec<u8>]) -> OperatorResult<()> {
        Ok(())
    }
}
