//! Handles: where the state of a task lies, small enough for messages and for `_metadata`.

use std::collections::BTreeMap;

use alpheus_dataflow::ids::{OperatorId, SubtaskIndex, VertexId};
use alpheus_dataflow::snapshot::ListSnapshot;
use alpheus_dataflow::source::SourceSplit;
use serde::{Deserialize, Serialize};

use crate::channel_state::ChannelStateHandle;
use crate::encryption::{DataKeys, WrappedKey};
use crate::rocksdb::StateFormat;

/// What the sinks of an operator prepared and nobody has committed yet.
pub type Committables = (OperatorId, Vec<Vec<u8>>);
/// The lists of an operator by name.
pub type OperatorLists = BTreeMap<String, Vec<Vec<u8>>>;

/// A subtask of a vertex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId {
    /// The vertex.
    pub vertex: VertexId,
    /// Which of its subtasks.
    pub subtask: SubtaskIndex,
}

/// State for one task.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TaskRestore {
    /// For each operator of the chain, all sections that may hold state of its key groups.
    pub keyed: Vec<(OperatorId, Vec<KeyedStateHandle>)>,
    /// For each operator, all databases that may hold state of its key groups.
    #[serde(default)]
    pub native: Vec<(OperatorId, Vec<NativeStateHandle>)>,
    /// For each operator, its lists, already redistributed.
    pub lists: Vec<(OperatorId, OperatorLists)>,
    /// What the files are encrypted with.
    #[serde(default)]
    pub keys: DataKeys,
    /// For sources: where to go on.
    pub splits: Vec<SourceSplit>,
    /// Whether the checkpoint belongs to the job now (`execution.state-recovery.claim-mode`), so that its files may become those of
    /// the job's own checkpoints.
    #[serde(default)]
    pub claimed: bool,
    /// Records that were in flight to it, to be processed first.
    #[serde(default)]
    pub channels: Vec<ChannelStateHandle>,
}

impl TaskRestore {
    /// Keys that its files are encrypted with, as they are stored.
    pub fn wrapped_keys(&self) -> impl Iterator<Item = &WrappedKey> {
        let keyed = self.keyed.iter().flat_map(|(_, handles)| handles);
        let in_flight = self
            .channels
            .iter()
            .filter_map(|channel| channel.rows.as_ref());
        let keyed = keyed.chain(in_flight);
        let native = self.native.iter().flat_map(|(_, handles)| handles);
        let files = native.flat_map(|handle| &handle.files);
        let keyed = keyed.filter_map(|handle| handle.key.as_ref());
        keyed.chain(files.filter_map(|file| file.key.as_ref()))
    }
}

/// One keyed state of one subtask inside a worker's state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedStateHandle {
    /// Name of the state within its operator.
    pub state: String,
    /// The file, as a location; relative ones are relative to the checkpoint's folder.
    pub file: String,
    /// First byte of the section.
    pub offset: u64,
    /// Bytes of the section.
    pub length: u64,
    /// First key group and one past the last that it may hold.
    pub key_groups: (u16, u16),
    /// The key that the file is encrypted with, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<WrappedKey>,
}

/// All keyed state of one operator of one subtask in the format of the backend itself: the files of a
/// RocksDB database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeStateHandle {
    /// [`NATIVE_FORMAT`](crate::rocksdb::NATIVE_FORMAT) of who wrote it.
    pub format: u32,
    /// First key group and one past the last that it may hold.
    pub key_groups: (u16, u16),
    /// The files.
    pub files: Vec<NativeFile>,
    /// What the states in it consist of, by name, for those who read them without their operator.
    #[serde(default)]
    pub states: BTreeMap<String, StateFormat>,
}

/// One file of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeFile {
    /// Its name in the database's folder.
    pub name: String,
    /// The file it is kept in, as a location; relative ones are relative to the checkpoint's folder.
    pub file: String,
    /// First byte there.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
    /// CRC-32 of the bytes.
    pub crc: u32,
    /// Whether other checkpoints may refer to the same file.
    pub shared: bool,
    /// First key group and one past the last of the keys in it, where that is known of a table file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_groups: Option<(u16, u16)>,
    /// The key that the file is encrypted with, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<WrappedKey>,
}

/// State of one task as of one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSnapshot {
    /// The task.
    pub task: TaskId,
    /// State of each operator of its chain.
    pub operators: Vec<OperatorStateHandle>,
    /// For sources: splits with their positions.
    pub splits: Vec<SourceSplit>,
    /// Records that the barrier has overtaken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelStateHandle>,
}

/// State of one operator of one subtask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorStateHandle {
    /// The operator.
    pub operator: OperatorId,
    /// Where its keyed state lies.
    pub keyed: Vec<KeyedStateHandle>,
    /// Its keyed state in a backend's own format, if that was written.
    #[serde(default)]
    pub native: Vec<NativeStateHandle>,
    /// Its lists, inline.
    pub lists: Vec<ListSnapshot>,
    /// What to commit when the checkpoint is complete.
    pub committables: Vec<Vec<u8>>,
}

/// Numbers of one worker's part in a checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointStatistics {
    /// Bytes written.
    pub state_bytes: u64,
    /// Bytes of them that are records which the barrier has overtaken.
    #[serde(default)]
    pub in_flight_bytes: u64,
    /// From the first barrier to the last at its slowest task.
    pub alignment_ms: u64,
    /// Freezing state on the task threads, slowest task.
    pub sync_ms: u64,
    /// Writing it.
    pub async_ms: u64,
}
