//! Who gets which state when a job starts from a checkpoint, possibly with another parallelism.
//!
//! A pure function of the checkpoint's metadata and the new graph. Keyed state follows key groups: a
//! task gets every section that may hold groups of its range, and reads only its own from them. Split
//! lists are dealt out in turn (or stay where they were when the parallelism is the same), union lists
//! go to everybody, and the splits of source readers go back to the enumerator, which gives them out
//! again. Operators are matched by id, so vertices may be chained differently. Records in flight go to
//! whoever owns their keys now ([`channels`]).

mod channels;

pub use channels::edge_of;

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::graph::{JobGraph, OperatorSpec};
use alpheus_dataflow::ids::{OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::snapshot::{KeyGroupEntry, Redistribution};
use alpheus_dataflow::source::SourceSplit;
use alpheus_storage::Location;

use crate::channel_state::ChannelStateHandle;
use crate::error::{Result, StateError};
use crate::handle::{
    KeyedStateHandle, NativeFile, NativeStateHandle, OperatorStateHandle, TaskId, TaskRestore,
};
use crate::metadata::CheckpointMetadata;

/// What a job starts from.
#[derive(Clone, Debug, Default)]
pub struct RestorePlan {
    /// State for tasks; a task that is not named starts empty.
    pub tasks: Vec<(TaskId, TaskRestore)>,
    /// For each source operator: what its enumerator knew, and the splits that its readers still had.
    pub sources: Vec<(OperatorId, Option<Vec<u8>>, Vec<SourceSplit>)>,
    /// To be committed (again) before anything runs.
    pub committables: Vec<(OperatorId, Vec<Vec<u8>>)>,
    /// Operators whose state is dropped because the job does not have them any more.
    pub unclaimed: Vec<OperatorId>,
}

/// All state of one operator, over its subtasks in order.
#[derive(Default)]
struct OperatorState<'a> {
    subtasks: BTreeMap<SubtaskIndex, &'a OperatorStateHandle>,
    /// How many subtasks there were, also those that had finished.
    parallelism: u32,
    splits: Vec<SourceSplit>,
    enumerator: Option<&'a [u8]>,
    /// Records in flight to it.
    channels: Vec<&'a ChannelStateHandle>,
}

impl OperatorState<'_> {
    fn has_state(&self) -> bool {
        let kept = |handle: &&OperatorStateHandle| {
            has_keyed(handle) || handle.lists.iter().any(|list| !list.entries.is_empty())
        };
        self.subtasks.values().any(kept)
            || !self.splits.is_empty()
            || self.enumerator.is_some()
            || !self.channels.is_empty()
    }
}

fn has_keyed(handle: &OperatorStateHandle) -> bool {
    !handle.keyed.is_empty() || !handle.native.is_empty()
}

