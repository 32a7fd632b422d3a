//! What an ApplicationMaster and the ResourceManager tell each other.

use super::basic::*;
use super::client::NodeReportProto;
use super::submission::{ApplicationAclMapProto, ResourceRequestProto};
use alpheus_hadoop_rpc::token::TokenProto;

/// `RegisterApplicationMasterRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RegisterApplicationMasterRequestProto {
    #[prost(string, optional, tag = "1")]
    pub host: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub rpc_port: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub tracking_url: Option<String>,
}

/// `RegisterApplicationMasterResponseProto`; not printed, because it holds the key of the client tokens.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct RegisterApplicationMasterResponseProto {
    #[prost(message, optional, tag = "1")]
    pub maximum_capability: Option<ResourceProto>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub client_to_am_token_master_key: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "3")]
    pub application_acls: Vec<ApplicationAclMapProto>,
    #[prost(message, repeated, tag = "4")]
    pub containers_from_previous_attempts: Vec<ContainerProto>,
    #[prost(string, optional, tag = "5")]
    pub queue: Option<String>,
    #[prost(message, repeated, tag = "6")]
    pub nm_tokens_from_previous_attempts: Vec<NmTokenProto>,
    #[prost(int32, repeated, packed = "false", tag = "7")]
    pub scheduler_resource_types: Vec<i32>,
    #[prost(message, repeated, tag = "9")]
    pub resource_types: Vec<ResourceTypeInfoProto>,
}

/// `AllocateRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AllocateRequestProto {
    #[prost(message, repeated, tag = "1")]
    pub ask: Vec<ResourceRequestProto>,
    #[prost(message, repeated, tag = "2")]
    pub release: Vec<ContainerIdProto>,
    #[prost(message, optional, tag = "3")]
    pub blacklist_request: Option<ResourceBlacklistRequestProto>,
    #[prost(int32, optional, tag = "4")]
    pub response_id: Option<i32>,
    #[prost(float, optional, tag = "5")]
    pub progress: Option<f32>,
    #[prost(message, repeated, tag = "7")]
    pub update_requests: Vec<UpdateContainerRequestProto>,
    #[prost(string, optional, tag = "11")]
    pub tracking_url: Option<String>,
}

/// `ResourceBlacklistRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceBlacklistRequestProto {
    #[prost(string, repeated, tag = "1")]
    pub blacklist_additions: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub blacklist_removals: Vec<String>,
}

/// `UpdateContainerRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateContainerRequestProto {
    #[prost(int32, required, tag = "1")]
    pub container_version: i32,
    #[prost(message, required, tag = "2")]
    pub container_id: ContainerIdProto,
    #[prost(int32, required, tag = "3")]
    pub update_type: i32,
    #[prost(message, optional, tag = "4")]
    pub capability: Option<ResourceProto>,
    #[prost(int32, optional, tag = "5")]
    pub execution_type: Option<i32>,
}

/// `AllocateResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct AllocateResponseProto {
    #[prost(int32, optional, tag = "1")]
    pub a_m_command: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub response_id: Option<i32>,
    #[prost(message, repeated, tag = "3")]
    pub allocated_containers: Vec<ContainerProto>,
    #[prost(message, repeated, tag = "4")]
    pub completed_container_statuses: Vec<ContainerStatusProto>,
    #[prost(message, optional, tag = "5")]
    pub limit: Option<ResourceProto>,
    #[prost(message, repeated, tag = "6")]
    pub updated_nodes: Vec<NodeReportProto>,
    #[prost(int32, optional, tag = "7")]
    pub num_cluster_nodes: Option<i32>,
    #[prost(message, optional, tag = "8")]
    pub preempt: Option<PreemptionMessageProto>,
    #[prost(message, repeated, tag = "9")]
    pub nm_tokens: Vec<NmTokenProto>,
    #[prost(message, optional, tag = "12")]
    pub am_rm_token: Option<TokenProto>,
    #[prost(message, optional, tag = "13")]
    pub application_priority: Option<PriorityProto>,
    #[prost(message, repeated, tag = "15")]
    pub update_errors: Vec<UpdateContainerErrorProto>,
    #[prost(message, repeated, tag = "16")]
    pub updated_containers: Vec<UpdatedContainerProto>,
    #[prost(message, repeated, tag = "17")]
    pub containers_from_previous_attempts: Vec<ContainerProto>,
}

/// `NMTokenProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NmTokenProto {
    #[prost(message, optional, tag = "1")]
    pub node_id: Option<NodeIdProto>,
    #[prost(message, optional, tag = "2")]
    pub token: Option<TokenProto>,
}

/// `ContainerProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerProto {
    #[prost(message, optional, tag = "1")]
    pub id: Option<ContainerIdProto>,
    #[prost(message, optional, tag = "2")]
    pub node_id: Option<NodeIdProto>,
    #[prost(string, optional, tag = "3")]
    pub node_http_address: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub resource: Option<ResourceProto>,
    #[prost(message, optional, tag = "5")]
    pub priority: Option<PriorityProto>,
    #[prost(message, optional, tag = "6")]
    pub container_token: Option<TokenProto>,
    #[prost(int32, optional, tag = "7")]
    pub execution_type: Option<i32>,
    #[prost(int64, optional, tag = "8")]
    pub allocation_request_id: Option<i64>,
    #[prost(int32, optional, tag = "9")]
    pub version: Option<i32>,
}

/// `ContainerStatusProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerStatusProto {
    #[prost(message, optional, tag = "1")]
    pub container_id: Option<ContainerIdProto>,
    #[prost(int32, optional, tag = "2")]
    pub state: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub diagnostics: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub exit_status: Option<i32>,
}

/// `UpdateContainerErrorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateContainerErrorProto {
    #[prost(string, optional, tag = "1")]
    pub reason: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub update_request: Option<UpdateContainerRequestProto>,
    #[prost(int32, optional, tag = "3")]
    pub current_container_version: Option<i32>,
}

/// `UpdatedContainerProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdatedContainerProto {
    #[prost(int32, required, tag = "1")]
    pub update_type: i32,
    #[prost(message, required, tag = "2")]
    pub container: ContainerProto,
}

/// `PreemptionMessageProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PreemptionMessageProto {
    #[prost(message, optional, tag = "1")]
    pub strict_contract: Option<StrictPreemptionContractProto>,
    #[prost(message, optional, tag = "2")]
    pub contract: Option<PreemptionContractProto>,
}

/// `StrictPreemptionContractProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StrictPreemptionContractProto {
    #[prost(message, repeated, tag = "1")]
    pub container: Vec<PreemptionContainerProto>,
}

/// `PreemptionContractProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PreemptionContractProto {
    #[prost(message, repeated, tag = "1")]
    pub resource: Vec<PreemptionResourceRequestProto>,
    #[prost(message, repeated, tag = "2")]
    pub container: Vec<PreemptionContainerProto>,
}

/// `PreemptionContainerProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PreemptionContainerProto {
    #[prost(message, optional, tag = "1")]
    pub id: Option<ContainerIdProto>,
}

/// `PreemptionResourceRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PreemptionResourceRequestProto {
    #[prost(message, optional, tag = "1")]
    pub resource: Option<ResourceRequestProto>,
}

/// `FinishApplicationMasterRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FinishApplicationMasterRequestProto {
    #[prost(string, optional, tag = "1")]
    pub diagnostics: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub tracking_url: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub final_application_status: Option<i32>,
}

/// `FinishApplicationMasterResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FinishApplicationMasterResponseProto {
    #[prost(bool, optional, tag = "1")]
    pub is_unregistered: Option<bool>,
}
