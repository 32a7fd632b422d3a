//! The rows of a map state as of a barrier: one row for each entry, in typed columns.

use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;

use super::Codecs;
use super::entries::{EntryRange, ScanOrder};
use super::single::KeyEntries;
use super::value::Value;
use crate::key_index::Keys;
use crate::row_codec::{RowBuffer, RowCodec};

/// Rows are handed out in batches of about this many.
const SNAPSHOT_ROWS: usize = 4096;
/// And of not many more bytes than this.
const SNAPSHOT_BYTES: usize = 4 << 20;

/// Gathers entries of several keys until they make a batch.
pub(super) struct SnapshotRows {
    codecs: Arc<Codecs>,
    rows: RowCodec,
    schema: SchemaRef,
    entries: RowBuffer,
    payloads: RowBuffer,
    written: Vec<i64>,
    counters: Vec<Vec<i64>>,
}

impl SnapshotRows {
    /// `rows` decodes what is pushed as entries: these alone, or keys and entries.
    pub fn new(codecs: Arc<Codecs>, rows: RowCodec) -> Self {
        SnapshotRows {
            rows,
            schema: codecs.snapshot_row_type().to_arrow(),
            entries: RowBuffer::default(),
            payloads: RowBuffer::default(),
            written: Vec::new(),
            counters: vec![Vec::new(); codecs.layout.counters],
            codecs,
        }
    }

    pub fn push(&mut self, entry: &[u8], value: &Value<'_>) {
        self.entries.push(entry);
        self.payloads.push(value.payload());
        self.written.push(value.written());
        for (index, counters) in self.counters.iter_mut().enumerate() {
            counters.push(value.counter(index));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.written.len() >= SNAPSHOT_ROWS
            || self.entries.byte_len() + self.payloads.byte_len() >= SNAPSHOT_BYTES
    }

    /// The rows, after these key columns if they are not among them; begins anew.
    pub fn take(&mut self, keys: Vec<ArrayRef>) -> OperatorResult<RecordBatch> {
        let integers = |values: &mut Vec<i64>| -> ArrayRef {
            Arc::new(Int64Array::from(std::mem::take(values)))
        };
        let mut columns = keys;
        columns.extend(self.rows.decode(self.entries.iter())?);
        columns.push(integers(&mut self.written));
        columns.extend(self.counters.iter_mut().map(integers));
        columns.extend(self.codecs.payload.decode(self.payloads.iter())?);
        self.entries.clear();
        self.payloads.clear();
        Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
    }
}

/// A state in memory, as of a barrier.
pub(super) struct FrozenMap {
    pub codecs: Arc<Codecs>,
    pub keys: Keys,
    pub maps: CowVec<KeyEntries>,
    pub max_parallelism: u32,
    /// Entries written until then have expired.
    pub expired_until: Option<i64>,
}

impl FrozenRows for FrozenMap {
    fn schema(&self) -> SchemaRef {
        self.codecs.snapshot_row_type().to_arrow()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let layout = self.codecs.layout;
        let slots = self.keys.live_slots();
        let mut slots: Vec<(KeyGroup, u32)> = slots
            .map(|slot| (self.keys.key_group(slot, self.max_parallelism), slot))
            .collect();
        slots.sort_unstable();
        let mut rows = SnapshotRows::new(Arc::clone(&self.codecs), self.codecs.entry.clone());
        for group in slots.chunk_by(|a, b| a.0 == b.0) {
            let mut owners: Vec<u32> = Vec::new();
            for &(key_group, slot) in group {
                let mut failure = None;
                let mut visit = |entry: &[u8], value: &[u8]| {
                    let expired = self.expired_until;
                    if expired.is_some_and(|until| layout.written(value) <= until) {
                        return ControlFlow::Continue(());
                    }
                    rows.push(entry, &Value::new(layout, value));
                    owners.push(slot);
                    if !rows.is_full() {
                        return ControlFlow::Continue(());
                    }
                    let keys = self.keys.columns(&owners);
                    owners.clear();
                    let written = keys
                        .and_then(|keys| rows.take(keys))
                        .and_then(|batch| consumer(key_group, batch));
                    match written {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(error) => {
                            failure = Some(error);
                            ControlFlow::Break(())
                        }
                    }
                };
                let map = self.maps.get(slot as usize);
                let _ = map.scan(&EntryRange::ALL, ScanOrder::Forward, &mut visit);
                if let Some(error) = failure {
                    return Err(error);
                }
            }
            if !rows.is_empty() {
                let batch = rows.take(self.keys.columns(&owners)?)?;
                consumer(group[0].0, batch)?;
            }
        }
        Ok(())
    }
}
