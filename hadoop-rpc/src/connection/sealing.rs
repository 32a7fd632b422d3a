//! Sealing of the stream after authentication, when the quality of protection is more than `auth`.
//!
//! What is sealed is the stream, not the message: one sealed piece may hold several frames, a frame may span several pieces.
//! Sealed pieces must go out in the order in which they were made: each direction has one owner, the task that moves its bytes.

use crate::wire::messages::{Sasl, SaslState};
use crate::wire::{Splitter, WireError, decode, encode};
use alpheus_security::sasl::{SaslError, SaslUnwrap, SaslWrap};
use bytes::{Bytes, BytesMut};

/// Seals what is sent.
pub(crate) struct Sealer(pub(crate) Box<dyn SaslWrap>);

/// Opens what was received, and holds the stream that was inside.
pub(crate) struct Opener {
    layer: Box<dyn SaslUnwrap>,
    inner: Splitter,
}

/// Why a piece could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    Wire(WireError),
    Sasl(SaslError),
}

impl Sealer {
    /// Seals framed bytes, in as many pieces as the peer's limit asks for.
    pub(crate) fn seal(&mut self, plain: &[u8], out: &mut BytesMut) -> Result<(), SaslError> {
        for piece in plain.chunks(self.0.wrap_limit().max(1)) {
            let token = self.0.wrap(piece)?;
            out.extend_from_slice(&encode::sasl_request(&Sasl {
                version: None,
                state: SaslState::Wrap.to_wire(),
                token: Some(token),
                auths: Vec::new(),
            }));
        }
        Ok(())
    }
}

impl Opener {
    /// `limit` bounds the frames inside.
    pub(crate) fn new(layer: Box<dyn SaslUnwrap>, limit: usize) -> Self {
        Self {
            layer,
            inner: Splitter::new(limit),
        }
    }

    /// Opens one frame's payload and returns the stream of frames inside, which may now have more of them.
    pub(crate) fn open(&mut self, frame: Bytes) -> Result<&mut Splitter, OpenError> {
        let response = decode::response(frame).map_err(OpenError::Wire)?;
        let (state, message) = decode::sasl(response.body).map_err(OpenError::Wire)?;
        if state != SaslState::Wrap {
            let found = format!("SASL state {state:?} on a sealed connection");
            return Err(OpenError::Wire(WireError::Unexpected(found)));
        }
        let plain = self
            .layer
            .unwrap(&message.token.unwrap_or_default())
            .map_err(OpenError::Sasl)?;
        self.inner.buffer().extend_from_slice(&plain);
        Ok(&mut self.inner)
    }
}
