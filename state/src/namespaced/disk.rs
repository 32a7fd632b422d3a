//! The namespaces on disk: keys are `key group, namespace, key`, so that within a group the keys of a
//! namespace lie together in their order. What has to see all keys of a namespace steps from group to group
//! over what lies between.

use std::any::Any;
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::snapshot::{FrozenRows, RowsConsumer};
use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, RowType, TypeKind};
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::SchemaRef;
use rocksdb::{DBRawIteratorWithThreadMode, DBWithThreadMode, MultiThreaded};

use super::Cached;
use crate::backend::{KeyedTable, SlotColumns, describe, snapshot_row_type};
use crate::hashmap::HashMapTable;
use crate::rocksdb::{CacheLimit, Column, FrozenColumn, GROUP, RocksDbBackend, StateFormat};
use crate::row_codec::{RowBuffer, RowCodec, SortColumn};

/// Rows that are read, written or handed out at once.
const ROWS: usize = 4096;
/// And not many more bytes than this.
const BYTES: usize = 4 << 20;
const NAMESPACE: usize = size_of::<i64>();
const PREFIX: usize = GROUP + NAMESPACE;

/// Makes tables for parts of namespaces.
pub(super) type NewTable<'n, C> = dyn FnMut() -> OperatorResult<HashMapTable<C>> + 'n;
/// Takes a part of some namespaces, merged, and the keys in the database that it came from.
pub(super) type VisitPart<'v, C> =
    dyn FnMut(&HashMapTable<C>, &[Vec<u8>]) -> OperatorResult<()> + 'v;

/// The columns of a snapshot.
pub(crate) fn row_type(key_types: &[LogicalType], values: Vec<Field>) -> RowType {
    let mut row_type = snapshot_row_type(key_types, values);
    let namespace = Field::new("namespace", TypeKind::BigInt.nullable());
    row_type.fields.insert(0, namespace);
    row_type
}

/// The rows of a state that no operator has open.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn freeze(
    backend: &Arc<RocksDbBackend>,
    name: &str,
    keys: &[LogicalType],
    values: &[Field],
) -> OperatorResult<Box<dyn FrozenRows>> {
    Disk::new(backend, name, keys, values.to_vec())?.freeze(None)
}

/// Bytes of a namespace, which compare as the number does.
fn namespace_bytes(namespace: i64) -> [u8; NAMESPACE] {
    ((namespace as u64) ^ (1 << 63)).to_be_bytes()
}

fn namespace_of(bytes: [u8; NAMESPACE]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

fn prefix(group: u16, namespace: [u8; NAMESPACE]) -> [u8; PREFIX] {
    let mut bytes = [0; PREFIX];
    bytes[..GROUP].copy_from_slice(&group.to_be_bytes());
    bytes[GROUP..].copy_from_slice(&namespace);
    bytes
}

/// Key group and namespace of a key in the database.
fn split(key: &[u8]) -> Option<(u16, [u8; NAMESPACE])> {
    let (group, rest) = key.split_first_chunk::<GROUP>()?;
    let (namespace, _) = rest.split_first_chunk::<NAMESPACE>()?;
    Some((u16::from_be_bytes(*group), *namespace))
}

/// See the module's documentation.
pub(super) struct Disk {
    backend: Arc<RocksDbBackend>,
    /// How much may be in memory after a batch.
    pub limit: CacheLimit,
    column: Column,
    keys: RowCodec,
    values: RowCodec,
    row_type: RowType,
}

type Iterator<'a> = DBRawIteratorWithThreadMode<'a, DBWithThreadMode<MultiThreaded>>;

/// The keys of one namespace, group by group.
struct Cursor<'a> {
    disk: Iterator<'a>,
    namespace: [u8; NAMESPACE],
}

impl Cursor<'_> {
    /// Steps over keys of other namespaces; gives the key where it stands: group and what follows the
    /// namespace.
    fn settle(&mut self) -> Option<Vec<u8>> {
        loop {
            let key = self.disk.key()?;
            let (group, namespace) = split(key)?;
            let next = match namespace.cmp(&self.namespace) {
                Ordering::Equal => return Some([&key[..GROUP], &key[PREFIX..]].concat()),
                Ordering::Less => group,
                Ordering::Greater => group.checked_add(1)?,
            };
            self.disk.seek(prefix(next, self.namespace));
        }
    }
}

impl Disk {
    pub fn new(
        backend: &Arc<RocksDbBackend>,
        name: &str,
        key_types: &[LogicalType],
        fields: Vec<Field>,
    ) -> OperatorResult<Self> {
        let keys = key_types.iter().cloned().map(SortColumn::ascending);
        let row_type = row_type(key_types, fields.clone());
        let layout = format!("the columns {}", describe(&row_type.to_arrow()));
        let format = StateFormat::Namespaced {
            keys: key_types.to_vec(),
            values: fields.clone(),
        };
        Ok(Disk {
            backend: Arc::clone(backend),
            limit: backend.cache_limit(),
            column: backend.column(name, &layout, 0, Some(format))?,
            keys: RowCodec::new(&keys.collect::<Vec<_>>())?,
            values: RowCodec::of_row_type(&RowType::new(fields))?,
            row_type,
        })
    }

