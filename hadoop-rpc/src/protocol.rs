//! Which protocol is spoken to which server, and what is known of its methods.

use crate::principal::ServerPrincipal;
use alpheus_hadoop_conf::hadoop::HostPort;

/// A Hadoop RPC protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Protocol {
    /// The full Java name, exactly as servers register it.
    pub name: &'static str,
    /// The version; 1 for all of YARN and HDFS.
    pub version: u64,
    /// The kind of token that its servers accept, such as `RM_DELEGATION_TOKEN`.
    pub token_kind: &'static str,
}

/// A method of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Java's name.
    pub name: &'static str,
    /// What a retry may do.
    pub retry: RetrySafety,
}

/// Whether a call whose outcome is unknown may be sent again, as Hadoop's annotations have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetrySafety {
    /// `@Idempotent`: twice is once.
    Idempotent,
    /// `@AtMostOnce`: the server remembers `(client id, call id)` and answers a repetition from memory.
    AtMostOnce,
    /// Neither: an unknown outcome is the caller's to resolve.
    Once,
}

impl Method {
    /// A method that Hadoop marks `@Idempotent`.
    pub const fn idempotent(name: &'static str) -> Self {
        Self {
            name,
            retry: RetrySafety::Idempotent,
        }
    }

    /// A method that Hadoop marks `@AtMostOnce`.
    pub const fn at_most_once(name: &'static str) -> Self {
        Self {
            name,
            retry: RetrySafety::AtMostOnce,
        }
    }

    /// A method without a mark.
    pub const fn once(name: &'static str) -> Self {
        Self {
            name,
            retry: RetrySafety::Once,
        }
    }
}

/// One server that speaks a protocol, and who it must be.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it listens.
    pub server: HostPort,
    /// What it speaks.
    pub protocol: Protocol,
    /// Whom Kerberos must find there; `None` when the protocol is not for Kerberos.
    pub principal: Option<ServerPrincipal>,
    /// The services that tokens for it may name; empty when any token of the protocol's kind will do.
    pub token_services: Vec<String>,
}
