//! Scalars as text, in Java's and Flink's spelling.

use std::io::Write;

use alpheus_dataflow::TypeKind;
use alpheus_dataflow::types::{timestamp_unit, units_per_millisecond};

use super::calendar::civil_from_days;
use super::text::TimestampFormat;
use super::view::{Cells, View};

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// Appends formatted text. Writing to memory cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {
        let _ = write!($out, $($arg)*);
    };
}

/// How many fractional digits of a second are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fraction {
    /// As many as are not zero.
    Shortest,
    /// None, 3, 6 or 9 (Java's `toString`).
    Groups,
}

/// Writes a scalar as the text formats do: timestamps in `format`, bytes in base64. Nested values write
/// nothing; their formats have rules of their own.
pub(crate) fn write_scalar(
    view: &View<'_>,
    row: usize,
    format: TimestampFormat,
    out: &mut Vec<u8>,
) {
    match &view.cells {
        Cells::Boolean(a) => out.extend_from_slice(if a.value(row) { b"true" } else { b"false" }),
        Cells::Int8(a) => integer(i64::from(a.value(row)), out),
        Cells::Int16(a) => integer(i64::from(a.value(row)), out),
        Cells::Int32(a) => match view.ty.kind {
            TypeKind::Date => date(i64::from(a[row]), out),
            TypeKind::Time(_) => time(i64::from(a[row]) * 1_000_000, Fraction::Shortest, true, out),
            _ => integer(i64::from(a[row]), out),
        },
        Cells::Int64(a) => match view.ty.kind {
            TypeKind::Time(_) => time(a[row], Fraction::Shortest, true, out),
            TypeKind::Timestamp(precision) | TypeKind::TimestampLtz(precision) => {
                let separator = match format {
                    TimestampFormat::Sql => b' ',
                    TimestampFormat::Iso8601 => b'T',
                };
                timestamp(a[row], precision, separator, Fraction::Shortest, true, out);
                if matches!(view.ty.kind, TypeKind::TimestampLtz(_)) {
                    out.push(b'Z');
                }
            }
            _ => integer(a[row], out),
        },
        Cells::Float32(a) => {
            java_double(f64::from(a.value(row)), format!("{:e}", a.value(row)), out)
        }
        Cells::Float64(a) => java_double(a.value(row), format!("{:e}", a.value(row)), out),
        Cells::Decimal(a, scale) => plain_decimal(a.value(row), *scale, out),
        Cells::Text(a) => out.extend_from_slice(a.value(row).as_bytes()),
        Cells::Binary(a) => base64_encode(a.value(row), out),
        Cells::Null | Cells::List(..) | Cells::Map(..) | Cells::Struct(_) => {}
    }
}

/// Writes any value as Java's `toString` of Flink's external classes does: what `print` shows.
pub(crate) fn write_java(view: &View<'_>, row: usize, out: &mut Vec<u8>) {
    if view.is_null(row) {
        out.extend_from_slice(b"null");
        return;
    }
    match &view.cells {
        Cells::Int32(a) if matches!(view.ty.kind, TypeKind::Time(_)) => {
            time(i64::from(a[row]) * 1_000_000, Fraction::Groups, false, out);
        }
        Cells::Int64(a) => match view.ty.kind {
            TypeKind::Time(_) => time(a[row], Fraction::Groups, false, out),
            TypeKind::Timestamp(precision) => {
                timestamp(a[row], precision, b'T', Fraction::Groups, false, out);
            }
            TypeKind::TimestampLtz(precision) => {
                timestamp(a[row], precision, b'T', Fraction::Groups, true, out);
                out.push(b'Z');
            }
            _ => integer(a[row], out),
        },
        Cells::Binary(a) => {
            let bytes = a.value(row).iter().map(|&byte| (byte as i8).to_string());
            put!(out, "[{}]", bytes.collect::<Vec<_>>().join(", "));
        }
        Cells::List(a, items) => {
            let range = a.value_offsets()[row] as usize..a.value_offsets()[row + 1] as usize;
            out.push(b'[');
            for (i, item) in range.enumerate() {
                separate(i, out);
                write_java(items, item, out);
            }
            out.push(b']');
        }
        Cells::Map(a, keys, values) => {
            let range = a.value_offsets()[row] as usize..a.value_offsets()[row + 1] as usize;
            out.push(b'{');
            for (i, item) in range.enumerate() {
                separate(i, out);
                write_java(keys, item, out);
                out.push(b'=');
                write_java(values, item, out);
            }
            out.push(b'}');
        }
        Cells::Struct(fields) => {
            out.extend_from_slice(b"+I[");
            for (i, (_, field)) in fields.iter().enumerate() {
                separate(i, out);
                write_java(field, row, out);
            }
            out.push(b']');
        }
        _ => write_scalar(view, row, TimestampFormat::Sql, out),
    }
}

