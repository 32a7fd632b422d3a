//! One value of a column: as JSON, or as plain text.

use std::fmt::Write;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

use super::time::{self, Zone};

/// Writes a value as JSON.
pub fn write_json(ty: &LogicalType, column: &dyn Array, row: usize, zone: Zone, out: &mut String) {
    if column.is_null(row) {
        out.push_str("null");
        return;
    }
    match &ty.kind {
        TypeKind::Array(element) => {
            let values = column.as_list::<i32>().value(row);
            out.push('[');
            for i in 0..values.len() {
                if i > 0 {
                    out.push(',');
                }
                write_json(element, &values, i, zone, out);
            }
            out.push(']');
        }
        TypeKind::Map(key, value) => write_map(key, value, column, row, zone, out),
        TypeKind::Multiset(element) => {
            let count = TypeKind::Integer.not_null();
            write_map(element, &count, column, row, zone, out);
        }
        TypeKind::Row(fields) => {
            let parts = column.as_struct();
            out.push('{');
            for (i, field) in fields.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_string(&field.name, out);
                out.push(':');
                write_json(&field.ty, parts.column(i), row, zone, out);
            }
            out.push('}');
        }
        _ => {
            let mut text = String::new();
            write_text(ty, column, row, zone, &mut text);
            if is_json_number(&ty.kind, &text) {
                out.push_str(&text);
            } else {
                write_string(&text, out);
            }
        }
    }
}

/// Numbers but decimals, and booleans, stand without quotes; NaN and the infinities do not.
fn is_json_number(kind: &TypeKind, text: &str) -> bool {
    match kind {
        TypeKind::Boolean => true,
        kind if kind.is_approximate_numeric() => {
            !text.ends_with("NaN") && !text.ends_with("Infinity")
        }
        kind => kind.is_integer(),
    }
}

fn write_map(
    key: &LogicalType,
    value: &LogicalType,
    column: &dyn Array,
    row: usize,
    zone: Zone,
    out: &mut String,
) {
    let entries = column.as_map().value(row);
    out.push('{');
    for i in 0..entries.len() {
        if i > 0 {
            out.push(',');
        }
        let mut text = String::new();
        write_text(key, entries.column(0), i, zone, &mut text);
        write_string(&text, out);
        out.push(':');
        write_json(value, entries.column(1), i, zone, out);
    }
    out.push('}');
}

/// Writes a JSON string.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Writes a value as text; NULL is `NULL`, and constructed values are JSON.
pub fn write_text(ty: &LogicalType, column: &dyn Array, row: usize, zone: Zone, out: &mut String) {
    if column.is_null(row) {
        out.push_str("NULL");
        return;
    }
    // Writing to a String cannot fail.
    let _ = match &ty.kind {
        TypeKind::Null => out.write_str("NULL"),
        TypeKind::Boolean => write!(out, "{}", column.as_boolean().value(row)),
        TypeKind::Char(_) | TypeKind::Varchar(_) => {
            out.write_str(column.as_string::<i32>().value(row))
        }
        TypeKind::Binary(_) | TypeKind::Varbinary(_) => {
            base64(column.as_binary::<i32>().value(row), out);
            Ok(())
        }
        TypeKind::Decimal(_, scale) => {
            decimal(
                column.as_primitive::<Decimal128Type>().value(row),
                *scale,
                out,
            );
            Ok(())
        }
        TypeKind::TinyInt => write!(out, "{}", column.as_primitive::<Int8Type>().value(row)),
        TypeKind::SmallInt => write!(out, "{}", column.as_primitive::<Int16Type>().value(row)),
        TypeKind::Integer => write!(out, "{}", column.as_primitive::<Int32Type>().value(row)),
        TypeKind::BigInt => write!(out, "{}", column.as_primitive::<Int64Type>().value(row)),
        TypeKind::Float => {
            let value = column.as_primitive::<Float32Type>().value(row);
            float(f64::from(value), &format!("{value:?}"), out)
        }
        TypeKind::Double => {
            let value = column.as_primitive::<Float64Type>().value(row);
            float(value, &format!("{value:?}"), out)
        }
        TypeKind::Date => {
            let days = column.as_primitive::<Date32Type>().value(row);
            time::date(i64::from(days), out);
            Ok(())
        }
        TypeKind::Time(precision @ 0..=3) => {
            let millis = column.as_primitive::<Time32MillisecondType>().value(row);
            time::time(i64::from(millis) * 1_000_000, *precision, out);
            Ok(())
        }
        TypeKind::Time(precision) => {
            let nanos = column.as_primitive::<Time64NanosecondType>().value(row);
            time::time(nanos, *precision, out);
            Ok(())
        }
        TypeKind::Timestamp(precision) => {
            write_timestamp(column, row, *precision, None, out);
            Ok(())
        }
        TypeKind::TimestampLtz(precision) => {
            write_timestamp(column, row, *precision, Some(zone), out);
            Ok(())
        }
        TypeKind::IntervalYearMonth => {
            time::months(column.as_primitive::<Int32Type>().value(row), out);
            Ok(())
        }
        TypeKind::IntervalDayTime => {
            let millis = column.as_primitive::<DurationMillisecondType>().value(row);
            time::day_time(millis, out);
            Ok(())
        }
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_) => {
            write_json(ty, column, row, zone, out);
            Ok(())
        }
    };
}

fn write_timestamp(
    column: &dyn Array,
    row: usize,
    precision: u8,
    zone: Option<Zone>,
    out: &mut String,
) {
    let (value, per_second) = match precision {
        0..=3 => (
            column.as_primitive::<TimestampMillisecondType>().value(row),
            1_000,
        ),
        4..=6 => (
            column.as_primitive::<TimestampMicrosecondType>().value(row),
            1_000_000,
        ),
        _ => (
            column.as_primitive::<TimestampNanosecondType>().value(row),
            1_000_000_000,
        ),
    };
    time::timestamp(value, per_second, precision, zone, out);
}

/// `shortest` is Rust's shortest text that reads back; it differs from Java's in names and exponents.
fn float(value: f64, shortest: &str, out: &mut String) -> std::fmt::Result {
    match value {
        value if value.is_nan() => out.write_str("NaN"),
        f64::INFINITY => out.write_str("Infinity"),
        f64::NEG_INFINITY => out.write_str("-Infinity"),
        _ => match shortest.split_once('e') {
            Some((mantissa, exponent)) if !mantissa.contains('.') => {
                write!(out, "{mantissa}.0E{exponent}")
            }
            Some((mantissa, exponent)) => write!(out, "{mantissa}E{exponent}"),
            None => out.write_str(shortest),
        },
    }
}

fn decimal(unscaled: i128, scale: u8, out: &mut String) {
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if unscaled < 0 {
        out.push('-');
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.push_str(fraction);
    }
}

/// RFC 4648, as Flink's JSON format writes bytes.
fn base64(bytes: &[u8], out: &mut String) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            if i <= chunk.len() {
                let index = (group >> (18 - 6 * i)) & 63;
                out.push(char::from(ALPHABET[index as usize]));
            } else {
                out.push('=');
            }
        }
    }
}
