//! Who a process is and what is allowed.
//!
//! - [`secret`], [`private_file`], [`harden`]: holding a secret without letting it out.
//! - [`tls`]: mutual TLS between the processes of one application, with certificates that it makes for itself.
//! - [`rest_token`]: the bearer token of the REST API on one machine.
//! - [`acl`]: lists of who may do something.
//! - [`audit`]: the record of decisions about access.
//! - [`hadoop`]: tokens, credentials files, names of users.
//! - [`kerberos`]: logins and security contexts.
//! - [`tokens`]: obtaining delegation tokens and replacing them before they end.
//! - [`jaas`]: login contexts by name.
//! - [`sasl`]: how connections to Hadoop's services are authenticated and protected.
//!
//! Invariants: a secret's bytes are zeroed when it is dropped and appear in no `Debug`, `Display`, log or error; a
//! file that holds one has mode 0600; comparing one with what a stranger sent takes the same time whatever was
//! sent.

pub mod acl;
pub mod audit;
pub mod base64;
pub mod digest;
pub mod hadoop;
pub mod harden;
pub mod jaas;
pub mod kerberos;
pub mod private_file;
pub mod rest_token;
pub mod sasl;
pub mod secret;
pub mod threads;
pub mod tls;
pub mod tokens;
