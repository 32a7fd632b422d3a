//! Sources: where rows come from (Flink's FLIP-27 roles).
//!
//! A [`Source`] describes a table. One [`SplitEnumerator`] in the AM finds pieces of work (splits) and
//! hands them to the [`SourceReader`]s in the workers as they ask for them, so that fast readers get
//! more. A reader's position is part of its splits: a snapshot is simply the list of splits it still
//! has to read, each with where to go on.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

use crate::changelog::ChangelogBatch;
use crate::error::OperatorResult;
use crate::operator::OperatorContext;

/// Whether a source ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Boundedness {
    /// It does.
    Bounded,
    /// It goes on until the job is stopped.
    Unbounded,
}

/// A piece of a source's data together with the position to read on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSplit {
    /// For logs, for example `flights.csv[0..4194304)`.
    pub id: String,
    /// The connector's own encoding (JSON by custom, so that `checkpoint show` can print it).
    pub state: Vec<u8>,
}

/// A table that can be read. Made by the connector from a `TableSpec`.
pub trait Source: Send + Sync {
    /// Whether it ends.
    fn boundedness(&self) -> Boundedness;

    /// The side that finds splits; `restored` is what [`SplitEnumerator::snapshot`] gave.
    ///
    /// # Errors
    /// When the table's data cannot be found or listed.
    fn create_enumerator(
        &self,
        parallelism: u32,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>>;

    /// The side that reads splits.
    ///
    /// # Errors
    /// When the set-up is wrong.
    fn create_reader(&self, context: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>>;
}

/// What a reader is given.
pub struct SourceReaderContext {
    /// Where it runs.
    pub operator: OperatorContext,
    /// To be called, from any thread, when a reader that was [`SourcePoll::Pending`] has rows.
    pub waker: Arc<dyn Fn() + Send + Sync>,
    /// About how many rows a batch should have.
    pub batch_size: usize,
}

/// Finds splits and hands them out; runs in the AM, called from one thread, may block on I/O.
pub trait SplitEnumerator: Send {
    /// A reader has nothing to do: its next split, or what to wait for.
    ///
    /// # Errors
    /// When the table's data cannot be listed.
    fn next_split(&mut self, subtask: u32) -> OperatorResult<NextSplit>;

    /// Looks for new data; called every [`SplitEnumerator::discovery_interval`]. True when there is some.
    ///
    /// # Errors
    /// When the table's data cannot be listed.
    fn discover(&mut self) -> OperatorResult<bool> {
        Ok(false)
    }

    /// How often to look for new data; `None` for sources that have all their splits at once.
    fn discovery_interval(&self) -> Option<Duration> {
        None
    }

    /// Splits of a lost or rescaled reader go back into the pool.
    fn add_back(&mut self, splits: Vec<SourceSplit>);

    /// How much has been handed out of all that there is; `None` where it never ends or nobody knows.
    fn share(&self) -> Option<SourceShare> {
        None
    }

    /// What has not been handed out yet (and, for discovery, what has been seen).
    ///
    /// # Errors
    /// When it cannot be encoded.
    fn snapshot(&self) -> OperatorResult<Vec<u8>>;
}

/// How far a bounded source has come, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceShare {
    /// Handed out to readers.
    pub done: u64,
    /// In all.
    pub total: u64,
}

/// Answer to a reader that asks for work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextSplit {
    /// Read this.
    Split(SourceSplit),
    /// Nothing now; more may be discovered.
    Wait,
    /// Nothing any more.
    NoMore,
}

/// Reads splits; owned by one task thread, which polls it.
pub trait SourceReader: Send {
    /// More to read, in order, after what it has.
    ///
    /// # Errors
    /// When the split's state cannot be decoded.
    fn add_split(&mut self, split: SourceSplit) -> OperatorResult<()>;

    /// The next rows. Does not wait for the network: answers [`SourcePoll::Pending`] and wakes later.
    /// Reading a local file block counts as not waiting.
    ///
    /// # Errors
    /// When data cannot be read or decoded; the message names file and line.
    fn poll_next(&mut self) -> OperatorResult<SourcePoll>;

    /// What is left to read, with the position after the last batch that [`SourceReader::poll_next`]
    /// gave out.
    ///
    /// # Errors
    /// When it cannot be encoded.
    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>>;
}

/// What a reader has.
#[derive(Debug)]
pub enum SourcePoll {
    /// Changes, with the columns that were asked for; of most sources inserts.
    Batch(ChangelogBatch),
    /// All its splits are read: it wants another one.
    NeedSplit,
    /// Nothing now; the waker will be called. With a time: ask again then at the latest.
    Pending(Option<Duration>),
}
