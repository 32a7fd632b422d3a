//! Frames on a connection between two workers: a fixed header, then a body whose form the kind fixes.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 2 | magic, `A1 FE` |
//! | 2 | 1 | version |
//! | 3 | 1 | kind |
//! | 4 | 4 | channel |
//! | 8 | 4 | attempt |
//! | 12 | 8 | sequence number within the channel, from 0 |
//! | 20 | 4 | length of the body |
//!
//! All numbers are big-endian. Decoding is pure and total: any bytes give a frame or an error, and no
//! length is believed beyond the bound of its kind. Sequence numbers and attempts catch mistakes.

use alpheus_dataflow::element::{CheckpointBarrier, StreamElement, Watermark};
use alpheus_dataflow::ids::{AttemptNumber, JobId};
use serde::{Deserialize, Serialize};

use super::window::Cost;
use crate::control::WorkerId;

/// Bytes of a header.
pub const HEADER_BYTES: usize = 24;
/// The most bytes a batch may have on the wire.
pub const MAX_DATA_BYTES: u32 = 1 << 30;
/// The most bytes of any other body.
const MAX_SMALL_BYTES: u32 = 4096;
const MAGIC: [u8; 2] = [0xa1, 0xfe];
const VERSION: u8 = 1;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// Who connects, and the answer; first on every connection.
    Hello = 0,
    /// Rows.
    Data = 1,
    /// Event time.
    Watermark = 2,
    /// Idle or active.
    Idle = 3,
    /// A checkpoint.
    Barrier = 4,
    /// The end of a channel.
    End = 5,
    /// Room given back, towards the sender of data.
    Credit = 6,
}

impl FrameKind {
    const ALL: [FrameKind; 7] = [
        FrameKind::Hello,
        FrameKind::Data,
        FrameKind::Watermark,
        FrameKind::Idle,
        FrameKind::Barrier,
        FrameKind::End,
        FrameKind::Credit,
    ];

    fn max_length(self) -> u32 {
        match self {
            FrameKind::Data => MAX_DATA_BYTES,
            _ => MAX_SMALL_BYTES,
        }
    }
}

/// A frame without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What it is.
    pub kind: FrameKind,
    /// Of which channel.
    pub channel: u32,
    /// Of which start of the job.
    pub attempt: AttemptNumber,
    /// Position in the channel.
    pub sequence: u64,
    /// Bytes of the body.
    pub length: u32,
}

/// First frame of a connection, in both directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// For which job.
    pub job: JobId,
    /// For which start of it.
    pub attempt: AttemptNumber,
    /// Who says it.
    pub worker: WorkerId,
}

/// Bytes that are no frame.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum FrameError {
    /// Another protocol.
    #[error("it begins with {0:02x?}, which is no exchange frame")]
    Magic([u8; 2]),
    /// Another version of this one.
    #[error(
        "its version is {0}, this worker speaks {VERSION}; all workers must run the same build"
    )]
    Version(u8),
    /// No such kind.
    #[error("its kind is {0}, which does not exist")]
    Kind(u8),
    /// Too long.
    #[error("its length of {length} bytes is over the limit of {limit} for {kind:?}")]
    TooLong {
        /// What it says it is.
        kind: FrameKind,
        /// What it says.
        length: u32,
        /// What is allowed.
        limit: u32,
    },
    /// A body that does not have its kind's form.
    #[error("the body of a {kind:?} frame is malformed: {detail}")]
    Body {
        /// What it says it is.
        kind: FrameKind,
        /// What is wrong.
        detail: String,
    },
}

impl FrameHeader {
    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..2].copy_from_slice(&MAGIC);
        bytes[2] = VERSION;
        bytes[3] = self.kind as u8;
        bytes[4..8].copy_from_slice(&self.channel.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.attempt.0.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.sequence.to_be_bytes());
        bytes[20..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    /// The header in these bytes.
    ///
    /// # Errors
    /// Whatever is wrong first.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<FrameHeader, FrameError> {
        let [
            m0,
            m1,
            version,
            kind,
            c0,
            c1,
            c2,
            c3,
            a0,
            a1,
            a2,
            a3,
            rest @ ..,
        ] = *bytes;
        if [m0, m1] != MAGIC {
            return Err(FrameError::Magic([m0, m1]));
        }
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let Some(&kind) = FrameKind::ALL.get(usize::from(kind)) else {
            return Err(FrameError::Kind(kind));
        };
        let [s0, s1, s2, s3, s4, s5, s6, s7, l0, l1, l2, l3] = rest;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        let limit = kind.max_length();
        if length > limit {
            return Err(FrameError::TooLong {
                kind,
                length,
                limit,
            });
        }
        Ok(FrameHeader {
            kind,
            channel: u32::from_be_bytes([c0, c1, c2, c3]),
            attempt: AttemptNumber(u32::from_be_bytes([a0, a1, a2, a3])),
            sequence: u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            length,
        })
    }
}

