//! Rows of each key that are only ever added, in memory: what a join keeps of an input without retractions.
//!
//! [`MapState`](super::MapState) keeps entries of a key together and sorted, so that any of them is found and can go.
//! Where rows only come, and those of a key are only read all together, none of that is needed: rows are
//! numbered as they come and kept by column in chunks, and each says how far back the one before it of
//! its key is. A full chunk is packed: integers take the bytes of their spread within the chunk, and texts
//! that are long and come again and again are numbers of a dictionary. So a row takes far less than
//! as an entry, is copied a column at a time, and no memory is moved when a key gets more.
//!
//! ```text
//! key -> slot -> number of its last row
//! chunk := 1024 rows: (how far back the row before is, column*)
//! ```
//!
//! Equal rows of a key are kept each by itself; snapshots are those of a `MapState` with one counter, the count of equal
//! rows, so that either reads what the other wrote. A frozen copy shares full chunks and copies the one
//! that is being filled.

mod column;
mod dictionary;
mod frozen;
mod numbers;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::snapshot::{KeyedSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::Int64Type;

use self::dictionary::Dictionary;
use self::frozen::FrozenRowsByKey;
use self::rows::{AllTexts, Rows};
use super::{Codecs, MapStateSpec, NO_SLOT};
use crate::key_index::KeyIndex;

/// Rows by key; see the module's documentation.
pub struct AppendedRows {
    codecs: Arc<Codecs>,
    index: KeyIndex,
    /// Of each slot one more than its last row; 0 while it has none.
    last: CowVec<u32>,
    rows: Rows,
    dictionaries: Vec<Dictionary>,
    texts: AllTexts,
    full_bytes: usize,
    max_parallelism: u32,
    /// Slots that may be of keys without rows.
    empty: Vec<u32>,
    back: Vec<i64>,
}

impl AppendedRows {
    /// The rows of such a state; none where it needs more than adding and reading: a time for each entry, other
    /// numbers than how often an entry is there, a payload, or nested columns.
    ///
    /// # Errors
    /// When a type can be no key.
    pub fn new(spec: &MapStateSpec) -> OperatorResult<Option<Self>> {
        let types: Vec<LogicalType> = spec.entry.iter().map(|column| column.ty.clone()).collect();
        let fits = spec.ttl_ms == 0 && spec.counters.len() == 1 && spec.payload.is_empty();
        let Some(rows) = Rows::new(&types).filter(|rows| fits && rows.width() > 0) else {
            return Ok(None);
        };
        let mut codecs = Codecs::ordered(spec.clone())?;
        codecs.entry = codecs.entry.packed();
        Ok(Some(AppendedRows {
            index: KeyIndex::new(&spec.keys)?,
            codecs: Arc::new(codecs),
            last: CowVec::default(),
            dictionaries: types.iter().map(|_| Dictionary::default()).collect(),
            texts: types.iter().map(|_| Default::default()).collect(),
            rows,
            full_bytes: 0,
            max_parallelism: 1,
            empty: Vec::new(),
            back: Vec::new(),
        }))
    }

    /// Called in the operator's `open`.
    pub fn open(&mut self, context: &OperatorContext) {
        self.max_parallelism = context.max_parallelism;
    }

    /// Puts the slot of each row's key into `slots`; keys that are new get one without rows. `hashes` are
    /// those of [`alpheus_dataflow::hash`] over `keys`.
    ///
    /// # Errors
    /// When the columns are not of the key's types.
    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        let before = self.index.len();
        self.index.intern(keys, hashes, slots)?;
        self.last.resize(self.index.capacity());
        if self.index.len() > before {
            let last = &self.last;
            let new = slots.iter().copied();
            self.empty
                .extend(new.filter(|&slot| *last.get(slot as usize) == 0));
        }
        Ok(())
    }

    /// As [`AppendedRows::load`] for rows that only look: keys that are not there get [`NO_SLOT`].
    ///
    /// # Errors
    /// As [`AppendedRows::load`].
    pub fn probe(
        &self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        self.index.find(keys, hashes, slots)
    }

