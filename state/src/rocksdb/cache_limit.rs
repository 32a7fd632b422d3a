//! How much of a state an operator keeps in memory beside its database.

/// Most bytes.
const BYTES: usize = 32 << 20;
/// After how many batches bytes are counted, at the latest, because that may look at every key.
const BATCHES: u32 = 16;

/// A limit of keys and bytes, which is looked at after each batch.
#[derive(Clone, Debug)]
pub struct CacheLimit {
    keys: usize,
    batches: u32,
    /// What a key took when bytes were last counted.
    bytes_per_key: usize,
}

impl CacheLimit {
    /// With this many keys at most.
    pub(super) fn new(keys: usize) -> Self {
        CacheLimit {
            keys,
            batches: 0,
            bytes_per_key: 0,
        }
    }

    /// Whether so many keys, which take so many bytes, are too much. Bytes are counted when they look like
    /// it, and now and then.
    pub fn is_exceeded(&mut self, keys: usize, bytes: impl FnOnce() -> usize) -> bool {
        if keys > self.keys {
            return true;
        }
        self.batches += 1;
        let looks_large = self.bytes_per_key == 0 || keys * self.bytes_per_key > BYTES;
        if keys == 0 || (!looks_large && self.batches < BATCHES) {
            return false;
        }
        let bytes = bytes();
        self.batches = 0;
        self.bytes_per_key = bytes.div_ceil(keys);
        bytes > BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_when_they_look_large() {
        let mut limit = CacheLimit::new(1000);
        let unseen = || panic!("counted");
        assert!(limit.is_exceeded(1001, unseen));
        assert!(!limit.is_exceeded(10, || 10 * 100));
        for _ in 1..BATCHES {
            assert!(!limit.is_exceeded(1000, unseen));
        }
        assert!(limit.is_exceeded(1000, || BYTES + 1));
        // Now a key is known to be large.
        assert!(!limit.is_exceeded(900, unseen));
        assert!(limit.is_exceeded(1000, || BYTES + 1));
    }
}
