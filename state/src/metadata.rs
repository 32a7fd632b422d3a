//! `_metadata`: what makes a folder a checkpoint.
//!
//! The file appears last, complete and under its final name or not at all: it is written to a hidden
//! name, made durable, and renamed, which never replaces an existing file. So of two attempts that both
//! believe to be in charge only one can publish a checkpoint, and a folder without `_metadata` is
//! nothing but leftovers.
//!
//! ```text
//! "ALPHMETA" version:u32 length:u64 payload crc:u32      payload: JSON; crc: CRC-32 of all before it
//! ```
//!
//! With [encryption](crate::encryption) these bytes are sealed as a whole: committables may hold rows, and
//! splits hold names of files.

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId, OperatorId, VertexId};
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError};
use serde::{Deserialize, Serialize};

use crate::encryption::{KeyRing, sealed};
use crate::error::{Result, StateError};
use crate::handle::TaskSnapshot;

/// Name of the file in a checkpoint's folder.
pub const METADATA_FILE: &str = "_metadata";
/// The version this code writes, and the newest it reads.
pub const VERSION: u32 = 1;
const MAGIC: &[u8; 8] = b"ALPHMETA";
const HEADER_LENGTH: usize = 20;
const CRC_LENGTH: usize = 4;

/// Everything there is to know about a checkpoint or savepoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointMetadata {
    /// The job that took it.
    pub job: JobId,
    /// That job's name.
    pub job_name: String,
    /// Which attempt published it.
    pub attempt: AttemptNumber,
    /// Its number.
    pub checkpoint: CheckpointId,
    /// What it was taken for.
    pub kind: CheckpointKind,
    /// When it was triggered, ms since the epoch.
    pub timestamp: i64,
    /// How many key groups the state is divided into.
    pub max_parallelism: u32,
    /// The vertices of the job's graph.
    pub vertices: Vec<VertexMetadata>,
    /// State of every task that took part.
    pub tasks: Vec<TaskSnapshot>,
    /// State of the source enumerators, by source operator.
    pub enumerators: Vec<(OperatorId, Vec<u8>)>,
    /// What tasks that had finished left to commit, by sink operator.
    pub committables: Vec<(OperatorId, Vec<Vec<u8>>)>,
    /// The jobs whose state this one started from, nearest first.
    pub ancestors: Vec<JobId>,
    /// Whether the job's input had ended: nothing is left to run, only to commit.
    pub finished: bool,
}

/// A vertex as of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VertexMetadata {
    /// Its id in that graph.
    pub id: VertexId,
    /// Its name.
    pub name: String,
    /// How many subtasks it had.
    pub parallelism: u32,
    /// Ids and names of its operators, in order of the chain.
    pub operators: Vec<(OperatorId, String)>,
}

impl CheckpointMetadata {
    /// The vertices of a graph.
    pub fn vertices_of(graph: &JobGraph) -> Vec<VertexMetadata> {
        let vertices = graph.vertices.iter();
        vertices
            .map(|vertex| VertexMetadata {
                id: vertex.id,
                name: vertex.name.clone(),
                parallelism: vertex.parallelism,
                operators: vertex
                    .chain
                    .iter()
                    .map(|node| (node.id, node.name.clone()))
                    .collect(),
            })
            .collect()
    }

    /// Name of an operator, or its id when it is not in the graph.
    pub fn operator_name(&self, operator: OperatorId) -> String {
        let mut operators = self.vertices.iter().flat_map(|vertex| &vertex.operators);
        operators
            .find(|(id, _)| *id == operator)
            .map_or_else(|| operator.to_string(), |(_, name)| name.clone())
    }

