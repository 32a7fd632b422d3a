//! Reads one split of a Parquet file: some of its row groups, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use alpheus_dataflow::{Expr, Field, OperatorError, OperatorResult};
use alpheus_storage::InputFile;
use arrow::array::ArrayRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::reader::ChunkReader;

use super::split::FileSplit;
use crate::filesystem::{ColumnSource, FileTable};
use crate::formats::parquet::{
    Chunks, Fetch, Preloaded, canonical, null_column, parquet_error, ranges, surviving_row_groups,
};

fn load(file: &Chunks, path: &str) -> OperatorResult<ArrowReaderMetadata> {
    // The Arrow schema that some writers embed would only say how they held the data.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    ArrowReaderMetadata::load(file, options).map_err(|error| parquet_error(path, error))
}

/// The row group that ends a split of about `size` bytes which starts with row group `start`; `None`
/// when all others belong to it.
///
/// # Errors
/// When the footer cannot be read.
pub(super) fn find_cut(
    file: Arc<dyn InputFile>,
    path: &str,
    start: u64,
    size: u64,
) -> OperatorResult<Option<u64>> {
    let metadata = load(&Chunks(file), path)?;
    let groups = metadata.metadata().row_groups();
    let mut bytes = 0;
    for (i, group) in groups.iter().enumerate().skip(start as usize) {
        bytes += group.compressed_size().unsigned_abs();
        if bytes >= size && i + 1 < groups.len() {
            return Ok(Some(i as u64 + 1));
        }
    }
    Ok(None)
}

/// Reads a split.
pub(super) struct ParquetReader {
    path: String,
    file: Chunks,
    metadata: ArrowReaderMetadata,
    batch_size: usize,
    /// The columns to build, and where each is in the batches of the file (absent ones are NULL).
    columns: Vec<(Field, Option<usize>)>,
    mask: ProjectionMask,
    /// Row groups to read after the current one.
    groups: VecDeque<u64>,
    /// The row group being read, how many of its rows are done, and its reader once it is open.
    group: u64,
    row: u64,
    open: Option<ParquetRecordBatchReader>,
    /// Whether reading here and there is slow, so that row groups are fetched whole.
    remote: bool,
    /// The next row group, if it is being fetched.
    fetch: Option<Fetch>,
}

impl ParquetReader {
    /// A reader of the data columns `columns`; `remote` when the file lies on another machine.
    ///
    /// # Errors
    /// When the footer cannot be read.
    pub(super) fn new(
        file: Arc<dyn InputFile>,
        table: &FileTable,
        columns: &[usize],
        filters: &[Expr],
        split: &FileSplit,
        batch_size: usize,
        remote: bool,
    ) -> OperatorResult<Self> {
        let file = Chunks(file);
        let metadata = load(&file, &split.path)?;
        let name_of = |i: usize| match table.sources.get(i) {
            Some(ColumnSource::Data(position)) => table
                .data
                .fields
                .get(*position)
                .map(|field| field.name.clone()),
            _ => None,
        };
        let keep = surviving_row_groups(&metadata, filters, &name_of);
        let end = split.end.unwrap_or(u64::MAX).min(keep.len() as u64);
        let groups = (split.position..end)
            .filter(|&group| keep.get(group as usize).copied().unwrap_or(false))
            .collect();
        let roots: Vec<Option<usize>> = columns
            .iter()
            .map(|&i| metadata.schema().index_of(&table.data.fields[i].name).ok())
            .collect();
        let mask =
            ProjectionMask::roots(metadata.parquet_schema(), roots.iter().flatten().copied());
        // Batches have the projected columns in the file's order.
        let mut order: Vec<usize> = roots.iter().flatten().copied().collect();
        order.sort_unstable();
        order.dedup();
        let columns = columns
            .iter()
            .zip(&roots)
            .map(|(&i, root)| {
                let place = root.and_then(|root| order.iter().position(|&other| other == root));
                (table.data.fields[i].clone(), place)
            })
            .collect();
        Ok(ParquetReader {
            path: split.path.clone(),
            file,
            metadata,
            batch_size,
            columns,
            mask,
            groups,
            group: split.position,
            row: split.row,
            open: None,
            remote,
            fetch: None,
        })
    }

