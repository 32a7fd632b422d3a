//! What an operator reads its state from after a restart.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::snapshot::StateReader;
use alpheus_storage::InputFile;
use arrow::array::RecordBatch;

use crate::encryption::{DataKeys, WrappedKey};
use crate::error::{Result, for_operator};
use crate::handle::{KeyedStateHandle, TaskRestore};
use crate::local_backup::{CheckpointFiles, LocalBackup};
use crate::snapshot_file::SectionReader;

/// The state files of a restore, each opened once per worker.
#[derive(Clone, Default)]
pub struct SnapshotFiles {
    open: Arc<Mutex<HashMap<String, Arc<dyn InputFile>>>>,
    local: Option<Arc<LocalBackup>>,
}

impl SnapshotFiles {
    /// Files of which local copies are read, where there are some.
    pub fn with_copies(local: Option<Arc<LocalBackup>>) -> Self {
        SnapshotFiles {
            local,
            ..SnapshotFiles::default()
        }
    }

    /// The files that are encrypted with these keys.
    pub fn with_keys(&self, keys: &DataKeys) -> CheckpointFiles {
        CheckpointFiles {
            keys: keys.clone(),
            local: self.local.clone(),
        }
    }

    pub(crate) fn open(
        &self,
        file: &str,
        key: Option<&WrappedKey>,
        keys: &DataKeys,
    ) -> Result<Arc<dyn InputFile>> {
        let mut files = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(input) = files.get(file) {
            return Ok(input.clone());
        }
        let input = self.with_keys(keys).open(file, key)?;
        files.insert(file.to_owned(), input.clone());
        Ok(input)
    }
}

/// The state of one operator of one subtask.
pub struct RestoredState {
    files: SnapshotFiles,
    keyed: Vec<KeyedStateHandle>,
    lists: BTreeMap<String, Vec<Vec<u8>>>,
    key_groups: KeyGroupRange,
    keys: DataKeys,
}

impl RestoredState {
    /// The operator's part of what its task restores; `None` when there is nothing for it. The handles
    /// must name files absolutely, as [`redistribute`](crate::redistribute) does.
    pub fn for_operator(
        restore: &TaskRestore,
        operator: OperatorId,
        key_groups: KeyGroupRange,
        files: SnapshotFiles,
    ) -> Option<Self> {
        let keyed = restore.keyed.iter().find(|(id, _)| *id == operator);
        let lists = restore.lists.iter().find(|(id, _)| *id == operator);
        if keyed.is_none() && lists.is_none() {
            return None;
        }
        Some(RestoredState {
            files,
            keyed: keyed
                .map(|(_, handles)| handles.clone())
                .unwrap_or_default(),
            lists: lists.map(|(_, lists)| lists.clone()).unwrap_or_default(),
            key_groups,
            keys: restore.keys.clone(),
        })
    }

    /// What of it belongs to some of the key groups. Of one of the lists the caller says that.
    pub fn part(&self, key_groups: KeyGroupRange, list: &str, entries: Vec<Vec<u8>>) -> Self {
        let mut lists = self.lists.clone();
        lists.insert(list.to_owned(), entries);
        RestoredState {
            files: self.files.clone(),
            keyed: self.keyed.clone(),
            lists,
            key_groups,
            keys: self.keys.clone(),
        }
    }
}

impl StateReader for RestoredState {
    fn keyed<'a>(
        &'a self,
        name: &str,
    ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>> {
        let handles: Vec<&KeyedStateHandle> = self
            .keyed
            .iter()
            .filter(|handle| handle.state == name)
            .filter(|handle| {
                let (start, end) = handle.key_groups;
                self.key_groups.intersects(&KeyGroupRange { start, end })
            })
            .collect();
        // Sections are opened one after the other: each index is small, but there may be many.
        let rows = handles.into_iter().flat_map(move |handle| {
            let section = self
                .files
                .open(&handle.file, handle.key.as_ref(), &self.keys)
                .and_then(|file| SectionReader::open(file, &handle.file, handle));
            let rows: Box<dyn Iterator<Item = Result<RecordBatch>>> = match section {
                Ok(section) => Box::new(section.rows(self.key_groups)),
                Err(error) => Box::new(std::iter::once(Err(error))),
            };
            rows
        });
        Ok(Box::new(rows.map(for_operator)))
    }

    fn list(&self, name: &str) -> OperatorResult<Vec<Vec<u8>>> {
        Ok(self.lists.get(name).cloned().unwrap_or_default())
    }
}
