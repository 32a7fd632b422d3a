//! ROUND, TRUNCATE, and FLOOR and CEIL of numbers and of times.

use std::sync::Arc;

use alpheus_dataflow::types::{TypeKind, timestamp_unit, units_per_millisecond};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array, PrimitiveArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type,
    Time32MillisecondType, Time64NanosecondType,
};

use crate::compile::Args;
use crate::scalar::decimals::{fits, power_of_ten, rescale, round_half_up};
use crate::scalar::rows;
use crate::time::unit::Unit;
use crate::time::{DAY_MS, fields};

pub(super) fn round(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    by_digits(args, true)
}

pub(super) fn truncate(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    by_digits(args, false)
}

fn by_digits(args: &Args<'_>, half_up: bool) -> OperatorResult<ArrayRef> {
    let digits = (args.len() > 1).then(|| args.int(1));
    let digits = move |row: usize| match &digits {
        Some(cells) => cells.get(row),
        None => Some(0),
    };
    match args.array(0).data_type() {
        DataType::Decimal128(_, from) => decimal(args, *from as u8, digits, half_up),
        DataType::Float64 => {
            let values = args.double(0);
            rows::primitives::<Float64Type>(args.rows, |row| {
                Ok(values
                    .get(row)
                    .zip(digits(row))
                    .map(|(x, n)| float(x, n, half_up)))
            })
        }
        DataType::Float32 => {
            let values = args.primitive::<Float32Type>(0);
            rows::primitives::<Float32Type>(args.rows, |row| {
                let pair = values.get(row).zip(digits(row));
                Ok(pair.map(|(x, n)| {
                    // By way of the shortest text, so that 0.1 stays 0.1.
                    let exact: f64 = x.to_string().parse().unwrap_or(f64::from(x));
                    float(exact, n, half_up) as f32
                }))
            })
        }
        other => {
            let wide = cast(args.array(0), &DataType::Int64)?;
            let values = wide.as_primitive::<Int64Type>();
            let constant = args.values[0].is_constant();
            let longs = crate::compile::Cells::new(values, constant);
            let rounded = rows::primitives::<Int64Type>(args.rows, |row| {
                Ok(longs
                    .get(row)
                    .zip(digits(row))
                    .map(|(x, n)| integer(x, n, half_up)))
            })?;
            Ok(super::math::narrowed(&rounded, other))
        }
    }
}

fn integer(value: i64, digits: i32, half_up: bool) -> i64 {
    if digits >= 0 {
        return value;
    }
    let Some(step) = 10i128
        .checked_pow(digits.unsigned_abs())
        .filter(|step| *step <= 1 << 64)
    else {
        return 0;
    };
    let value = i128::from(value);
    let whole = if half_up {
        round_half_up(value, step)
    } else {
        value / step
    };
    (whole * step) as i64
}

/// As `BigDecimal.valueOf(x).setScale(digits)`: rounds the shortest decimal text of the number.
fn float(value: f64, digits: i32, half_up: bool) -> f64 {
    if !value.is_finite() || digits > 308 {
        return value;
    }
    let text = format!("{:e}", value.abs());
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return value;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let all: String = mantissa.chars().filter(|c| *c != '.').collect();
    // Digits of `all` that stay.
    let keep = exponent + 1 + digits;
    if keep >= all.len() as i32 {
        return value;
    }
    if keep < 0 {
        return 0.0;
    }
    let keep = keep as usize; // 0 <= keep < 17
    let mut kept: u64 = all[..keep].parse().unwrap_or(0);
    if half_up && all.as_bytes()[keep] >= b'5' {
        kept += 1;
    }
    let result: f64 = format!("{kept}e{}", -digits).parse().unwrap_or(value);
    result.copysign(value)
}

fn decimal(
    args: &Args<'_>,
    from: u8,
    digits: impl Fn(usize) -> Option<i32>,
    half_up: bool,
) -> OperatorResult<ArrayRef> {
    let TypeKind::Decimal(precision, scale) = args.result.kind else {
        return Err(OperatorError::fatal("rounding a DECIMAL gives a DECIMAL"));
    };
    let values = args.primitive::<Decimal128Type>(0);
    let mut result = Decimal128Array::builder(args.rows);
    for row in 0..args.rows {
        let rounded = values
            .get(row)
            .zip(digits(row))
            .and_then(|(value, digits)| {
                // Digits to cut, at the old scale; then the result's scale.
                let cut = i64::from(from) - i64::from(digits);
                if cut <= 0 {
                    return rescale(value, from, scale, precision);
                }
                if cut > 38 {
                    return Some(0);
                }
                let step = power_of_ten(cut as u8);
                let whole = if half_up {
                    round_half_up(value, step)
                } else {
                    value / step
                };
                rescale(whole.checked_mul(step)?, from, scale, precision)
            });
        result.append_option(rounded);
    }
    Ok(Arc::new(
        result
            .finish()
            .with_precision_and_scale(precision, scale as i8)?,
    ))
}

