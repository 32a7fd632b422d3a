//! Which worker runs which subtask.
//!
//! Slots are shared as in Flink: subtask i of every vertex runs in slot i, so that a pipeline of forward
//! edges stays inside one slot. Slots are dealt to workers in turn, so that load spreads evenly.

use std::collections::BTreeMap;

use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::SubtaskIndex;
use alpheus_state::handle::TaskId;
use alpheus_worker::control::WorkerId;

/// All subtasks of a graph, in topological order.
pub fn tasks_of(graph: &JobGraph) -> Vec<TaskId> {
    let subtasks = |vertex: &alpheus_dataflow::graph::Vertex| {
        let id = vertex.id;
        (0..vertex.parallelism).map(move |i| TaskId {
            vertex: id,
            subtask: SubtaskIndex(i),
        })
    };
    graph.vertices.iter().flat_map(subtasks).collect()
}

/// Places `tasks` on workers with so many slots each; `None` when the slots do not suffice.
pub fn place(
    tasks: &[TaskId],
    workers: &BTreeMap<WorkerId, u32>,
) -> Option<Vec<(TaskId, WorkerId)>> {
    let needed = tasks
        .iter()
        .map(|task| task.subtask.0 + 1)
        .max()
        .unwrap_or(0);
    let rounds = workers.values().copied().max().unwrap_or(0);
    let in_turn = (0..rounds).flat_map(|round| {
        workers
            .iter()
            .filter(move |(_, slots)| **slots > round)
            .map(|(worker, _)| *worker)
    });
    let slots: Vec<WorkerId> = in_turn.take(needed as usize).collect();
    if slots.len() < needed as usize {
        return None;
    }
    let placed = tasks
        .iter()
        .map(|task| (*task, slots[task.subtask.0 as usize]));
    Some(placed.collect())
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::ids::VertexId;
    use proptest::prelude::*;

    use super::*;

    fn task(vertex: u32, subtask: u32) -> TaskId {
        TaskId {
            vertex: VertexId(vertex),
            subtask: SubtaskIndex(subtask),
        }
    }

    proptest! {
        #[test]
        fn equal_subtasks_share_a_slot_and_no_worker_is_overfull(
            parallelism in prop::collection::vec(1u32..9, 1..4),
            slots in prop::collection::vec(0u32..5, 0..5),
        ) {
            let tasks: Vec<_> = parallelism
                .iter()
                .enumerate()
                .flat_map(|(v, p)| (0..*p).map(move |i| task(v as u32, i)))
                .collect();
            let workers: BTreeMap<_, _> =
                slots.iter().enumerate().map(|(w, s)| (WorkerId(w as u32), *s)).collect();
            let needed = parallelism.iter().copied().max().unwrap_or(0);
            match place(&tasks, &workers) {
                None => prop_assert!(slots.iter().sum::<u32>() < needed),
                Some(placed) => {
                    prop_assert_eq!(placed.len(), tasks.len());
                    let mut by_slot = BTreeMap::new();
                    for (task, worker) in placed {
                        prop_assert_eq!(*by_slot.entry(task.subtask).or_insert(worker), worker);
                    }
                    let mut used: BTreeMap<WorkerId, u32> = BTreeMap::new();
                    by_slot.values().for_each(|worker| *used.entry(*worker).or_default() += 1);
                    for (worker, used) in &used {
                        prop_assert!(*used <= workers[worker]);
                    }
                }
            }
        }
    }
}
