//! Batches to a Parquet file.

use alpheus_dataflow::{OperatorError, OperatorResult, RowType};
use alpheus_storage::OutputFile;
use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::ParquetOptions;

/// Writes one file.
pub(crate) struct ParquetEncoder {
    writer: ArrowWriter<Box<dyn OutputFile>>,
}

fn write_error(error: ParquetError) -> OperatorError {
    OperatorError::transient(format!("a parquet file cannot be written: {error}"))
        .with_source(error)
}

impl ParquetEncoder {
    /// Starts a file with the columns `schema`.
    ///
    /// # Errors
    /// When a column cannot be held or the file cannot be written.
    pub(crate) fn new(
        options: &ParquetOptions,
        schema: &RowType,
        file: Box<dyn OutputFile>,
    ) -> OperatorResult<Self> {
        let properties = WriterProperties::builder()
            .set_compression(options.compression)
            // The names that the format's specification wants inside lists and maps.
            .set_coerce_types(true)
            .build();
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema.to_arrow(), options)
            .map_err(write_error)?;
        Ok(ParquetEncoder { writer })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> OperatorResult<()> {
        self.writer.write(batch).map_err(write_error)
    }

    /// Roughly how large the file would be if it were closed now.
    pub(crate) fn size(&self) -> u64 {
        (self.writer.bytes_written() + self.writer.in_progress_size()) as u64
    }

    /// Writes the footer; the file and its length.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn finish(self) -> OperatorResult<(Box<dyn OutputFile>, u64)> {
        let file = self.writer.into_inner().map_err(write_error)?;
        let length = file.position();
        Ok((file, length))
    }
}