pub(super) fn floor(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    whole(args, true)
}

pub(super) fn ceil(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    whole(args, false)
}

fn whole(args: &Args<'_>, down: bool) -> OperatorResult<ArrayRef> {
    if args.len() == 2 {
        return to_unit(args, down);
    }
    let array = args.array(0);
    Ok(match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            let rounded: PrimitiveArray<Float64Type> =
                values.unary(|x| if down { x.floor() } else { x.ceil() });
            Arc::new(rounded)
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            let rounded: PrimitiveArray<Float32Type> =
                values.unary(|x| if down { x.floor() } else { x.ceil() });
            Arc::new(rounded)
        }
        DataType::Decimal128(_, scale) if *scale > 0 => {
            let TypeKind::Decimal(precision, _) = args.result.kind else {
                return Err(OperatorError::fatal("FLOOR of a DECIMAL gives a DECIMAL"));
            };
            let step = power_of_ten(*scale as u8);
            let values = array.as_primitive::<Decimal128Type>();
            let rounded: Decimal128Array = values.unary_opt(|value| {
                let floor = value.div_euclid(step);
                let exact = value.rem_euclid(step) == 0;
                fits(if down || exact { floor } else { floor + 1 }, precision)
            });
            Arc::new(rounded.with_precision_and_scale(precision, 0)?)
        }
        _ => array.clone(),
    })
}

fn to_unit(args: &Args<'_>, down: bool) -> OperatorResult<ArrayRef> {
    let name = args.literal_text(1)?;
    let unit = Unit::parse(name)
        .ok_or_else(|| OperatorError::fatal(format!("{name} is no unit of time")))?;
    let round = |ms: i64| {
        if down {
            fields::floor(unit, ms)
        } else {
            fields::ceil(unit, ms)
        }
    };
    let array = args.array(0);
    // A time of day lies in no week, month or year: it stays as it is, as in Flink.
    if matches!(args.types[0].kind, TypeKind::Time(_)) && !fields::is_of_day(unit) {
        return Ok(array.clone());
    }
    fn mapped<T: ArrowPrimitiveType>(
        array: &ArrayRef,
        each: impl Fn(T::Native) -> T::Native,
    ) -> ArrayRef {
        let values: PrimitiveArray<T> = array.as_primitive::<T>().unary(each);
        Arc::new(values.with_data_type(array.data_type().clone()))
    }
    Ok(match &args.types[0].kind {
        TypeKind::Date => mapped::<Date32Type>(array, |days| {
            (round(i64::from(days) * DAY_MS) / DAY_MS) as i32
        }),
        TypeKind::Time(0..=3) => {
            mapped::<Time32MillisecondType>(array, |ms| round(i64::from(ms)) as i32)
        }
        TypeKind::Time(_) => mapped::<Time64NanosecondType>(array, |nanos| {
            rounded_units(nanos, 1_000_000, unit, down, &round)
        }),
        TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) => {
            let local = matches!(args.types[0].kind, TypeKind::TimestampLtz(_));
            let zone = &args.session.zone;
            let units = units_per_millisecond(timestamp_unit(*p));
            let in_zone = |ms: i64| {
                if local {
                    zone.to_utc(round(zone.to_local(ms)))
                } else {
                    round(ms)
                }
            };
            let longs = cast(array, &DataType::Int64)?;
            let rounded: PrimitiveArray<Int64Type> = longs
                .as_primitive::<Int64Type>()
                .unary(|value| rounded_units(value, units, unit, down, &in_zone));
            cast(&rounded, array.data_type())?
        }
        other => {
            return Err(OperatorError::fatal(format!(
                "{other} has no units of time"
            )));
        }
    })
}

/// Rounds a value of `units` steps per millisecond.
fn rounded_units(
    value: i64,
    units: i64,
    unit: Unit,
    down: bool,
    round: &impl Fn(i64) -> i64,
) -> i64 {
    let (ms, rest) = (value.div_euclid(units), value.rem_euclid(units));
    match unit {
        Unit::Microsecond | Unit::Nanosecond => value,
        // Anything beyond the millisecond lifts CEIL over it.
        _ if !down && rest > 0 => round(ms.wrapping_add(1)).wrapping_mul(units),
        _ => round(ms).wrapping_mul(units),
    }
}
