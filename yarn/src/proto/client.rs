//! What else a client asks of the ResourceManager, and its reports.

use super::basic::*;
use alpheus_hadoop_rpc::token::TokenProto;

/// `GetApplicationReportRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetApplicationReportRequestProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
}

/// `GetApplicationReportResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetApplicationReportResponseProto {
    #[prost(message, optional, tag = "1")]
    pub application_report: Option<ApplicationReportProto>,
}

/// `ApplicationReportProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationReportProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
    #[prost(string, optional, tag = "2")]
    pub user: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub queue: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub host: Option<String>,
    #[prost(int32, optional, tag = "6")]
    pub rpc_port: Option<i32>,
    #[prost(message, optional, tag = "7")]
    pub client_to_am_token: Option<TokenProto>,
    #[prost(int32, optional, tag = "8")]
    pub yarn_application_state: Option<i32>,
    #[prost(string, optional, tag = "9")]
    pub tracking_url: Option<String>,
    #[prost(string, optional, tag = "10")]
    pub diagnostics: Option<String>,
    #[prost(int64, optional, tag = "11")]
    pub start_time: Option<i64>,
    #[prost(int64, optional, tag = "12")]
    pub finish_time: Option<i64>,
    #[prost(int32, optional, tag = "13")]
    pub final_application_status: Option<i32>,
    #[prost(message, optional, tag = "14")]
    pub app_resource_usage: Option<ApplicationResourceUsageReportProto>,
    #[prost(string, optional, tag = "15")]
    pub original_tracking_url: Option<String>,
    #[prost(message, optional, tag = "16")]
    pub current_application_attempt_id: Option<ApplicationAttemptIdProto>,
    #[prost(float, optional, tag = "17")]
    pub progress: Option<f32>,
    #[prost(string, optional, tag = "18")]
    pub application_type: Option<String>,
    #[prost(message, optional, tag = "19")]
    pub am_rm_token: Option<TokenProto>,
    #[prost(string, repeated, tag = "20")]
    pub application_tags: Vec<String>,
    #[prost(int32, optional, tag = "21")]
    pub log_aggregation_status: Option<i32>,
    #[prost(bool, optional, tag = "22")]
    pub unmanaged_application: Option<bool>,
    #[prost(message, optional, tag = "23")]
    pub priority: Option<PriorityProto>,
    #[prost(string, optional, tag = "24")]
    pub app_node_label_expression: Option<String>,
    #[prost(int64, optional, tag = "27")]
    pub launch_time: Option<i64>,
    #[prost(int64, optional, tag = "28")]
    pub submit_time: Option<i64>,
}

/// `ApplicationResourceUsageReportProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationResourceUsageReportProto {
    #[prost(int32, optional, tag = "1")]
    pub num_used_containers: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub num_reserved_containers: Option<i32>,
    #[prost(message, optional, tag = "3")]
    pub used_resources: Option<ResourceProto>,
    #[prost(message, optional, tag = "4")]
    pub reserved_resources: Option<ResourceProto>,
    #[prost(message, optional, tag = "5")]
    pub needed_resources: Option<ResourceProto>,
    #[prost(int64, optional, tag = "6")]
    pub memory_seconds: Option<i64>,
    #[prost(int64, optional, tag = "7")]
    pub vcore_seconds: Option<i64>,
    #[prost(float, optional, tag = "8")]
    pub queue_usage_percentage: Option<f32>,
    #[prost(float, optional, tag = "9")]
    pub cluster_usage_percentage: Option<f32>,
    #[prost(int64, optional, tag = "10")]
    pub preempted_memory_seconds: Option<i64>,
    #[prost(int64, optional, tag = "11")]
    pub preempted_vcore_seconds: Option<i64>,
}

/// `GetApplicationsRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetApplicationsRequestProto {
    #[prost(string, repeated, tag = "1")]
    pub application_types: Vec<String>,
    #[prost(int32, repeated, packed = "false", tag = "2")]
    pub application_states: Vec<i32>,
    #[prost(string, repeated, tag = "3")]
    pub users: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    pub queues: Vec<String>,
    #[prost(int64, optional, tag = "5")]
    pub limit: Option<i64>,
    #[prost(string, repeated, tag = "10")]
    pub application_tags: Vec<String>,
    #[prost(int32, optional, tag = "11")]
    pub scope: Option<i32>,
    #[prost(string, optional, tag = "12")]
    pub name: Option<String>,
}

/// `GetApplicationsResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetApplicationsResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub applications: Vec<ApplicationReportProto>,
}

/// `KillApplicationRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct KillApplicationRequestProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
    #[prost(string, optional, tag = "2")]
    pub diagnostics: Option<String>,
}

