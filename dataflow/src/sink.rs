//! Sinks: where rows go, exactly once, by committing in two phases (Flink's Sink V2 roles).
//!
//! A [`SinkWriter`] in a worker writes rows to a place where nobody sees them. At a barrier it closes
//! what it has and hands out *committables*. When the checkpoint is complete the AM, and only the AM
//! attempt in charge, gives them to the [`Committer`], which makes them visible. A crash between the
//! two repeats the commit after the restore, so committing is idempotent.

use std::time::Duration;

use crate::changelog::{ChangelogBatch, ChangelogMode};
use crate::element::CheckpointBarrier;
use crate::error::OperatorResult;
use crate::ids::JobId;
use crate::operator::OperatorContext;

/// A table that can be written. Made by the connector from a `TableSpec`.
pub trait Sink: Send + Sync {
    /// The richest changelog it takes.
    fn accepts(&self) -> ChangelogMode;

    /// The side that writes.
    ///
    /// # Errors
    /// When the place cannot be written to or the set-up is wrong.
    fn create_writer(&self, context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>>;

    /// The side that commits; `None` when rows are visible as they are written.
    ///
    /// # Errors
    /// When the set-up is wrong.
    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>>;
}

/// Writes rows; owned by one task thread.
pub trait SinkWriter: Send {
    /// Writes rows where nobody sees them yet.
    ///
    /// # Errors
    /// When they cannot be encoded or written.
    fn write(&mut self, batch: ChangelogBatch) -> OperatorResult<()>;

    /// When [`SinkWriter::on_processing_time`] wants to be called next, ms since the epoch.
    fn next_timer(&self) -> Option<i64> {
        None
    }

    /// The clock has reached [`SinkWriter::next_timer`] (roll a file that is old).
    ///
    /// # Errors
    /// When something cannot be written.
    fn on_processing_time(&mut self, _now_ms: i64) -> OperatorResult<()> {
        Ok(())
    }

    /// Makes everything written so far durable and hands out what to commit for it.
    ///
    /// # Errors
    /// When something cannot be written; nothing of this epoch is committed then.
    fn prepare_commit(&mut self, barrier: CheckpointBarrier) -> OperatorResult<Vec<Vec<u8>>>;

    /// Flushes at the end of input. A final [`SinkWriter::prepare_commit`] follows where the job
    /// commits.
    ///
    /// # Errors
    /// When something cannot be written.
    fn end_of_input(&mut self) -> OperatorResult<()> {
        Ok(())
    }

    /// Lets go of everything, also after an error. Uncommitted data may stay for
    /// [`Committer::clean_up`].
    fn close(&mut self) {}
}

/// Makes prepared data visible; runs in the AM, may block on I/O.
pub trait Committer: Send {
    /// Commits. Doing it again is not an error and changes nothing.
    ///
    /// # Errors
    /// When it failed and may be tried again ([`crate::error::ErrorClass::Transient`]), or cannot succeed.
    fn commit(&mut self, committables: &[Vec<u8>]) -> OperatorResult<()>;

    /// Removes what `jobs` (this job and those it was restored from) left uncommitted and `keep` does
    /// not need. Called before a restored job starts and after a job has ended for good.
    ///
    /// # Errors
    /// When something cannot be removed.
    fn clean_up(&mut self, jobs: &[JobId], keep: &[Vec<u8>]) -> OperatorResult<()>;

    /// How long to wait between tries of a transient failure (`sink.committer.retries` counts them).
    fn retry_delay(&self) -> Duration {
        Duration::from_millis(200)
    }
}
