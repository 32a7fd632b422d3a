//! Small files that the next attempt of the master reads, whole or not at all: written under another name and renamed.

use alpheus_storage::{CreateMode, FileSystem, Location, StorageError};

/// Writes a file that is its owner's alone, in the place of one that may be there. Whoever reads meanwhile sees the old one,
/// the new one or, for the moment between the removal of the one and the renaming of the other, none.
///
/// `writer` tells apart those who may write the same file at once.
///
/// # Errors
/// When the file system does not allow it; then the old one may stay.
pub(super) fn replace(
    fs: &dyn FileSystem,
    location: &Location,
    writer: &str,
    content: &[u8],
) -> Result<(), StorageError> {
    let unfinished = write_beside(fs, location, writer, content)?;
    fs.delete(location, false)?;
    fs.rename(&unfinished, location)
}

/// Writes a file that is its owner's alone and not there yet: from one moment to the next it is there, whole.
///
/// # Errors
/// When there is one already, or the file system does not allow it.
pub(super) fn create(
    fs: &dyn FileSystem,
    location: &Location,
    writer: &str,
    content: &[u8],
) -> Result<(), StorageError> {
    let unfinished = write_beside(fs, location, writer, content)?;
    fs.rename(&unfinished, location)
}

fn write_beside(
    fs: &dyn FileSystem,
    location: &Location,
    writer: &str,
    content: &[u8],
) -> Result<Location, StorageError> {
    let folder = location.parent().unwrap_or_else(|| location.clone());
    let unfinished = folder.join(&format!(".{}.{writer}", location.name()));
    fs.write(&unfinished, content, CreateMode::Overwrite)?;
    fs.set_permissions(&unfinished, 0o600)?;
    Ok(unfinished)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use alpheus_storage::LocalFileSystem;

    use super::*;

    #[test]
    fn a_file_takes_anothers_place_and_is_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = Location::local(dir.path()).join("a.json");
        let fs = LocalFileSystem;
        for content in [b"first", b"later"] {
            replace(&fs, &file, "1", content).unwrap();
            assert_eq!(&*fs.read(&file).unwrap(), content);
        }
        let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().collect();
        assert_eq!(files.len(), 1);
        let mode = files[0].metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let taken = create(&fs, &file, "2", b"other").unwrap_err();
        assert!(matches!(taken, StorageError::AlreadyExists { .. }));
        assert_eq!(&*fs.read(&file).unwrap(), b"later");
    }
}
