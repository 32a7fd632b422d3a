//! All entries of one key, in order, in copy-on-write pieces.
//!
//! One [`Leaf`] while they are few, a sorted list of leaves when they are many. Leaves are shared with
//! frozen copies and copied when they are next written, so that a barrier costs nothing per entry even
//! where a single key holds everything.

use std::cmp::Ordering;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use super::leaf::{Leaf, SPLIT_BYTES};

/// Which entries of a key, by their bytes.
///
/// A bound is compared with as many bytes of an entry as it has itself. So a bound that is the encoding
/// of the first columns means all entries that begin with them: `..= time` takes every row of that
/// time, whatever columns follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryRange<'a> {
    /// Where it begins.
    pub from: Bound<&'a [u8]>,
    /// Where it ends.
    pub to: Bound<&'a [u8]>,
}

impl<'a> EntryRange<'a> {
    /// All entries.
    pub const ALL: EntryRange<'static> = EntryRange {
        from: Bound::Unbounded,
        to: Bound::Unbounded,
    };

    /// The entries that begin with these bytes.
    pub fn prefix(bytes: &'a [u8]) -> Self {
        EntryRange {
            from: Bound::Included(bytes),
            to: Bound::Included(bytes),
        }
    }

    /// The entries that come after those that begin with these bytes.
    pub fn after(bytes: &'a [u8]) -> Self {
        EntryRange {
            from: Bound::Excluded(bytes),
            to: Bound::Unbounded,
        }
    }

    /// The entries up to those that begin with these bytes, and these.
    pub fn up_to(bytes: &'a [u8]) -> Self {
        EntryRange {
            from: Bound::Unbounded,
            to: Bound::Included(bytes),
        }
    }

    /// Bytes at or before the first full key of the range, for a map whose keys begin with `prefix`.
    pub(crate) fn first_key(&self, prefix: &[u8]) -> Vec<u8> {
        match self.from {
            Bound::Unbounded => prefix.to_vec(),
            Bound::Included(bound) | Bound::Excluded(bound) => [prefix, bound].concat(),
        }
    }

    /// Bytes that the last full key of the range begins with or comes before.
    pub(crate) fn last_key(&self, prefix: &[u8]) -> Vec<u8> {
        match self.to {
            Bound::Unbounded => prefix.to_vec(),
            Bound::Included(bound) | Bound::Excluded(bound) => [prefix, bound].concat(),
        }
    }

    /// Whether the entry comes before the range.
    pub(crate) fn is_before(&self, entry: &[u8]) -> bool {
        match self.from {
            Bound::Unbounded => false,
            Bound::Included(bound) => against(entry, bound) == Ordering::Less,
            Bound::Excluded(bound) => against(entry, bound) != Ordering::Greater,
        }
    }

    /// Whether the entry comes after the range.
    pub(crate) fn is_after(&self, entry: &[u8]) -> bool {
        match self.to {
            Bound::Unbounded => false,
            Bound::Included(bound) => against(entry, bound) == Ordering::Greater,
            Bound::Excluded(bound) => against(entry, bound) != Ordering::Less,
        }
    }
}

fn against(entry: &[u8], bound: &[u8]) -> Ordering {
    entry[..entry.len().min(bound.len())].cmp(bound)
}

/// The direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOrder {
    /// The least entry first.
    Forward,
    /// The greatest entry first.
    Backward,
}

/// Called with each entry and its value.
pub(crate) type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'v;

/// Entries of one key; see the module's documentation.
#[derive(Clone, Debug, Default)]
pub(super) enum Entries {
    #[default]
    None,
    One(Arc<Leaf>),
    Many(Arc<Vec<Arc<Leaf>>>),
}

impl Entries {
    fn leaves(&self) -> &[Arc<Leaf>] {
        match self {
            Entries::None => &[],
            Entries::One(leaf) => std::slice::from_ref(leaf),
            Entries::Many(leaves) => leaves,
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Entries::None)
    }

    pub fn first_key(&self) -> Option<&[u8]> {
        self.leaves().first().map(|leaf| leaf.first_key())
    }

    /// The leaf that holds the key if any does.
    fn leaf_of(&self, key: &[u8]) -> usize {
        let leaves = self.leaves();
        let after = leaves.partition_point(|leaf| leaf.first_key() <= key);
        after.saturating_sub(1)
    }