    /// The namespaces that have keys.
    pub fn namespaces(&self) -> OperatorResult<BTreeSet<i64>> {
        let mut found = BTreeSet::new();
        let mut disk = self.column.iterator(None)?;
        disk.seek_to_first();
        while let Some((group, namespace)) = disk.key().and_then(split) {
            let namespace = namespace_of(namespace);
            found.insert(namespace);
            let next = match namespace.checked_add(1) {
                Some(next) => prefix(group, namespace_bytes(next)),
                None => prefix(group.saturating_add(1), namespace_bytes(i64::MIN)),
            };
            disk.seek(next);
        }
        self.column.check(&disk)?;
        Ok(found)
    }

    fn keys_of<C: SlotColumns>(
        &self,
        namespace: i64,
        table: &HashMapTable<C>,
        slots: &[u32],
        max_parallelism: u32,
    ) -> OperatorResult<Vec<Vec<u8>>> {
        let keys = self.keys.encode(&table.key_columns(slots)?)?;
        let namespace = namespace_bytes(namespace);
        let keys = slots.iter().enumerate().map(|(row, &slot)| {
            let group = table.keys().key_group(slot, max_parallelism);
            [&prefix(group.0, namespace)[..], keys.row(row)].concat()
        });
        Ok(keys.collect())
    }

    /// Reads the values of slots that are new.
    pub fn read<C: SlotColumns>(
        &self,
        namespace: i64,
        table: &mut HashMapTable<C>,
        slots: &[u32],
        max_parallelism: u32,
    ) -> OperatorResult<()> {
        if slots.is_empty() {
            return Ok(());
        }
        let wanted = self.keys_of(namespace, table, slots, max_parallelism)?;
        let (mut found, mut found_slots) = (RowBuffer::default(), Vec::new());
        for (value, &slot) in self.column.multi_get(&wanted)?.iter().zip(slots) {
            if let Some(value) = value {
                found.push(value);
                found_slots.push(slot);
            }
        }
        if found_slots.is_empty() {
            return Ok(());
        }
        let columns = self.values.decode(found.iter())?;
        table.columns_mut().merge(&found_slots, &columns)
    }

    /// Writes the slots of a namespace that were changed.
    pub fn write<C: SlotColumns>(
        &self,
        namespace: i64,
        space: &mut Cached<C>,
        max_parallelism: u32,
    ) -> OperatorResult<()> {
        let changed = space.changed.iter().enumerate();
        let changed = changed.filter(|(_, changed)| **changed);
        let slots: Vec<u32> = changed.map(|(slot, _)| slot as u32).collect();
        for slots in slots.chunks(ROWS) {
            let keys = self.keys_of(namespace, &space.table, slots, max_parallelism)?;
            let values = space.table.columns().read(slots)?;
            let values = self.values.encode(&values)?;
            let rows = keys.iter().enumerate();
            self.column
                .write(rows.map(|(row, key)| (key.as_slice(), Some(values.row(row)))))?;
        }
        space.on_disk |= !slots.is_empty();
        space.changed.fill(false);
        Ok(())
    }

    /// Writes the keys of a table into a namespace, after deleting these.
    pub fn replace<C: SlotColumns>(
        &self,
        namespace: i64,
        table: &HashMapTable<C>,
        deleted: &[Vec<u8>],
        max_parallelism: u32,
    ) -> OperatorResult<()> {
        let slots = table.live_slots();
        let keys = self.keys_of(namespace, table, &slots, max_parallelism)?;
        let values = self.values.encode(&table.columns().read(&slots)?)?;
        let deleted = deleted.iter().map(|key| (key.as_slice(), None));
        let rows = keys.iter().enumerate();
        let rows = rows.map(|(row, key)| (key.as_slice(), Some(values.row(row))));
        self.column.write(deleted.chain(rows))
    }

    /// Deletes the keys of a namespace.
    pub fn delete(&self, namespace: i64) -> OperatorResult<()> {
        let mut cursor = self.cursor(namespace)?;
        let mut doomed: Vec<Vec<u8>> = Vec::new();
        while cursor.settle().is_some() {
            doomed.extend(cursor.disk.key().map(<[u8]>::to_vec));
            if doomed.len() >= ROWS {
                self.column
                    .write(doomed.iter().map(|key| (key.as_slice(), None)))?;
                doomed.clear();
            }
            cursor.disk.next();
        }
        self.column.check(&cursor.disk)?;
        self.column
            .write(doomed.iter().map(|key| (key.as_slice(), None)))
    }

