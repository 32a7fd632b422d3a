//! Inputs from good ones: flipped bits, pieces cut, doubled, exchanged and inserted, numbers at their
//! ends. Pure: an input is a function of the target's seeds and words, the seed and the number.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// No input is longer.
pub const LONGEST: usize = 16 << 10;

/// Bytes that matter to many formats.
const BYTES: &[u8] = &[
    0, 1, 0x7f, 0x80, 0xff, b'"', b'\'', b'\\', b'\n', b'\r', b'\t', b',', b'{', b'}', b'[', b']',
    b'(', b')', b'<', b'>', b'&', b';', b':', b'-', b'.', b'0', b'9', b'e', b'u', 0xc3, 0xa9, 0xed,
    0xf0,
];
/// Texts that matter to many formats.
const TEXTS: &[&str] = &[
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e999",
    "-0.0",
    "0.000000000000000000000000000000000000001",
    "NaN",
    "null",
    "9999-12-31 23:59:59.999999999",
    "-290308-12-21",
    "\u{feff}",
    "\u{1f600}",
    "\\ud800",
    "\\u0000",
];

/// Input number `number`.
pub fn input(seeds: &[Vec<u8>], words: &[&str], seed: u64, number: u64) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut bytes = pick(&mut random, seeds).cloned().unwrap_or_default();
    // The good inputs themselves come first.
    if let Some(good) = usize::try_from(number).ok().and_then(|at| seeds.get(at)) {
        return good.clone();
    }
    // Mostly few changes: many at once rarely get past the first check.
    let changes = 1 << random.random_range(0..5_u32);
    for _ in 0..random.random_range(1..=changes) {
        change(&mut random, &mut bytes, seeds, words);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn pick<'a, T>(random: &mut StdRng, from: &'a [T]) -> Option<&'a T> {
    match from.len() {
        0 => None,
        length => from.get(random.random_range(0..length)),
    }
}

/// A piece of `bytes`, mostly short.
fn piece(random: &mut StdRng, bytes: &[u8]) -> std::ops::Range<usize> {
    if bytes.is_empty() {
        return 0..0;
    }
    let start = random.random_range(0..bytes.len());
    let most = bytes.len() - start;
    let length = match random.random_range(0..4) {
        0 => random.random_range(0..=most),
        _ => random.random_range(0..=most.min(16)),
    };
    start..start + length
}

fn change(random: &mut StdRng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
    let at = random.random_range(0..=bytes.len());
    let inside = at.min(bytes.len().saturating_sub(1));
    match random.random_range(0..12) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(inside) {
                *byte ^= 1 << random.random_range(0..8);
            }
        }
        2 => {
            if let Some(byte) = bytes.get_mut(inside) {
                *byte = random.random();
            }
        }
        3 => bytes.truncate(at),
        4 => {
            let cut = piece(random, bytes);
            bytes.drain(cut);
        }
        5 => {
            let doubled = bytes[piece(random, bytes)].to_vec();
            let times = random.random_range(1..=3);
            insert(bytes, at, &doubled.repeat(times));
        }
        6 => {
            if let Some(other) = pick(random, seeds) {
                let taken = other[piece(random, other)].to_vec();
                insert(bytes, at, &taken);
            }
        }
        7 => {
            if let Some(&byte) = pick(random, BYTES) {
                insert(bytes, at, &[byte]);
            }
        }
        8 => {
            if let Some(text) = pick(random, TEXTS) {
                insert(bytes, at, text.as_bytes());
            }
        }
        9 | 10 => {
            if let Some(word) = pick(random, words) {
                let spaced = format!(" {word} ");
                let text = if random.random() { &spaced } else { *word };
                insert(bytes, at, text.as_bytes());
            }
        }
        _ => number(random, bytes, at),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    if bytes.len() + piece.len() <= LONGEST {
        bytes.splice(at..at, piece.iter().copied());
    }
}

/// Overwrites a binary number of 2, 4 or 8 bytes with one at the end of its range, or beside its value.
fn number(random: &mut StdRng, bytes: &mut [u8], at: usize) {
    let width = 1 << random.random_range(1..4_u32);
    let Some(field) = bytes.get_mut(at..at + width) else {
        return;
    };
    match random.random_range(0..4) {
        0 => field.fill(0xff),
        1 => field.fill(0),
        2 => {
            field.fill(0xff);
            field[0] = 0x7f;
        }
        _ => {
            let end = if random.random() { 0 } else { width - 1 };
            field[end] = field[end]
                .wrapping_add(random.random_range(0..5))
                .wrapping_sub(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_can_be_had_again_and_differs_from_the_next() {
        let seeds = [b"SELECT 1".to_vec(), b"VALUES (1), (2)".to_vec()];
        let all = |seed| -> Vec<Vec<u8>> {
            (0..200)
                .map(|n| input(&seeds, &["FROM"], seed, n))
                .collect()
        };
        assert_eq!(all(7), all(7));
        assert_ne!(all(7), all(8));
        assert_eq!(all(7)[..2], seeds[..]);
        let mut distinct = all(7);
        distinct.sort();
        distinct.dedup();
        assert!(distinct.len() > 150, "{}", distinct.len());
    }

    #[test]
    fn nothing_to_start_from_is_fine() {
        for number in 0..100 {
            assert!(input(&[], &[], 1, number).len() <= LONGEST);
        }
    }
}
