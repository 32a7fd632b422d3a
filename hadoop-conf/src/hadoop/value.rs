//! Typed values of Hadoop's configuration, in Hadoop's syntax.

use super::HostPort;

/// A type that a text of Hadoop's configuration can be read as. The text comes trimmed.
pub trait HadoopValue: Sized {
    /// Reads the text.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    fn read(text: &str) -> Result<Self, String>;
}

impl HadoopValue for String {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl HadoopValue for bool {
    fn read(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("expected true or false".to_owned()),
        }
    }
}

macro_rules! numbers {
    ($($type:ty)+) => {$(
        impl HadoopValue for $type {
            fn read(text: &str) -> Result<Self, String> {
                let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
                let number = match hexadecimal {
                    Some(digits) => <$type>::from_str_radix(digits, 16),
                    None => text.parse(),
                };
                number.map_err(|_| format!("expected a whole number from {} to {}", <$type>::MIN, <$type>::MAX))
            }
        }
    )+};
}

numbers!(u16 i32 u32 i64 u64);

impl HadoopValue for f64 {
    fn read(text: &str) -> Result<Self, String> {
        text.parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .ok_or_else(|| "expected a number".to_owned())
    }
}

/// Separated by commas; blanks around items and empty items do not count.
impl HadoopValue for Vec<String> {
    fn read(text: &str) -> Result<Self, String> {
        Ok(text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

/// `host:port`.
impl HadoopValue for HostPort {
    fn read(text: &str) -> Result<Self, String> {
        HostPort::parse(text, None)
    }
}

/// Hadoop's durations (`Configuration.getTimeDuration`): a number and `ns us ms s m h d`; a number alone counts in
/// the key's own unit.
pub(crate) fn read_millis(text: &str, unit_millis: u64) -> Result<i64, String> {
    const UNITS: &[(&str, i128)] = &[
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    let expected = || "expected a time such as 500ms, 30s, 5m, 1h, 1d".to_owned();
    let text = text.to_ascii_lowercase();
    let (number, nanos) = UNITS
        .iter()
        .find_map(|(suffix, nanos)| Some((text.strip_suffix(suffix)?, *nanos)))
        .unwrap_or((&text, i128::from(unit_millis) * 1_000_000));
    let number: i64 = number.trim().parse().map_err(|_| expected())?;
    i64::try_from(i128::from(number) * nanos / 1_000_000).map_err(|_| expected())
}

/// Hadoop's sizes (`Configuration.getLongBytes`): a number and a binary prefix `k m g t p e`.
pub(crate) fn read_bytes(text: &str) -> Result<u64, String> {
    let text = text.to_ascii_lowercase();
    let expected = || "expected a size in bytes such as 134217728 or 128m".to_owned();
    let shift = match text.chars().last().ok_or_else(expected)? {
        'k' => 10,
        'm' => 20,
        'g' => 30,
        't' => 40,
        'p' => 50,
        'e' => 60,
        _ => 0,
    };
    let digits = if shift == 0 {
        &text[..]
    } else {
        &text[..text.len() - 1]
    };
    let number: u64 = digits.trim().parse().map_err(|_| expected())?;
    number.checked_mul(1 << shift).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes() {
        assert_eq!(read_millis("30s", 1), Ok(30_000));
        assert_eq!(read_millis("20", 1), Ok(20));
        assert_eq!(read_millis("20", 1000), Ok(20_000));
        assert_eq!(read_millis("-1", 1), Ok(-1));
        assert_eq!(read_millis("2 D", 1), Ok(172_800_000));
        assert!(read_millis("soon", 1).is_err());
        assert!(read_millis("9223372036854775807d", 1).is_err());
        assert_eq!(read_bytes("128m"), Ok(134_217_728));
        assert_eq!(read_bytes("7"), Ok(7));
        assert!(read_bytes("").is_err());
        assert!(read_bytes("99999999999e").is_err());
        assert_eq!(i32::read("0x1F"), Ok(31));
    }
}
