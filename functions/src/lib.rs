//! Scalar and aggregate functions, casts and typing rules with Flink's semantics, on Arrow kernels.
//!
//! The planner asks [`typing`] and [`registry`] what an expression means; workers ask [`compile`] to
//! evaluate it. [`cast`] holds every conversion, [`scalar`] the functions by family, [`aggregate`] the
//! accumulators, [`time`] the calendar, zones and patterns. Nothing here knows of plans, operators or
//! DataFusion.

pub mod aggregate;
pub mod cast;
pub mod compile;
pub mod registry;
pub mod row_pattern;
pub mod scalar;
#[cfg(test)]
mod testing;
pub mod time;
pub mod typing;
pub mod unnest;
pub mod user;

pub use compile::{CompiledExpr, EvalContext, fold_constants};
pub use registry::{
    Argument, Resolution, ScalarFunction, SignatureError, lookup, markdown, nearest,
};
