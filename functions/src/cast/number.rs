//! Numbers, booleans and intervals into one another.

use std::sync::Arc;

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Decimal128Array, Int64Array,
    PrimitiveArray,
};
use arrow::compute;
use arrow::datatypes::{
    DataType, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type,
};

use super::parse::parse_decimal;
use super::{Mode, java};
use crate::scalar::decimals::{power_of_ten, rescale};

/// A number column as another number type.
pub(super) fn column(
    array: &ArrayRef,
    from: &TypeKind,
    to: &TypeKind,
    mode: Mode<'_>,
) -> OperatorResult<ArrayRef> {
    match (from, to) {
        (from, TypeKind::Decimal(p, s)) if from.is_integer() => {
            let longs = longs(array)?;
            let values =
                longs.unary_opt::<_, Decimal128Type>(|x| rescale(i128::from(x), 0, *s, *p));
            decimal(values, *p, *s)
        }
        (TypeKind::Decimal(_, from), TypeKind::Decimal(p, s)) => {
            let values = array.as_primitive::<Decimal128Type>();
            decimal(values.unary_opt(|x| rescale(x, *from, *s, *p)), *p, *s)
        }
        (_, TypeKind::Decimal(p, s)) => from_float(array, *p, *s, mode),
        (TypeKind::Decimal(_, scale), to) => from_decimal(array, *scale, to),
        (from, to) if from.is_approximate_numeric() => match array.data_type() {
            DataType::Float32 => {
                let values = array.as_primitive::<Float32Type>();
                Ok(match to {
                    TypeKind::Double => Arc::new(values.unary::<_, Float64Type>(f64::from)),
                    _ => saturated(&values.unary::<_, Float64Type>(f64::from), to),
                })
            }
            _ => {
                let values = array.as_primitive::<Float64Type>();
                Ok(match to {
                    TypeKind::Float => Arc::new(values.unary::<_, Float32Type>(|x| x as f32)),
                    _ => saturated(values, to),
                })
            }
        },
        (_, to) => from_longs(&longs(array)?, to),
    }
}

/// DOUBLE to an integer, as Java casts: BIGINT and INT saturate, NaN is 0, the narrow ones wrap from INT.
fn saturated(values: &PrimitiveArray<Float64Type>, to: &TypeKind) -> ArrayRef {
    match to {
        TypeKind::TinyInt => Arc::new(values.unary::<_, Int8Type>(|x| x as i32 as i8)),
        TypeKind::SmallInt => Arc::new(values.unary::<_, Int16Type>(|x| x as i32 as i16)),
        TypeKind::Integer => Arc::new(values.unary::<_, Int32Type>(|x| x as i32)),
        _ => Arc::new(values.unary::<_, Int64Type>(|x| x as i64)),
    }
}

fn longs(array: &ArrayRef) -> OperatorResult<Int64Array> {
    let wide = compute::cast(array, &DataType::Int64)?;
    Ok(wide.as_primitive::<Int64Type>().clone())
}

fn from_longs(longs: &Int64Array, to: &TypeKind) -> OperatorResult<ArrayRef> {
    Ok(match to {
        TypeKind::TinyInt => Arc::new(longs.unary::<_, Int8Type>(|x| x as i8)),
        TypeKind::SmallInt => Arc::new(longs.unary::<_, Int16Type>(|x| x as i16)),
        TypeKind::Integer => Arc::new(longs.unary::<_, Int32Type>(|x| x as i32)),
        TypeKind::BigInt => Arc::new(longs.clone()),
        TypeKind::Float => Arc::new(longs.unary::<_, Float32Type>(|x| x as f32)),
        TypeKind::Double => Arc::new(longs.unary::<_, Float64Type>(|x| x as f64)),
        other => {
            return Err(OperatorError::fatal(format!(
                "cannot cast BIGINT to {other}"
            )));
        }
    })
}

fn decimal(values: Decimal128Array, precision: u8, scale: u8) -> OperatorResult<ArrayRef> {
    Ok(Arc::new(
        values.with_precision_and_scale(precision, scale as i8)?,
    ))
}

