//! Chance, from the operating system's generator by way of the standard library's hasher keys.

use std::hash::{BuildHasher, Hasher, RandomState};

/// 64 random bits. Good enough for ids and jitter; secrets come from OpenSSL.
fn bits64() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    if let Ok(time) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        hasher.write_u128(time.as_nanos());
    }
    hasher.finish()
}

/// 128 random bits: a job's or an operation's id.
pub fn bits128() -> u128 {
    u128::from(bits64()) << 64 | u128::from(bits64())
}

/// Uniform in -1..=1.
pub fn chance() -> f64 {
    (bits64() >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_varies_and_stays_in_range() {
        let samples: Vec<f64> = (0..1000).map(|_| super::chance()).collect();
        assert!(samples.iter().all(|x| (-1.0..=1.0).contains(x)));
        assert!(samples.iter().any(|x| *x < -0.5) && samples.iter().any(|x| *x > 0.5));
        assert_ne!(super::bits128(), super::bits128());
    }
}
