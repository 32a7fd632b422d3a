//! Unscaled DECIMAL values: powers of ten, rounding, fitting.

use std::cmp::Ordering;

/// 10 to the power of 0..=38.
pub(crate) fn power_of_ten(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}

/// `value` if it has at most `precision` digits.
pub(crate) fn fits(value: i128, precision: u8) -> Option<i128> {
    (value.unsigned_abs() < power_of_ten(precision).unsigned_abs()).then_some(value)
}

/// `value` of scale `from` at scale `to`, rounded half up (away from zero), if it fits `precision`.
pub(crate) fn rescale(value: i128, from: u8, to: u8, precision: u8) -> Option<i128> {
    match to.cmp(&from) {
        Ordering::Equal => fits(value, precision),
        Ordering::Greater => fits(value.checked_mul(power_of_ten(to - from))?, precision),
        Ordering::Less => fits(round_half_up(value, power_of_ten(from - to)), precision),
    }
}

/// `value / divisor` rounded half away from zero; the divisor is positive.
pub(crate) fn round_half_up(value: i128, divisor: i128) -> i128 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    if remainder.unsigned_abs() >= divisor.unsigned_abs().div_ceil(2) {
        quotient + value.signum()
    } else {
        quotient
    }
}