/// A body other than that of a batch.
#[derive(Clone, Debug)]
pub enum SmallBody {
    /// [`FrameKind::Hello`].
    Hello(Hello),
    /// Watermark, idle, barrier or end.
    Element(StreamElement),
    /// [`FrameKind::Credit`].
    Credit(Cost),
}

/// Kind and body of an element that is not a batch; `None` for batches.
pub fn encode_element(element: &StreamElement) -> Option<(FrameKind, Vec<u8>)> {
    Some(match element {
        StreamElement::Data(_) => return None,
        StreamElement::Watermark(watermark) => {
            (FrameKind::Watermark, watermark.0.to_be_bytes().to_vec())
        }
        StreamElement::Idle(idle) => (FrameKind::Idle, vec![u8::from(*idle)]),
        // A barrier always has a JSON form: numbers and an enum.
        StreamElement::Barrier(barrier) => (
            FrameKind::Barrier,
            serde_json::to_vec(barrier).unwrap_or_default(),
        ),
        StreamElement::EndOfInput => (FrameKind::End, Vec::new()),
    })
}

/// The body of a credit frame.
pub fn encode_credit(cost: Cost) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&cost.batches.to_be_bytes());
    bytes[4..8].copy_from_slice(&cost.marks.to_be_bytes());
    bytes[8..].copy_from_slice(&cost.bytes.to_be_bytes());
    bytes
}

/// The body of a frame that is not a batch.
///
/// # Errors
/// When it does not have its kind's form.
pub fn decode_small(kind: FrameKind, body: &[u8]) -> Result<SmallBody, FrameError> {
    let malformed = |detail: String| FrameError::Body { kind, detail };
    let wrong_length = || malformed(format!("it has {} bytes", body.len()));
    let element = match kind {
        FrameKind::Hello => {
            let hello = serde_json::from_slice(body);
            return hello
                .map(SmallBody::Hello)
                .map_err(|error| malformed(error.to_string()));
        }
        FrameKind::Credit => {
            let bytes: [u8; 16] = body.try_into().map_err(|_| wrong_length())?;
            let [b0, b1, b2, b3, m0, m1, m2, m3, rest @ ..] = bytes;
            return Ok(SmallBody::Credit(Cost {
                batches: u32::from_be_bytes([b0, b1, b2, b3]),
                marks: u32::from_be_bytes([m0, m1, m2, m3]),
                bytes: u64::from_be_bytes(rest),
            }));
        }
        FrameKind::Data => return Err(malformed("a batch is not a small body".to_owned())),
        FrameKind::Watermark => {
            let bytes = body.try_into().map_err(|_| wrong_length())?;
            StreamElement::Watermark(Watermark(i64::from_be_bytes(bytes)))
        }
        FrameKind::Idle => match body {
            [0] => StreamElement::Idle(false),
            [1] => StreamElement::Idle(true),
            _ => return Err(wrong_length()),
        },
        FrameKind::Barrier => {
            let barrier: Result<CheckpointBarrier, _> = serde_json::from_slice(body);
            StreamElement::Barrier(barrier.map_err(|error| malformed(error.to_string()))?)
        }
        FrameKind::End if body.is_empty() => StreamElement::EndOfInput,
        FrameKind::End => return Err(wrong_length()),
    };
    Ok(SmallBody::Element(element))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alpheus_dataflow::element::CheckpointKind;
    use alpheus_dataflow::ids::CheckpointId;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_survive_the_wire() {
        let barrier = CheckpointBarrier {
            id: CheckpointId(9),
            timestamp: -3,
            kind: CheckpointKind::StopWithSavepoint { drain: true },
            overtake_after_ms: None,
        };
        for element in [
            StreamElement::Watermark(Watermark::MAX),
            StreamElement::Idle(true),
            StreamElement::Barrier(barrier),
            StreamElement::EndOfInput,
        ] {
            let (kind, body) = encode_element(&element).unwrap();
            let SmallBody::Element(decoded) = decode_small(kind, &body).unwrap() else {
                panic!("no element");
            };
            assert_eq!(format!("{decoded:?}"), format!("{element:?}"));
        }
    }

    proptest! {
        #[test]
        fn random_headers_and_bodies_are_refused_or_bounded(
            random in proptest::array::uniform24(any::<u8>()),
            body in proptest::collection::vec(any::<u8>(), 0..64),
            kind in 0usize..7,
        ) {
            let mut plausible = random;
            plausible[..3].copy_from_slice(&[0xa1, 0xfe, 1]);
            plausible[3] %= 7;
            for bytes in [random, plausible] {
                if let Ok(header) = FrameHeader::decode(&bytes) {
                    prop_assert!(header.length <= header.kind.max_length());
                    prop_assert_eq!(header.encode(), bytes);
                }
            }
            let _ = decode_small(FrameKind::ALL[kind], &body);
        }
    }
}
