//! RAND, RAND_INTEGER, UUID.
//!
//! With a seed the numbers are those of `java.util.Random`, which Flink uses: a 48-bit linear
//! congruential generator, whose state lives as long as the compiled call.

use std::sync::{Arc, Mutex, PoisonError};

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Float64Type, Int32Type};
use rand::Rng;

use crate::compile::Args;
use crate::scalar::rows;

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

/// The generator of `java.util.Random`.
struct Seeded(u64);

impl Seeded {
    fn new(seed: i64) -> Self {
        Seeded((seed as u64 ^ MULTIPLIER) & MASK)
    }

    fn next(&mut self, bits: u32) -> i32 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        (self.0 >> (48 - bits)) as i32
    }

    fn double(&mut self) -> f64 {
        let high = i64::from(self.next(26)) << 27;
        (high + i64::from(self.next(27))) as f64 / (1i64 << 53) as f64
    }

    fn below(&mut self, bound: i32) -> i32 {
        let mut bits = self.next(31);
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(bits)) >> 31) as i32;
        }
        loop {
            let value = bits % bound;
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
            bits = self.next(31);
        }
    }
}

/// The generator of a constant seed, kept from batch to batch.
fn seeded(args: &Args<'_>, at: usize) -> Option<Arc<Mutex<Seeded>>> {
    let seed = args.array(at).as_primitive::<Int32Type>();
    (args.values[at].is_constant() && seed.is_valid(0)).then(|| {
        let seed = i64::from(seed.value(0));
        args.cache
            .memo(move |_: &str| Mutex::new(Seeded::new(seed)))
            .get("")
    })
}

pub(super) fn rand(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if args.is_empty() {
        let mut random = rand::rng();
        return rows::primitives::<Float64Type>(args.rows, |_| Ok(Some(random.random::<f64>())));
    }
    if let Some(generator) = seeded(args, 0) {
        let mut generator = generator.lock().unwrap_or_else(PoisonError::into_inner);
        return rows::primitives::<Float64Type>(args.rows, |_| Ok(Some(generator.double())));
    }
    let seeds = args.int(0);
    rows::primitives::<Float64Type>(args.rows, |row| {
        Ok(seeds
            .get(row)
            .map(|seed| Seeded::new(i64::from(seed)).double()))
    })
}

pub(super) fn rand_integer(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let bounds = args.int(args.len() - 1);
    let positive = |bound: i32| {
        if bound > 0 {
            Ok(bound)
        } else {
            Err(OperatorError::data(format!(
                "the bound of RAND_INTEGER has to be positive, but is {bound}"
            )))
        }
    };
    if args.len() == 1 {
        let mut random = rand::rng();
        return rows::primitives::<Int32Type>(args.rows, |row| {
            let bound = bounds.get(row).map(positive).transpose()?;
            Ok(bound.map(|bound| random.random_range(0..bound)))
        });
    }
    if let Some(generator) = seeded(args, 0) {
        let mut generator = generator.lock().unwrap_or_else(PoisonError::into_inner);
        return rows::primitives::<Int32Type>(args.rows, |row| {
            let bound = bounds.get(row).map(positive).transpose()?;
            Ok(bound.map(|bound| generator.below(bound)))
        });
    }
    let seeds = args.int(0);
    rows::primitives::<Int32Type>(args.rows, |row| {
        let bound = bounds.get(row).map(positive).transpose()?;
        Ok(seeds
            .get(row)
            .zip(bound)
            .map(|(seed, bound)| Seeded::new(i64::from(seed)).below(bound)))
    })
}

pub(super) fn uuid(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    use std::fmt::Write as _;
    let mut random = rand::rng();
    rows::strings(args.rows, |_, out| {
        let bits: u128 = random.random();
        // Version 4 and the variant of RFC 9562.
        let bits = bits & !(0xF << 76) | (4 << 76);
        let bits = bits & !(3 << 62) | (2 << 62);
        let hex = format!("{bits:032x}");
        let parts = [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ];
        let _ = write!(out, "{}", parts.join("-"));
        Ok(Some(()))
    })
}
