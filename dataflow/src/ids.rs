//! Identifiers, each a type of its own, so that none can stand in for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hash::stable_hash_128;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A checkpoint's or savepoint's number within its job, from 1 upwards, never used twice.
    CheckpointId(u64)
);
number_id!(
    /// How often the job (or its ApplicationMaster) has been started: the fence against older ones.
    AttemptNumber(u32)
);
number_id!(
    /// Position of a vertex in its [`JobGraph`](crate::graph::JobGraph).
    VertexId(u32)
);
number_id!(
    /// Position of a subtask in its vertex, from 0 to parallelism - 1.
    SubtaskIndex(u32)
);

impl CheckpointId {
    /// The number after this one.
    pub fn next(self) -> CheckpointId {
        CheckpointId(self.0 + 1)
    }
}

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
                let value = if valid { u128::from_str_radix(text, 16).ok() } else { None };
                value.map($name).ok_or_else(|| InvalidId { text: text.to_owned() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hex_id!(
    /// A job: 128 random bits, printed as 32 hexadecimal digits as in Flink.
    JobId
);
hex_id!(
    /// An operator. Derived from what it does and where it stands, so that the same SQL planned again
    /// finds its state again.
    OperatorId
);

impl OperatorId {
    /// The id for an operator with this canonical description; see the planner for what goes in.
    pub fn from_description(description: &str) -> Self {
        OperatorId(stable_hash_128(description.as_bytes()))
    }
}

/// Text that is not 32 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not an id: expected 32 hexadecimal digits")]
pub struct InvalidId {
    text: String,
}
