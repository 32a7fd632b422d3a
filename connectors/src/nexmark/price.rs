//! Prices: log-uniform from 100 to 100,000,000.
//!
//! A price is 10 to a random power, rounded. Computing that power exactly was a tenth of what a bid costs, so
//! it comes from a table and a short series, which are right to eleven digits. Where that is not enough to
//! say how it is rounded, it is computed exactly: the prices are the same.

use std::array;
use std::sync::OnceLock;

use crate::random::Random;

/// Powers of ten in the table, for each whole one.
const STEPS: usize = 64;
/// Prices are at most 10 to this times the least.
const MAGNITUDES: usize = 6;
/// How near to where it is rounded a value may be. The greatest price has an error of 1e-5 at most.
const MARGIN: f64 = 1e-3;

/// The next price.
#[inline]
pub(super) fn price(random: &mut Random) -> i64 {
    rounded(random.unit())
}

/// The price at `unit` of the way from the least to the greatest, in magnitudes.
#[inline]
fn rounded(unit: f64) -> i64 {
    let steps = unit * (MAGNITUDES * STEPS) as f64;
    let step = steps as usize;
    // exp(x) = 10 to the rest of a step; x is below 0.036, so that what is left out is below 2e-14.
    let x = (steps - step as f64) * (std::f64::consts::LN_10 / STEPS as f64);
    let series = 1.0
        + x * (1.0
            + x * (1.0 / 2.0
                + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0))))));
    let value = table()[step] * series + 0.5;
    let price = value as i64;
    let rest = value - price as f64;
    if !(MARGIN..=1.0 - MARGIN).contains(&rest) {
        return exactly(unit);
    }
    price
}

#[cold]
fn exactly(unit: f64) -> i64 {
    (10f64.powf(unit * MAGNITUDES as f64) * 100.0 + 0.5).floor() as i64
}

/// 100 times 10 to the power of each step.
#[inline]
fn table() -> &'static [f64; MAGNITUDES * STEPS + 1] {
    static TABLE: OnceLock<[f64; MAGNITUDES * STEPS + 1]> = OnceLock::new();
    TABLE.get_or_init(|| array::from_fn(|step| 10f64.powf(step as f64 / STEPS as f64) * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_those_of_the_exact_power() {
        let mut random = Random::new(5);
        for _ in 0..300_000 {
            let unit = random.unit();
            assert_eq!(rounded(unit), exactly(unit), "{unit}");
        }
        for step in 0..=MAGNITUDES * STEPS {
            let unit = step as f64 / (MAGNITUDES * STEPS) as f64;
            for unit in [unit.next_down().max(0.0), unit.min(1.0 - 1e-16)] {
                assert_eq!(rounded(unit), exactly(unit), "{unit}");
            }
        }
    }
}
