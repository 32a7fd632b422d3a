//! Whole statements through the parser: what is taken, what is refused and how it says so.
#![allow(clippy::unwrap_used)]
mod accepted;
mod errors;
mod fuzz;
mod round_trip;
mod trees;
