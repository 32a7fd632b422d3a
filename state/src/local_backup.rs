//! A second copy of a worker's checkpoint files on its own disk (Flink's task-local recovery).
//!
//! What a worker writes into a checkpoint's folder goes into a file of [`LocalBackup`] as well
//! ([`LocalBackup::around`]), under the location of the original. A task that starts again on the worker
//! reads the copy ([`CheckpointFiles`]), and the network and the remote disks are left in peace. Copies are
//! of the newest published checkpoint and of those that are under way.
//!
//! The original decides: a copy that cannot be written, is not there or is damaged is as if there were
//! none. Copies lie below encryption: of an encrypted file they are encrypted. They go with the process.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alpheus_dataflow::ids::CheckpointId;
use alpheus_storage::{
    CreateMode, FileStatus, FileSystem, InputFile, LocalFileSystem, Location, OutputFile,
};

use crate::encryption::{DataKeys, WrappedKey};
use crate::error::Result;
use crate::rocksdb::WorkerFolder;

const CHUNK: usize = 1 << 20;

/// The copies; see the module's documentation.
pub struct LocalBackup {
    copies: Mutex<Copies>,
    path: PathBuf,
    // Deleted with this value.
    _folder: WorkerFolder,
}

#[derive(Default)]
struct Copies {
    next: u64,
    by_location: BTreeMap<String, Copy>,
}

struct Copy {
    path: PathBuf,
    length: u64,
    crc: u32,
    /// The checkpoints that refer to the original.
    checkpoints: BTreeSet<CheckpointId>,
}

impl LocalBackup {
    /// Copies in this folder, which is made.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(LocalBackup {
            _folder: WorkerFolder::create(path)?,
            path: path.to_owned(),
            copies: Mutex::default(),
        })
    }

    fn copies(&self) -> MutexGuard<'_, Copies> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A file system that copies what is written for a checkpoint.
    pub fn around(
        self: &Arc<Self>,
        inner: Arc<dyn FileSystem>,
        checkpoint: CheckpointId,
    ) -> Arc<dyn FileSystem> {
        Arc::new(CopyingFileSystem {
            inner,
            backup: Arc::clone(self),
            checkpoint,
        })
    }

    /// A checkpoint refers to these files, too.
    pub fn refer<'f>(&self, checkpoint: CheckpointId, files: impl Iterator<Item = &'f str>) {
        let mut copies = self.copies();
        for file in files {
            if let Some(copy) = copies.by_location.get_mut(file) {
                copy.checkpoints.insert(checkpoint);
            }
        }
    }

    /// The checkpoint is published: earlier ones are not restored from any more.
    pub fn complete(&self, checkpoint: CheckpointId) {
        self.keep(|checkpoints| *checkpoints = checkpoints.split_off(&checkpoint));
    }

    /// The checkpoint is given up.
    pub fn abort(&self, checkpoint: CheckpointId) {
        self.keep(|checkpoints| {
            checkpoints.remove(&checkpoint);
        });
    }

    fn keep(&self, change: impl Fn(&mut BTreeSet<CheckpointId>)) {
        self.copies().by_location.retain(|_, copy| {
            change(&mut copy.checkpoints);
            let needed = !copy.checkpoints.is_empty();
            if !needed {
                // A reader that has it open reads on.
                let _ = fs::remove_file(&copy.path);
            }
            needed
        });
    }

    /// Deletes all copies; the worker ends.
    pub fn delete(&self) {
        self.copies().by_location.clear();
        // What is left is a leftover for the next worker.
        let _ = fs::remove_dir_all(&self.path);
    }

    /// The copy of a file, if there is one and it is whole.
    pub fn open(&self, location: &Location) -> Option<Arc<dyn InputFile>> {
        let (path, length, crc) = {
            let copies = self.copies();
            let copy = copies.by_location.get(&location.to_string())?;
            (copy.path.clone(), copy.length, copy.crc)
        };
        let checked = checksum(&path).is_ok_and(|found| found == (length, crc));
        let input = checked.then(|| LocalFileSystem.open(&Location::local(&path)).ok());
        let input = input.flatten();
        if input.is_none() {
            tracing::warn!(%location, copy = %path.display(), "the local copy is damaged; reading the original");
            self.copies().by_location.remove(&location.to_string());
        }
        input
    }
}

/// Length and CRC-32 of a file.
fn checksum(path: &Path) -> io::Result<(u64, u32)> {
    let mut file = File::open(path)?;
    let (mut chunk, mut crc, mut length) = (vec![0; CHUNK], crc32fast::Hasher::new(), 0);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((length, crc.finalize())),
            read => {
                crc.update(&chunk[..read]);
                length += read as u64;
            }
        }
    }
}

