//! What an ApplicationMaster and a NodeManager tell each other.

use super::basic::*;
use super::master::ContainerStatusProto;
use super::submission::ContainerLaunchContextProto;
use alpheus_hadoop_rpc::token::TokenProto;

/// `StartContainersRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StartContainersRequestProto {
    #[prost(message, repeated, tag = "1")]
    pub start_container_request: Vec<StartContainerRequestProto>,
}

/// `StartContainerRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StartContainerRequestProto {
    #[prost(message, optional, tag = "1")]
    pub container_launch_context: Option<ContainerLaunchContextProto>,
    #[prost(message, optional, tag = "2")]
    pub container_token: Option<TokenProto>,
}

/// `StartContainersResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StartContainersResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub services_meta_data: Vec<StringBytesMapProto>,
    #[prost(message, repeated, tag = "2")]
    pub succeeded_requests: Vec<ContainerIdProto>,
    #[prost(message, repeated, tag = "3")]
    pub failed_requests: Vec<ContainerExceptionMapProto>,
}

/// `ContainerExceptionMapProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerExceptionMapProto {
    #[prost(message, optional, tag = "1")]
    pub container_id: Option<ContainerIdProto>,
    #[prost(message, optional, tag = "2")]
    pub exception: Option<SerializedExceptionProto>,
}

/// `StopContainersRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StopContainersRequestProto {
    #[prost(message, repeated, tag = "1")]
    pub container_id: Vec<ContainerIdProto>,
}

/// `StopContainersResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StopContainersResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub succeeded_requests: Vec<ContainerIdProto>,
    #[prost(message, repeated, tag = "2")]
    pub failed_requests: Vec<ContainerExceptionMapProto>,
}

/// `GetContainerStatusesRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetContainerStatusesRequestProto {
    #[prost(message, repeated, tag = "1")]
    pub container_id: Vec<ContainerIdProto>,
}

/// `GetContainerStatusesResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetContainerStatusesResponseProto {
    #[prost(message, repeated, tag = "1")]
    pub status: Vec<ContainerStatusProto>,
    #[prost(message, repeated, tag = "2")]
    pub failed_requests: Vec<ContainerExceptionMapProto>,
}