    /// The row group to go on with, and its row.
    pub(super) fn position(&self) -> (u64, u64) {
        (self.group, self.row)
    }

    /// The next columns and how many rows they have; 0 at the end.
    ///
    /// # Errors
    /// When the file is broken or a column is of another type.
    pub(super) fn next(&mut self) -> OperatorResult<(Vec<ArrayRef>, usize)> {
        loop {
            if self.open.is_none() {
                let Some(group) = self.groups.pop_front() else {
                    return Ok((Vec::new(), 0));
                };
                if group != self.group {
                    (self.group, self.row) = (group, 0);
                }
                self.open = Some(self.open_group()?);
            }
            let next = match &mut self.open {
                Some(reader) => reader
                    .next()
                    .transpose()
                    .map_err(|error| parquet_error(&self.path, error.into()))?,
                None => None,
            };
            let Some(batch) = next else {
                self.open = None;
                (self.group, self.row) = (self.group + 1, 0);
                continue;
            };
            let rows = batch.num_rows();
            if rows == 0 {
                continue;
            }
            self.row += rows as u64;
            let columns = self
                .columns
                .iter()
                .map(
                    |(field, place)| match place.and_then(|place| batch.columns().get(place)) {
                        None => Ok(null_column(&field.ty, rows)),
                        Some(array) => self.convert(field, array),
                    },
                )
                .collect::<OperatorResult<_>>()?;
            return Ok((columns, rows));
        }
    }

    fn open_group(&mut self) -> OperatorResult<ParquetRecordBatchReader> {
        let opened = match self.remote {
            true => self
                .preloaded()
                .and_then(|columns| self.reader_over(columns)),
            false => self.reader_over(self.file.clone()),
        };
        opened.map_err(|error| parquet_error(&self.path, error))
    }

    fn reader_over(
        &self,
        bytes: impl ChunkReader + 'static,
    ) -> parquet::errors::Result<ParquetRecordBatchReader> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, self.metadata.clone())
            .with_row_groups(vec![self.group as usize])
            .with_projection(self.mask.clone())
            .with_batch_size(self.batch_size)
            .with_offset(self.row as usize)
            .build()
    }

    /// The current row group's columns; the next one's are fetched from now on.
    fn preloaded(&mut self) -> parquet::errors::Result<Preloaded> {
        let ranges_of = |group: u64| {
            let groups = self.metadata.metadata().row_groups();
            let group = groups.get(group as usize);
            group.map_or_else(Vec::new, |group| ranges(group, &self.mask))
        };
        let fetched = self.fetch.take().filter(|fetch| fetch.group == self.group);
        let columns = match fetched {
            Some(fetch) => fetch.finish()?,
            None => Preloaded::read(&self.file.0, &ranges_of(self.group))
                .map_err(|error| ParquetError::External(Box::new(error)))?,
        };
        self.fetch = self
            .groups
            .front()
            .and_then(|next| Fetch::start(*next, &self.file.0, ranges_of(*next)));
        Ok(columns)
    }

    fn convert(&self, field: &Field, array: &ArrayRef) -> OperatorResult<ArrayRef> {
        let converted = canonical(array, &field.ty).map_err(|error| {
            OperatorError::data(format!("{}: column `{}`: {error}", self.path, field.name))
        })?;
        converted.ok_or_else(|| {
            OperatorError::fatal(format!(
                "{}: column `{}` is {} in the file and {} in the table; change the table's type",
                self.path,
                field.name,
                array.data_type(),
                field.ty
            ))
        })
    }
}
