//! The checkpoint protocol as pure functions from observed facts to decisions.
//!
//! The coordinator does the I/O and keeps the clock; what it does next is decided here, so that every
//! crash point is a unit test.
//!
//! # The protocol
//!
//! 1. *Trigger* ([`trigger`]): the barrier goes into the sources, folder `chk-N` is made.
//! 2. *Acknowledge* ([`pending`]): workers write their state file and acknowledge with handles. The
//!    checkpoint is complete when every task has acknowledged it or finished without doing so.
//! 3. *Publish* (`CheckpointMetadata::publish`): `_metadata` appears by rename. This is the one moment
//!    that counts: before it the checkpoint does not exist, after it the job never goes back behind it.
//! 4. *Commit*: what sinks had prepared becomes visible, only with a [`CommitPermit`]. Commits are
//!    idempotent, because a restart from this checkpoint commits again.
//! 5. *Subsume* ([`subsumed`]): older checkpoints beyond `state.checkpoints.num-retained` are deleted.
//!
//! # Two coordinators
//!
//! An older attempt may live on for a while without knowing that it was replaced. A new attempt first
//! *claims* the job by leaving a mark with its [`AttemptNumber`], and only then looks at the folders. An
//! attempt that has published looks for marks of later attempts before it commits. So either the new
//! one's look came after the publication, then it restores from that checkpoint and commits itself; or
//! the old one finds the mark and commits nothing. Checkpoints are ordered by attempt before number,
//! and a new attempt takes numbers above all that it found.

pub mod pending;
pub mod restart;
#[cfg(test)]
mod tests;
pub mod trigger;

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};

pub use pending::{AckDecision, PendingCheckpoint};
pub use restart::{FoundFolder, RestartPlan, decide_restart};
pub use trigger::{TriggerDecision, TriggerFacts, TriggerOptions, decide_trigger};

/// The right to commit what was prepared for a checkpoint. Only [`may_commit`] makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct CommitPermit {
    checkpoint: CheckpointId,
}

impl CommitPermit {
    /// For which checkpoint.
    pub fn checkpoint(&self) -> CheckpointId {
        self.checkpoint
    }
}

/// Whether this attempt may commit a checkpoint that is published: not when a later attempt has claimed
/// the job by the time the publication is done. `latest_claim` must have been looked up after it.
pub fn may_commit(
    published: CheckpointId,
    attempt: AttemptNumber,
    latest_claim: Option<AttemptNumber>,
) -> Option<CommitPermit> {
    latest_claim
        .is_none_or(|claim| claim <= attempt)
        .then_some(CommitPermit {
            checkpoint: published,
        })
}

/// A checkpoint that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedCheckpoint {
    /// Its number.
    pub id: CheckpointId,
    /// Whether the user owns it.
    pub is_savepoint: bool,
}

/// Which of the completed checkpoints (ascending) are to be deleted so that `retained`
/// (`state.checkpoints.num-retained`, at least one) are left. Savepoints are never deleted and do not
/// count.
pub fn subsumed(completed: &[CompletedCheckpoint], retained: usize) -> Vec<CheckpointId> {
    let own: Vec<CheckpointId> = completed
        .iter()
        .filter(|checkpoint| !checkpoint.is_savepoint)
        .map(|checkpoint| checkpoint.id)
        .collect();
    let surplus = own.len().saturating_sub(retained.max(1));
    own[..surplus].to_vec()
}

/// `execution.checkpointing.externalized-checkpoint-retention`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternalizedRetention {
    /// Kept when the job is canceled or fails.
    RetainOnCancellation,
    /// Deleted when the job is canceled, kept when it fails.
    DeleteOnCancellation,
    /// Deleted in both cases.
    NoExternalizedCheckpoints,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// Its input ended, and everything is committed.
    Finished,
    /// Somebody canceled it (or stopped it with a savepoint).
    Canceled,
    /// It failed for good.
    Failed,
}

/// Whether the job's checkpoints are deleted as it ends.
pub fn delete_at_end(end: JobEnd, retention: ExternalizedRetention) -> bool {
    match (end, retention) {
        (JobEnd::Finished, _) | (_, ExternalizedRetention::NoExternalizedCheckpoints) => true,
        (JobEnd::Canceled, retention) => retention == ExternalizedRetention::DeleteOnCancellation,
        (JobEnd::Failed, _) => false,
    }
}
