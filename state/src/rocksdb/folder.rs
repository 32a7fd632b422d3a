//! The folder of a worker's databases, and those that killed workers left beside it.
//!
//! A worker holds a lock on a file in its folder as long as it lives; the system lets go of it with the process,
//! however that ends. So a folder whose lock can be had is a leftover.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What the names of all such folders begin with.
pub const FOLDER_PREFIX: &str = "alpheus-rocksdb-";
const LOCK_FILE: &str = "in-use";
/// How often another worker may take the new folder for a leftover before it is locked.
const TRIES: usize = 10;

/// A locked folder, which is deleted with this value.
pub(crate) struct WorkerFolder {
    path: PathBuf,
    _lock: File,
}

impl WorkerFolder {
    /// Makes and locks the folder, after deleting what killed workers left beside it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        if let Some(parent) = path.parent() {
            delete_leftovers(parent);
        }
        for _ in 0..TRIES {
            fs::create_dir_all(path)?;
            let file = path.join(LOCK_FILE);
            let lock = File::create(&file)?;
            // Between the two, somebody else may have locked and deleted it.
            if lock.try_lock().is_ok() && fs::exists(&file)? {
                return Ok(WorkerFolder {
                    path: path.to_owned(),
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other(format!(
            "{} is locked by another process",
            path.display()
        )))
    }
}

impl Drop for WorkerFolder {
    fn drop(&mut self) {
        // What cannot be deleted now is a leftover for the next worker.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Deletes the folders of workers that are gone. What cannot be looked at is left alone.
fn delete_leftovers(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries {
        if !entry
            .file_name()
            .to_string_lossy()
            .starts_with(FOLDER_PREFIX)
        {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK_FILE)) else {
            continue;
        };
        if lock.try_lock().is_ok() {
            // Deleted while it is locked, so that its lock is never had by two.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn leftovers_go_and_folders_in_use_stay() {
        let local = tempfile::tempdir().unwrap();
        let path = |name: &str| local.path().join(format!("{FOLDER_PREFIX}{name}"));
        let first = WorkerFolder::create(&path("first")).unwrap();
        fs::create_dir(path("killed")).unwrap();
        fs::write(path("killed").join(LOCK_FILE), "").unwrap();
        fs::create_dir(local.path().join("another")).unwrap();
        fs::write(local.path().join("another").join(LOCK_FILE), "").unwrap();
        let second = WorkerFolder::create(&path("second")).unwrap();
        let there = || {
            let entries = fs::read_dir(local.path()).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name());
            let mut names: Vec<String> = names.map(|n| n.into_string().unwrap()).collect();
            names.sort();
            names
        };
        let first_name = format!("{FOLDER_PREFIX}first");
        assert_eq!(
            there(),
            [&first_name, &format!("{FOLDER_PREFIX}second"), "another"]
        );
        drop(second);
        assert_eq!(there(), [&first_name, "another"]);
        assert!(WorkerFolder::create(&path("first")).is_err());
        drop(first);
    }
}
