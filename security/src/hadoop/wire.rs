//! Hadoop's `Writable` encoding of numbers, byte strings and texts (`WritableUtils`, `Text`).
//!
//! A number from -112 to 127 is one byte; any other has a first byte that tells its sign and how many bytes of
//! magnitude follow. Byte strings and texts have their length in front.

use super::TokenError;

fn wrong(what: &str) -> TokenError {
    TokenError::Malformed(what.to_owned())
}

/// Reads from bytes that nobody vouches for: every length is held against what is left.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], TokenError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| wrong("they end too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, TokenError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn vlong(&mut self) -> Result<i64, TokenError> {
        let first = self.byte()? as i8;
        if first >= -112 {
            return Ok(i64::from(first));
        }
        let (negative, length) = if first < -120 {
            (true, -(i32::from(first) + 120))
        } else {
            (false, -(i32::from(first) + 112))
        };
        let bytes = self.take(usize::try_from(length).unwrap_or(0))?;
        let magnitude = bytes
            .iter()
            .fold(0u64, |all, byte| all << 8 | u64::from(*byte));
        Ok(if negative {
            !(magnitude as i64)
        } else {
            magnitude as i64
        })
    }

    pub(super) fn vint(&mut self) -> Result<i32, TokenError> {
        i32::try_from(self.vlong()?).map_err(|_| wrong("a number is out of range"))
    }

    /// A length or count, which cannot be more than what is left in bytes.
    pub(super) fn length(&mut self) -> Result<usize, TokenError> {
        let length = usize::try_from(self.vint()?).map_err(|_| wrong("a length is negative"))?;
        if length > self.0.len() {
            Err(wrong("they end too early"))
        } else {
            Ok(length)
        }
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], TokenError> {
        let length = self.length()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<String, TokenError> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| wrong("a text is not UTF-8"))
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// The longest encoding of a number.
pub(super) const MAX_NUMBER: usize = 9;

pub(super) fn put_vlong(out: &mut Vec<u8>, value: i64) {
    if let Ok(small) = i8::try_from(value)
        && small >= -112
    {
        out.push(small as u8);
        return;
    }
    let (base, magnitude) = if value < 0 {
        (-120i32, !value as u64)
    } else {
        (-112, value as u64)
    };
    let bytes = magnitude.to_be_bytes();
    let skip = (magnitude.leading_zeros() / 8).min(7) as usize;
    let length = 8 - skip;
    out.push((base - length as i32) as i8 as u8);
    out.extend_from_slice(&bytes[skip..]);
}

/// A byte string; its length fits, because nothing larger than memory can be held.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_vlong(out, bytes.len() as i64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_encodings() {
        let cases: &[(i64, &[u8])] = &[
            (0, &[0]),
            (127, &[127]),
            (-112, &[0x90]),
            (128, &[0x8f, 0x80]),
            (-113, &[0x87, 0x70]),
            (255, &[0x8f, 0xff]),
            (256, &[0x8e, 1, 0]),
            (
                i64::MAX,
                &[0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ),
            (
                i64::MIN,
                &[0x80, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ),
        ];
        for (value, bytes) in cases {
            let mut out = Vec::new();
            put_vlong(&mut out, *value);
            assert_eq!(out, *bytes, "{value}");
            assert_eq!(Reader::new(bytes).vlong().unwrap(), *value);
        }
    }

    proptest! {
        #[test]
        fn numbers_read_back(value in any::<i64>()) {
            let mut out = Vec::new();
            put_vlong(&mut out, value);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.vlong().unwrap(), value);
            prop_assert!(reader.is_at_end());
        }
    }
}
