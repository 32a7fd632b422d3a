//! The rows of a snapshot: as of a [`MapState`](crate::MapState), equal rows of a key once with their count.

use std::collections::HashMap;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::hash::stable_hash_64;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;

use super::rows::{AllTexts, Rows};
use crate::key_index::Keys;
use crate::map_state::Codecs;

/// Rows are read and handed out in batches of this many.
const ROWS: usize = 1024;

/// A state as of a barrier.
pub(super) struct FrozenRowsByKey {
    pub codecs: Arc<Codecs>,
    pub keys: Keys,
    pub last: CowVec<u32>,
    pub rows: Rows,
    pub texts: AllTexts,
    pub max_parallelism: u32,
}

/// A row and how many more are equal.
struct Counted {
    slot: u32,
    row: u32,
    count: i64,
}

/// A row of a key, with the hash of its bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Hashed {
    /// Which key of the key group.
    key: usize,
    hash: u64,
    row: u32,
}

impl FrozenRowsByKey {
    /// The rows of these keys, equal ones of a key once.
    fn counted(&self, slots: &[u32]) -> OperatorResult<Vec<Counted>> {
        let mut all: Vec<Hashed> = Vec::new();
        let mut are_more = false;
        for (key, &slot) in slots.iter().enumerate() {
            let first = all.len();
            let mut next = self.last.get(slot as usize).checked_sub(1);
            while let Some(row) = next {
                all.push(Hashed { key, hash: 0, row });
                next = self.rows.before(row);
            }
            are_more |= all.len() > first + 1;
        }
        if are_more {
            for rows in all.chunks_mut(ROWS) {
                let bytes = self.bytes(rows)?;
                for (at, row) in rows.iter_mut().enumerate() {
                    row.hash = stable_hash_64(bytes.row(at));
                }
            }
            all.sort_unstable();
        }
        let mut counted = Vec::with_capacity(all.len());
        for like in all.chunk_by(|a, b| (a.key, a.hash) == (b.key, b.hash)) {
            let slot = slots[like[0].key];
            let mut once = |row: u32, count: i64| counted.push(Counted { slot, row, count });
            if let [only] = like {
                once(only.row, 1);
                continue;
            }
            let mut equal: HashMap<Vec<u8>, (u32, i64)> = HashMap::new();
            for rows in like.chunks(ROWS) {
                let bytes = self.bytes(rows)?;
                for (at, row) in rows.iter().enumerate() {
                    let known = equal.entry(bytes.row(at).to_vec());
                    known.or_insert((row.row, 0)).1 += 1;
                }
            }
            equal
                .into_values()
                .for_each(|(row, count)| once(row, count));
        }
        Ok(counted)
    }

    /// Rows as bytes that are equal where they are.
    fn bytes(&self, rows: &[Hashed]) -> OperatorResult<crate::row_codec::EncodedRows> {
        let numbers: Vec<u32> = rows.iter().map(|row| row.row).collect();
        let columns = self.rows.take(&numbers, &self.texts)?;
        self.codecs.entry.encode(&columns)
    }
}

impl FrozenRows for FrozenRowsByKey {
    fn schema(&self) -> SchemaRef {
        self.codecs.snapshot_row_type().to_arrow()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let slots = self.keys.live_slots();
        let mut slots: Vec<(KeyGroup, u32)> = slots
            .map(|slot| (self.keys.key_group(slot, self.max_parallelism), slot))
            .collect();
        slots.sort_unstable();
        for group in slots.chunk_by(|a, b| a.0 == b.0) {
            let of_group: Vec<u32> = group.iter().map(|(_, slot)| *slot).collect();
            for rows in self.counted(&of_group)?.chunks(ROWS) {
                let owners: Vec<u32> = rows.iter().map(|row| row.slot).collect();
                let numbers: Vec<u32> = rows.iter().map(|row| row.row).collect();
                let mut columns = self.keys.columns(&owners)?;
                columns.extend(self.rows.take(&numbers, &self.texts)?);
                let never = std::iter::repeat_n(0, rows.len());
                let counts = rows.iter().map(|row| row.count);
                columns.push(Arc::new(Int64Array::from_iter_values(never)) as ArrayRef);
                columns.push(Arc::new(Int64Array::from_iter_values(counts)));
                consumer(group[0].0, RecordBatch::try_new(self.schema(), columns)?)?;
            }
        }
        Ok(())
    }
}
