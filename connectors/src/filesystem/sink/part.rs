//! A part file while it is written.

use alpheus_dataflow::{OperatorResult, RowKind, RowType};
use alpheus_storage::{CreateMode, FileSystem, Location, OutputFile, StorageError};
use arrow::array::{ArrayRef, RecordBatch};

use super::Committable;
use crate::columns::view::views;
use crate::error::storage_error;
use crate::filesystem::FileFormat;
use crate::formats::TextEncoder;
use crate::formats::parquet::ParquetEncoder;

const BUFFER: usize = 256 << 10;

/// A part file.
pub(super) struct Part {
    staged: Location,
    target: Location,
    /// When it was opened and last written to, ms since the epoch.
    pub(super) opened_ms: i64,
    pub(super) written_ms: i64,
    body: Body,
}

enum Body {
    Text {
        file: Box<dyn OutputFile>,
        encoder: Box<dyn TextEncoder>,
        buffer: Vec<u8>,
    },
    Parquet(Box<ParquetEncoder>),
}

impl Part {
    /// Starts a part. The name must be new.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(super) fn create(
        file_system: &dyn FileSystem,
        format: &FileFormat,
        schema: &RowType,
        staged: Location,
        target: Location,
        now_ms: i64,
    ) -> OperatorResult<Part> {
        let file = file_system
            .create(&staged, CreateMode::New)
            .map_err(storage_error)?;
        let body = match format {
            FileFormat::Text(format) => Body::Text {
                file,
                encoder: format.encoder(schema),
                buffer: Vec::with_capacity(BUFFER),
            },
            FileFormat::Parquet(options) => {
                Body::Parquet(Box::new(ParquetEncoder::new(options, schema, file)?))
            }
        };
        Ok(Part {
            staged,
            target,
            opened_ms: now_ms,
            written_ms: now_ms,
            body,
        })
    }

    /// Appends rows of the data columns, each with what happened to it.
    ///
    /// # Errors
    /// When they cannot be encoded or written.
    pub(super) fn write(
        &mut self,
        schema: &RowType,
        columns: &[ArrayRef],
        kinds: &[RowKind],
        now_ms: i64,
    ) -> OperatorResult<()> {
        self.written_ms = now_ms;
        match &mut self.body {
            Body::Text {
                file,
                encoder,
                buffer,
            } => {
                let views = views(schema.fields.iter().map(|field| &field.ty), columns)?;
                for (row, &kind) in kinds.iter().enumerate() {
                    encoder.encode(&views, row, kind, buffer);
                    if buffer.len() >= BUFFER {
                        drain(file.as_mut(), buffer, &self.staged)?;
                    }
                }
                Ok(())
            }
            Body::Parquet(encoder) => {
                let batch = RecordBatch::try_new(schema.to_arrow(), columns.to_vec())?;
                encoder.write(&batch)
            }
        }
    }

    /// Roughly how large the file would be if it were closed now.
    pub(super) fn size(&self) -> u64 {
        match &self.body {
            Body::Text { file, buffer, .. } => file.position() + buffer.len() as u64,
            Body::Parquet(encoder) => encoder.size(),
        }
    }

    /// Closes the file durably.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn close(self) -> OperatorResult<Committable> {
        let (file, length) = match self.body {
            Body::Text {
                mut file,
                mut buffer,
                ..
            } => {
                drain(file.as_mut(), &mut buffer, &self.staged)?;
                let length = file.position();
                (file, length)
            }
            Body::Parquet(encoder) => encoder.finish()?,
        };
        file.finish().map_err(storage_error)?;
        Ok(Committable::Part {
            staged: self.staged.to_string(),
            target: self.target.to_string(),
            length,
        })
    }
}

fn drain(file: &mut dyn OutputFile, buffer: &mut Vec<u8>, at: &Location) -> OperatorResult<()> {
    file.write_all(buffer)
        .map_err(|error| storage_error(StorageError::from_io(at, error)))?;
    buffer.clear();
    Ok(())
}