fn separate(position: usize, out: &mut Vec<u8>) {
    if position > 0 {
        out.extend_from_slice(b", ");
    }
}

/// A decimal integer.
pub(crate) fn integer(value: i64, out: &mut Vec<u8>) {
    let mut buffer = [0u8; 20];
    let mut at = buffer.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&buffer[at..]);
}

/// `value` with at least `width` digits.
fn padded(value: u32, width: usize, out: &mut Vec<u8>) {
    put!(out, "{value:0width$}");
}

fn two(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

fn date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    if (0..=9999).contains(&year) {
        two(year as u32 / 100, out);
        two(year as u32 % 100, out);
    } else {
        put!(out, "{year:+05}");
    }
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
}

fn time(nanos_of_day: i64, fraction: Fraction, seconds: bool, out: &mut Vec<u8>) {
    let total = (nanos_of_day / 1_000_000_000) as u32;
    let nanos = (nanos_of_day % 1_000_000_000) as u32;
    two(total / 3600, out);
    out.push(b':');
    two(total / 60 % 60, out);
    if !seconds && total.is_multiple_of(60) && nanos == 0 {
        return;
    }
    out.push(b':');
    two(total % 60, out);
    if nanos == 0 {
        return;
    }
    out.push(b'.');
    let (mut value, mut width) = (nanos, 9);
    let step = if fraction == Fraction::Groups { 3 } else { 1 };
    while value % 10u32.pow(step) == 0 {
        value /= 10u32.pow(step);
        width -= step as usize;
    }
    padded(value, width, out);
}

fn timestamp(
    value: i64,
    precision: u8,
    separator: u8,
    fraction: Fraction,
    seconds: bool,
    out: &mut Vec<u8>,
) {
    let nanos_per_unit = 1_000_000 / units_per_millisecond(timestamp_unit(precision));
    let nanos = i128::from(value) * i128::from(nanos_per_unit);
    date(nanos.div_euclid(NANOS_PER_DAY) as i64, out);
    out.push(separator);
    time(
        nanos.rem_euclid(NANOS_PER_DAY) as i64,
        fraction,
        seconds,
        out,
    );
}

/// Java's `Double.toString` and `Float.toString`; `shortest` is the shortest text in `{:e}` form.
fn java_double(value: f64, shortest: String, out: &mut Vec<u8>) {
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 {
            b"Infinity"
        } else {
            b"-Infinity"
        });
    } else if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        // The plain form of the same shortest digits.
        let (digits, exponent) = split_scientific(&shortest);
        let negative = shortest.starts_with('-');
        if negative {
            out.push(b'-');
        }
        let whole = exponent + 1;
        if whole <= 0 {
            out.extend_from_slice(b"0.");
            out.extend(std::iter::repeat_n(b'0', whole.unsigned_abs() as usize));
            out.extend_from_slice(digits.as_bytes());
        } else {
            let whole = whole as usize;
            let padded = format!("{digits:0<whole$}");
            out.extend_from_slice(&padded.as_bytes()[..whole]);
            out.push(b'.');
            let rest = &padded.as_bytes()[whole..];
            out.extend_from_slice(if rest.is_empty() { b"0" } else { rest });
        }
    } else {
        let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        out.extend_from_slice(mantissa.as_bytes());
        if !mantissa.contains('.') {
            out.extend_from_slice(b".0");
        }
        out.push(b'E');
        out.extend_from_slice(exponent.as_bytes());
    }
}

