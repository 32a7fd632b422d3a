//! Comparisons on Arrow's kernels.
//!
//! Those kernels order floats totally (NaN equals NaN, -0.0 is less than 0.0). Flink compares as Java's
//! `Double.compareTo` for `=` and as primitives for `<`; the cases that show are covered by making
//! -0.0 equal to 0.0, which both agree on for values that are not produced on purpose.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Datum};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::cmp;
use arrow::compute::{self, or_kleene};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;

use crate::compile::{Args, Value};

type Comparison = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

fn compare(args: &Args<'_>, comparison: Comparison) -> OperatorResult<ArrayRef> {
    let (left, right) = (normalized(&args.values[0]), normalized(&args.values[1]));
    if left.array().data_type().is_nested() {
        return nested(args, comparison);
    }
    Ok(Arc::new(comparison(&left, &right)?))
}

/// -0.0 made 0.0: adding zero does exactly that.
fn normalized(value: &Value) -> Value {
    let positive = |array: &ArrayRef| -> Option<ArrayRef> {
        Some(match array.data_type() {
            DataType::Float64 => Arc::new(
                array
                    .as_primitive::<Float64Type>()
                    .unary::<_, Float64Type>(|x| x + 0.0),
            ),
            DataType::Float32 => Arc::new(
                array
                    .as_primitive::<Float32Type>()
                    .unary::<_, Float32Type>(|x| x + 0.0),
            ),
            _ => return None,
        })
    };
    match value {
        Value::Column(array) => Value::Column(positive(array).unwrap_or_else(|| array.clone())),
        Value::Constant(array) => Value::Constant(positive(array).unwrap_or_else(|| array.clone())),
    }
}

/// Arrays, maps and rows: equal when they consist of equal parts, NULL equal to NULL inside.
fn nested(args: &Args<'_>, comparison: Comparison) -> OperatorResult<ArrayRef> {
    use arrow::array::make_comparator;
    use arrow::compute::SortOptions;
    let (left, right) = (args.column(0)?, args.column(1)?);
    let nulls = NullBuffer::union(left.nulls(), right.nulls());
    let order = make_comparator(&left, &right, SortOptions::default())?;
    let numbers: arrow::array::Int8Array = (0..args.rows)
        .map(|row| Some(order(row, row) as i8))
        .collect();
    let zero = arrow::array::Int8Array::new_scalar(0);
    let values = comparison(&numbers, &zero)?;
    let nulls = if args.result.nullable { nulls } else { None };
    Ok(Arc::new(BooleanArray::new(values.values().clone(), nulls)))
}

pub(in crate::scalar) fn eq(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::eq)
}

pub(super) fn neq(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::neq)
}

pub(super) fn lt(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::lt)
}

pub(super) fn lt_eq(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::lt_eq)
}

pub(super) fn gt(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::gt)
}

pub(super) fn gt_eq(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::gt_eq)
}

pub(super) fn distinct(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::distinct)
}

pub(super) fn not_distinct(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    compare(args, cmp::not_distinct)
}

pub(super) fn is_null(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.array(0).data_type() == &DataType::Null {
        return Ok(Arc::new(BooleanArray::new(
            BooleanBuffer::new_set(args.rows),
            None,
        )));
    }
    Ok(Arc::new(compute::is_null(args.array(0))?))
}

pub(super) fn is_not_null(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.array(0).data_type() == &DataType::Null {
        return Ok(Arc::new(BooleanArray::new(
            BooleanBuffer::new_unset(args.rows),
            None,
        )));
    }
    Ok(Arc::new(compute::is_not_null(args.array(0))?))
}

/// `value = a OR value = b ...`, a column at a time: lists in SQL are short.
pub(super) fn in_list(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let mut found: Option<BooleanArray> = None;
    for index in 1..args.len() {
        let pair = Args {
            values: &[args.values[0].clone(), args.values[index].clone()],
            ..*args
        };
        let one = compare(&pair, cmp::eq)?;
        // A constant compared with a constant is one value among columns.
        let one = if one.len() == args.rows {
            one
        } else {
            Value::Constant(one).into_column(args.rows)?
        };
        found = Some(match found {
            Some(found) => or_kleene(&found, one.as_boolean())?,
            None => one.as_boolean().clone(),
        });
    }
    Ok(match found {
        Some(found) => Arc::new(found),
        None => Arc::new(BooleanArray::new(BooleanBuffer::new_unset(args.rows), None)),
    })
}
