//! The time now. In batch it is the time of planning, so that every row and every retry sees the same.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use arrow::array::{ArrayRef, Date32Array, Time32MillisecondArray, TimestampMillisecondArray};

use crate::compile::Args;
use crate::time::DAY_MS;

pub(super) fn timestamp_ltz(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let values = TimestampMillisecondArray::from_value(args.now_ms, args.rows);
    Ok(Arc::new(values.with_data_type(args.result.to_arrow())))
}

pub(super) fn local_timestamp(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let local = args.session.zone.to_local(args.now_ms);
    Ok(Arc::new(TimestampMillisecondArray::from_value(
        local, args.rows,
    )))
}

pub(super) fn date(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let local = args.session.zone.to_local(args.now_ms);
    Ok(Arc::new(Date32Array::from_value(
        local.div_euclid(DAY_MS) as i32,
        args.rows,
    )))
}

pub(super) fn local_time(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let of_day = args.session.zone.to_local(args.now_ms).rem_euclid(DAY_MS);
    let seconds = of_day / 1_000 * 1_000;
    Ok(Arc::new(Time32MillisecondArray::from_value(
        seconds as i32,
        args.rows,
    )))
}
