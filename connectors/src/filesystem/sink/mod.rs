//! Writing files exactly once.
//!
//! Rows go to part files under `<path>/.staging-<job id>/`, which no reader looks into. At every barrier
//! all open parts are closed; what the checkpoint holds of them is a list of (staged name, final name).
//! When it is complete the committer renames each to its final name, which is atomic and needs no
//! record of its own: a part that is no longer staged but has its final name was committed before. A
//! crash leaves staged files behind that no completed checkpoint names; [`committer`] removes them
//! when the job starts again or has ended.
//!
//! Unlike Flink, files are closed at every checkpoint for csv and json too, so that no file is ever
//! continued (HDFS cannot truncate safely): the checkpoint interval bounds the size of files.

mod committer;
mod part;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::{ChangelogMode, JobId, OperatorResult};
use alpheus_storage::{Location, file_system_for};
use serde::{Deserialize, Serialize};

use super::{FileTable, partition};
use crate::error::{ConnectorError, storage_error};

/// A table of files to write.
pub(crate) struct FileSink {
    table: Arc<FileTable>,
    overwrite: Option<Overwrite>,
}

/// What INSERT OVERWRITE replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Overwrite {
    /// Everything in this folder, whether rows come or not.
    Folder(Location),
    /// The partitions that rows come for.
    TouchedPartitions,
}

/// What a checkpoint remembers of the sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum Committable {
    /// A closed part file.
    Part {
        /// Where it is now.
        staged: String,
        /// Where it will be.
        target: String,
        /// Its size in bytes.
        length: u64,
    },
    /// Files of a folder that are to go, except those that the job itself wrote.
    Replace {
        /// The folder.
        folder: String,
        /// What the names of the job's own files contain.
        keep: String,
    },
}

/// The hidden folder in which a job's parts are written.
fn staging_folder(table: &Location, job: JobId) -> Location {
    table.join(&format!(".staging-{job}"))
}

impl FileSink {
    /// A sink; `static_partition` is PARTITION (k = 'v', ...).
    ///
    /// # Errors
    /// When the path or the partition cannot be written to.
    pub(crate) fn new(
        table: FileTable,
        overwrite: bool,
        static_partition: BTreeMap<String, String>,
    ) -> Result<Self, ConnectorError> {
        let path = &table.options.path;
        if path.path().contains(['*', '?', '[', '{']) {
            return Err(ConnectorError::invalid_value(
                "path",
                &path.to_string(),
                "a folder without wildcards, to write to",
            ));
        }
        table.format.check_writable()?;
        for key in static_partition.keys() {
            if table.partition_keys.index_of(key).is_none() {
                return Err(ConnectorError::unknown(
                    "PARTITION column",
                    key,
                    table
                        .partition_keys
                        .fields
                        .iter()
                        .map(|field| field.name.as_str()),
                ));
            }
        }
        let overwrite = overwrite.then(|| {
            // The longest run of leading keys that are fixed names one folder; a fixed key behind a
            // free one does not.
            let mut folder = path.clone();
            let mut fixed = 0;
            for field in &table.partition_keys.fields {
                let Some(value) = static_partition.get(&field.name) else {
                    break;
                };
                let name = partition::escape(&field.name);
                folder = folder.join(&format!("{name}={}", partition::escape(value)));
                fixed += 1;
            }
            if fixed == table.partition_keys.len() {
                Overwrite::Folder(folder)
            } else {
                Overwrite::TouchedPartitions
            }
        });
        Ok(FileSink {
            table: Arc::new(table),
            overwrite,
        })
    }
}

impl Sink for FileSink {
    fn accepts(&self) -> ChangelogMode {
        self.table.format.changelog()
    }

    fn create_writer(&self, context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        let file_system = file_system_for(&self.table.options.path).map_err(storage_error)?;
        Ok(Box::new(writer::FileWriter::new(
            self.table.clone(),
            self.overwrite.clone(),
            file_system,
            context,
        )?))
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        let path = self.table.options.path.clone();
        let file_system = file_system_for(&path).map_err(storage_error)?;
        Ok(Some(Box::new(committer::FileCommitter::new(
            path,
            self.table.options.success_file.clone(),
            file_system,
        ))))
    }
}
