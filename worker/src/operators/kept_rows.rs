//! Where the rows that a Top-N keeps lie, by their upsert key (the map of Flink's `UpdatableTopNFunction`).
//!
//! Made anew for each partition that a batch touches: the partition has no more rows than the Top-N shows,
//! and those are read then anyway.

use std::collections::HashMap;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::schema::RowType;
use alpheus_state::row_codec::{EncodedRows, RowBuffer, RowCodec};
use arrow::array::ArrayRef;

use super::ordered_rows::{pick, sort_columns};

/// Encodes upsert keys.
pub struct UpsertKey {
    columns: Vec<usize>,
    codec: RowCodec,
}

impl UpsertKey {
    /// The key in these columns of rows of the type `input`.
    ///
    /// # Errors
    /// When a column is not there, or can be no key.
    pub fn new(columns: &[usize], input: &RowType) -> OperatorResult<Self> {
        let ascending = |&column: &usize| SortKey {
            column,
            ascending: true,
            nulls_first: true,
        };
        let keys: Vec<SortKey> = columns.iter().map(ascending).collect();
        Ok(UpsertKey {
            columns: columns.to_vec(),
            codec: RowCodec::new(&sort_columns(&keys, input)?)?,
        })
    }

    /// The keys of rows.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn encode(&self, columns: &[ArrayRef]) -> OperatorResult<EncodedRows> {
        self.codec
            .encode(&pick(columns, self.columns.iter().copied()))
    }
}

/// Upsert key to entry.
#[derive(Default)]
pub struct KeptRows(HashMap<Vec<u8>, Vec<u8>>);

impl KeptRows {
    /// Those of rows with their entries.
    ///
    /// # Errors
    /// When they are no rows of `codec`.
    pub fn of(
        key: &UpsertKey,
        codec: &RowCodec,
        entries: &RowBuffer,
        rows: &RowBuffer,
    ) -> OperatorResult<Self> {
        let mut kept = KeptRows::default();
        if rows.is_empty() {
            return Ok(kept);
        }
        let keys = key.encode(&codec.decode(rows.iter())?)?;
        for (at, entry) in entries.iter().enumerate() {
            kept.put(keys.row(at), entry);
        }
        Ok(kept)
    }

    /// Where the row with this key lies.
    pub fn entry(&self, key: &[u8]) -> Option<&[u8]> {
        self.0.get(key).map(Vec::as_slice)
    }

    /// The row with this key lies there now.
    pub fn put(&mut self, key: &[u8], entry: &[u8]) {
        self.0.insert(key.to_vec(), entry.to_vec());
    }

    /// The row at this entry is not kept any more.
    pub fn forget(&mut self, entry: &[u8]) {
        self.0.retain(|_, other| other != entry);
    }
}
