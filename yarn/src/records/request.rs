//! What a master and the ResourceManager tell each other.

use super::container::node_tokens;
use super::{
    AccessLists, Container, ContainerStatus, NodeReport, NodeToken, Priority, Resource,
    ResourceKind,
};
use crate::ids::ContainerId;
use crate::proto::{
    AllocateRequestProto, AllocateResponseProto, ExecutionTypeRequestProto, PreemptionMessageProto,
    RegisterApplicationMasterResponseProto, ResourceBlacklistRequestProto, ResourceRequestProto,
    UpdateContainerRequestProto,
};
use crate::states::ExecutionType;
use alpheus_security::hadoop::Token;
use alpheus_security::secret::SecretBytes;
use std::fmt;

/// Containers that are wanted.
///
/// The count is absolute, not a difference: the ResourceManager remembers one number per priority, place, size and request id.
/// A wish for a node or rack must be accompanied by one for its rack and for `*`; the count at `*` is the true one. Different
/// sizes need different priorities or request ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRequest {
    /// The priority.
    pub priority: Priority,
    /// A host, a rack, or `*`.
    pub place: String,
    /// The size of each.
    pub resource: Resource,
    /// How many are still wanted.
    pub count: u32,
    /// Whether another place will do.
    pub relax_locality: bool,
    /// The label that the node must have.
    pub node_label: Option<String>,
    /// How they run.
    pub execution: ExecutionType,
    /// A number to know the answers by; -1 for none.
    pub allocation_request_id: i64,
}

impl ResourceRequest {
    /// Containers anywhere.
    pub fn anywhere(priority: Priority, resource: Resource, count: u32) -> Self {
        Self {
            priority,
            place: "*".into(),
            resource,
            count,
            relax_locality: true,
            node_label: None,
            execution: ExecutionType::Guaranteed,
            allocation_request_id: -1,
        }
    }
}

/// The ResourceManager's answer to a registration.
#[derive(Clone)]
pub struct Registration {
    /// The largest container there can be.
    pub maximum: Resource,
    /// The key by which clients' tokens are checked, on secured clusters.
    pub client_token_key: Option<SecretBytes>,
    /// Who may see and change this application.
    pub access: AccessLists,
    /// The queue that the application is in.
    pub queue: String,
    /// Containers that outlived the previous master.
    pub previous_containers: Vec<Container>,
    /// Permissions to talk to their nodes.
    pub node_tokens: Vec<NodeToken>,
    /// The kinds of resources that the cluster knows.
    pub resource_kinds: Vec<ResourceKind>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("maximum", &self.maximum)
            .field("queue", &self.queue)
            .field("previous_containers", &self.previous_containers)
            .finish_non_exhaustive()
    }
}

/// One heartbeat of a master.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllocateRequest {
    /// The number of the last answer; 0 at first.
    pub response_id: i32,
    /// Wishes that changed since the last heartbeat.
    pub ask: Vec<ResourceRequest>,
    /// Containers that are not needed any more.
    pub release: Vec<ContainerId>,
    /// Hosts not to be given containers on.
    pub blacklist: Vec<String>,
    /// Hosts that are good again.
    pub unblacklist: Vec<String>,
    /// Containers that should change.
    pub updates: Vec<ContainerUpdate>,
    /// From 0 to 1.
    pub progress: f32,
    /// The address of our pages, if it changed.
    pub tracking_url: Option<String>,
}

/// What a container should become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerUpdate {
    /// Which.
    pub id: ContainerId,
    /// The version that we know.
    pub version: i32,
    /// The kind of change.
    pub kind: UpdateType,
    /// The new size, when that is what changes.
    pub resource: Option<Resource>,
}

/// A kind of change to a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateType {
    /// Larger.
    Increase,
    /// Smaller.
    Decrease,
    /// From opportunistic to guaranteed.
    Promote,
    /// From guaranteed to opportunistic.
    Demote,
}

/// The ResourceManager's answer to a heartbeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// To be repeated in the next heartbeat.
    pub response_id: i32,
    /// Containers that we now have.
    pub allocated: Vec<Container>,
    /// Containers that ended; told once.
    pub completed: Vec<ContainerStatus>,
    /// Containers that outlived the previous master and were found only now.
    pub previous_containers: Vec<Container>,
    /// Containers that changed as asked.
    pub updated: Vec<Container>,
    /// Changes that were refused.
    pub update_errors: Vec<UpdateError>,
    /// Nodes that changed.
    pub updated_nodes: Vec<NodeReport>,
    /// Permissions to talk to nodes; each is told once.
    pub node_tokens: Vec<NodeToken>,
    /// What is still free for us.
    pub headroom: Resource,
    /// Nodes in the cluster.
    pub nodes: u64,
    /// What the scheduler wants back.
    pub preemption: Option<Preemption>,
    /// Our new token for the ResourceManager, when it was rolled.
    pub master_token: Option<Token>,
}

/// A change that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateError {
    /// Which.
    pub id: ContainerId,
    /// Why, such as `INCORRECT_CONTAINER_VERSION_ERROR`.
    pub reason: String,
    /// The version that the ResourceManager knows.
    pub version: i32,
}

/// What the scheduler wants back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preemption {
    /// These will be taken.
    pub strict: Vec<ContainerId>,
    /// These, or others of the same worth.
    pub negotiable: Vec<ContainerId>,
    /// The worth.
    pub resources: Vec<(Resource, u32)>,
}

