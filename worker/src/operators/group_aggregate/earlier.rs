//! States of earlier versions: with a TTL, the sets of DISTINCT were part of the groups' rows.

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::snapshot::StateReader;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use super::{GroupAggregate, STATE};

impl GroupAggregate {
    /// Takes over what an earlier version has written; whether it was that.
    pub(super) fn restore_earlier(&mut self, state: &dyn StateReader) -> OperatorResult<bool> {
        let Some(width) = self.earlier_width else {
            return Ok(false);
        };
        let now = self.clock.now_ms();
        let mut found = false;
        for rows in state.keyed(STATE)? {
            let rows = rows?;
            if rows.num_columns() != self.keys.len() + 2 + width {
                return Ok(false);
            }
            found = true;
            let (keys, values) = rows.columns().split_at(self.keys.len());
            let hashes = hash_columns(keys, rows.num_rows())?;
            self.table.load(keys, &hashes, &mut self.slots)?;
            let capacity = self.table.columns().rows.len();
            self.distinct
                .load(keys, &hashes, &self.slots, capacity, now)?;
            let counts = values[0].as_primitive::<Int64Type>().values();
            let written = values[1].as_primitive::<Int64Type>().values();
            let groups = self.table.columns_mut();
            for (row, &slot) in self.slots.iter().enumerate() {
                *groups.rows.get_mut(slot as usize) = counts[row];
                *groups.written.get_mut(slot as usize) = written[row];
            }
            let sets = &mut self.distinct;
            groups
                .aggregates
                .merge_partial(&self.slots, &values[2..], sets)?;
            self.distinct.store()?;
            self.table.store(&self.slots)?;
        }
        Ok(found)
    }
}
