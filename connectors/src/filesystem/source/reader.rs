//! The side that reads splits.

use std::collections::VecDeque;
use std::sync::Arc;

use alpheus_dataflow::operator::Metric;
use alpheus_dataflow::source::{SourcePoll, SourceReader, SourceReaderContext, SourceSplit};
use alpheus_dataflow::{ChangelogBatch, Expr, OperatorResult};
use alpheus_storage::{FileSystem, Location};

use super::assemble::{Assembler, data_projection};
use super::parquet_reader::ParquetReader;
use super::split::FileSplit;
use super::text_reader::TextReader;
use crate::error::storage_error;
use crate::filesystem::{FileFormat, FileTable};
use crate::formats::{Rows, TextDecoder};

/// Reads splits, one after the other.
pub(super) struct FileReader {
    table: Arc<FileTable>,
    projection: Vec<usize>,
    filters: Vec<Expr>,
    file_system: Arc<dyn FileSystem>,
    batch_size: usize,
    waiting: VecDeque<FileSplit>,
    current: Option<Current>,
    errors: Metric,
}

/// A split being read.
struct Current {
    split: FileSplit,
    assembler: Assembler,
    input: Input,
}

enum Input {
    Text(Box<TextReader>, Box<dyn TextDecoder>),
    Parquet(Box<ParquetReader>),
}

impl FileReader {
    pub(super) fn new(
        table: Arc<FileTable>,
        projection: Vec<usize>,
        filters: Vec<Expr>,
        file_system: Arc<dyn FileSystem>,
        context: &SourceReaderContext,
    ) -> Self {
        FileReader {
            table,
            projection,
            filters,
            file_system,
            batch_size: context.batch_size.max(1),
            waiting: VecDeque::new(),
            current: None,
            errors: context.operator.metrics.metric("numRecordsInErrors"),
        }
    }

    fn open(&self, split: FileSplit) -> OperatorResult<Current> {
        let location: Location = split.path.parse().map_err(storage_error)?;
        let file = self.file_system.open(&location).map_err(storage_error)?;
        let remote = !location.is_local();
        let assembler = Assembler::new(&self.table, &self.projection, &split)?;
        let columns = data_projection(&self.table, &self.projection);
        let input = match &self.table.format {
            FileFormat::Text(format) => Input::Text(
                Box::new(TextReader::new(file, location, &split)?),
                format.decoder(&self.table.data, &columns),
            ),
            FileFormat::Parquet(_) => Input::Parquet(Box::new(ParquetReader::new(
                file,
                &self.table,
                &columns,
                &self.filters,
                &split,
                self.batch_size,
                remote,
            )?)),
        };
        Ok(Current {
            split,
            assembler,
            input,
        })
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
                self.current = Some(self.open(split)?);
            }
            let Some(current) = &mut self.current else {
                continue;
            };
            let rows = match &mut current.input {
                Input::Text(reader, decoder) => {
                    let (rows, skipped) = reader.next(decoder.as_mut(), self.batch_size)?;
                    current.split.position = reader.position();
                    if skipped > 0 {
                        self.errors.add(skipped as u64);
                    }
                    rows
                }
                Input::Parquet(reader) => {
                    let (columns, count) = reader.next()?;
                    (current.split.position, current.split.row) = reader.position();
                    Rows::inserts(columns, count)
                }
            };
            if rows.count > 0 {
                let batch = current.assembler.assemble(&rows.columns, rows.count)?;
                return Ok(SourcePoll::Batch(ChangelogBatch::try_new(
                    batch, rows.kinds,
                )?));
            }
            self.current = None;
        }
    }

    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        let current = self.current.iter().map(|current| &current.split);
        current
            .chain(&self.waiting)
            .map(FileSplit::encode)
            .collect()
    }
}
