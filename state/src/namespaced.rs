//! Values by key and namespace (Flink's word): what window operators keep, with a window or a slice of time
//! as the namespace.
//!
//! Each namespace has a table of its own in memory, so that it is dropped as a whole. With RocksDB the
//! tables are a cache that is written back: nothing goes to disk while they are small, except at a
//! checkpoint, and nothing is read of a namespace that is in memory as a whole. When they have grown
//! large, all are written out and emptied; from then on [`NamespacedTable::load`] reads the missing keys of
//! a batch together, and [`NamespacedTable::visit`] and [`NamespacedTable::fold`] go through the keys of
//! their namespaces side by side, a part at a time ([`disk`]).
//!
//! An operator loads, changes and stores slots as with a [`Table`](crate::Table), and calls
//! [`NamespacedTable::finish_batch`] after each batch; slots are void then. Snapshots have the columns
//! `namespace`, keys, values with either backend.

pub(crate) mod disk;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;
use std::sync::Arc;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::snapshot::{KeyedSnapshot, StateReader};
use alpheus_dataflow::{LogicalType, OperatorResult};
use arrow::array::ArrayRef;

use self::disk::Disk;
use crate::backend::{KeyedTable, SlotColumns, adapt_slot_rows};
use crate::hashmap::{FrozenNamespaces, HashMapTable, split_namespaces};
use crate::key_index::NO_SLOT;
use crate::rocksdb::RocksDbBackend;

/// Takes a table whose keys are a part of those that are visited.
pub type VisitTable<'v, C> = dyn FnMut(&HashMapTable<C>) -> OperatorResult<()> + 'v;

/// What is in memory of a namespace.
struct Cached<C> {
    table: HashMapTable<C>,
    /// Slots that were changed since they were written, with RocksDB.
    changed: Vec<bool>,
    /// Whether there may be keys on disk.
    on_disk: bool,
    /// Whether all keys are in memory.
    whole: bool,
}

impl<C: SlotColumns> Cached<C> {
    fn new(key_types: &[LogicalType], empty: &mut C) -> OperatorResult<Self> {
        Ok(Cached {
            table: HashMapTable::new(key_types, empty.freeze())?,
            changed: Vec::new(),
            on_disk: false,
            whole: true,
        })
    }

    /// Of a namespace whose keys are all on disk.
    fn on_disk(key_types: &[LogicalType], empty: &mut C) -> OperatorResult<Self> {
        Ok(Cached {
            on_disk: true,
            whole: false,
            ..Cached::new(key_types, empty)?
        })
    }
}

/// The state; see the module's documentation.
pub struct NamespacedTable<C> {
    name: String,
    key_types: Vec<LogicalType>,
    empty: C,
    max_parallelism: u32,
    spaces: BTreeMap<i64, Cached<C>>,
    disk: Option<Disk>,
}

impl<C: SlotColumns> NamespacedTable<C> {
    /// An empty state, in memory until [`NamespacedTable::open`].
    ///
    /// # Errors
    /// When a type cannot be a key.
    pub fn new(name: &str, key_types: &[LogicalType], mut columns: C) -> OperatorResult<Self> {
        HashMapTable::new(key_types, columns.freeze())?;
        Ok(NamespacedTable {
            name: name.to_owned(),
            key_types: key_types.to_vec(),
            empty: columns,
            max_parallelism: 1,
            spaces: BTreeMap::new(),
            disk: None,
        })
    }

