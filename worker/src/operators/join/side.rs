//! What a join keeps of one of its inputs: the rows under their join key.
//!
//! Two forms that write the same snapshots. Rows of an input without retractions, in memory, are
//! [appended](AppendedRows). All others are entries of a [`MapState`] with how often each occurs, so that
//! any of them is found and can go, or expire, or say how many rows of the other side fit it.

use std::ops::ControlFlow;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::join::JoinInput;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::snapshot::{KeyedSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, RowType};
use alpheus_state::map_state::{AppendedRows, EntryRange, MapState, MapStateSpec, ScanOrder};
use alpheus_state::row_codec::{RowBuffer, SortColumn};
use arrow::array::{ArrayRef, UInt32Array};

/// All rows of a key are met; those of one with more bytes are read from disk each time.
const FETCHED_BYTES: usize = 4 << 20;
const COUNT: usize = 0;
const ASSOCIATIONS: usize = 1;

/// The rows of an input; see the module's documentation.
pub(super) struct Side {
    state: MapState,
    /// They, if they are appended; then `state` is empty.
    appended: Option<AppendedRows>,
    /// Whether an entry says how many rows of the other side fit it.
    counted: bool,
}

/// Rows of a side, gathered key by key.
#[derive(Default)]
pub(super) struct Found {
    /// Where they are appended, their numbers.
    numbers: Vec<u32>,
    /// Where they are entries, these.
    entries: RowBuffer,
    /// How often each occurs.
    pub counts: Vec<i64>,
    /// How many rows of the other side fit each, where that is kept; else 0.
    pub associations: Vec<i64>,
}

impl Found {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }
}

impl Side {
    /// The state `name` of an input. With `counted`, it keeps how many rows of the other side fit each row.
    ///
    /// # Errors
    /// When a key or a column cannot be kept.
    pub fn new(
        name: &str,
        keys: Vec<LogicalType>,
        input: &JoinInput,
        counted: bool,
    ) -> OperatorResult<Self> {
        let mut counters = vec!["count".to_owned()];
        if counted {
            counters.push("associations".to_owned());
        }
        let entry = input.columns.fields.iter();
        let spec = MapStateSpec {
            name: name.to_owned(),
            keys,
            entry: entry
                .map(|field| SortColumn::ascending(field.ty.clone()))
                .collect(),
            counters,
            payload: RowType::default(),
            ttl_ms: input.state_ttl_ms,
        };
        let appended = match input.changelog {
            ChangelogMode::InsertOnly => AppendedRows::new(&spec)?,
            _ => None,
        };
        Ok(Side {
            state: MapState::new(spec)?.with_unordered_entries(),
            appended,
            counted,
        })
    }