    /// Files that hold its keyed state, each once; relative ones are relative to its folder.
    pub fn files(&self) -> Vec<&str> {
        let operators = self.tasks.iter().flat_map(|task| &task.operators);
        let keyed = operators.clone().flat_map(|operator| &operator.keyed);
        let native = operators.flat_map(|operator| &operator.native);
        let native = native.flat_map(|handle| &handle.files);
        let channels = self.tasks.iter().flat_map(|task| &task.channels);
        let in_flight = channels.filter_map(|channel| channel.rows.as_ref());
        let mut files: Vec<&str> = keyed
            .chain(in_flight)
            .map(|handle| handle.file.as_str())
            .chain(native.map(|file| file.file.as_str()))
            .collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Files that other checkpoints may refer to as well, each once.
    pub fn shared_files(&self) -> Vec<&str> {
        let operators = self.tasks.iter().flat_map(|task| &task.operators);
        let native = operators.flat_map(|operator| &operator.native);
        let files = native.flat_map(|handle| &handle.files);
        let shared = files.filter(|file| file.shared);
        let mut files: Vec<&str> = shared.map(|file| file.file.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Everything that has to be committed once it is complete, by operator.
    pub fn all_committables(&self) -> Vec<(OperatorId, Vec<Vec<u8>>)> {
        let operators = self.tasks.iter().flat_map(|task| &task.operators);
        let of_tasks = operators
            .filter(|operator| !operator.committables.is_empty())
            .map(|operator| (operator.operator, operator.committables.clone()));
        of_tasks.chain(self.committables.iter().cloned()).collect()
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// When something in it has no JSON form.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let payload = serde_json::to_vec(self).map_err(|error| {
            StateError::damaged(METADATA_FILE, format!("it cannot be encoded: {error}"))
        })?;
        let mut bytes = Vec::with_capacity(HEADER_LENGTH + payload.len() + CRC_LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        Ok(bytes)
    }

    /// Reads what [`CheckpointMetadata::encode`] wrote; `file` is for messages.
    ///
    /// # Errors
    /// When the bytes are torn, damaged or of a newer version.
    pub fn decode(bytes: &[u8], file: &str) -> Result<Self> {
        let damaged = |detail: &str| StateError::damaged(file, detail);
        if !bytes.starts_with(MAGIC) {
            return Err(damaged("it is no checkpoint metadata of alpheus"));
        }
        let Some((header, rest)) = bytes.split_at_checked(HEADER_LENGTH) else {
            return Err(damaged("it is cut off"));
        };
        let version = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        if version > VERSION {
            return Err(StateError::NewerVersion {
                file: file.to_owned(),
                found: version,
                supported: VERSION,
            });
        }
        let mut length = [0; 8];
        length.copy_from_slice(&header[12..]);
        if u64::from_le_bytes(length).checked_add(CRC_LENGTH as u64) != Some(rest.len() as u64) {
            return Err(damaged(
                "its length is wrong: it is cut off or was appended to",
            ));
        }
        let (covered, crc) = bytes.split_at(bytes.len() - CRC_LENGTH);
        if crc32fast::hash(covered).to_le_bytes() != *crc {
            return Err(damaged("its checksum is wrong"));
        }
        serde_json::from_slice(&covered[HEADER_LENGTH..])
            .map_err(|error| damaged(&format!("its content is malformed: {error}")))
    }

    /// Reads the metadata of the checkpoint in `folder`; `keys` open it when it is encrypted.
    ///
    /// # Errors
    /// When it is not there, torn, damaged, of a newer version, or there is no key for it.
    pub fn read(fs: &dyn FileSystem, folder: &Location, keys: Option<&KeyRing>) -> Result<Self> {
        let location = folder.join(METADATA_FILE);
        let (bytes, file) = (fs.read(&location)?, location.to_string());
        match sealed::open(&bytes, &file, keys)? {
            Some(plain) => Self::decode(&plain, &file),
            None => Self::decode(&bytes, &file),
        }
    }

    /// Publishes the checkpoint, encrypted when there are keys: from here on it is complete. Publishing the
    /// same again (after a lost answer) is fine.
    ///
    /// # Errors
    /// [`StateError::Fenced`] when another attempt has published it; when it cannot be written.
    pub fn publish(
        &self,
        fs: &dyn FileSystem,
        folder: &Location,
        keys: Option<&KeyRing>,
    ) -> Result<()> {
        let location = folder.join(METADATA_FILE);
        let hidden = folder.join(&format!("._metadata.attempt-{}", self.attempt));
        // A file of this name is this attempt's own, from an earlier try.
        fs.delete(&hidden, false)?;
        let plain = self.encode()?;
        let bytes = match keys {
            Some(keys) => sealed::seal(&plain, keys)?,
            None => plain,
        };
        fs.write(&hidden, &bytes, CreateMode::New)?;
        match fs.rename(&hidden, &location) {
            Ok(()) => Ok(()),
            Err(StorageError::AlreadyExists { .. }) => {
                fs.delete(&hidden, false)?;
                let other = Self::read(fs, folder, keys)?;
                if other == *self {
                    return Ok(());
                }
                Err(StateError::Fenced {
                    file: location.to_string(),
                    detail: format!(
                        "job {}, attempt {}, checkpoint {}",
                        other.job, other.attempt, other.checkpoint
                    ),
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_storage::LocalFileSystem;
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn sample(checkpoint: u64) -> CheckpointMetadata {
        CheckpointMetadata {
            job: JobId(7),
            job_name: "flights".to_owned(),
            attempt: AttemptNumber(1),
            checkpoint: CheckpointId(checkpoint),
            kind: CheckpointKind::Checkpoint,
            timestamp: 1_700_000_000_000,
            max_parallelism: 128,
            vertices: Vec::new(),
            tasks: Vec::new(),
            enumerators: vec![(OperatorId(3), vec![1, 2, 255])],
            committables: Vec::new(),
            ancestors: vec![JobId(6)],
            finished: false,
        }
    }

    #[test]
    fn of_two_attempts_one_publishes() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Location::local(folder.path()).join("chk-1");
        let fs = LocalFileSystem;
        let first = sample(1);
        first.publish(&fs, &folder, None).unwrap();
        first.publish(&fs, &folder, None).unwrap();
        let mut second = first.clone();
        second.attempt = AttemptNumber(2);
        let error = second.publish(&fs, &folder, None).unwrap_err();
        assert!(matches!(error, StateError::Fenced { .. }), "{error}");
        assert_eq!(CheckpointMetadata::read(&fs, &folder, None).unwrap(), first);
        assert_eq!(fs.list(&folder).unwrap().len(), 1, "no leftovers");
    }

    #[test]
    fn a_newer_version_is_named() {
        let mut bytes = sample(1).encode().unwrap();
        bytes[8] = 9;
        let error = CheckpointMetadata::decode(&bytes, "x/_metadata").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("x/_metadata has format version 9")
        );
    }

    proptest! {
        #[test]
        fn damage_is_noticed(position in 0usize..10_000, bit in 0u8..8, cut in any::<bool>()) {
            let mut bytes = sample(1).encode().unwrap();
            let position = position % bytes.len();
            if cut {
                bytes.truncate(position);
            } else {
                bytes[position] ^= 1 << bit;
            }
            prop_assert!(CheckpointMetadata::decode(&bytes, "x").is_err());
        }
    }
}
