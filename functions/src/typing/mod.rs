//! Flink's typing rules as pure functions: what the binder asks while it resolves a statement.
//!
//! [`common`] finds the type that several values share (CASE, COALESCE, IN, UNION, array elements),
//! [`arithmetic`] the result of `+ - * / %`, [`casts`] which conversions exist. The rules are those of
//! Flink's `LogicalTypeMerging`, `LogicalTypeCasts` and of Calcite's `leastRestrictive` under
//! `FlinkTypeSystem`; nothing here looks at values.

pub mod arithmetic;
pub mod casts;
pub mod common;

pub use arithmetic::{
    ArithmeticOperator, arithmetic_types, average_decimal, decimal_addition, decimal_division,
    decimal_modulo, decimal_multiplication, decimal_round,
};
pub use casts::{can_cast, can_cast_implicitly};
pub use common::{case_type, common_type, comparison_type, decimal_of_integer, merged_type};

#[cfg(test)]
mod tests;
