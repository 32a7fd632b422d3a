//! What the ResourceManager tells clients.

use super::{Priority, Resource, unsigned};
use crate::ids::{ApplicationId, AttemptId, ContainerId, NodeId};
use crate::proto::{
    ApplicationAttemptReportProto, ApplicationReportProto, ApplicationResourceUsageReportProto,
    ContainerReportProto, GetApplicationsRequestProto, NodeReportProto, QueueInfoProto,
    QueueUserAclInfoProto, YarnClusterMetricsProto,
};
use crate::states::{
    ApplicationState, AttemptState, ContainerState, ExitStatus, FinalStatus, LogAggregationStatus,
    NodeState, QueueAcl, QueueState,
};
use alpheus_security::hadoop::Token;

/// How an application is.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplicationReport {
    /// Its id.
    pub id: ApplicationId,
    /// Who submitted it.
    pub user: String,
    /// Its queue.
    pub queue: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// Where it is.
    pub state: ApplicationState,
    /// What it said at its end.
    pub final_status: FinalStatus,
    /// Its master's host; empty while there is none or one may not see it.
    pub host: String,
    /// Its master's port; 0 or less while there is none.
    pub port: i32,
    /// Its pages, through the proxy.
    pub tracking_url: String,
    /// Its pages at the master.
    pub original_tracking_url: String,
    /// Why it is as it is.
    pub diagnostics: String,
    /// The current attempt.
    pub attempt: Option<AttemptId>,
    /// From 0 to 1.
    pub progress: f32,
    /// When it was submitted, milliseconds since 1970; 0 when unknown, as for all times here.
    pub started: i64,
    /// When its master was started.
    pub launched: i64,
    /// When it ended.
    pub finished: i64,
    /// Its words.
    pub tags: Vec<String>,
    /// Its priority.
    pub priority: Priority,
    /// How far log aggregation is.
    pub log_aggregation: LogAggregationStatus,
    /// What it uses and has used.
    pub usage: ResourceUsage,
    /// The permission to talk to its master, on secured clusters while it runs.
    pub client_token: Option<Token>,
    /// The master's own token, when it is started by somebody else and that is us.
    pub master_token: Option<Token>,
}

/// What an application uses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourceUsage {
    /// Containers.
    pub containers: u64,
    /// What they have.
    pub used: Resource,
    /// What is kept for it until there is enough.
    pub reserved: Resource,
    /// Megabytes times seconds.
    pub memory_seconds: u64,
    /// Cores times seconds.
    pub vcore_seconds: u64,
    /// Percent of its queue.
    pub queue_percent: f32,
    /// Percent of the cluster.
    pub cluster_percent: f32,
}

/// Which applications to list; empty lists do not restrict.
#[derive(Clone, Debug, Default)]
pub struct ApplicationFilter {
    /// Kinds.
    pub kinds: Vec<String>,
    /// States.
    pub states: Vec<ApplicationState>,
    /// Users.
    pub users: Vec<String>,
    /// Queues.
    pub queues: Vec<String>,
    /// Words, of which one must be there.
    pub tags: Vec<String>,
    /// The name.
    pub name: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// How an attempt is or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptReport {
    /// Which.
    pub id: AttemptId,
    /// Where it is.
    pub state: AttemptState,
    /// Its container.
    pub container: Option<ContainerId>,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: i32,
    /// Its pages.
    pub tracking_url: String,
    /// Why it is as it is.
    pub diagnostics: String,
    /// When it started, milliseconds since 1970.
    pub started: i64,
    /// When it ended.
    pub finished: i64,
}

/// How a container is or was, for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerReport {
    /// Which.
    pub id: ContainerId,
    /// Where.
    pub node: Option<NodeId>,
    /// What it has.
    pub resource: Resource,
    /// Running or not.
    pub state: ContainerState,
    /// How it ended.
    pub exit: ExitStatus,
    /// Why.
    pub diagnostics: String,
    /// Its logs' page.
    pub log_url: String,
    /// When it was made, milliseconds since 1970.
    pub created: i64,
    /// When it ended.
    pub finished: i64,
}

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeReport {
    /// Which.
    pub id: NodeId,
    /// How it is.
    pub state: NodeState,
    /// Its web address, `host:port`.
    pub http: String,
    /// Its rack.
    pub rack: String,
    /// What it has in all.
    pub capability: Resource,
    /// What of it is used.
    pub used: Resource,
    /// Containers on it.
    pub containers: u64,
    /// What its health check says.
    pub health: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Seconds until it leaves, when it is leaving.
    pub decommissioning_seconds: Option<u32>,
}

