//! What can go wrong with YARN, typed by what a caller would do about it.

use crate::ids::ContainerId;
use alpheus_hadoop_conf::hadoop::HadoopConfError;
use alpheus_hadoop_rpc::RpcError;
use std::fmt;

/// A call to YARN that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum YarnError {
    /// The ResourceManager knows no such application: it was never submitted, or so long ago that it is forgotten.
    #[error("no such application: {0}")]
    ApplicationNotFound(String),
    /// The ResourceManager counts this attempt as dead. Stop at once, without a good-bye: another attempt may be running.
    #[error("this attempt is over for the ResourceManager: {0}")]
    AttemptNotFound(String),
    /// The ResourceManager was restarted and does not know us yet: register again and repeat all wishes.
    #[error("the ResourceManager does not know this master (any more): {0}")]
    NotRegistered(String),
    /// A container that can't be had: too large, an unknown kind, a forbidden label.
    #[error("an impossible request: {0}")]
    InvalidRequest(String),
    /// The NodeManager is starting; try again.
    #[error("the NodeManager is not ready yet: {0}")]
    NodeNotReady(String),
    /// A NodeManager refused what was asked for one container.
    #[error("{id}: {exception}")]
    Container {
        /// Which.
        id: ContainerId,
        /// What the NodeManager threw.
        exception: JavaException,
    },
    /// We hold no permission to talk to this node: the ResourceManager sends one with the first container there.
    #[error("no token for node {0}: no container was allocated there in this attempt")]
    NoNodeToken(crate::ids::NodeId),
    /// An answer without what it must have.
    #[error("the answer to {method} lacks {field}")]
    Incomplete {
        /// The method.
        method: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The configuration is not usable.
    #[error(transparent)]
    Configuration(#[from] HadoopConfError),
    /// Anything else: connection, authentication, access, or another exception.
    #[error(transparent)]
    Rpc(RpcError),
}

/// A Java exception inside an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaException {
    /// Full class name; empty when the server gave none.
    pub class: String,
    /// The message.
    pub message: String,
}

impl fmt::Display for JavaException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class.rsplit(['.', '$']).next().unwrap_or_default();
        match (class, self.message.as_str()) {
            ("", message) => f.write_str(message),
            (class, "") => f.write_str(class),
            (class, message) => write!(f, "{class}: {message}"),
        }
    }
}

impl From<RpcError> for YarnError {
    fn from(error: RpcError) -> Self {
        let Some(exception) = error.remote() else {
            return Self::Rpc(error);
        };
        let words = exception.message.clone();
        match exception.simple_class() {
            "ApplicationNotFoundException" => Self::ApplicationNotFound(words),
            "ApplicationAttemptNotFoundException" => Self::AttemptNotFound(words),
            "ApplicationMasterNotRegisteredException" => Self::NotRegistered(words),
            "InvalidResourceRequestException"
            | "InvalidLabelResourceRequestException"
            | "SchedulerInvalidResoureRequestException"
            | "ResourceNotFoundException" => Self::InvalidRequest(words),
            "NMNotYetReadyException" => Self::NodeNotReady(words),
            _ => Self::Rpc(error),
        }
    }
}
