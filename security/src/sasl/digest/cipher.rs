//! The ciphers of `auth-conf`. A cipher's state runs on from message to message.
//!
//! 3DES is OpenSSL's. RC4 is written out here: OpenSSL 3 keeps it in a provider that is usually not loaded, and it
//! is ten lines.

use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use super::NAME;
use crate::sasl::SaslError;

/// The ciphers that both sides may agree on, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CipherKind {
    TripleDes,
    Rc4,
    Rc4With56,
    Rc4With40,
}

impl CipherKind {
    const ALL: [CipherKind; 4] = [
        CipherKind::TripleDes,
        CipherKind::Rc4,
        CipherKind::Rc4With56,
        CipherKind::Rc4With40,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            CipherKind::TripleDes => "3des",
            CipherKind::Rc4 => "rc4",
            CipherKind::Rc4With56 => "rc4-56",
            CipherKind::Rc4With40 => "rc4-40",
        }
    }

    /// The strongest cipher of a list of names.
    pub(super) fn strongest(names: &str) -> Option<Self> {
        let offered: Vec<&str> = names.split(',').map(str::trim).collect();
        Self::ALL
            .into_iter()
            .find(|kind| offered.contains(&kind.name()))
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How much of the session's secret goes into the key.
    pub(super) const fn secret_length(self) -> usize {
        match self {
            CipherKind::TripleDes | CipherKind::Rc4 => 16,
            CipherKind::Rc4With56 => 7,
            CipherKind::Rc4With40 => 5,
        }
    }

    /// The size to whose multiple messages are padded; 1 for none.
    pub(super) const fn block(self) -> usize {
        match self {
            CipherKind::TripleDes => 8,
            _ => 1,
        }
    }
}

/// A cipher in one direction.
pub(super) enum Stream {
    TripleDes(Crypter),
    Rc4(Box<Rc4>),
}

impl Stream {
    pub(super) fn new(kind: CipherKind, key: &[u8; 16], encrypt: bool) -> Result<Self, SaslError> {
        if kind != CipherKind::TripleDes {
            return Ok(Stream::Rc4(Box::new(Rc4::new(key))));
        }
        // Two keys of 56 bits, used as first, second, first; the rest of the key starts the chain.
        let mut keys = Zeroizing::new([0u8; 24]);
        keys[..8].copy_from_slice(&*with_parity(&key[..7]));
        keys[8..16].copy_from_slice(&*with_parity(&key[7..14]));
        let first = Zeroizing::new(<[u8; 8]>::try_from(&keys[..8]).unwrap_or_default());
        keys[16..].copy_from_slice(&*first);
        let mode = if encrypt {
            Mode::Encrypt
        } else {
            Mode::Decrypt
        };
        let mut crypter =
            Crypter::new(Cipher::des_ede3_cbc(), mode, &*keys, Some(&key[8..])).map_err(failed)?;
        crypter.pad(false);
        Ok(Stream::TripleDes(crypter))
    }

    /// Encrypts or decrypts whole blocks.
    pub(super) fn apply(&mut self, data: &[u8]) -> Result<Vec<u8>, SaslError> {
        match self {
            Stream::TripleDes(crypter) => {
                let mut out = vec![0u8; data.len() + 8];
                let written = crypter.update(data, &mut out).map_err(failed)?;
                out.truncate(written);
                Ok(out)
            }
            Stream::Rc4(rc4) => Ok(rc4.apply(data)),
        }
    }
}

fn failed(error: openssl::error::ErrorStack) -> SaslError {
    SaslError::Mechanism {
        mechanism: NAME,
        reason: format!("OpenSSL does not do 3DES, which this server's privacy needs: {error}"),
    }
}

/// Spreads 56 bits over 8 bytes, whose lowest bits make their parity odd.
fn with_parity(bits: &[u8]) -> Zeroizing<[u8; 8]> {
    let number = bits
        .iter()
        .fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let mut key = Zeroizing::new([0u8; 8]);
    for (i, byte) in key.iter_mut().enumerate() {
        let seven = (number >> (49 - 7 * i) & 0x7f) as u8;
        *byte = seven << 1 | u8::from(seven.count_ones().is_multiple_of(2));
    }
    key
}

/// RC4.
pub(super) struct Rc4 {
    state: Zeroizing<[u8; 256]>,
    i: u8,
    j: u8,
}

impl Rc4 {
    fn new(key: &[u8]) -> Self {
        let mut state = Zeroizing::new([0u8; 256]);
        for (i, cell) in state.iter_mut().enumerate() {
            *cell = i as u8;
        }
        let mut j = 0u8;
        for i in 0..256 {
            j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
            state.swap(i, usize::from(j));
        }
        Rc4 { state, i: 0, j: 0 }
    }

    fn apply(&mut self, data: &[u8]) -> Vec<u8> {
        let mut one = |byte: &u8| {
            self.i = self.i.wrapping_add(1);
            self.j = self.j.wrapping_add(self.state[usize::from(self.i)]);
            self.state.swap(usize::from(self.i), usize::from(self.j));
            let at = self.state[usize::from(self.i)].wrapping_add(self.state[usize::from(self.j)]);
            byte ^ self.state[usize::from(at)]
        };
        data.iter().map(&mut one).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rc4_gives_the_known_streams() {
        assert_eq!(
            Rc4::new(b"Key").apply(b"Plaintext"),
            [0xBB, 0xF3, 0x16, 0xE8, 0xD9, 0x40, 0xAF, 0x0A, 0xD3]
        );
        let mut rc4 = Rc4::new(b"Wiki");
        assert_eq!(
            [rc4.apply(b"pe"), rc4.apply(b"dia")].concat(),
            [0x10, 0x21, 0xBF, 0x04, 0x20]
        );
    }

    #[test]
    fn parity_is_odd_and_bits_are_kept() {
        let key = with_parity(&[0xff, 0, 0xff, 0, 0xff, 0, 0xff]);
        assert!(key.iter().all(|byte| byte.count_ones() % 2 == 1));
        assert_eq!(key[0] >> 1, 0x7f);
        assert_eq!(key[1] >> 1, 0x40);
        assert_eq!(key[7] >> 1, 0x7f);
    }

    #[test]
    fn the_strongest_cipher_is_taken() {
        assert_eq!(
            CipherKind::strongest("3des,rc4,des,rc4-56,rc4-40"),
            Some(CipherKind::TripleDes)
        );
        assert_eq!(
            CipherKind::strongest("des, rc4-40,rc4-56"),
            Some(CipherKind::Rc4With56)
        );
        assert_eq!(CipherKind::strongest("des"), None);
    }

    #[test]
    fn both_directions_agree_across_messages() {
        for kind in CipherKind::ALL {
            let key = *b"0123456789abcdef";
            let mut seal = Stream::new(kind, &key, true).unwrap();
            let mut open = Stream::new(kind, &key, false).unwrap();
            for message in [
                &b"sixteen bytes..."[..],
                &b"8 bytes."[..],
                &b"24 bytes of text in here"[..],
            ] {
                let sealed = seal.apply(message).unwrap();
                assert_ne!(sealed, message);
                assert_eq!(open.apply(&sealed).unwrap(), message);
            }
        }
    }
}
