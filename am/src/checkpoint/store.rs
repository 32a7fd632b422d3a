//! What the I/O thread needs of the checkpoint format: publish, load, delete.

use std::collections::BTreeMap;

use alpheus_dataflow::ids::{JobId, OperatorId};
use alpheus_dataflow::source::SourceSplit;
use alpheus_state::handle::{TaskId, TaskRestore};

use super::pending::{CheckpointContents, Committables};
use super::{CompletedCheckpoint, RestoreRecord};
use crate::failure::Failure;
use crate::job_master::fact::RestoreFrom;

/// What a start of the job gets from a checkpoint.
#[derive(Clone, Debug)]
pub struct Restored {
    /// Which checkpoint, for the user.
    pub record: RestoreRecord,
    /// The job had finished.
    pub finished: bool,
    /// What is to be committed (again).
    pub committables: Committables,
    /// For each source: what its enumerator had not handed out, and what its readers had not read.
    pub enumerators: BTreeMap<OperatorId, (Option<Vec<u8>>, Vec<SourceSplit>)>,
    /// State of the tasks, redistributed.
    pub tasks: Vec<(TaskId, TaskRestore)>,
    /// The jobs whose uncommitted data may lie around: those that wrote the checkpoint.
    pub jobs: Vec<JobId>,
}

impl Restored {
    /// The same for readers and tasks that run already, and have what is theirs.
    #[must_use]
    pub fn without_readers(mut self) -> Self {
        for (_, splits) in self.enumerators.values_mut() {
            splits.clear();
        }
        self.tasks.clear();
        self
    }
}

/// Writes and reads checkpoints. Called from one thread, may block.
pub trait CheckpointStore: Send {
    /// Makes a checkpoint's metadata visible. Nothing may be committed before this has succeeded.
    ///
    /// # Errors
    /// When it could not be written, or an attempt of a later number has taken over.
    fn publish(&mut self, contents: &CheckpointContents) -> Result<CompletedCheckpoint, Failure>;

    /// Reads a checkpoint for this job's graph; `None` when there is nothing to start from.
    ///
    /// # Errors
    /// When it is not there, torn, of a newer format, or does not fit the job.
    fn load(&mut self, from: &RestoreFrom, now_ms: i64) -> Result<Option<Restored>, Failure>;

    /// What savepoints of this job have prepared, also those that another attempt of the AM has taken.
    ///
    /// # Errors
    /// When the job's folder or a savepoint cannot be read.
    fn savepoint_committables(&mut self) -> Result<Committables, Failure> {
        Ok(Committables::new())
    }

    /// Deletes a checkpoint's folder; fine when it is not there.
    ///
    /// # Errors
    /// When it cannot be deleted.
    fn discard(&mut self, location: &str) -> Result<(), Failure>;

    /// Deletes the job's folder if it is empty, or with `all` whatever is in it.
    ///
    /// # Errors
    /// When it cannot be deleted.
    fn remove_root(&mut self, location: &str, all: bool) -> Result<(), Failure>;
}