/// Opens the files of a checkpoint: local copies first, then the originals.
#[derive(Clone, Default)]
pub struct CheckpointFiles {
    /// What they are encrypted with.
    pub keys: DataKeys,
    /// Copies to look for.
    pub local: Option<Arc<LocalBackup>>,
}

impl From<DataKeys> for CheckpointFiles {
    fn from(keys: DataKeys) -> Self {
        CheckpointFiles { keys, local: None }
    }
}

impl CheckpointFiles {
    /// Opens a file that is encrypted with this key, or is not encrypted.
    ///
    /// # Errors
    /// As [`DataKeys::open`].
    pub fn open(&self, file: &str, key: Option<&WrappedKey>) -> Result<Arc<dyn InputFile>> {
        let location: Location = file.parse()?;
        let copy = self.local.as_ref().and_then(|local| local.open(&location));
        match copy {
            Some(copy) => self.keys.decrypt(copy, &location, key),
            None => self.keys.open(file, key),
        }
    }
}

struct CopyingFileSystem {
    inner: Arc<dyn FileSystem>,
    backup: Arc<LocalBackup>,
    checkpoint: CheckpointId,
}

impl FileSystem for CopyingFileSystem {
    fn create(
        &self,
        location: &Location,
        mode: CreateMode,
    ) -> alpheus_storage::Result<Box<dyn OutputFile>> {
        let inner = self.inner.create(location, mode)?;
        let number = {
            let mut copies = self.backup.copies();
            copies.next += 1;
            copies.next
        };
        let path = self.backup.path.join(format!("copy-{number}"));
        let copy = File::create(&path);
        let copy = copy.inspect_err(|error| warn(location, error)).ok();
        Ok(Box::new(CopyingOutput {
            inner: Some(inner),
            copy,
            path,
            crc: crc32fast::Hasher::new(),
            location: location.clone(),
            backup: Arc::clone(&self.backup),
            checkpoint: self.checkpoint,
        }))
    }

    fn open(&self, location: &Location) -> alpheus_storage::Result<Arc<dyn InputFile>> {
        self.inner.open(location)
    }

    fn status(&self, location: &Location) -> alpheus_storage::Result<FileStatus> {
        self.inner.status(location)
    }

    fn list(&self, location: &Location) -> alpheus_storage::Result<Vec<FileStatus>> {
        self.inner.list(location)
    }

    fn create_directory(&self, location: &Location) -> alpheus_storage::Result<()> {
        self.inner.create_directory(location)
    }

    fn rename(&self, from: &Location, to: &Location) -> alpheus_storage::Result<()> {
        self.inner.rename(from, to)
    }

    fn delete(&self, location: &Location, recursive: bool) -> alpheus_storage::Result<bool> {
        self.inner.delete(location, recursive)
    }

    fn set_permissions(&self, location: &Location, mode: u32) -> alpheus_storage::Result<()> {
        self.inner.set_permissions(location, mode)
    }
}

fn warn(location: &Location, error: &io::Error) {
    tracing::warn!(%location, %error, "cannot write the local copy of a checkpoint's file");
}

/// Writes the original, and the copy as long as that goes well.
struct CopyingOutput {
    /// `None` once it is finished.
    inner: Option<Box<dyn OutputFile>>,
    copy: Option<File>,
    path: PathBuf,
    crc: crc32fast::Hasher,
    location: Location,
    backup: Arc<LocalBackup>,
    checkpoint: CheckpointId,
}

fn finished() -> io::Error {
    io::Error::other("the file is finished")
}

impl Write for CopyingOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.as_mut().ok_or_else(finished)?.write(bytes)?;
        if let Some(copy) = &mut self.copy {
            self.crc.update(&bytes[..written]);
            if let Err(error) = copy.write_all(&bytes[..written]) {
                warn(&self.location, &error);
                self.copy = None;
            }
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.as_mut().ok_or_else(finished)?.flush()
    }
}

impl OutputFile for CopyingOutput {
    fn position(&self) -> u64 {
        self.inner.as_ref().map_or(0, |inner| inner.position())
    }

    fn sync(&mut self) -> alpheus_storage::Result<()> {
        match &mut self.inner {
            Some(inner) => inner.sync(),
            None => Ok(()),
        }
    }

    fn finish(mut self: Box<Self>) -> alpheus_storage::Result<()> {
        let length = self.position();
        if let Some(inner) = self.inner.take() {
            inner.finish()?;
        }
        if self.copy.take().is_some() {
            let copy = Copy {
                path: std::mem::take(&mut self.path),
                length,
                crc: self.crc.clone().finalize(),
                checkpoints: BTreeSet::from([self.checkpoint]),
            };
            let location = self.location.to_string();
            let old = self.backup.copies().by_location.insert(location, copy);
            if let Some(old) = old {
                let _ = fs::remove_file(old.path);
            }
        }
        Ok(())
    }
}

impl Drop for CopyingOutput {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.path);
        }
    }
}
