//! Some entries of one key, sorted and packed into one piece of memory.
//!
//! ```text
//! bytes := (key_length:u32 key value)*      ascending by key
//! ends  := one u32 for each entry: where it ends
//! ```
//!
//! Packed, because most keys hold one or two entries of some dozen bytes, and a tree with a node and
//! two allocations for each would cost more than what it keeps. A leaf stays below [`SPLIT_BYTES`], so
//! that putting an entry in the middle moves a few kilobytes at most.

/// A leaf with more bytes than this is split, unless it holds one entry only.
pub(super) const SPLIT_BYTES: usize = 4096;

/// A run of entries; see the module's documentation.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaf {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

const LENGTH: usize = size_of::<u32>();

impl Leaf {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// About how many bytes it takes in memory. A function of its entries alone, so that sums stay right
    /// when a leaf is copied.
    pub fn memory_size(&self) -> usize {
        self.bytes.len() + self.ends.len() * size_of::<u32>() + size_of::<Leaf>() + 16
    }

    fn start(&self, index: usize) -> usize {
        index
            .checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize)
    }

    /// Key and value of an entry.
    pub fn entry(&self, index: usize) -> (&[u8], &[u8]) {
        let entry = &self.bytes[self.start(index)..self.ends[index] as usize];
        let (length, rest) = entry.split_at(LENGTH);
        let length = length.try_into().map_or(0, u32::from_le_bytes);
        rest.split_at(length as usize)
    }

    /// Key and value of an entry; the value may be changed in place.
    pub fn entry_mut(&mut self, index: usize) -> (&[u8], &mut [u8]) {
        let start = self.start(index);
        let entry = &mut self.bytes[start..self.ends[index] as usize];
        let (length, rest) = entry.split_at_mut(LENGTH);
        let length = (&*length).try_into().map_or(0, u32::from_le_bytes);
        let (key, value) = rest.split_at_mut(length as usize);
        (key, value)
    }

    pub fn first_key(&self) -> &[u8] {
        self.entry(0).0
    }

    /// How many entries come before the first of which `before` does not hold.
    pub fn partition_point(&self, before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            if before(self.entry(middle).0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Where the key is, or where it belongs.
    pub fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let index = self.partition_point(|other| other < key);
        match index < self.len() && self.entry(index).0 == key {
            true => Ok(index),
            false => Err(index),
        }
    }

    /// Makes the bytes `from..to` `length` bytes long, keeping what follows; the new ones are to be filled.
    fn resize_range(&mut self, from: usize, to: usize, length: usize) {
        let (old, tail) = (self.bytes.len(), from + length);
        if tail > to {
            let more = tail - to;
            if self.bytes.capacity() - old < more {
                // Twice as much, as a vector takes, would be room that most keys never fill.
                self.bytes.reserve_exact(more + old / 4);
            }
            self.bytes.resize(old + more, 0);
        }
        self.bytes.copy_within(to..old, tail);
        self.bytes.truncate(old + tail - to);
    }

    /// Adds `after - before` bytes to the ends from `index` on.
    fn shift_ends(&mut self, index: usize, before: usize, after: usize) {
        for end in &mut self.ends[index..] {
            *end = (*end as usize + after - before) as u32;
        }
    }

    /// Puts an entry at the place that [`Leaf::search`] gave.
    pub fn insert(&mut self, index: usize, key: &[u8], value: &[u8]) {
        let (start, length) = (self.start(index), LENGTH + key.len() + value.len());
        self.resize_range(start, start, length);
        let entry = &mut self.bytes[start..start + length];
        entry[..LENGTH].copy_from_slice(&(key.len() as u32).to_le_bytes());
        entry[LENGTH..LENGTH + key.len()].copy_from_slice(key);
        entry[LENGTH + key.len()..].copy_from_slice(value);
        self.shift_ends(index, 0, length);
        self.ends.insert(index, (start + length) as u32);
    }

    /// Gives an entry another value.
    pub fn replace(&mut self, index: usize, value: &[u8]) {
        let end = self.ends[index] as usize;
        let start = end - self.entry(index).1.len();
        if end - start != value.len() {
            self.resize_range(start, end, value.len());
            self.shift_ends(index, end - start, value.len());
        }
        self.bytes[start..start + value.len()].copy_from_slice(value);
    }

    /// Removes entries.
    pub fn remove(&mut self, range: std::ops::Range<usize>) {
        if range.is_empty() {
            return;
        }
        let (start, end) = (self.start(range.start), self.start(range.end));
        self.bytes.drain(start..end);
        self.shift_ends(range.end, end - start, 0);
        self.ends.drain(range);
    }

    /// Takes about the greater half of the bytes away into a leaf of its own.
    pub fn split(&mut self) -> Leaf {
        let half = self.bytes.len() / 2;
        let middle = self.ends.partition_point(|&end| end as usize <= half);
        let middle = middle.clamp(1, self.len() - 1);
        let start = self.start(middle);
        let mut other = Leaf {
            bytes: self.bytes.split_off(start),
            ends: self.ends.split_off(middle),
        };
        other.shift_ends(0, start, 0);
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
        other
    }

    /// Takes over all entries of a leaf whose keys are greater.
    pub fn append(&mut self, other: &Leaf) {
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| end + offset));
    }
}
