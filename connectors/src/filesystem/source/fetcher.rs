//! Reads a split on a thread of its own.
//!
//! A slot's thread does not wait for the network: other tasks of the slot and barriers would wait with it. So a split of a file on
//! another machine is opened, read and decoded elsewhere, one batch ahead of the task, as Flink's `SplitFetcher` does. Each batch
//! comes with what is left of the split after it, so that a snapshot knows nothing of what was fetched and not yet given out.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use alpheus_dataflow::{ChangelogBatch, OperatorError, OperatorResult};

use super::split::FileSplit;
use super::split_reader::Reading;

/// Batches that wait to be taken, besides the one that is made.
const AHEAD: usize = 1;

type Next = OperatorResult<Option<(ChangelogBatch, FileSplit)>>;

/// A split being fetched. Letting go of it ends the thread with its next batch.
pub(super) struct Fetcher {
    /// What is left to give out.
    split: FileSplit,
    batches: Receiver<Next>,
}

/// What a fetcher has.
pub(super) enum Fetched {
    /// The next rows.
    Batch(ChangelogBatch),
    /// Nothing now; the waker will be called.
    Nothing,
    /// The split is read.
    End,
}

impl Fetcher {
    /// Starts to fetch; `waker` is called whenever there is something new.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(
        reading: Arc<Reading>,
        split: FileSplit,
        waker: Arc<dyn Fn() + Send + Sync>,
    ) -> OperatorResult<Self> {
        let (sender, batches) = sync_channel(AHEAD);
        let left = split.clone();
        let fetch = move || {
            // Dropped after the sender: whoever is woken by a panic finds that nothing comes any more.
            let bell = Bell(waker);
            let sender = sender;
            fetch(&reading, split, &sender, &bell);
        };
        let thread = std::thread::Builder::new()
            .name("fetcher".to_owned())
            .spawn(fetch);
        thread.map_err(|error| {
            OperatorError::transient(format!("no thread can be started to read files: {error}"))
        })?;
        Ok(Fetcher {
            split: left,
            batches,
        })
    }

    /// What is left after the last batch that was given out.
    pub(super) fn split(&self) -> &FileSplit {
        &self.split
    }

    /// What there is now.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn poll(&mut self) -> OperatorResult<Fetched> {
        match self.batches.try_recv() {
            Ok(Ok(Some((batch, left)))) => {
                self.split = left;
                Ok(Fetched::Batch(batch))
            }
            Ok(Ok(None)) => Ok(Fetched::End),
            Ok(Err(error)) => Err(error),
            Err(TryRecvError::Empty) => Ok(Fetched::Nothing),
            Err(TryRecvError::Disconnected) => Err(OperatorError::fatal(format!(
                "{}: the thread that reads it has failed",
                self.split.path
            ))),
        }
    }
}

fn fetch(reading: &Reading, split: FileSplit, sender: &SyncSender<Next>, bell: &Bell) {
    let mut reader = match reading.open(split) {
        Ok(reader) => reader,
        Err(error) => return drop(sender.send(Err(error))),
    };
    loop {
        let next = reader.next();
        let next = next.map(|batch| batch.map(|batch| (batch, reader.split().clone())));
        let more = matches!(next, Ok(Some(_)));
        // Nobody takes it when the task is over.
        if sender.send(next).is_err() || !more {
            return;
        }
        (bell.0)();
    }
}

/// Rings once more at the end, however it comes.
struct Bell(Arc<dyn Fn() + Send + Sync>);

impl Drop for Bell {
    fn drop(&mut self) {
        (self.0)();
    }
}
