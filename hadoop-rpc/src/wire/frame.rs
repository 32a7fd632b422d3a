//! Cutting frames out of a stream of bytes.

use super::WireError;
use bytes::{Buf, Bytes, BytesMut};

/// Collects bytes as they arrive and gives out whole frames.
///
/// Invariant: never holds more than one frame's worth of announced bytes beyond what was pushed; a length above the limit is an
/// error at once, before anything is allocated for it.
#[derive(Debug)]
pub struct Splitter {
    buffer: BytesMut,
    limit: usize,
}

impl Splitter {
    /// `limit` is the longest payload that is accepted, in bytes (`ipc.maximum.response.length`).
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: BytesMut::with_capacity(8 * 1024),
            limit,
        }
    }

    /// Where arriving bytes go.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next frame's payload without its length; `None` when it has not arrived completely.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, WireError> {
        let Some(head) = self.buffer.first_chunk::<4>() else {
            return Ok(None);
        };
        if head == b"HTTP" {
            return Err(WireError::Http);
        }
        let announced = i32::from_be_bytes(*head);
        let Ok(length) = usize::try_from(announced) else {
            return Err(WireError::Ancient(announced));
        };
        if length > self.limit {
            return Err(WireError::TooLong {
                length,
                limit: self.limit,
            });
        }
        if self.buffer.len() < 4 + length {
            self.buffer.reserve(4 + length - self.buffer.len());
            return Ok(None);
        }
        self.buffer.advance(4);
        Ok(Some(self.buffer.split_to(length).freeze()))
    }
}