    /// Adds the numbers of the key's rows in the order in which they came.
    pub fn rows_of(&self, slot: u32, numbers: &mut Vec<u32>) {
        if slot == NO_SLOT {
            return;
        }
        let first = numbers.len();
        let mut next = self.last.get(slot as usize).checked_sub(1);
        while let Some(row) = next {
            numbers.push(row);
            next = self.rows.before(row);
        }
        numbers[first..].reverse();
    }

    /// The columns of rows.
    ///
    /// # Errors
    /// When their texts are more than an array can have.
    pub fn take(&self, numbers: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        self.rows.take(numbers, &self.texts)
    }

    /// Adds rows to the keys in these slots.
    ///
    /// # Errors
    /// When the columns have other types, or there are more than 2³² rows.
    pub fn append(&mut self, slots: &[u32], columns: &[ArrayRef]) -> OperatorResult<()> {
        self.rows.check(columns)?;
        let first = self.rows.len();
        if u32::try_from(first + slots.len()).is_err() {
            return Err(OperatorError::fatal(format!(
                "the state `{}` of a subtask would have more than {} rows; set state.backend.type = rocksdb or a \
                 higher parallelism",
                self.codecs.spec.name,
                u32::MAX
            )));
        }
        self.back.clear();
        for (row, &slot) in (first as u32..).zip(slots) {
            let last = self.last.get_mut(slot as usize);
            self.back.push(match *last {
                0 => 0,
                last => i64::from(row + 1 - last),
            });
            *last = row + 1;
        }
        let (dictionaries, texts) = (&mut self.dictionaries, &mut self.texts);
        self.full_bytes += self.rows.append(columns, &self.back, dictionaries, texts);
        Ok(())
    }

    /// The batch is done; its slots are void, and keys that got no rows are forgotten.
    pub fn store(&mut self) {
        let last = &self.last;
        self.empty.retain(|&slot| *last.get(slot as usize) == 0);
        self.index.remove(&self.empty);
        self.empty.clear();
    }

    /// The state as of now, for the operator's snapshot of this barrier.
    pub fn freeze(&mut self, _barrier: CheckpointBarrier) -> KeyedSnapshot {
        KeyedSnapshot {
            name: self.codecs.spec.name.clone(),
            rows: Box::new(FrozenRowsByKey {
                codecs: Arc::clone(&self.codecs),
                keys: self.index.freeze(),
                last: self.last.freeze(),
                rows: self.rows.clone(),
                texts: self.texts.iter_mut().map(CowVec::freeze).collect(),
                max_parallelism: self.max_parallelism,
            }),
        }
    }

    /// Takes back what it or a [`MapState`](super::MapState) gave in an earlier run.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns.
    pub fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let codecs = Arc::clone(&self.codecs);
        for rows in state.keyed(&codecs.spec.name)? {
            self.restore_rows(&codecs.adapt(&rows?)?)?;
        }
        Ok(())
    }

    fn restore_rows(&mut self, rows: &RecordBatch) -> OperatorResult<()> {
        let (keys, rest) = rows.columns().split_at(self.codecs.spec.keys.len());
        let (columns, rest) = rest.split_at(self.rows.width());
        let counts = rest[1].as_primitive::<Int64Type>();
        if counts.null_count() > 0 {
            return Err(OperatorError::fatal(
                "a number of the snapshot's entries is NULL",
            ));
        }
        let hashes = hash_columns(keys, rows.num_rows())?;
        let mut slots = Vec::new();
        self.load(keys, &hashes, &mut slots)?;
        // Equal rows are written once.
        let repeated = (0..).zip(counts.values());
        let repeated = repeated.flat_map(|(row, &count)| {
            std::iter::repeat_n(row, usize::try_from(count).unwrap_or(0))
        });
        let repeated: Vec<u32> = repeated.collect();
        let slots: Vec<u32> = repeated.iter().map(|&row| slots[row as usize]).collect();
        let repeated = UInt32Array::from(repeated);
        let columns = columns.iter().map(|column| take(column, &repeated, None));
        self.append(&slots, &columns.collect::<Result<Vec<_>, _>>()?)?;
        self.store();
        Ok(())
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        let texts = self.dictionaries.iter().zip(&self.texts);
        self.index.memory_size()
            + self.last.memory_size()
            + self.full_bytes
            + self.rows.open_size()
            + texts
                .map(|(dictionary, texts)| dictionary.memory_size(texts))
                .sum::<usize>()
    }
}
