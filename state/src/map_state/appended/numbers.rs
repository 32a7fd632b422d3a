//! Integers in as few bytes as the difference of the least and the greatest needs.

/// How many bytes may be read behind the last integer.
const PADDING: usize = size_of::<u64>();

/// Integers of a chunk, each as what it has more than the least, little endian.
#[derive(Debug)]
pub(super) struct Numbers {
    least: i64,
    /// Bytes of each: 0 where all are the same, to 8.
    width: usize,
    bytes: Box<[u8]>,
}

impl Numbers {
    pub fn pack(values: &[i64]) -> Self {
        let least = values.iter().copied().min().unwrap_or_default();
        let greatest = values.iter().copied().max().unwrap_or_default();
        let spread = greatest.wrapping_sub(least) as u64;
        let width = (u64::BITS - spread.leading_zeros()).div_ceil(8) as usize;
        let mut bytes = vec![0; values.len() * width + PADDING];
        if width > 0 {
            for (row, value) in values.iter().enumerate() {
                let more = value.wrapping_sub(least) as u64;
                // What is written too much is zero, and overwritten by the next.
                bytes[row * width..][..PADDING].copy_from_slice(&more.to_le_bytes());
            }
        }
        Numbers {
            least,
            width,
            bytes: bytes.into(),
        }
    }

    /// The integer of a row.
    #[inline]
    pub fn get(&self, row: usize) -> i64 {
        let Some(unused) = (PADDING - self.width)
            .checked_mul(8)
            .filter(|_| self.width > 0)
        else {
            return self.least;
        };
        let mut word = [0; PADDING];
        word.copy_from_slice(&self.bytes[row * self.width..][..PADDING]);
        let more = u64::from_le_bytes(word) << unused >> unused;
        self.least.wrapping_add(more as i64)
    }

    pub fn memory_size(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn gives_back_what_it_was_given(
            values in prop::collection::vec(prop_oneof![any::<i64>(), 0i64..300, Just(i64::MIN), Just(i64::MAX)], 0..20),
        ) {
            let packed = Numbers::pack(&values);
            for (row, value) in values.iter().enumerate() {
                prop_assert_eq!(packed.get(row), *value);
            }
        }
    }

    #[test]
    fn takes_the_bytes_that_the_spread_needs() {
        for (values, width) in [
            (vec![7, 7], 0),
            (vec![1 << 40, (1 << 40) + 255], 1),
            (vec![-1, 255], 2),
            (vec![i64::MIN, i64::MAX], 8),
        ] {
            assert_eq!(Numbers::pack(&values).memory_size(), 2 * width + PADDING);
        }
    }
}
