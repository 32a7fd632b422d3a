//! The rows and runs of the keys that are offered rows together, as they lie in the state.

use std::ops::{ControlFlow, Range};

use alpheus_dataflow::OperatorResult;
use alpheus_functions::row_pattern::Runs;
use alpheus_state::map_state::{EntryRange, MapState, ScanOrder, Value};
use alpheus_state::row_codec::RowBuffer;
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use super::ENTRY;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Gathered {
    /// All rows, key by key.
    pub entries: RowBuffer,
    pub rows: RowBuffer,
    keys: Vec<Key>,
    runs: RowBuffer,
    /// The first row of a key that the watermark has not reached.
    waiting: RowBuffer,
}

struct Key {
    start: usize,
    /// How many of its rows are in the state.
    stored: usize,
    has_runs: bool,
    waits: bool,
}

impl Gathered {
    /// Begins with a key: its rows in the state, up to those whose entries begin with `until`.
    pub fn add_key(
        &mut self,
        state: &MapState,
        slot: u32,
        until: Option<&[u8]>,
    ) -> OperatorResult<()> {
        let start = self.entries.len();
        let mut waits = false;
        let (entries, rows, waiting) = (&mut self.entries, &mut self.rows, &mut self.waiting);
        let mut visit = |entry: &[u8], value: &Value<'_>| {
            if until.is_some_and(|until| &entry[..until.len()] > until) {
                waiting.push(entry);
                waits = true;
                return ControlFlow::Break(());
            }
            entries.push(entry);
            rows.push(value.payload());
            ControlFlow::Continue(())
        };
        state.scan(slot, &EntryRange::ALL, ScanOrder::Forward, &mut visit)?;
        self.keys.push(Key {
            start,
            stored: self.entries.len() - start,
            has_runs: false,
            waits,
        });
        Ok(())
    }

    /// The runs of the last key.
    pub fn add_runs(&mut self, state: &MapState, slot: u32) -> OperatorResult<()> {
        if let (Some(runs), Some(key)) = (state.get(slot, ENTRY)?, self.keys.last_mut()) {
            self.runs.push(runs.payload());
            key.has_runs = true;
        }
        Ok(())
    }

    /// A row of the last key that is not in the state.
    pub fn add_new(&mut self, entry: &[u8], row: &[u8]) {
        self.entries.push(entry);
        self.rows.push(row);
    }

    /// The rows of a key.
    pub fn range(&self, key: usize) -> Range<usize> {
        let next = self.keys.get(key + 1);
        self.keys[key].start..next.map_or(self.entries.len(), |next| next.start)
    }

    /// How many rows of a key are in the state; the others come behind them.
    pub fn stored(&self, key: usize) -> usize {
        self.keys[key].stored
    }

    /// The runs of each key.
    ///
    /// # Errors
    /// When they are damaged.
    pub fn runs(&self, state: &MapState) -> OperatorResult<Vec<Option<Runs>>> {
        let columns = state.payload_codec().decode(self.runs.iter())?;
        let mut bytes = columns[0].as_binary::<i32>().iter().flatten();
        let runs = self.keys.iter().map(|key| match key.has_runs {
            true => bytes.next().map(Runs::decode).transpose(),
            false => Ok(None),
        });
        runs.collect()
    }

    /// The time of the first row of each key that waits.
    ///
    /// # Errors
    /// When an entry is damaged.
    pub fn waiting_since(&self, state: &MapState) -> OperatorResult<Vec<Option<i64>>> {
        let columns = state.entry_codec().decode(self.waiting.iter())?;
        let mut times = columns[0].as_primitive::<Int64Type>().values().iter();
        let since = self.keys.iter().map(|key| match key.waits {
            true => times.next().copied(),
            false => None,
        });
        Ok(since.collect())
    }
}