impl From<&ResourceRequest> for ResourceRequestProto {
    fn from(request: &ResourceRequest) -> Self {
        Self {
            priority: Some(request.priority.into()),
            resource_name: Some(request.place.clone()),
            capability: Some((&request.resource).into()),
            num_containers: Some(super::narrow(request.count.into())),
            relax_locality: Some(request.relax_locality),
            node_label_expression: request.node_label.clone(),
            execution_type_request: Some(ExecutionTypeRequestProto {
                execution_type: Some(request.execution.to_wire()),
                enforce_execution_type: Some(false),
            }),
            allocation_request_id: Some(request.allocation_request_id),
        }
    }
}

impl From<RegisterApplicationMasterResponseProto> for Registration {
    fn from(mut wire: RegisterApplicationMasterResponseProto) -> Self {
        Self {
            maximum: wire.maximum_capability.take().into(),
            client_token_key: wire
                .client_to_am_token_master_key
                .take()
                .filter(|key| !key.is_empty())
                .map(SecretBytes::new),
            access: std::mem::take(&mut wire.application_acls).into(),
            queue: wire.queue.take().unwrap_or_default(),
            previous_containers: all(std::mem::take(&mut wire.containers_from_previous_attempts)),
            node_tokens: node_tokens(std::mem::take(&mut wire.nm_tokens_from_previous_attempts)),
            resource_kinds: std::mem::take(&mut wire.resource_types)
                .into_iter()
                .map(|kind| ResourceKind {
                    name: kind.name,
                    units: kind.units.unwrap_or_default(),
                })
                .collect(),
        }
    }
}

impl fmt::Debug for RegisterApplicationMasterResponseProto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegisterApplicationMasterResponseProto")
    }
}

impl From<&AllocateRequest> for AllocateRequestProto {
    fn from(request: &AllocateRequest) -> Self {
        let blacklist = ResourceBlacklistRequestProto {
            blacklist_additions: request.blacklist.clone(),
            blacklist_removals: request.unblacklist.clone(),
        };
        let changed = !request.blacklist.is_empty() || !request.unblacklist.is_empty();
        Self {
            ask: request.ask.iter().map(Into::into).collect(),
            release: request.release.iter().map(|id| (*id).into()).collect(),
            blacklist_request: changed.then_some(blacklist),
            response_id: Some(request.response_id),
            progress: Some(request.progress.clamp(0.0, 1.0)),
            update_requests: request.updates.iter().map(Into::into).collect(),
            tracking_url: request.tracking_url.clone(),
        }
    }
}

impl From<&ContainerUpdate> for UpdateContainerRequestProto {
    fn from(update: &ContainerUpdate) -> Self {
        let execution = match update.kind {
            UpdateType::Promote => Some(ExecutionType::Guaranteed),
            UpdateType::Demote => Some(ExecutionType::Opportunistic),
            UpdateType::Increase | UpdateType::Decrease => None,
        };
        Self {
            container_version: update.version,
            container_id: update.id.into(),
            update_type: update.kind as i32,
            capability: update.resource.as_ref().map(Into::into),
            execution_type: execution.map(ExecutionType::to_wire),
        }
    }
}

impl From<AllocateResponseProto> for Allocation {
    fn from(wire: AllocateResponseProto) -> Self {
        Self {
            response_id: wire.response_id.unwrap_or_default(),
            allocated: all(wire.allocated_containers),
            completed: all(wire.completed_container_statuses),
            previous_containers: all(wire.containers_from_previous_attempts),
            updated: wire
                .updated_containers
                .into_iter()
                .map(|u| u.container.into())
                .collect(),
            update_errors: wire
                .update_errors
                .into_iter()
                .map(|error| UpdateError {
                    id: error
                        .update_request
                        .map(|r| r.container_id)
                        .unwrap_or_default()
                        .into(),
                    reason: error.reason.unwrap_or_default(),
                    version: error.current_container_version.unwrap_or_default(),
                })
                .collect(),
            updated_nodes: all(wire.updated_nodes),
            node_tokens: node_tokens(wire.nm_tokens),
            headroom: wire.limit.into(),
            nodes: super::unsigned(wire.num_cluster_nodes),
            preemption: wire.preempt.map(Into::into),
            master_token: wire.am_rm_token.map(Into::into),
        }
    }
}

impl From<PreemptionMessageProto> for Preemption {
    fn from(wire: PreemptionMessageProto) -> Self {
        let ids = |containers: Vec<crate::proto::PreemptionContainerProto>| {
            containers
                .into_iter()
                .filter_map(|c| c.id)
                .map(Into::into)
                .collect()
        };
        let contract = wire.contract.unwrap_or_default();
        Self {
            strict: ids(wire.strict_contract.unwrap_or_default().container),
            negotiable: ids(contract.container),
            resources: contract
                .resource
                .into_iter()
                .filter_map(|r| r.resource)
                .map(|r| {
                    (
                        r.capability.into(),
                        super::unsigned(r.num_containers) as u32,
                    )
                })
                .collect(),
        }
    }
}

fn all<A, B: From<A>>(wire: Vec<A>) -> Vec<B> {
    wire.into_iter().map(Into::into).collect()
}
