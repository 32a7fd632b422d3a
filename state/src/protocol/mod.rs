//! What makes checkpoints safe across attempts, as pure functions from observed facts to decisions.
//!
//! When a checkpoint begins, who has to acknowledge it and what it holds is the AM's checkpoint
//! coordinator's business; here is what a checkpoint means to whoever comes after a crash:
//!
//! 1. *Publish* (`CheckpointMetadata::publish`): `_metadata` appears by rename. This is the one moment
//!    that counts: before it the checkpoint does not exist, after it the job never goes back behind it.
//! 2. *Commit*: what sinks had prepared becomes visible, only with a [`CommitPermit`]. Commits are
//!    idempotent, because a restart from this checkpoint commits again.
//! 3. *Restart* ([`decide_restart`]): the newest published checkpoint is restored, leftovers go.
//!
//! # Two coordinators
//!
//! An older attempt may live on for a while without knowing that it was replaced. A new attempt first
//! *claims* the job by leaving a mark with its [`AttemptNumber`], and only then looks at the folders. An
//! attempt that has published looks for marks of later attempts before it commits. So either the new
//! one's look came after the publication, then it restores from that checkpoint and commits itself; or
//! the old one finds the mark and commits nothing. Checkpoints are ordered by attempt before number,
//! and a new attempt takes numbers above all that it found.

pub mod restart;
#[cfg(test)]
mod tests;

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};

pub use restart::{FoundFolder, RestartPlan, decide_restart};

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
