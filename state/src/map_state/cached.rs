//! What is in memory of a key whose entries are on disk, and how each entry stands to the disk.

use super::entries::Entries;

/// How an entry in memory stands to the one on disk. The first byte of its value in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Mark {
    /// As on disk.
    Clean,
    /// Not on disk yet.
    New,
    /// On disk it may be there, with another value.
    Changed,
    /// Not there any more, but maybe on disk.
    Removed,
    /// Neither there nor on disk.
    Absent,
}

impl Mark {
    /// The mark of a value in memory.
    pub fn of(value: &[u8]) -> Self {
        match value.first() {
            Some(1) => Mark::New,
            Some(2) => Mark::Changed,
            Some(3) => Mark::Removed,
            Some(4) => Mark::Absent,
            _ => Mark::Clean,
        }
    }

    /// Whether the entry is there.
    pub fn is_live(self) -> bool {
        matches!(self, Mark::Clean | Mark::New | Mark::Changed)
    }

    /// Whether the disk does not know yet.
    pub fn is_dirty(self) -> bool {
        matches!(self, Mark::New | Mark::Changed | Mark::Removed)
    }
}

/// The value behind the mark, if the entry is there.
pub(super) fn live(value: &[u8]) -> Option<&[u8]> {
    match Mark::of(value).is_live() {
        true => value.get(1..),
        false => None,
    }
}

/// A key in memory.
#[derive(Default)]
pub(super) struct CachedKey {
    /// Entries, their values behind [`Mark`]s.
    pub entries: Entries,
    /// Key group and encoded key, which its keys on disk begin with; only where it may have some there.
    pub prefix: Box<[u8]>,
    /// Whether the slot is taken.
    pub taken: bool,
    /// Whether all its entries are in memory.
    pub complete: bool,
    /// Whether its entries were read from disk: what is known of it cost something.
    pub read: bool,
    /// Whether it has more on disk than is to be read at once.
    pub large: bool,
    /// Whether it may have entries that the disk does not know of.
    pub dirty: bool,
    /// The generation that used it last.
    pub used: u32,
}
