//! What a new attempt makes of what it finds in the job's checkpoint folder.

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};

/// A `chk-N` folder as found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundFolder {
    /// Its number.
    pub id: CheckpointId,
    /// Which attempt published it; `None` without (readable) `_metadata`.
    pub published_by: Option<AttemptNumber>,
}

/// What to do before the job runs again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestartPlan {
    /// Start from this one, after committing what it holds; `None` starts from where the user said, or
    /// from nothing.
    pub restore: Option<CheckpointId>,
    /// Leftovers of checkpoints that were never completed: delete these folders.
    pub delete: Vec<CheckpointId>,
    /// The number of the next checkpoint: above all that were found.
    pub next: CheckpointId,
}

/// Decides from the folders, listed after this attempt has claimed the job. `retained` is
/// `execution.checkpointing.num-retained`.
pub fn decide_restart(folders: &[FoundFolder], retained: usize) -> RestartPlan {
    let mut complete: Vec<(AttemptNumber, CheckpointId)> = folders
        .iter()
        .filter_map(|folder| folder.published_by.map(|attempt| (attempt, folder.id)))
        .collect();
    // Attempt before number: see "two coordinators" in the module's documentation.
    complete.sort_unstable();
    let surplus = complete.len().saturating_sub(retained.max(1));
    let mut delete: Vec<CheckpointId> = complete[..surplus].iter().map(|(_, id)| *id).collect();
    let torn = folders
        .iter()
        .filter(|folder| folder.published_by.is_none());
    delete.extend(torn.map(|folder| folder.id));
    delete.sort_unstable();
    let greatest = folders.iter().map(|folder| folder.id).max();
    RestartPlan {
        restore: complete.last().map(|(_, id)| *id),
        delete,
        next: greatest.unwrap_or(CheckpointId(0)).next(),
    }
}
