//! SASL (RFC 4422) as Hadoop's RPC and data protocols use it: the two mechanisms, and the layer that protects what
//! is said afterwards.
//!
//! [`SaslClient`] is one negotiation: challenges go in, responses come out, until it is complete. Then, if a layer
//! was agreed on ([`Qop`]), everything passes through `wrap` and `unwrap`; [`SaslClient::split`] gives the two
//! directions to two tasks. A step may have to wait for a KDC ([`SaslClient::may_block`]): [`Negotiation`] runs such
//! steps on threads that are there for that alone.
//!
//! Framing is the caller's: no length is put in front of wrapped messages.

pub mod digest;
pub mod gssapi;
mod negotiation;
mod qop;

pub use negotiation::Negotiation;
pub use qop::Qop;

/// What can go wrong in a negotiation or in its layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaslError {
    /// The other side's message is not what the mechanism prescribes.
    #[error("{mechanism}: the server's message is wrong: {reason}")]
    Protocol {
        /// The mechanism.
        mechanism: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The two sides have no protection level in common.
    #[error(
        "{mechanism}: no common protection: the server offers {offered}, this side takes {accepted}; compare \
         hadoop.rpc.protection or dfs.data.transfer.protection on both sides"
    )]
    NoCommonQop {
        /// The mechanism.
        mechanism: &'static str,
        /// What the server offers.
        offered: String,
        /// What this side takes.
        accepted: String,
    },
    /// The other side did not prove that it knows the secret.
    #[error("{mechanism}: the server could not prove who it is")]
    ServerNotAuthenticated {
        /// The mechanism.
        mechanism: &'static str,
    },
    /// The server is another than was expected.
    #[error("the server is '{actual}', but '{expected}' was expected")]
    WrongServer {
        /// Who it is.
        actual: String,
        /// Who it should be.
        expected: String,
    },
    /// A wrapped message was changed, repeated, lost or made with other keys.
    #[error(
        "{mechanism}: a message failed its check: {reason}; the connection cannot be trusted any more"
    )]
    Integrity {
        /// The mechanism.
        mechanism: &'static str,
        /// What failed.
        reason: String,
    },
    /// A method was called at the wrong time.
    #[error("{mechanism}: {reason}")]
    State {
        /// The mechanism.
        mechanism: &'static str,
        /// What was wrong with the call.
        reason: &'static str,
    },
    /// The library that does the mechanism's work failed: no ticket, an unknown service, no MD5.
    #[error("{mechanism}: {reason}")]
    Mechanism {
        /// The mechanism.
        mechanism: &'static str,
        /// What the library said, with what to do.
        reason: String,
    },
}

/// The client's side of a negotiation.
pub trait SaslClient: Send {
    /// The mechanism's registered name: `DIGEST-MD5`, `GSSAPI`.
    fn mechanism(&self) -> &'static str;

    /// Whether the client speaks first: then the first step is to be called with an empty challenge, before the
    /// server has said anything.
    fn has_initial_response(&self) -> bool;

    /// Answers a challenge. When the server has said that it is content, its last message (if it carries one) is
    /// given too, and the answer is empty.
    ///
    /// # Errors
    /// If the challenge is wrong, the server is not who it should be, or nothing can be agreed on.
    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError>;

    /// Whether this side is content.
    fn is_complete(&self) -> bool;

    /// What was agreed on; meaningful once complete.
    fn qop(&self) -> Qop;

    /// Largest message that may be given to `wrap`; the other side would refuse a larger one.
    fn wrap_limit(&self) -> usize;

    /// Protects a message.
    ///
    /// # Errors
    /// If the negotiation is not complete or agreed on no layer, or the message is too large.
    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError>;

    /// Checks a protected message and gives it in clear.
    ///
    /// # Errors
    /// If the message was changed, repeated or lost, or the negotiation agreed on no layer.
    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError>;

    /// Gives the two directions of the layer to two owners; `None` if no layer was agreed on.
    fn split(self: Box<Self>) -> Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)>;

    /// Whether a step may wait for the network.
    fn may_block(&self) -> bool;

    /// The server's name as the mechanism has proved it, if the mechanism proves names.
    fn server_name(&self) -> Option<&str> {
        None
    }
}

/// The sending direction of a layer.
pub trait SaslWrap: Send {
    /// As [`SaslClient::wrap_limit`].
    fn wrap_limit(&self) -> usize;

    /// As [`SaslClient::wrap`].
    ///
    /// # Errors
    /// As there.
    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError>;
}

/// The receiving direction of a layer.
pub trait SaslUnwrap: Send {
    /// As [`SaslClient::unwrap`].
    ///
    /// # Errors
    /// As there.
    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError>;
}
