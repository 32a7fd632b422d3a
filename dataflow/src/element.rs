//! What travels between operators: data and, in band with it, everything about the stream itself.

use serde::{Deserialize, Serialize};

use crate::changelog::ChangelogBatch;
use crate::ids::CheckpointId;

/// The promise that no row with a time at or before it will follow (Flink's `Watermark`), in
/// milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Watermark(pub i64);

impl Watermark {
    /// Nothing is known yet.
    pub const MIN: Watermark = Watermark(i64::MIN);
    /// The stream is complete: every window may close.
    pub const MAX: Watermark = Watermark(i64::MAX);
}

/// What a checkpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckpointKind {
    /// Periodic, for recovery.
    Checkpoint,
    /// Asked for by the user, kept until the user deletes it.
    Savepoint,
    /// A savepoint after which the job stops: sources emit nothing behind its barrier.
    StopWithSavepoint {
        /// Whether the sources say [`Watermark::MAX`] first (`--drain`), so that windows fire.
        drain: bool,
    },
    /// The last one of a job whose input has ended: what it prepares is committed as the job finishes.
    Final,
}

/// The mark that separates the rows of one checkpoint from those of the next (Chandy and Lamport 1985;
/// Carbone et al. 2015 for the aligned form).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointBarrier {
    /// Which checkpoint.
    pub id: CheckpointId,
    /// When it was triggered, in milliseconds since the epoch, by the coordinator's clock.
    pub timestamp: i64,
    /// What it is for.
    pub kind: CheckpointKind,
    /// Milliseconds that it waits where rows hold it up; then it overtakes them, and they become part of
    /// the checkpoint (Flink's unaligned checkpoints). `None`: it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overtake_after_ms: Option<u64>,
}

/// One thing on an edge. Order between elements of a channel is never changed.
#[derive(Clone, Debug)]
pub enum StreamElement {
    /// Rows.
    Data(ChangelogBatch),
    /// Event time has advanced.
    Watermark(Watermark),
    /// True: no rows are expected for a while, do not wait for this channel's watermark.
    Idle(bool),
    /// A checkpoint begins.
    Barrier(CheckpointBarrier),
    /// Nothing follows. A channel ends with exactly one of these; before it comes
    /// [`Watermark::MAX`] unless the job stopped without draining.
    EndOfInput,
}