/// How many nodes there are, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClusterMetrics {
    /// All.
    pub nodes: u64,
    /// Good.
    pub active: u64,
    /// Taken out.
    pub decommissioned: u64,
    /// Not heard of.
    pub lost: u64,
    /// Not healthy.
    pub unhealthy: u64,
    /// Restarted.
    pub rebooted: u64,
}

/// How a queue is. Shares are fractions of the parent's.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueInfo {
    /// Its name.
    pub name: String,
    /// Its path from the root.
    pub path: String,
    /// Open or not.
    pub state: QueueState,
    /// Its share.
    pub capacity: f32,
    /// What it may grow to.
    pub maximum_capacity: f32,
    /// What of its share is used; above 1 when it has grown.
    pub current_capacity: f32,
    /// Labels that it may use.
    pub labels: Vec<String>,
    /// The label of requests that name none.
    pub default_label: Option<String>,
    /// Queues below it.
    pub children: Vec<QueueInfo>,
}

/// What we may do with a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueAccess {
    /// The queue.
    pub queue: String,
    /// What we may do.
    pub allowed: Vec<QueueAcl>,
}

/// A kind of resource that the cluster knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceKind {
    /// Such as `memory-mb`, `vcores`, `yarn.io/gpu`.
    pub name: String,
    /// Its unit, such as `Mi`; often empty.
    pub units: String,
}

/// A label that nodes have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLabel {
    /// Its name.
    pub name: String,
    /// Whether only requests for it get such nodes.
    pub exclusive: bool,
}

impl From<ApplicationReportProto> for ApplicationReport {
    fn from(wire: ApplicationReportProto) -> Self {
        Self {
            id: wire.application_id.unwrap_or_default().into(),
            user: wire.user.unwrap_or_default(),
            queue: wire.queue.unwrap_or_default(),
            name: wire.name.unwrap_or_default(),
            kind: wire.application_type.unwrap_or_default(),
            state: ApplicationState::from_wire(wire.yarn_application_state.unwrap_or_default()),
            final_status: FinalStatus::from_wire(wire.final_application_status.unwrap_or_default()),
            host: wire.host.filter(|h| h != "N/A").unwrap_or_default(),
            port: wire.rpc_port.unwrap_or_default(),
            tracking_url: wire.tracking_url.filter(|u| u != "N/A").unwrap_or_default(),
            original_tracking_url: wire
                .original_tracking_url
                .filter(|u| u != "N/A")
                .unwrap_or_default(),
            diagnostics: wire.diagnostics.unwrap_or_default(),
            attempt: wire.current_application_attempt_id.map(Into::into),
            progress: wire.progress.unwrap_or_default(),
            started: wire.start_time.unwrap_or_default(),
            launched: wire.launch_time.unwrap_or_default(),
            finished: wire.finish_time.unwrap_or_default(),
            tags: wire.application_tags,
            priority: wire.priority.into(),
            log_aggregation: LogAggregationStatus::from_wire(
                wire.log_aggregation_status.unwrap_or_default(),
            ),
            usage: wire.app_resource_usage.unwrap_or_default().into(),
            client_token: wire.client_to_am_token.map(Into::into),
            master_token: wire.am_rm_token.map(Into::into),
        }
    }
}

impl From<ApplicationResourceUsageReportProto> for ResourceUsage {
    fn from(wire: ApplicationResourceUsageReportProto) -> Self {
        Self {
            containers: unsigned(wire.num_used_containers),
            used: wire.used_resources.into(),
            reserved: wire.reserved_resources.into(),
            memory_seconds: unsigned(wire.memory_seconds),
            vcore_seconds: unsigned(wire.vcore_seconds),
            queue_percent: wire.queue_usage_percentage.unwrap_or_default(),
            cluster_percent: wire.cluster_usage_percentage.unwrap_or_default(),
        }
    }
}

