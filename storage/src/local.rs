//! Files on this machine.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::{Bytes, BytesMut};

use crate::Result;
use crate::error::StorageError;
use crate::file_system::{CreateMode, FileStatus, FileSystem, InputFile, OutputFile};
use crate::location::Location;

const WRITE_BUFFER: usize = 64 * 1024;

/// The operating system's file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalFileSystem;

fn at(location: &Location) -> impl Fn(io::Error) -> StorageError {
    move |error| StorageError::from_io(location, error)
}

fn status_of(location: Location, metadata: &fs::Metadata) -> FileStatus {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    FileStatus {
        location,
        length: if metadata.is_dir() { 0 } else { metadata.len() },
        is_directory: metadata.is_dir(),
        modified_ms: modified.map_or(0, |elapsed| elapsed.as_millis() as i64),
        attributes: None,
    }
}

/// Makes the entries of the folder above `location` durable (a new or renamed name is one).
fn sync_parent(location: &Location) -> Result<()> {
    let Some(parent) = location.parent() else {
        return Ok(());
    };
    File::open(parent.to_path())
        .and_then(|folder| folder.sync_all())
        .map_err(at(&parent))
}

impl FileSystem for LocalFileSystem {
    fn create(&self, location: &Location, mode: CreateMode) -> Result<Box<dyn OutputFile>> {
        if let Some(parent) = location.parent() {
            fs::create_dir_all(parent.to_path()).map_err(at(&parent))?;
        }
        let mut options = OpenOptions::new();
        options.write(true);
        match mode {
            CreateMode::New => options.create_new(true),
            CreateMode::Overwrite => options.create(true).truncate(true),
        };
        let file = options.open(location.to_path()).map_err(at(location))?;
        Ok(Box::new(LocalOutput {
            location: location.clone(),
            writer: BufWriter::with_capacity(WRITE_BUFFER, file),
            position: 0,
        }))
    }

    fn open(&self, location: &Location) -> Result<Arc<dyn InputFile>> {
        let file = File::open(location.to_path()).map_err(at(location))?;
        let metadata = file.metadata().map_err(at(location))?;
        if metadata.is_dir() {
            let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, not a file");
            return Err(StorageError::Io {
                location: location.clone(),
                source: error,
            });
        }
        Ok(Arc::new(LocalInput {
            location: location.clone(),
            file,
            length: metadata.len(),
        }))
    }

    fn status(&self, location: &Location) -> Result<FileStatus> {
        let metadata = fs::metadata(location.to_path()).map_err(at(location))?;
        Ok(status_of(location.clone(), &metadata))
    }

    fn list(&self, location: &Location) -> Result<Vec<FileStatus>> {
        let mut children = Vec::new();
        for entry in fs::read_dir(location.to_path()).map_err(at(location))? {
            let entry = entry.map_err(at(location))?;
            let child = location.join(&entry.file_name().to_string_lossy());
            match fs::metadata(entry.path()) {
                Ok(metadata) => children.push(status_of(child, &metadata)),
                // It went away between the listing and the look.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StorageError::from_io(&child, error)),
            }
        }
        children.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(children)
    }

    fn create_directory(&self, location: &Location) -> Result<()> {
        fs::create_dir_all(location.to_path()).map_err(at(location))
    }

    fn rename(&self, from: &Location, to: &Location) -> Result<()> {
        // A hard link fails when the name is taken, atomically; rename(2) would replace it.
        let source = fs::metadata(from.to_path()).map_err(at(from))?;
        if source.is_dir() {
            if self.exists(to)? {
                return Err(StorageError::AlreadyExists {
                    location: to.clone(),
                });
            }
            fs::rename(from.to_path(), to.to_path()).map_err(at(to))?;
        } else {
            fs::hard_link(from.to_path(), to.to_path()).map_err(at(to))?;
            fs::remove_file(from.to_path()).map_err(at(from))?;
        }
        sync_parent(to)
    }

    fn delete(&self, location: &Location, recursive: bool) -> Result<bool> {
        let path = location.to_path();
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StorageError::from_io(location, error)),
        };
        let removed = match (metadata.is_dir(), recursive) {
            (true, true) => fs::remove_dir_all(path),
            (true, false) => fs::remove_dir(path),
            (false, _) => fs::remove_file(path),
        };
        removed.map(|()| true).map_err(at(location))
    }

    fn set_permissions(&self, location: &Location, mode: u32) -> Result<()> {
        fs::set_permissions(location.to_path(), fs::Permissions::from_mode(mode))
            .map_err(at(location))
    }
}

struct LocalOutput {
    location: Location,
    writer: BufWriter<File>,
    position: u64,
}

impl Write for LocalOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl OutputFile for LocalOutput {
    fn position(&self) -> u64 {
        self.position
    }

    fn sync(&mut self) -> Result<()> {
        self.writer
            .flush()
            .and_then(|()| self.writer.get_ref().sync_data())
            .map_err(at(&self.location))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.sync()?;
        sync_parent(&self.location)
    }
}

struct LocalInput {
    location: Location,
    file: File,
    length: u64,
}

impl InputFile for LocalInput {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_range(&self, offset: u64, length: usize) -> Result<Bytes> {
        let available = self.length.saturating_sub(offset).min(length as u64) as usize;
        let mut buffer = BytesMut::zeroed(available);
        let mut filled = 0;
        while filled < available {
            match self
                .file
                .read_at(&mut buffer[filled..], offset + filled as u64)
            {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(StorageError::from_io(&self.location, error)),
            }
        }
        buffer.truncate(filled);
        Ok(buffer.freeze())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn exclusive_creation_has_one_winner() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::local(folder.path()).join("deep/er/file");
        LocalFileSystem
            .write(&location, b"first", CreateMode::New)
            .unwrap();
        let error = LocalFileSystem
            .create(&location, CreateMode::New)
            .err()
            .unwrap();
        assert!(
            matches!(error, StorageError::AlreadyExists { .. }),
            "{error}"
        );
        assert_eq!(&LocalFileSystem.read(&location).unwrap()[..], b"first");
    }

    #[test]
    fn rename_never_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let base = Location::local(folder.path());
        let (a, b) = (base.join("a"), base.join("b"));
        LocalFileSystem.write(&a, b"a", CreateMode::New).unwrap();
        LocalFileSystem.write(&b, b"b", CreateMode::New).unwrap();
        assert!(matches!(
            LocalFileSystem.rename(&a, &b),
            Err(StorageError::AlreadyExists { .. })
        ));
        LocalFileSystem.delete(&b, false).unwrap();
        LocalFileSystem.rename(&a, &b).unwrap();
        assert!(!LocalFileSystem.exists(&a).unwrap());
        assert_eq!(&LocalFileSystem.read(&b).unwrap()[..], b"a");
    }

    #[test]
    fn reads_ranges_to_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::local(folder.path()).join("f");
        LocalFileSystem
            .write(&location, b"0123456789", CreateMode::New)
            .unwrap();
        let file = LocalFileSystem.open(&location).unwrap();
        assert_eq!(&file.read_range(3, 4).unwrap()[..], b"3456");
        assert_eq!(&file.read_range(8, 10).unwrap()[..], b"89");
        assert!(file.read_range(20, 1).unwrap().is_empty());
    }
}
