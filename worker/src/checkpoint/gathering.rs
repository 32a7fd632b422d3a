//! Which tasks have given their part of which checkpoint. No I/O.
//!
//! The barrier travels with the data and may reach a task before the AM's message with the checkpoint's
//! folder reaches this worker; what comes early is kept. A task that finishes without having seen the
//! barrier takes no part.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::ids::CheckpointId;

use crate::control::TaskId;

/// Gathers parts of type `P`.
pub struct Gathering<P> {
    running: BTreeSet<TaskId>,
    pending: BTreeMap<CheckpointId, Pending<P>>,
    /// Checkpoints up to this one are over, unless they are pending.
    latest: CheckpointId,
    aborted: BTreeSet<CheckpointId>,
}

struct Pending<P> {
    directory: Option<String>,
    early: Vec<P>,
    given: BTreeSet<TaskId>,
}

impl<P> Default for Pending<P> {
    fn default() -> Self {
        Pending {
            directory: None,
            early: Vec::new(),
            given: BTreeSet::new(),
        }
    }
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Order<P> {
    /// Write this part into the checkpoint's file in the folder.
    Write(CheckpointId, String, P),
    /// All parts have been written: end the file, acknowledge.
    Finish(CheckpointId),
}

impl<P> Gathering<P> {
    /// For these tasks.
    pub fn new(tasks: impl IntoIterator<Item = TaskId>) -> Self {
        Gathering {
            running: tasks.into_iter().collect(),
            pending: BTreeMap::new(),
            latest: CheckpointId(0),
            aborted: BTreeSet::new(),
        }
    }

    fn is_over(&self, checkpoint: CheckpointId) -> bool {
        self.aborted.contains(&checkpoint)
            || (checkpoint <= self.latest && !self.pending.contains_key(&checkpoint))
    }

    /// The AM has triggered the checkpoint.
    pub fn on_trigger(&mut self, checkpoint: CheckpointId, directory: &str) -> Vec<Order<P>> {
        if self.is_over(checkpoint) {
            return Vec::new();
        }
        let pending = self.pending.entry(checkpoint).or_default();
        pending.directory = Some(directory.to_owned());
        let early = std::mem::take(&mut pending.early);
        let writes = early
            .into_iter()
            .map(|part| Order::Write(checkpoint, directory.to_owned(), part));
        let mut orders: Vec<_> = writes.collect();
        orders.extend(self.finished());
        orders
    }

    /// A task has given its part.
    pub fn on_part(&mut self, checkpoint: CheckpointId, task: TaskId, part: P) -> Vec<Order<P>> {
        if self.is_over(checkpoint) {
            return Vec::new();
        }
        let pending = self.pending.entry(checkpoint).or_default();
        pending.given.insert(task);
        let mut orders = Vec::new();
        match &pending.directory {
            Some(directory) => orders.push(Order::Write(checkpoint, directory.clone(), part)),
            None => pending.early.push(part),
        }
        orders.extend(self.finished());
        orders
    }

    /// A task has finished well.
    pub fn on_task_finished(&mut self, task: TaskId) -> Vec<Order<P>> {
        self.running.remove(&task);
        self.finished()
    }

    /// The checkpoint is given up.
    pub fn on_abort(&mut self, checkpoint: CheckpointId) {
        self.aborted = self
            .aborted
            .split_off(&CheckpointId(checkpoint.0.saturating_sub(64)));
        self.aborted.insert(checkpoint);
        self.pending.remove(&checkpoint);
    }

    fn finished(&mut self) -> Vec<Order<P>> {
        let running = &self.running;
        let done: Vec<CheckpointId> = self
            .pending
            .iter()
            .filter(|(_, pending)| pending.directory.is_some() && running.is_subset(&pending.given))
            .map(|(checkpoint, _)| *checkpoint)
            .collect();
        for checkpoint in &done {
            self.pending.remove(checkpoint);
            self.latest = self.latest.max(*checkpoint);
        }
        done.into_iter().map(Order::Finish).collect()
    }
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::ids::{SubtaskIndex, VertexId};

    use super::*;

    const ONE: CheckpointId = CheckpointId(1);

    fn task(vertex: u32) -> TaskId {
        TaskId {
            vertex: VertexId(vertex),
            subtask: SubtaskIndex(0),
        }
    }

    fn write(part: &'static str) -> Order<&'static str> {
        Order::Write(ONE, "dir".to_owned(), part)
    }

    #[test]
    fn parts_that_come_before_the_folder_is_known_are_kept() {
        let mut gathering = Gathering::new([task(0), task(1)]);
        assert_eq!(gathering.on_part(ONE, task(1), "b"), []);
        assert_eq!(gathering.on_trigger(ONE, "dir"), [write("b")]);
        let orders = gathering.on_part(ONE, task(0), "a");
        assert_eq!(orders, [write("a"), Order::Finish(ONE)]);
    }

    #[test]
    fn a_finished_task_is_not_waited_for() {
        let mut gathering = Gathering::new([task(0), task(1)]);
        assert_eq!(gathering.on_trigger(ONE, "dir"), []);
        assert_eq!(gathering.on_part(ONE, task(0), "a"), [write("a")]);
        assert_eq!(gathering.on_task_finished(task(1)), [Order::Finish(ONE)]);
    }

    #[test]
    fn nothing_is_written_for_an_aborted_checkpoint() {
        let mut gathering = Gathering::new([task(0)]);
        gathering.on_trigger(ONE, "dir");
        gathering.on_abort(ONE);
        assert_eq!(gathering.on_part(ONE, task(0), "a"), []);
        assert_eq!(gathering.on_trigger(ONE, "dir"), []);
    }
}
