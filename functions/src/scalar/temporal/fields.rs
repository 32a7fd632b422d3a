//! EXTRACT and its shorter forms.

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::Int64Type;

use crate::cast::local;
use crate::compile::Args;
use crate::scalar::rows;
use crate::time::fields;
use crate::time::unit::Unit;

/// A unit of argument `at` in every row.
fn each(args: &Args<'_>, at: usize, unit: Unit) -> OperatorResult<ArrayRef> {
    let (array, kind) = (args.array(at), &args.types[at].kind);
    let constant = args.values[at].is_constant();
    rows::primitives::<Int64Type>(args.rows, |row| {
        let row = if constant { 0 } else { row };
        Ok(array.is_valid(row).then(|| {
            let time = local(array.as_ref(), row, kind, &args.session.zone);
            match unit {
                // Seconds since 1970 are those of UTC.
                Unit::Epoch => args.session.zone_of(kind).to_utc(time.ms).div_euclid(1_000),
                unit => fields::extract(unit, time.ms, time.nanos),
            }
        }))
    })
}

pub(super) fn unit_of(args: &Args<'_>) -> OperatorResult<Unit> {
    let name = args.literal_text(0)?;
    Unit::parse(name).ok_or_else(|| OperatorError::fatal(format!("{name} is no unit of time")))
}

pub(super) fn extract_literal(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    each(args, 1, unit_of(args)?)
}

macro_rules! units {
    ($($name:ident = $unit:ident;)*) => {
        $(pub(super) fn $name(args: &Args<'_>) -> OperatorResult<ArrayRef> {
            each(args, 0, Unit::$unit)
        })*
    };
}

units! {
    year = Year;
    quarter = Quarter;
    month = Month;
    week = Week;
    day_of_year = DayOfYear;
    day_of_month = Day;
    day_of_week = DayOfWeek;
    hour = Hour;
    minute = Minute;
    second = Second;
}
