//! What the coordinator decides.

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::ids::CheckpointId;

use super::super::pending::{CheckpointContents, TriggerId};
use crate::failure::Failure;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckpointAction {
    /// Have the split enumerators write down their state, then call
    /// [`super::CheckpointCoordinator::on_enumerators_frozen`].
    FreezeEnumerators(CheckpointId),
    /// Send the barrier to all workers.
    Trigger {
        /// The barrier.
        barrier: CheckpointBarrier,
        /// The checkpoint's folder.
        directory: String,
    },
    /// Publish, then call [`super::CheckpointCoordinator::on_published`]; then commit if it says so.
    Store(Box<CheckpointContents>),
    /// Tell the workers that it is published.
    Complete(CheckpointId),
    /// Tell the workers that it is given up, and delete its folder.
    Abort {
        /// Which.
        checkpoint: CheckpointId,
        /// Its folder.
        directory: String,
    },
    /// Delete a published checkpoint that is no longer needed.
    Discard(String),
    /// Answer the user.
    SavepointDone {
        /// Whose request.
        trigger: TriggerId,
        /// Where it lies, or why it failed.
        result: Result<String, String>,
    },
    /// Too many have failed, or one that the job was to stop with: the job fails.
    FailJob(Failure),
    /// The savepoint that the job stops with is published.
    Stopped,
}
