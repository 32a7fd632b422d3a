//! SplitMix64: small, fast, and good enough for made-up data (Steele, Lea and Flood 2014).
//!
//! The generator of a row is made from the seed and the row's number, so that rows are a pure function
//! of both and can be made in any order.

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// Random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The generator that starts with this state.
    pub(crate) fn new(state: u64) -> Self {
        Random(state)
    }

    /// The generator of one row (or event).
    #[inline]
    pub(crate) fn for_row(seed: u64, row: u64) -> Self {
        Random(seed ^ row.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// 64 random bits.
    #[inline]
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// As if [`Random::bits`] had been called `count` times.
    #[inline]
    pub(crate) fn skip(&mut self, count: u64) {
        self.0 = self.0.wrapping_add(GAMMA.wrapping_mul(count));
    }

    /// Uniform in `0..bound`, where `bound` is at most 2^31.
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((self.bits() >> 33) * bound) >> 31
    }

    /// Uniform in `0.0..1.0`.
    #[inline]
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `least..=most`; `least` when they are exchanged.
    pub(crate) fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = most.wrapping_sub(least) as u64;
        if most <= least {
            return least;
        }
        let offset = match width.checked_add(1) {
            Some(count) => ((u128::from(self.bits()) * u128::from(count)) >> 64) as u64,
            None => self.bits(),
        };
        least.wrapping_add(offset as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_within_bounds_and_reaches_them() {
        let mut random = Random::new(1);
        let values: Vec<_> = (0..1000).map(|_| random.between(-1, 1)).collect();
        assert!([-1, 0, 1].iter().all(|value| values.contains(value)));
        assert!(values.iter().all(|value| (-1..=1).contains(value)));
        assert_eq!(random.between(5, 5), 5);
        random.between(i64::MIN, i64::MAX);
        assert!((0..1000).all(|_| random.below(3) < 3 && random.unit() < 1.0));
    }

    #[test]
    fn skipping_is_calling() {
        let (mut a, mut b) = (Random::for_row(7, 3), Random::for_row(7, 3));
        a.skip(5);
        for _ in 0..5 {
            b.bits();
        }
        assert_eq!(a.bits(), b.bits());
    }
}
