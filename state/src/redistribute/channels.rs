//! Who processes records that were in flight.
//!
//! Rows of a keyed exchange go to every subtask that may own some of their keys now; each keeps its own
//! ([`Partitioning::Hash`] of the new edge says which). Rows of an exchange that spreads inserts evenly
//! go to any one subtask. Where a new plan passes rows straight on, at one subtask or at as many as
//! before, they stay with it. Marks without rows go along with the keys. Rows of an operator that the new plan
//! does not have in that place (the first of two phases of an aggregation, at parallelism 1) are refused:
//! they are not what the receiver reads now.

use alpheus_dataflow::graph::{Edge, JobGraph, Partitioning, Vertex};
use alpheus_dataflow::ids::SubtaskIndex;
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_storage::Location;

use crate::channel_state::ChannelStateHandle;
use crate::error::{Result, StateError};
use crate::handle::KeyedStateHandle;

/// The operator that is to process records.
pub(super) struct Reader<'a> {
    pub vertex: &'a Vertex,
    /// Its place in the vertex's chain.
    pub position: usize,
    pub graph: &'a JobGraph,
}

impl Reader<'_> {
    /// Which subtasks get this part of a channel.
    pub fn subtasks_for(&self, handle: &ChannelStateHandle) -> Result<Vec<SubtaskIndex>> {
        let channel = &handle.channel;
        let parallelism = self.vertex.parallelism;
        let one = |subtask: u32| Ok(vec![SubtaskIndex(subtask)]);
        let by_keys = || {
            let groups =
                |subtask, of| KeyGroupRange::for_subtask(subtask, of, self.graph.max_parallelism);
            let before = groups(channel.to.0, channel.parallelism);
            let owners =
                (0..parallelism).filter(|now| groups(*now, parallelism).intersects(&before));
            Ok(owners.map(SubtaskIndex).collect())
        };
        if handle.rows.is_none() {
            return by_keys();
        }
        let refused = || StateError::InFlight {
            operator: channel.operator,
            before: channel.parallelism,
            after: parallelism,
        };
        match self.partitioning(handle).ok_or_else(refused)? {
            Partitioning::Hash { .. } => by_keys(),
            Partitioning::Global => one(0),
            _ if parallelism == 1 => one(0),
            _ if !channel.keyed => one(channel.to.0 % parallelism),
            _ if parallelism == channel.parallelism => one(channel.to.0),
            _ => Err(refused()),
        }
    }

    /// How rows of the same sender come to the operator now.
    fn partitioning(&self, handle: &ChannelStateHandle) -> Option<&Partitioning> {
        match self.position.checked_sub(1) {
            Some(before) => {
                let chained = self.vertex.chain.get(before);
                let chained = chained.filter(|node| node.id == handle.channel.sender);
                chained.map(|_| &Partitioning::Forward)
            }
            None => edge_of(self.graph, self.vertex, handle).map(|edge| &edge.partitioning),
        }
    }
}

/// The edge that records of the same sender come through now, if they come from another vertex.
pub fn edge_of<'g>(
    graph: &'g JobGraph,
    vertex: &Vertex,
    handle: &ChannelStateHandle,
) -> Option<&'g Edge> {
    let channel = &handle.channel;
    let same = |edge: &&Edge| {
        let from = graph
            .vertex(edge.from)
            .and_then(|vertex| vertex.chain.last());
        edge.input == channel.input && from.is_some_and(|node| node.id == channel.sender)
    };
    graph.inputs_of(vertex.id).find(same)
}

pub(super) fn absolute(handle: &ChannelStateHandle, folder: &Location) -> ChannelStateHandle {
    ChannelStateHandle {
        rows: handle.rows.as_ref().map(|rows| KeyedStateHandle {
            file: super::absolute(&rows.file, folder),
            ..rows.clone()
        }),
        ..handle.clone()
    }
}
