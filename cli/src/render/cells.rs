//! One value of a column: as JSON, as CSV has it, or as a table shows it.

use std::fmt::Write;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_functions::cast::text::write_value;
use alpheus_functions::compile::Session;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float32Type, Float64Type};

/// What a table shows for NULL, so that it is not taken for a text.
pub const NULL: &str = "<NULL>";

/// Writes a value as JSON.
pub fn write_json(
    ty: &LogicalType,
    column: &dyn Array,
    row: usize,
    session: &Session,
    out: &mut String,
) {
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
                write_json(element, &values, i, session, out);
            }
            out.push(']');
        }
        TypeKind::Map(key, value) => write_map(key, value, column, row, session, out),
        TypeKind::Multiset(element) => {
            let count = TypeKind::Integer.not_null();
            write_map(element, &count, column, row, session, out);
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
                write_json(&field.ty, parts.column(i), row, session, out);
            }
            out.push('}');
        }
        _ => {
            let mut text = String::new();
            write_scalar(&ty.kind, column, row, session, &mut text);
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
    session: &Session,
    out: &mut String,
) {
    let entries = column.as_map().value(row);
    out.push('{');
    for i in 0..entries.len() {
        if i > 0 {
            out.push(',');
        }
        let mut text = String::new();
        write_plain(key, entries.column(0), i, session, &mut text);
        write_string(&text, out);
        out.push(':');
        write_json(value, entries.column(1), i, session, out);
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

/// Writes a value as CSV has it: numbers, texts and times as in JSON but without quotes; constructed values are
/// JSON.
pub fn write_plain(
    ty: &LogicalType,
    column: &dyn Array,
    row: usize,
    session: &Session,
    out: &mut String,
) {
    match &ty.kind {
        TypeKind::Array(_) | TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Row(_) => {
            write_json(ty, column, row, session, out);
        }
        kind => write_scalar(kind, column, row, session, out),
    }
}

/// Writes a value as people see it in a table (Flink's TABLEAU mode): as `CAST(.. AS STRING)`, bytes as `x'0a'`.
pub fn write_shown(
    ty: &LogicalType,
    column: &dyn Array,
    row: usize,
    session: &Session,
    out: &mut String,
) {
    match &ty.kind {
        _ if column.is_null(row) => out.push_str(NULL),
        TypeKind::Binary(_) | TypeKind::Varbinary(_) => {
            out.push_str("x'");
            for byte in column.as_binary::<i32>().value(row) {
                // Writing to a String cannot fail.
                let _ = write!(out, "{byte:02x}");
            }
            out.push('\'');
        }
        kind => write_value(out, column, row, kind, session),
    }
}

/// A value that has no parts, where it differs from the CAST: booleans in small letters, numbers in the shortest
/// form, bytes in base64 as Flink's formats have them, points in time always with milliseconds.
fn write_scalar(
    kind: &TypeKind,
    column: &dyn Array,
    row: usize,
    session: &Session,
    out: &mut String,
) {
    match kind {
        TypeKind::Boolean => {
            out.push_str(if column.as_boolean().value(row) {
                "true"
            } else {
                "false"
            });
        }
        TypeKind::Binary(_) | TypeKind::Varbinary(_) => {
            base64(column.as_binary::<i32>().value(row), out);
        }
        TypeKind::Float => {
            let value = column.as_primitive::<Float32Type>().value(row);
            float(f64::from(value), &format!("{value:?}"), out);
        }
        TypeKind::Double => {
            let value = column.as_primitive::<Float64Type>().value(row);
            float(value, &format!("{value:?}"), out);
        }
        TypeKind::Timestamp(precision) => {
            let kind = TypeKind::Timestamp((*precision).max(3));
            write_value(out, column, row, &kind, session);
        }
        TypeKind::TimestampLtz(precision) => {
            let kind = TypeKind::TimestampLtz((*precision).max(3));
            write_value(out, column, row, &kind, session);
        }
        kind => write_value(out, column, row, kind, session),
    }
}

/// `shortest` is Rust's shortest text that reads back; it differs from Java's in names and exponents.
fn float(value: f64, shortest: &str, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match value {
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
    };
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
