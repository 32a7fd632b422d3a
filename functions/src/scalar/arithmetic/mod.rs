//! Arithmetic operators and mathematical functions.
//!
//! Integers wrap on overflow; INT and DECIMAL division by zero is an error; DOUBLE follows IEEE 754;
//! DECIMAL that does not fit its type becomes NULL.

mod decimal;
mod math;
mod operators;
mod random;
mod rounding;
mod table;
mod temporal;
#[cfg(test)]
mod tests;

pub(crate) use table::TABLE;
