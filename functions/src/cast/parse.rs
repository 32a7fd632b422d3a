//! Text read as a value of another type.

use std::sync::Arc;

use alpheus_dataflow::types::{TypeKind, timestamp_unit, units_per_millisecond};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64NanosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

use super::Mode;
use crate::scalar::decimals::{fits, power_of_ten, round_half_up};
use crate::time::text::{DateText, LocalTime, parse_date, parse_time, parse_timestamp};

/// No value of the target type: an error for CAST.
struct Malformed;

/// What a text is: a value, NULL (it would not fit), or malformed.
type Parsed<T> = Result<Option<T>, Malformed>;

/// A text column as a column of `to`.
pub(super) fn column(
    array: &ArrayRef,
    to: &TypeKind,
    arrow: &DataType,
    mode: Mode<'_>,
) -> OperatorResult<ArrayRef> {
    let ranged = |text: &str, low: i64, high: i64| match parse_integer(text) {
        Some(value) if (low..=high).contains(&value) => Ok(Some(value)),
        _ => Err(Malformed),
    };
    match to {
        TypeKind::Boolean => booleans(array, mode),
        TypeKind::TinyInt => each::<Int8Type>(array, to, arrow, mode, |text| {
            Ok(ranged(text, -128, 127)?.map(|x| x as i8))
        }),
        TypeKind::SmallInt => each::<Int16Type>(array, to, arrow, mode, |text| {
            Ok(ranged(text, -32_768, 32_767)?.map(|x| x as i16))
        }),
        TypeKind::Integer => each::<Int32Type>(array, to, arrow, mode, |text| {
            Ok(ranged(text, i64::from(i32::MIN), i64::from(i32::MAX))?.map(|x| x as i32))
        }),
        TypeKind::BigInt => each::<Int64Type>(array, to, arrow, mode, |text| {
            ranged(text, i64::MIN, i64::MAX)
        }),
        TypeKind::Double => each::<Float64Type>(array, to, arrow, mode, |text| {
            parse_double(text).map(Some).ok_or(Malformed)
        }),
        TypeKind::Float => each::<Float32Type>(array, to, arrow, mode, |text| {
            let value = parse_double(text).ok_or(Malformed)?;
            // Rounded once, from the text.
            Ok(Some(text.trim().parse().unwrap_or(value as f32)))
        }),
        TypeKind::Decimal(p, s) => each::<Decimal128Type>(array, to, arrow, mode, |text| {
            let (p, s) = (*p, *s);
            parse_decimal(text, p, s).ok_or(Malformed)
        }),
        TypeKind::Date => {
            each::<Date32Type>(array, to, arrow, mode, |text| match parse_date(text) {
                DateText::Day(days) => Ok(Some(days as i32)),
                DateText::Nonexistent => Ok(None),
                DateText::Malformed => Err(Malformed),
            })
        }
        TypeKind::Time(p @ 0..=3) => {
            each::<Time32MillisecondType>(array, to, arrow, mode, |text| {
                let nanos = parse_time(text).ok_or(Malformed)?;
                Ok(Some((truncated(nanos, *p) / 1_000_000) as i32))
            })
        }
        TypeKind::Time(p) => each::<Time64NanosecondType>(array, to, arrow, mode, |text| {
            Ok(Some(truncated(parse_time(text).ok_or(Malformed)?, *p)))
        }),
        TypeKind::Timestamp(p) => timestamps(array, to, arrow, mode, *p, |ms| ms),
        TypeKind::TimestampLtz(p) => timestamps(array, to, arrow, mode, *p, |ms| {
            mode.session.zone.to_utc(ms)
        }),
        TypeKind::IntervalYearMonth => each::<Int32Type>(array, to, arrow, mode, |text| {
            parse_months(text).map(Some).ok_or(Malformed)
        }),
        TypeKind::IntervalDayTime => {
            each::<DurationMillisecondType>(array, to, arrow, mode, |text| {
                parse_duration(text).map(Some).ok_or(Malformed)
            })
        }
        other => Err(OperatorError::fatal(format!(
            "cannot cast STRING to {other}"
        ))),
    }
}

fn fail(text: &str, to: &TypeKind) -> OperatorError {
    OperatorError::data(format!(
        "cannot cast '{text}' to {to}; correct the value, or use TRY_CAST to get NULL instead"
    ))
}

fn each<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    to: &TypeKind,
    arrow: &DataType,
    mode: Mode<'_>,
    parse: impl Fn(&str) -> Parsed<T::Native>,
) -> OperatorResult<ArrayRef> {
    let texts = array.as_string::<i32>();
    let mut values = PrimitiveArray::<T>::builder(texts.len());
    for text in texts.iter() {
        match text.map(|text| (text, parse(text))) {
            None | Some((_, Ok(None))) => values.append_null(),
            Some((_, Ok(Some(value)))) => values.append_value(value),
            Some((_, Err(Malformed))) if mode.try_cast => values.append_null(),
            Some((text, Err(Malformed))) => return Err(fail(text, to)),
        }
    }
    Ok(Arc::new(values.finish().with_data_type(arrow.clone())))
}

