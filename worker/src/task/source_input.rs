//! A source as the input of a task: polls its reader, asks for splits, keeps to the alignment.
//!
//! The reader is only polled when the outputs have room. Small batches that are at hand at once are put
//! together; nothing is kept from one poll to the next, so that the reader's position is always that of
//! the rows that were given out.

use std::time::{Duration, Instant};

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::Watermark;
use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::source::{NextSplit, SourcePoll, SourceReader, SourceSplit};

use super::source_faults::SourceFaults;

/// How long to wait after "nothing yet" before asking for a split again, should nobody bring one.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// How long to go on putting small batches together.
const LINGER: Duration = Duration::from_millis(1);

/// What a source has.
#[derive(Debug)]
pub enum SourceStep {
    /// Rows.
    Rows(ChangelogBatch),
    /// It wants a split; asks once.
    NeedSplit,
    /// Nothing now; look again by then.
    Wait(Option<Instant>),
    /// It may not read at present; who allows it wakes the slot.
    Held,
    /// There are no more rows.
    Ended,
}

enum Splits {
    /// Not asked for.
    Unasked,
    /// Asked; the answer is under way.
    Asked,
    /// "Nothing yet": ask again then.
    Later(Instant),
    /// There are no more.
    NoMore,
}

/// A source as the input of a task.
pub struct SourceInput {
    reader: Box<dyn SourceReader>,
    batch_size: usize,
    faults: SourceFaults,
    splits: Splits,
    stopped: bool,
    /// Until a checkpoint has completed nothing is read.
    paused: bool,
    group: Option<String>,
    max_watermark: Watermark,
}

impl SourceInput {
    /// A source whose batches should have about `batch_size` rows, of an alignment group or none.
    pub fn new(
        reader: Box<dyn SourceReader>,
        batch_size: usize,
        faults: SourceFaults,
        group: Option<String>,
    ) -> Self {
        SourceInput {
            reader,
            batch_size,
            faults,
            splits: Splits::Unasked,
            stopped: false,
            paused: false,
            group,
            max_watermark: Watermark::MAX,
        }
    }

    /// Has it wait for the first checkpoint before it reads anything
    /// (`pipeline.sources.pause-until-first-checkpoint`).
    pub fn paused_until_checkpoint(mut self) -> Self {
        self.paused = true;
        self
    }

    /// The next thing; `watermark` is the one that the chain has said.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn poll(&mut self, watermark: Watermark, now: Instant) -> OperatorResult<SourceStep> {
        if self.stopped {
            return Ok(SourceStep::Ended);
        }
        if self.paused || watermark > self.max_watermark {
            return Ok(SourceStep::Held);
        }
        if let Some(later) = self.faults.hold(now)? {
            return Ok(SourceStep::Wait(Some(later)));
        }
        Ok(match self.reader.poll_next()? {
            SourcePoll::Batch(first) => {
                let rows = self.put_together(first, now)?;
                self.faults.gave(rows.num_rows() as u64, now);
                SourceStep::Rows(rows)
            }
            SourcePoll::Pending(wait) => SourceStep::Wait(wait.map(|wait| now + wait)),
            SourcePoll::NeedSplit => match self.splits {
                Splits::NoMore => SourceStep::Ended,
                Splits::Asked => SourceStep::Wait(None),
                Splits::Later(time) if now < time => SourceStep::Wait(Some(time)),
                Splits::Unasked | Splits::Later(_) => {
                    self.splits = Splits::Asked;
                    SourceStep::NeedSplit
                }
            },
        })
    }

    fn put_together(
        &mut self,
        first: ChangelogBatch,
        begin: Instant,
    ) -> OperatorResult<ChangelogBatch> {
        let mut rows = first.num_rows();
        if rows * 2 >= self.batch_size {
            return Ok(first);
        }
        let mut batches = vec![first];
        while rows * 2 < self.batch_size && begin.elapsed() < LINGER {
            match self.reader.poll_next()? {
                SourcePoll::Batch(batch) => {
                    rows += batch.num_rows();
                    batches.push(batch);
                }
                // The next poll says it again.
                SourcePoll::NeedSplit | SourcePoll::Pending(_) => break,
            }
        }
        Ok(ChangelogBatch::concat(&batches)?)
    }

    /// What is left to read.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        self.reader.snapshot()
    }

    /// A checkpoint has completed.
    pub fn checkpoint_complete(&mut self) {
        self.paused = false;
        self.faults.checkpoint_complete();
    }

    /// No more rows: a savepoint stops the job here.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// The answer to a request, or a split that was found later.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn assign(&mut self, next: &NextSplit) -> OperatorResult<()> {
        match next {
            NextSplit::Split(split) => {
                self.splits = Splits::Unasked;
                self.reader.add_split(split.clone())
            }
            NextSplit::Wait => {
                self.splits = Splits::Later(Instant::now() + ASK_AGAIN);
                Ok(())
            }
            NextSplit::NoMore => {
                self.splits = Splits::NoMore;
                Ok(())
            }
        }
    }

    /// Sources of `group` may not go beyond this event time.
    pub fn align(&mut self, group: &str, max_watermark: Watermark) {
        if self.group.as_deref() == Some(group) {
            self.max_watermark = max_watermark;
        }
    }
}
