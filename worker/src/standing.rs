//! What a worker knows of its attempt that the next attempt of the AM must know to go on with it.
//!
//! The AM's memory dies with it: which splits it has handed out since the last checkpoint, what tasks have said, which
//! checkpoints were under way. A worker keeps the part of this that concerns it ([`Tracker`]) and reports it when it
//! registers with another AM ([`Standing`]). Whether that suffices to go on is the AM's decision.
//!
//! A split that was assigned before a checkpoint was triggered is part of that checkpoint (the order of the control
//! stream says so); so a split is remembered with the checkpoint that was triggered last, and forgotten when a later one
//! is complete.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_dataflow::source::{NextSplit, SourceSplit};
use alpheus_state::handle::TaskId;
use serde::{Deserialize, Serialize};

use crate::control::TaskState;

/// A split that the AM has given to a source of this worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOut {
    /// Whose.
    pub task: TaskId,
    /// The last checkpoint that was triggered before: the split is part of later ones only.
    pub after: CheckpointId,
    /// The split as it was given.
    pub split: SourceSplit,
}

/// How an attempt stands on one worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Which attempt.
    pub attempt: AttemptNumber,
    /// Its tasks here.
    pub tasks: Vec<TaskId>,
    /// Whether all of them run: none has yet to begin, has finished or failed.
    pub all_run: bool,
    /// The highest checkpoint that was acknowledged, given up or not; 0 for none.
    pub acknowledged: CheckpointId,
    /// Checkpoints that were triggered and neither completed nor given up.
    pub open: Vec<CheckpointId>,
    /// What was handed out since the last checkpoint that was completed.
    pub splits: Vec<HandedOut>,
}

/// Follows the conversation with the AM.
#[derive(Debug, Default)]
pub struct Tracker {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    attempt: AttemptNumber,
    /// Whether each task runs.
    tasks: BTreeMap<TaskId, bool>,
    /// Tasks that have asked for a split and not been answered.
    asking: BTreeSet<TaskId>,
    triggered: CheckpointId,
    acknowledged: CheckpointId,
    open: BTreeSet<CheckpointId>,
    splits: Vec<HandedOut>,
}

impl Tracker {
    /// An attempt begins.
    pub fn on_deploy(&mut self, attempt: AttemptNumber, tasks: impl IntoIterator<Item = TaskId>) {
        self.running = Some(Running {
            attempt,
            tasks: tasks.into_iter().map(|task| (task, false)).collect(),
            asking: BTreeSet::new(),
            triggered: CheckpointId(0),
            acknowledged: CheckpointId(0),
            open: BTreeSet::new(),
            splits: Vec::new(),
        });
    }

    /// The attempt is over.
    pub fn on_cancel(&mut self) {
        self.running = None;
    }

    /// A task has changed its state.
    pub fn on_state(&mut self, task: TaskId, state: &TaskState) {
        if let Some(running) = &mut self.running {
            running
                .tasks
                .insert(task, matches!(state, TaskState::Running));
        }
    }

    /// A task asks for a split.
    pub fn on_request(&mut self, task: TaskId) {
        if let Some(running) = &mut self.running {
            running.asking.insert(task);
        }
    }

    /// A task is answered. One that was told to wait goes on asking.
    pub fn on_assign(&mut self, task: TaskId, next: &NextSplit) {
        let Some(running) = &mut self.running else {
            return;
        };
        if let NextSplit::Split(split) = next {
            running.splits.push(HandedOut {
                task,
                after: running.triggered,
                split: split.clone(),
            });
        }
        if *next != NextSplit::Wait {
            running.asking.remove(&task);
        }
    }

    /// A checkpoint begins.
    pub fn on_trigger(&mut self, checkpoint: CheckpointId) {
        if let Some(running) = &mut self.running {
            running.triggered = running.triggered.max(checkpoint);
            running.open.insert(checkpoint);
        }
    }

    /// This worker has given its part.
    pub fn on_acknowledged(&mut self, checkpoint: CheckpointId) {
        if let Some(running) = &mut self.running {
            running.acknowledged = running.acknowledged.max(checkpoint);
        }
    }

