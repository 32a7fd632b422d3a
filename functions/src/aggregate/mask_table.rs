//! Integers of one group with a few bits each, in as little memory as possible.
//!
//! Open addressing over two arrays, nine bytes a place; a place whose mask is 0 is free. Values only come, they never
//! go one by one, so there are no gravestones. A hash map takes 24 bytes for the same, and most groups of a query with
//! DISTINCT have some dozen values.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

/// Bits by value; see the module's documentation.
#[derive(Clone, Default)]
pub(super) struct MaskTable {
    values: Box<[i64]>,
    masks: Box<[u8]>,
    len: usize,
    /// The bits of NULL.
    null: u8,
}

impl MaskTable {
    /// How many values have bits.
    pub fn len(&self) -> usize {
        self.len + usize::from(self.null != 0)
    }

    /// Adds bits to a value and gives those that it did not have.
    #[inline]
    pub fn add(&mut self, hashes: &DefaultHashBuilder, value: Option<i64>, bits: u8) -> u8 {
        let Some(value) = value else {
            let new = bits & !self.null;
            self.null |= bits;
            return new;
        };
        if bits == 0 {
            return 0;
        }
        if let Some(at) = self.place(hashes, value) {
            let mask = &mut self.masks[at];
            if *mask != 0 {
                let new = bits & !*mask;
                *mask |= bits;
                return new;
            }
        }
        self.insert(hashes, value, bits);
        bits
    }

    /// Where a value is, or the free place where it belongs; none in a table without places.
    #[inline]
    fn place(&self, hashes: &DefaultHashBuilder, value: i64) -> Option<usize> {
        let last = self.masks.len().checked_sub(1)?;
        let mut at = hashes.hash_one(value) as usize & last;
        while self.masks[at] != 0 && self.values[at] != value {
            at = (at + 1) & last;
        }
        Some(at)
    }

    /// Puts a value that is not there.
    fn insert(&mut self, hashes: &DefaultHashBuilder, value: i64, bits: u8) {
        // A quarter stays free, so that the search for a place ends soon.
        if (self.len + 1) * 4 > self.masks.len() * 3 {
            let places = (self.masks.len() * 2).max(4);
            let larger = MaskTable {
                values: vec![0; places].into(),
                masks: vec![0; places].into(),
                len: 0,
                null: self.null,
            };
            let old = std::mem::replace(self, larger);
            for (value, bits) in old.present() {
                self.insert(hashes, value, bits);
            }
        }
        if let Some(at) = self.place(hashes, value) {
            self.values[at] = value;
            self.masks[at] = bits;
            self.len += 1;
        }
    }

    fn present(&self) -> impl Iterator<Item = (i64, u8)> {
        let places = self.values.iter().zip(&self.masks);
        places
            .filter(|(_, mask)| **mask != 0)
            .map(|(&value, &mask)| (value, mask))
    }

    /// The values and their bits, in no order.
    pub fn entries(&self) -> impl Iterator<Item = (Option<i64>, u8)> {
        let null = (self.null != 0).then_some((None, self.null));
        null.into_iter()
            .chain(self.present().map(|(value, mask)| (Some(value), mask)))
    }

    /// Bytes behind the table itself.
    pub fn memory_size(&self) -> usize {
        self.values.len() * (size_of::<i64>() + size_of::<u8>())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_map(
            added in prop::collection::vec(
                (prop::option::weighted(0.9, prop_oneof![-40i64..40, any::<i64>()]), 0u8..16), 0..300)
        ) {
            let hashes = DefaultHashBuilder::default();
            let (mut table, mut map) = (MaskTable::default(), BTreeMap::<Option<i64>, u8>::new());
            for (value, bits) in added {
                let before = map.get(&value).copied().unwrap_or_default();
                prop_assert_eq!(table.add(&hashes, value, bits), bits & !before);
                if bits != 0 {
                    map.insert(value, before | bits);
                }
                prop_assert_eq!(table.len(), map.len());
            }
            let found: BTreeMap<_, _> = table.entries().collect();
            prop_assert_eq!(found, map);
        }
    }
}
