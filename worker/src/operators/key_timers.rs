//! When which key has something to do: event-time timers, one for each key.
//!
//! Kept in memory and not in snapshots: the rows that wait say when they are due, so that a restored
//! operator registers them again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use alpheus_dataflow::{LogicalType, OperatorResult};
use alpheus_state::row_codec::{EncodedRows, RowCodec, SortColumn};
use arrow::array::ArrayRef;

/// The earliest time of each key; see the module's documentation.
pub struct KeyTimers {
    codec: RowCodec,
    times: HashMap<Arc<[u8]>, i64>,
    queue: BTreeSet<(i64, Arc<[u8]>)>,
}

impl KeyTimers {
    /// Timers of keys of these types.
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn new(keys: &[LogicalType]) -> OperatorResult<Self> {
        let columns: Vec<SortColumn> = keys.iter().cloned().map(SortColumn::ascending).collect();
        Ok(KeyTimers {
            codec: RowCodec::new(&columns)?,
            times: HashMap::new(),
            queue: BTreeSet::new(),
        })
    }

    /// Keys as [`KeyTimers::register`] takes them.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn encode(&self, keys: &[ArrayRef]) -> OperatorResult<EncodedRows> {
        self.codec.encode(keys)
    }

    /// The key is due at this time, or earlier if it was already.
    pub fn register(&mut self, time: i64, key: &[u8]) {
        match self.times.get_mut(key) {
            Some(known) if *known <= time => {}
            Some(known) => {
                let key: Arc<[u8]> = key.into();
                self.queue.remove(&(*known, Arc::clone(&key)));
                *known = time;
                self.queue.insert((time, key));
            }
            None => {
                let key: Arc<[u8]> = key.into();
                self.times.insert(Arc::clone(&key), time);
                self.queue.insert((time, key));
            }
        }
    }

    /// The keys are due at these times.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn register_all(
        &mut self,
        keys: &[ArrayRef],
        times: impl IntoIterator<Item = i64>,
    ) -> OperatorResult<()> {
        let encoded = self.encode(keys)?;
        for (row, time) in times.into_iter().enumerate() {
            self.register(time, encoded.row(row));
        }
        Ok(())
    }

    /// Takes out up to `most` keys that are due at `until`, in the order of time.
    pub fn take_due(&mut self, until: i64, most: usize) -> Vec<Arc<[u8]>> {
        let mut due = Vec::new();
        while due.len() < most
            && let Some((time, _)) = self.queue.first()
            && *time <= until
            && let Some((_, key)) = self.queue.pop_first()
        {
            self.times.remove(&key);
            due.push(key);
        }
        due
    }

    /// The earliest time of any key.
    pub fn next(&self) -> Option<i64> {
        self.queue.first().map(|(time, _)| *time)
    }

    /// The columns of encoded keys.
    ///
    /// # Errors
    /// When they are no keys.
    pub fn decode(&self, keys: &[Arc<[u8]>]) -> OperatorResult<Vec<ArrayRef>> {
        self.codec.decode(keys.iter().map(|key| &**key))
    }

    /// Rough size in bytes.
    pub fn memory_size(&self) -> usize {
        const OVERHEAD: usize = 96;
        self.times.keys().map(|key| key.len() + OVERHEAD).sum()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_dataflow::TypeKind;
    use arrow::array::Int64Array;

    use super::*;

    #[test]
    fn a_key_is_due_once_at_its_earliest_time() {
        let mut timers = KeyTimers::new(&[TypeKind::BigInt.nullable()]).unwrap();
        let keys: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![Some(1), None]))];
        let encoded = timers.encode(&keys).unwrap();
        for (time, row) in [(5, 0), (3, 1), (4, 0), (9, 0)] {
            timers.register(time, encoded.row(row));
        }
        assert!(timers.take_due(2, 10).is_empty());
        let due = timers.take_due(4, 1);
        assert_eq!(&*due[0], encoded.row(1));
        let due = timers.take_due(4, 10);
        assert_eq!(
            timers.decode(&due).unwrap()[0].as_ref(),
            &Int64Array::from(vec![1])
        );
        assert!(timers.take_due(i64::MAX, 10).is_empty());
    }
}
