//! Data keys, and the keys from a file that wrap them.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alpheus_storage::{InputFile, Location, file_system_for};
use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::stream::EncryptedInput;
use crate::error::{Result, StateError};

/// Bytes of a key, a nonce and a tag of AES-256-GCM.
pub(super) const KEY: usize = 32;
pub(super) const NONCE: usize = 12;
pub(super) const TAG: usize = 16;
/// Authenticated with a wrapped key, in front of the wrapping key's id.
const PURPOSE: &[u8] = b"alpheus data key v1 ";

/// The key that the files of one checkpoint are encrypted with. Never shown, gone from memory when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataKey([u8; KEY]);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(******)")
    }
}

impl DataKey {
    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

/// A data key as it is stored: `id:` and hexadecimal digits of nonce, encrypted key and tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WrappedKey(pub String);

impl WrappedKey {
    /// The id of the key that wraps it.
    pub fn key_id(&self) -> &str {
        self.0.split_once(':').map_or("", |(id, _)| id)
    }
}

/// A data key in both forms: what a worker writes a checkpoint with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointKey {
    /// For the handles of what is written.
    pub wrapped: WrappedKey,
    /// For the files.
    pub data: DataKey,
}

/// Data keys by their stored form: what a worker restores with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DataKeys(Vec<CheckpointKey>);

impl DataKeys {
    /// Adds a key.
    pub fn add(&mut self, key: CheckpointKey) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    /// The key for files whose handles have this one.
    ///
    /// # Errors
    /// When it is not among them.
    pub fn get(&self, wrapped: &WrappedKey) -> Result<&DataKey> {
        let found = self.0.iter().find(|key| key.wrapped == *wrapped);
        found.map(|key| &key.data).ok_or_else(|| StateError::NoKey {
            id: wrapped.key_id().to_owned(),
        })
    }
}

impl DataKeys {
    /// Opens a file that is encrypted with this key, or is not encrypted.
    ///
    /// # Errors
    /// When the key is not among these or does not fit, or the file cannot be read.
    pub fn open(&self, file: &str, key: Option<&WrappedKey>) -> Result<Arc<dyn InputFile>> {
        let location: Location = file.parse()?;
        let input = file_system_for(&location)?.open(&location)?;
        self.decrypt(input, &location, key)
    }

    /// What a file holds that is encrypted with this key, or is not encrypted. `location` is that of the
    /// original.
    ///
    /// # Errors
    /// When the key is not among these or does not fit, or the file cannot be read.
    pub fn decrypt(
        &self,
        input: Arc<dyn InputFile>,
        location: &Location,
        key: Option<&WrappedKey>,
    ) -> Result<Arc<dyn InputFile>> {
        Ok(match key {
            Some(key) => Arc::new(EncryptedInput::open(input, location, self.get(key)?)?),
            None => input,
        })
    }
}

/// The keys of a key file; see the [module](super).
pub struct KeyRing {
    file: PathBuf,
    current: String,
    keys: BTreeMap<String, Zeroizing<[u8; KEY]>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&String> = self.keys.keys().collect();
        f.debug_struct("KeyRing")
            .field("file", &self.file)
            .field("ids", &ids)
            .finish()
    }
}

