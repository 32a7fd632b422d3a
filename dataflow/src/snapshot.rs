//! How an operator's state leaves it at a barrier and comes back after a restart.
//!
//! At a barrier an operator hands out an [`OperatorSnapshot`] and goes on at once: keyed state is
//! frozen by reference (immutable or copy-on-write blocks) behind [`FrozenRows`], which another thread
//! turns into record batches and writes. On restore a [`StateReader`] yields exactly the rows of the
//! key groups that the subtask owns now, whatever the parallelism was when they were written.

use std::any::Any;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::{Deserialize, Serialize};

use crate::error::OperatorResult;
use crate::key_group::{KeyGroup, KeyGroupRange};

/// Everything an operator keeps, as of one barrier.
#[derive(Default)]
pub struct OperatorSnapshot {
    /// State that belongs to keys.
    pub keyed: Vec<KeyedSnapshot>,
    /// State that belongs to the subtask.
    pub lists: Vec<ListSnapshot>,
    /// What a sink has prepared: committed once the checkpoint is complete, and again (so commits
    /// must be idempotent) after a restore from it.
    pub committables: Vec<Vec<u8>>,
}

impl OperatorSnapshot {
    /// [Seals](FrozenRows::seal) all its keyed states.
    ///
    /// # Errors
    /// When a disk fails.
    pub fn seal(&mut self) -> OperatorResult<()> {
        let mut states = self.keyed.iter_mut();
        states.try_for_each(|state| state.rows.seal())
    }
}

/// One keyed state, for example the accumulators of an aggregation.
pub struct KeyedSnapshot {
    /// Unique within the operator and stable across versions.
    pub name: String,
    /// Its rows.
    pub rows: Box<dyn FrozenRows>,
}

/// Receives the rows of a snapshot, ascending by key group; a key group may come in several batches.
pub type RowsConsumer<'a> = dyn FnMut(KeyGroup, RecordBatch) -> OperatorResult<()> + 'a;

/// Keyed state frozen at a barrier.
pub trait FrozenRows: Send {
    /// Columns of the rows.
    fn schema(&self) -> SchemaRef;

    /// All states of the operator are frozen: takes what they have in common, once for all of them. Called before the
    /// operator goes on.
    ///
    /// # Errors
    /// When a disk fails.
    fn seal(&mut self) -> OperatorResult<()> {
        Ok(())
    }

    /// The same state in its backend's own format, when that is what the checkpoint should have: then
    /// [`FrozenRows::write`] is not called. What is inside is known to the crate `state` alone.
    fn native(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }

    /// Hands all rows to `consumer`. Runs on an I/O thread while the operator goes on.
    ///
    /// # Errors
    /// Those of `consumer` and of encoding.
    fn write(self: Box<Self>, consumer: &mut RowsConsumer<'_>) -> OperatorResult<()>;
}

/// One list of opaque entries, for example a source's splits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSnapshot {
    /// Unique within the operator and stable across versions.
    pub name: String,
    /// The entries.
    pub entries: Vec<Vec<u8>>,
    /// Who gets them on restore.
    pub redistribution: Redistribution,
}

/// Who gets the entries of a list on restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redistribution {
    /// Dealt out evenly over the new subtasks (Flink's `ListState`).
    Split,
    /// Everybody gets all (Flink's union list state).
    Union,
    /// Whoever owns some of the writer's key groups now gets them, as [`KeyGroupEntry`]s: what is true of all keys of a
    /// subtask, and not of those of the others.
    KeyGroups,
    /// The same of a subtask of which several things are true: its entries are [`KeyGroupEntry`]s already.
    KeyGroupRanges,
}

/// An entry of a list, and the key groups that it is true of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroupEntry {
    /// The key groups.
    pub key_groups: KeyGroupRange,
    /// The entry.
    pub value: Vec<u8>,
}

impl KeyGroupEntry {
    /// First group and one past the last (2 bytes each, little endian), then the entry.
    pub fn encode(&self) -> Vec<u8> {
        let KeyGroupRange { start, end } = self.key_groups;
        [&start.to_le_bytes()[..], &end.to_le_bytes(), &self.value].concat()
    }

    /// What [`KeyGroupEntry::encode`] gave; `None` of anything shorter.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (start, rest) = bytes.split_first_chunk()?;
        let (end, value) = rest.split_first_chunk()?;
        Some(KeyGroupEntry {
            key_groups: KeyGroupRange {
                start: u16::from_le_bytes(*start),
                end: u16::from_le_bytes(*end),
            },
            value: value.to_vec(),
        })
    }
}

/// The state a restored operator starts from.
pub trait StateReader {
    /// The rows of a keyed state that fall into the subtask's key groups; nothing when the snapshot
    /// has no state of that name.
    ///
    /// # Errors
    /// When the file cannot be read or is torn.
    fn keyed<'a>(
        &'a self,
        name: &str,
    ) -> OperatorResult<Box<dyn Iterator<Item = OperatorResult<RecordBatch>> + 'a>>;

    /// This subtask's entries of a list.
    ///
    /// # Errors
    /// When the file cannot be read or is torn.
    fn list(&self, name: &str) -> OperatorResult<Vec<Vec<u8>>>;
}
