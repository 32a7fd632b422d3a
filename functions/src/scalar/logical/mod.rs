//! Three-valued logic.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::not;

use crate::compile::Args;
use crate::registry::signature::{Param, Returns, Simple, Typing, takes, variadic};
use crate::registry::{Category, Kernel, ScalarFunction};

const C: Category = Category::Logical;
const TWO: Typing = variadic(
    &[Param::Bool, Param::Bool],
    Param::Bool,
    Returns::Is(Simple::Bool),
);
const TEST: Typing = takes(&[Param::Bool], Returns::NotNull(Simple::Bool));

const fn test(name: &'static str, signature: &'static str, kernel: Kernel) -> ScalarFunction {
    ScalarFunction::new(C, name, signature, TEST, kernel)
}

pub(crate) static TABLE: &[ScalarFunction] = &[
    ScalarFunction::lazy(C, "AND", "a AND b", TWO).doc(
        "Both; the right side is not evaluated where the left is FALSE.",
        "TRUE AND NULL",
    ),
    ScalarFunction::lazy(C, "OR", "a OR b", TWO).doc(
        "Either; the right side is not evaluated where the left is TRUE.",
        "TRUE OR NULL",
    ),
    ScalarFunction::new(
        C,
        "NOT",
        "NOT a",
        takes(&[Param::Bool], Returns::Is(Simple::Bool)),
        negate,
    )
    .doc("The opposite; NULL stays NULL.", "NOT TRUE"),
    test("IS TRUE", "a IS TRUE", is_true).doc("TRUE, and not FALSE or NULL.", "a IS TRUE"),
    test("IS NOT TRUE", "a IS NOT TRUE", is_not_true).doc("FALSE or NULL.", "a IS NOT TRUE"),
    test("IS FALSE", "a IS FALSE", is_false).doc("FALSE, and not TRUE or NULL.", "a IS FALSE"),
    test("IS NOT FALSE", "a IS NOT FALSE", is_not_false).doc("TRUE or NULL.", "a IS NOT FALSE"),
    test("IS UNKNOWN", "a IS UNKNOWN", is_unknown).doc("NULL.", "a IS UNKNOWN"),
    test("IS NOT UNKNOWN", "a IS NOT UNKNOWN", is_not_unknown)
        .doc("TRUE or FALSE.", "a IS NOT UNKNOWN"),
];

fn negate(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    Ok(Arc::new(not(args.array(0).as_boolean())?))
}

fn tested(
    args: &Args<'_>,
    test: fn(&BooleanBuffer, Option<&BooleanBuffer>) -> BooleanBuffer,
) -> OperatorResult<ArrayRef> {
    let values = args.array(0).as_boolean();
    let valid = values.nulls().map(|nulls| nulls.inner());
    Ok(Arc::new(BooleanArray::new(
        test(values.values(), valid),
        None,
    )))
}

fn truths(values: &BooleanBuffer, valid: Option<&BooleanBuffer>) -> BooleanBuffer {
    valid.map_or_else(|| values.clone(), |valid| values & valid)
}

fn falsehoods(values: &BooleanBuffer, valid: Option<&BooleanBuffer>) -> BooleanBuffer {
    let negated = !values;
    valid.map_or_else(|| negated.clone(), |valid| &negated & valid)
}

fn is_true(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    tested(args, truths)
}

fn is_not_true(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    tested(args, |values, valid| !&truths(values, valid))
}

fn is_false(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    tested(args, falsehoods)
}

fn is_not_false(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    tested(args, |values, valid| !&falsehoods(values, valid))
}

fn is_not_unknown(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    tested(args, |values, valid| {
        valid
            .cloned()
            .unwrap_or_else(|| BooleanBuffer::new_set(values.len()))
    })
}

fn is_unknown(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    tested(args, |values, valid| {
        valid.map_or_else(|| BooleanBuffer::new_unset(values.len()), |valid| !valid)
    })
}
