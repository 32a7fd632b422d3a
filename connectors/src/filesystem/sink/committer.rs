//! The side that commits: renames staged parts, and removes what was never committed.
//!
//! What to do with a part follows from what is there:
//!
//! | staged | final name | it means | done |
//! |---|---|---|---|
//! | yes | no | not committed yet | rename |
//! | no | yes | committed before | nothing |
//! | yes | yes, of that size | crash between the two steps of a local rename | remove the staged name |
//! | yes | yes, of another size | somebody else's file | error |
//! | no | no | lost | error |

use std::collections::BTreeSet;
use std::sync::Arc;

use alpheus_dataflow::sink::Committer;
use alpheus_dataflow::{JobId, OperatorError, OperatorResult};
use alpheus_storage::{CreateMode, FileStatus, FileSystem, Location, StorageError, glob};

use super::{Committable, staging_folder};
use crate::error::storage_error;

/// Commits a table's files.
pub(super) struct FileCommitter {
    table: Location,
    success_file: Option<String>,
    file_system: Arc<dyn FileSystem>,
}

/// What to do with a part; see the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Rename,
    Nothing,
    RemoveStaged,
    Conflict,
    Lost,
}

/// `staged` and `target` are the sizes of what is there, `length` is the part's.
fn decide(staged: Option<u64>, target: Option<u64>, length: u64) -> Decision {
    match (staged, target) {
        (Some(_), None) => Decision::Rename,
        (None, Some(_)) => Decision::Nothing,
        (Some(_), Some(size)) if size == length => Decision::RemoveStaged,
        (Some(_), Some(_)) => Decision::Conflict,
        (None, None) => Decision::Lost,
    }
}

fn decode(bytes: &[u8]) -> OperatorResult<Committable> {
    serde_json::from_slice(bytes).map_err(|error| {
        OperatorError::fatal(format!(
            "the checkpoint holds what is no part file of the filesystem sink: {error}"
        ))
    })
}

fn location(text: &str) -> OperatorResult<Location> {
    text.parse().map_err(storage_error)
}

impl FileCommitter {
    pub(super) fn new(
        table: Location,
        success_file: Option<String>,
        file_system: Arc<dyn FileSystem>,
    ) -> Self {
        FileCommitter {
            table,
            success_file,
            file_system,
        }
    }

    fn size(&self, location: &Location) -> OperatorResult<Option<u64>> {
        match self.file_system.status(location) {
            Ok(status) => Ok(Some(status.length)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(storage_error(error)),
        }
    }

    fn commit_part(&self, staged: &Location, target: &Location, length: u64) -> OperatorResult<()> {
        match decide(self.size(staged)?, self.size(target)?, length) {
            Decision::Rename => match self.file_system.rename(staged, target) {
                Ok(()) => Ok(()),
                Err(StorageError::AlreadyExists { .. }) => Err(OperatorError::transient(format!(
                    "{target} appeared while it was committed"
                ))),
                Err(error) => Err(storage_error(error)),
            },
            Decision::Nothing => Ok(()),
            Decision::RemoveStaged => {
                self.file_system
                    .delete(staged, false)
                    .map_err(storage_error)?;
                Ok(())
            }
            Decision::Conflict => Err(OperatorError::fatal(format!(
                "{target} exists already and is another file than {staged}; move it away and restart the job"
            ))),
            Decision::Lost => Err(OperatorError::fatal(format!(
                "{staged} is gone and was not committed as {target}: the checkpoint's rows are lost; restart the job from an older checkpoint"
            ))),
        }
    }

    /// Deletes the visible files below `folder` whose names do not contain `keep`.
    fn replace(&self, folder: &Location, keep: &str) -> OperatorResult<()> {
        for child in self.list(folder)? {
            let name = child.location.name();
            if glob::is_hidden(name) {
                continue;
            }
            if child.is_directory {
                self.replace(&child.location, keep)?;
            } else if !name.contains(keep) {
                self.file_system
                    .delete(&child.location, false)
                    .map_err(storage_error)?;
            }
        }
        Ok(())
    }

    fn list(&self, folder: &Location) -> OperatorResult<Vec<FileStatus>> {
        match self.file_system.list(folder) {
            Ok(children) => Ok(children),
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Err(error) => Err(storage_error(error)),
        }
    }
}

impl Committer for FileCommitter {
    fn commit(&mut self, committables: &[Vec<u8>]) -> OperatorResult<()> {
        let mut parts = Vec::new();
        let mut replaced = BTreeSet::new();
        for bytes in committables {
            match decode(bytes)? {
                Committable::Part {
                    staged,
                    target,
                    length,
                } => parts.push((location(&staged)?, location(&target)?, length)),
                Committable::Replace { folder, keep } => {
                    replaced.insert((location(&folder)?, keep));
                }
            }
        }
        for (folder, keep) in &replaced {
            self.replace(folder, keep)?;
        }
        let folders: BTreeSet<Location> = parts
            .iter()
            .filter_map(|(_, target, _)| target.parent())
            .collect();
        for folder in &folders {
            self.file_system
                .create_directory(folder)
                .map_err(storage_error)?;
        }
        for (staged, target, length) in &parts {
            self.commit_part(staged, target, *length)?;
        }
        if let Some(name) = &self.success_file {
            for folder in &folders {
                self.file_system
                    .write(&folder.join(name), b"", CreateMode::Overwrite)
                    .map_err(storage_error)?;
            }
        }
        Ok(())
    }

    fn clean_up(&mut self, jobs: &[JobId], keep: &[Vec<u8>]) -> OperatorResult<()> {
        let mut kept = BTreeSet::new();
        for bytes in keep {
            if let Committable::Part { staged, .. } = decode(bytes)? {
                kept.insert(location(&staged)?);
            }
        }
        for &job in jobs {
            let staging = staging_folder(&self.table, job);
            let mut empty = true;
            for child in self.list(&staging)? {
                if kept.contains(&child.location) {
                    empty = false;
                } else {
                    self.file_system
                        .delete(&child.location, child.is_directory)
                        .map_err(storage_error)?;
                }
            }
            if empty {
                self.file_system
                    .delete(&staging, true)
                    .map_err(storage_error)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_part_has_one_answer() {
        assert_eq!(decide(Some(5), None, 5), Decision::Rename);
        assert_eq!(decide(None, Some(5), 5), Decision::Nothing);
        assert_eq!(decide(Some(5), Some(5), 5), Decision::RemoveStaged);
        assert_eq!(decide(Some(5), Some(4), 5), Decision::Conflict);
        assert_eq!(decide(None, None, 5), Decision::Lost);
    }
}