    /// A checkpoint is published: what was handed out before it began is in it.
    pub fn on_complete(&mut self, checkpoint: CheckpointId) {
        if let Some(running) = &mut self.running {
            running.open.retain(|open| *open > checkpoint);
            running.splits.retain(|given| given.after >= checkpoint);
        }
    }

    /// A checkpoint is given up.
    pub fn on_abort(&mut self, checkpoint: CheckpointId) {
        if let Some(running) = &mut self.running {
            running.open.remove(&checkpoint);
        }
    }

    /// What the next AM is told; `None` when nothing runs.
    pub fn standing(&self) -> Option<Standing> {
        let running = self.running.as_ref()?;
        Some(Standing {
            attempt: running.attempt,
            tasks: running.tasks.keys().copied().collect(),
            all_run: running.tasks.values().all(|runs| *runs),
            acknowledged: running.acknowledged,
            open: running.open.iter().copied().collect(),
            splits: running.splits.clone(),
        })
    }

    /// Tasks whose requests the next AM must hear again.
    pub fn asking(&self) -> impl Iterator<Item = TaskId> {
        let asking = self.running.iter().flat_map(|running| &running.asking);
        asking.copied()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_dataflow::ids::{SubtaskIndex, VertexId};

    const TASK: TaskId = TaskId {
        vertex: VertexId(0),
        subtask: SubtaskIndex(0),
    };

    fn split(id: &str) -> NextSplit {
        NextSplit::Split(SourceSplit {
            id: id.to_owned(),
            state: Vec::new(),
        })
    }

    fn given(tracker: &Tracker) -> Vec<String> {
        let splits = tracker.standing().unwrap().splits;
        splits.into_iter().map(|given| given.split.id).collect()
    }

    fn deployed() -> Tracker {
        let mut tracker = Tracker::default();
        tracker.on_deploy(AttemptNumber(1), [TASK]);
        tracker.on_state(TASK, &TaskState::Running);
        tracker
    }

    #[test]
    fn splits_are_remembered_until_a_later_checkpoint_holds_them() {
        let mut tracker = deployed();
        tracker.on_assign(TASK, &split("a"));
        tracker.on_trigger(CheckpointId(1));
        tracker.on_assign(TASK, &split("b"));
        tracker.on_complete(CheckpointId(1));
        assert_eq!(given(&tracker), ["b"]);
        tracker.on_trigger(CheckpointId(2));
        tracker.on_abort(CheckpointId(2));
        assert_eq!(given(&tracker), ["b"]);
        tracker.on_trigger(CheckpointId(3));
        tracker.on_complete(CheckpointId(3));
        assert!(given(&tracker).is_empty());
    }

    #[test]
    fn a_request_is_open_until_it_is_answered() {
        let mut tracker = deployed();
        tracker.on_request(TASK);
        tracker.on_assign(TASK, &NextSplit::Wait);
        assert_eq!(tracker.asking().collect::<Vec<_>>(), [TASK]);
        tracker.on_assign(TASK, &split("a"));
        assert_eq!(tracker.asking().count(), 0);
    }

    #[test]
    fn checkpoints_are_open_until_complete_or_given_up() {
        let mut tracker = deployed();
        for id in 1..=3 {
            tracker.on_trigger(CheckpointId(id));
        }
        tracker.on_acknowledged(CheckpointId(2));
        tracker.on_complete(CheckpointId(1));
        tracker.on_abort(CheckpointId(2));
        let standing = tracker.standing().unwrap();
        assert_eq!(standing.open, [CheckpointId(3)]);
        assert_eq!(standing.acknowledged, CheckpointId(2));
        assert!(standing.all_run);
    }

    #[test]
    fn what_has_ended_or_not_begun_does_not_run() {
        let mut tracker = Tracker::default();
        assert_eq!(tracker.standing(), None);
        tracker.on_deploy(AttemptNumber(1), [TASK]);
        assert!(!tracker.standing().unwrap().all_run);
        tracker.on_state(TASK, &TaskState::Running);
        assert!(tracker.standing().unwrap().all_run);
        let failed = TaskState::Failed {
            message: String::new(),
            fatal: false,
        };
        tracker.on_state(TASK, &failed);
        assert!(!tracker.standing().unwrap().all_run);
        tracker.on_cancel();
        assert_eq!(tracker.standing(), None);
    }
}
