//! Dates, times and intervals in arithmetic.
//!
//! Months are added on the calendar (31 January plus a month is the last of February), milliseconds on
//! the time line; for TIMESTAMP_LTZ both count in UTC, as in Flink.

use std::sync::Arc;

use alpheus_dataflow::types::{TypeKind, timestamp_unit, units_per_millisecond};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Int64Array, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Float64Type, Int32Type, Int64Type,
    Time32MillisecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};

use super::operators::{by_zero, zipped};
use crate::compile::{Args, Value};
use crate::time::DAY_MS;
use crate::time::calendar::Civil;

pub(super) fn plus(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.types[0].kind.is_interval() && args.types[1].kind.is_datetime() {
        let swapped = [args.values[1].clone(), args.values[0].clone()];
        let types = [args.types[1].clone(), args.types[0].clone()];
        return shift(
            &Args {
                values: &swapped,
                types: &types,
                ..*args
            },
            1,
        );
    }
    shift(args, 1)
}

pub(super) fn minus(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.types[0].kind.is_datetime() && args.types[1].kind.is_datetime() {
        return difference(args);
    }
    shift(args, -1)
}

/// Days or milliseconds `months` later.
fn plus_months(days: i64, months: i64) -> i64 {
    Civil::from_days(days).plus_months(months).to_days()
}

fn shift(args: &Args<'_>, sign: i64) -> OperatorResult<ArrayRef> {
    let by_month = args.types[1].kind == TypeKind::IntervalYearMonth;
    match &args.types[0].kind {
        TypeKind::IntervalYearMonth => {
            let values: PrimitiveArray<Int32Type> =
                zipped::<Int32Type, Int32Type, _>(args, |a, b| {
                    a.wrapping_add(b.wrapping_mul(sign as i32))
                })?;
            Ok(Arc::new(values))
        }
        TypeKind::IntervalDayTime => {
            let values: PrimitiveArray<DurationMillisecondType> =
                zipped::<DurationMillisecondType, DurationMillisecondType, _>(args, |a, b| {
                    a.wrapping_add(b.wrapping_mul(sign))
                })?;
            Ok(Arc::new(values))
        }
        TypeKind::Date if by_month => {
            let values: PrimitiveArray<Date32Type> =
                zipped::<Date32Type, Int32Type, _>(args, |days, months| {
                    plus_months(i64::from(days), sign * i64::from(months)) as i32
                })?;
            Ok(Arc::new(values))
        }
        TypeKind::Date => {
            let values: PrimitiveArray<Date32Type> =
                zipped::<Date32Type, DurationMillisecondType, _>(args, |days, ms| {
                    days.wrapping_add((sign * (ms / DAY_MS)) as i32)
                })?;
            Ok(Arc::new(values))
        }
        TypeKind::Time(0..=3) => {
            let values: PrimitiveArray<Time32MillisecondType> =
                zipped::<Time32MillisecondType, DurationMillisecondType, _>(args, |time, ms| {
                    (i64::from(time).wrapping_add(sign * ms)).rem_euclid(DAY_MS) as i32
                })?;
            Ok(Arc::new(values))
        }
        TypeKind::Time(_) => {
            let day = DAY_MS * 1_000_000;
            let values: PrimitiveArray<Time64NanosecondType> =
                zipped::<Time64NanosecondType, DurationMillisecondType, _>(args, |time, ms| {
                    (time + (sign * (ms % DAY_MS)) * 1_000_000).rem_euclid(day)
                })?;
            Ok(Arc::new(values))
        }
        TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) => match timestamp_unit(*p) {
            TimeUnit::Nanosecond => shift_timestamp::<TimestampNanosecondType>(args, sign, *p),
            TimeUnit::Microsecond => shift_timestamp::<TimestampMicrosecondType>(args, sign, *p),
            _ => shift_timestamp::<TimestampMillisecondType>(args, sign, *p),
        },
        other => Err(OperatorError::fatal(format!("{other} takes no interval"))),
    }
}