/// Deals the checkpoint in `folder` out to the tasks of `graph`.
///
/// # Errors
/// When the number of key groups differs, or state would be lost and `ignore_unclaimed`
/// (`execution.state-recovery.ignore-unclaimed-state`) does not allow that.
pub fn redistribute(
    metadata: &CheckpointMetadata,
    folder: &Location,
    graph: &JobGraph,
    ignore_unclaimed: bool,
) -> Result<RestorePlan> {
    let states = by_operator(metadata);
    let any_keyed = |state: &OperatorState<'_>| {
        !state.channels.is_empty() || state.subtasks.values().any(|handle| has_keyed(handle))
    };
    if metadata.max_parallelism != graph.max_parallelism && states.values().any(any_keyed) {
        return Err(StateError::MaxParallelism {
            checkpoint: metadata.max_parallelism,
            job: graph.max_parallelism,
        });
    }
    let mut plan = RestorePlan {
        committables: metadata.all_committables(),
        ..RestorePlan::default()
    };
    let mut claimed = BTreeSet::new();
    for vertex in &graph.vertices {
        let mut tasks = vec![TaskRestore::default(); vertex.parallelism as usize];
        for (position, node) in vertex.chain.iter().enumerate() {
            let Some(state) = states.get(&node.id).filter(|state| state.has_state()) else {
                continue;
            };
            claimed.insert(node.id);
            if matches!(node.spec, OperatorSpec::Source { .. }) {
                let enumerator = state.enumerator.map(<[u8]>::to_vec);
                plan.sources
                    .push((node.id, enumerator, state.splits.clone()));
            }
            for channel in &state.channels {
                let reader = channels::Reader {
                    vertex,
                    position,
                    graph,
                };
                for subtask in reader.subtasks_for(channel)? {
                    if let Some(task) = tasks.get_mut(subtask.0 as usize) {
                        task.channels.push(channels::absolute(channel, folder));
                    }
                }
            }
            for (subtask, task) in tasks.iter_mut().enumerate() {
                let range = KeyGroupRange::for_subtask(
                    subtask as u32,
                    vertex.parallelism,
                    graph.max_parallelism,
                );
                let keyed = keyed_for(state, range, folder);
                if !keyed.is_empty() {
                    task.keyed.push((node.id, keyed));
                }
                let native = native_for(state, range, folder);
                if !native.is_empty() {
                    task.native.push((node.id, native));
                }
                let lists = lists_for(
                    state,
                    subtask,
                    vertex.parallelism as usize,
                    range,
                    graph.max_parallelism,
                );
                if !lists.is_empty() {
                    task.lists.push((node.id, lists));
                }
            }
        }
        for (subtask, task) in tasks.into_iter().enumerate() {
            let empty = task.keyed.is_empty() && task.native.is_empty() && task.lists.is_empty();
            if !empty || !task.channels.is_empty() {
                let id = TaskId {
                    vertex: vertex.id,
                    subtask: SubtaskIndex(subtask as u32),
                };
                plan.tasks.push((id, task));
            }
        }
    }
    for (operator, state) in &states {
        if state.has_state() && !claimed.contains(operator) {
            if !ignore_unclaimed {
                return Err(StateError::UnclaimedState {
                    operator: *operator,
                    name: metadata.operator_name(*operator),
                });
            }
            plan.unclaimed.push(*operator);
        }
    }
    Ok(plan)
}

fn by_operator(metadata: &CheckpointMetadata) -> BTreeMap<OperatorId, OperatorState<'_>> {
    let mut states: BTreeMap<OperatorId, OperatorState<'_>> = BTreeMap::new();
    for task in &metadata.tasks {
        let vertex = metadata.vertices.iter().find(|v| v.id == task.task.vertex);
        let parallelism = vertex.map_or(0, |vertex| vertex.parallelism);
        for handle in &task.operators {
            let state = states.entry(handle.operator).or_default();
            let known = state.parallelism.max(task.task.subtask.0 + 1);
            state.parallelism = known.max(parallelism);
            state.subtasks.insert(task.task.subtask, handle);
        }
        for channel in &task.channels {
            let state = states.entry(channel.channel.operator).or_default();
            state.channels.push(channel);
        }
        // Splits belong to the source, which is the first operator of its chain.
        if let Some((source, _)) = vertex.and_then(|vertex| vertex.operators.first())
            && !task.splits.is_empty()
        {
            let state = states.entry(*source).or_default();
            state.splits.extend(task.splits.iter().cloned());
        }
    }
    for (operator, enumerator) in &metadata.enumerators {
        states.entry(*operator).or_default().enumerator = Some(enumerator);
    }
    states
}

fn keyed_for(
    state: &OperatorState<'_>,
    range: KeyGroupRange,
    folder: &Location,
) -> Vec<KeyedStateHandle> {
    let handles = state.subtasks.values().flat_map(|handle| &handle.keyed);
    handles
        .filter(|handle| {
            let (start, end) = handle.key_groups;
            range.intersects(&KeyGroupRange { start, end })
        })
        .map(|handle| KeyedStateHandle {
            file: absolute(&handle.file, folder),
            ..handle.clone()
        })
        .collect()
}

fn native_for(
    state: &OperatorState<'_>,
    range: KeyGroupRange,
    folder: &Location,
) -> Vec<NativeStateHandle> {
    let handles = state.subtasks.values().flat_map(|handle| &handle.native);
    let mine = handles.filter(|handle| {
        let (start, end) = handle.key_groups;
        range.intersects(&KeyGroupRange { start, end })
    });
    mine.map(|handle| NativeStateHandle {
        files: handle
            .files
            .iter()
            .map(|file| NativeFile {
                file: absolute(&file.file, folder),
                ..file.clone()
            })
            .collect(),
        ..handle.clone()
    })
    .collect()
}

