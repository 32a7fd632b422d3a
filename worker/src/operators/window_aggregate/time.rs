//! The clock of windows: which time a row has, and when a window is complete.
//!
//! Windows of a TIMESTAMP_LTZ (and of processing time) are those of the session's clock on the wall:
//! times are shifted into its zone, and the end of a window back out of it (Flink's `TimeWindowUtil`).

use std::sync::Arc;

use alpheus_dataflow::operator::{Clock, OperatorContext, SystemClock};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_dataflow::{OperatorError, OperatorResult, RowType, TypeKind};
use alpheus_functions::time::Zone;
use arrow::array::{ArrayRef, TimestampMillisecondArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;

use crate::operators::time_column::TimeColumn;

const HOUR_MS: i64 = 3_600_000;

/// Where an operator's time comes from; see the module's documentation.
pub(crate) struct WindowClock {
    pub(crate) attribute: TimeAttribute,
    /// Of the time attribute's column, for messages.
    name: String,
    local: bool,
    zone: Option<Zone>,
    clock: Arc<dyn Clock>,
}

impl WindowClock {
    pub(crate) fn new(attribute: TimeAttribute, input: &RowType) -> Self {
        let field = match attribute {
            TimeAttribute::Processing => None,
            TimeAttribute::Event { column } => input.fields.get(column),
        };
        WindowClock {
            attribute,
            name: field.map_or_else(String::new, |field| field.name.clone()),
            local: match attribute {
                TimeAttribute::Processing => true,
                TimeAttribute::Event { .. } => {
                    field.is_some_and(|field| matches!(field.ty.kind, TypeKind::TimestampLtz(_)))
                }
            },
            zone: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Windows whose time attribute is TIMESTAMP_LTZ, though the input no longer has it.
    pub(crate) fn set_local(&mut self, local: bool) {
        self.local = local;
    }

    pub(crate) fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        if self.local {
            let name = &context.session.time_zone;
            let zone = Zone::parse(name).ok_or_else(|| {
                OperatorError::fatal(format!(
                    "table.local-time-zone is `{name}`, which is no time zone; \
                     set an IANA name such as Europe/Berlin"
                ))
            })?;
            self.zone = (!zone.is_utc()).then_some(zone);
        }
        Ok(())
    }

    pub(crate) fn is_processing_time(&self) -> bool {
        self.attribute == TimeAttribute::Processing
    }

    /// The times of a batch's rows on the windows' clock. `progress` is how far time has come:
    /// processing time never falls behind it, even when the machine's clock is set back.
    pub(crate) fn row_times(
        &self,
        columns: &[ArrayRef],
        rows: usize,
        progress: i64,
    ) -> OperatorResult<Vec<i64>> {
        let TimeAttribute::Event { column } = self.attribute else {
            let now = self.clock.now_ms().max(progress.saturating_add(1));
            return Ok(vec![self.to_local(now); rows]);
        };
        let times = TimeColumn::new(&columns[column])?;
        times.reject_nulls(&self.name)?;
        Ok((0..rows)
            .map(|row| self.to_local(times.millis(row)))
            .collect())
    }

    fn to_local(&self, utc: i64) -> i64 {
        self.zone.as_ref().map_or(utc, |zone| zone.to_local(utc))
    }

    /// What the watermark must reach for the window that ends at `end` on the windows' clock. Where the
    /// clock on the wall shows that instant twice, the later one.
    pub(crate) fn fires_at(&self, end: i64) -> i64 {
        let last = end - 1;
        let Some(zone) = &self.zone else { return last };
        let first = zone.to_utc(last);
        let second = first.saturating_add(HOUR_MS);
        if zone.to_local(second) == last {
            second
        } else {
            first
        }
    }

    /// The columns `window_start`, `window_end` and `window_time`, of the given types.
    pub(crate) fn window_columns(
        &self,
        windows: impl Iterator<Item = (i64, i64)> + Clone,
        types: &[DataType],
    ) -> OperatorResult<Vec<ArrayRef>> {
        let starts = TimestampMillisecondArray::from_iter_values(windows.clone().map(|w| w.0));
        let ends = TimestampMillisecondArray::from_iter_values(windows.clone().map(|w| w.1));
        let times = TimestampMillisecondArray::from_iter_values(windows.map(|(_, end)| {
            let last = end - 1;
            self.zone.as_ref().map_or(last, |zone| zone.to_utc(last))
        }));
        let columns: [ArrayRef; 3] = [Arc::new(starts), Arc::new(ends), Arc::new(times)];
        let columns = columns.into_iter().zip(types).map(|(column, ty)| {
            if column.data_type() == ty {
                Ok(column)
            } else {
                Ok(cast(&column, ty)?)
            }
        });
        columns.collect()
    }
}
