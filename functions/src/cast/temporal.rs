//! Dates, times and timestamps into one another.
//!
//! All go by way of a local date and time; TIMESTAMP_LTZ enters and leaves through the session's zone.
//! A value that 64 bits of the target's unit do not hold (nanoseconds end in 2262) becomes NULL.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::{TypeKind, timestamp_unit};
use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::compute;
use arrow::datatypes::{
    DataType, Date32Type, Int64Type, Time32MillisecondType, Time64NanosecondType,
};

use super::parse::{join_timestamp, truncated};
use super::text::{split_timestamp, timestamp_value};
use crate::compile::Session;
use crate::scalar::rows;
use crate::time::text::LocalTime;
use crate::time::{DAY_MS, Zone};

/// The value in that row as a local date and time (a TIME on 1970-01-01), which is not NULL.
pub(crate) fn local(array: &dyn Array, row: usize, kind: &TypeKind, zone: &Zone) -> LocalTime {
    match kind {
        TypeKind::Date => LocalTime {
            ms: i64::from(array.as_primitive::<Date32Type>().value(row)) * DAY_MS,
            nanos: 0,
        },
        TypeKind::Time(_) => {
            let nanos = match array.as_primitive_opt::<Time32MillisecondType>() {
                Some(times) => i64::from(times.value(row)) * 1_000_000,
                None => array.as_primitive::<Time64NanosecondType>().value(row),
            };
            LocalTime {
                ms: nanos / 1_000_000,
                nanos: nanos % 1_000_000,
            }
        }
        TypeKind::TimestampLtz(p) => {
            let mut time = split_timestamp(timestamp_value(array, row, *p), *p);
            time.ms = zone.to_local(time.ms);
            time
        }
        TypeKind::Timestamp(p) => split_timestamp(timestamp_value(array, row, *p), *p),
        // Only dates and times come here.
        _ => LocalTime { ms: 0, nanos: 0 },
    }
}

/// A date or time column as another.
pub(super) fn column(
    array: &ArrayRef,
    from: &TypeKind,
    to: &TypeKind,
    session: &Session,
) -> OperatorResult<ArrayRef> {
    let zone = &session.zone;
    let local = |row: usize| {
        array
            .is_valid(row)
            .then(|| local(array.as_ref(), row, from, zone))
    };
    let rows_count = array.len();
    match to {
        TypeKind::Date => rows::primitives::<Date32Type>(rows_count, |row| {
            Ok(local(row).map(|time| time.ms.div_euclid(DAY_MS) as i32))
        }),
        TypeKind::Time(p @ 0..=3) => rows::primitives::<Time32MillisecondType>(rows_count, |row| {
            Ok(local(row).map(|time| (truncated(nanos_of_day(time), *p) / 1_000_000) as i32))
        }),
        TypeKind::Time(p) => rows::primitives::<Time64NanosecondType>(rows_count, |row| {
            Ok(local(row).map(|time| truncated(nanos_of_day(time), *p)))
        }),
        TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) => {
            let arrow = to.clone().nullable().to_arrow();
            if same_clock(from, to, zone)
                && unit_of(from) == Some(timestamp_unit(*p))
                && finer(from, *p)
            {
                return Ok(compute::cast(
                    &compute::cast(array, &DataType::Int64)?,
                    &arrow,
                )?);
            }
            let to_zone = matches!(to, TypeKind::TimestampLtz(_));
            let values: PrimitiveArray<Int64Type> = (0..rows_count)
                .map(|row| {
                    let mut time = local(row)?;
                    if to_zone {
                        time.ms = zone.to_utc(time.ms);
                    }
                    join_timestamp(time, *p)
                })
                .collect();
            let longs: ArrayRef = Arc::new(values);
            Ok(compute::cast(&longs, &arrow)?)
        }
        _ => Ok(array.clone()),
    }
}

fn nanos_of_day(time: LocalTime) -> i64 {
    time.ms.rem_euclid(DAY_MS) * 1_000_000 + time.nanos
}

/// Whether the numbers of both columns count from the same instant.
fn same_clock(from: &TypeKind, to: &TypeKind, zone: &Zone) -> bool {
    let zoned = |kind: &TypeKind| matches!(kind, TypeKind::TimestampLtz(_));
    from.is_timestamp() && (zone.is_utc() || zoned(from) == zoned(to))
}

fn unit_of(kind: &TypeKind) -> Option<arrow::datatypes::TimeUnit> {
    match kind {
        TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) => Some(timestamp_unit(*p)),
        _ => None,
    }
}

/// Whether no digit has to be cut.
fn finer(from: &TypeKind, to: u8) -> bool {
    matches!(from, TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) if *p <= to)
}