    /// Binds it to the worker's state backend.
    ///
    /// # Errors
    /// When the backend cannot make room.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.state.open(context)?;
        match &mut self.appended {
            Some(appended) if self.state.is_in_memory() => appended.open(context),
            _ => self.appended = None,
        }
        Ok(())
    }

    /// Takes back an earlier run's rows.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn restore(&mut self, state: &dyn StateReader, now_ms: i64) -> OperatorResult<()> {
        match &mut self.appended {
            Some(appended) => appended.restore(state),
            None => self.state.restore(state, now_ms),
        }
    }

    /// A batch begins, at this time of day where the state has a TTL.
    pub fn begin(&mut self, now_ms: i64) {
        self.state.begin(now_ms);
    }

    /// The slots of keys whose rows come ([`MapState::load`]).
    ///
    /// # Errors
    /// When the columns are of other types, or a disk fails.
    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        match &mut self.appended {
            Some(appended) => appended.load(keys, hashes, slots),
            None => self.state.load(keys, hashes, slots),
        }
    }

    /// The slots of keys of which all rows are looked up ([`MapState::probe`]).
    ///
    /// # Errors
    /// As [`Side::load`].
    pub fn probe(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        match &self.appended {
            Some(appended) => appended.probe(keys, hashes, slots),
            None => {
                self.state.probe(keys, hashes, slots)?;
                self.state.fetch_keys(slots, FETCHED_BYTES)
            }
        }
    }

    /// Adds the rows of a key.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn find(&self, slot: u32, found: &mut Found) -> OperatorResult<()> {
        if let Some(appended) = &self.appended {
            appended.rows_of(slot, &mut found.numbers);
            found.counts.resize(found.numbers.len(), 1);
            found.associations.resize(found.numbers.len(), 0);
            return Ok(());
        }
        let all = &EntryRange::ALL;
        self.state
            .scan(slot, all, ScanOrder::Forward, &mut |entry, value| {
                found.entries.push(entry);
                found.counts.push(value.counter(COUNT));
                found.associations.push(match self.counted {
                    true => value.counter(ASSOCIATIONS),
                    false => 0,
                });
                ControlFlow::Continue(())
            })
    }

    /// The columns of rows that were found.
    ///
    /// # Errors
    /// When they cannot be decoded.
    pub fn columns(&self, found: &Found) -> OperatorResult<Vec<ArrayRef>> {
        match &self.appended {
            Some(appended) => appended.take(&found.numbers),
            None => self.state.entry_codec().decode(found.entries.iter()),
        }
    }

    /// Writes numbers of a row that was found back to its key.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn put(&mut self, slot: u32, found: &Found, row: usize) -> OperatorResult<()> {
        let counters = [found.counts[row], found.associations[row]];
        self.state.put(slot, found.entries.row(row), &counters, &[])
    }

    /// Keeps the rows of a batch, whose keys are in these slots, but for those that fit nobody ever, and takes out
    /// those that it takes back. `fitting` says for each row how many rows of the other side fit it, where that is kept.
    ///
    /// # Errors
    /// When the columns have other types, or a disk fails.
    pub fn keep(
        &mut self,
        slots: &[u32],
        batch: &ChangelogBatch,
        can_match: impl Fn(usize) -> bool,
        fitting: &[i64],
    ) -> OperatorResult<()> {
        if let Some(appended) = &mut self.appended {
            return append(appended, slots, batch, can_match);
        }
        let state = &mut self.state;
        let entries = state.entry_codec().encode(batch.rows().columns())?;
        let kept = slots.iter().enumerate().filter(|(row, _)| can_match(*row));
        state.fetch(kept.map(|(row, &slot)| (slot, entries.row(row))))?;
        for (row, &slot) in slots.iter().enumerate() {
            if !can_match(row) {
                continue;
            }
            let entry = entries.row(row);
            let count = state
                .get(slot, entry)?
                .map_or(0, |value| value.counter(COUNT));
            let count = match batch.kind(row).is_additive() {
                true => count + 1,
                false => count - 1,
            };
            if count > 0 {
                let counters = [count, fitting.get(row).copied().unwrap_or_default()];
                state.put(slot, entry, &counters[..1 + usize::from(self.counted)], &[])?;
            } else if count == 0 {
                state.remove(slot, entry)?;
            }
        }
        Ok(())
    }

    /// The batch is done; its slots are void.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn store(&mut self) -> OperatorResult<()> {
        match &mut self.appended {
            Some(appended) => {
                appended.store();
                Ok(())
            }
            None => self.state.store(),
        }
    }

    /// The rows as of this barrier.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze(&mut self, barrier: CheckpointBarrier) -> OperatorResult<KeyedSnapshot> {
        match &mut self.appended {
            Some(appended) => Ok(appended.freeze(barrier)),
            None => self.state.freeze(barrier),
        }
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        let appended = self.appended.as_ref();
        appended.map_or_else(|| self.state.memory_size(), AppendedRows::memory_size)
    }
}

/// Adds the rows of a batch to those that are only added.
fn append(
    appended: &mut AppendedRows,
    slots: &[u32],
    batch: &ChangelogBatch,
    can_match: impl Fn(usize) -> bool,
) -> OperatorResult<()> {
    let rows = 0..batch.num_rows();
    if batch.ops().is_some() && !rows.clone().all(|row| batch.kind(row).is_additive()) {
        return Err(OperatorError::fatal(
            "a join was given a retraction by an input that is planned to have none",
        ));
    }
    let kept: Vec<u32> = rows
        .filter(|&row| can_match(row))
        .map(|row| row as u32)
        .collect();
    if kept.len() == batch.num_rows() {
        return appended.append(slots, batch.rows().columns());
    }
    let slots: Vec<u32> = kept.iter().map(|&row| slots[row as usize]).collect();
    let kept = batch.take(&UInt32Array::from(kept))?;
    appended.append(&slots, kept.rows().columns())
}
