//! Bytes on the wire, as pure functions: no sockets, no clocks.
//!
//! A connection starts with seven bytes ([`preamble`]). After that both sides send frames: four bytes of length, then
//! varint-delimited protobuf messages. [`encode`] makes frames, [`frame::Splitter`] cuts them out of a stream, [`decode`] reads
//! what a server sent. Everything that comes from a peer is bounded and may be garbage: the answer is an error, never a panic.

pub mod decode;
pub mod encode;
pub mod frame;
pub mod ids;
pub mod messages;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use decode::{Response, WireError};
pub use frame::Splitter;
pub use ids::{CallId, ClientId};

/// Whether a connection begins with a SASL conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preamble {
    /// Straight to the connection context: insecure clusters.
    Simple,
    /// SASL first.
    Sasl,
}

const MAGIC: &[u8; 4] = b"hrpc";
const VERSION: u8 = 9;
const SERVICE_CLASS: u8 = 0;
const AUTH_NONE: u8 = 0;
const AUTH_SASL: u8 = 0xdf;

/// The first seven bytes of a connection.
pub fn preamble(kind: Preamble) -> [u8; 7] {
    let auth = match kind {
        Preamble::Simple => AUTH_NONE,
        Preamble::Sasl => AUTH_SASL,
    };
    let [h, r, p, c] = *MAGIC;
    [h, r, p, c, VERSION, SERVICE_CLASS, auth]
}

/// What the first seven bytes of a connection mean (server side); `None` when it is not Hadoop RPC version 9.
pub fn read_preamble(bytes: &[u8; 7]) -> Option<Preamble> {
    if &bytes[..4] != MAGIC || bytes[4] != VERSION {
        return None;
    }
    match bytes[6] {
        AUTH_NONE => Some(Preamble::Simple),
        AUTH_SASL => Some(Preamble::Sasl),
        _ => None,
    }
}
