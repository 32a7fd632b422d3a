//! Hands out lanes: to each reader its own, at once, and nobody else's. A reader that is through has its watermark at the end
//! already: rows of a lane that it took over from another one would all be late.
//!
//! Whose a lane is follows from its number, so that an enumerator that is made anew under readers that run (the master was
//! replaced) knows it too.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::source::{NextSplit, SourceSplit, SplitEnumerator};

use super::{Lane, Pace, RowMaker, decode, encode};

/// Hands out lanes, evenly.
pub(super) struct LaneEnumerator {
    maker: Arc<dyn RowMaker>,
    /// Lanes that nobody reads.
    free: Vec<Lane>,
    /// Readers there are.
    parallelism: u64,
}

impl LaneEnumerator {
    pub(super) fn new(
        maker: Arc<dyn RowMaker>,
        parallelism: u32,
        pace: Pace,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Self> {
        let parallelism = u64::from(parallelism.max(1));
        let free = match restored {
            Some(bytes) => decode(maker.as_ref(), bytes)?,
            None => (0..parallelism)
                .map(|index| Lane {
                    index,
                    lanes: parallelism,
                    done: 0,
                    base_ms: pace.base_ms,
                })
                .collect(),
        };
        Ok(LaneEnumerator {
            maker,
            free,
            parallelism,
        })
    }

    /// Whose a lane is: neighbours go to one reader, and no reader has two more than another.
    fn owner(&self, lane: &Lane) -> u64 {
        lane.index * self.parallelism / lane.lanes.max(1)
    }
}

impl SplitEnumerator for LaneEnumerator {
    fn next_split(&mut self, subtask: u32) -> OperatorResult<NextSplit> {
        let free = std::mem::take(&mut self.free).into_iter();
        let (lanes, others): (Vec<Lane>, Vec<Lane>) =
            free.partition(|lane| self.owner(lane) == u64::from(subtask));
        self.free = others;
        if lanes.is_empty() {
            return Ok(NextSplit::NoMore);
        }
        Ok(NextSplit::Split(split(self.maker.as_ref(), &lanes)?))
    }

    fn add_back(&mut self, splits: Vec<SourceSplit>) {
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
