//! Scalars from text, in the spelling of Java's parsers and Flink's text formats.
//!
//! [`push_text`] either stores one value or stores nothing and says what was expected. The fast paths
//! (integers, plain decimals, timestamps) work on bytes without allocating; they are what bounds the
//! throughput of the text formats.

use alpheus_dataflow::TypeKind;
use alpheus_dataflow::types::{timestamp_unit, units_per_millisecond};

use super::builder::{Column, Values};
use super::calendar::days_from_civil;

/// How timestamps are spelled (`json.timestamp-format.standard`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampFormat {
    /// `yyyy-MM-dd HH:mm:ss.s{precision}`, with `Z` for TIMESTAMP_LTZ.
    Sql,
    /// `yyyy-MM-ddTHH:mm:ss.s{precision}`, with `Z` for TIMESTAMP_LTZ.
    Iso8601,
}

/// Parses `text` as the column's type and stores it; DECIMALs that do not fit become NULL, as in
/// Flink. On failure nothing is stored and the expected form is returned.
#[inline]
pub(crate) fn push_text(
    column: &mut Column,
    text: &[u8],
    format: TimestampFormat,
) -> Result<(), &'static str> {
    match &mut column.values {
        Values::Text { .. } => {
            column.push_bytes(text);
            return Ok(());
        }
        Values::Int32(values) if column.ty.kind == TypeKind::Integer => {
            values.push(integer(text).ok_or("an INT")?);
        }
        Values::Int64(values) if column.ty.kind == TypeKind::BigInt => {
            values.push(integer(text).ok_or("a BIGINT")?);
        }
        Values::Float64(values) => values.push(double(text).ok_or("a DOUBLE")?),
        Values::Float32(values) => values.push(float(text).ok_or("a FLOAT")?),
        Values::Boolean(values) => values.push(trim(text).eq_ignore_ascii_case(b"true")),
        Values::Int8(values) => values.push(integer(text).ok_or("a TINYINT")?),
        Values::Int16(values) => values.push(integer(text).ok_or("a SMALLINT")?),
        Values::Decimal(values) => {
            let TypeKind::Decimal(precision, scale) = column.ty.kind else {
                return Err("a value of another type");
            };
            match decimal(text, precision, scale).ok_or("a DECIMAL")? {
                Some(unscaled) => values.push(unscaled),
                None => {
                    column.push_null();
                    return Ok(());
                }
            }
        }
        Values::Int32(values) => match column.ty.kind {
            TypeKind::Date => values.push(date(trim(text)).ok_or("a DATE such as 2024-02-29")?),
            TypeKind::Time(_) => {
                let nanos = time(trim(text), false).ok_or("a TIME such as 12:34:56")?;
                values.push((nanos / 1_000_000) as i32);
            }
            _ => values.push(integer(text).ok_or("an interval in months")?),
        },
        Values::Int64(values) => match column.ty.kind {
            TypeKind::Time(precision) => {
                let nanos = time(trim(text), false).ok_or("a TIME such as 12:34:56")?;
                values.push(cut_fraction(nanos, precision));
            }
            TypeKind::Timestamp(precision) => values.push(
                timestamp(trim(text), precision, format)
                    .ok_or(expected_timestamp(format, false))?,
            ),
            TypeKind::TimestampLtz(precision) => {
                let local = trim(text).strip_suffix(b"Z");
                values.push(
                    local
                        .and_then(|local| timestamp(local, precision, format))
                        .ok_or(expected_timestamp(format, true))?,
                );
            }
            _ => values.push(integer(text).ok_or("an interval in milliseconds")?),
        },
        Values::Binary { .. } => {
            let bytes = base64_decode(text).ok_or("bytes in base64")?;
            column.push_bytes(&bytes);
            return Ok(());
        }
        Values::Null => return Err("NULL"),
        Values::List { .. } | Values::Map { .. } | Values::Struct(_) => {
            return Err("a nested value");
        }
    }
    column.pushed();
    Ok(())
}

fn expected_timestamp(format: TimestampFormat, zoned: bool) -> &'static str {
    match (format, zoned) {
        (TimestampFormat::Sql, false) => "a TIMESTAMP such as 2024-02-29 12:34:56.789",
        (TimestampFormat::Sql, true) => "a TIMESTAMP_LTZ such as 2024-02-29 12:34:56.789Z",
        (TimestampFormat::Iso8601, false) => "a TIMESTAMP such as 2024-02-29T12:34:56.789",
        (TimestampFormat::Iso8601, true) => "a TIMESTAMP_LTZ such as 2024-02-29T12:34:56.789Z",
    }
}