fn booleans(array: &ArrayRef, mode: Mode<'_>) -> OperatorResult<ArrayRef> {
    let texts = array.as_string::<i32>().iter();
    let values = texts.map(|text| {
        let Some(text) = text else { return Ok(None) };
        match parse_boolean(text) {
            Some(value) => Ok(Some(value)),
            None if mode.try_cast => Ok(None),
            None => Err(fail(text, &TypeKind::Boolean)),
        }
    });
    Ok(Arc::new(values.collect::<OperatorResult<BooleanArray>>()?))
}

fn timestamps(
    array: &ArrayRef,
    to: &TypeKind,
    arrow: &DataType,
    mode: Mode<'_>,
    precision: u8,
    place: impl Fn(i64) -> i64,
) -> OperatorResult<ArrayRef> {
    let parse = |text: &str| {
        let local = parse_timestamp(text.trim()).ok_or(Malformed)?;
        let time = LocalTime {
            ms: place(local.ms),
            nanos: local.nanos,
        };
        Ok(join_timestamp(time, precision))
    };
    match timestamp_unit(precision) {
        TimeUnit::Nanosecond => each::<TimestampNanosecondType>(array, to, arrow, mode, parse),
        TimeUnit::Microsecond => each::<TimestampMicrosecondType>(array, to, arrow, mode, parse),
        _ => each::<TimestampMillisecondType>(array, to, arrow, mode, parse),
    }
}

/// A time in the unit of its column, cut to `precision` digits; `None` when 64 bits do not hold it.
pub(crate) fn join_timestamp(time: LocalTime, precision: u8) -> Option<i64> {
    let units = units_per_millisecond(timestamp_unit(precision));
    let fraction = time.ms.rem_euclid(1_000) * 1_000_000 + time.nanos;
    let kept = truncated(fraction, precision);
    let ms = time.ms - time.ms.rem_euclid(1_000);
    ms.checked_mul(units)?
        .checked_add(kept / (1_000_000 / units))
}

/// Nanoseconds with all but `precision` digits of the second cut off.
pub(crate) fn truncated(nanos: i64, precision: u8) -> i64 {
    let step = 10i64.pow(9 - u32::from(precision.min(9)));
    nanos.div_euclid(step) * step
}

/// An integer with blanks around it and a fraction that is cut off: `' 15'`, `'3.7'`, `'-2.'`.
pub fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let unsigned = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    if unsigned.is_empty() && (fraction.is_empty() || whole.len() > unsigned.len()) {
        return None;
    }
    if unsigned.is_empty() {
        return Some(0);
    }
    if !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    whole.parse().ok()
}

/// A floating point number in Java's syntax.
pub fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.trim_start_matches(['+', '-']) {
        "NaN" => return Some(f64::NAN),
        "Infinity" if text.starts_with('-') => return Some(f64::NEG_INFINITY),
        "Infinity" => return Some(f64::INFINITY),
        _ => {}
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let allowed = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
    if !number.bytes().all(allowed) {
        return None;
    }
    number.parse().ok()
}

/// A decimal number, rounded half up to `scale`: `Some(None)` when it needs more than `precision` digits.
pub fn parse_decimal(text: &str, precision: u8, scale: u8) -> Option<Option<i128>> {
    let text = text.trim();
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, unsigned) = match number.strip_prefix(['+', '-']) {
        Some(unsigned) => (number.starts_with('-'), unsigned),
        None => (false, number),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if all().next().is_none() || !all().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // The value is `digits` times ten to the power of `shift`, at the wanted scale.
    let shift = i64::from(exponent) - fraction.len() as i64 + i64::from(scale);
    let mut value: i128 = 0;
    let total = all().count() as i64;
    // Digits that count at the wanted scale, and one more that decides the rounding.
    let wanted = total + shift.min(0) + 1;
    for (index, byte) in all().enumerate() {
        if shift < 0 && index as i64 >= wanted {
            break;
        }
        let next = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i128::from(byte - b'0')));
        match next {
            Some(next) => value = next,
            None => return Some(None),
        }
    }
    let value = if shift < 0 {
        match wanted {
            ..=0 => 0,
            _ => round_half_up(value, 10),
        }
    } else if value == 0 {
        0
    } else if shift > 38 {
        return Some(None);
    } else {
        match value.checked_mul(power_of_ten(shift as u8)) {
            Some(value) => value,
            None => return Some(None),
        }
    };
    Some(fits(if negative { -value } else { value }, precision))
}

/// `t`, `true`, `y`, `yes`, `1` and their opposites, in any case, without blanks.
pub fn parse_boolean(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["t", "true", "y", "yes", "1"]) {
        Some(true)
    } else if is(&["f", "false", "n", "no", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// `[+-]years-months`
fn parse_months(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, rest) = sign(text);
    let (years, months) = rest.split_once('-')?;
    let months = years
        .parse::<i32>()
        .ok()?
        .checked_mul(12)?
        .checked_add(months.parse().ok()?)?;
    Some(sign as i32 * months)
}

/// `[+-]days HH:mm:ss[.SSS]`
fn parse_duration(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, rest) = sign(text);
    let (days, clock) = rest.split_once(' ')?;
    let days = days.parse::<i64>().ok()?.checked_mul(crate::time::DAY_MS)?;
    Some(sign * (days + parse_time(clock)? / 1_000_000))
}

fn sign(text: &str) -> (i64, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}