/// `KillApplicationResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct KillApplicationResponseProto {
    #[prost(bool, optional, tag = "1")]
    pub is_kill_completed: Option<bool>,
}

/// `FailApplicationAttemptRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FailApplicationAttemptRequestProto {
    #[prost(message, optional, tag = "1")]
    pub application_attempt_id: Option<ApplicationAttemptIdProto>,
}

/// `FailApplicationAttemptResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FailApplicationAttemptResponseProto {}

/// `MoveApplicationAcrossQueuesRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MoveApplicationAcrossQueuesRequestProto {
    #[prost(message, required, tag = "1")]
    pub application_id: ApplicationIdProto,
    #[prost(string, required, tag = "2")]
    pub target_queue: String,
}

/// `MoveApplicationAcrossQueuesResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MoveApplicationAcrossQueuesResponseProto {}

/// `UpdateApplicationPriorityRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateApplicationPriorityRequestProto {
    #[prost(message, required, tag = "1")]
    pub application_id: ApplicationIdProto,
    #[prost(message, required, tag = "2")]
    pub application_priority: PriorityProto,
}

/// `UpdateApplicationPriorityResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateApplicationPriorityResponseProto {
    #[prost(message, optional, tag = "1")]
    pub application_priority: Option<PriorityProto>,
}

/// `SignalContainerRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SignalContainerRequestProto {
    #[prost(message, required, tag = "1")]
    pub container_id: ContainerIdProto,
    #[prost(int32, required, tag = "2")]
    pub command: i32,
}

/// `SignalContainerResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SignalContainerResponseProto {}

/// `GetApplicationAttemptsRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetApplicationAttemptsRequestProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
}

/// `GetApplicationAttemptsResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetApplicationAttemptsResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub application_attempts: Vec<ApplicationAttemptReportProto>,
}

/// `ApplicationAttemptReportProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationAttemptReportProto {
    #[prost(message, optional, tag = "1")]
    pub application_attempt_id: Option<ApplicationAttemptIdProto>,
    #[prost(string, optional, tag = "2")]
    pub host: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub rpc_port: Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub tracking_url: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub diagnostics: Option<String>,
    #[prost(int32, optional, tag = "6")]
    pub state: Option<i32>,
    #[prost(message, optional, tag = "7")]
    pub am_container_id: Option<ContainerIdProto>,
    #[prost(string, optional, tag = "8")]
    pub original_tracking_url: Option<String>,
    #[prost(int64, optional, tag = "9")]
    pub start_time: Option<i64>,
    #[prost(int64, optional, tag = "10")]
    pub finish_time: Option<i64>,
}

/// `GetContainersRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetContainersRequestProto {
    #[prost(message, optional, tag = "1")]
    pub application_attempt_id: Option<ApplicationAttemptIdProto>,
}

/// `GetContainersResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetContainersResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub containers_reports: Vec<ContainerReportProto>,
}

/// `ContainerReportProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerReportProto {
    #[prost(message, optional, tag = "1")]
    pub container_id: Option<ContainerIdProto>,
    #[prost(message, optional, tag = "2")]
    pub resource: Option<ResourceProto>,
    #[prost(message, optional, tag = "3")]
    pub node_id: Option<NodeIdProto>,
    #[prost(message, optional, tag = "4")]
    pub priority: Option<PriorityProto>,
    #[prost(int64, optional, tag = "5")]
    pub creation_time: Option<i64>,
    #[prost(int64, optional, tag = "6")]
    pub finish_time: Option<i64>,
    #[prost(string, optional, tag = "7")]
    pub diagnostics_info: Option<String>,
    #[prost(string, optional, tag = "8")]
    pub log_url: Option<String>,
    #[prost(int32, optional, tag = "9")]
    pub container_exit_status: Option<i32>,
    #[prost(int32, optional, tag = "10")]
    pub container_state: Option<i32>,
    #[prost(string, optional, tag = "11")]
    pub node_http_address: Option<String>,
}

/// `GetClusterMetricsRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetClusterMetricsRequestProto {}

/// `GetClusterMetricsResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetClusterMetricsResponseProto {
    #[prost(message, optional, tag = "1")]
    pub cluster_metrics: Option<YarnClusterMetricsProto>,
}

/// `YarnClusterMetricsProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct YarnClusterMetricsProto {
    #[prost(int32, optional, tag = "1")]
    pub num_node_managers: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub num_decommissioned: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub num_active: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub num_lost: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    pub num_unhealthy: Option<i32>,
    #[prost(int32, optional, tag = "6")]
    pub num_rebooted: Option<i32>,
}

/// `GetClusterNodesRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetClusterNodesRequestProto {
    #[prost(int32, repeated, packed = "false", tag = "1")]
    pub node_states: Vec<i32>,
}

