//! A time attribute as milliseconds, whatever its unit.

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::types::units_per_millisecond;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

/// A TIMESTAMP or TIMESTAMP_LTZ column, read as milliseconds (rounded down, as Flink cuts them).
#[derive(Debug)]
pub struct TimeColumn<'a> {
    values: &'a ScalarBuffer<i64>,
    nulls: Option<&'a NullBuffer>,
    per_ms: i64,
}

impl<'a> TimeColumn<'a> {
    /// The column as times.
    ///
    /// # Errors
    /// When it is no timestamp.
    pub fn new(column: &'a ArrayRef) -> OperatorResult<Self> {
        let DataType::Timestamp(unit, _) = column.data_type() else {
            return Err(OperatorError::fatal(format!(
                "a time attribute must be TIMESTAMP or TIMESTAMP_LTZ, not {}",
                column.data_type()
            )));
        };
        let values = match unit {
            TimeUnit::Millisecond => column.as_primitive::<TimestampMillisecondType>().values(),
            TimeUnit::Microsecond => column.as_primitive::<TimestampMicrosecondType>().values(),
            TimeUnit::Nanosecond => column.as_primitive::<TimestampNanosecondType>().values(),
            TimeUnit::Second => {
                return Err(OperatorError::fatal(
                    "a time attribute in whole seconds is not canonical; the planner holds it in ms",
                ));
            }
        };
        Ok(TimeColumn {
            values,
            nulls: column.nulls(),
            per_ms: units_per_millisecond(*unit),
        })
    }

    /// Refuses rows without a time; `name` is the column's.
    ///
    /// # Errors
    /// When there is one.
    pub fn reject_nulls(&self, name: &str) -> OperatorResult<()> {
        match self.nulls.is_some_and(|nulls| nulls.null_count() > 0) {
            false => Ok(()),
            true => Err(OperatorError::data(format!(
                "the time attribute `{name}` is NULL in a row; a streaming job needs a time in every row: \
                 filter such rows out before they get their watermark or window, or give the column a default"
            ))),
        }
    }

    /// The time of a row that is not NULL.
    #[inline]
    pub fn millis(&self, row: usize) -> i64 {
        match self.per_ms {
            1 => self.values[row],
            per_ms => self.values[row].div_euclid(per_ms),
        }
    }

    /// The time of a row.
    #[inline]
    pub fn checked_millis(&self, row: usize) -> Option<i64> {
        let valid = self.nulls.is_none_or(|nulls| nulls.is_valid(row));
        valid.then(|| self.millis(row))
    }

    /// The time of a row that must have one.
    ///
    /// # Errors
    /// When it has none.
    #[inline]
    pub fn required_millis(&self, row: usize) -> OperatorResult<i64> {
        self.checked_millis(row).ok_or_else(|| {
            OperatorError::data(
                "the time attribute of a row is NULL; give it a value or filter such rows out",
            )
        })
    }

    /// Which rows are later than `after` (all, without one), and their times.
    ///
    /// # Errors
    /// When a row has no time.
    pub fn later_than(&self, after: Option<i64>) -> OperatorResult<(Vec<u32>, Vec<i64>)> {
        let rows = self.values.len();
        let (mut kept, mut times) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let time = self.required_millis(row)?;
            if after.is_none_or(|after| time > after) {
                kept.push(row as u32);
                times.push(time);
            }
        }
        Ok((kept, times))
    }
}
