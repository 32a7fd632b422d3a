//! A log file that is rolled by size: `NAME` is written, and when it is full becomes `NAME.1`, the next one `NAME.2`, and so
//! on; numbers are never used twice and a file that was rolled is never written again, so that whoever collects rolled
//! files (YARN does, `yarn.rolled-logs.include-pattern`) may take and delete them. The oldest go when there are too many.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

/// When a file is full, bytes.
const FULL: u64 = 64 << 20;

/// How many rolled files are kept.
const KEPT: u64 = 9;

/// See the module's documentation.
pub struct RollingFile {
    open: Mutex<Open>,
}

struct Open {
    path: PathBuf,
    file: File,
    written: u64,
    next: u64,
    full: u64,
}

impl RollingFile {
    /// Opens the file; what is in it stays.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_size(path, FULL)
    }

    fn with_size(path: &Path, full: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let written = file.metadata()?.len();
        let open = Open {
            path: path.to_owned(),
            file,
            written,
            next: last_number(path) + 1,
            full,
        };
        Ok(RollingFile {
            open: Mutex::new(open),
        })
    }
}

/// The highest number of a rolled file; 0, if there is none.
fn last_number(path: &Path) -> u64 {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let entries = path
        .parent()
        .and_then(|folder| std::fs::read_dir(folder).ok());
    entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let found = entry.file_name();
            found
                .to_str()?
                .strip_prefix(name)?
                .strip_prefix('.')?
                .parse()
                .ok()
        })
        .max()
        .unwrap_or(0)
}

impl Open {
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.written > 0 && self.written + line.len() as u64 > self.full {
            self.roll()?;
        }
        self.file.write_all(line)?;
        self.written += line.len() as u64;
        Ok(())
    }

    fn roll(&mut self) -> io::Result<()> {
        let name = |number: u64| {
            let mut name = self.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        std::fs::rename(&self.path, name(self.next))?;
        if self.next > KEPT {
            // It may have been collected already.
            let _ = std::fs::remove_file(name(self.next - KEPT));
        }
        self.next += 1;
        self.file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

/// Writes one event.
pub struct Line<'a>(&'a Mutex<Open>);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.write(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for RollingFile {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.open)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn full_files_are_renamed_and_never_touched_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alpheus.log");
        let log = RollingFile::with_size(&path, 10).unwrap();
        for line in ["first\n", "second\n", "third\n"] {
            log.make_writer().write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(
            names(dir.path()),
            ["alpheus.log", "alpheus.log.1", "alpheus.log.2"]
        );
        // Somebody collects what was rolled: its number is not used again while others are there.
        std::fs::remove_file(dir.path().join("alpheus.log.1")).unwrap();
        let log = RollingFile::with_size(&path, 10).unwrap();
        log.make_writer().write_all(b"fourth\n").unwrap();
        assert_eq!(
            names(dir.path()),
            ["alpheus.log", "alpheus.log.2", "alpheus.log.3"]
        );
        let third = std::fs::read_to_string(dir.path().join("alpheus.log.3")).unwrap();
        assert_eq!(third, "third\n");
    }

    #[test]
    fn the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alpheus.log");
        let log = RollingFile::with_size(&path, 1).unwrap();
        for _ in 0..KEPT + 5 {
            log.make_writer().write_all(b"line\n").unwrap();
        }
        assert_eq!(names(dir.path()).len() as u64, KEPT + 1);
    }
}
