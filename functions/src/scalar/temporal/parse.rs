//! Text and numbers as times.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimestampMillisecondType};

use super::format::{DEFAULT_PATTERN, usable};
use crate::compile::Args;
use crate::scalar::rows;
use crate::time::pattern::Pattern;
use crate::time::text::{DateText, parse_date, parse_jdbc, parse_timestamp};
use crate::time::{DAY_MS, Zone};

/// The milliseconds that a TIMESTAMP_LTZ made of a number may have: years 0 to 9999.
const INSTANTS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// What UNIX_TIMESTAMP gives for text that is no time.
const NO_TIME: i64 = i64::MIN;

pub(super) fn to_date(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    let mut memo = args.cache.memo(Pattern::new);
    rows::primitives::<Date32Type>(args.rows, |row| {
        let Some(text) = texts.get(row) else {
            return Ok(None);
        };
        if args.len() == 1 {
            return Ok(match parse_date(text) {
                DateText::Day(days) => Some(days as i32),
                _ => None,
            });
        }
        let Some(pattern) = args.str(1).get(row) else {
            return Ok(None);
        };
        let pattern = memo.get(pattern);
        let read = usable(&pattern)?.read_leniently(text);
        Ok(read.map(|read| read.rolled_over().ms.div_euclid(DAY_MS) as i32))
    })
}

pub(super) fn to_timestamp(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    let mut memo = args.cache.memo(Pattern::new);
    rows::primitives::<TimestampMillisecondType>(args.rows, |row| {
        let Some(text) = texts.get(row) else {
            return Ok(None);
        };
        if args.len() == 1 {
            return Ok(parse_timestamp(text).map(|time| time.ms));
        }
        let Some(pattern) = args.str(1).get(row) else {
            return Ok(None);
        };
        let pattern = memo.get(pattern);
        let read = usable(&pattern)?.read(text);
        let time = read.and_then(|read| read.clamped());
        Ok(time.or_else(|| parse_jdbc(text)).map(|time| time.ms))
    })
}

pub(super) fn unix_timestamp(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.is_empty() {
        let seconds = args.now_ms.div_euclid(1_000);
        return rows::primitives::<Int64Type>(args.rows, |_| Ok(Some(seconds)));
    }
    let texts = args.str(0);
    let mut memo = args.cache.memo(Pattern::new);
    rows::primitives::<Int64Type>(args.rows, |row| {
        let pattern = if args.len() > 1 {
            args.str(1).get(row)
        } else {
            Some(DEFAULT_PATTERN)
        };
        let Some((text, pattern)) = texts.get(row).zip(pattern) else {
            return Ok(None);
        };
        let pattern = memo.get(pattern);
        Ok(Some(match usable(&pattern)?.read_leniently(text) {
            Some(read) => {
                let local = read.rolled_over().ms;
                let utc = match read.offset_ms {
                    Some(offset) => local - offset,
                    None => args.session.zone.to_utc(local),
                };
                utc.div_euclid(1_000)
            }
            None => NO_TIME,
        }))
    })
}

pub(super) fn to_timestamp_ltz(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let values = match args.array(0).data_type() {
        DataType::Utf8 => from_text(args)?,
        DataType::Float64 => {
            let numbers = args.double(0);
            from_number(args, |row, scale| {
                numbers
                    .get(row)
                    .map(|number| (number * scale as f64).floor() as i64)
            })?
        }
        _ => {
            let numbers = args.long(0);
            from_number(args, |row, scale| {
                numbers.get(row).and_then(|n| n.checked_mul(scale))
            })?
        }
    };
    let values = values.as_primitive::<TimestampMillisecondType>().clone();
    Ok(Arc::new(values.with_data_type(args.result.to_arrow())))
}

fn from_number(
    args: &Args<'_>,
    scaled: impl Fn(usize, i64) -> Option<i64>,
) -> OperatorResult<ArrayRef> {
    let precisions = (args.len() > 1).then(|| args.int(1));
    let scaled = |row, scale| scaled(row, scale).filter(|ms| INSTANTS.contains(ms));
    rows::primitives::<TimestampMillisecondType>(args.rows, |row| {
        let precision = match &precisions {
            Some(cells) => cells.get(row),
            None => Some(3),
        };
        match precision {
            Some(0) => Ok(scaled(row, 1_000)),
            Some(3) => Ok(scaled(row, 1)),
            Some(other) => Err(OperatorError::data(format!(
                "the precision of TO_TIMESTAMP_LTZ has to be 0 (seconds) or 3 (milliseconds), \
                 but is {other}"
            ))),
            None => Ok(None),
        }
    })
}

fn from_text(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    let mut memo = args.cache.memo(Pattern::new);
    rows::primitives::<TimestampMillisecondType>(args.rows, |row| {
        let optional = |index: usize, default: &'static str| {
            if args.len() > index {
                args.str(index).get(row)
            } else {
                Some(default)
            }
        };
        let all = texts.get(row).zip(optional(1, "")).zip(optional(2, "UTC"));
        let Some(((text, pattern), zone)) = all else {
            return Ok(None);
        };
        let Some(zone) = Zone::parse(zone) else {
            return Ok(None);
        };
        if pattern.is_empty() {
            return Ok(parse_timestamp(text).map(|time| zone.to_utc(time.ms)));
        }
        let pattern = memo.get(pattern);
        let read = usable(&pattern)?.read(text);
        let time = read.and_then(|read| Some((read.clamped()?, read.offset_ms)));
        let time = time.or_else(|| Some((parse_jdbc(text)?, None)));
        Ok(time.map(|(time, offset)| match offset {
            Some(offset) => time.ms - offset,
            None => zone.to_utc(time.ms),
        }))
    })
}
