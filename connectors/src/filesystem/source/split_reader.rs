//! Turns a split into batches.

use std::sync::Arc;

use alpheus_dataflow::operator::Metric;
use alpheus_dataflow::{ChangelogBatch, Expr, OperatorResult};
use alpheus_storage::{FileSystem, Location};

use super::assemble::{Assembler, data_projection};
use super::parquet_reader::ParquetReader;
use super::split::FileSplit;
use super::text_reader::TextReader;
use crate::error::storage_error;
use crate::filesystem::{FileFormat, FileTable};
use crate::formats::{Rows, TextDecoder};

/// How the splits of a table are read.
pub(super) struct Reading {
    pub(super) table: Arc<FileTable>,
    pub(super) projection: Vec<usize>,
    pub(super) filters: Vec<Expr>,
    pub(super) file_system: Arc<dyn FileSystem>,
    pub(super) batch_size: usize,
    /// Counts the records that were dropped.
    pub(super) errors: Metric,
}

impl Reading {
    /// Opens a split's file.
    ///
    /// # Errors
    /// When the file cannot be opened, or a Parquet file's footer not be read.
    pub(super) fn open(&self, split: FileSplit) -> OperatorResult<SplitReader> {
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
        Ok(SplitReader {
            split,
            assembler,
            input,
            batch_size: self.batch_size,
            errors: self.errors.clone(),
        })
    }
}

/// A split being read.
pub(super) struct SplitReader {
    split: FileSplit,
    assembler: Assembler,
    input: Input,
    batch_size: usize,
    errors: Metric,
}

enum Input {
    Text(Box<TextReader>, Box<dyn TextDecoder>),
    Parquet(Box<ParquetReader>),
}

impl SplitReader {
    /// What is left of it after the last batch.
    pub(super) fn split(&self) -> &FileSplit {
        &self.split
    }

    /// The next batch; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read or a record is bad; the message names file and line.
    pub(super) fn next(&mut self) -> OperatorResult<Option<ChangelogBatch>> {
        let rows = match &mut self.input {
            Input::Text(reader, decoder) => {
                let (rows, skipped) = reader.next(decoder.as_mut(), self.batch_size)?;
                self.split.position = reader.position();
                if skipped > 0 {
                    self.errors.add(skipped as u64);
                }
                rows
            }
            Input::Parquet(reader) => {
                let (columns, count) = reader.next()?;
                (self.split.position, self.split.row) = reader.position();
                Rows::inserts(columns, count)
            }
        };
        if rows.count == 0 {
            return Ok(None);
        }
        let batch = self.assembler.assemble(&rows.columns, rows.count)?;
        Ok(Some(ChangelogBatch::try_new(batch, rows.kinds)?))
    }
}
