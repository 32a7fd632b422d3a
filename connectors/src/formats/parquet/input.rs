//! Gives the `parquet` crate access to our files.

use std::io::Read;
use std::sync::Arc;

use alpheus_dataflow::OperatorError;
use alpheus_storage::{InputFile, StorageError};
use bytes::{Buf, Bytes};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::storage_error;

/// A file as the `parquet` crate reads it.
#[derive(Clone)]
pub(crate) struct Chunks(pub(crate) Arc<dyn InputFile>);

/// How much is read when the length is not known.
const READ_AHEAD: usize = 64 << 10;

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.length()
    }
}

impl ChunkReader for Chunks {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let first = self.get_range(start, READ_AHEAD)?;
        let rest = Rest {
            file: self.0.clone(),
            position: start + first.len() as u64,
        };
        Ok(Box::new(first.reader().chain(rest)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let bytes = self.get_range(start, length)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!(
                "expected {length} bytes at {start}, the file ends after {}",
                bytes.len()
            )));
        }
        Ok(bytes)
    }
}

impl Chunks {
    fn get_range(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        self.0
            .read_range(start, length)
            .map_err(|error| ParquetError::External(Box::new(error)))
    }
}

/// What lies behind the first block.
struct Rest {
    file: Arc<dyn InputFile>,
    position: u64,
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self
            .file
            .read_range(self.position, buffer.len())
            .map_err(std::io::Error::other)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }
}

/// The error for a file that the `parquet` crate cannot read.
pub(crate) fn parquet_error(path: &str, error: ParquetError) -> OperatorError {
    // What the file system says is no fault of the file.
    let error = match error {
        ParquetError::External(inner) => match inner.downcast::<StorageError>() {
            Ok(storage) => return storage_error(*storage),
            Err(inner) => ParquetError::External(inner),
        },
        error => error,
    };
    OperatorError::data(format!("{path} cannot be read as parquet: {error}")).with_source(error)
}