impl From<&ApplicationFilter> for GetApplicationsRequestProto {
    fn from(filter: &ApplicationFilter) -> Self {
        Self {
            application_types: filter.kinds.clone(),
            application_states: filter.states.iter().map(|s| s.to_wire()).collect(),
            users: filter.users.clone(),
            queues: filter.queues.clone(),
            limit: filter.limit.map(i64::from),
            application_tags: filter.tags.clone(),
            scope: None,
            name: filter.name.clone(),
        }
    }
}

impl From<ApplicationAttemptReportProto> for AttemptReport {
    fn from(wire: ApplicationAttemptReportProto) -> Self {
        Self {
            id: wire.application_attempt_id.unwrap_or_default().into(),
            state: AttemptState::from_wire(wire.state.unwrap_or_default()),
            container: wire.am_container_id.map(Into::into),
            host: wire.host.unwrap_or_default(),
            port: wire.rpc_port.unwrap_or_default(),
            tracking_url: wire.tracking_url.unwrap_or_default(),
            diagnostics: wire.diagnostics.unwrap_or_default(),
            started: wire.start_time.unwrap_or_default(),
            finished: wire.finish_time.unwrap_or_default(),
        }
    }
}

impl From<ContainerReportProto> for ContainerReport {
    fn from(wire: ContainerReportProto) -> Self {
        Self {
            id: wire.container_id.unwrap_or_default().into(),
            node: wire.node_id.map(Into::into),
            resource: wire.resource.into(),
            state: ContainerState::from_wire(wire.container_state.unwrap_or_default()),
            exit: wire
                .container_exit_status
                .map_or(ExitStatus::INVALID, ExitStatus),
            diagnostics: wire.diagnostics_info.unwrap_or_default(),
            log_url: wire.log_url.unwrap_or_default(),
            created: wire.creation_time.unwrap_or_default(),
            finished: wire.finish_time.unwrap_or_default(),
        }
    }
}

impl From<NodeReportProto> for NodeReport {
    fn from(wire: NodeReportProto) -> Self {
        Self {
            id: wire.node_id.unwrap_or_default().into(),
            state: NodeState::from_wire(wire.node_state.unwrap_or_default()),
            http: wire.http_address.unwrap_or_default(),
            rack: wire.rack_name.unwrap_or_default(),
            capability: wire.capability.into(),
            used: wire.used.into(),
            containers: unsigned(wire.num_containers),
            health: wire.health_report.unwrap_or_default(),
            labels: wire.node_labels,
            decommissioning_seconds: wire.decommissioning_timeout,
        }
    }
}

impl From<YarnClusterMetricsProto> for ClusterMetrics {
    fn from(wire: YarnClusterMetricsProto) -> Self {
        Self {
            nodes: unsigned(wire.num_node_managers),
            active: unsigned(wire.num_active),
            decommissioned: unsigned(wire.num_decommissioned),
            lost: unsigned(wire.num_lost),
            unhealthy: unsigned(wire.num_unhealthy),
            rebooted: unsigned(wire.num_rebooted),
        }
    }
}

impl From<QueueInfoProto> for QueueInfo {
    fn from(wire: QueueInfoProto) -> Self {
        let name = wire.queue_name.unwrap_or_default();
        Self {
            path: wire.queue_path.unwrap_or_else(|| name.clone()),
            name,
            state: QueueState::from_wire(wire.state.unwrap_or_default()),
            capacity: wire.capacity.unwrap_or_default(),
            maximum_capacity: wire.maximum_capacity.unwrap_or_default(),
            current_capacity: wire.current_capacity.unwrap_or_default(),
            labels: wire.accessible_node_labels,
            default_label: wire.default_node_label_expression.filter(|l| !l.is_empty()),
            children: wire.child_queues.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<QueueUserAclInfoProto> for QueueAccess {
    fn from(wire: QueueUserAclInfoProto) -> Self {
        Self {
            queue: wire.queue_name.unwrap_or_default(),
            allowed: wire
                .user_acls
                .into_iter()
                .map(QueueAcl::from_wire)
                .collect(),
        }
    }
}
