//! The functions, one folder a family: a table of rows (name, signature, types, kernel) and the kernels.

mod arithmetic;
mod collection;
mod comparison;
mod conditional;
mod construction;
mod conversion;
pub(crate) mod decimals;
mod hash;
mod json;
mod logical;
#[cfg(test)]
mod nulls;
pub(crate) mod rows;
mod string;
mod temporal;

pub(crate) use construction::map_array;

use crate::registry::ScalarFunction;

/// All tables.
pub(crate) static TABLES: &[&[ScalarFunction]] = &[
    comparison::TABLE,
    logical::TABLE,
    arithmetic::TABLE,
    conditional::TABLE,
    construction::TABLE,
    string::TABLE,
    temporal::TABLE,
    conversion::TABLE,
    collection::TABLE,
    hash::TABLE,
    json::TABLE,
];
