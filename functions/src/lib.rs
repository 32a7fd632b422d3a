//! Placeholder.

pub mod aggregate;