/// By way of the shortest text of the DOUBLE, as `BigDecimal.valueOf` does.
fn from_float(array: &ArrayRef, p: u8, s: u8, mode: Mode<'_>) -> OperatorResult<ArrayRef> {
    let mut values = Decimal128Array::builder(array.len());
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            values.append_null();
            continue;
        }
        text.clear();
        match array.as_primitive_opt::<Float32Type>() {
            Some(floats) => java::write_double(&mut text, f64::from(floats.value(row))),
            None => java::write_double(&mut text, array.as_primitive::<Float64Type>().value(row)),
        }
        match parse_decimal(&text, p, s) {
            Some(value) => values.append_option(value),
            None if mode.try_cast => values.append_null(),
            None => {
                return Err(OperatorError::data(format!(
                    "cannot cast {text} to DECIMAL({p}, {s}); use TRY_CAST to get NULL instead"
                )));
            }
        }
    }
    decimal(values.finish(), p, s)
}

fn from_decimal(array: &ArrayRef, scale: u8, to: &TypeKind) -> OperatorResult<ArrayRef> {
    let values = array.as_primitive::<Decimal128Type>();
    let step = power_of_ten(scale);
    if to.is_integer() {
        let longs: Int64Array = values.unary(|x| (x / step) as i64);
        return from_longs(&longs, to);
    }
    let double = |x: i128| -> f64 {
        if x.unsigned_abs() < 1 << 53 && scale <= 22 {
            x as f64 / step as f64
        } else {
            let mut text = String::new();
            super::text::write_decimal(&mut text, x, scale);
            text.parse().unwrap_or(f64::NAN)
        }
    };
    Ok(match to {
        TypeKind::Float => Arc::new(values.unary::<_, Float32Type>(|x| double(x) as f32)),
        _ => Arc::new(values.unary::<_, Float64Type>(double)),
    })
}

/// TRUE is 1, FALSE 0.
pub(super) fn from_boolean(array: &ArrayRef, to: &TypeKind) -> OperatorResult<ArrayRef> {
    let ones: Int64Array = array
        .as_boolean()
        .iter()
        .map(|b| b.map(i64::from))
        .collect();
    match to {
        TypeKind::Decimal(p, s) => decimal(
            ones.unary_opt::<_, Decimal128Type>(|x| rescale(i128::from(x), 0, *s, *p)),
            *p,
            *s,
        ),
        to => from_longs(&ones, to),
    }
}

/// Everything but 0 is TRUE.
/// Whether a number is not 0.
pub(super) fn to_boolean(array: &ArrayRef) -> OperatorResult<ArrayRef> {
    let values: BooleanArray = match array.data_type() {
        DataType::Float32 | DataType::Float64 => {
            let wide = compute::cast(array, &DataType::Float64)?;
            let values = wide.as_primitive::<Float64Type>();
            values.iter().map(|x| x.map(|x| x != 0.0)).collect()
        }
        DataType::Decimal128(..) => {
            let values = array.as_primitive::<Decimal128Type>();
            values.iter().map(|x| x.map(|x| x != 0)).collect()
        }
        _ => longs(array)?.iter().map(|x| x.map(|x| x != 0)).collect(),
    };
    Ok(Arc::new(values))
}

/// Intervals and exact numbers: months, or milliseconds.
pub(super) fn interval(
    array: &ArrayRef,
    from: &TypeKind,
    to: &TypeKind,
    mode: Mode<'_>,
) -> OperatorResult<ArrayRef> {
    fn steps<T: ArrowPrimitiveType>(array: &ArrayRef, each: fn(T::Native) -> i64) -> Int64Array {
        array.as_primitive::<T>().unary(each)
    }
    let long: ArrayRef = match from {
        TypeKind::IntervalYearMonth => Arc::new(steps::<Int32Type>(array, i64::from)),
        TypeKind::IntervalDayTime => Arc::new(steps::<DurationMillisecondType>(array, |x| x)),
        number => column(array, number, &TypeKind::BigInt, mode)?,
    };
    let longs = long.as_primitive::<Int64Type>();
    Ok(match to {
        TypeKind::IntervalYearMonth => Arc::new(longs.unary::<_, Int32Type>(|x| x as i32)),
        TypeKind::IntervalDayTime => Arc::new(longs.unary::<_, DurationMillisecondType>(|x| x)),
        number => return column(&long, &TypeKind::BigInt, number, mode),
    })
}
