//! The rows of a map state in RocksDB as of a barrier.

use std::any::Any;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use arrow::datatypes::SchemaRef;

use super::Codecs;
use super::entries::EntryRange;
use super::frozen::SnapshotRows;
use super::value::Value;
use crate::rocksdb::{Column, FrozenColumn, GROUP};
use crate::row_codec::{RowCodec, SortColumn};

/// The bound up to which entries count as gone, though they are on disk.
#[derive(Clone, Debug)]
pub(super) struct Forgotten {
    /// Bytes of key group and key, which entries follow.
    key_length: usize,
    bound: Option<Vec<u8>>,
}

impl Forgotten {
    /// Without a bound, for keys of this length with their key group.
    pub fn nothing(key_length: usize) -> Self {
        Forgotten {
            key_length,
            bound: None,
        }
    }

    /// Another bound, if it is higher; whether it is.
    pub fn raise(&mut self, bound: &[u8]) -> bool {
        let higher = self.bound.as_deref().is_none_or(|known| known < bound);
        if higher {
            self.bound = Some(bound.to_vec());
        }
        higher
    }

    /// Whether an entry is gone.
    pub fn has(&self, entry: &[u8]) -> bool {
        let bound = self.bound.as_deref();
        bound.is_some_and(|bound| !EntryRange::up_to(bound).is_after(entry))
    }

    /// Whether the entry of a key of the database is gone.
    pub fn has_key(&self, key: &[u8]) -> bool {
        let entry = key.get(self.key_length..);
        entry.is_some_and(|entry| self.has(entry))
    }

    /// The same of a key without its key group.
    fn has_rest(&self, key: &[u8]) -> bool {
        let entry = key.get(self.key_length - GROUP..);
        entry.is_some_and(|entry| self.has(entry))
    }
}

/// See the module's documentation.
pub(super) struct FrozenRocksMap {
    pub codecs: Arc<Codecs>,
    pub column: Column,
    pub snapshot: FrozenColumn,
    pub forgotten: Option<Forgotten>,
    pub expired_until: Option<i64>,
}

impl FrozenRows for FrozenRocksMap {
    fn seal(&mut self) -> OperatorResult<()> {
        self.snapshot.seal()
    }

    fn native(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let files = self.snapshot.files()?;
        Some(files)
    }

    fn schema(&self) -> SchemaRef {
        self.codecs.snapshot_row_type().to_arrow()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let layout = self.codecs.layout;
        // The key's bytes followed by the entry's are the bytes of a row of both.
        let spec = &self.codecs.spec;
        let keys = spec.keys.iter().cloned().map(SortColumn::ascending);
        let columns: Vec<SortColumn> = keys.chain(spec.entry.iter().cloned()).collect();
        let mut rows = SnapshotRows::new(Arc::clone(&self.codecs), RowCodec::new(&columns)?);
        let mut current = KeyGroup(0);
        let forgotten = self.forgotten.as_ref();
        let gone = |key: &[u8]| forgotten.is_some_and(|forgotten| forgotten.has_rest(key));
        let mut visit = |group: KeyGroup, row: &[u8], value: &[u8]| {
            if !rows.is_empty() && (group != current || rows.is_full()) {
                consumer(current, rows.take(Vec::new())?)?;
            }
            current = group;
            let expired = self.expired_until;
            if expired.is_none_or(|until| layout.written(value) > until) && !gone(row) {
                rows.push(row, &Value::new(layout, value));
            }
            Ok(())
        };
        self.snapshot.for_each(&self.column, &mut visit)?;
        if !rows.is_empty() {
            consumer(current, rows.take(Vec::new())?)?;
        }
        Ok(())
    }
}
