//! Authentication of a connection: what the RPC layer needs from whoever holds keys, and the conversation itself.
//!
//! [`Authenticator`] says who we are and makes mechanisms (`alpheus_security::sasl`); [`identity::Identity`] is the one that
//! processes use.
//! [`choose`] decides, as a pure function, which of a server's offers is taken; [`negotiate`] talks.

pub mod choose;
pub mod identity;
pub mod negotiate;

use crate::protocol::Target;
use crate::wire::messages::{SaslAuth, UserInformation};
use alpheus_security::sasl::{SaslClient, SaslError};
use std::fmt;

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
        offer: &SaslAuth,
    ) -> Result<Option<Box<dyn SaslClient>>, SaslError>;

    /// Whether there is a Kerberos login.
    fn has_kerberos(&self) -> bool;

    /// The mechanism for Kerberos with a server of that principal. May block.
    fn kerberos(&self, server_principal: &str) -> Result<Box<dyn SaslClient>, SaslError>;

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
