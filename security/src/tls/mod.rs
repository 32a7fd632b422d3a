//! Mutual TLS between the processes of one application, without anyone managing certificates.
//!
//! The first process makes a certificate authority in memory ([`Authority`]) and issues one certificate for each
//! process ([`Identity`]): it names the application and the process's [`Role`] in a URI. Both sides of a connection
//! must show a certificate of the same authority, and each side says which roles it takes on the other
//! ([`Peers`]); that takes the place of a check of host names, which says nothing about a process in a container.
//!
//! TLS 1.3 and nothing older, from OpenSSL, so that a build with a FIPS provider serves: the keys are P-256, the
//! signatures ECDSA with SHA-256. Sessions are never resumed, so every connection passes the checks.
//!
//! Invariant: a connection that [`TlsServer::accept`] or [`TlsClient::connect`] hands out has an encrypted channel
//! to a process of this application, whose role was checked. (In TLS 1.3 a client has finished before the server
//! has looked at its certificate, so a refused client learns of it by its first read.)

mod authority;
mod connection;
mod error;
mod identity;
mod role;

pub use authority::Authority;
pub use connection::{Peers, TlsClient, TlsServer};
pub use error::TlsError;
pub use identity::{Identity, IdentityFileError};
pub use role::{ApplicationName, PeerIdentity, Role, RoleError};

#[cfg(test)]
mod tests;
