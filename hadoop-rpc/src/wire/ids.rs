//! Calls and clients by number. Reserved call ids carry what is not a call.

/// A call's number, unique within a client; negative numbers are reserved (`RpcConstants`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub i32);

impl CallId {
    /// Authorization failed: the server's last word on a connection.
    pub const AUTHORIZATION_FAILED: CallId = CallId(-1);
    /// The connection context.
    pub const CONNECTION_CONTEXT: CallId = CallId(-3);
    /// "Are you there?"; never answered.
    pub const PING: CallId = CallId(-4);
    /// A SASL message, or sealed data.
    pub const SASL: CallId = CallId(-33);
}

/// Sixteen random bytes that name a client for its life.
///
/// Server side, `(ClientId, CallId)` is the key of the retry cache: a call that is sent again under the same pair is answered
/// from the cache instead of being executed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub [u8; 16]);

impl ClientId {
    /// A new one; an error is OpenSSL's, when the machine has no randomness to give.
    pub fn random() -> Result<Self, openssl::error::ErrorStack> {
        let mut bytes = [0; 16];
        openssl::rand::rand_bytes(&mut bytes)?;
        // A UUID of version 4, as Hadoop's own clients send it.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(bytes))
    }
}