    fn cursor(&self, namespace: i64) -> OperatorResult<Cursor<'_>> {
        let mut disk = self.column.iterator(None)?;
        disk.seek_to_first();
        let namespace = namespace_bytes(namespace);
        Ok(Cursor { disk, namespace })
    }

    /// Goes through some namespaces side by side and hands out parts of them, each with all values of its
    /// keys, those of the first namespace first.
    pub fn merge<C: SlotColumns>(
        &self,
        namespaces: &[i64],
        new_table: &mut NewTable<'_, C>,
        visit: &mut VisitPart<'_, C>,
    ) -> OperatorResult<()> {
        let cursors = namespaces.iter().map(|&namespace| self.cursor(namespace));
        let mut cursors: Vec<Cursor<'_>> = cursors.collect::<OperatorResult<_>>()?;
        let mut heads = BinaryHeap::new();
        for (index, cursor) in cursors.iter_mut().enumerate() {
            if let Some(key) = cursor.settle() {
                heads.push(Reverse((key, index)));
            }
            self.column.check(&cursor.disk)?;
        }
        let (mut keys, mut values) = (RowBuffer::default(), RowBuffer::default());
        let mut sources: Vec<Vec<u8>> = Vec::new();
        let mut last: Vec<u8> = Vec::new();
        while let Some(Reverse((key, index))) = heads.pop() {
            if (keys.len() >= ROWS || values.byte_len() >= BYTES) && key != last {
                self.hand_out(&mut keys, &mut values, &mut sources, new_table, visit)?;
            }
            let cursor = &mut cursors[index];
            if let Some((source, value)) = cursor.disk.item() {
                keys.push(&key[GROUP..]);
                values.push(value);
                sources.push(source.to_vec());
            }
            cursor.disk.next();
            if let Some(key) = cursor.settle() {
                heads.push(Reverse((key, index)));
            }
            self.column.check(&cursor.disk)?;
            last = key;
        }
        self.hand_out(&mut keys, &mut values, &mut sources, new_table, visit)
    }

    fn hand_out<C: SlotColumns>(
        &self,
        keys: &mut RowBuffer,
        values: &mut RowBuffer,
        sources: &mut Vec<Vec<u8>>,
        new_table: &mut NewTable<'_, C>,
        visit: &mut VisitPart<'_, C>,
    ) -> OperatorResult<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut table = new_table()?;
        let columns = self.keys.decode(keys.iter())?;
        let hashes = hash_columns(&columns, keys.len())?;
        table.merge_rows(&columns, &hashes, &self.values.decode(values.iter())?)?;
        visit(&table, sources)?;
        keys.clear();
        values.clear();
        sources.clear();
        Ok(())
    }

    pub fn freeze(
        &self,
        barrier: Option<CheckpointBarrier>,
    ) -> OperatorResult<Box<dyn FrozenRows>> {
        Ok(Box::new(FrozenDisk {
            snapshot: self.backend.freeze(self.column.database(), barrier)?,
            column: self.column.clone(),
            keys: self.keys.clone(),
            values: self.values.clone(),
            schema: self.row_type.to_arrow(),
        }))
    }

    pub fn size(&self) -> usize {
        self.column.estimated_bytes()
    }
}

/// The state as of a barrier.
struct FrozenDisk {
    column: Column,
    snapshot: FrozenColumn,
    keys: RowCodec,
    values: RowCodec,
    schema: SchemaRef,
}

impl FrozenRows for FrozenDisk {
    fn seal(&mut self) -> OperatorResult<()> {
        self.snapshot.seal()
    }

    fn native(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        let files = self.snapshot.files()?;
        Some(files)
    }

    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()> {
        let (mut keys, mut values) = (RowBuffer::default(), RowBuffer::default());
        let mut namespaces: Vec<i64> = Vec::new();
        let mut hand_out = |group: KeyGroup,
                            namespaces: &mut Vec<i64>,
                            keys: &mut RowBuffer,
                            values: &mut RowBuffer| {
            if namespaces.is_empty() {
                return Ok(());
            }
            let mut columns: Vec<ArrayRef> =
                vec![Arc::new(Int64Array::from(std::mem::take(namespaces)))];
            columns.extend(self.keys.decode(keys.iter())?);
            columns.extend(self.values.decode(values.iter())?);
            keys.clear();
            values.clear();
            consumer(group, RecordBatch::try_new(self.schema.clone(), columns)?)
        };
        let mut current = KeyGroup(0);
        let mut visit = |group: KeyGroup, rest: &[u8], value: &[u8]| {
            let Some((namespace, key)) = rest.split_first_chunk::<NAMESPACE>() else {
                return Err(OperatorError::transient(
                    "a key of a window's state is too short; the state has to be restored",
                ));
            };
            let is_full = namespaces.len() >= ROWS || values.byte_len() >= BYTES;
            if group != current || is_full {
                hand_out(current, &mut namespaces, &mut keys, &mut values)?;
            }
            current = group;
            namespaces.push(namespace_of(*namespace));
            keys.push(key);
            values.push(value);
            Ok(())
        };
        self.snapshot.for_each(&self.column, &mut visit)?;
        hand_out(current, &mut namespaces, &mut keys, &mut values)
    }
}
