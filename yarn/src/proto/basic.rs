//! Ids, resources, tokens: `yarn_protos.proto`.
//!
//! Numbers for enumerations are plain, because vendors add values; `records` gives them names.

/// `ApplicationIdProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationIdProto {
    #[prost(int32, optional, tag = "1")]
    pub id: Option<i32>,
    #[prost(int64, optional, tag = "2")]
    pub cluster_timestamp: Option<i64>,
}

/// `ApplicationAttemptIdProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ApplicationAttemptIdProto {
    #[prost(message, optional, tag = "1")]
    pub application_id: Option<ApplicationIdProto>,
    #[prost(int32, optional, tag = "2")]
    pub attempt_id: Option<i32>,
}

/// `ContainerIdProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ContainerIdProto {
    #[prost(message, optional, tag = "2")]
    pub app_attempt_id: Option<ApplicationAttemptIdProto>,
    #[prost(int64, optional, tag = "3")]
    pub id: Option<i64>,
}

/// `NodeIdProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NodeIdProto {
    #[prost(string, optional, tag = "1")]
    pub host: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub port: Option<i32>,
}

/// `PriorityProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PriorityProto {
    #[prost(int32, optional, tag = "1")]
    pub priority: Option<i32>,
}

/// `ResourceProto`: fields 1 and 2 always count; the map is for other kinds, such as GPUs.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceProto {
    #[prost(int64, optional, tag = "1")]
    pub memory: Option<i64>,
    #[prost(int32, optional, tag = "2")]
    pub virtual_cores: Option<i32>,
    #[prost(message, repeated, tag = "3")]
    pub resource_value_map: Vec<ResourceInformationProto>,
}

/// `ResourceInformationProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceInformationProto {
    #[prost(string, required, tag = "1")]
    pub key: String,
    #[prost(int64, optional, tag = "2")]
    pub value: Option<i64>,
    #[prost(string, optional, tag = "3")]
    pub units: Option<String>,
    #[prost(int32, optional, tag = "4")]
    pub kind: Option<i32>,
}

/// `ResourceTypeInfoProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ResourceTypeInfoProto {
    #[prost(string, required, tag = "1")]
    pub name: String,
    #[prost(string, optional, tag = "2")]
    pub units: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub kind: Option<i32>,
}

/// `URLProto`: the port must be -1 when there is none, or it reads as 0.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UrlProto {
    #[prost(string, optional, tag = "1")]
    pub scheme: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub host: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub port: Option<i32>,
    #[prost(string, optional, tag = "4")]
    pub file: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub user_info: Option<String>,
}

/// `StringStringMapProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StringStringMapProto {
    #[prost(string, optional, tag = "1")]
    pub key: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub value: Option<String>,
}

/// `StringBytesMapProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct StringBytesMapProto {
    #[prost(string, optional, tag = "1")]
    pub key: Option<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub value: Option<Vec<u8>>,
}

/// `SerializedExceptionProto`: a Java exception inside a message.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SerializedExceptionProto {
    #[prost(string, optional, tag = "1")]
    pub message: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub trace: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub class_name: Option<String>,
}
