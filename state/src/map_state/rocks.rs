//! `rocksdb`: entries on disk, those of recent keys in memory.
//!
//! What is changed is changed in memory and written later, many entries in the order of their keys: when they
//! take much memory, and at a barrier. An entry that goes before that is never written. A key that was never
//! written ([`Written`]) is known to have nothing on disk, so that work on new keys reads nothing; of others a
//! batch says what it will read ([`RocksMap::fetch`], [`RocksMap::fetch_keys`]). Every entry in memory says how it
//! stands to the one on disk ([`Mark`]); a key of which all entries are in memory needs the disk no more.
//!
//! All states of a worker share the memory for that ([`CacheShare`]). When one has more than its share, the
//! keys that were not used for the longest time leave memory.
//!
//! Entries up to a bound that goes up ([`RocksMap::forget_up_to`]) are not looked for on disk from then on, and
//! deleted there once it is worth going through the state: when as much was written since the last time as was left
//! then, and more than there is in memory.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::snapshot::FrozenRows;
use arrow::array::{ArrayRef, new_null_array};
use hashbrown::DefaultHashBuilder;

use super::cached::{CachedKey, Mark, live};
use super::entries::{EntryRange, ScanOrder, Visit};
use super::rocks_frozen::{Forgotten, FrozenRocksMap};
use super::written::Written;
use super::{Codecs, NO_SLOT};
use crate::backend::describe;
use crate::key_index::KeyIndex;
use crate::rocksdb::{
    CacheLimit, CacheShare, Column, GROUP, RocksDbBackend, StateFormat, key_bytes,
};
use crate::row_codec::{RowCodec, SortColumn};

/// About what a key takes in memory beside its entries.
const KEY_BYTES: usize = 96;
/// Most bytes of entries that wait for being written, whatever the share: a barrier waits for them.
const MOST_DIRTY_BYTES: usize = 32 << 20;
/// Into how many generations the keys in memory are divided, about.
const GENERATIONS: usize = 8;

/// The maps by key; see the module's documentation.
pub(super) struct RocksMap {
    backend: Arc<RocksDbBackend>,
    column: Column,
    codec: RowCodec,
    max_parallelism: u32,
    share: CacheShare,
    index: KeyIndex,
    /// By slot.
    keys: Vec<CachedKey>,
    /// Slots that may turn out to hold nothing.
    passing: Vec<u32>,
    /// Slots with entries that the disk does not know of.
    dirty: Vec<u32>,
    /// Bytes of entries in memory, and of those that the disk does not know of.
    entry_bytes: isize,
    dirty_bytes: usize,
    generation: u32,
    /// How many bytes there were when it began.
    generation_bytes: usize,
    written_keys: Written,
    written_entries: Written,
    hasher: DefaultHashBuilder,
    /// What is forgotten, where keys have a length by which they are told from entries.
    forgotten: Option<Forgotten>,
    /// Bytes written since the state was gone through, and that were left then.
    written_since: usize,
    left: usize,
    buffer: Vec<u8>,
}

/// A codec of the key's columns.
fn key_codec(codecs: &Codecs) -> OperatorResult<RowCodec> {
    let keys = codecs.spec.keys.iter().cloned();
    RowCodec::new(&keys.map(SortColumn::ascending).collect::<Vec<_>>())
}

/// How many bytes a key group and a key have, if all have as many.
fn key_length(codecs: &Codecs, codec: &RowCodec) -> OperatorResult<Option<usize>> {
    let types = codecs.spec.keys.iter().map(|ty| ty.to_arrow());
    let types: Vec<_> = types.collect();
    if types.iter().any(|ty| ty.primitive_width().is_none()) {
        return Ok(None);
    }
    let null = types.iter().map(|ty| new_null_array(ty, 1));
    let null = codec.encode(&null.collect::<Vec<_>>())?;
    Ok(Some(GROUP + null.row(0).len()))
}

