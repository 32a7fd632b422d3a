//! `+ - * / %` and the sign, by the type of the operands.

use std::sync::Arc;

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, new_null_array};
use arrow::compute::cast;
use arrow::compute::kernels::arity::{binary, try_binary};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{
    ArrowNativeTypeOp, DataType, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type,
};

use super::{decimal, temporal};
use crate::compile::Args;

pub(super) fn plus(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if plain(args) {
        return Ok(numeric::add_wrapping(&args.values[0], &args.values[1])?);
    }
    if matches!(args.result.kind, TypeKind::Decimal(..)) {
        return decimal::add(args);
    }
    temporal::plus(args)
}

pub(super) fn minus(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if plain(args) {
        return Ok(numeric::sub_wrapping(&args.values[0], &args.values[1])?);
    }
    if matches!(args.result.kind, TypeKind::Decimal(..)) {
        return decimal::subtract(args);
    }
    temporal::minus(args)
}

pub(super) fn times(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if plain(args) {
        return Ok(numeric::mul_wrapping(&args.values[0], &args.values[1])?);
    }
    if matches!(args.result.kind, TypeKind::Decimal(..)) {
        return decimal::multiply(args);
    }
    temporal::times(args)
}

pub(super) fn divide(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    match &args.types[0].kind {
        TypeKind::Decimal(..) => decimal::divide(args),
        kind if kind.is_interval() => temporal::divide(args),
        TypeKind::Float | TypeKind::Double => Ok(numeric::div(&args.values[0], &args.values[1])?),
        _ => integers(args, Division::Quotient),
    }
}

pub(super) fn modulo(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    match &args.types[0].kind {
        TypeKind::Decimal(..) => decimal::modulo(args),
        TypeKind::Float | TypeKind::Double => Ok(numeric::rem(&args.values[0], &args.values[1])?),
        _ => {
            let remainder = integers(args, Division::Remainder)?;
            // MOD has its divisor's type, and a remainder always fits it.
            Ok(cast(&remainder, &args.result.to_arrow())?)
        }
    }
}

/// Numbers that Arrow's own kernels compute as Flink does.
fn plain(args: &Args<'_>) -> bool {
    let plain = |kind: &TypeKind| kind.is_integer() || kind.is_approximate_numeric();
    plain(&args.types[0].kind) && plain(&args.types[1].kind) && plain(&args.result.kind)
}

/// Which of the two divisions.
#[derive(Clone, Copy)]
enum Division {
    Quotient,
    Remainder,
}

fn integers(args: &Args<'_>, division: Division) -> OperatorResult<ArrayRef> {
    match args.array(0).data_type() {
        DataType::Int8 => divided::<Int8Type>(args, division),
        DataType::Int16 => divided::<Int16Type>(args, division),
        DataType::Int32 => divided::<Int32Type>(args, division),
        _ => divided::<Int64Type>(args, division),
    }
}

/// What every division by zero says.
pub(super) fn by_zero() -> OperatorError {
    OperatorError::data(
        "division by zero; guard it with NULLIF(divisor, 0) or CASE, or compute in DOUBLE",
    )
}

fn divided<T: ArrowPrimitiveType>(args: &Args<'_>, division: Division) -> OperatorResult<ArrayRef> {
    let zero = T::Native::default();
    let operate = |a: T::Native, b: T::Native| match division {
        Division::Quotient => a.div_wrapping(b),
        Division::Remainder => a.mod_wrapping(b),
    };
    let (left, right) = (
        args.array(0).as_primitive::<T>(),
        args.array(1).as_primitive::<T>(),
    );
    let (one_left, one_right) = (args.values[0].is_constant(), args.values[1].is_constant());
    if one_right && !one_left {
        if right.is_null(0) {
            return Ok(new_null_array(left.data_type(), left.len()));
        }
        let divisor = right.value(0);
        if divisor == zero {
            return if left.null_count() == left.len() {
                Ok(Arc::new(left.clone()))
            } else {
                Err(by_zero())
            };
        }
        return Ok(Arc::new(left.unary::<_, T>(|a| operate(a, divisor))));
    }
    let expanded;
    let left = if one_left && !one_right {
        expanded = args.column(0)?;
        expanded.as_primitive::<T>()
    } else {
        left
    };
    let result = try_binary::<_, _, _, T>(left, right, |a, b| {
        if b == zero {
            Err(arrow::error::ArrowError::DivideByZero)
        } else {
            Ok(operate(a, b))
        }
    });
    match result {
        Ok(values) => Ok(Arc::new(values)),
        Err(arrow::error::ArrowError::DivideByZero) => Err(by_zero()),
        Err(other) => Err(other.into()),
    }
}

pub(super) fn negate(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let array = args.array(0);
    fn wrapping<T: ArrowPrimitiveType>(array: &ArrayRef) -> ArrayRef {
        let values: PrimitiveArray<T> = array.as_primitive::<T>().unary(|a| a.neg_wrapping());
        Arc::new(values.with_data_type(array.data_type().clone()))
    }
    Ok(match array.data_type() {
        DataType::Int8 => wrapping::<Int8Type>(array),
        DataType::Int16 => wrapping::<Int16Type>(array),
        DataType::Int32 => wrapping::<Int32Type>(array),
        DataType::Int64 => wrapping::<Int64Type>(array),
        DataType::Float32 => wrapping::<Float32Type>(array),
        DataType::Float64 => wrapping::<Float64Type>(array),
        DataType::Decimal128(..) => wrapping::<Decimal128Type>(array),
        DataType::Duration(_) => wrapping::<DurationMillisecondType>(array),
        other => {
            return Err(OperatorError::fatal(format!(
                "a {other} column has no negative"
            )));
        }
    })
}

/// Applies `operate` to two columns, either of which may be constant.
pub(super) fn zipped<L, R, O>(
    args: &Args<'_>,
    operate: impl Fn(L::Native, R::Native) -> O::Native,
) -> OperatorResult<PrimitiveArray<O>>
where
    L: ArrowPrimitiveType,
    R: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let (left, right) = (
        args.array(0).as_primitive::<L>(),
        args.array(1).as_primitive::<R>(),
    );
    match (args.values[0].is_constant(), args.values[1].is_constant()) {
        (true, false) if left.is_null(0) => Ok(PrimitiveArray::new_null(right.len())),
        (true, false) => {
            let a = left.value(0);
            Ok(right.unary(|b| operate(a, b)))
        }
        (false, true) if right.is_null(0) => Ok(PrimitiveArray::new_null(left.len())),
        (false, true) => {
            let b = right.value(0);
            Ok(left.unary(|a| operate(a, b)))
        }
        _ => Ok(binary(left, right, operate)?),
    }
}
