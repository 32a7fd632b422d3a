//! Hadoop's RPC, version 9: what NameNodes, ResourceManagers and NodeManagers speak.
//!
//! From the wire up:
//!
//! | module | what it does |
//! |---|---|
//! | [`wire`] | bytes and messages, pure |
//! | [`sasl`] | who we are to servers; the conversation that opens a connection |
//! | [`principal`] | who a server must be |
//! | `connection` | one socket, many calls, sealed if need be |
//! | [`client`] | the connections that are open, the sequence of call ids |
//! | [`retry`] | whether to try again: a pure function |
//! | [`proxy`] | a service of one server or an HA pair, with typed messages |
//! | [`token`] | the messages about tokens that all services share |
//! | [`namenode`] | delegation tokens of HDFS |
//! | [`server`] | the other side, good enough for tests |
//!
//! A service's client (YARN, HDFS's tokens) holds a [`Proxy`] and hand-written protobuf messages.

pub mod client;
pub mod config;
mod connection;
pub mod error;
pub mod namenode;
pub mod principal;
pub mod protocol;
pub mod proxy;
pub mod retry;
pub mod sasl;
pub mod server;
#[cfg(test)]
mod tests;
pub mod token;
pub mod wire;

pub use alpheus_hadoop_conf::hadoop::HostPort;
pub use client::RpcClient;
pub use config::ClientConfig;
pub use error::{RemoteException, RemoteKind, RpcError};
pub use namenode::NameNode;
pub use principal::ServerPrincipal;
pub use protocol::{Method, Protocol, RetrySafety, Target};
pub use proxy::Proxy;
pub use retry::RetryPolicy;
pub use sasl::identity::{Identity, Protection, Tokens};
pub use sasl::{AuthMethod, Authenticator};