/// Java's `String.trim`: everything up to the blank goes.
#[inline]
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    match text {
        [first, .., end] if *first > b' ' && *end > b' ' => text,
        _ => {
            let start = text.iter().position(|&b| b > b' ').unwrap_or(text.len());
            let end = text
                .iter()
                .rposition(|&b| b > b' ')
                .map_or(start, |at| at + 1);
            &text[start..end]
        }
    }
}

/// A decimal integer with an optional sign that fits `T`, blanks around it ignored.
#[inline]
pub(crate) fn integer<T: TryFrom<i64>>(text: &[u8]) -> Option<T> {
    let text = trim(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    if digits.len() > 18 {
        return std::str::from_utf8(text)
            .ok()?
            .parse::<i64>()
            .ok()
            .and_then(|value| T::try_from(value).ok());
    }
    let mut value = 0i64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    T::try_from(if negative { -value } else { value }).ok()
}

/// The text that Rust's float parser takes for what Java's takes: a type suffix goes, Rust's own words
/// for infinity and NaN are refused.
fn java_float_text(text: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(trim(text)).ok()?;
    let unsigned = text.trim_start_matches(['+', '-']);
    if matches!(unsigned, "NaN" | "Infinity") {
        return Some(text);
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    Some(text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text))
}

pub(crate) fn double(text: &[u8]) -> Option<f64> {
    java_float_text(text)?.parse().ok()
}

pub(crate) fn float(text: &[u8]) -> Option<f32> {
    java_float_text(text)?.parse().ok()
}

/// Java's `BigDecimal(text)`, rounded half up to `scale`. The inner `None` means that it is a number
/// with more digits than `precision` allows.
pub(crate) fn decimal(text: &[u8], precision: u8, scale: u8) -> Option<Option<i128>> {
    let text = trim(text);
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mantissa, exponent) = match digits.iter().position(|&b| b == b'e' || b == b'E') {
        Some(at) => (&digits[..at], integer::<i32>(digits.get(at + 1..)?)?),
        None => (digits, 0),
    };
    let point = mantissa
        .iter()
        .position(|&b| b == b'.')
        .unwrap_or(mantissa.len());
    let fraction = mantissa.get(point + 1..).unwrap_or_default();
    let whole = &mantissa[..point];
    if whole.is_empty() && fraction.is_empty()
        || !whole.iter().chain(fraction).all(u8::is_ascii_digit)
    {
        return None;
    }
    // Digit i of the mantissa counts 10^(leading - i - 1); keep those down to 10^-scale.
    let leading = whole.len() as i64 + i64::from(exponent);
    let wanted = leading + i64::from(scale);
    let mut value = 0i128;
    let mut overflow = false;
    let mut taken = 0i64;
    let mut round_up = false;
    for &digit in whole.iter().chain(fraction) {
        if taken < wanted {
            match value
                .checked_mul(10)
                .and_then(|v| v.checked_add(i128::from(digit - b'0')))
            {
                Some(next) => value = next,
                None => overflow = true,
            }
        } else if taken == wanted {
            round_up = digit >= b'5';
        }
        taken += 1;
    }
    if value != 0 {
        // Missing digits count as zeros; more than 38 of them overflow anyway.
        for _ in taken..wanted.min(taken + 40) {
            match value.checked_mul(10) {
                Some(next) => value = next,
                None => overflow = true,
            }
        }
    }
    value = value.saturating_add(i128::from(round_up));
    if overflow || value >= 10i128.pow(u32::from(precision)) {
        return Some(None);
    }
    Some(Some(if negative { -value } else { value }))
}

