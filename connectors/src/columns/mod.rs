//! Columns between bytes and Arrow: what every format and generator builds with and reads from.
//!
//! [`Column`] is a typed builder that, unlike Arrow's, can be cut back: a row that turns out to be bad
//! after some of its fields were stored is taken out again. [`text`] parses scalars into it in Java's
//! and Flink's spelling, [`view`] gives encoders typed access to finished arrays, and [`print`](mod@print) writes
//! scalars back as text.

mod builder;
pub(crate) mod calendar;
pub(crate) mod print;
pub(crate) mod text;
pub(crate) mod view;

pub(crate) use builder::{Column, Values};
