//! Every value as text, as `CAST(x AS STRING)` prints it.

use std::fmt::Write as _;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::{LogicalType, TypeKind, timestamp_unit, units_per_millisecond};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

use super::java::{write_double, write_float};
use crate::compile::Session;
use crate::scalar::rows;
use crate::time::text::{
    LocalTime, write_date, write_duration, write_months, write_time, write_timestamp,
};

/// A column of any type as text.
pub(crate) fn column(
    array: &ArrayRef,
    ty: &LogicalType,
    session: &Session,
) -> OperatorResult<ArrayRef> {
    rows::strings(array.len(), |row, out| {
        if array.is_null(row) {
            return Ok(None);
        }
        write_value(out, array.as_ref(), row, &ty.kind, session);
        Ok(Some(()))
    })
}

/// A timestamp column's value, in its column's unit.
pub(crate) fn timestamp_value(array: &dyn Array, row: usize, precision: u8) -> i64 {
    match timestamp_unit(precision) {
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        _ => array.as_primitive::<TimestampMillisecondType>().value(row),
    }
}

/// A timestamp value of the given precision as milliseconds and nanoseconds.
pub(crate) fn split_timestamp(value: i64, precision: u8) -> LocalTime {
    let units = units_per_millisecond(timestamp_unit(precision));
    LocalTime {
        ms: value.div_euclid(units),
        nanos: value.rem_euclid(units) * (1_000_000 / units),
    }
}

/// Writes a DECIMAL with all digits of its scale.
pub fn write_decimal(out: &mut String, value: i128, scale: u8) {
    if scale == 0 {
        let _ = write!(out, "{value}");
        return;
    }
    if value < 0 {
        out.push('-');
    }
    let step = 10u128.pow(u32::from(scale));
    let value = value.unsigned_abs();
    let width = usize::from(scale);
    let _ = write!(out, "{}.{:0width$}", value / step, value % step);
}

/// Writes the value in that row, which is not NULL.
pub fn write_value(
    out: &mut String,
    array: &dyn Array,
    row: usize,
    kind: &TypeKind,
    session: &Session,
) {
    let written = match kind {
        TypeKind::Null => write!(out, "NULL"),
        TypeKind::Boolean => {
            let value = array.as_boolean().value(row);
            write!(out, "{}", if value { "TRUE" } else { "FALSE" })
        }
        TypeKind::Char(_) | TypeKind::Varchar(_) => {
            out.push_str(array.as_string::<i32>().value(row));
            Ok(())
        }
        TypeKind::Binary(_) | TypeKind::Varbinary(_) => {
            out.push_str(&String::from_utf8_lossy(
                array.as_binary::<i32>().value(row),
            ));
            Ok(())
        }
        TypeKind::TinyInt => write!(out, "{}", array.as_primitive::<Int8Type>().value(row)),
        TypeKind::SmallInt => write!(out, "{}", array.as_primitive::<Int16Type>().value(row)),
        TypeKind::Integer => write!(out, "{}", array.as_primitive::<Int32Type>().value(row)),
        TypeKind::BigInt => write!(out, "{}", array.as_primitive::<Int64Type>().value(row)),
        TypeKind::Decimal(_, scale) => {
            write_decimal(
                out,
                array.as_primitive::<Decimal128Type>().value(row),
                *scale,
            );
            Ok(())
        }
        TypeKind::Float => {
            write_float(out, array.as_primitive::<Float32Type>().value(row));
            Ok(())
        }
        TypeKind::Double => {
            write_double(out, array.as_primitive::<Float64Type>().value(row));
            Ok(())
        }
        TypeKind::Date => {
            write_date(
                out,
                i64::from(array.as_primitive::<Date32Type>().value(row)),
            );
            Ok(())
        }
        TypeKind::Time(precision) => {
            let nanos = match array.as_primitive_opt::<Time32MillisecondType>() {
                Some(times) => i64::from(times.value(row)) * 1_000_000,
                None => array.as_primitive::<Time64NanosecondType>().value(row),
            };
            write_time(out, nanos, *precision);
            Ok(())
        }
        TypeKind::Timestamp(p) => {
            let time = split_timestamp(timestamp_value(array, row, *p), *p);
            write_timestamp(out, time, *p);
            Ok(())
        }
        TypeKind::TimestampLtz(p) => {
            let mut time = split_timestamp(timestamp_value(array, row, *p), *p);
            time.ms = session.zone.to_local(time.ms);
            write_timestamp(out, time, *p);
            Ok(())
        }
        TypeKind::IntervalYearMonth => {
            write_months(out, array.as_primitive::<Int32Type>().value(row));
            Ok(())
        }
        TypeKind::IntervalDayTime => {
            write_duration(
                out,
                array.as_primitive::<DurationMillisecondType>().value(row),
            );
            Ok(())
        }
        TypeKind::Array(element) => {
            let values = array.as_list::<i32>().value(row);
            out.push('[');
            for at in 0..values.len() {
                separate(out, at);
                write_part(out, values.as_ref(), at, &element.kind, session);
            }
            out.push(']');
            Ok(())
        }
        TypeKind::Map(key, value) => {
            write_map(out, array, row, &key.kind, &value.kind, session);
            Ok(())
        }
        TypeKind::Multiset(element) => {
            write_map(out, array, row, &element.kind, &TypeKind::Integer, session);
            Ok(())
        }
        TypeKind::Row(fields) => {
            let columns = array.as_struct();
            out.push('(');
            for (at, field) in fields.iter().enumerate() {
                separate(out, at);
                write_part(
                    out,
                    columns.column(at).as_ref(),
                    row,
                    &field.ty.kind,
                    session,
                );
            }
            out.push(')');
            Ok(())
        }
    };
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

fn write_map(
    out: &mut String,
    array: &dyn Array,
    row: usize,
    key: &TypeKind,
    value: &TypeKind,
    session: &Session,
) {
    let entries = array.as_map().value(row);
    out.push('{');
    for at in 0..entries.len() {
        separate(out, at);
        write_part(out, entries.column(0).as_ref(), at, key, session);
        out.push('=');
        write_part(out, entries.column(1).as_ref(), at, value, session);
    }
    out.push('}');
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push_str(", ");
    }
}

fn write_part(out: &mut String, array: &dyn Array, row: usize, kind: &TypeKind, session: &Session) {
    if array.is_null(row) {
        out.push_str("NULL");
    } else {
        write_value(out, array, row, kind, session);
    }
}
