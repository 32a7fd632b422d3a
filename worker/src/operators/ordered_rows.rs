//! Rows under a key in an order: what Top-N, OVER and sorts keep.
//!
//! A [`MapState`] whose entries are a sort key and a number that counts rows as they come, so that rows
//! with equal sort keys stay in the order of arrival, and whose payload is the whole row. The number goes
//! on from the greatest one ever given after a restore, whoever gave it: a key's rows never swap.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::order::SortKey;
use alpheus_dataflow::snapshot::{KeyedSnapshot, ListSnapshot, Redistribution, StateReader};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, RowType, TypeKind};
use alpheus_state::map_state::{EntryRange, MapState, MapStateSpec, ScanOrder, Value};
use alpheus_state::row_codec::{EncodedRows, RowBuffer, RowCodec, SortColumn};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

/// A key with more bytes than this is read from disk as far as it is needed.
const FETCHED_BYTES: usize = 16 << 10;
const SEQUENCE_STATE: &str = "sequence";

/// See the module's documentation.
pub struct OrderedRows {
    /// The rows.
    pub state: MapState,
    sort_codec: RowCodec,
    sequence: i64,
}

impl OrderedRows {
    /// Rows of the type `rows` under keys of these types, in the order of `sort`.
    ///
    /// # Errors
    /// When a type can be no key or cannot be sorted.
    pub fn new(
        name: &str,
        keys: Vec<LogicalType>,
        sort: Vec<SortColumn>,
        rows: &RowType,
        ttl_ms: u64,
    ) -> OperatorResult<Self> {
        let ordered = Self::counted(name, keys, sort, &[], rows, ttl_ms)?;
        Ok(OrderedRows {
            state: ordered.state.with_packed_payload(),
            ..ordered
        })
    }

    /// The same with numbers for each row. The bytes of a row begin with those of its first columns.
    ///
    /// # Errors
    /// As [`OrderedRows::new`].
    pub fn counted(
        name: &str,
        keys: Vec<LogicalType>,
        sort: Vec<SortColumn>,
        counters: &[&str],
        rows: &RowType,
        ttl_ms: u64,
    ) -> OperatorResult<Self> {
        let sort_codec = RowCodec::new(&sort)?;
        let mut entry = sort;
        entry.push(SortColumn::ascending(TypeKind::BigInt.not_null()));
        let state = MapState::new(MapStateSpec {
            name: name.to_owned(),
            keys,
            entry,
            counters: counters.iter().map(|&name| name.to_owned()).collect(),
            payload: rows.clone(),
            ttl_ms,
        })?;
        Ok(OrderedRows {
            state,
            sort_codec,
            sequence: 0,
        })
    }

