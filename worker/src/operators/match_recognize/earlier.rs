//! Savepoints of earlier versions: one state `pattern` of the input's columns, `$time` (of a row that is held, NULL
//! for one that waits) and `$runs` (with the first row that is held of a key). The rows of a key that are held
//! lie behind each other, in the order in which they were offered.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::snapshot::StateReader;
use alpheus_dataflow::window::TimeAttribute;
use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use super::{ENTRY, MatchRecognize};
use crate::operators::ordered_rows::pick;
use crate::operators::time_column::TimeColumn;

const STATE: &str = "pattern";

impl MatchRecognize {
    /// Takes over what an earlier version has written.
    pub(super) fn restore_earlier(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let width = self.input.fields().len();
        for batch in state.keyed(STATE)? {
            let batch = batch?;
            let columns = &batch.columns()[..width];
            let offered = batch.column(width).as_primitive::<Int64Type>();
            let waiting = match self.pattern.time {
                TimeAttribute::Event { column } => Some(TimeColumn::new(&columns[column])?),
                TimeAttribute::Processing => None,
            };
            let times = offered
                .iter()
                .enumerate()
                .map(|(row, time)| match &waiting {
                    Some(waiting) => time.unwrap_or_else(|| waiting.millis(row)),
                    None => time.unwrap_or(self.progress),
                });
            let times: Vec<i64> = times.collect();
            self.begin();
            self.keep(columns, &times)?;

            let runs = batch.column(width + 1);
            let firsts = (0..runs.len()).filter(|&row| runs.is_valid(row));
            let firsts: UInt32Array = firsts.map(|row| row as u32).collect();
            let keys = pick(columns, self.pattern.partition.iter().copied());
            let keys: Vec<ArrayRef> = (keys.iter())
                .map(|key| take(key, &firsts, None))
                .collect::<Result<_, _>>()?;
            let slots = self.load_runs(&keys, firsts.len())?;
            let runs = take(runs, &firsts, None)?;
            let payloads = self.runs.payload_codec().encode(&[Arc::clone(&runs)])?;
            for (row, &slot) in slots.iter().enumerate() {
                self.runs.put(slot, ENTRY, &[], payloads.row(row))?;
            }
            self.store()?;
        }
        Ok(())
    }
}
