//! What a client sends to start an application.

use super::basic::*;

/// `GetNewApplicationRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetNewApplicationRequestProto {}

/// `GetNewApplicationResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GetNewApplicationResponseProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
    #[prost(message, optional, tag = "2")]
    pub maximum_capability: Option<ResourceProto>,
}

/// `SubmitApplicationRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SubmitApplicationRequestProto {
    #[prost(message, optional, tag = "1")]
    pub application_submission_context: Option<ApplicationSubmissionContextProto>,
}

/// `SubmitApplicationResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SubmitApplicationResponseProto {}

/// `ApplicationSubmissionContextProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationSubmissionContextProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
    #[prost(string, optional, tag = "2")]
    pub application_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub queue: Option<String>,
    #[prost(message, optional, tag = "4")]
    pub priority: Option<PriorityProto>,
    #[prost(message, optional, tag = "5")]
    pub am_container_spec: Option<ContainerLaunchContextProto>,
    #[prost(bool, optional, tag = "6")]
    pub cancel_tokens_when_complete: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub unmanaged_am: Option<bool>,
    #[prost(int32, optional, tag = "8")]
    pub max_app_attempts: Option<i32>,
    #[prost(string, optional, tag = "10")]
    pub application_type: Option<String>,
    #[prost(bool, optional, tag = "11")]
    pub keep_containers_across_application_attempts: Option<bool>,
    #[prost(string, repeated, tag = "12")]
    pub application_tags: Vec<String>,
    #[prost(int64, optional, tag = "13")]
    pub attempt_failures_validity_interval: Option<i64>,
    #[prost(message, optional, tag = "14")]
    pub log_aggregation_context: Option<LogAggregationContextProto>,
    #[prost(string, optional, tag = "16")]
    pub node_label_expression: Option<String>,
    #[prost(message, repeated, tag = "17")]
    pub am_container_resource_request: Vec<ResourceRequestProto>,
    #[prost(message, repeated, tag = "18")]
    pub application_timeouts: Vec<ApplicationTimeoutMapProto>,
    #[prost(message, repeated, tag = "19")]
    pub application_scheduling_properties: Vec<StringStringMapProto>,
}

/// `ApplicationTimeoutMapProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationTimeoutMapProto {
    #[prost(int32, optional, tag = "1")]
    pub kind: Option<i32>,
    #[prost(int64, optional, tag = "2")]
    pub timeout: Option<i64>,
}

/// `ContainerLaunchContextProto`; not printed, because tokens and environment may hold secrets.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct ContainerLaunchContextProto {
    #[prost(message, repeated, tag = "1")]
    pub local_resources: Vec<StringLocalResourceMapProto>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub tokens: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "3")]
    pub service_data: Vec<StringBytesMapProto>,
    #[prost(message, repeated, tag = "4")]
    pub environment: Vec<StringStringMapProto>,
    #[prost(string, repeated, tag = "5")]
    pub command: Vec<String>,
    #[prost(message, repeated, tag = "6")]
    pub application_acls: Vec<ApplicationAclMapProto>,
    #[prost(message, optional, tag = "7")]
    pub container_retry_context: Option<ContainerRetryContextProto>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub tokens_conf: Option<Vec<u8>>,
}

/// `StringLocalResourceMapProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StringLocalResourceMapProto {
    #[prost(string, optional, tag = "1")]
    pub key: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub value: Option<LocalResourceProto>,
}

/// `LocalResourceProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LocalResourceProto {
    #[prost(message, optional, tag = "1")]
    pub resource: Option<UrlProto>,
    #[prost(int64, optional, tag = "2")]
    pub size: Option<i64>,
    #[prost(int64, optional, tag = "3")]
    pub timestamp: Option<i64>,
    #[prost(int32, optional, tag = "4")]
    pub kind: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    pub visibility: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub pattern: Option<String>,
    #[prost(bool, optional, tag = "7")]
    pub should_be_uploaded_to_shared_cache: Option<bool>,
}

/// `LogAggregationContextProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct LogAggregationContextProto {
    #[prost(string, optional, tag = "1")]
    pub include_pattern: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub exclude_pattern: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub rolled_logs_include_pattern: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub rolled_logs_exclude_pattern: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub log_aggregation_policy_class_name: Option<String>,
    #[prost(string, optional, tag = "6")]
    pub log_aggregation_policy_parameters: Option<String>,
}

/// `ContainerRetryContextProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerRetryContextProto {
    #[prost(int32, optional, tag = "1")]
    pub retry_policy: Option<i32>,
    #[prost(int32, repeated, packed = "false", tag = "2")]
    pub error_codes: Vec<i32>,
    #[prost(int32, optional, tag = "3")]
    pub max_retries: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub retry_interval: Option<i32>,
    #[prost(int64, optional, tag = "5")]
    pub failures_validity_interval: Option<i64>,
}

/// `ApplicationACLMapProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationAclMapProto {
    #[prost(int32, optional, tag = "1")]
    pub access_type: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub acl: Option<String>,
}

/// `ResourceRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceRequestProto {
    #[prost(message, optional, tag = "1")]
    pub priority: Option<PriorityProto>,
    #[prost(string, optional, tag = "2")]
    pub resource_name: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub capability: Option<ResourceProto>,
    #[prost(int32, optional, tag = "4")]
    pub num_containers: Option<i32>,
    #[prost(bool, optional, tag = "5")]
    pub relax_locality: Option<bool>,
    #[prost(string, optional, tag = "6")]
    pub node_label_expression: Option<String>,
    #[prost(message, optional, tag = "7")]
    pub execution_type_request: Option<ExecutionTypeRequestProto>,
    #[prost(int64, optional, tag = "8")]
    pub allocation_request_id: Option<i64>,
}

/// `ExecutionTypeRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ExecutionTypeRequestProto {
    #[prost(int32, optional, tag = "1")]
    pub execution_type: Option<i32>,
    #[prost(bool, optional, tag = "2")]
    pub enforce_execution_type: Option<bool>,
}
