//! Authentication of a connection: what the RPC layer needs from whoever holds keys, and the conversation itself.
//!
//! [`Authenticator`] says who we are and makes mechanisms; [`SaslMechanism`] is one mechanism's conversation and afterwards its
//! sealing. Both are traits, so that this crate knows nothing of keytabs, ticket caches and token files.
//! [`choose`] decides, as a pure function, which of a server's offers is taken; [`negotiate`] talks.

pub mod choose;
pub mod negotiate;

use crate::protocol::Target;
use crate::wire::messages::UserInformation;
use std::fmt;

/// A mechanism's failure, in its own words: what failed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SaslError(pub String);

/// One SASL conversation, client side. Synchronous: it may block on a KDC, so the caller runs it on a thread that may block.
pub trait SaslMechanism: Send {
    /// Answers a challenge. The first call gets the server's initial challenge, or `None` when it sent none.
    /// An answer of `None` means that there is nothing to say.
    fn step(&mut self, challenge: Option<&[u8]>) -> Result<Option<Vec<u8>>, SaslError>;

    /// Whether this side is content: the server has proven itself too.
    fn is_complete(&self) -> bool;

    /// The longest piece that [`wrap`](Self::wrap) takes, in bytes; `None` when nothing is to be sealed (quality `auth`).
    fn wrap_limit(&self) -> Option<usize>;

    /// Seals what is sent. Pieces must be sent in the order in which they were sealed.
    fn wrap(&mut self, plain: &[u8]) -> Result<Vec<u8>, SaslError>;

    /// Opens what was received, in the order in which it arrived.
    fn unwrap(&mut self, sealed: &[u8]) -> Result<Vec<u8>, SaslError>;

    /// The server's principal as the mechanism proved it; `None` when it proves none.
    fn peer(&self) -> Option<String> {
        None
    }
}

/// Who we are, to servers.
pub trait Authenticator: Send + Sync + fmt::Debug {
    /// Whether to talk SASL at all: true on a secured cluster, and whenever a token is held.
    fn use_sasl(&self) -> bool;

    /// Whether a server that offers no security is acceptable (`ipc.client.fallback-to-simple-auth-allowed`, and always so on an
    /// insecure cluster).
    fn allow_simple(&self) -> bool;

    /// The mechanism for a token that this server accepts; `None` when we hold none.
    fn token(
        &self,
        target: &Target,
        mechanism: &str,
    ) -> Result<Option<Box<dyn SaslMechanism>>, SaslError>;

    /// Whether there is a Kerberos login.
    fn has_kerberos(&self) -> bool;

    /// The mechanism for Kerberos with a server of that principal. May block.
    fn kerberos(&self, server_principal: &str) -> Result<Box<dyn SaslMechanism>, SaslError>;

    /// What the connection context says about us, given the method by which the server knows us.
    fn user(&self, method: AuthMethod) -> UserInformation;

    /// Tries to get fresh credentials after a failure (a new ticket from the keytab). Returns whether trying again makes sense.
    /// May block.
    fn refresh(&self) -> bool {
        false
    }
}

/// How a server knows who we are (`SaslRpcServer.AuthMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// By our word.
    Simple,
    /// By a ticket.
    Kerberos,
    /// By a token.
    Token,
}

/// Our word is enough: insecure clusters. Holds a user name and nothing else.
#[derive(Clone, Debug)]
pub struct SimpleUser {
    /// The user in whose name calls are made.
    pub effective: String,
    /// Who really makes them, when it is another.
    pub real: Option<String>,
}

impl SimpleUser {
    /// A user that acts for itself.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            effective: name.into(),
            real: None,
        }
    }
}

impl Authenticator for SimpleUser {
    fn use_sasl(&self) -> bool {
        false
    }

    fn allow_simple(&self) -> bool {
        true
    }

    fn token(&self, _: &Target, _: &str) -> Result<Option<Box<dyn SaslMechanism>>, SaslError> {
        Ok(None)
    }

    fn has_kerberos(&self) -> bool {
        false
    }

    fn kerberos(&self, _: &str) -> Result<Box<dyn SaslMechanism>, SaslError> {
        Err(SaslError("a simple user has no Kerberos login".into()))
    }

    fn user(&self, _: AuthMethod) -> UserInformation {
        UserInformation {
            effective_user: Some(self.effective.clone()),
            real_user: self.real.clone(),
        }
    }
}
