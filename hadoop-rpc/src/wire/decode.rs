//! Reading what the other side sent.

use super::ids::CallId;
use super::messages::{RequestHeader, ResponseHeader, Sasl, SaslState};
use bytes::{Buf, Bytes};
use prost::Message;

/// Bytes that are not Hadoop RPC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A frame that claims to be longer than allowed.
    #[error(
        "a message of {length} bytes, more than the {limit} that ipc.maximum.response.length allows"
    )]
    TooLong {
        /// Announced length in bytes.
        length: usize,
        /// Accepted length in bytes.
        limit: usize,
    },
    /// The peer speaks HTTP.
    #[error("an HTTP answer: this is a web port, not an RPC port")]
    Http,
    /// A negative length: how servers older than Hadoop 2 report errors.
    #[error("a negative message length ({0}): the peer is no Hadoop RPC server of version 9")]
    Ancient(i32),
    /// A frame ends before its message does, or is no protobuf.
    #[error("a malformed {what}: {reason}")]
    Malformed {
        /// The message that was expected.
        what: &'static str,
        /// The decoder's words.
        reason: String,
    },
    /// A SASL state that does not exist.
    #[error("an unknown SASL state ({0})")]
    SaslState(i32),
    /// A message that has no place at this point.
    #[error("an unexpected message: {0}")]
    Unexpected(String),
}

/// A server's frame, taken apart as far as the RPC layer goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// Who is answered, and how it went.
    pub header: ResponseHeader,
    /// The delimited message that follows the header; empty when there is none.
    pub body: Bytes,
}

impl Response {
    /// The call that is answered.
    pub fn call_id(&self) -> CallId {
        // Reserved ids are negative and travel as their two's complement.
        CallId(self.header.call_id as i32)
    }
}

/// Takes a server's frame apart.
pub fn response(mut frame: Bytes) -> Result<Response, WireError> {
    let header = delimited(&mut frame, "response header")?;
    let body = if frame.has_remaining() {
        delimited_bytes(&mut frame, "response")?
    } else {
        Bytes::new()
    };
    Ok(Response { header, body })
}

/// Takes a client's frame apart (server side): the header, and what follows it.
pub fn request(mut frame: Bytes) -> Result<(RequestHeader, Bytes), WireError> {
    let header = delimited(&mut frame, "request header")?;
    Ok((header, frame))
}

/// Reads one varint-delimited message from the front of `bytes`.
pub fn delimited<M: Message + Default>(
    bytes: &mut Bytes,
    what: &'static str,
) -> Result<M, WireError> {
    let body = delimited_bytes(bytes, what)?;
    message(body, what)
}

/// Reads a message that fills `bytes`.
pub fn message<M: Message + Default>(bytes: Bytes, what: &'static str) -> Result<M, WireError> {
    M::decode(bytes).map_err(|error| WireError::Malformed {
        what,
        reason: error.to_string(),
    })
}

/// Reads a varint-delimited run of bytes from the front of `bytes`.
pub fn delimited_bytes(bytes: &mut Bytes, what: &'static str) -> Result<Bytes, WireError> {
    let length =
        prost::decode_length_delimiter(&mut *bytes).map_err(|error| WireError::Malformed {
            what,
            reason: error.to_string(),
        })?;
    if length > bytes.len() {
        return Err(WireError::Malformed {
            what,
            reason: format!("{length} bytes announced, {} there", bytes.len()),
        });
    }
    Ok(bytes.split_to(length))
}

/// A SASL message and its state.
pub fn sasl(body: Bytes) -> Result<(SaslState, Sasl), WireError> {
    let sasl: Sasl = message(body, "SASL message")?;
    let state = SaslState::from_wire(sasl.state).ok_or(WireError::SaslState(sasl.state))?;
    Ok((state, sasl))
}