    /// Binds the state to the backend of the operator's worker; called in the operator's `open`.
    ///
    /// # Errors
    /// When the backend cannot make room for it.
    pub fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.max_parallelism = context.max_parallelism;
        match RocksDbBackend::of(context) {
            Some(backend) => self.bind(&backend),
            None => Ok(()),
        }
    }

    fn bind(&mut self, backend: &Arc<RocksDbBackend>) -> OperatorResult<()> {
        let fields = self.empty.fields();
        let disk = Disk::new(backend, &self.name, &self.key_types, fields)?;
        for namespace in disk.namespaces()? {
            let space = Cached::on_disk(&self.key_types, &mut self.empty)?;
            self.spaces.insert(namespace, space);
        }
        self.disk = Some(disk);
        Ok(())
    }

    fn new_table(&mut self) -> OperatorResult<HashMapTable<C>> {
        HashMapTable::new(&self.key_types, self.empty.freeze())
    }

    /// The namespaces that have keys, ascending.
    pub fn namespaces(&self) -> impl DoubleEndedIterator<Item = i64> {
        self.spaces.keys().copied()
    }

    /// Those in a range.
    pub fn namespaces_in(&self, range: RangeInclusive<i64>) -> Vec<i64> {
        self.spaces
            .range(range)
            .map(|(namespace, _)| *namespace)
            .collect()
    }

    /// Whether the namespace has keys.
    pub fn contains(&self, namespace: i64) -> bool {
        self.spaces.contains_key(&namespace)
    }

    /// How many keys are in memory.
    pub fn cached_len(&self) -> usize {
        self.spaces.values().map(|space| space.table.len()).sum()
    }

    /// Gives each row the slot of its key in a namespace; see [`KeyedTable::load`].
    ///
    /// # Errors
    /// When the columns are not of the key's types, or a disk fails.
    pub fn load(
        &mut self,
        namespace: i64,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<&mut C> {
        let space = match self.spaces.entry(namespace) {
            Entry::Occupied(space) => space.into_mut(),
            Entry::Vacant(place) => place.insert(Cached::new(&self.key_types, &mut self.empty)?),
        };
        match &self.disk {
            Some(disk) if !space.whole => {
                let mut known = Vec::new();
                space.table.find(keys, hashes, &mut known)?;
                space.table.load(keys, hashes, slots)?;
                let missing = known.iter().zip(slots.iter());
                let missing = missing.filter(|(known, _)| **known == NO_SLOT);
                let mut missing: Vec<u32> = missing.map(|(_, slot)| *slot).collect();
                missing.sort_unstable();
                missing.dedup();
                disk.read(namespace, &mut space.table, &missing, self.max_parallelism)?;
            }
            _ => space.table.load(keys, hashes, slots)?,
        }
        Ok(space.table.columns_mut())
    }

    /// These slots of a namespace were written.
    pub fn store(&mut self, namespace: i64, slots: &[u32]) {
        if self.disk.is_none() {
            return;
        }
        if let Some(space) = self.spaces.get_mut(&namespace) {
            space.changed.resize(space.table.capacity(), false);
            for &slot in slots {
                space.changed[slot as usize] = true;
            }
        }
    }

    /// Adds partial values to keys of a namespace.
    ///
    /// # Errors
    /// When the columns have other types, or a disk fails.
    pub fn merge_rows(
        &mut self,
        namespace: i64,
        keys: &[ArrayRef],
        hashes: &[u64],
        values: &[ArrayRef],
    ) -> OperatorResult<()> {
        let mut slots = Vec::new();
        self.load(namespace, keys, hashes, &mut slots)?
            .merge(&slots, values)?;
        self.store(namespace, &slots);
        Ok(())
    }

    /// A batch is done; what is in memory may leave it.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn finish_batch(&mut self) -> OperatorResult<()> {
        let keys = self.cached_len();
        let Some(disk) = &mut self.disk else {
            return Ok(());
        };
        let bytes = || self.spaces.values().map(|space| space.table.memory_size());
        let is_large = disk.limit.is_exceeded(keys, || bytes().sum());
        if is_large {
            self.write_out()?;
            let tables = self.spaces.values_mut();
            for space in tables.filter(|space| space.on_disk) {
                *space = Cached::on_disk(&self.key_types, &mut self.empty)?;
            }
        }
        Ok(())
    }

    /// Writes what was changed in all namespaces.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn write_out(&mut self) -> OperatorResult<()> {
        if let Some(disk) = &self.disk {
            for (&namespace, space) in &mut self.spaces {
                disk.write(namespace, space, self.max_parallelism)?;
            }
        }
        Ok(())
    }

    /// Whether these are in memory as a whole.
    fn are_whole(&self, namespaces: &[i64]) -> bool {
        let mut spaces = namespaces.iter().filter_map(|ns| self.spaces.get(ns));
        spaces.all(|space| space.whole)
    }

    fn write_namespaces(&mut self, namespaces: &[i64]) -> OperatorResult<()> {
        for namespace in namespaces {
            if let (Some(disk), Some(space)) = (&self.disk, self.spaces.get_mut(namespace)) {
                disk.write(*namespace, space, self.max_parallelism)?;
            }
        }
        Ok(())
    }

    /// Visits the values of some namespaces, which are given in ascending order, merged by key.
    ///
    /// # Errors
    /// Those of `visit`, and when a disk fails.
    pub fn visit(
        &mut self,
        namespaces: &[i64],
        visit: &mut VisitTable<'_, C>,
    ) -> OperatorResult<()> {
        if self.are_whole(namespaces) {
            if let [one] = namespaces {
                return match self.spaces.get(one) {
                    Some(space) => visit(&space.table),
                    None => Ok(()),
                };
            }
            let mut merged = self.new_table()?;
            for space in namespaces.iter().filter_map(|ns| self.spaces.get(ns)) {
                merged.merge_table(&space.table)?;
            }
            return visit(&merged);
        }
        self.write_namespaces(namespaces)?;
        let (key_types, empty) = (&self.key_types, &mut self.empty);
        let mut new_table = || HashMapTable::new(key_types, empty.freeze());
        match &self.disk {
            Some(disk) => disk.merge(namespaces, &mut new_table, &mut |part, _| visit(part)),
            None => Ok(()),
        }
    }

    /// Merges namespaces, which are given in ascending order, into the first of them, and visits what is
    /// there then.
    ///
    /// # Errors
    /// Those of `visit`, and when a disk fails.
    pub fn fold(
        &mut self,
        namespaces: &[i64],
        visit: &mut VisitTable<'_, C>,
    ) -> OperatorResult<()> {
        let Some((&first, others)) = namespaces.split_first() else {
            return Ok(());
        };
        if others.is_empty() {
            return self.visit(namespaces, visit);
        }
        if self.are_whole(namespaces) {
            let Some(mut into) = self.spaces.remove(&first) else {
                return Ok(());
            };
            for other in others {
                if let Some(space) = self.spaces.get(other) {
                    into.table.merge_table(&space.table)?;
                }
                self.remove(*other)?;
            }
            into.changed = vec![self.disk.is_some(); into.table.capacity()];
            let visited = visit(&into.table);
            self.spaces.insert(first, into);
            return visited;
        }
        self.write_namespaces(namespaces)?;
        let max_parallelism = self.max_parallelism;
        let (key_types, empty) = (&self.key_types, &mut self.empty);
        let mut new_table = || HashMapTable::new(key_types, empty.freeze());
        if let Some(disk) = &self.disk {
            disk.merge(namespaces, &mut new_table, &mut |part, keys| {
                disk.replace(first, part, keys, max_parallelism)?;
                visit(part)
            })?;
        }
        for other in others {
            // Its keys are deleted already.
            self.spaces.remove(other);
        }
        let space = Cached::on_disk(&self.key_types, &mut self.empty)?;
        self.spaces.insert(first, space);
        Ok(())
    }

    /// Forgets a namespace.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn remove(&mut self, namespace: i64) -> OperatorResult<()> {
        match (self.spaces.remove(&namespace), &self.disk) {
            (Some(space), Some(disk)) if space.on_disk => disk.delete(namespace),
            _ => Ok(()),
        }
    }

    /// Takes all namespaces out, where all are in memory.
    pub fn take_tables(&mut self) -> impl Iterator<Item = (i64, HashMapTable<C>)> + use<C> {
        let spaces = std::mem::take(&mut self.spaces).into_iter();
        spaces.map(|(namespace, space)| (namespace, space.table))
    }

    /// The state as of now, for the operator's snapshot of this barrier.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn freeze(&mut self, barrier: CheckpointBarrier) -> OperatorResult<KeyedSnapshot> {
        self.write_out()?;
        let name = self.name.clone();
        if let Some(disk) = &self.disk {
            let rows = disk.freeze(Some(barrier))?;
            return Ok(KeyedSnapshot { name, rows });
        }
        let max_parallelism = self.max_parallelism;
        let tables = self.spaces.iter_mut();
        let tables = tables
            .map(|(namespace, space)| (*namespace, space.table.freeze_table(max_parallelism)))
            .collect();
        let rows = FrozenNamespaces::new(tables, &self.new_table()?);
        Ok(KeyedSnapshot {
            name,
            rows: Box::new(rows),
        })
    }

    /// Takes back what [`NamespacedTable::freeze`] gave in an earlier run.
    ///
    /// # Errors
    /// When the state cannot be read, or has other columns. Values may have been added since it was written;
    /// they are those of a key that is new.
    pub fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        for rows in state.keyed(&self.name)? {
            for (namespace, rows) in split_namespaces(&rows?)? {
                let rows = adapt_slot_rows(&rows, &self.key_types, &mut self.empty)?;
                let (keys, values) = rows.columns().split_at(self.key_types.len());
                let hashes = hash_columns(keys, rows.num_rows())?;
                self.merge_rows(namespace, keys, &hashes, values)?;
            }
            self.finish_batch()?;
        }
        Ok(())
    }

    /// Rough size in bytes, in memory and on disk.
    pub fn size(&self) -> usize {
        let tables = self.spaces.values().map(|space| space.table.memory_size());
        tables.sum::<usize>() + self.disk.as_ref().map_or(0, Disk::size)
    }
}
