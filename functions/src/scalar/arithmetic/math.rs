//! Mathematical functions of one or two numbers, and GREATEST and LEAST.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Float64Array, PrimitiveArray, make_comparator,
};
use arrow::compute::{SortOptions, interleave};
use arrow::datatypes::{
    ArrowNativeTypeOp, DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type,
};

use super::operators::zipped;
use crate::compile::Args;
use crate::scalar::rows;

fn of_double(args: &Args<'_>, each: fn(f64) -> f64) -> OperatorResult<ArrayRef> {
    let values: PrimitiveArray<Float64Type> =
        args.array(0).as_primitive::<Float64Type>().unary(each);
    Ok(Arc::new(values))
}

fn of_doubles(args: &Args<'_>, each: fn(f64, f64) -> f64) -> OperatorResult<ArrayRef> {
    let values: PrimitiveArray<Float64Type> = zipped::<Float64Type, Float64Type, _>(args, each)?;
    Ok(Arc::new(values))
}

macro_rules! doubles {
    ($($name:ident = $each:expr;)*) => {
        $(pub(super) fn $name(args: &Args<'_>) -> OperatorResult<ArrayRef> {
            of_double(args, $each)
        })*
    };
}

doubles! {
    sqrt = f64::sqrt;
    exp = f64::exp;
    ln = f64::ln;
    log10 = f64::log10;
    log2 = f64::log2;
    sin = f64::sin;
    cos = f64::cos;
    tan = f64::tan;
    cot = |x| 1.0 / x.tan();
    asin = f64::asin;
    acos = f64::acos;
    atan = f64::atan;
    sinh = f64::sinh;
    cosh = f64::cosh;
    tanh = f64::tanh;
    degrees = f64::to_degrees;
    radians = f64::to_radians;
}

pub(super) fn power(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    of_doubles(args, f64::powf)
}

pub(super) fn atan2(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    of_doubles(args, f64::atan2)
}

pub(super) fn log(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.len() == 1 {
        return ln(args);
    }
    of_doubles(args, |base, x| x.ln() / base.ln())
}

pub(super) fn pi(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    Ok(Arc::new(Float64Array::from_value(
        std::f64::consts::PI,
        args.rows,
    )))
}

pub(super) fn e(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    Ok(Arc::new(Float64Array::from_value(
        std::f64::consts::E,
        args.rows,
    )))
}

/// BIGINT cut to a narrower integer type, which the values fit or wrap in.
pub(super) fn narrowed(array: &ArrayRef, to: &DataType) -> ArrayRef {
    let longs = array.as_primitive::<Int64Type>();
    match to {
        DataType::Int8 => Arc::new(longs.unary::<_, Int8Type>(|x| x as i8)),
        DataType::Int16 => Arc::new(longs.unary::<_, Int16Type>(|x| x as i16)),
        DataType::Int32 => Arc::new(longs.unary::<_, Int32Type>(|x| x as i32)),
        _ => array.clone(),
    }
}

fn mapped<T: ArrowPrimitiveType>(array: &ArrayRef, each: fn(T::Native) -> T::Native) -> ArrayRef {
    let values: PrimitiveArray<T> = array.as_primitive::<T>().unary(each);
    Arc::new(values.with_data_type(array.data_type().clone()))
}

pub(super) fn abs(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let array = args.array(0);
    Ok(match array.data_type() {
        DataType::Int8 => mapped::<Int8Type>(array, i8::wrapping_abs),
        DataType::Int16 => mapped::<Int16Type>(array, i16::wrapping_abs),
        DataType::Int32 => mapped::<Int32Type>(array, i32::wrapping_abs),
        DataType::Int64 => mapped::<Int64Type>(array, i64::wrapping_abs),
        DataType::Float32 => mapped::<Float32Type>(array, f32::abs),
        DataType::Float64 => mapped::<Float64Type>(array, f64::abs),
        DataType::Decimal128(..) => mapped::<Decimal128Type>(array, i128::wrapping_abs),
        other => {
            return Err(OperatorError::fatal(format!(
                "{other} has no absolute value"
            )));
        }
    })
}

pub(super) fn sign(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    fn float<T: ArrowNativeTypeOp>(x: T, zero: T, one: T) -> T {
        match x.partial_cmp(&zero) {
            Some(Ordering::Greater) => one,
            Some(Ordering::Less) => zero.sub_wrapping(one),
            // Zero keeps its sign and NaN stays.
            _ => x,
        }
    }
    let array = args.array(0);
    Ok(match array.data_type() {
        DataType::Int8 => mapped::<Int8Type>(array, i8::signum),
        DataType::Int16 => mapped::<Int16Type>(array, i16::signum),
        DataType::Int32 => mapped::<Int32Type>(array, i32::signum),
        DataType::Int64 => mapped::<Int64Type>(array, i64::signum),
        DataType::Float32 => mapped::<Float32Type>(array, |x| float(x, 0.0, 1.0)),
        DataType::Float64 => mapped::<Float64Type>(array, |x| float(x, 0.0, 1.0)),
        DataType::Decimal128(_, scale) => {
            let one = crate::scalar::decimals::power_of_ten(*scale as u8);
            let values: PrimitiveArray<Decimal128Type> = array
                .as_primitive::<Decimal128Type>()
                .unary(|x| x.signum() * one);
            Arc::new(values.with_data_type(array.data_type().clone()))
        }
        other => return Err(OperatorError::fatal(format!("{other} has no sign"))),
    })
}

pub(super) fn bin(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let values = args.long(0);
    rows::strings(args.rows, |row, out| {
        Ok(values.get(row).map(|value| {
            let _ = write!(out, "{value:b}");
        }))
    })
}

pub(super) fn greatest(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    extreme(args, Ordering::Greater)
}

pub(super) fn least(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    extreme(args, Ordering::Less)
}

/// Column after column: where the next is more extreme than the best so far, it becomes the best.
fn extreme(args: &Args<'_>, wanted: Ordering) -> OperatorResult<ArrayRef> {
    let to = args.result.to_arrow();
    let mut best = args.column(0)?;
    if best.data_type() != &to {
        best = arrow::compute::cast(&best, &to)?;
    }
    for index in 1..args.len() {
        let mut next = args.column(index)?;
        if next.data_type() != &to {
            next = arrow::compute::cast(&next, &to)?;
        }
        let order = make_comparator(&next, &best, SortOptions::default())?;
        let places: Vec<(usize, usize)> = (0..args.rows)
            .map(|row| {
                let take_next =
                    best.is_valid(row) && (next.is_null(row) || order(row, row) == wanted);
                (usize::from(take_next), row)
            })
            .collect();
        best = interleave(&[best.as_ref(), next.as_ref()], &places)?;
    }
    Ok(best)
}
