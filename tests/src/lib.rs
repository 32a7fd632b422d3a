//! What the end-to-end tests share: the binary under test, SQL case files, comparing results.
//!
//! Everything here drives the real `alpheus` binary in processes of its own, as a user would.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test harness fails by panicking"
)]

pub mod binary;
pub mod case;
pub mod checkpoints;
pub mod compare;
pub mod flights;
pub mod random;
