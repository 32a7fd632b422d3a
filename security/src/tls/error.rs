//! What can go wrong with certificates and connections.

use openssl::error::ErrorStack;

use super::RoleError;

/// An error of TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// OpenSSL failed to make a key or certificate, or to set a connection up.
    #[error("openssl cannot {action}: {error}")]
    OpenSsl {
        /// What was tried.
        action: &'static str,
        /// What OpenSSL said.
        error: ErrorStack,
    },
    /// The peer is not one that may connect here.
    #[error("the peer was refused: {0}")]
    Refused(String),
    /// The handshake failed for another reason than our refusal.
    #[error("the TLS handshake failed: {0}")]
    Handshake(String),
    /// A stored identity or authority is damaged.
    #[error("the stored certificate cannot be used: {0}")]
    Malformed(String),
    /// A name that cannot stand in a certificate.
    #[error(transparent)]
    Role(#[from] RoleError),
}

/// Says what was tried when OpenSSL fails.
pub(super) fn while_trying(action: &'static str) -> impl FnOnce(ErrorStack) -> TlsError {
    move |error| TlsError::OpenSsl { action, error }
}
