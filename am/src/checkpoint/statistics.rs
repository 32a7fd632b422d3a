//! What is remembered of checkpoints for REST and metrics (Flink's `CheckpointStatsTracker`).

use std::collections::VecDeque;

use alpheus_dataflow::ids::CheckpointId;
use alpheus_state::handle::CheckpointStatistics;
use serde::Serialize;

/// How a checkpoint went, as REST names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckpointStatus {
    /// Under way.
    InProgress,
    /// Published.
    Completed,
    /// Given up.
    Failed,
}

/// One checkpoint's numbers.
#[derive(Clone, Debug)]
pub struct CheckpointRecord {
    /// Which.
    pub id: CheckpointId,
    /// How it went.
    pub status: CheckpointStatus,
    /// Whether a user asked for it.
    pub is_savepoint: bool,
    /// When it began, ms since the epoch.
    pub triggered_at: i64,
    /// When the last task acknowledged it.
    pub latest_ack: i64,
    /// From begin to publication (or until now), ms.
    pub duration_ms: i64,
    /// Tasks that take part, and those that have acknowledged it.
    pub subtasks: (usize, usize),
    /// Sizes and times.
    pub statistics: CheckpointStatistics,
    /// Where it lies, once completed.
    pub path: Option<String>,
    /// Bytes of its metadata.
    pub metadata_bytes: u64,
    /// Whether its files have been deleted.
    pub discarded: bool,
    /// Why it failed.
    pub failure: Option<(i64, String)>,
}

/// What the job was restored from.
#[derive(Clone, Debug)]
pub struct RestoreRecord {
    /// The checkpoint.
    pub id: CheckpointId,
    /// When, ms since the epoch.
    pub at: i64,
    /// Where it lies.
    pub path: String,
    /// Whether it was given with `-s` rather than taken by this job.
    pub external: bool,
    /// Whether the job owns its files from now on (`execution.state-recovery.claim-mode`).
    pub claimed: bool,
}

/// Counters and the latest checkpoints.
#[derive(Clone, Debug, Default)]
pub struct CheckpointHistory {
    /// How many are remembered.
    limit: usize,
    /// Completed since the start.
    pub completed: u64,
    /// Failed since the start.
    pub failed: u64,
    /// Restores since the start.
    pub restored: u64,
    /// The last restore.
    pub latest_restore: Option<RestoreRecord>,
    records: VecDeque<CheckpointRecord>,
}

impl CheckpointHistory {
    /// Remembers `limit` checkpoints.
    pub fn new(limit: usize) -> Self {
        CheckpointHistory {
            limit: limit.max(1),
            ..CheckpointHistory::default()
        }
    }

    /// The remembered ones, newest first.
    pub fn records(&self) -> impl Iterator<Item = &CheckpointRecord> {
        self.records.iter()
    }

    /// The remembered one with this number.
    pub fn record(&self, id: CheckpointId) -> Option<&CheckpointRecord> {
        self.records.iter().find(|record| record.id == id)
    }

    /// Those under way.
    pub fn in_progress(&self) -> usize {
        self.records
            .iter()
            .filter(|record| record.status == CheckpointStatus::InProgress)
            .count()
    }

    /// The newest of a kind.
    pub fn latest(&self, status: CheckpointStatus, savepoint: bool) -> Option<&CheckpointRecord> {
        self.records
            .iter()
            .find(|record| record.status == status && record.is_savepoint == savepoint)
    }

    /// The newest completed one, checkpoint or savepoint.
    pub fn latest_completed(&self) -> Option<&CheckpointRecord> {
        self.records
            .iter()
            .find(|record| record.status == CheckpointStatus::Completed)
    }

    pub(super) fn begin(&mut self, record: CheckpointRecord) {
        self.records.push_front(record);
        // Those under way stay, however many there are: their end must find them.
        while self.records.len() > self.limit {
            let last_done = self
                .records
                .iter()
                .rposition(|record| record.status != CheckpointStatus::InProgress);
            match last_done {
                Some(at) => drop(self.records.remove(at)),
                None => break,
            }
        }
    }

    pub(super) fn update(&mut self, id: CheckpointId, change: impl FnOnce(&mut CheckpointRecord)) {
        if let Some(record) = self.records.iter_mut().find(|record| record.id == id) {
            change(record);
        }
    }

    pub(super) fn discarded(&mut self, path: &str) {
        for record in &mut self.records {
            if record.path.as_deref() == Some(path) {
                record.discarded = true;
            }
        }
    }
}
