//! Writes snapshot files.

use std::io::Write;

use alpheus_dataflow::OperatorError;
use alpheus_dataflow::ids::{OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::KeyGroup;
use alpheus_dataflow::snapshot::KeyedSnapshot;
use alpheus_storage::{CreateMode, FileSystem, Location, OutputFile, StorageError};
use arrow::array::RecordBatch;
use arrow::ipc::CompressionType;
use arrow::ipc::writer::{IpcWriteOptions, StreamWriter};
use serde::{Deserialize, Serialize};

use super::{HEADER_LENGTH, MAGIC, VERSION};
use crate::error::{Result, StateError};
use crate::handle::KeyedStateHandle;

/// One entry of a file's directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionSummary {
    /// Whose state.
    pub operator: OperatorId,
    /// Of which subtask.
    pub subtask: SubtaskIndex,
    /// Its name.
    pub state: String,
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
    /// Rows.
    pub rows: u64,
}

/// Writes one snapshot file, section by section.
pub struct SnapshotFileWriter {
    location: Location,
    name: String,
    file: Box<dyn OutputFile>,
    position: u64,
    sections: Vec<SectionSummary>,
    options: IpcWriteOptions,
}

struct Group {
    group: KeyGroup,
    offset: u64,
    length: u64,
    crc: crc32fast::Hasher,
}

impl SnapshotFileWriter {
    /// Starts `name` in the checkpoint's folder; handles will name it relative to that folder.
    ///
    /// # Errors
    /// When the file is there already or cannot be made.
    pub fn create(fs: &dyn FileSystem, folder: &Location, name: &str) -> Result<Self> {
        let location = folder.join(name);
        let mut writer = SnapshotFileWriter {
            file: fs.create(&location, CreateMode::New)?,
            location,
            name: name.to_owned(),
            position: 0,
            sections: Vec::new(),
            options: IpcWriteOptions::default(),
        };
        writer.put(MAGIC)?;
        writer.put(&VERSION.to_le_bytes())?;
        writer.put(&[0; 4])?;
        debug_assert_eq!(writer.position, HEADER_LENGTH);
        Ok(writer)
    }

    /// Compresses rows from here on with LZ4, column by column. Readers see from the messages that they are.
    ///
    /// # Errors
    /// When Arrow was built without it.
    pub fn compressing(mut self) -> Result<Self> {
        let codec = Some(CompressionType::LZ4_FRAME);
        self.options = IpcWriteOptions::default().try_with_compression(codec)?;
        Ok(self)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_all(bytes)
            .map_err(|error| StorageError::from_io(&self.location, error))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Writes a keyed state as one section. `None` when it has no rows.
    ///
    /// # Errors
    /// When its rows cannot be read out or written; the file is then worthless.
    pub fn write(
        &mut self,
        operator: OperatorId,
        subtask: SubtaskIndex,
        snapshot: KeyedSnapshot,
    ) -> Result<Option<KeyedStateHandle>> {
        let start = self.position;
        let options = self.options.clone();
        let schema = snapshot.rows.schema();
        let mut messages = StreamWriter::try_new_with_options(Vec::new(), &schema, options)?;
        let schema = std::mem::take(messages.get_mut());
        let (mut groups, mut rows) = (Vec::<Group>::new(), 0u64);
        let mut failure = None;
        let mut consume = |group: KeyGroup, batch: RecordBatch| {
            if batch.num_rows() == 0 {
                return Ok(());
            }
            let mut append = || -> Result<()> {
                if self.position == start {
                    self.put(&schema)?;
                }
                messages.write(&batch)?;
                let bytes = std::mem::take(messages.get_mut());
                let offset = self.position - start;
                match groups.last_mut() {
                    Some(last) if last.group == group => {
                        last.crc.update(&bytes);
                        last.length += bytes.len() as u64;
                    }
                    Some(last) if last.group > group => {
                        return Err(StateError::KeyGroupOrder {
                            state: snapshot.name.clone(),
                            last: last.group.0,
                            next: group.0,
                        });
                    }
                    _ => {
                        let mut crc = crc32fast::Hasher::new();
                        crc.update(&bytes);
                        groups.push(Group {
                            group,
                            offset,
                            length: bytes.len() as u64,
                            crc,
                        });
                    }
                }
                rows += batch.num_rows() as u64;
                self.put(&bytes)
            };
            append().map_err(|error| {
                let message = error.to_string();
                failure = Some(error);
                OperatorError::transient(message)
            })
        };
        let written = snapshot.rows.write(&mut consume);
        if let Some(error) = failure {
            return Err(error);
        }
        written?;
        let (Some(first), Some(last)) = (groups.first(), groups.last()) else {
            return Ok(None);
        };
        let key_groups = (first.group.0, last.group.0 + 1);
        let index = index(&schema, groups);
        self.put(&index)?;
        self.put(&(index.len() as u32).to_le_bytes())?;
        self.put(&crc32fast::hash(&index).to_le_bytes())?;
        let length = self.position - start;
        self.sections.push(SectionSummary {
            operator,
            subtask,
            state: snapshot.name.clone(),
            offset: start,
            length,
            rows,
        });
        Ok(Some(KeyedStateHandle {
            state: snapshot.name,
            file: self.name.clone(),
            offset: start,
            length,
            key_groups,
            key: None,
        }))
    }

    /// Bytes so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Writes the directory and makes the file durable. Gives its length.
    ///
    /// # Errors
    /// When the disk or the network fails.
    pub fn finish(mut self) -> Result<u64> {
        let directory = serde_json::to_vec(&self.sections).map_err(|error| {
            StateError::damaged(
                &self.name,
                format!("its directory cannot be encoded: {error}"),
            )
        })?;
        self.put(&directory)?;
        self.put(&(directory.len() as u32).to_le_bytes())?;
        self.put(&crc32fast::hash(&directory).to_le_bytes())?;
        self.put(MAGIC)?;
        self.file.finish()?;
        Ok(self.position)
    }
}

fn index(schema: &[u8], groups: Vec<Group>) -> Vec<u8> {
    let mut index = Vec::new();
    index.extend((schema.len() as u32).to_le_bytes());
    index.extend(crc32fast::hash(schema).to_le_bytes());
    index.extend((groups.len() as u32).to_le_bytes());
    index.extend([0; 4]);
    for group in groups {
        index.extend(group.group.0.to_le_bytes());
        index.extend([0; 2]);
        index.extend(group.crc.finalize().to_le_bytes());
        index.extend(group.offset.to_le_bytes());
        index.extend(group.length.to_le_bytes());
    }
    index
}