    /// Binds it to the worker's state backend.
    ///
    /// # Errors
    /// When the backend cannot make room.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.state.open(context)
    }

    /// Slots of the rows' keys.
    ///
    /// # Errors
    /// As [`MapState::load`].
    pub fn load(&mut self, keys: &[ArrayRef], rows: usize) -> OperatorResult<Vec<u32>> {
        let hashes = hash_columns(keys, rows)?;
        let mut slots = Vec::with_capacity(rows);
        self.state.load(keys, &hashes, &mut slots)?;
        self.state.fetch_keys(&slots, FETCHED_BYTES)?;
        Ok(slots)
    }

    /// The number that the next entry gets.
    pub fn next_number(&self) -> i64 {
        self.sequence
    }

    /// Entries for rows with these sort keys, numbered in their order.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn entries(&mut self, sort: &[ArrayRef], rows: usize) -> OperatorResult<EncodedRows> {
        let first = self.sequence;
        self.sequence += rows as i64;
        let mut columns = sort.to_vec();
        columns.push(Arc::new(Int64Array::from_iter_values(first..self.sequence)));
        self.state.entry_codec().encode(&columns)
    }

    /// What all entries with the same sort keys begin with.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn prefixes(&self, sort: &[ArrayRef]) -> OperatorResult<EncodedRows> {
        self.sort_codec.encode(sort)
    }

    /// The rows, encoded.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn payloads(&self, columns: &[ArrayRef]) -> OperatorResult<EncodedRows> {
        self.state.payload_codec().encode(columns)
    }

    /// How many of the first rows of a key there are, up to `most`, and which is the last of them.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn first_rows(&self, slot: u32, most: usize) -> OperatorResult<FirstRows> {
        let mut first = FirstRows::default();
        if most == 0 {
            return Ok(first);
        }
        let mut visit = |entry: &[u8], _: &Value<'_>| {
            first.size += 1;
            if first.size == most {
                first.last.extend_from_slice(entry);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let all = EntryRange::ALL;
        self.state
            .scan(slot, &all, ScanOrder::Forward, &mut visit)?;
        Ok(first)
    }

    /// How many rows of a key come before an entry.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn rows_before(&self, slot: u32, entry: &[u8]) -> OperatorResult<usize> {
        let mut before = 0;
        let mut visit = |other: &[u8], _: &Value<'_>| {
            if other >= entry {
                return ControlFlow::Break(());
            }
            before += 1;
            ControlFlow::Continue(())
        };
        let all = EntryRange::ALL;
        self.state
            .scan(slot, &all, ScanOrder::Forward, &mut visit)?;
        Ok(before)
    }

    /// Puts a row that is [one of the first](FirstRows::takes), and drops the one that no longer is.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn put_first(
        &mut self,
        slot: u32,
        first: &mut FirstRows,
        most: usize,
        entry: &[u8],
        row: &[u8],
    ) -> OperatorResult<()> {
        self.state.put(slot, entry, &[], row)?;
        if first.size == most {
            self.state.remove(slot, &first.last)?;
        } else {
            first.size += 1;
        }
        if first.size < most {
            return Ok(());
        }
        let last = &mut first.last;
        last.clear();
        let mut visit = |entry: &[u8], _: &Value<'_>| {
            last.extend_from_slice(entry);
            ControlFlow::Break(())
        };
        let all = EntryRange::ALL;
        self.state.scan(slot, &all, ScanOrder::Backward, &mut visit)
    }

    /// Encoded rows as columns, with more columns behind.
    ///
    /// # Errors
    /// When they are no rows of this state, or not of the schema.
    pub fn decode(
        &self,
        rows: &RowBuffer,
        more: Vec<ArrayRef>,
        schema: &SchemaRef,
    ) -> OperatorResult<RecordBatch> {
        let mut columns = self.state.payload_codec().decode(rows.iter())?;
        columns.extend(more);
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(schema),
            columns,
            &options,
        )?)
    }

    /// The state as of a barrier.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze(
        &mut self,
        barrier: CheckpointBarrier,
    ) -> OperatorResult<(KeyedSnapshot, ListSnapshot)> {
        let list = ListSnapshot {
            name: SEQUENCE_STATE.to_owned(),
            entries: vec![self.sequence.to_le_bytes().to_vec()],
            redistribution: Redistribution::Union,
        };
        Ok((self.state.freeze(barrier)?, list))
    }

    /// Takes back what [`OrderedRows::freeze`] gave.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns.
    pub fn restore(&mut self, state: &dyn StateReader, now_ms: i64) -> OperatorResult<()> {
        for entry in state.list(SEQUENCE_STATE)? {
            let bytes = <[u8; 8]>::try_from(entry.as_slice()).map_err(|_| {
                OperatorError::fatal("a row number of the snapshot does not have 8 bytes")
            })?;
            self.sequence = self.sequence.max(i64::from_le_bytes(bytes));
        }
        self.state.restore(state, now_ms)
    }
}

/// The first rows of a key, as many as are wanted.
#[derive(Clone, Debug, Default)]
pub struct FirstRows {
    size: usize,
    /// The last of them, when there are as many as are wanted.
    last: Vec<u8>,
}

impl FirstRows {
    /// The last of them, where there are as many as are wanted: the one that the next one pushes out.
    pub fn last(&self) -> Option<&[u8]> {
        (!self.last.is_empty()).then_some(self.last.as_slice())
    }

    /// One of them has been removed.
    pub fn removed(&mut self) {
        self.size = self.size.saturating_sub(1);
        self.last.clear();
    }

    /// Whether an entry is one of the first `most`.
    pub fn takes(&self, entry: &[u8], most: usize) -> bool {
        self.size < most || *entry <= *self.last
    }
}

/// The types and directions of sort keys over rows of this type.
///
/// # Errors
/// When a column is not there.
pub fn sort_columns(order: &[SortKey], rows: &RowType) -> OperatorResult<Vec<SortColumn>> {
    let columns = order.iter().map(|key| {
        let field = rows.fields.get(key.column).ok_or_else(|| {
            OperatorError::fatal(format!(
                "sort key {} is not one of the {} columns of the input",
                key.column,
                rows.len()
            ))
        })?;
        Ok(SortColumn {
            ty: field.ty.clone(),
            descending: !key.ascending,
            nulls_first: key.nulls_first,
        })
    });
    columns.collect()
}

/// The columns at these positions.
pub fn pick(columns: &[ArrayRef], positions: impl IntoIterator<Item = usize>) -> Vec<ArrayRef> {
    let picked = positions.into_iter();
    picked
        .map(|position| Arc::clone(&columns[position]))
        .collect()
}
