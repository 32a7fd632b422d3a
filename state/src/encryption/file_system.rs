//! A file system whose files are encrypted, over one where they are not.

use std::sync::Arc;

use alpheus_storage::{
    CreateMode, FileStatus, FileSystem, InputFile, Location, OutputFile, Result,
};

use super::keys::DataKey;
use super::stream::{EncryptedInput, EncryptedOutput};

/// Encrypts what is written and opens what is read; everything else passes through. Lengths in
/// [`FileSystem::status`] are those of the encrypted files.
pub struct EncryptedFileSystem {
    inner: Arc<dyn FileSystem>,
    key: DataKey,
}

impl EncryptedFileSystem {
    /// With this key.
    pub fn new(inner: Arc<dyn FileSystem>, key: DataKey) -> Self {
        EncryptedFileSystem { inner, key }
    }
}

impl FileSystem for EncryptedFileSystem {
    fn create(&self, location: &Location, mode: CreateMode) -> Result<Box<dyn OutputFile>> {
        let inner = self.inner.create(location, mode)?;
        Ok(Box::new(EncryptedOutput::new(inner, location, &self.key)?))
    }

    fn open(&self, location: &Location) -> Result<Arc<dyn InputFile>> {
        let inner = self.inner.open(location)?;
        Ok(Arc::new(EncryptedInput::open(inner, location, &self.key)?))
    }

    fn status(&self, location: &Location) -> Result<FileStatus> {
        self.inner.status(location)
    }

    fn list(&self, location: &Location) -> Result<Vec<FileStatus>> {
        self.inner.list(location)
    }

    fn create_directory(&self, location: &Location) -> Result<()> {
        self.inner.create_directory(location)
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        self.inner.rename(from, to)
    }

    fn delete(&self, location: &Location, recursive: bool) -> Result<bool> {
        self.inner.delete(location, recursive)
    }

    fn set_permissions(&self, location: &Location, mode: u32) -> Result<()> {
        self.inner.set_permissions(location, mode)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use alpheus_storage::LocalFileSystem;
    use proptest::prelude::*;

    use super::*;
    use crate::encryption::keys::tests::{line, ring};

    fn key(digit: char) -> DataKey {
        ring(&line("k", digit)).unwrap().new_key().unwrap().data
    }

    fn write(fs: &EncryptedFileSystem, location: &Location, pieces: &[&[u8]]) {
        let mut output = fs.create(location, CreateMode::New).unwrap();
        for piece in pieces {
            output.write_all(piece).unwrap();
        }
        output.finish().unwrap();
    }

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i * 7 + i / 255) as u8).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_range_comes_back_and_no_plain_text_is_stored(
            length in prop_oneof![0usize..300, 65_530usize..65_545, 131_060usize..131_090],
            offset in 0u64..140_000, wanted in 0usize..140_000, cut in any::<prop::sample::Index>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let location = Location::local(folder.path().join("f"));
            let fs = EncryptedFileSystem::new(Arc::new(LocalFileSystem), key('a'));
            let content = content(length);
            let (one, other) = content.split_at(cut.index(length + 1));
            write(&fs, &location, &[one, other]);
            let input = fs.open(&location).unwrap();
            prop_assert_eq!(input.length(), length as u64);
            let start = (offset as usize).min(length);
            let end = (start + wanted).min(length);
            prop_assert_eq!(&input.read_range(offset, wanted).unwrap()[..], &content[start..end]);
            let stored = std::fs::read(location.to_path()).unwrap();
            if length >= 16 {
                prop_assert!(!stored.windows(16).any(|window| window == &content[..16]));
            }
        }

        #[test]
        fn damage_and_other_keys_are_errors(
            position in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<bool>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let location = Location::local(folder.path().join("f"));
            let inner: Arc<dyn FileSystem> = Arc::new(LocalFileSystem);
            let fs = EncryptedFileSystem::new(Arc::clone(&inner), key('a'));
            write(&fs, &location, &[&content(70_000)]);
            let mut stored = std::fs::read(location.to_path()).unwrap();
            let position = position.index(stored.len());
            if cut {
                stored.truncate(position);
            } else {
                stored[position] ^= 1 << bit;
            }
            let read = |fs: &EncryptedFileSystem| fs.read(&location);
            prop_assert!(read(&EncryptedFileSystem::new(inner, key('b'))).is_err());
            std::fs::write(location.to_path(), stored).unwrap();
            prop_assert!(read(&fs).is_err());
        }
    }
}
