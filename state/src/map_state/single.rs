//! All entries of one key in memory, of which most states have one without columns.
//!
//! A deduplication keeps one row a key: its value is one piece of memory here, where [`Entries`] would need three.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::entries::{Entries, EntryRange, ScanOrder, Visit};

/// Entries of one key; see the module's documentation.
#[derive(Clone, Debug)]
pub(super) enum KeyEntries {
    /// The value of the entry without columns, which is the only one.
    Single(Arc<[u8]>),
    /// Any others.
    Ordered(Entries),
}

impl Default for KeyEntries {
    fn default() -> Self {
        KeyEntries::Ordered(Entries::None)
    }
}

fn size_of_single(value: &[u8]) -> isize {
    // The counts of the `Arc`.
    (value.len() + 16) as isize
}

impl KeyEntries {
    pub fn is_empty(&self) -> bool {
        match self {
            KeyEntries::Single(_) => false,
            KeyEntries::Ordered(entries) => entries.is_empty(),
        }
    }

    pub fn first_key(&self) -> Option<&[u8]> {
        match self {
            KeyEntries::Single(_) => Some(&[]),
            KeyEntries::Ordered(entries) => entries.first_key(),
        }
    }

    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        match self {
            KeyEntries::Single(value) => key.is_empty().then_some(value),
            KeyEntries::Ordered(entries) => entries.get(key),
        }
    }

    /// Puts a value. Gives by how much memory grew (negative when it shrank).
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> isize {
        match self {
            KeyEntries::Single(old) if key.is_empty() => {
                let grown = size_of_single(value) - size_of_single(old);
                match Arc::get_mut(old) {
                    Some(old) if old.len() == value.len() => old.copy_from_slice(value),
                    _ => *old = value.into(),
                }
                grown
            }
            KeyEntries::Single(single) => {
                // States have either one entry without columns or entries with some.
                let mut entries = Entries::None;
                let grown = entries.put(&[], single) + entries.put(key, value);
                let grown = grown - size_of_single(single);
                *self = KeyEntries::Ordered(entries);
                grown
            }
            KeyEntries::Ordered(entries) if key.is_empty() && entries.is_empty() => {
                *self = KeyEntries::Single(value.into());
                size_of_single(value)
            }
            KeyEntries::Ordered(entries) => entries.put(key, value),
        }
    }

    /// Removes an entry. Gives by how much memory grew, or nothing when it was not there.
    pub fn remove(&mut self, key: &[u8]) -> Option<isize> {
        match self {
            KeyEntries::Single(value) if key.is_empty() => {
                let size = size_of_single(value);
                *self = KeyEntries::default();
                Some(-size)
            }
            KeyEntries::Single(_) => None,
            KeyEntries::Ordered(entries) => entries.remove(key),
        }
    }

    /// Removes the first entries, up to and with those that begin with `bound`, and shows them before. Gives by
    /// how much memory grew.
    pub fn remove_up_to(&mut self, bound: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> isize {
        match self {
            KeyEntries::Single(value) => {
                if EntryRange::up_to(bound).is_after(&[]) {
                    return 0;
                }
                visit(&[], value);
                self.remove(&[]).unwrap_or_default()
            }
            KeyEntries::Ordered(entries) => entries.remove_up_to(bound, visit),
        }
    }

    /// Removes the entries of which `keep` does not hold. Gives by how much memory grew.
    pub fn retain(&mut self, keep: impl Fn(&[u8], &[u8]) -> bool) -> isize {
        match self {
            KeyEntries::Single(value) if keep(&[], value) => 0,
            KeyEntries::Single(_) => self.remove(&[]).unwrap_or_default(),
            KeyEntries::Ordered(entries) => entries.retain(keep),
        }
    }

    /// Visits entries in order until `visit` breaks.
    pub fn scan(
        &self,
        range: &EntryRange<'_>,
        order: ScanOrder,
        visit: &mut Visit<'_>,
    ) -> ControlFlow<()> {
        match self {
            KeyEntries::Single(_) if range.is_before(&[]) || range.is_after(&[]) => {
                ControlFlow::Continue(())
            }
            KeyEntries::Single(value) => visit(&[], value),
            KeyEntries::Ordered(entries) => entries.scan(range, order, visit),
        }
    }

    /// Bytes in memory, counted anew.
    #[cfg(test)]
    pub fn memory_size(&self) -> usize {
        match self {
            KeyEntries::Single(value) => size_of_single(value) as usize,
            KeyEntries::Ordered(entries) => entries.memory_size(),
        }
    }
}
