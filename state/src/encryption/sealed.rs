//! A few bytes that are encrypted as a whole, with a data key of their own: `_metadata`.
//!
//! ```text
//! "ALPHSEAL" length:u32 wrapped-key ciphertext tag:[16]      the nonce is zero: no key seals twice
//! ```

use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use super::keys::{KeyRing, NONCE, TAG, WrappedKey};
use crate::error::{Result, StateError};

const MAGIC: &[u8; 8] = b"ALPHSEAL";
const LENGTH: usize = size_of::<u32>();

/// Seals bytes with a new key.
///
/// # Errors
/// When OpenSSL fails.
pub(crate) fn seal(plain: &[u8], keys: &KeyRing) -> Result<Vec<u8>> {
    let key = keys.new_key()?;
    let mut sealed = MAGIC.to_vec();
    sealed.extend((key.wrapped.0.len() as u32).to_le_bytes());
    sealed.extend(key.wrapped.0.as_bytes());
    let mut tag = [0; TAG];
    let nonce = [0; NONCE];
    let cipher = Cipher::aes_256_gcm();
    let body = encrypt_aead(
        cipher,
        key.data.bytes(),
        Some(&nonce),
        &sealed,
        plain,
        &mut tag,
    )?;
    sealed.extend(body);
    sealed.extend(tag);
    Ok(sealed)
}

/// The bytes that were sealed; `None` when these are not sealed. `file` is for messages.
///
/// # Errors
/// When there is no key for them, or they were changed.
pub(crate) fn open(bytes: &[u8], file: &str, keys: Option<&KeyRing>) -> Result<Option<Vec<u8>>> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Ok(None);
    };
    let damaged = || StateError::damaged(file, "it was changed or cut off after it was encrypted");
    let (length, rest) = rest.split_first_chunk::<LENGTH>().ok_or_else(damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (wrapped, rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let wrapped = WrappedKey(String::from_utf8(wrapped.to_vec()).map_err(|_| damaged())?);
    let Some(keys) = keys else {
        return Err(StateError::NoKey {
            id: wrapped.key_id().to_owned(),
        });
    };
    let key = keys.unwrap(&wrapped)?;
    let (body, tag) = rest.split_last_chunk::<TAG>().ok_or_else(damaged)?;
    let nonce = [0; NONCE];
    let associated = &bytes[..bytes.len() - rest.len()];
    let cipher = Cipher::aes_256_gcm();
    let plain = decrypt_aead(
        cipher,
        key.data.bytes(),
        Some(&nonce),
        associated,
        body,
        tag,
    );
    plain.map(Some).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encryption::keys::tests::{line, ring};

    #[test]
    fn opens_with_its_key_alone() {
        let keys = ring(&line("k", 'a')).unwrap();
        let sealed = seal(b"content", &keys).unwrap();
        assert_eq!(
            open(&sealed, "f", Some(&keys)).unwrap().unwrap(),
            b"content"
        );
        assert_eq!(open(b"content", "f", None).unwrap(), None);
        let error = open(&sealed, "f", None).unwrap_err().to_string();
        assert!(error.contains("encrypted with key `k`; set"), "{error}");
        let other = ring(&line("k", 'b')).unwrap();
        assert!(open(&sealed, "f", Some(&other)).is_err());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            let opened = open(&changed, "f", Some(&keys));
            assert!(matches!(opened, Err(_) | Ok(None)), "{position}");
            let cut = open(&sealed[..position], "f", Some(&keys));
            assert!(matches!(cut, Err(_) | Ok(None)), "{position}");
        }
    }
}
