//! Lists files and hands out splits, ordered by path and position, so that early data is read first.
//!
//! Files are cut only when a split is asked for: what is kept of a file is where its next split starts.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::source::{NextSplit, SourceShare, SourceSplit, SplitEnumerator};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_storage::{FileSystem, InputFile, Location, file_system_for, glob};
use serde::{Deserialize, Serialize};

use super::compression::Compression;
use super::parquet_reader;
use super::split::{Cutting, FileSplit, find_cut};
use crate::error::storage_error;
use crate::filesystem::{FileFormat, FileTable};

/// Finds splits.
pub(super) struct FileEnumerator {
    table: Arc<FileTable>,
    file_system: Arc<dyn FileSystem>,
    state: State,
    /// The file at the front of `pending`, kept open between cuts.
    open: Option<(String, Arc<dyn InputFile>)>,
}

/// What a snapshot holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// Splits of readers that were lost.
    returned: Vec<FileSplit>,
    /// Files that are not cut up yet, each from its first unassigned position on.
    pending: VecDeque<FileSplit>,
    /// Every file found so far; kept for folders that are watched.
    seen: BTreeSet<String>,
    /// Bytes of all files that were found.
    #[serde(default)]
    found_bytes: u64,
}

impl FileEnumerator {
    pub(super) fn new(table: Arc<FileTable>, restored: Option<&[u8]>) -> OperatorResult<Self> {
        let file_system = file_system_for(&table.options.path).map_err(storage_error)?;
        let mut enumerator = FileEnumerator {
            table,
            file_system,
            state: State::default(),
            open: None,
        };
        match restored {
            Some(bytes) => {
                enumerator.state = serde_json::from_slice(bytes).map_err(|error| {
                    OperatorError::fatal(format!(
                        "the state of table {} is not one of the filesystem source ({error}); start the job without it",
                        enumerator.table.identifier
                    ))
                })?;
            }
            None => {
                enumerator.find()?;
            }
        }
        Ok(enumerator)
    }

    fn watches(&self) -> bool {
        self.table.options.monitor_interval.is_some()
    }

    /// Lists the table's files; true when there are new ones.
    fn find(&mut self) -> OperatorResult<bool> {
        let options = &self.table.options;
        let files = match glob::find_files(self.file_system.as_ref(), &options.path) {
            Ok(files) => files,
            // A folder that is watched may come later.
            Err(error) if error.is_not_found() && self.watches() => Vec::new(),
            Err(error) => {
                let mut failure = storage_error(error);
                failure.message = format!("table {}: {}", self.table.identifier, failure.message);
                return Err(failure);
            }
        };
        let mut found = false;
        for file in files {
            let path = file.location.to_string();
            let matches = options
                .path_pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(file.location.path()));
            if !matches || self.state.seen.contains(&path) {
                continue;
            }
            if self.watches() {
                self.state.seen.insert(path.clone());
            }
            found = true;
            self.state.found_bytes += file.length;
            self.state.pending.push_back(FileSplit {
                path,
                size: file.length,
                modified_ms: file.modified_ms,
                position: 0,
                end: None,
                row: 0,
            });
        }
        Ok(found)
    }

    /// The next piece of the files that are not cut up yet.
    fn cut(&mut self) -> OperatorResult<Option<FileSplit>> {
        loop {
            let Some(mut file) = self.state.pending.pop_front() else {
                self.open = None;
                return Ok(None);
            };
            if file.size == 0 {
                continue;
            }
            let end = self.find_end(&file)?;
            if let Some(end) = end {
                let mut rest = file.clone();
                rest.position = end;
                self.state.pending.push_front(rest);
            }
            file.end = end;
            return Ok(Some(file));
        }
    }

    /// Where the next split of `file` ends; `None` is the end of the file.
    fn find_end(&mut self, file: &FileSplit) -> OperatorResult<Option<u64>> {
        let size = self.table.options.split_size;
        let cutting = Cutting::of(&self.table.format);
        let location: Location = file.path.parse().map_err(storage_error)?;
        let text = matches!(self.table.format, FileFormat::Text(_));
        let compressed = text && Compression::of(location.name()) != Compression::None;
        let done = if text { file.position } else { 0 };
        let small = file.size.saturating_sub(done) <= size;
        if cutting == Cutting::Whole || compressed || small {
            return Ok(None);
        }
        let opened = match &self.open {
            Some((path, opened)) if *path == file.path => opened.clone(),
            _ => {
                let opened = self.file_system.open(&location).map_err(storage_error)?;
                self.open = Some((file.path.clone(), opened.clone()));
                opened
            }
        };
        match cutting {
            Cutting::AtRowGroups => {
                parquet_reader::find_cut(opened, &file.path, file.position, size)
            }
            _ => find_cut(opened.as_ref(), cutting, file.position, size),
        }
    }
}

impl SplitEnumerator for FileEnumerator {
    fn next_split(&mut self, _subtask: u32) -> OperatorResult<NextSplit> {
        if !self.state.returned.is_empty() {
            return Ok(NextSplit::Split(self.state.returned.remove(0).encode()?));
        }
        if let Some(split) = self.cut()? {
            return Ok(NextSplit::Split(split.encode()?));
        }
        Ok(if self.watches() {
            NextSplit::Wait
        } else {
            NextSplit::NoMore
        })
    }

    fn discover(&mut self) -> OperatorResult<bool> {
        if self.watches() {
            self.find()
        } else {
            Ok(false)
        }
    }

    fn discovery_interval(&self) -> Option<Duration> {
        self.table.options.monitor_interval
    }

    fn add_back(&mut self, splits: Vec<SourceSplit>) {
        for split in &splits {
            match FileSplit::decode(split) {
                Ok(split) => self.state.returned.push(split),
                // Splits come from this enumerator; one that does not decode is a defect to report.
                Err(error) => {
                    tracing::error!(split = %split.id, %error, "a returned split is lost")
                }
            }
        }
        self.state
            .returned
            .sort_by(|a, b| (&a.path, a.position).cmp(&(&b.path, b.position)));
    }

    fn share(&self) -> Option<SourceShare> {
        if self.watches() {
            return None;
        }
        let state = &self.state;
        let left = state.returned.iter().chain(&state.pending);
        let left: u64 = left
            .map(|split| {
                split
                    .end
                    .unwrap_or(split.size)
                    .saturating_sub(split.position)
            })
            .sum();
        Some(SourceShare {
            done: state.found_bytes.saturating_sub(left),
            total: state.found_bytes,
        })
    }

    fn snapshot(&self) -> OperatorResult<Vec<u8>> {
        serde_json::to_vec(&self.state).map_err(|error| {
            OperatorError::fatal(format!("cannot encode the state of the source: {error}"))
        })
    }
}
