//! Reading files.
//!
//! The enumerator lists files and cuts large text files into splits that start and end exactly where
//! records do (see [`split`]); a reader turns a split into batches. A split's position after a batch is
//! the byte at which the next record starts (for Parquet the next row of a row group), so that a
//! snapshot is exact whatever the batch size was.

mod assemble;
mod compression;
mod enumerator;
mod fetcher;
mod parquet_reader;
mod reader;
mod split;
mod split_reader;
mod text_reader;

#[cfg(test)]
mod fetcher_tests;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use alpheus_dataflow::source::{
    Boundedness, Source, SourceReader, SourceReaderContext, SplitEnumerator,
};
use alpheus_dataflow::{Expr, OperatorResult};
use alpheus_storage::file_system_for;

use super::FileTable;
use crate::error::storage_error;

/// A table of files to read.
pub(crate) struct FileSource {
    table: Arc<FileTable>,
    projection: Vec<usize>,
    filters: Vec<Expr>,
}

impl FileSource {
    pub(crate) fn new(table: FileTable, projection: &[usize], filters: &[Expr]) -> Self {
        FileSource {
            table: Arc::new(table),
            projection: projection.to_vec(),
            filters: filters.to_vec(),
        }
    }
}

impl Source for FileSource {
    fn boundedness(&self) -> Boundedness {
        match self.table.options.monitor_interval {
            None => Boundedness::Bounded,
            Some(_) => Boundedness::Unbounded,
        }
    }

    fn create_enumerator(
        &self,
        _parallelism: u32,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Ok(Box::new(enumerator::FileEnumerator::new(
            self.table.clone(),
            restored,
        )?))
    }

    fn create_reader(&self, context: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        let file_system = file_system_for(&self.table.options.path).map_err(storage_error)?;
        Ok(Box::new(reader::FileReader::new(
            self.table.clone(),
            self.projection.clone(),
            self.filters.clone(),
            file_system,
            &context,
        )))
    }
}
