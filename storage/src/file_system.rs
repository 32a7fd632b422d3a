//! The trait, and the choice of an implementation by scheme.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::Result;
use crate::error::StorageError;
use crate::local::LocalFileSystem;
use crate::location::Location;

/// What is known of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// Where it is.
    pub location: Location,
    /// Bytes; 0 for folders.
    pub length: u64,
    /// Whether it is a folder.
    pub is_directory: bool,
    /// When it was last written, ms since the epoch.
    pub modified_ms: i64,
    /// Whose it is and who may do what, where the file system says so with the rest.
    pub attributes: Option<Attributes>,
}

/// Whose a file is, and who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// Permission bits, for example `0o640`.
    pub mode: u32,
    /// The user.
    pub owner: String,
    /// The group.
    pub group: String,
    /// Copies of each block; `None` for folders.
    pub replication: Option<u32>,
    /// Bytes in a block; `None` for folders.
    pub block_size: Option<u64>,
}

/// What to do when the file is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateMode {
    /// Fail with [`StorageError::AlreadyExists`]: of several callers one wins.
    New,
    /// Replace it.
    Overwrite,
}

/// A file being written, front to back. Dropping it without [`OutputFile::finish`] leaves it torn.
pub trait OutputFile: io::Write + Send {
    /// Bytes written so far.
    fn position(&self) -> u64;

    /// Makes what was written durable without ending the file.
    ///
    /// # Errors
    /// When the disk or the network fails.
    fn sync(&mut self) -> Result<()>;

    /// Ends the file: durable and complete.
    ///
    /// # Errors
    /// When the disk or the network fails.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A file open for reading, at any position, by several threads.
pub trait InputFile: Send + Sync {
    /// Its length in bytes when it was opened.
    fn length(&self) -> u64;

    /// Bytes `offset .. offset + length`, fewer only at the end of the file.
    ///
    /// # Errors
    /// When the disk or the network fails.
    fn read_range(&self, offset: u64, length: usize) -> Result<Bytes>;

    /// Says that these bytes will be read next and in order, so that they can be fetched already. A hint: nothing fails,
    /// and any other read may follow.
    fn will_read(&self, range: Range<u64>) {
        let _ = range;
    }
}

/// A file system.
pub trait FileSystem: Send + Sync {
    /// Starts a file; missing folders above it are made.
    ///
    /// # Errors
    /// [`StorageError::AlreadyExists`] with [`CreateMode::New`]; no permission, no space.
    fn create(&self, location: &Location, mode: CreateMode) -> Result<Box<dyn OutputFile>>;

    /// Opens a file.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], no permission.
    fn open(&self, location: &Location) -> Result<Arc<dyn InputFile>>;

    /// What is there.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], no permission.
    fn status(&self, location: &Location) -> Result<FileStatus>;

    /// Direct children of a folder, by name.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], no permission.
    fn list(&self, location: &Location) -> Result<Vec<FileStatus>>;

    /// Makes a folder and those above it; fine when it is there.
    ///
    /// # Errors
    /// No permission, or a file is in the way.
    fn create_directory(&self, location: &Location) -> Result<()>;

    /// Moves a file or folder atomically; folders above `to` must be there.
    ///
    /// # Errors
    /// [`StorageError::AlreadyExists`] when `to` is there, [`StorageError::NotFound`] when `from` is not.
    fn rename(&self, from: &Location, to: &Location) -> Result<()>;

    /// Deletes a file, or with `recursive` a folder and all below it. False when nothing was there.
    ///
    /// # Errors
    /// No permission; a folder that is not empty without `recursive`.
    fn delete(&self, location: &Location, recursive: bool) -> Result<bool>;

    /// Sets the permission bits, for example `0o700`.
    ///
    /// # Errors
    /// [`StorageError::NotFound`], no permission.
    fn set_permissions(&self, location: &Location, mode: u32) -> Result<()>;

    /// Whether something is there.
    ///
    /// # Errors
    /// No permission, unreachable.
    fn exists(&self, location: &Location) -> Result<bool> {
        match self.status(location) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The whole file.
    ///
    /// # Errors
    /// As [`FileSystem::open`] and reading.
    fn read(&self, location: &Location) -> Result<Bytes> {
        let file = self.open(location)?;
        file.read_range(0, file.length() as usize)
    }

    /// Writes a whole file and makes it durable.
    ///
    /// # Errors
    /// As [`FileSystem::create`] and writing.
    fn write(&self, location: &Location, bytes: &[u8], mode: CreateMode) -> Result<()> {
        let mut file = self.create(location, mode)?;
        file.write_all(bytes)
            .map_err(|error| StorageError::from_io(location, error))?;
        file.finish()
    }
}

/// File systems other than the local one, by scheme.
static REGISTERED: RwLock<BTreeMap<String, Arc<dyn FileSystem>>> = RwLock::new(BTreeMap::new());

/// Makes a file system known to [`file_system_for`], for the whole process. One that was known by this scheme is replaced; files
/// that are open stay with it.
pub fn register(scheme: &str, file_system: Arc<dyn FileSystem>) {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    registered.insert(scheme.to_owned(), file_system);
}

/// Schemes that Hadoop's clients know and that are refused by name, with what to write instead.
const UNSUPPORTED: &[(&str, &str)] = &[
    (
        "viewfs",
        "name the file system behind the mount point, for example hdfs://ns1/path",
    ),
    ("webhdfs", "write hdfs:// with the NameNode's RPC address"),
    ("swebhdfs", "write hdfs:// with the NameNode's RPC address"),
    ("har", "unpack the archive"),
    ("s3", OBJECT_STORE),
    ("s3a", OBJECT_STORE),
    ("s3n", OBJECT_STORE),
    ("gs", OBJECT_STORE),
    ("abfs", OBJECT_STORE),
    ("abfss", OBJECT_STORE),
    ("o3fs", OBJECT_STORE),
    ("ofs", OBJECT_STORE),
];

const OBJECT_STORE: &str = "copy the data to HDFS or a local folder";

/// The file system for a location's scheme: the local one, or one that was [registered](register).
///
/// # Errors
/// [`StorageError::UnknownScheme`], [`StorageError::UnsupportedScheme`].
pub fn file_system_for(location: &Location) -> Result<Arc<dyn FileSystem>> {
    if location.is_local() {
        return Ok(Arc::new(LocalFileSystem));
    }
    let scheme = location.scheme();
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = registered.get(scheme) {
        return Ok(Arc::clone(found));
    }
    let (scheme, text) = (scheme.to_owned(), location.to_string());
    let unsupported = UNSUPPORTED.iter().find(|(known, _)| *known == scheme);
    Err(match unsupported {
        Some((_, remedy)) => StorageError::UnsupportedScheme {
            scheme,
            text,
            remedy,
        },
        None => StorageError::UnknownScheme { scheme, text },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_registered_is_found() {
        let there: Location = "memory://x/y".parse().unwrap();
        assert!(file_system_for(&there).is_err());
        register("memory", Arc::new(LocalFileSystem));
        assert!(file_system_for(&there).is_ok());
        assert!(file_system_for(&Location::local("/tmp")).is_ok());
    }

    #[test]
    fn what_hadoop_knows_and_we_do_not_is_refused_by_name() {
        let there: Location = "viewfs://cluster/x".parse().unwrap();
        let error = file_system_for(&there).err().unwrap().to_string();
        assert!(
            error.contains("viewfs is not supported") && error.contains("hdfs://ns1"),
            "{error}"
        );
    }
}
