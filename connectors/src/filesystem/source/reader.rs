//! The side that reads splits.

use std::collections::VecDeque;
use std::sync::Arc;

use alpheus_dataflow::source::{SourcePoll, SourceReader, SourceReaderContext, SourceSplit};
use alpheus_dataflow::{Expr, OperatorResult};
use alpheus_storage::{FileSystem, Location};

use super::fetcher::{Fetched, Fetcher};
use super::split::FileSplit;
use super::split_reader::{Reading, SplitReader};
use crate::error::storage_error;
use crate::filesystem::FileTable;

/// Reads splits, one after the other: local files on the task's thread, others on one of their own.
pub(super) struct FileReader {
    reading: Arc<Reading>,
    waker: Arc<dyn Fn() + Send + Sync>,
    waiting: VecDeque<FileSplit>,
    current: Option<Current>,
}

/// A split being read.
enum Current {
    Here(Box<SplitReader>),
    Elsewhere(Fetcher),
}

impl FileReader {
    pub(super) fn new(
        table: Arc<FileTable>,
        projection: Vec<usize>,
        filters: Vec<Expr>,
        file_system: Arc<dyn FileSystem>,
        context: &SourceReaderContext,
    ) -> Self {
        let reading = Reading {
            table,
            projection,
            filters,
            file_system,
            batch_size: context.batch_size.max(1),
            errors: context.operator.metrics.metric("numRecordsInErrors"),
        };
        FileReader {
            reading: Arc::new(reading),
            waker: Arc::clone(&context.waker),
            waiting: VecDeque::new(),
            current: None,
        }
    }

    fn begin(&self, split: FileSplit) -> OperatorResult<Current> {
        let location: Location = split.path.parse().map_err(storage_error)?;
        if location.is_local() {
            return Ok(Current::Here(Box::new(self.reading.open(split)?)));
        }
        let (reading, waker) = (Arc::clone(&self.reading), Arc::clone(&self.waker));
        Ok(Current::Elsewhere(Fetcher::start(reading, split, waker)?))
    }
}

impl Current {
    fn split(&self) -> &FileSplit {
        match self {
            Current::Here(reader) => reader.split(),
            Current::Elsewhere(fetcher) => fetcher.split(),
        }
    }

    fn poll(&mut self) -> OperatorResult<Fetched> {
        match self {
            Current::Here(reader) => Ok(reader.next()?.map_or(Fetched::End, Fetched::Batch)),
            Current::Elsewhere(fetcher) => fetcher.poll(),
        }
    }
}

impl SourceReader for FileReader {
    fn add_split(&mut self, split: SourceSplit) -> OperatorResult<()> {
        self.waiting.push_back(FileSplit::decode(&split)?);
        Ok(())
    }

    fn poll_next(&mut self) -> OperatorResult<SourcePoll> {
        loop {
            if self.current.is_none() {
                let Some(split) = self.waiting.pop_front() else {
                    return Ok(SourcePoll::NeedSplit);
                };
                self.current = Some(self.begin(split)?);
            }
            let Some(current) = &mut self.current else {
                continue;
            };
            match current.poll()? {
                Fetched::Batch(batch) => return Ok(SourcePoll::Batch(batch)),
                Fetched::Nothing => return Ok(SourcePoll::Pending(None)),
                Fetched::End => self.current = None,
            }
        }
    }

    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        let current = self.current.iter().map(Current::split);
        current
            .chain(&self.waiting)
            .map(FileSplit::encode)
            .collect()
    }
}
