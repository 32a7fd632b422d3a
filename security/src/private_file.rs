//! Files that only their owner may read, in folders that only their owner may enter.
//!
//! A file is written beside its place and renamed into it, so that a reader sees the old content or the new one,
//! never half of it, and it has mode 0600 from the moment it exists.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::secret::SecretBytes;

/// What can go wrong with a private file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateFileError {
    /// The operating system refused.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// Others could read or change it.
    #[error("{} is open to others (mode {mode:03o}); run: chmod go= {}", path.display(), path.display())]
    OpenToOthers {
        /// The file or folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It belongs to someone else.
    #[error("{} belongs to user id {owner}, but this process runs as {me}", path.display())]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
        /// This process's user id.
        me: u32,
    },
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PrivateFileError {
    let path = path.to_owned();
    move |error| PrivateFileError::Io {
        action,
        path,
        error,
    }
}

/// Creates a folder with mode 0700, and its parents. A folder that is there already must be private.
///
/// # Errors
/// If it cannot be created, is open to others or belongs to someone else.
pub fn create_dir(path: &Path) -> Result<(), PrivateFileError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(io_error("create the folder", path))?;
    let metadata = std::fs::symlink_metadata(path).map_err(io_error("look at", path))?;
    check(path, &metadata)
}

/// Writes a file with mode 0600 in one step; what was there before is replaced.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let mut random = [0u8; 8];
    openssl::rand::rand_bytes(&mut random)
        .map_err(|e| io_error("make a random name beside", path)(io::Error::other(e)))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.tmp", u64::from_ne_bytes(random)));
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    written.map_err(|error| {
        // The error that counts is the first one.
        let _ = std::fs::remove_file(&temporary);
        io_error("write", path)(error)
    })
}

/// Reads a file that must be private.
///
/// # Errors
/// If the file cannot be read, is open to others or belongs to someone else.
pub fn read(path: &Path) -> Result<SecretBytes, PrivateFileError> {
    let mut file = File::open(path).map_err(io_error("read", path))?;
    // Of the open file, so that nobody can exchange it in between.
    let metadata = file.metadata().map_err(io_error("look at", path))?;
    check(path, &metadata)?;
    // Enough room from the start: a vector that grows leaves copies behind.
    let size = usize::try_from(metadata.len()).unwrap_or(0);
    let mut content = Vec::with_capacity(size + 1);
    file.read_to_end(&mut content)
        .map_err(io_error("read", path))?;
    Ok(SecretBytes::new(content))
}

/// Opens a file with mode 0600 to append to it.
///
/// # Errors
/// If it cannot be opened, is open to others or belongs to someone else.
pub fn append(path: &Path) -> Result<File, PrivateFileError> {
    let file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(io_error("open", path))?;
    check(path, &file.metadata().map_err(io_error("look at", path))?)?;
    Ok(file)
}

fn check(path: &Path, metadata: &std::fs::Metadata) -> Result<(), PrivateFileError> {
    // SAFETY: geteuid has no preconditions and cannot fail.
    let me = unsafe { libc::geteuid() };
    let owner = metadata.uid();
    if owner != me {
        return Err(PrivateFileError::Foreign {
            path: path.to_owned(),
            owner,
            me,
        });
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(PrivateFileError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn what_is_written_is_private_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let private = dir.path().join("a/b");
        create_dir(&private).unwrap();
        create_dir(&private).unwrap();
        assert_eq!(mode(&private), 0o700);
        let file = private.join("token");
        write(&file, b"one").unwrap();
        write(&file, b"two").unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(read(&file).unwrap().expose(), b"two");
        assert_eq!(
            std::fs::read_dir(&private).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn what_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        write(&file, b"x").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = read(&file).unwrap_err().to_string();
        assert!(
            error.contains("mode 640") && error.contains("chmod go="),
            "{error}"
        );
        assert!(append(&file).is_err());
        let open = dir.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(
            create_dir(&open),
            Err(PrivateFileError::OpenToOthers { mode: 0o755, .. })
        ));
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("is-a-folder");
        std::fs::create_dir(&target).unwrap();
        std::fs::write(target.join("x"), "x").unwrap();
        assert!(write(&target, b"x").is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
