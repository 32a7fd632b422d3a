//! What can go wrong with a call, typed by what a caller would do about it.

use crate::wire::WireError;
use alpheus_hadoop_conf::hadoop::HostPort;
use std::sync::Arc;
use std::time::Duration;

/// A call that did not succeed.
///
/// Clonable, because one lost connection fails every call on it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RpcError {
    /// No connection. Nothing was sent.
    #[error("cannot connect to {server}: {source}")]
    Connect {
        /// Whom we tried to reach.
        server: HostPort,
        /// The operating system's words.
        source: Arc<std::io::Error>,
    },
    /// The connection went away.
    #[error("the connection to {server} was lost: {reason}")]
    Lost {
        /// The peer.
        server: HostPort,
        /// What ended it.
        reason: String,
        /// Whether this call may have reached the server: then it may have been executed.
        sent: bool,
    },
    /// No answer in time. The call may have been executed.
    #[error("{server} did not answer {method} within {}s", after.as_secs_f32())]
    Timeout {
        /// The peer.
        server: HostPort,
        /// The method.
        method: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// The server does not accept us, or we do not accept the server.
    #[error("authentication with {server} failed: {reason}")]
    Authentication {
        /// The peer.
        server: HostPort,
        /// What failed and what to do.
        reason: String,
    },
    /// The server executed the call and threw, or refused to execute it.
    #[error("{server}: {exception}")]
    Remote {
        /// The peer.
        server: HostPort,
        /// What it threw.
        exception: RemoteException,
    },
    /// The peer sent something that is not Hadoop RPC.
    #[error("{server} sent {source}")]
    Wire {
        /// The peer.
        server: HostPort,
        /// What is wrong with it.
        source: WireError,
    },
    /// This machine failed us.
    #[error("{0}")]
    Local(String),
}

impl RpcError {
    /// The server's exception, when there is one.
    pub fn remote(&self) -> Option<&RemoteException> {
        match self {
            Self::Remote { exception, .. } => Some(exception),
            _ => None,
        }
    }

    /// Whether the server threw this class; `class` with or without package.
    pub fn is_remote(&self, class: &str) -> bool {
        self.remote().is_some_and(|e| e.is(class))
    }
}

/// A Java exception that crossed the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", self.simple_class())]
pub struct RemoteException {
    /// Full Java class name.
    pub class: String,
    /// The message without the stack trace that servers append.
    pub message: String,
    /// `RpcErrorCodeProto`: 1 application, 2 no such method, 14 version mismatch, 15 unauthorized, ...
    pub detail: Option<i32>,
    /// Whether it ended the connection too.
    pub fatal: bool,
}

impl RemoteException {
    /// From a response header's fields.
    pub fn new(
        class: Option<String>,
        message: Option<String>,
        detail: Option<i32>,
        fatal: bool,
    ) -> Self {
        let message = message.unwrap_or_default();
        // "message\n\tat org.apache...": people need the message; the trace is in the server's log.
        let end = message.find("\n\tat ").unwrap_or(message.len());
        let class = class.unwrap_or_else(|| "java.io.IOException".to_owned());
        let mut message = message[..end].trim_end().to_owned();
        if let Some(rest) = message.strip_prefix(&format!("{class}: ")) {
            message = rest.to_owned();
        }
        Self {
            class,
            message,
            detail,
            fatal,
        }
    }

    /// The class without its package (and without the outer class).
    pub fn simple_class(&self) -> &str {
        simple(&self.class)
    }

    /// Whether this is the named class, given with or without package.
    pub fn is(&self, class: &str) -> bool {
        self.class == class || self.simple_class() == class
    }

    /// What the class means for retries.
    pub fn kind(&self) -> RemoteKind {
        match self.simple_class() {
            "StandbyException" | "ObserverRetryOnActiveException" => RemoteKind::Standby,
            "RetriableException" | "RetryCacheLossException" => RemoteKind::Retriable,
            "InvalidToken" => RemoteKind::InvalidToken,
            "AccessControlException" | "AuthorizationException" | "SaslException" => {
                RemoteKind::Denied
            }
            _ => RemoteKind::Application,
        }
    }
}

fn simple(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}

/// What a Java exception means for retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteKind {
    /// This server is not the active one: ask the other.
    Standby,
    /// Not now: ask the same again.
    Retriable,
    /// The token is expired, cancelled, or from somewhere else.
    InvalidToken,
    /// We may not.
    Denied,
    /// Anything else: the caller's to understand.
    Application,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_the_stack_trace_off() {
        let seen = RemoteException::new(
            Some("org.apache.hadoop.security.token.SecretManager$InvalidToken".into()),
            Some("token (x) is expired\n\tat org.apache.A.b(A.java:1)\n\tat c".into()),
            None,
            false,
        );
        assert_eq!(seen.message, "token (x) is expired");
        assert_eq!(seen.kind(), RemoteKind::InvalidToken);
        assert_eq!(seen.to_string(), "InvalidToken: token (x) is expired");
        assert!(seen.is("org.apache.hadoop.security.token.SecretManager$InvalidToken"));
    }

    #[test]
    fn says_the_class_once() {
        let seen = RemoteException::new(Some("a.B".into()), Some("a.B: twice".into()), None, true);
        assert_eq!(seen.to_string(), "B: twice");
    }
}
