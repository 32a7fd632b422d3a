//! Channels by the names that checkpoints know them by, and what a checkpoint had in flight in them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::StreamElement;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::{Edge, JobGraph, Partitioning, Vertex};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_state::channel_state::{ChannelKey, ChannelStateHandle};
use alpheus_state::redistribute::edge_of;
use alpheus_state::restored::SnapshotFiles;
use arrow::array::{ArrayRef, BooleanArray};
use arrow::datatypes::Schema;

use super::deploy::ChannelSpec;
use crate::control::TaskRestore;
use crate::task::{ChannelPlace, Replay, ReplayChannel};

/// What the channels of an edge have in common.
pub struct ChannelNames<'g> {
    graph: &'g JobGraph,
    position: usize,
    edge: &'g Edge,
    operator: OperatorId,
    sender: OperatorId,
    parallelism: u32,
}

impl<'g> ChannelNames<'g> {
    /// Those of the edge at this position of the graph.
    pub fn of(graph: &'g JobGraph, position: usize) -> Self {
        let edge = &graph.edges[position];
        let (from, to) = (graph.vertex(edge.from), graph.vertex(edge.to));
        let id = |node: Option<&alpheus_dataflow::graph::OperatorNode>| {
            node.map_or(OperatorId(0), |node| node.id)
        };
        ChannelNames {
            graph,
            position,
            edge,
            operator: id(to.and_then(|vertex| vertex.chain.first())),
            sender: id(from.and_then(|vertex| vertex.chain.last())),
            parallelism: to.map_or(0, |vertex| vertex.parallelism),
        }
    }

    /// One channel.
    pub fn place(&self, channel: &ChannelSpec<'_>) -> ChannelPlace {
        let senders = self.graph.inputs_of(self.edge.to).map(|edge| {
            let from = self.graph.vertex(edge.from);
            match edge.partitioning {
                Partitioning::Forward => 1,
                _ => from.map_or(0, |vertex| vertex.parallelism as usize),
            }
        });
        ChannelPlace {
            key: ChannelKey {
                operator: self.operator,
                input: self.edge.input,
                sender: self.sender,
                edge: self.position,
                from: channel.from.subtask,
                to: channel.to.subtask,
                parallelism: self.parallelism,
                channels: senders.sum(),
                keyed: matches!(self.edge.partitioning, Partitioning::Hash { .. }),
                lane: 0,
            },
            overtakable: match self.edge.partitioning {
                Partitioning::Hash { .. } | Partitioning::Global | Partitioning::Rebalance => true,
                Partitioning::Forward | Partitioning::Broadcast => false,
            },
        }
    }
}

/// What was in flight to a task.
#[derive(Default)]
pub struct RestoredInFlight {
    /// To its first operator.
    pub replay: Option<Replay>,
    /// To operators that another plan has put into the middle of a chain, by their place there. Rows alone:
    /// event time comes from the operators before them.
    pub inside: Vec<(usize, ChangelogBatch)>,
}

/// Reads what was in flight to a task.
///
/// # Errors
/// When it cannot be read, or the plan has no place for it.
pub fn restore_in_flight(
    graph: &JobGraph,
    vertex: &Vertex,
    head: &OperatorContext,
    restore: &TaskRestore,
    files: &SnapshotFiles,
) -> OperatorResult<RestoredInFlight> {
    let mut restored = RestoredInFlight::default();
    let mut channels: BTreeMap<ChannelKey, VecDeque<StreamElement>> = BTreeMap::new();
    let mut known = BTreeMap::new();
    // A channel's receiver has the older records.
    let mut handles: Vec<&ChannelStateHandle> = restore.channels.iter().collect();
    handles.sort_by_key(|handle| handle.side);
    for handle in handles {
        let key = &handle.channel;
        let position = vertex.chain.iter().position(|node| node.id == key.operator);
        let missing = || {
            OperatorError::fatal(format!(
                "the checkpoint has records in flight to operator {}, which `{}` does not read from \
                 another task any more; restore with the old SQL and take a savepoint",
                key.operator, vertex.name
            ))
        };
        let position = position.ok_or_else(missing)?;
        let edge = edge_of(graph, vertex, handle);
        let sender = match position {
            0 => edge.and_then(|edge| graph.vertex(edge.from)?.chain.last()),
            _ => vertex.chain.get(position - 1),
        };
        let schema = match sender {
            Some(sender) => sender.output.to_arrow(),
            None if handle.rows.is_none() => Arc::new(Schema::empty()),
            None => return Err(missing()),
        };
        let mut elements = handle.read(&schema, files, &restore.keys)?;
        if position > 0 {
            let rows = elements.into_iter().filter_map(|element| match element {
                StreamElement::Data(batch) => Some((position, batch)),
                _ => None,
            });
            restored.inside.extend(rows);
            continue;
        }
        if let Some(Partitioning::Hash { keys }) = edge.map(|edge| &edge.partitioning) {
            for element in &mut elements {
                if let StreamElement::Data(batch) = element {
                    *batch = own_rows(batch, keys, head)?;
                }
            }
        }
        let channels_there = known.entry(key.to).or_insert(0);
        *channels_there = key.channels.max(*channels_there);
        let same = ChannelKey {
            channels: 0,
            ..key.clone()
        };
        channels.entry(same).or_default().extend(elements);
    }
    let known = known.into_values().sum();
    if !channels.is_empty() {
        let channels = channels
            .into_iter()
            .map(|(key, elements)| ReplayChannel { key, elements });
        restored.replay = Some(Replay::new(channels.collect(), known));
    }
    Ok(restored)
}

/// The rows whose keys the task owns now.
fn own_rows(
    batch: &ChangelogBatch,
    keys: &[usize],
    head: &OperatorContext,
) -> OperatorResult<ChangelogBatch> {
    let columns: Vec<ArrayRef> = keys
        .iter()
        .map(|key| batch.rows().column(*key).clone())
        .collect();
    let hashes = hash_columns(&columns, batch.num_rows())?;
    let own = hashes.into_iter().map(|hash| {
        let group = KeyGroup::of_hash(hash, head.max_parallelism);
        Some(head.key_groups.contains(group))
    });
    Ok(batch.filter(&own.collect::<BooleanArray>())?)
}