/// Days since 1970-01-01 from `yyyy-MM-dd` (month and day may have one digit).
pub(crate) fn date(text: &[u8]) -> Option<i32> {
    let mut parts = text.splitn(3, |&b| b == b'-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    days_from_civil(digits(year)? as i32, digits(month)?, digits(day)?)
}

/// Digits only.
#[inline]
fn digits(text: &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(value)
}

/// Nanoseconds of the day from `HH:mm:ss[.fraction]`; `HH:mm` too unless seconds are asked for.
fn time(text: &[u8], needs_seconds: bool) -> Option<i64> {
    if text.len() < 5 || text[2] != b':' {
        return None;
    }
    let (hour, minute) = (digits(&text[..2])?, digits(&text[3..5])?);
    let (second, fraction) = match &text[5..] {
        [] if !needs_seconds => (0, &[][..]),
        [b':', a, b] => (digits(&[*a, *b])?, &[][..]),
        [b':', a, b, b'.', fraction @ ..] => (digits(&[*a, *b])?, fraction),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
        return None;
    }
    let mut nanos = i64::from(digits(fraction)?);
    for _ in fraction.len()..9 {
        nanos *= 10;
    }
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    Some(seconds * 1_000_000_000 + nanos)
}

/// Nanoseconds with only `precision` fractional digits kept.
fn cut_fraction(nanos: i64, precision: u8) -> i64 {
    let step = 10i64.pow(9 - u32::from(precision.min(9)));
    nanos - nanos.rem_euclid(step)
}

/// A timestamp in the unit of `precision`'s Arrow column.
pub(crate) fn timestamp(text: &[u8], precision: u8, format: TimestampFormat) -> Option<i64> {
    let separator = match format {
        TimestampFormat::Sql => b' ',
        TimestampFormat::Iso8601 => b'T',
    };
    if text.len() < 16 || text[4] != b'-' || text[7] != b'-' || text[10] != separator {
        return None;
    }
    let days = days_from_civil(
        digits(&text[..4])? as i32,
        digits(&text[5..7])?,
        digits(&text[8..10])?,
    )?;
    let nanos = cut_fraction(
        time(&text[11..], format == TimestampFormat::Sql)?,
        precision,
    );
    let per_milli = units_per_millisecond(timestamp_unit(precision));
    let per_day = 86_400_000i64.checked_mul(per_milli)?;
    i64::from(days)
        .checked_mul(per_day)?
        .checked_add(nanos / (1_000_000 / per_milli))
}

/// Standard base64 with padding, as Jackson reads binary values.
pub(crate) fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    let body = text
        .strip_suffix(b"==")
        .or_else(|| text.strip_suffix(b"="))
        .unwrap_or(text);
    if body.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(body.len() / 4 * 3 + 2);
    for chunk in body.chunks(4) {
        let mut bits = 0u32;
        for (i, &byte) in chunk.iter().enumerate() {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits |= u32::from(value) << (18 - 6 * i);
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_end_where_java_ends_them() {
        assert_eq!(integer::<i8>(b" 127 "), Some(127));
        assert_eq!(integer::<i8>(b"128"), None);
        assert_eq!(integer::<i64>(b"-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer::<i64>(b"9223372036854775808"), None);
        assert_eq!(integer::<i32>(b""), None);
        assert_eq!(integer::<i32>(b"+"), None);
        assert_eq!(integer::<i32>(b"1.5"), None);
    }

    #[test]
    fn decimals_round_half_up_and_overflow_to_null() {
        assert_eq!(decimal(b"12.345", 10, 2), Some(Some(1235)));
        assert_eq!(decimal(b"-12.345", 10, 2), Some(Some(-1235)));
        assert_eq!(decimal(b"1e3", 10, 2), Some(Some(100_000)));
        assert_eq!(decimal(b"1.5E-2", 10, 2), Some(Some(2)));
        assert_eq!(decimal(b"0.004", 10, 2), Some(Some(0)));
        assert_eq!(decimal(b".5", 10, 0), Some(Some(1)));
        assert_eq!(decimal(b"99999", 3, 0), Some(None));
        assert_eq!(decimal(b"1e400", 38, 0), Some(None));
        assert_eq!(decimal(b"1e-400", 38, 2), Some(Some(0)));
        assert_eq!(decimal(b"x", 38, 0), None);
        assert_eq!(decimal(b".", 38, 0), None);
        assert_eq!(decimal(b"", 38, 0), None);
    }

    #[test]
    fn timestamps_need_their_form() {
        let sql = TimestampFormat::Sql;
        assert_eq!(timestamp(b"1970-01-01 00:00:01.5", 3, sql), Some(1500));
        assert_eq!(timestamp(b"1969-12-31 23:59:59.9999", 3, sql), Some(-1));
        assert_eq!(
            timestamp(b"1970-01-01 00:00:00.123456789", 9, sql),
            Some(123_456_789)
        );
        assert_eq!(timestamp(b"1970-01-01 00:00:00.129", 2, sql), Some(120));
        assert_eq!(timestamp(b"1970-01-01T00:00:00", 3, sql), None);
        assert_eq!(timestamp(b"1970-01-01 00:00", 3, sql), None);
        assert_eq!(
            timestamp(b"1970-01-01T00:01", 3, TimestampFormat::Iso8601),
            Some(60_000)
        );
        assert_eq!(timestamp(b"2023-02-29 00:00:00", 3, sql), None);
        assert_eq!(timestamp(b"1970-01-01 24:00:00", 3, sql), None);
    }

    #[test]
    fn floats_are_javas() {
        assert_eq!(double(b" 1e3 "), Some(1000.0));
        assert_eq!(double(b"1.5d"), Some(1.5));
        assert_eq!(double(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert!(double(b"inf").is_none() && double(b"nan").is_none() && double(b"").is_none());
    }

    #[test]
    fn base64_is_strict() {
        assert_eq!(base64_decode(b"aGk=").as_deref(), Some(&b"hi"[..]));
        assert_eq!(base64_decode(b"aGlq").as_deref(), Some(&b"hij"[..]));
        assert_eq!(base64_decode(b"a"), None);
        assert_eq!(base64_decode(b"a*=="), None);
    }
}
