//! The record of who is in charge: a small file in the staging folder, by which workers that have lost their master find
//! the next attempt of it.
//!
//! Each attempt writes it once, when it listens; a later attempt's takes its place.

use alpheus_storage::{FileSystem, Location};
use serde::{Deserialize, Serialize};

use super::{YarnApplicationError, small_file};

/// Its name in the staging folder.
pub const RECORD_FILE: &str = "master.json";

/// Who is in charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterRecord {
    /// The attempt of the application.
    pub attempt: u32,
    /// Where it listens for workers, `host:port`.
    pub control_address: String,
}

impl MasterRecord {
    /// Writes the record.
    ///
    /// # Errors
    /// When the file system does not allow it.
    pub fn write(
        &self,
        fs: &dyn FileSystem,
        location: &Location,
    ) -> Result<(), YarnApplicationError> {
        // One that was slow to start does not take a later one's place.
        if Self::is_replaced(fs, location, self.attempt)? {
            return Ok(());
        }
        let json = serde_json::to_vec(self).map_err(std::io::Error::from)?;
        small_file::replace(fs, location, &self.attempt.to_string(), &json)?;
        Ok(())
    }

    /// Whether an attempt after this one is in charge.
    ///
    /// # Errors
    /// As [`MasterRecord::read`].
    pub fn is_replaced(
        fs: &dyn FileSystem,
        location: &Location,
        attempt: u32,
    ) -> Result<bool, YarnApplicationError> {
        let found = Self::read(fs, location)?;
        Ok(found.is_some_and(|found| found.attempt > attempt))
    }

    /// Reads the record; `None`, while there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn read(
        fs: &dyn FileSystem,
        location: &Location,
    ) -> Result<Option<Self>, YarnApplicationError> {
        let bytes = match fs.read(location) {
            Err(error) if error.is_not_found() => return Ok(None),
            bytes => bytes?,
        };
        let record =
            serde_json::from_slice(&bytes).map_err(|error| YarnApplicationError::Malformed {
                what: RECORD_FILE,
                reason: error.to_string(),
            })?;
        Ok(Some(record))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_storage::LocalFileSystem;

    #[test]
    fn the_last_attempts_record_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let staging = Location::local(dir.path());
        let location = staging.join(RECORD_FILE);
        let fs = LocalFileSystem;
        assert_eq!(MasterRecord::read(&fs, &location).unwrap(), None);
        for attempt in [1, 2] {
            let record = MasterRecord {
                attempt,
                control_address: format!("node{attempt}:1"),
            };
            record.write(&fs, &location).unwrap();
            assert_eq!(MasterRecord::read(&fs, &location).unwrap(), Some(record));
        }
        let late = MasterRecord {
            attempt: 1,
            control_address: "node1:1".to_owned(),
        };
        late.write(&fs, &location).unwrap();
        let found = MasterRecord::read(&fs, &location).unwrap().unwrap();
        assert_eq!(found.attempt, 2);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
