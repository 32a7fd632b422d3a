//! DIGEST-MD5 (RFC 2831) as Hadoop uses it: the user name is a token's identifier and the password the token's
//! password, both in Base64.
//!
//! MD5 is long broken as a hash for signatures; here it sits within HMAC and a challenge, and there is no choice:
//! Hadoop's servers speak nothing else for tokens. `auth-conf` offers 3DES and RC4; the first is slow, the second
//! weak, which is why RPC that must be private should use Kerberos and AES, and data transfer its own AES.

mod cipher;
mod client;
mod directives;
mod keys;
mod layer;
mod server;

pub use client::DigestMd5Client;
pub use server::DigestMd5Server;

pub(super) const NAME: &str = "DIGEST-MD5";

/// Messages larger than this are not taken.
const MAX_BUFFER: usize = 65536;

#[cfg(test)]
mod tests;
