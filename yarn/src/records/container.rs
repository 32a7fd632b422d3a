//! Containers, from the master's side.

use super::{Priority, Resource};
use crate::ids::{ContainerId, NodeId};
use crate::proto::{ContainerProto, ContainerStatusProto, NmTokenProto};
use crate::states::{ContainerState, ExecutionType, ExitStatus};
use alpheus_security::hadoop::Token;

/// A container that was given to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub id: ContainerId,
    /// Where it is.
    pub node: NodeId,
    /// The node's web address, `host:port`.
    pub node_http: String,
    /// What it has, rounded up by the scheduler.
    pub resource: Resource,
    /// The priority that it was asked for with.
    pub priority: Priority,
    /// The number of the request that it answers; -1 when requests have none.
    pub allocation_request_id: i64,
    /// How it runs.
    pub execution: ExecutionType,
    /// Counts changes of its size.
    pub version: i32,
    /// The permission to start it; runs out after ten minutes.
    pub token: Option<Token>,
}

/// How a container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStatus {
    /// Which.
    pub id: ContainerId,
    /// Running or not.
    pub state: ContainerState,
    /// How it ended.
    pub exit: ExitStatus,
    /// What the NodeManager says about it, with the end of its error output.
    pub diagnostics: String,
}

/// The permission to talk to a NodeManager; sent once per node and attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeToken {
    /// The node.
    pub node: NodeId,
    /// The permission.
    pub token: Token,
}

impl From<ContainerProto> for Container {
    fn from(wire: ContainerProto) -> Self {
        Self {
            id: wire.id.unwrap_or_default().into(),
            node: wire.node_id.unwrap_or_default().into(),
            node_http: wire.node_http_address.unwrap_or_default(),
            resource: wire.resource.into(),
            priority: wire.priority.into(),
            allocation_request_id: wire.allocation_request_id.unwrap_or(-1),
            execution: ExecutionType::from_wire(wire.execution_type.unwrap_or(1)),
            version: wire.version.unwrap_or_default(),
            token: wire.container_token.map(Into::into),
        }
    }
}

impl From<ContainerStatusProto> for ContainerStatus {
    fn from(wire: ContainerStatusProto) -> Self {
        Self {
            id: wire.container_id.unwrap_or_default().into(),
            state: ContainerState::from_wire(wire.state.unwrap_or_default()),
            exit: wire.exit_status.map_or(ExitStatus::INVALID, ExitStatus),
            diagnostics: wire.diagnostics.unwrap_or_default().trim_end().to_owned(),
        }
    }
}

/// Tokens that are there; a node without one is of no use.
pub(crate) fn node_tokens(wire: Vec<NmTokenProto>) -> Vec<NodeToken> {
    wire.into_iter()
        .filter_map(|entry| {
            Some(NodeToken {
                node: entry.node_id?.into(),
                token: entry.token?.into(),
            })
        })
        .collect()
}