    fn leaf_mut(&mut self, index: usize) -> Option<&mut Leaf> {
        match self {
            Entries::None => None,
            Entries::One(leaf) => Some(Arc::make_mut(leaf)),
            Entries::Many(leaves) => Arc::make_mut(leaves).get_mut(index).map(Arc::make_mut),
        }
    }

    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        let leaf = self.leaves().get(self.leaf_of(key))?;
        let index = leaf.search(key).ok()?;
        Some(leaf.entry(index).1)
    }

    /// Puts a value. Gives by how much memory grew (negative when it shrank).
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> isize {
        let position = self.leaf_of(key);
        let Some(leaf) = self.leaf_mut(position) else {
            let mut leaf = Leaf::default();
            leaf.insert(0, key, value);
            let size = leaf.memory_size();
            *self = Entries::One(Arc::new(leaf));
            return size as isize;
        };
        let before = leaf.memory_size() as isize;
        match leaf.search(key) {
            Ok(index) => leaf.replace(index, value),
            Err(index) => leaf.insert(index, key, value),
        }
        let upper = (leaf.byte_len() > SPLIT_BYTES && leaf.len() > 1).then(|| leaf.split());
        let mut after = leaf.memory_size() as isize;
        if let Some(upper) = upper {
            after += upper.memory_size() as isize;
            self.insert_leaf(position + 1, upper);
        }
        after - before
    }

    fn insert_leaf(&mut self, index: usize, leaf: Leaf) {
        match self {
            Entries::None => *self = Entries::One(Arc::new(leaf)),
            Entries::One(first) => {
                *self = Entries::Many(Arc::new(vec![Arc::clone(first), Arc::new(leaf)]));
            }
            Entries::Many(leaves) => Arc::make_mut(leaves).insert(index, Arc::new(leaf)),
        }
    }

    /// Removes an entry. Gives by how much memory grew, or nothing when it was not there.
    pub fn remove(&mut self, key: &[u8]) -> Option<isize> {
        let position = self.leaf_of(key);
        // Looked up first, so that a miss copies no shared leaf.
        let index = self.leaves().get(position)?.search(key).ok()?;
        Some(self.remove_from_leaf(position, index..index + 1))
    }

    fn remove_from_leaf(&mut self, position: usize, range: std::ops::Range<usize>) -> isize {
        let Some(leaf) = self.leaf_mut(position) else {
            return 0;
        };
        let before = leaf.memory_size() as isize;
        leaf.remove(range);
        let (empty, after) = (leaf.len() == 0, leaf.memory_size() as isize);
        if empty {
            self.drop_leaf(position);
            return -before;
        }
        after - before + self.merge(position)
    }

    fn drop_leaf(&mut self, position: usize) {
        if let Entries::Many(leaves) = self {
            let leaves = Arc::make_mut(leaves);
            leaves.remove(position);
            if let [last] = &leaves[..] {
                *self = Entries::One(Arc::clone(last));
            }
        } else {
            *self = Entries::None;
        }
    }

    /// Makes one leaf of two small neighbors.
    fn merge(&mut self, position: usize) -> isize {
        let Entries::Many(leaves) = self else {
            return 0;
        };
        let first = position.min(leaves.len().saturating_sub(2));
        let [one, other] = [&leaves[first], &leaves[first + 1]];
        if one.byte_len() + other.byte_len() > SPLIT_BYTES / 4 {
            return 0;
        }
        let other = Arc::clone(other);
        let one = Arc::make_mut(&mut Arc::make_mut(leaves)[first]);
        let before = one.memory_size() + other.memory_size();
        one.append(&other);
        let after = one.memory_size();
        self.drop_leaf(first + 1);
        after as isize - before as isize
    }

    /// Removes the first entries, up to and with those that begin with `bound`, and shows them before. Gives by
    /// how much memory grew.
    pub fn remove_up_to(&mut self, bound: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> isize {
        let range = EntryRange::up_to(bound);
        let mut grown = 0;
        while let Some(leaf) = self.leaves().first() {
            let end = leaf.partition_point(|entry| !range.is_after(entry));
            for (entry, value) in (0..end).map(|index| leaf.entry(index)) {
                visit(entry, value);
            }
            if end < leaf.len() {
                if end > 0 {
                    grown += self.remove_from_leaf(0, 0..end);
                }
                break;
            }
            grown -= leaf.memory_size() as isize;
            self.drop_leaf(0);
        }
        grown
    }

    /// Removes the entries of which `keep` does not hold. Gives by how much memory grew.
    pub fn retain(&mut self, keep: impl Fn(&[u8], &[u8]) -> bool) -> isize {
        let mut grown = 0;
        for position in (0..self.leaves().len()).rev() {
            let leaf = &self.leaves()[position];
            let doomed: Vec<usize> = (0..leaf.len())
                .filter(|&index| {
                    let (key, value) = leaf.entry(index);
                    !keep(key, value)
                })
                .collect();
            for run in doomed.chunk_by(|a, b| a + 1 == *b).rev() {
                // Merging moves entries between leaves, so only whole runs at the end would be safe.
                let Some(leaf) = self.leaf_mut(position) else {
                    break;
                };
                let before = leaf.memory_size() as isize;
                leaf.remove(run[0]..run[run.len() - 1] + 1);
                grown += leaf.memory_size() as isize - before;
            }
            if self.leaves()[position].len() == 0 {
                grown -= self.leaves()[position].memory_size() as isize;
                self.drop_leaf(position);
            }
        }
        grown
    }

    /// Shows each entry with its value, which may be changed in place.
    pub fn for_each_mut(&mut self, visit: &mut dyn FnMut(&[u8], &mut [u8])) {
        for position in 0..self.leaves().len() {
            if let Some(leaf) = self.leaf_mut(position) {
                for index in 0..leaf.len() {
                    let (entry, value) = leaf.entry_mut(index);
                    visit(entry, value);
                }
            }
        }
    }

    /// The entries of a range in order.
    pub fn iter<'e>(
        &'e self,
        range: &'e EntryRange<'e>,
        order: ScanOrder,
    ) -> Box<dyn Iterator<Item = (&'e [u8], &'e [u8])> + 'e> {
        let of_leaf = move |leaf: &'e Arc<Leaf>| {
            let from = leaf.partition_point(|entry| range.is_before(entry));
            let to = leaf.partition_point(|entry| !range.is_after(entry));
            (from..to.max(from)).map(|index| leaf.entry(index))
        };
        let leaves = self.leaves_of(range).iter();
        match order {
            ScanOrder::Forward => Box::new(leaves.flat_map(of_leaf)),
            ScanOrder::Backward => Box::new(leaves.rev().flat_map(move |leaf| of_leaf(leaf).rev())),
        }
    }

    /// The leaves that can hold an entry of the range.
    fn leaves_of(&self, range: &EntryRange<'_>) -> &[Arc<Leaf>] {
        let leaves = self.leaves();
        // The first leaf that can hold an entry of the range, and the first that cannot any more.
        let first = leaves
            .partition_point(|leaf| range.is_before(leaf.first_key()))
            .saturating_sub(1);
        let end = leaves.partition_point(|leaf| !range.is_after(leaf.first_key()));
        leaves.get(first..end).unwrap_or_default()
    }

    /// Visits entries in order until `visit` breaks.
    pub fn scan(
        &self,
        range: &EntryRange<'_>,
        order: ScanOrder,
        visit: &mut Visit<'_>,
    ) -> ControlFlow<()> {
        let mut visit_leaf = |leaf: &Leaf| -> ControlFlow<()> {
            let from = leaf.partition_point(|entry| range.is_before(entry));
            let to = leaf.partition_point(|entry| !range.is_after(entry));
            let mut visit_entry = |index: usize| {
                let (entry, value) = leaf.entry(index);
                visit(entry, value)
            };
            match order {
                ScanOrder::Forward => (from..to).try_for_each(&mut visit_entry),
                ScanOrder::Backward => (from..to).rev().try_for_each(&mut visit_entry),
            }
        };
        let leaves = self.leaves_of(range);
        match order {
            ScanOrder::Forward => leaves.iter().try_for_each(|leaf| visit_leaf(leaf)),
            ScanOrder::Backward => leaves.iter().rev().try_for_each(|leaf| visit_leaf(leaf)),
        }
    }

    /// Bytes in memory, counted anew.
    pub fn memory_size(&self) -> usize {
        self.leaves().iter().map(|leaf| leaf.memory_size()).sum()
    }
}