fn shift_timestamp<T>(args: &Args<'_>, sign: i64, precision: u8) -> OperatorResult<ArrayRef>
where
    T: ArrowPrimitiveType<Native = i64>,
{
    let units = units_per_millisecond(timestamp_unit(precision));
    let values: PrimitiveArray<T> = if args.types[1].kind == TypeKind::IntervalYearMonth {
        let day = DAY_MS * units;
        zipped::<T, Int32Type, T>(args, |time, months| {
            let moved = plus_months(time.div_euclid(day), sign * i64::from(months));
            moved.wrapping_mul(day).wrapping_add(time.rem_euclid(day))
        })?
    } else {
        zipped::<T, DurationMillisecondType, T>(args, |time, ms| {
            time.wrapping_add(sign.wrapping_mul(ms).wrapping_mul(units))
        })?
    };
    Ok(Arc::new(values.with_data_type(args.result.to_arrow())))
}

fn difference(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let as_long = |value: &Value| -> OperatorResult<Value> {
        let array = value.array();
        let long = match array.data_type() {
            DataType::Date32 | DataType::Time32(_) => {
                cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?
            }
            _ => cast(array, &DataType::Int64)?,
        };
        Ok(if value.is_constant() {
            Value::Constant(long)
        } else {
            Value::Column(long)
        })
    };
    let values = [as_long(&args.values[0])?, as_long(&args.values[1])?];
    let longs = Args {
        values: &values,
        ..*args
    };
    // One step of the columns in milliseconds, as a fraction.
    let (multiplier, divisor) = match &args.types[0].kind {
        TypeKind::Date => (DAY_MS, 1),
        TypeKind::Time(0..=3) => (1, 1),
        TypeKind::Time(_) => (1, 1_000_000),
        TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) => {
            (1, units_per_millisecond(timestamp_unit(*p)))
        }
        other => return Err(OperatorError::fatal(format!("{other} has no difference"))),
    };
    let ms: PrimitiveArray<DurationMillisecondType> =
        zipped::<Int64Type, Int64Type, _>(&longs, |a, b| {
            a.wrapping_sub(b).wrapping_mul(multiplier) / divisor
        })?;
    Ok(Arc::new(ms))
}

/// The interval operand as BIGINT, first.
fn interval_first(args: &Args<'_>) -> OperatorResult<(Int64Array, usize)> {
    let at = usize::from(!args.types[0].kind.is_interval());
    let column = args.column(at)?;
    let long = cast(&column, &DataType::Int64)?;
    Ok((long.as_primitive::<Int64Type>().clone(), 1 - at))
}

fn scaled(
    args: &Args<'_>,
    whole: fn(i64, i64) -> OperatorResult<i64>,
    broken: fn(f64, f64) -> f64,
) -> OperatorResult<ArrayRef> {
    let (interval, factor_at) = interval_first(args)?;
    let factor = args.column(factor_at)?;
    let mut values = Int64Array::builder(args.rows);
    for row in 0..args.rows {
        if interval.is_null(row) || factor.is_null(row) {
            values.append_null();
        } else if let Some(factor) = factor.as_primitive_opt::<Int64Type>() {
            values.append_value(whole(interval.value(row), factor.value(row))?);
        } else {
            let factor = factor.as_primitive::<Float64Type>().value(row);
            values.append_value(broken(interval.value(row) as f64, factor) as i64);
        }
    }
    Ok(cast(&values.finish(), &args.result.to_arrow())?)
}

pub(super) fn times(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    scaled(args, |a, b| Ok(a.wrapping_mul(b)), |a, b| a * b)
}

pub(super) fn divide(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let whole = |a: i64, b: i64| {
        if b == 0 {
            Err(by_zero())
        } else {
            Ok(a.wrapping_div(b))
        }
    };
    scaled(args, whole, |a, b| a / b)
}
