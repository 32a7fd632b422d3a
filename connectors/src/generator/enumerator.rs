//! Hands out lanes: to each reader its share, once. A reader that is through with its own leaves those of others alone that have
//! yet to ask: its watermark is at the end already, and their rows would all be late.

use std::collections::BTreeSet;
use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::source::{NextSplit, SourceSplit, SplitEnumerator};

use super::{Lane, Pace, RowMaker, decode, encode};

/// Hands out lanes, evenly.
pub(super) struct LaneEnumerator {
    maker: Arc<dyn RowMaker>,
    /// Lanes that nobody reads.
    free: Vec<Lane>,
    /// Readers there are, and how many of them have yet to ask.
    parallelism: usize,
    waiting: usize,
    /// Readers that have asked since lanes came back.
    asked: BTreeSet<u32>,
}

impl LaneEnumerator {
    pub(super) fn new(
        maker: Arc<dyn RowMaker>,
        parallelism: u32,
        pace: Pace,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Self> {
        let lanes = u64::from(parallelism.max(1));
        let free = match restored {
            Some(bytes) => decode(maker.as_ref(), bytes)?,
            None => (0..lanes)
                .map(|index| Lane {
                    index,
                    lanes,
                    done: 0,
                    base_ms: pace.base_ms,
                })
                .collect(),
        };
        Ok(LaneEnumerator {
            maker,
            free,
            parallelism: parallelism.max(1) as usize,
            waiting: parallelism.max(1) as usize,
            asked: BTreeSet::new(),
        })
    }
}

impl SplitEnumerator for LaneEnumerator {
    fn next_split(&mut self, subtask: u32) -> OperatorResult<NextSplit> {
        let again = !self.asked.insert(subtask);
        if self.free.is_empty() || (again && self.waiting > 0) {
            return Ok(NextSplit::NoMore);
        }
        let share = self.free.len().div_ceil(self.waiting.max(1));
        self.waiting = self.waiting.saturating_sub(1);
        let lanes: Vec<Lane> = self.free.drain(..share).collect();
        Ok(NextSplit::Split(split(self.maker.as_ref(), &lanes)?))
    }

    fn add_back(&mut self, splits: Vec<SourceSplit>) {
        // The reader that lost them will ask again.
        self.waiting = (self.waiting + 1).min(self.parallelism);
        self.asked.clear();
        for split in splits {
            match decode::<Vec<Lane>>(self.maker.as_ref(), &split.state) {
                Ok(lanes) => self.free.extend(lanes),
                // Splits come from this enumerator; one that does not decode is a defect to report.
                Err(error) => {
                    tracing::error!(split = %split.id, %error, "a returned split is lost")
                }
            }
        }
        self.free.sort_by_key(|lane| lane.index);
    }

    fn snapshot(&self) -> OperatorResult<Vec<u8>> {
        encode(&self.free)
    }
}

/// Lanes as a split.
pub(super) fn split(maker: &dyn RowMaker, lanes: &[Lane]) -> OperatorResult<SourceSplit> {
    let names: Vec<_> = lanes
        .iter()
        .map(|lane| format!("{}/{}+{}", lane.index, lane.lanes, lane.done))
        .collect();
    Ok(SourceSplit {
        id: format!("{}[{}]", maker.name(), names.join(",")),
        state: encode(&lanes)?,
    })
}
