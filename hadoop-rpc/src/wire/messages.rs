//! The protobuf messages of the RPC layer itself, written by hand with Hadoop's field numbers.
//!
//! Source: `RpcHeader.proto`, `IpcConnectionContext.proto` and `ProtobufRpcEngine2.proto` of Hadoop 3. Fields that a client
//! neither sends nor reads (tracing, observer state, federation) are left out: protobuf skips what it does not know.
//! Enumerations are plain numbers here, because a newer server may send one that we do not know.

/// `RpcRequestHeaderProto`: in front of everything that a client sends.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RequestHeader {
    /// How the body is serialized; always [`RPC_PROTOCOL_BUFFER`].
    #[prost(int32, optional, tag = "1")]
    pub rpc_kind: Option<i32>,
    /// Always [`RPC_FINAL_PACKET`].
    #[prost(int32, optional, tag = "2")]
    pub rpc_op: Option<i32>,
    /// The call, or one of the reserved negative numbers.
    #[prost(sint32, required, tag = "3")]
    pub call_id: i32,
    /// Sixteen bytes that stay the same for the client's life: with the call id the key of the server's retry cache.
    #[prost(bytes = "vec", required, tag = "4")]
    pub client_id: Vec<u8>,
    /// How often this call was sent before; -1 where it has no meaning.
    #[prost(sint32, optional, tag = "5")]
    pub retry_count: Option<i32>,
    /// Who asks, for the server's audit log.
    #[prost(message, optional, tag = "7")]
    pub caller_context: Option<CallerContext>,
}

/// `RPCCallerContextProto`: words for the server's audit log.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CallerContext {
    /// Such as `ALPHEUS_application_1700000000000_0001`.
    #[prost(string, required, tag = "1")]
    pub context: String,
    /// Proof of the context; unused.
    #[prost(bytes = "vec", optional, tag = "2")]
    pub signature: Option<Vec<u8>>,
}

/// `RequestHeaderProto`: which method a call is for.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MethodHeader {
    /// Java's name of the method.
    #[prost(string, required, tag = "1")]
    pub method_name: String,
    /// The protocol that declares it.
    #[prost(string, required, tag = "2")]
    pub declaring_class_protocol_name: String,
    /// The protocol's version; 1 for all of YARN and HDFS.
    #[prost(uint64, required, tag = "3")]
    pub client_protocol_version: u64,
}

/// `RpcResponseHeaderProto`: in front of everything that a server sends.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ResponseHeader {
    /// The call that is answered, as an unsigned number: reserved ids wrap around.
    #[prost(uint32, required, tag = "1")]
    pub call_id: u32,
    /// [`STATUS_SUCCESS`], [`STATUS_ERROR`] or [`STATUS_FATAL`].
    #[prost(int32, required, tag = "2")]
    pub status: i32,
    /// The server's RPC version, when versions differ.
    #[prost(uint32, optional, tag = "3")]
    pub server_ipc_version_num: Option<u32>,
    /// Java's class of the exception.
    #[prost(string, optional, tag = "4")]
    pub exception_class_name: Option<String>,
    /// The exception's message, often with a stack trace from the second line on.
    #[prost(string, optional, tag = "5")]
    pub error_msg: Option<String>,
    /// `RpcErrorCodeProto`.
    #[prost(int32, optional, tag = "6")]
    pub error_detail: Option<i32>,
    /// The client that asked.
    #[prost(bytes = "vec", optional, tag = "7")]
    pub client_id: Option<Vec<u8>>,
    /// The retry that is answered.
    #[prost(sint32, optional, tag = "8")]
    pub retry_count: Option<i32>,
}

/// `IpcConnectionContextProto`: for whom and for which protocol a connection is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ConnectionContext {
    /// Must be there, even when empty.
    #[prost(message, optional, tag = "2")]
    pub user_info: Option<UserInformation>,
    /// The protocol's full name.
    #[prost(string, optional, tag = "3")]
    pub protocol: Option<String>,
}

/// `UserInformationProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UserInformation {
    /// The user in whose name calls are made.
    #[prost(string, optional, tag = "1")]
    pub effective_user: Option<String>,
    /// The user who really makes them, when it is another and the connection itself does not prove it.
    #[prost(string, optional, tag = "2")]
    pub real_user: Option<String>,
}

/// `RpcSaslProto`: one message of the SASL conversation, or one sealed piece of the stream.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sasl {
    /// Always 0.
    #[prost(uint32, optional, tag = "1")]
    pub version: Option<u32>,
    /// A [`SaslState`] as number.
    #[prost(int32, required, tag = "2")]
    pub state: i32,
    /// The mechanism's bytes, or sealed data.
    #[prost(bytes = "vec", optional, tag = "3")]
    pub token: Option<Vec<u8>>,
    /// What the server offers; in INITIATE the one that the client takes.
    #[prost(message, repeated, tag = "4")]
    pub auths: Vec<SaslAuth>,
}

/// `RpcSaslProto.SaslAuth`: one way to authenticate.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SaslAuth {
    /// `TOKEN`, `KERBEROS` or `SIMPLE`.
    #[prost(string, required, tag = "1")]
    pub method: String,
    /// SASL's name of the mechanism, such as `DIGEST-MD5` or `GSSAPI`.
    #[prost(string, required, tag = "2")]
    pub mechanism: String,
    /// For Kerberos the service part of the server's principal.
    #[prost(string, optional, tag = "3")]
    pub protocol: Option<String>,
    /// For Kerberos the host part of the server's principal; for tokens the realm.
    #[prost(string, optional, tag = "4")]
    pub server_id: Option<String>,
    /// A first challenge, which saves a round trip.
    #[prost(bytes = "vec", optional, tag = "5")]
    pub challenge: Option<Vec<u8>>,
}

/// `RpcKindProto.RPC_PROTOCOL_BUFFER`.
pub const RPC_PROTOCOL_BUFFER: i32 = 2;
/// `OperationProto.RPC_FINAL_PACKET`.
pub const RPC_FINAL_PACKET: i32 = 0;

/// The call succeeded.
pub const STATUS_SUCCESS: i32 = 0;
/// The call failed; the connection lives.
pub const STATUS_ERROR: i32 = 1;
/// The connection is dead.
pub const STATUS_FATAL: i32 = 2;

/// `RpcSaslProto.SaslState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaslState {
    /// The server is content.
    Success,
    /// Client: what do you offer? Server: this.
    Negotiate,
    /// The client's choice, with its first token.
    Initiate,
    /// The server's token.
    Challenge,
    /// The client's token.
    Response,
    /// Sealed data.
    Wrap,
}

impl SaslState {
    const ALL: [SaslState; 6] = [
        SaslState::Success,
        SaslState::Negotiate,
        SaslState::Initiate,
        SaslState::Challenge,
        SaslState::Response,
        SaslState::Wrap,
    ];

    /// The state on the wire; `None` for one that does not exist.
    pub fn from_wire(number: i32) -> Option<Self> {
        usize::try_from(number)
            .ok()
            .and_then(|at| Self::ALL.get(at).copied())
    }

    /// The number on the wire.
    pub fn to_wire(self) -> i32 {
        Self::ALL
            .iter()
            .position(|s| *s == self)
            .map_or(0, |at| at as i32)
    }
}