/// `GetClusterNodesResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetClusterNodesResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub node_reports: Vec<NodeReportProto>,
}

/// `NodeReportProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NodeReportProto {
    #[prost(message, optional, tag = "1")]
    pub node_id: Option<NodeIdProto>,
    #[prost(string, optional, tag = "2")]
    pub http_address: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub rack_name: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub used: Option<ResourceProto>,
    #[prost(message, optional, tag = "5")]
    pub capability: Option<ResourceProto>,
    #[prost(int32, optional, tag = "6")]
    pub num_containers: Option<i32>,
    #[prost(int32, optional, tag = "7")]
    pub node_state: Option<i32>,
    #[prost(string, optional, tag = "8")]
    pub health_report: Option<String>,
    #[prost(int64, optional, tag = "9")]
    pub last_health_report_time: Option<i64>,
    #[prost(string, repeated, tag = "10")]
    pub node_labels: Vec<String>,
    #[prost(uint32, optional, tag = "13")]
    pub decommissioning_timeout: Option<u32>,
    #[prost(int32, optional, tag = "14")]
    pub node_update_type: Option<i32>,
}

/// `GetQueueInfoRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetQueueInfoRequestProto {
    #[prost(string, optional, tag = "1")]
    pub queue_name: Option<String>,
    #[prost(bool, optional, tag = "2")]
    pub include_applications: Option<bool>,
    #[prost(bool, optional, tag = "3")]
    pub include_child_queues: Option<bool>,
    #[prost(bool, optional, tag = "4")]
    pub recursive: Option<bool>,
}

/// `GetQueueInfoResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetQueueInfoResponseProto {
    #[prost(message, optional, tag = "1")]
    pub queue_info: Option<QueueInfoProto>,
}

/// `QueueInfoProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct QueueInfoProto {
    #[prost(string, optional, tag = "1")]
    pub queue_name: Option<String>,
    #[prost(float, optional, tag = "2")]
    pub capacity: Option<f32>,
    #[prost(float, optional, tag = "3")]
    pub maximum_capacity: Option<f32>,
    #[prost(float, optional, tag = "4")]
    pub current_capacity: Option<f32>,
    #[prost(int32, optional, tag = "5")]
    pub state: Option<i32>,
    #[prost(message, repeated, tag = "6")]
    pub child_queues: Vec<QueueInfoProto>,
    #[prost(string, repeated, tag = "8")]
    pub accessible_node_labels: Vec<String>,
    #[prost(string, optional, tag = "9")]
    pub default_node_label_expression: Option<String>,
    #[prost(string, optional, tag = "15")]
    pub queue_path: Option<String>,
}

/// `GetQueueUserAclsInfoRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetQueueUserAclsInfoRequestProto {}

/// `GetQueueUserAclsInfoResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetQueueUserAclsInfoResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub queue_user_acls: Vec<QueueUserAclInfoProto>,
}

/// `QueueUserACLInfoProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct QueueUserAclInfoProto {
    #[prost(string, optional, tag = "1")]
    pub queue_name: Option<String>,
    #[prost(int32, repeated, packed = "false", tag = "2")]
    pub user_acls: Vec<i32>,
}

/// `GetAllResourceTypeInfoRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetAllResourceTypeInfoRequestProto {}

/// `GetAllResourceTypeInfoResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetAllResourceTypeInfoResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub resource_type_info: Vec<ResourceTypeInfoProto>,
}

/// `GetAllResourceProfilesRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetAllResourceProfilesRequestProto {}

/// `GetAllResourceProfilesResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetAllResourceProfilesResponseProto {
    #[prost(message, optional, tag = "1")]
    pub resource_profiles: Option<ResourceProfilesProto>,
}

/// `ResourceProfilesProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceProfilesProto {
    #[prost(message, repeated, tag = "1")]
    pub resource_profiles_map: Vec<ResourceProfileEntry>,
}

/// `ResourceProfileEntry`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceProfileEntry {
    #[prost(string, required, tag = "1")]
    pub name: String,
    #[prost(message, required, tag = "2")]
    pub resources: ResourceProto,
}

/// `GetClusterNodeLabelsRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetClusterNodeLabelsRequestProto {}

/// `GetClusterNodeLabelsResponseProto`: Hadoop 3 answers in field 2.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetClusterNodeLabelsResponseProto {
    #[prost(string, repeated, tag = "1")]
    pub deprecated_node_labels: Vec<String>,
    #[prost(message, repeated, tag = "2")]
    pub node_labels: Vec<NodeLabelProto>,
}

/// `NodeLabelProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NodeLabelProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(bool, optional, tag = "2")]
    pub is_exclusive: Option<bool>,
}
