//! Flink's syntax of memory sizes (`org.apache.flink.configuration.MemorySize`): a whole number and a binary unit;
//! without a unit the number counts bytes. `kb` is 1024 bytes here as there.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct MemorySize(u64);

const UNITS: &[(u64, &[&str])] = &[
    (1 << 40, &["tb", "t", "tebibytes"]),
    (1 << 30, &["gb", "g", "gibibytes"]),
    (1 << 20, &["mb", "m", "mebibytes"]),
    (1 << 10, &["kb", "k", "kibibytes"]),
    (1, &["bytes", "b"]),
];

impl MemorySize {
    /// A size of so many bytes.
    #[must_use]
    pub const fn of_bytes(bytes: u64) -> Self {
        MemorySize(bytes)
    }

    /// A size of so many mebibytes; saturates.
    #[must_use]
    pub const fn of_mebibytes(mebibytes: u64) -> Self {
        MemorySize(mebibytes.saturating_mul(1 << 20))
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The size in whole mebibytes, rounded down.
    #[must_use]
    pub const fn mebibytes(self) -> u64 {
        self.0 >> 20
    }
}

impl FromStr for MemorySize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str =
            "expected a memory size such as '64mb', '1 gb', '512 kb' (a number alone counts bytes)";
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, label) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| EXPECTED.to_owned())?;
        let label = label.trim().to_lowercase();
        let unit = if label.is_empty() {
            1
        } else {
            let found = UNITS
                .iter()
                .find(|(_, labels)| labels.contains(&label.as_str()));
            found.ok_or_else(|| EXPECTED.to_owned())?.0
        };
        number
            .checked_mul(unit)
            .map(MemorySize)
            .ok_or_else(|| "the size is larger than 16 exbibytes".to_owned())
    }
}

impl fmt::Display for MemorySize {
    /// The largest unit that divides the size: `64 mb`, `20 kb`, `7 bytes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = UNITS
            .iter()
            .find(|(scale, _)| self.0 != 0 && self.0.is_multiple_of(*scale));
        let (scale, labels) = fitting.unwrap_or(&UNITS[UNITS.len() - 1]);
        write!(f, "{} {}", self.0 / scale, labels[0])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_flinks_syntax() {
        for (text, bytes) in [
            ("64mb", 64 << 20),
            ("1 gb", 1 << 30),
            ("1g", 1 << 30),
            ("20 kb", 20 << 10),
            ("1234", 1234),
            ("7 Bytes", 7),
            ("2 t", 2u64 << 40),
        ] {
            assert_eq!(text.parse(), Ok(MemorySize::of_bytes(bytes)), "{text}");
        }
        for text in [
            "",
            "mb",
            "-1 mb",
            "1.5 gb",
            "1 mib",
            "99999999999999999999",
            "99999999999 tb",
        ] {
            assert!(text.parse::<MemorySize>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(bytes in any::<u64>()) {
            let size = MemorySize::of_bytes(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
