//! The layer of DIGEST-MD5: `auth-int` signs, `auth-conf` signs and encrypts (RFC 2831, 2.3 and 2.4).
//!
//! A signed message is `message, mac(10), 0x0001, sequence number`; for `auth-conf` the message (padded to the
//! cipher's block) and the mac are encrypted. Each direction counts its messages, so one that is lost, repeated or
//! exchanged fails the check.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::cipher::{CipherKind, Stream};
use super::keys::{Hash, Session};
use super::{MAX_BUFFER, NAME};
use crate::sasl::{Qop, SaslError, SaslUnwrap, SaslWrap};
use crate::secret;

const MAC: usize = 10;
/// Message type and sequence number.
const TRAILER: usize = 6;
/// The type of every message.
const TYPE: [u8; 2] = [0, 1];

/// Both directions.
pub(super) struct Layer {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
}

impl Layer {
    /// The layer of one side; `None` for `auth`. `peer_buffer` is the largest message that the other side takes.
    pub(super) fn new(
        session: &Session,
        qop: Qop,
        cipher: Option<CipherKind>,
        is_client: bool,
        peer_buffer: usize,
    ) -> Result<Option<Self>, SaslError> {
        if qop == Qop::Auth {
            return Ok(None);
        }
        let half = |from_client: bool, encrypt: bool| {
            let stream = match cipher {
                Some(kind) => {
                    let key = session.sealing_key(from_client, kind)?;
                    Some((Stream::new(kind, &key, encrypt)?, kind.block()))
                }
                None => None,
            };
            Ok::<_, SaslError>(Half {
                key: session.signing_key(from_client)?,
                stream,
                sequence: 0,
            })
        };
        let overhead = if cipher.is_some() {
            MAC + TRAILER + 8
        } else {
            MAC + TRAILER
        };
        let limit = peer_buffer.saturating_sub(overhead);
        Ok(Some(Layer {
            outgoing: Outgoing {
                half: half(is_client, true)?,
                limit,
            },
            incoming: Incoming {
                half: half(!is_client, false)?,
            },
        }))
    }
}

/// One direction: its key, its cipher with the block size, and the number of the next message.
struct Half {
    key: Hash,
    stream: Option<(Stream, usize)>,
    sequence: u32,
}

impl Half {
    fn mac(&self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        let mac = (|| {
            let key = PKey::hmac(&*self.key)?;
            let mut signer = Signer::new(MessageDigest::md5(), &key)?;
            signer.update(&self.sequence.to_be_bytes())?;
            signer.update(message)?;
            signer.sign_to_vec()
        })();
        let mut mac = mac.map_err(|e| SaslError::Mechanism {
            mechanism: NAME,
            reason: format!("OpenSSL cannot sign: {e}"),
        })?;
        mac.truncate(MAC);
        Ok(mac)
    }
}

pub(super) struct Outgoing {
    half: Half,
    limit: usize,
}

impl SaslWrap for Outgoing {
    fn wrap_limit(&self) -> usize {
        self.limit
    }

    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        if message.len() > self.limit {
            return Err(SaslError::State {
                mechanism: NAME,
                reason: "the message is larger than the wrap limit",
            });
        }
        if message.is_empty() {
            // As Java does: nothing is nothing, and does not count.
            return Ok(Vec::new());
        }
        let mac = self.half.mac(message)?;
        let mut wrapped = Vec::with_capacity(message.len() + MAC + TRAILER + 8);
        wrapped.extend_from_slice(message);
        if let Some((stream, block)) = &mut self.half.stream {
            if *block > 1 {
                let pad = *block - (message.len() + MAC) % *block;
                wrapped.resize(wrapped.len() + pad, pad as u8);
            }
            wrapped.extend_from_slice(&mac);
            wrapped = stream.apply(&wrapped)?;
        } else {
            wrapped.extend_from_slice(&mac);
        }
        wrapped.extend_from_slice(&TYPE);
        wrapped.extend_from_slice(&self.half.sequence.to_be_bytes());
        self.half.sequence = self.half.sequence.wrapping_add(1);
        Ok(wrapped)
    }
}

pub(super) struct Incoming {
    half: Half,
}

impl SaslUnwrap for Incoming {
    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        let bad = |reason: &str| SaslError::Integrity {
            mechanism: NAME,
            reason: reason.to_owned(),
        };
        if message.is_empty() {
            return Ok(Vec::new());
        }
        if message.len() > MAX_BUFFER {
            return Err(bad("it is larger than was agreed on"));
        }
        let trailer = message
            .len()
            .checked_sub(TRAILER)
            .ok_or_else(|| bad("it is too short"))?;
        let (body, trailer) = message.split_at(trailer);
        if trailer[..2] != TYPE {
            return Err(bad("it is of an unknown type"));
        }
        if trailer[2..] != self.half.sequence.to_be_bytes() {
            return Err(bad("it is out of sequence"));
        }
        let (mut plain, block) = match &mut self.half.stream {
            Some((stream, block)) => {
                if body.len() % *block != 0 {
                    return Err(bad("it is not made of whole blocks"));
                }
                (stream.apply(body)?, *block)
            }
            None => (body.to_vec(), 1),
        };
        let mac_at = plain
            .len()
            .checked_sub(MAC)
            .ok_or_else(|| bad("it is too short"))?;
        let mac = plain.split_off(mac_at);
        if block > 1 {
            let pad = usize::from(plain.last().copied().unwrap_or(0));
            if pad == 0 || pad > block || pad > plain.len() {
                return Err(bad("its signature does not fit"));
            }
            plain.truncate(plain.len() - pad);
        }
        if !secret::equal(&mac, &self.half.mac(&plain)?) {
            return Err(bad("its signature does not fit"));
        }
        self.half.sequence = self.half.sequence.wrapping_add(1);
        Ok(plain)
    }
}
