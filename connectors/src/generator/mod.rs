//! Sources that make their rows up, as a pure function of a row's number.
//!
//! The numbers are dealt out in blocks to as many lanes as the source had subtasks at first: lane k of n
//! has the blocks k, k+n, k+2n and so on. A lane's position is how many of its numbers are done. At
//! another parallelism a split holds several lanes; a reader merges them by number, so that event time
//! never runs backwards, and is never given another reader's.

mod enumerator;
mod reader;

#[cfg(test)]
mod tests;

use alpheus_dataflow::source::{
    Boundedness, Source, SourceReader, SourceReaderContext, SplitEnumerator,
};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::RecordBatch;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Makes rows.
pub(crate) trait RowMaker: Send + Sync {
    /// What the rows are, for messages and split names.
    fn name(&self) -> &str;

    /// The projected columns of the rows with these ascending numbers. `base_ms` is the time at which
    /// the source was first started.
    ///
    /// # Errors
    /// When a column cannot be built.
    fn make(&self, numbers: &[u64], base_ms: i64) -> OperatorResult<RecordBatch>;

    /// About how many numbers make one row (1 unless numbers are left out).
    fn numbers_per_row(&self) -> usize {
        1
    }
}

/// How many numbers there are, how fast, and how they are dealt out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    /// One more than the last number; absent is for ever.
    pub(crate) count: Option<u64>,
    /// Numbers a second, of all lanes together; absent is as fast as they are taken.
    pub(crate) per_second: Option<u64>,
    /// Numbers in a block.
    pub(crate) block: u64,
    /// When the source was first started, ms since the epoch.
    pub(crate) base_ms: i64,
}

/// A source of made-up rows.
pub(crate) struct GeneratorSource {
    maker: Arc<dyn RowMaker>,
    pace: Pace,
}

impl GeneratorSource {
    pub(crate) fn new(maker: impl RowMaker + 'static, pace: Pace) -> Self {
        GeneratorSource {
            maker: Arc::new(maker),
            pace,
        }
    }
}

/// The numbers of one lane that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lane {
    /// Which lane.
    index: u64,
    /// Of how many.
    lanes: u64,
    /// How many of its numbers are done.
    done: u64,
    /// When the source was first started, ms since the epoch.
    base_ms: i64,
}

impl Lane {
    /// The next number.
    fn next(&self, block: u64) -> u64 {
        let blocks = self.done / block;
        (self.index + blocks * self.lanes) * block + self.done % block
    }
}

fn decode<'a, T: Deserialize<'a>>(maker: &dyn RowMaker, bytes: &'a [u8]) -> OperatorResult<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        OperatorError::fatal(format!(
            "the state is not one of the source {} ({error}); start the job without it",
            maker.name()
        ))
    })
}

fn encode<T: Serialize>(value: &T) -> OperatorResult<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| {
        OperatorError::fatal(format!("cannot encode the state of the source: {error}"))
    })
}

impl Source for GeneratorSource {
    fn boundedness(&self) -> Boundedness {
        match self.pace.count {
            Some(_) => Boundedness::Bounded,
            None => Boundedness::Unbounded,
        }
    }

    fn create_enumerator(
        &self,
        parallelism: u32,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Ok(Box::new(enumerator::LaneEnumerator::new(
            self.maker.clone(),
            parallelism,
            self.pace,
            restored,
        )?))
    }

    fn create_reader(&self, context: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        Ok(Box::new(reader::LaneReader::new(
            self.maker.clone(),
            self.pace,
            &context,
        )))
    }
}
