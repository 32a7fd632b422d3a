//! Sealing of the stream after authentication, when the quality of protection is more than `auth`.
//!
//! What is sealed is the stream, not the message: one sealed piece may hold several frames, a frame may span several pieces.
//! Sealed pieces must go out in the order in which they were made, so there is one lock around the mechanism and the two tasks
//! of a connection are its only users.

use crate::sasl::{SaslError, SaslMechanism};
use crate::wire::messages::{Sasl, SaslState};
use crate::wire::{Splitter, WireError, decode, encode};
use bytes::{Bytes, BytesMut};
use std::sync::{Arc, Mutex, PoisonError};

/// The mechanism, shared by the two directions of a connection.
#[derive(Clone)]
pub(crate) struct Sealing {
    mechanism: Arc<Mutex<Box<dyn SaslMechanism>>>,
    limit: usize,
}

/// Why a piece could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    Wire(WireError),
    Sasl(SaslError),
}

impl Sealing {
    /// For a mechanism that seals.
    pub(crate) fn new(mechanism: Box<dyn SaslMechanism>) -> Self {
        let limit = mechanism.wrap_limit().unwrap_or(64 * 1024).max(1);
        Self {
            mechanism: Arc::new(Mutex::new(mechanism)),
            limit,
        }
    }

    /// Seals framed bytes, in as many pieces as the peer's limit asks for.
    pub(crate) fn seal(&self, plain: &[u8], out: &mut BytesMut) -> Result<(), SaslError> {
        let mut mechanism = self
            .mechanism
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for piece in plain.chunks(self.limit) {
            let token = mechanism.wrap(piece)?;
            out.extend_from_slice(&encode::sasl_request(&Sasl {
                version: None,
                state: SaslState::Wrap.to_wire(),
                token: Some(token),
                auths: Vec::new(),
            }));
        }
        Ok(())
    }

    /// Opens one frame's payload and adds what was in it to the inner stream.
    pub(crate) fn open(&self, frame: Bytes, inner: &mut Splitter) -> Result<(), OpenError> {
        let response = decode::response(frame).map_err(OpenError::Wire)?;
        let (state, message) = decode::sasl(response.body).map_err(OpenError::Wire)?;
        if state != SaslState::Wrap {
            let found = format!("SASL state {state:?} on a sealed connection");
            return Err(OpenError::Wire(WireError::Unexpected(found)));
        }
        let mut mechanism = self
            .mechanism
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let plain = mechanism
            .unwrap(&message.token.unwrap_or_default())
            .map_err(OpenError::Sasl)?;
        inner.buffer().extend_from_slice(&plain);
        Ok(())
    }
}