/// A file of a handle: relative ones lie in the checkpoint's folder.
pub fn absolute(file: &str, folder: &Location) -> String {
    if file.starts_with('/') || file.contains(":/") {
        file.to_owned()
    } else {
        folder.join(file).to_string()
    }
}

fn lists_for(
    state: &OperatorState<'_>,
    subtask: usize,
    parallelism: usize,
    range: KeyGroupRange,
    max_parallelism: u32,
) -> BTreeMap<String, Vec<Vec<u8>>> {
    let same_parallelism = state.subtasks.len() == parallelism;
    let mut dealt: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lists: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (from, handle) in &state.subtasks {
        let before = KeyGroupRange::for_subtask(from.0, state.parallelism, max_parallelism);
        for list in &handle.lists {
            for entry in &list.entries {
                let turn = dealt.entry(&list.name).or_insert(0);
                let of_groups = || {
                    let (key_groups, value) = (before, entry.clone());
                    KeyGroupEntry { key_groups, value }.encode()
                };
                let mine = match list.redistribution {
                    Redistribution::Union => Some(entry.clone()),
                    Redistribution::KeyGroups => before.intersects(&range).then(of_groups),
                    Redistribution::KeyGroupRanges => KeyGroupEntry::decode(entry)
                        .filter(|entry| entry.key_groups.intersects(&range))
                        .map(|_| entry.clone()),
                    Redistribution::Split if same_parallelism => {
                        (from.0 as usize == subtask).then(|| entry.clone())
                    }
                    Redistribution::Split => {
                        (*turn % parallelism == subtask).then(|| entry.clone())
                    }
                };
                *turn += 1;
                if let Some(entry) = mine {
                    lists.entry(list.name.clone()).or_default().push(entry);
                }
            }
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_dataflow::graph::{Edge, OperatorNode, Partitioning, SessionSettings, Vertex};
    use alpheus_dataflow::ids::VertexId;
    use alpheus_dataflow::snapshot::ListSnapshot;
    use alpheus_dataflow::{ChangelogMode, RowType};
    use proptest::prelude::*;

    use super::*;
    use crate::channel_state::{ChannelElement, ChannelKey, ChannelSide};
    use crate::handle::TaskSnapshot;
    use crate::metadata::tests::sample;

    const OPERATOR: OperatorId = OperatorId(42);

    fn graph(parallelism: u32, operator: OperatorId) -> JobGraph {
        JobGraph {
            name: "j".to_owned(),
            vertices: vec![Vertex {
                id: VertexId(0),
                name: "v".to_owned(),
                parallelism,
                chain: vec![OperatorNode {
                    id: operator,
                    name: "agg".to_owned(),
                    spec: OperatorSpec::Collect { result: 0 },
                    output: RowType::default(),
                    changelog: ChangelogMode::InsertOnly,
                }],
            }],
            edges: Vec::new(),
            max_parallelism: 128,
            session: SessionSettings {
                time_zone: "UTC".to_owned(),
                planned_at: 0,
                bounded: false,
            },
            configuration: BTreeMap::new(),
            functions: Default::default(),
        }
    }

    fn metadata(parallelism: u32) -> CheckpointMetadata {
        let mut metadata = sample(1);
        metadata.enumerators.clear();
        metadata.vertices = CheckpointMetadata::vertices_of(&graph(parallelism, OPERATOR));
        metadata.tasks = (0..parallelism)
            .map(|subtask| {
                let range = KeyGroupRange::for_subtask(subtask, parallelism, 128);
                let list = |name: &str, redistribution| ListSnapshot {
                    name: name.to_owned(),
                    entries: vec![vec![subtask as u8, 0], vec![subtask as u8, 1]],
                    redistribution,
                };
                TaskSnapshot {
                    task: TaskId {
                        vertex: VertexId(0),
                        subtask: SubtaskIndex(subtask),
                    },
                    operators: vec![OperatorStateHandle {
                        operator: OPERATOR,
                        native: vec![NativeStateHandle {
                            format: 1,
                            key_groups: (range.start, range.end),
                            files: vec![NativeFile {
                                name: "CURRENT".to_owned(),
                                file: format!("native-{subtask}"),
                                offset: 0,
                                length: 1,
                                crc: 0,
                                shared: false,
                                key_groups: None,
                                key: None,
                            }],
                            states: BTreeMap::new(),
                        }],
                        keyed: vec![KeyedStateHandle {
                            state: "s".to_owned(),
                            file: format!("state-{subtask}"),
                            offset: 16,
                            length: 100,
                            key_groups: (range.start, range.end),
                            key: None,
                        }],
                        lists: vec![
                            list("split", Redistribution::Split),
                            list("union", Redistribution::Union),
                            list("groups", Redistribution::KeyGroups),
                        ],
                        committables: vec![vec![subtask as u8]],
                    }],
                    splits: Vec::new(),
                    channels: Vec::new(),
                }
            })
            .collect();
        metadata
    }

    fn folder() -> Location {
        Location::local("/c/chk-1")
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_lists_are_dealt_once(before in 1u32..9, after in 1u32..9) {
            let plan = redistribute(&metadata(before), &folder(), &graph(after, OPERATOR), false).unwrap();
            prop_assert_eq!(plan.tasks.len(), after as usize);
            let mut split = Vec::new();
            for (task, restore) in &plan.tasks {
                let range = KeyGroupRange::for_subtask(task.subtask.0, after, 128);
                let handles = &restore.keyed[0].1;
                for group in range.iter() {
                    let holders = handles.iter().filter(|h| (h.key_groups.0..h.key_groups.1).contains(&group.0));
                    prop_assert_eq!(holders.count(), 1);
                }
                prop_assert!(handles.iter().all(|handle| handle.file.starts_with("/c/chk-1/state-")));
                let native = &restore.native[0].1;
                let groups = |handles: &mut dyn Iterator<Item = (u16, u16)>| handles.collect::<Vec<_>>();
                prop_assert_eq!(
                    groups(&mut native.iter().map(|handle| handle.key_groups)),
                    groups(&mut handles.iter().map(|handle| handle.key_groups))
                );
                prop_assert!(native.iter().all(|handle| handle.files[0].file.starts_with("/c/chk-1/native-")));
                let Some((_, lists)) = restore.lists.first() else { continue };
                prop_assert_eq!(lists["union"].len(), 2 * before as usize);
                // As many subtasks wrote of its groups as there are handles of its groups.
                let writers = handles.iter().filter(|handle| {
                    let (start, end) = handle.key_groups;
                    KeyGroupRange { start, end }.intersects(&range)
                });
                prop_assert_eq!(lists["groups"].len(), 2 * writers.count());
                split.extend(lists.get("split").cloned().unwrap_or_default());
            }
            split.sort();
            split.dedup();
            prop_assert_eq!(split.len(), 2 * before as usize);
            prop_assert_eq!(plan.committables.len(), before as usize);
        }
    }

    #[test]
    fn records_in_flight_go_to_the_owners_of_their_keys() {
        let sender = OperatorId(41);
        let with_edge = |parallelism: u32, sender: OperatorId, partitioning: Partitioning| {
            let mut graph = graph(parallelism, OPERATOR);
            let mut source = graph.vertices[0].clone();
            (source.id, source.chain[0].id) = (VertexId(1), sender);
            graph.vertices.push(source);
            graph.edges.push(Edge {
                from: VertexId(1),
                to: VertexId(0),
                input: 0,
                partitioning,
            });
            graph
        };
        let by_key = || Partitioning::Hash { keys: vec![0] };
        let mut metadata = metadata(4);
        let in_flight = |to: u32, keyed: bool| ChannelStateHandle {
            channel: ChannelKey {
                operator: OPERATOR,
                input: 0,
                sender,
                edge: 0,
                from: SubtaskIndex(0),
                to: SubtaskIndex(to),
                parallelism: 4,
                channels: 4,
                keyed,
                lane: 0,
            },
            side: ChannelSide::Receiver,
            elements: vec![ChannelElement::Rows(1)],
            rows: Some(KeyedStateHandle {
                state: "in-flight".to_owned(),
                file: "state-9".to_owned(),
                offset: 16,
                length: 100,
                key_groups: (0, 1),
                key: None,
            }),
        };
        let mut owners = |keyed: bool, graph: &JobGraph| {
            metadata.tasks[0].channels = (0..4).map(|to| in_flight(to, keyed)).collect();
            let plan = redistribute(&metadata, &folder(), graph, false)?;
            let parts = plan.tasks.iter().map(|(_, restore)| {
                let channels = restore.channels.iter();
                let channels = channels.inspect(|channel| {
                    assert_eq!(channel.rows.as_ref().unwrap().file, "/c/chk-1/state-9");
                });
                channels
                    .map(|channel| channel.channel.to.0)
                    .collect::<Vec<_>>()
            });
            Ok::<_, StateError>(parts.collect::<Vec<_>>())
        };
        let by_keys = owners(true, &with_edge(2, sender, by_key())).unwrap();
        assert_eq!(by_keys, [vec![0, 1], vec![2, 3]]);
        let by_keys = owners(true, &with_edge(8, sender, by_key())).unwrap();
        assert!(
            by_keys
                .iter()
                .enumerate()
                .all(|(to, from)| *from == [to as u32 / 2])
        );
        let spread = owners(false, &with_edge(3, sender, Partitioning::Rebalance)).unwrap();
        assert_eq!(spread, [vec![0, 3], vec![1], vec![2]]);
        let straight = |parallelism| with_edge(parallelism, sender, Partitioning::Forward);
        assert_eq!(owners(true, &straight(1)).unwrap(), [[0, 1, 2, 3]]);
        assert_eq!(owners(true, &straight(4)).unwrap(), [[0], [1], [2], [3]]);
        // Nobody knows whose they are, or what they are.
        for graph in [straight(3), with_edge(2, OperatorId(40), by_key())] {
            let error = owners(true, &graph).unwrap_err();
            assert!(matches!(error, StateError::InFlight { .. }), "{error}");
        }
    }

    #[test]
    fn the_same_parallelism_keeps_lists_where_they_were() {
        let plan = redistribute(&metadata(3), &folder(), &graph(3, OPERATOR), false).unwrap();
        for (task, restore) in &plan.tasks {
            assert!(
                restore.lists[0].1["split"]
                    .iter()
                    .all(|entry| u32::from(entry[0]) == task.subtask.0)
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let other = graph(2, OperatorId(1));
        let error = redistribute(&metadata(2), &folder(), &other, false).unwrap_err();
        assert!(error.to_string().contains("operator `agg`"), "{error}");
        let plan = redistribute(&metadata(2), &folder(), &other, true).unwrap();
        assert_eq!(plan.unclaimed, [OPERATOR]);
        let mut wider = graph(2, OPERATOR);
        wider.max_parallelism = 64;
        let error = redistribute(&metadata(2), &folder(), &wider, false).unwrap_err();
        assert!(
            error.to_string().contains("max-parallelism to 128"),
            "{error}"
        );
    }

    #[test]
    fn what_is_true_of_some_key_groups_goes_where_they_are() {
        let mut metadata = metadata(2);
        let group = |start, end, value: u8| KeyGroupEntry {
            key_groups: KeyGroupRange { start, end },
            value: vec![value],
        };
        let list = |redistribution, entries| {
            vec![ListSnapshot {
                name: "groups".to_owned(),
                entries,
                redistribution,
            }]
        };
        metadata.tasks[0].operators[0].lists = list(Redistribution::KeyGroups, vec![vec![7]]);
        let ranges = vec![group(64, 70, 8).encode(), group(70, 128, 9).encode()];
        metadata.tasks[1].operators[0].lists = list(Redistribution::KeyGroupRanges, ranges);
        let folder = folder();
        let plan = redistribute(&metadata, &folder, &graph(3, OPERATOR), false).unwrap();
        let found = plan.tasks.iter().map(|(_, restore)| {
            let entries = restore.lists[0].1["groups"].iter();
            let entries = entries.map(|entry| KeyGroupEntry::decode(entry).unwrap());
            entries.collect::<Vec<_>>()
        });
        // The groups of the new subtasks end at 43, 86 and 128.
        let of_first = group(0, 64, 7);
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                vec![of_first.clone()],
                vec![of_first, group(64, 70, 8), group(70, 128, 9)],
                vec![group(70, 128, 9)],
            ]
        );
    }
}
