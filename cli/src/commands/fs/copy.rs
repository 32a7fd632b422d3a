//! `cat`, `put` and `get`. What is written appears under its name when it is complete, or not at all.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use alpheus_storage::{CreateMode, FileStatus, FileSystem, Location, StorageError};

use super::{expand, open, print};
use crate::exit::{CliError, CliResult};

/// Bytes that are copied at once.
const BLOCK: usize = 1 << 20;

/// Writes files to standard output.
pub(super) fn cat(paths: &[String]) -> CliResult<()> {
    for path in paths {
        let (fs, found) = expand(path)?;
        for file in found {
            let mut closed = false;
            read(&*fs, &file, &mut |block| {
                closed = print(block)?;
                Ok(!closed)
            })?;
            if closed {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Copies files of this machine.
pub(super) fn put(paths: &[String], force: bool) -> CliResult<()> {
    let Some((target, sources)) = paths.split_last() else {
        return Ok(());
    };
    let (fs, target_location) = open(target)?;
    let into_folder = match fs.status(&target_location) {
        Ok(status) => status.is_directory,
        Err(error) if error.is_not_found() => target.ends_with('/'),
        Err(error) => return Err(CliError::failed(error)),
    };
    if sources.len() > 1 && !into_folder {
        return Err(CliError::usage(format!(
            "{target} is no folder; make one with `alpheus fs mkdir {target}`"
        )));
    }
    for source in sources {
        let place = match (into_folder, source.as_str()) {
            (false, _) => target_location.clone(),
            (true, "-") => {
                return Err(CliError::usage(
                    "standard input has no name: give the name of a file, not of a folder",
                ));
            }
            (true, source) => target_location.join(&name_of(Path::new(source))?),
        };
        let mut input: Box<dyn Read> = match source.as_str() {
            "-" => Box::new(std::io::stdin().lock()),
            source => Box::new(local_file(Path::new(source))?),
        };
        write_whole(&*fs, &place, &mut input, force)?;
    }
    Ok(())
}

fn local_file(path: &Path) -> CliResult<File> {
    let failed = |error: std::io::Error| CliError::usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(CliError::usage(format!(
            "{} is a folder; name the files in it",
            path.display()
        )));
    }
    Ok(file)
}

fn name_of(path: &Path) -> CliResult<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| {
        CliError::usage(format!("{} has no name that could be used", path.display()))
    })
}

/// Writes a file beside its place and renames it when it is complete.
fn write_whole(
    fs: &dyn FileSystem,
    place: &Location,
    input: &mut dyn Read,
    force: bool,
) -> CliResult<()> {
    let exists = || {
        CliError::failed(format!(
            "{} Replace it with -f",
            StorageError::AlreadyExists {
                location: place.clone()
            }
        ))
    };
    let there = fs.exists(place).map_err(CliError::failed)?;
    if there && !force {
        return Err(exists());
    }
    let folder = place.parent().unwrap_or_else(|| place.clone());
    let partial = folder.join(&format!(
        "._{}.{:016x}.copying",
        place.name(),
        alpheus_am::random::bits128() as u64
    ));
    let written = (|| {
        let mut output = fs
            .create(&partial, CreateMode::New)
            .map_err(CliError::failed)?;
        let mut block = vec![0; BLOCK];
        loop {
            let read = input.read(&mut block).map_err(CliError::failed)?;
            if read == 0 {
                break;
            }
            output
                .write_all(&block[..read])
                .map_err(|error| CliError::failed(StorageError::from_io(place, error)))?;
        }
        output.finish().map_err(CliError::failed)?;
        if there {
            fs.delete(place, false).map_err(CliError::failed)?;
        }
        fs.rename(&partial, place).map_err(CliError::failed)
    })();
    if written.is_err() {
        // The error that counts is the first one.
        let _ = fs.delete(&partial, false);
    }
    written
}

/// Copies files to this machine.
pub(super) fn get(paths: &[String], force: bool) -> CliResult<()> {
    let Some((target, sources)) = paths.split_last() else {
        return Ok(());
    };
    let target = PathBuf::from(target);
    let mut found = Vec::new();
    for source in sources {
        let (fs, files) = expand(source)?;
        found.extend(files.into_iter().map(|file| (fs.clone(), file)));
    }
    if found.len() > 1 && !target.is_dir() {
        return Err(CliError::usage(format!(
            "{} is no folder, and these are {} files",
            target.display(),
            found.len()
        )));
    }
    for (fs, file) in found {
        let place = match target.is_dir() {
            true => target.join(file.location.name()),
            false => target.clone(),
        };
        if !force && place.try_exists().map_err(CliError::failed)? {
            return Err(CliError::failed(format!(
                "{} exists already; replace it with -f",
                place.display()
            )));
        }
        let failed =
            |error: std::io::Error| CliError::failed(format!("{}: {error}", place.display()));
        let mut name = std::ffi::OsString::from("._");
        name.push(place.file_name().unwrap_or_default());
        name.push(format!(
            ".{:016x}.copying",
            alpheus_am::random::bits128() as u64
        ));
        let partial = place.with_file_name(name);
        let mut output = File::create_new(&partial).map_err(failed)?;
        let written = read(&*fs, &file, &mut |block| {
            output.write_all(block).map_err(failed)?;
            Ok(true)
        });
        let written = written.and_then(|()| {
            output.sync_all().map_err(failed)?;
            std::fs::rename(&partial, &place).map_err(failed)
        });
        if written.is_err() {
            // The error that counts is the first one.
            let _ = std::fs::remove_file(&partial);
        }
        written?;
    }
    Ok(())
}

/// Reads a file block by block, as long as `take` says that it wants more.
fn read(
    fs: &dyn FileSystem,
    file: &FileStatus,
    take: &mut dyn FnMut(&[u8]) -> CliResult<bool>,
) -> CliResult<()> {
    if file.is_directory {
        return Err(CliError::usage(format!(
            "{} is a folder; name the files in it, for example with /*",
            file.location
        )));
    }
    let input = fs.open(&file.location).map_err(CliError::failed)?;
    input.will_read(0..input.length());
    let mut position = 0;
    while position < input.length() {
        let block = input
            .read_range(position, BLOCK)
            .map_err(CliError::failed)?;
        if block.is_empty() {
            return Err(CliError::failed(format!(
                "{} ends after {position} of {} bytes",
                file.location,
                input.length()
            )));
        }
        position += block.len() as u64;
        if !take(&block)? {
            return Ok(());
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_storage::LocalFileSystem;

    use super::*;

    #[test]
    fn what_fails_in_the_middle_leaves_nothing() {
        struct Torn(bool);
        impl Read for Torn {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                match std::mem::replace(&mut self.0, true) {
                    false => Ok(buffer.len().min(10)),
                    true => Err(std::io::Error::other("torn")),
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let place = Location::local(folder.path()).join("x");
        let error = write_whole(&LocalFileSystem, &place, &mut Torn(false), false).unwrap_err();
        assert!(error.message.contains("torn"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        write_whole(&LocalFileSystem, &place, &mut &b"one"[..], false).unwrap();
        let error = write_whole(&LocalFileSystem, &place, &mut &b"two"[..], false).unwrap_err();
        assert!(error.message.contains("-f"), "{}", error.message);
        write_whole(&LocalFileSystem, &place, &mut &b"two"[..], true).unwrap();
        assert_eq!(std::fs::read(place.to_path()).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
