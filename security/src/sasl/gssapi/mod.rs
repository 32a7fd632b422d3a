//! GSSAPI (RFC 4752), which is Kerberos: the two sides establish a security context, then agree on a layer within
//! it.

mod client;
mod layer;
mod server;

pub use client::GssapiClient;
pub use server::GssapiServer;

use super::{Qop, SaslError};
use crate::kerberos::KerberosError;

const NAME: &str = "GSSAPI";

/// Largest wrapped message that this side takes.
const MAX_BUFFER: u32 = 65536;

fn mechanism(error: KerberosError) -> SaslError {
    SaslError::Mechanism {
        mechanism: NAME,
        reason: error.to_string(),
    }
}

fn wrong(reason: impl Into<String>) -> SaslError {
    SaslError::Protocol {
        mechanism: NAME,
        reason: reason.into(),
    }
}

/// The bit of a protection level in the message about layers.
const fn bit(qop: Qop) -> u8 {
    match qop {
        Qop::Auth => 1,
        Qop::Integrity => 2,
        Qop::Confidentiality => 4,
    }
}

const ALL: [Qop; 3] = [Qop::Auth, Qop::Integrity, Qop::Confidentiality];

/// The message about layers: one byte of bits, three of the largest wrapped message.
fn layers_message(bits: u8, buffer: u32) -> [u8; 4] {
    let [_, a, b, c] = buffer.to_be_bytes();
    [bits, a, b, c]
}

fn parse_layers(message: &[u8]) -> Result<(u8, u32), SaslError> {
    match message {
        [bits, a, b, c, ..] => Ok((*bits, u32::from_be_bytes([0, *a, *b, *c]))),
        _ => Err(wrong("its message about layers is too short")),
    }
}
