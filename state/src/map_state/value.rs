//! What an entry holds, as bytes.
//!
//! ```text
//! value := written:i64 (with a TTL only)  counter:i64*  payload        little endian
//! ```
//!
//! Counters lie at fixed places so that an operator reads and changes them without decoding anything;
//! the payload is an encoded row of the state's payload columns.

use std::borrow::Cow;

const WIDTH: usize = size_of::<i64>();

/// Where things are in the values of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ValueLayout {
    /// Whether values begin with the time of the last write.
    pub timed: bool,
    /// How many counters there are.
    pub counters: usize,
}

impl ValueLayout {
    fn header(self) -> usize {
        (usize::from(self.timed) + self.counters) * WIDTH
    }

    /// Writes a value into `bytes`, which is emptied first.
    pub fn encode(self, written: i64, counters: &[i64], payload: &[u8], bytes: &mut Vec<u8>) {
        debug_assert_eq!(counters.len(), self.counters);
        bytes.clear();
        if self.timed {
            bytes.extend(written.to_le_bytes());
        }
        for counter in counters {
            bytes.extend(counter.to_le_bytes());
        }
        bytes.extend_from_slice(payload);
    }

    /// When the value was written, in ms; 0 without a TTL.
    pub fn written(self, value: &[u8]) -> i64 {
        match self.timed {
            true => written_at(value),
            false => 0,
        }
    }
}

/// When a value of a state with a TTL was written, in ms.
pub(crate) fn written_at(value: &[u8]) -> i64 {
    integer(value, 0)
}

fn integer(bytes: &[u8], index: usize) -> i64 {
    let bytes = bytes.get(index * WIDTH..(index + 1) * WIDTH);
    let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, i64::from_le_bytes)
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    layout: ValueLayout,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Value<'a> {
    pub(crate) fn new(layout: ValueLayout, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Value {
            layout,
            bytes: bytes.into(),
        }
    }

    /// One of the state's counters, by its position.
    #[inline]
    pub fn counter(&self, index: usize) -> i64 {
        debug_assert!(index < self.layout.counters);
        integer(&self.bytes, usize::from(self.layout.timed) + index)
    }

    /// The encoded payload row.
    #[inline]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(self.layout.header()..).unwrap_or_default()
    }

    pub(crate) fn written(&self) -> i64 {
        self.layout.written(&self.bytes)
    }
}
