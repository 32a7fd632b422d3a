//! Makes the rows of a subtask's lanes.

use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::operator::Clock;
use alpheus_dataflow::source::{SourcePoll, SourceReader, SourceReaderContext, SourceSplit};
use alpheus_dataflow::{ChangelogBatch, OperatorResult};

use super::enumerator::split;
use super::{Lane, Pace, RowMaker, decode};

/// Makes rows.
pub(super) struct LaneReader {
    maker: Arc<dyn RowMaker>,
    pace: Pace,
    batch: usize,
    lanes: Vec<Lane>,
    clock: Arc<dyn Clock>,
    /// When the pace began to count, and how many numbers were made since.
    started_ms: i64,
    made: u64,
    numbers: Vec<u64>,
}

impl LaneReader {
    pub(super) fn new(maker: Arc<dyn RowMaker>, pace: Pace, context: &SourceReaderContext) -> Self {
        let clock = context.operator.clock.clone();
        LaneReader {
            batch: context
                .batch_size
                .max(1)
                .saturating_mul(maker.numbers_per_row()),
            started_ms: clock.now_ms(),
            maker,
            pace,
            lanes: Vec::new(),
            clock,
            made: 0,
            numbers: Vec::new(),
        }
    }

    /// The numbers that this reader may make in a second: its lanes' share.
    fn rate(&self) -> Option<f64> {
        let share: f64 = self.lanes.iter().map(|lane| 1.0 / lane.lanes as f64).sum();
        self.pace
            .per_second
            .map(|rate| (rate as f64 * share).max(1e-9))
    }

    /// How many numbers may be made now, or how long to wait for the next.
    fn allowance(&self) -> Result<usize, Duration> {
        let Some(rate) = self.rate() else {
            return Ok(self.batch);
        };
        let elapsed = self.clock.now_ms().saturating_sub(self.started_ms).max(0) as f64 / 1e3;
        let due = (elapsed * rate) as u64 + 1;
        if due > self.made {
            return Ok(self
                .batch
                .min(usize::try_from(due - self.made).unwrap_or(usize::MAX)));
        }
        // Not for every single row: ten times a second, or when the next one is due.
        let next = ((self.made as f64 / rate - elapsed) * 1e3).max(1.0);
        Err(Duration::from_millis(
            next.max(1e5 / rate / 1e3).clamp(1.0, 100.0) as u64,
        ))
    }

    /// Takes up to `limit` numbers, ascending over all lanes.
    fn take(&mut self, limit: usize) {
        self.numbers.clear();
        let (block, end) = (self.pace.block.max(1), self.pace.count.unwrap_or(u64::MAX));
        while self.numbers.len() < limit {
            let Some(lane) = self.lanes.iter_mut().min_by_key(|lane| lane.next(block)) else {
                return;
            };
            let first = lane.next(block);
            if first >= end {
                // The least of all is beyond the end: all lanes are done.
                self.lanes.clear();
                return;
            }
            let rest = (block - lane.done % block)
                .min((limit - self.numbers.len()) as u64)
                .min(end - first);
            self.numbers.extend(first..first + rest);
            lane.done += rest;
        }
    }
}

impl SourceReader for LaneReader {
    fn add_split(&mut self, split: SourceSplit) -> OperatorResult<()> {
        let lanes: Vec<Lane> = decode(self.maker.as_ref(), &split.state)?;
        self.lanes.extend(lanes);
        Ok(())
    }

    fn poll_next(&mut self) -> OperatorResult<SourcePoll> {
        loop {
            if self.lanes.is_empty() {
                return Ok(SourcePoll::NeedSplit);
            }
            let limit = match self.allowance() {
                Ok(limit) => limit,
                Err(wait) => return Ok(SourcePoll::Pending(Some(wait))),
            };
            let base_ms = self
                .lanes
                .first()
                .map_or(self.pace.base_ms, |lane| lane.base_ms);
            self.take(limit);
            self.made += self.numbers.len() as u64;
            if self.numbers.is_empty() {
                continue;
            }
            let batch = self.maker.make(&self.numbers, base_ms)?;
            if batch.num_rows() > 0 {
                return Ok(SourcePoll::Batch(ChangelogBatch::inserts(batch)));
            }
        }
    }

    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        if self.lanes.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![split(self.maker.as_ref(), &self.lanes)?])
    }
}