impl KeyRing {
    /// Reads a key file.
    ///
    /// # Errors
    /// When it cannot be read, others may read it, or it is malformed. The error never shows a key.
    pub fn read(file: &Path) -> Result<Self> {
        let wrong = |detail: String| StateError::KeyFile {
            file: file.display().to_string(),
            detail,
        };
        let metadata = fs::metadata(file).map_err(|error| wrong(error.to_string()))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(wrong(format!(
                "others may read it (mode {mode:04o}); chmod 600"
            )));
        }
        let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let text = Zeroizing::new(text);
        let mut ring = KeyRing {
            file: file.to_owned(),
            current: String::new(),
            keys: BTreeMap::new(),
        };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let malformed = |what: &str| wrong(format!("line {}: {what}", number + 1));
            let Some((id, digits)) = line.split_once(char::is_whitespace) else {
                return Err(malformed("expected an id and 64 hexadecimal digits"));
            };
            if id.contains(':') {
                return Err(malformed("an id has no colon"));
            }
            let bytes = from_hex(digits.trim()).map(Zeroizing::new);
            let key = bytes.and_then(|bytes| <[u8; KEY]>::try_from(bytes.as_slice()).ok());
            let Some(key) = key.map(Zeroizing::new) else {
                return Err(malformed("a key has 64 hexadecimal digits"));
            };
            if ring.keys.insert(id.to_owned(), key).is_some() {
                return Err(malformed("the id is there twice"));
            }
            if ring.current.is_empty() {
                id.clone_into(&mut ring.current);
            }
        }
        if ring.keys.is_empty() {
            return Err(wrong(
                "it has no key; write one as `id hex`, for example with `openssl rand -hex 32`"
                    .to_owned(),
            ));
        }
        Ok(ring)
    }

    /// A new data key, wrapped by the first key of the file.
    ///
    /// # Errors
    /// When OpenSSL has no random numbers.
    pub fn new_key(&self) -> Result<CheckpointKey> {
        let mut data = DataKey([0; KEY]);
        rand_bytes(&mut data.0)?;
        let mut nonce = [0; NONCE];
        rand_bytes(&mut nonce)?;
        let id = &self.current;
        let key = self.keys.get(id).ok_or_else(|| self.missing(id))?;
        let mut tag = [0; TAG];
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            key.as_slice(),
            Some(&nonce),
            &associated(id),
            &data.0,
            &mut tag,
        )?;
        let bytes = [&nonce[..], &sealed, &tag].concat();
        Ok(CheckpointKey {
            wrapped: WrappedKey(format!("{id}:{}", to_hex(&bytes))),
            data,
        })
    }

    fn missing(&self, id: &str) -> StateError {
        StateError::KeyFile {
            file: self.file.display().to_string(),
            detail: format!(
                "the state was encrypted with key `{id}`, which is not in it; add that key"
            ),
        }
    }

    /// The data key that [`KeyRing::new_key`] made once.
    ///
    /// # Errors
    /// When the key that wrapped it is not in the file, or is another one of that id.
    pub fn unwrap(&self, wrapped: &WrappedKey) -> Result<CheckpointKey> {
        let id = wrapped.key_id();
        let key = self.keys.get(id).ok_or_else(|| self.missing(id))?;
        let digits = wrapped.0.split_once(':').map_or("", |(_, digits)| digits);
        let wrong = || StateError::KeyFile {
            file: self.file.display().to_string(),
            detail: format!(
                "its key `{id}` is not the one that the state was encrypted with, or what is stored of it \
                 is damaged"
            ),
        };
        let bytes = from_hex(digits).filter(|bytes| bytes.len() == NONCE + KEY + TAG);
        let bytes = bytes.ok_or_else(wrong)?;
        let (nonce, rest) = bytes.split_at(NONCE);
        let (sealed, tag) = rest.split_at(KEY);
        let opened = decrypt_aead(
            Cipher::aes_256_gcm(),
            key.as_slice(),
            Some(nonce),
            &associated(id),
            sealed,
            tag,
        );
        let opened = Zeroizing::new(opened.map_err(|_| wrong())?);
        let data = <[u8; KEY]>::try_from(opened.as_slice()).map_err(|_| wrong())?;
        Ok(CheckpointKey {
            wrapped: wrapped.clone(),
            data: DataKey(data),
        })
    }
}

fn associated(id: &str) -> Vec<u8> {
    [PURPOSE, id.as_bytes()].concat()
}

fn to_hex(bytes: &[u8]) -> String {
    use fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| match pair {
        [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
        _ => None,
    });
    bytes.collect()
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub(crate) fn ring(text: &str) -> Result<KeyRing> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        KeyRing::read(&file)
    }

    pub(crate) fn line(id: &str, digit: char) -> String {
        format!("{id} {}\n", digit.to_string().repeat(64))
    }

    #[test]
    fn a_key_is_changed_by_putting_a_new_one_on_top() {
        let old = ring(&line("2025", 'a')).unwrap();
        let key = old.new_key().unwrap();
        assert_eq!(key.wrapped.key_id(), "2025");
        assert_ne!(old.new_key().unwrap().data, key.data);
        let both = ring(&format!(
            "# keys\n\n{}{}",
            line("2026", 'b'),
            line("2025", 'a')
        ))
        .unwrap();
        assert_eq!(both.unwrap(&key.wrapped).unwrap(), key);
        assert_eq!(both.new_key().unwrap().wrapped.key_id(), "2026");
        let new = ring(&line("2026", 'b')).unwrap();
        let error = new.unwrap(&key.wrapped).unwrap_err().to_string();
        assert!(
            error.contains("with key `2025`, which is not in it"),
            "{error}"
        );
        let other = ring(&line("2025", 'c')).unwrap();
        let error = other.unwrap(&key.wrapped).unwrap_err().to_string();
        assert!(error.contains("its key `2025` is not the one"), "{error}");
    }

    #[test]
    fn bad_key_files_are_refused_without_showing_keys() {
        for (text, words) in [
            ("", "it has no key"),
            ("a", "line 1: expected an id"),
            ("a 12", "line 1: a key has 64"),
            ("a:b 12", "no colon"),
            (
                &format!("{}{}", line("a", '1'), line("a", '2')),
                "line 2: the id is there twice",
            ),
        ] {
            let error = ring(text).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("1111"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, line("a", '1')).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let error = KeyRing::read(&file).unwrap_err().to_string();
        assert!(error.contains("others may read it (mode 0640)"), "{error}");
        let shown = format!("{:?}", ring(&line("a", '1')).unwrap().new_key().unwrap());
        assert!(shown.contains("******"), "{shown}");
    }
}