/// What decides how keys and values are encoded.
fn layout(codecs: &Codecs) -> String {
    let columns = describe(&codecs.snapshot_row_type().to_arrow());
    let order = codecs.spec.entry.iter().map(|column| {
        let direction = if column.descending { "desc" } else { "asc" };
        let nulls = if column.nulls_first { "first" } else { "last" };
        format!("{direction} nulls {nulls}")
    });
    let order: Vec<String> = order.collect();
    let ttl = if codecs.layout.timed { "a" } else { "no" };
    format!(
        "the columns {columns}, entries ordered ({}), {ttl} TTL",
        order.join(", ")
    )
}

/// The least bytes that are greater than all that begin with `prefix`.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte < u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

impl RocksMap {
    pub fn new(
        backend: &Arc<RocksDbBackend>,
        codecs: &Codecs,
        max_parallelism: u32,
    ) -> OperatorResult<Self> {
        let spec = &codecs.spec;
        let column = backend.column(
            &spec.name,
            &layout(codecs),
            spec.ttl_ms,
            Some(StateFormat::Map(spec.clone())),
        )?;
        let mut disk = column.iterator(None)?;
        disk.seek_to_first();
        let restored = disk.valid();
        column.check(&disk)?;
        drop(disk);
        let codec = key_codec(codecs)?;
        Ok(RocksMap {
            backend: Arc::clone(backend),
            forgotten: key_length(codecs, &codec)?.map(Forgotten::nothing),
            written_since: if restored { usize::MAX / 2 } else { 0 },
            column,
            codec,
            max_parallelism,
            share: backend.cache_share(),
            index: KeyIndex::new(&spec.keys)?,
            keys: Vec::new(),
            passing: Vec::new(),
            dirty: Vec::new(),
            entry_bytes: 0,
            dirty_bytes: 0,
            generation: 0,
            generation_bytes: 0,
            written_keys: Written::new(restored),
            written_entries: Written::new(restored),
            hasher: DefaultHashBuilder::default(),
            left: 0,
            buffer: Vec::new(),
        })
    }

    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        self.index.intern(keys, hashes, slots)?;
        if self.keys.len() < self.index.capacity() {
            self.keys
                .resize_with(self.index.capacity(), CachedKey::default);
        }
        let mut on_disk = Vec::new();
        for (&slot, &hash) in slots.iter().zip(hashes) {
            let key = &mut self.keys[slot as usize];
            key.used = self.generation;
            if !key.taken {
                key.taken = true;
                key.complete = !self.written_keys.may_contain(hash);
                if !key.complete {
                    on_disk.push(slot);
                }
                self.passing.push(slot);
            }
        }
        if !on_disk.is_empty() {
            for (prefix, slot) in self.prefixes(&on_disk)?.into_iter().zip(on_disk) {
                self.keys[slot as usize].prefix = prefix.into();
            }
        }
        Ok(())
    }

    /// As [`RocksMap::load`]; keys that are known to have no entries get [`NO_SLOT`].
    pub fn probe(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        self.load(keys, hashes, slots)?;
        for slot in slots {
            let key = &self.keys[*slot as usize];
            if key.complete && key.entries.is_empty() {
                *slot = NO_SLOT;
            }
        }
        Ok(())
    }

    fn key(&self, slot: u32) -> &CachedKey {
        &self.keys[slot as usize]
    }

    /// Key group and encoded key of slots: what their keys on disk begin with.
    fn prefixes(&self, slots: &[u32]) -> OperatorResult<Vec<Vec<u8>>> {
        let keys = self.codec.encode(&self.index.keys().columns(slots)?)?;
        let prefixes = slots.iter().enumerate().map(|(row, &slot)| {
            let group = self.index.keys().key_group(slot, self.max_parallelism);
            key_bytes(group, keys.row(row))
        });
        Ok(prefixes.collect())
    }

    fn hash(&self, slot: u32, entry: &[u8]) -> u64 {
        self.hasher.hash_one(entry) ^ self.index.keys().hash(slot)
    }

    /// Whether an entry that is not in memory may be on disk.
    fn may_be_on_disk(&self, slot: u32, entry: &[u8]) -> bool {
        !self.key(slot).complete
            && self.written_entries.may_contain(self.hash(slot, entry))
            && !self.is_forgotten(entry)
    }

    fn is_forgotten(&self, entry: &[u8]) -> bool {
        let forgotten = self.forgotten.as_ref();
        forgotten.is_some_and(|forgotten| forgotten.has(entry))
    }

    pub fn get(&self, slot: u32, entry: &[u8]) -> OperatorResult<Option<Cow<'_, [u8]>>> {
        if slot == NO_SLOT {
            return Ok(None);
        }
        if let Some(known) = self.key(slot).entries.get(entry) {
            return Ok(live(known).map(Cow::Borrowed));
        }
        if !self.may_be_on_disk(slot, entry) {
            return Ok(None);
        }
        let found = self.column.get(&[&self.key(slot).prefix, entry].concat())?;
        Ok(found.map(|value| Cow::Owned(value.to_vec())))
    }

    /// Reads entries that are not known yet in one go.
    pub fn fetch<'e>(
        &mut self,
        entries: impl Iterator<Item = (u32, &'e [u8])>,
    ) -> OperatorResult<()> {
        let wanted: Vec<(u32, &[u8])> = entries
            .filter(|&(slot, entry)| {
                slot != NO_SLOT
                    && self.may_be_on_disk(slot, entry)
                    && self.key(slot).entries.get(entry).is_none()
            })
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let keys = wanted
            .into_iter()
            .map(|(slot, entry)| ([&self.key(slot).prefix, entry].concat(), slot, entry));
        let mut keys: Vec<_> = keys.collect();
        keys.sort_unstable();
        keys.dedup();
        let found = self.column.multi_get(keys.iter().map(|(key, ..)| key))?;
        let found: Vec<_> = found
            .into_iter()
            .map(|value| value.map(|value| value.to_vec()))
            .collect();
        for ((_, slot, entry), value) in keys.iter().zip(found) {
            match value {
                Some(value) => self.set(*slot, entry, Mark::Clean, &value),
                None => self.set(*slot, entry, Mark::Absent, &[]),
            }
        }
        Ok(())
    }

    /// Reads all entries of keys that are not in memory, if they are not more than so many bytes each.
    pub fn fetch_keys(&mut self, slots: &[u32], most_bytes: usize) -> OperatorResult<()> {
        let wanted = slots.iter().copied().filter(|&slot| {
            slot != NO_SLOT && {
                let key = self.key(slot);
                !key.complete && !key.large
            }
        });
        let wanted = wanted.map(|slot| (self.key(slot).prefix.clone(), slot));
        let mut wanted: Vec<(Box<[u8]>, u32)> = wanted.collect();
        if wanted.is_empty() {
            return Ok(());
        }
        wanted.sort_unstable();
        wanted.dedup();
        let column = self.column.clone();
        let mut disk = column.iterator(None)?;
        for (prefix, slot) in wanted {
            let mut bytes = 0;
            disk.seek(&prefix);
            self.keys[slot as usize].complete = loop {
                let Some((key, value)) = disk.item() else {
                    column.check(&disk)?;
                    break true;
                };
                let Some(entry) = key.strip_prefix(&prefix[..]) else {
                    break true;
                };
                bytes += key.len() + value.len();
                if bytes > most_bytes {
                    self.keys[slot as usize].large = true;
                    break false;
                }
                if !self.is_forgotten(entry) && self.key(slot).entries.get(entry).is_none() {
                    self.set(slot, entry, Mark::Clean, value);
                }
                disk.next();
            };
            self.keys[slot as usize].read = true;
        }
        Ok(())
    }

    /// Puts an entry into memory.
    fn set(&mut self, slot: u32, entry: &[u8], mark: Mark, value: &[u8]) {
        self.buffer.clear();
        self.buffer.push(mark as u8);
        self.buffer.extend_from_slice(value);
        let key = &mut self.keys[slot as usize];
        self.entry_bytes += key.entries.put(entry, &self.buffer);
        if mark.is_dirty() && !key.dirty {
            key.dirty = true;
            self.dirty.push(slot);
        }
    }

    pub fn put(&mut self, slot: u32, entry: &[u8], value: &[u8]) {
        let before = self.key(slot).entries.get(entry).map(Mark::of);
        let mark = match before {
            Some(Mark::New | Mark::Absent) => Mark::New,
            Some(_) => Mark::Changed,
            None if self.may_be_on_disk(slot, entry) => Mark::Changed,
            None => Mark::New,
        };
        if !before.is_some_and(Mark::is_dirty) {
            self.dirty_bytes += entry.len() + value.len();
        }
        self.set(slot, entry, mark, value);
    }

    pub fn remove(&mut self, slot: u32, entry: &[u8]) {
        if slot == NO_SLOT {
            return;
        }
        let before = self.key(slot).entries.get(entry);
        let on_disk = match before.map(Mark::of) {
            Some(Mark::New) => false,
            Some(Mark::Clean | Mark::Changed) => true,
            Some(Mark::Removed | Mark::Absent) => return,
            None if self.may_be_on_disk(slot, entry) => true,
            None => return,
        };
        if on_disk {
            if !before.map(Mark::of).is_some_and(Mark::is_dirty) {
                self.dirty_bytes += entry.len();
            }
            return self.set(slot, entry, Mark::Removed, &[]);
        }
        let bytes = entry.len() + before.map_or(0, |value| value.len() - 1);
        self.dirty_bytes = self.dirty_bytes.saturating_sub(bytes);
        let key = &mut self.keys[slot as usize];
        self.entry_bytes += key.entries.remove(entry).unwrap_or_default();
        if key.entries.is_empty() {
            self.passing.push(slot);
        }
    }

    pub fn scan(
        &self,
        slot: u32,
        range: &EntryRange<'_>,
        order: ScanOrder,
        visit: &mut Visit<'_>,
    ) -> OperatorResult<()> {
        if slot == NO_SLOT {
            return Ok(());
        }
        let key = self.key(slot);
        if key.complete {
            // Where it stopped is nothing the caller does not know.
            let _ = key
                .entries
                .scan(range, order, &mut |entry, value| match live(value) {
                    Some(value) => visit(entry, value),
                    None => ControlFlow::Continue(()),
                });
            return Ok(());
        }
        let prefix = &key.prefix;
        let mut disk = self.column.iterator(successor(prefix))?;
        match order {
            ScanOrder::Forward => disk.seek(range.first_key(prefix)),
            ScanOrder::Backward => match successor(&range.last_key(prefix)) {
                Some(last) => disk.seek_for_prev(last),
                None => disk.seek_to_last(),
            },
        }
        let mut known = key.entries.iter(range, order).peekable();
        loop {
            // Backwards, what comes next belongs to another key.
            let found = disk.item().and_then(|(key, value)| {
                let entry = key.strip_prefix(&prefix[..])?;
                let over = match order {
                    ScanOrder::Forward => range.is_after(entry),
                    ScanOrder::Backward => range.is_before(entry),
                };
                (!over).then_some((entry, value))
            });
            let which = match (found, known.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((entry, _)), Some((known, _))) => match order {
                    ScanOrder::Forward => entry.cmp(known),
                    ScanOrder::Backward => Reverse(entry).cmp(&Reverse(*known)),
                },
            };
            let visited = match (which, found) {
                (Ordering::Less, Some((entry, value))) => {
                    let outside = match order {
                        ScanOrder::Forward => range.is_before(entry),
                        ScanOrder::Backward => range.is_after(entry),
                    };
                    match outside || self.is_forgotten(entry) {
                        true => ControlFlow::Continue(()),
                        false => visit(entry, value),
                    }
                }
                _ => match known.next().and_then(|(e, value)| Some((e, live(value)?))) {
                    Some((entry, value)) => visit(entry, value),
                    None => ControlFlow::Continue(()),
                },
            };
            if visited.is_break() {
                return Ok(());
            }
            if which != Ordering::Greater {
                match order {
                    ScanOrder::Forward => disk.next(),
                    ScanOrder::Backward => disk.prev(),
                }
            }
        }
        self.column.check(&disk)
    }

    /// Whether entries can be forgotten by a bound.
    pub fn can_forget(&self) -> bool {
        self.forgotten.is_some()
    }

    /// Forgets of every key the entries up to and with those that begin with `bound`, and all that come before them
    /// later. Called between batches.
    pub fn forget_up_to(&mut self, bound: &[u8]) -> OperatorResult<()> {
        let Some(forgotten) = &mut self.forgotten else {
            return Ok(());
        };
        if !forgotten.raise(bound) {
            return Ok(());
        }
        let range = EntryRange::up_to(bound);
        for (slot, key) in self.keys.iter_mut().enumerate() {
            let first = key.entries.first_key();
            if first.is_none_or(|entry| range.is_after(entry)) {
                continue;
            }
            let dirty_bytes = &mut self.dirty_bytes;
            self.entry_bytes += key.entries.remove_up_to(bound, &mut |entry, value| {
                if Mark::of(value).is_dirty() {
                    let bytes = entry.len() + value.len() - 1;
                    *dirty_bytes = dirty_bytes.saturating_sub(bytes);
                }
            });
            if key.entries.is_empty() {
                self.passing.push(slot as u32);
            }
        }
        if self.written_since > self.left.max(self.share.bytes()) {
            self.sweep()?;
        }
        Ok(())
    }

    /// Deletes what is forgotten from the disk.
    fn sweep(&mut self) -> OperatorResult<()> {
        (self.written_since, self.left) = (0, 0);
        let Some(forgotten) = &self.forgotten else {
            return Ok(());
        };
        let mut disk = self.column.iterator_over_all()?;
        let mut writer = self.column.writer()?;
        disk.seek_to_first();
        while let Some((key, value)) = disk.item() {
            match forgotten.has_key(key) {
                true => writer.delete(key)?,
                false => self.left += key.len() + value.len(),
            }
            disk.next();
        }
        self.column.check(&disk)?;
        writer.finish()
    }

    /// The batch is done.
    pub fn store(&mut self) -> OperatorResult<()> {
        // While files of a checkpoint are taken, writing would wait for that: there may be more then.
        let share = match self.column.database().is_busy() {
            true => 2 * self.share.bytes(),
            false => self.share.bytes(),
        };
        if self.dirty_bytes > (share / 2).min(MOST_DIRTY_BYTES) {
            self.write_out()?;
        }
        let keys = &self.keys;
        self.passing.retain(|&slot| {
            let key = &keys[slot as usize];
            key.entries.is_empty() && !key.read
        });
        let passing = std::mem::take(&mut self.passing);
        self.drop_keys(&passing);
        let bytes = self.cached_bytes();
        if bytes > share {
            self.shrink(share)?;
        } else if bytes > self.generation_bytes + share / GENERATIONS {
            self.begin_generation();
        }
        Ok(())
    }

    fn begin_generation(&mut self) {
        self.generation += 1;
        self.generation_bytes = self.cached_bytes();
    }

    fn cached_bytes(&self) -> usize {
        self.index.len() * KEY_BYTES + usize::try_from(self.entry_bytes).unwrap_or_default()
    }

    /// Keys leave memory: half of them, or all if the others are still too large.
    fn shrink(&mut self, share: usize) -> OperatorResult<()> {
        self.write_out()?;
        let taken = |key: &(usize, &CachedKey)| key.1.taken;
        let keys = self.keys.iter().enumerate().filter(taken);
        let mut by_use: Vec<(u32, u32)> = keys.map(|(slot, key)| (key.used, slot as u32)).collect();
        let middle = by_use.len() / 2;
        if middle > 0 {
            by_use.select_nth_unstable(middle);
        }
        let (old, recent) = by_use.split_at(middle);
        for half in [old, recent] {
            if self.cached_bytes() > share - share / 4 {
                let slots: Vec<u32> = half.iter().map(|(_, slot)| *slot).collect();
                self.drop_keys(&slots);
            }
        }
        self.passing.clear();
        self.begin_generation();
        Ok(())
    }

    /// Forgets that these keys are in memory; they are not dirty.
    fn drop_keys(&mut self, slots: &[u32]) {
        self.index.remove(slots);
        for &slot in slots {
            let key = std::mem::take(&mut self.keys[slot as usize]);
            self.entry_bytes -= key.entries.memory_size() as isize;
        }
    }

    /// Writes what the disk does not know of, in order.
    pub fn write_out(&mut self) -> OperatorResult<()> {
        let mut slots = std::mem::take(&mut self.dirty);
        // A slot that has been given to another key since may be there twice.
        slots.retain(|&slot| std::mem::take(&mut self.keys[slot as usize].dirty));
        self.dirty_bytes = 0;
        if slots.is_empty() {
            return Ok(());
        }
        let mut slots: Vec<(Vec<u8>, u32)> =
            self.prefixes(&slots)?.into_iter().zip(slots).collect();
        slots.sort_unstable();
        let mut writer = self.column.writer()?;
        let mut failed = Ok(());
        let mut full = Vec::new();
        for (prefix, slot) in slots {
            let key_hash = self.index.keys().hash(slot);
            self.written_keys.insert(key_hash);
            let key = &mut self.keys[slot as usize];
            let mut any_removed = false;
            full.clear();
            full.extend_from_slice(&prefix);
            let (written, hasher) = (&mut self.written_entries, &self.hasher);
            let since = &mut self.written_since;
            key.entries.for_each_mut(&mut |entry, value| {
                let mark = Mark::of(value);
                if !mark.is_dirty() || failed.is_err() {
                    return;
                }
                full.truncate(prefix.len());
                full.extend_from_slice(entry);
                if mark == Mark::Removed {
                    any_removed = true;
                    failed = writer.delete(&full);
                } else {
                    written.insert(hasher.hash_one(entry) ^ key_hash);
                    failed = writer.put(&full, &value[1..]);
                    value[0] = Mark::Clean as u8;
                    *since = since.saturating_add(full.len() + value.len());
                }
            });
            if any_removed {
                let is_removed = |value: &[u8]| Mark::of(value) == Mark::Removed;
                self.entry_bytes += key.entries.retain(|_, value| !is_removed(value));
                if key.entries.is_empty() {
                    self.passing.push(slot);
                }
            }
        }
        failed?;
        writer.finish()
    }

    pub fn key_columns(&self, slots: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        self.index.keys().columns(slots)
    }

    pub fn cache_limit(&self) -> CacheLimit {
        self.backend.cache_limit()
    }

    /// About how many entries there are.
    pub fn len(&self) -> usize {
        self.column.estimated_keys()
    }

    pub fn memory_size(&self) -> usize {
        self.column.estimated_bytes() + self.dirty_bytes
    }

    pub fn freeze(
        &mut self,
        codecs: &Arc<Codecs>,
        barrier: Option<CheckpointBarrier>,
        expired_until: Option<i64>,
    ) -> OperatorResult<Box<dyn FrozenRows>> {
        self.write_out()?;
        Ok(Box::new(FrozenRocksMap {
            codecs: Arc::clone(codecs),
            snapshot: self.backend.freeze(self.column.database(), barrier)?,
            column: self.column.clone(),
            forgotten: self.forgotten.clone(),
            expired_until,
        }))
    }
}
