//! Which keys and entries may be on disk: what was never written need not be looked for there.
//!
//! Bloom filters whose probes of one hash lie in one cache line (Putze, Sanders, Singler: Cache-, Hash- and
//! Space-Efficient Bloom Filters, 2007). A filter that is full gets a larger one beside it, until together
//! they have their most bytes; from then on the last of them answers "maybe" more and more often, which costs
//! a look at the disk and is never wrong.

/// Bytes of the first filter.
const FIRST_BYTES: usize = 64 << 10;
/// How much larger each further one is.
const GROWTH: usize = 8;
/// How many there are at most: 64 kB, 512 kB and 4 MB, for 3.7 million hashes.
const FILTERS: usize = 3;
const BITS_PER_HASH: usize = 10;
const WORDS: usize = 8;
const PROBES: u32 = 6;

/// The hashes that were written; see the module's documentation.
#[derive(Debug)]
pub(super) struct Written {
    /// The largest, which is filled, comes last.
    filters: Vec<Filter>,
    /// Whether anything may have been written before.
    unknown: bool,
}

#[derive(Debug)]
struct Filter {
    blocks: Vec<[u64; WORDS]>,
    hashes: usize,
}

impl Written {
    /// Nothing was written, or, if `unknown`, nobody knows what.
    pub fn new(unknown: bool) -> Self {
        Written {
            filters: Vec::new(),
            unknown,
        }
    }

    /// Whether it may have been written.
    pub fn may_contain(&self, hash: u64) -> bool {
        let hash = mix(hash);
        self.unknown
            || self
                .filters
                .iter()
                .rev()
                .any(|filter| filter.contains(hash))
    }

    /// It is written now.
    pub fn insert(&mut self, hash: u64) {
        if self.may_contain(hash) {
            return;
        }
        if self.filters.last().is_none_or(Filter::is_full) && self.filters.len() < FILTERS {
            let bytes = FIRST_BYTES * GROWTH.pow(self.filters.len() as u32);
            self.filters.push(Filter::new(bytes));
        }
        if let Some(filter) = self.filters.last_mut() {
            filter.insert(mix(hash));
        }
    }
}

impl Filter {
    fn new(bytes: usize) -> Self {
        Filter {
            blocks: vec![[0; WORDS]; bytes / size_of::<[u64; WORDS]>()],
            hashes: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.hashes * BITS_PER_HASH >= self.blocks.len() * WORDS * 64
    }

    /// The block of a hash, by its upper half.
    fn block(&self, hash: u64) -> usize {
        ((hash >> 32) as usize * self.blocks.len()) >> 32
    }

    fn contains(&self, hash: u64) -> bool {
        let block = &self.blocks[self.block(hash)];
        probes(hash).all(|(word, bit)| block[word] & bit != 0)
    }

    fn insert(&mut self, hash: u64) {
        let block = self.block(hash);
        for (word, bit) in probes(hash) {
            self.blocks[block][word] |= bit;
        }
        self.hashes += 1;
    }
}

/// Word and bit of each probe.
fn probes(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    let bits = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..PROBES).map(move |probe| {
        let bits = bits >> (10 * probe);
        ((bits & 7) as usize, 1 << ((bits >> 3) & 63))
    })
}

/// Spreads what hashes have in common: those of keys share the bits that their key groups come from.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_written_is_denied() {
        let mut written = Written::new(false);
        assert!(!written.may_contain(0));
        let count = 1_000_000;
        (0..count).for_each(|hash| written.insert(hash));
        assert!((0..count).all(|hash| written.may_contain(hash)));
        let wrong = (count..2 * count).filter(|&hash| written.may_contain(hash));
        assert!(wrong.count() < count as usize / 30);
        assert_eq!(written.filters.len(), FILTERS);
        assert!(Written::new(true).may_contain(0));
    }
}
