//! TUMBLE, HOP and CUMULATE as table functions: each row once for each of its windows, with
//! `window_start`, `window_end` and `window_time` behind its columns (Flink's
//! `AlignedWindowTableFunctionOperator`).
//!
//! Windows of a TIMESTAMP_LTZ are those of the session's clock on the wall: the time is shifted into the
//! zone, and `window_time` back out of it (Flink's `TimeWindowUtil`). A row without a time is in no
//! window.

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};
use alpheus_functions::time::Zone;
use arrow::array::{ArrayRef, RecordBatch, TimestampMillisecondArray, UInt32Array};
use arrow::compute;
use arrow::datatypes::{DataType, SchemaRef};

use super::time_column::TimeColumn;

struct Open {
    clock: Arc<dyn Clock>,
    /// `None` when times are already what the wall shows.
    zone: Option<Zone>,
}

/// The operator; see the module's documentation.
pub struct WindowTableFunction {
    window: WindowSpec,
    time: TimeAttribute,
    output: SchemaRef,
    open: Option<Open>,
}

impl WindowTableFunction {
    /// The operator for windows of a fixed place, which SESSION's are not.
    pub fn new(window: WindowSpec, time: TimeAttribute, output: &RowType) -> Self {
        WindowTableFunction {
            window,
            time,
            output: output.to_arrow(),
            open: None,
        }
    }
}

impl Operator for WindowTableFunction {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        let fields = self.output.fields();
        let local = match self.time {
            TimeAttribute::Processing => true,
            TimeAttribute::Event { .. } => fields
                .last()
                .is_some_and(|field| matches!(field.data_type(), DataType::Timestamp(_, Some(_)))),
        };
        let name = &context.session.time_zone;
        let zone = Zone::parse(name).ok_or_else(|| {
            OperatorError::fatal(format!(
                "table.local-time-zone is `{name}`, which is no time zone; \
                 set an IANA name such as Europe/Berlin"
            ))
        })?;
        self.open = Some(Open {
            clock: Arc::clone(&context.clock),
            zone: (local && !zone.is_utc()).then_some(zone),
        });
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let Some(Open { clock, zone }) = &self.open else {
            return Err(OperatorError::fatal("the window function is not open"));
        };
        let rows = batch.num_rows();
        let now = clock.now_ms();
        let times = match self.time {
            TimeAttribute::Event { column } => Some(TimeColumn::new(batch.rows().column(column))?),
            TimeAttribute::Processing => None,
        };
        let mut indices = Vec::with_capacity(rows);
        let (mut starts, mut ends) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let time = times
                .as_ref()
                .map_or(Some(now), |times| times.checked_millis(row));
            let Some(time) = time else { continue };
            let local = zone.as_ref().map_or(time, |zone| zone.to_local(time));
            each_window(&self.window, local, |start, end| {
                indices.push(row as u32);
                starts.push(start);
                ends.push(end);
            });
        }
        let last_instants = ends.iter().map(|end| {
            let last = end - 1;
            zone.as_ref().map_or(last, |zone| zone.to_utc(last))
        });
        let window_time: ArrayRef =
            Arc::new(TimestampMillisecondArray::from_iter_values(last_instants));
        let added: [ArrayRef; 3] = [
            Arc::new(TimestampMillisecondArray::from(starts)),
            Arc::new(TimestampMillisecondArray::from(ends)),
            window_time,
        ];
        let repeated = match is_identity(&indices, rows) {
            true => batch,
            false => batch.take(&UInt32Array::from(indices))?,
        };
        let mut columns = repeated.rows().columns().to_vec();
        for column in added {
            let ty = self.output.field(columns.len()).data_type();
            columns.push(match column.data_type() == ty {
                true => column,
                false => compute::cast(&column, ty)?,
            });
        }
        let rows = RecordBatch::try_new(Arc::clone(&self.output), columns)?;
        out.collect(repeated.with_rows(rows)?);
        Ok(())
    }
}

fn is_identity(indices: &[u32], rows: usize) -> bool {
    indices.len() == rows
        && indices
            .iter()
            .enumerate()
            .all(|(at, row)| at == *row as usize)
}

/// The windows of a time, without a list where there is only one.
fn each_window(window: &WindowSpec, time: i64, mut found: impl FnMut(i64, i64)) {
    if let WindowSpec::Tumble { size, offset } = *window {
        let start = alpheus_dataflow::window::window_start(time, size, offset);
        return found(start, start + size);
    }
    for window in window.assign(time) {
        found(window.start, window.end);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use alpheus_dataflow::schema::Field;
    use alpheus_dataflow::types::TypeKind;
    use arrow::array::AsArray;
    use arrow::datatypes::TimestampMillisecondType;

    use super::*;
    use crate::operators::testing::context;

    #[test]
    fn a_row_appears_once_in_each_of_its_windows() {
        let timestamp = || TypeKind::Timestamp(3).nullable();
        let output = RowType::new(
            ["ts", "window_start", "window_end", "window_time"]
                .map(|name| Field::new(name, timestamp()))
                .to_vec(),
        );
        let window = WindowSpec::Hop {
            size: 20,
            slide: 10,
            offset: 0,
        };
        let time = TimeAttribute::Event { column: 0 };
        let mut operator = WindowTableFunction::new(window, time, &output);
        operator.open(&context(BTreeMap::new())).unwrap();
        let column: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![
            Some(5),
            None,
            Some(10),
        ]));
        let rows = RecordBatch::try_from_iter([("ts", column)]).unwrap();
        let mut out = Vec::new();
        let batch = ChangelogBatch::inserts(rows);
        operator.process_batch(0, batch, &mut out).unwrap();
        let values = |column: usize| {
            let column = out[0].rows().column(column);
            column
                .as_primitive::<TimestampMillisecondType>()
                .values()
                .to_vec()
        };
        assert_eq!(values(0), [5, 5, 10, 10]);
        assert_eq!(values(1), [-10, 0, 0, 10]);
        assert_eq!(values(2), [10, 20, 20, 30]);
        assert_eq!(values(3), [9, 19, 19, 29]);
    }
}
