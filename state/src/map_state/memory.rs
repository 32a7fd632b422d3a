//! `hashmap`: all entries in memory, in an ordered map for each key.

use std::ops::ControlFlow;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::cow::CowVec;
use arrow::array::ArrayRef;

use super::entries::{EntryRange, ScanOrder, Visit};
use super::single::KeyEntries;
use super::value::ValueLayout;
use super::{Access, NO_SLOT};
use crate::key_index::{KeyIndex, Keys};

/// How many slots a batch looks at for expired entries.
const SWEEP: usize = 256;

/// The maps by slot.
pub(super) struct MemoryMap {
    index: KeyIndex,
    maps: CowVec<KeyEntries>,
    /// Slots that may have become empty.
    emptied: Vec<u32>,
    entry_bytes: isize,
    sweep: usize,
}

impl MemoryMap {
    pub fn new(index: KeyIndex) -> Self {
        MemoryMap {
            index,
            maps: CowVec::default(),
            emptied: Vec::new(),
            entry_bytes: 0,
            sweep: 0,
        }
    }

    pub fn load(
        &mut self,
        keys: &[ArrayRef],
        hashes: &[u64],
        access: Access,
        slots: &mut Vec<u32>,
    ) -> OperatorResult<()> {
        if access == Access::Read {
            return self.index.find(keys, hashes, slots);
        }
        let before = self.index.len();
        self.index.intern(keys, hashes, slots)?;
        self.maps.resize(self.index.capacity());
        if self.index.len() > before {
            let maps = &self.maps;
            let new = slots.iter().copied();
            self.emptied
                .extend(new.filter(|&slot| maps.get(slot as usize).is_empty()));
        }
        Ok(())
    }

    pub fn get(&self, slot: u32, entry: &[u8]) -> Option<&[u8]> {
        if slot == NO_SLOT {
            return None;
        }
        self.maps.get(slot as usize).get(entry)
    }

    pub fn put(&mut self, slot: u32, entry: &[u8], value: &[u8]) {
        self.entry_bytes += self.maps.get_mut(slot as usize).put(entry, value);
    }

    pub fn remove(&mut self, slot: u32, entry: &[u8]) {
        if slot == NO_SLOT || self.maps.get(slot as usize).get(entry).is_none() {
            return;
        }
        let map = self.maps.get_mut(slot as usize);
        self.entry_bytes += map.remove(entry).unwrap_or_default();
        if map.is_empty() {
            self.emptied.push(slot);
        }
    }

    /// Removes of each key the entries up to a bound; see [`KeyEntries::remove_up_to`].
    /// Without `slots`, of all keys.
    pub fn remove_up_to(
        &mut self,
        bound: &[u8],
        slots: Option<&[u32]>,
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) {
        let (range, known) = (EntryRange::up_to(bound), self.maps.len());
        let remove = |slot: usize| {
            // Looked at first, so that nothing is copied that a frozen copy shares.
            let first = self.maps.get(slot).first_key();
            if first.is_none_or(|entry| range.is_after(entry)) {
                return;
            }
            let map = self.maps.get_mut(slot);
            self.entry_bytes += map.remove_up_to(bound, visit);
            if map.is_empty() {
                self.emptied.push(slot as u32);
            }
        };
        match slots {
            Some(slots) => {
                let slots = slots.iter().map(|&slot| slot as usize);
                slots.filter(|slot| *slot < known).for_each(remove);
            }
            None => (0..known).for_each(remove),
        }
    }

    pub fn scan(&self, slot: u32, range: &EntryRange<'_>, order: ScanOrder, visit: &mut Visit<'_>) {
        if slot != NO_SLOT {
            // Where it stopped is nothing the caller does not know.
            let _ = self.maps.get(slot as usize).scan(range, order, visit);
        }
    }

    /// Forgets keys without entries, and some expired entries.
    pub fn store(&mut self, layout: ValueLayout, expired_until: Option<i64>) {
        if let Some(until) = expired_until {
            let end = (self.sweep + SWEEP).min(self.maps.len());
            for slot in self.sweep..end {
                let stale = |value: &[u8]| layout.written(value) <= until;
                let mut any = false;
                let found = &mut |_: &[u8], value: &[u8]| match stale(value) {
                    true => {
                        any = true;
                        ControlFlow::Break(())
                    }
                    false => ControlFlow::Continue(()),
                };
                // Looked at first, so that nothing is copied that a frozen copy shares.
                let maps = self.maps.get(slot);
                let _ = maps.scan(&EntryRange::ALL, ScanOrder::Forward, found);
                if any {
                    let map = self.maps.get_mut(slot);
                    self.entry_bytes += map.retain(|_, value| !stale(value));
                    if map.is_empty() {
                        self.emptied.push(slot as u32);
                    }
                }
            }
            self.sweep = if end == self.maps.len() { 0 } else { end };
        }
        let maps = &self.maps;
        self.emptied
            .retain(|&slot| maps.get(slot as usize).is_empty());
        self.index.remove(&self.emptied);
        self.emptied.clear();
    }

    pub fn keys(&self) -> &Keys {
        self.index.keys()
    }

    pub fn len(&self) -> usize {
        self.index.len()
    }

    pub fn freeze(&mut self) -> (Keys, CowVec<KeyEntries>) {
        (self.index.freeze(), self.maps.freeze())
    }

    pub fn memory_size(&self) -> usize {
        self.index.memory_size()
            + self.maps.memory_size()
            + usize::try_from(self.entry_bytes).unwrap_or_default()
    }

    /// Whether the sum that is kept is right.
    #[cfg(test)]
    pub fn counts_its_memory(&self) -> bool {
        let sizes = self.maps.iter().map(KeyEntries::memory_size);
        sizes.sum::<usize>() as isize == self.entry_bytes
    }
}
