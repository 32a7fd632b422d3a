//! TIMESTAMPADD and TIMESTAMPDIFF.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::types::{TypeKind, timestamp_unit, units_per_millisecond};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type, Int64Type};

use super::fields::unit_of;
use crate::cast::local;
use crate::compile::{Args, Cells};
use crate::scalar::rows;
use crate::time::DAY_MS;
use crate::time::calendar::Civil;
use crate::time::unit::Unit;

/// Months of a unit that counts in months.
fn months(unit: Unit) -> Option<i64> {
    match unit {
        Unit::Month => Some(1),
        Unit::Quarter => Some(3),
        Unit::Year => Some(12),
        Unit::Decade => Some(120),
        Unit::Century => Some(1_200),
        Unit::Millennium => Some(12_000),
        _ => None,
    }
}

/// Milliseconds of a unit of fixed length.
fn milliseconds(unit: Unit) -> i64 {
    match unit {
        Unit::Week => 7 * DAY_MS,
        Unit::Hour => 3_600_000,
        Unit::Minute => 60_000,
        Unit::Second | Unit::Epoch => 1_000,
        Unit::Millisecond => 1,
        _ => DAY_MS,
    }
}

pub(super) fn add(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let unit = unit_of(args)?;
    let array = args.array(2);
    let narrow = matches!(array.data_type(), DataType::Date32 | DataType::Time32(_));
    let long = if narrow {
        cast(&cast(array, &DataType::Int32)?, &DataType::Int64)?
    } else {
        cast(array, &DataType::Int64)?
    };
    // What one step of the column is: a fraction of a day.
    let per_day = match &args.types[2].kind {
        TypeKind::Date => 1,
        TypeKind::Time(0..=3) => DAY_MS,
        TypeKind::Time(_) => DAY_MS * 1_000_000,
        TypeKind::Timestamp(p) | TypeKind::TimestampLtz(p) => {
            DAY_MS * units_per_millisecond(timestamp_unit(*p))
        }
        _ => DAY_MS,
    };
    let is_time = matches!(args.types[2].kind, TypeKind::Time(_));
    let times = Cells::new(
        long.as_primitive::<Int64Type>(),
        args.values[2].is_constant(),
    );
    let counts = args.long(1);
    let shifted = rows::primitives::<Int64Type>(args.rows, |row| {
        Ok(times.get(row).zip(counts.get(row)).map(|(time, count)| {
            let moved = match months(unit) {
                Some(months) => {
                    let date = Civil::from_days(time.div_euclid(per_day));
                    let days = date.plus_months(count.wrapping_mul(months)).to_days();
                    days.wrapping_mul(per_day)
                        .wrapping_add(time.rem_euclid(per_day))
                }
                None => {
                    let ms = i128::from(milliseconds(unit)) * i128::from(count);
                    let steps = ms * i128::from(per_day) / i128::from(DAY_MS);
                    time.wrapping_add(steps as i64)
                }
            };
            if is_time {
                moved.rem_euclid(per_day)
            } else {
                moved
            }
        }))
    })?;
    let target = args.result.to_arrow();
    if narrow {
        return Ok(cast(&cast(&shifted, &DataType::Int32)?, &target)?);
    }
    Ok(cast(&shifted, &target)?)
}

/// Calcite's count of months: whole ones, and one less when the time of day falls short. A negative
/// difference rounds down, which Flink's users see and so keep.
fn months_between(from_ms: i64, to_ms: i64) -> i64 {
    let (from, to) = (from_ms.div_euclid(DAY_MS), to_ms.div_euclid(DAY_MS));
    let count = if to < from {
        -months_up(to, from)
    } else {
        months_up(from, to)
    };
    let reached = Civil::from_days(from).plus_months(count).to_days();
    let short = reached == to && to_ms.rem_euclid(DAY_MS) < from_ms.rem_euclid(DAY_MS);
    count - i64::from(short)
}

/// The most months that can be added to `from` without passing `to`.
fn months_up(from: i64, to: i64) -> i64 {
    let (a, b) = (Civil::from_days(from), Civil::from_days(to));
    let count = (b.year - a.year) * 12 + i64::from(b.month) - i64::from(a.month);
    if a.plus_months(count).to_days() > to {
        count - 1
    } else {
        count
    }
}

pub(super) fn difference(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let unit = unit_of(args)?;
    let zone = &args.session.zone;
    let time = |at: usize, row: usize| {
        let array = args.array(at);
        let row = if args.values[at].is_constant() {
            0
        } else {
            row
        };
        array
            .is_valid(row)
            .then(|| local(array.as_ref(), row, &args.types[at].kind, zone).ms)
    };
    let values = rows::primitives::<Int32Type>(args.rows, |row| {
        Ok(time(1, row).zip(time(2, row)).map(|(from, to)| {
            let count = match months(unit) {
                Some(months) => months_between(from, to) / months,
                None => (to - from) / milliseconds(unit),
            };
            count as i32
        }))
    })?;
    Ok(Arc::clone(&values))
}