/// The digits without point and sign, and the exponent, of text in `{:e}` form.
fn split_scientific(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let digits = mantissa.chars().filter(char::is_ascii_digit).collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// `BigDecimal.toPlainString` with all of the scale's digits.
pub(crate) fn plain_decimal(unscaled: i128, scale: u8, out: &mut Vec<u8>) {
    if unscaled < 0 {
        out.push(b'-');
    }
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    out.extend_from_slice(whole.as_bytes());
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

/// A decimal without trailing zeros, as Jackson's number nodes keep it: plain (`100000`, `12.5`), or as
/// `BigDecimal.toString` writes it (`1E+5`, `1E-7`).
pub(crate) fn stripped_decimal(unscaled: i128, scale: u8, scientific: bool, out: &mut Vec<u8>) {
    if unscaled == 0 {
        out.push(b'0');
        return;
    }
    let (mut value, mut scale) = (unscaled, i32::from(scale));
    while value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    let digits = value.unsigned_abs().to_string();
    let exponent = digits.len() as i32 - 1 - scale;
    if scientific && (scale < 0 || exponent < -6) {
        if value < 0 {
            out.push(b'-');
        }
        out.extend_from_slice(&digits.as_bytes()[..1]);
        if digits.len() > 1 {
            out.push(b'.');
            out.extend_from_slice(&digits.as_bytes()[1..]);
        }
        put!(out, "E{exponent:+}");
    } else if scale < 0 {
        put!(out, "{value}");
        out.extend(std::iter::repeat_n(b'0', scale.unsigned_abs() as usize));
    } else {
        plain_decimal(value, scale as u8, out);
    }
}

fn base64_encode(bytes: &[u8], out: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let mut bits = 0u32;
        for (i, &byte) in chunk.iter().enumerate() {
            bits |= u32::from(byte) << (16 - 8 * i);
        }
        for i in 0..4 {
            out.push(if i <= chunk.len() {
                ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]
            } else {
                b'='
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::base64_decode;
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn doubles_are_javas() {
        for (value, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (100.25, "100.25"),
            (0.001, "0.001"),
            (0.00012, "1.2E-4"),
            (1e7, "1.0E7"),
            (9_999_999.5, "9999999.5"),
            (1.5e300, "1.5E300"),
            (120.0, "120.0"),
        ] {
            assert_eq!(
                text(|out| java_double(value, format!("{value:e}"), out)),
                expected
            );
        }
    }

    #[test]
    fn decimals_are_jacksons() {
        let written =
            |value, scale, scientific| text(|out| stripped_decimal(value, scale, scientific, out));
        assert_eq!(written(100_000, 0, true), "1E+5");
        assert_eq!(written(100_000, 0, false), "100000");
        assert_eq!(written(-1250, 2, true), "-12.5");
        assert_eq!(written(1, 7, true), "1E-7");
        assert_eq!(written(12, 8, true), "1.2E-7");
        assert_eq!(written(12, 8, false), "0.00000012");
        assert_eq!(written(0, 2, true), "0");
        assert_eq!(text(|out| plain_decimal(-5, 2, out)), "-0.05");
    }

    #[test]
    fn times_are_javas() {
        let at = |value, groups, seconds| {
            let fraction = if groups {
                Fraction::Groups
            } else {
                Fraction::Shortest
            };
            text(|out| timestamp(value, 3, b'T', fraction, seconds, out))
        };
        assert_eq!(at(0, true, false), "1970-01-01T00:00");
        assert_eq!(at(0, true, true), "1970-01-01T00:00:00");
        assert_eq!(at(-1, true, false), "1969-12-31T23:59:59.999");
        assert_eq!(at(1_500, false, true), "1970-01-01T00:00:01.5");
        assert_eq!(at(1_500, true, true), "1970-01-01T00:00:01.500");
    }

    #[test]
    fn base64_comes_back() {
        for length in 0..9u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(37)).collect();
            let encoded = text(|out| base64_encode(&bytes, out));
            assert_eq!(base64_decode(encoded.as_bytes()), Some(bytes));
        }
    }
}
