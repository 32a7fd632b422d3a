//! Keyed state, snapshots, the checkpoint format and the checkpoint protocol.

pub mod handle;
