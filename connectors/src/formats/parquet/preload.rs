//! The columns of a row group, fetched whole and ahead.
//!
//! The `parquet` crate reads a page here and a page there, as many columns as it decodes at once. On a local disk that is
//! fine; from HDFS each would be a connection to a DataNode. So what a row group's wanted columns occupy is fetched in as
//! few reads as possible, and the next row group's while this one is decoded.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

use alpheus_storage::{InputFile, StorageError};
use bytes::{Buf, Bytes};
use parquet::arrow::ProjectionMask;
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, Length};

use super::Chunks;

/// Columns that lie closer together are read as one.
const GAP: u64 = 256 << 10;
/// A row group larger than this is not fetched ahead: two of them would be in memory.
const AHEAD_LIMIT: u64 = 64 << 20;

/// The bytes that the wanted columns of a row group occupy: ascending, apart from each other.
pub(crate) fn ranges(group: &RowGroupMetaData, mask: &ProjectionMask) -> Vec<Range<u64>> {
    let mut wanted: Vec<Range<u64>> = group
        .columns()
        .iter()
        .enumerate()
        .filter(|(leaf, _)| mask.leaf_included(*leaf))
        .map(|(_, column)| column.byte_range())
        .map(|(start, length)| start..start.saturating_add(length))
        .collect();
    wanted.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in wanted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end.saturating_add(GAP) => {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Parts of a file in memory; what is not in them is read from the file.
#[derive(Clone)]
pub(crate) struct Preloaded {
    file: Chunks,
    parts: Arc<Vec<(u64, Bytes)>>,
}

impl Preloaded {
    /// Reads the parts.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read(
        file: &Arc<dyn InputFile>,
        ranges: &[Range<u64>],
    ) -> Result<Self, StorageError> {
        let mut parts = Vec::with_capacity(ranges.len());
        for range in ranges {
            let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
            parts.push((range.start, file.read_range(range.start, length)?));
        }
        Ok(Preloaded {
            file: Chunks(Arc::clone(file)),
            parts: Arc::new(parts),
        })
    }

    /// What is in memory from `start` on.
    fn held(&self, start: u64) -> Option<Bytes> {
        let after = self.parts.partition_point(|(first, _)| *first <= start);
        let (first, bytes) = self.parts.get(after.checked_sub(1)?)?;
        let skipped = usize::try_from(start - first).ok()?;
        (skipped < bytes.len()).then(|| bytes.slice(skipped..))
    }
}

impl Length for Preloaded {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl ChunkReader for Preloaded {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let Some(bytes) = self.held(start) else {
            return self.file.get_read(start);
        };
        let behind = start + bytes.len() as u64;
        // The file's rest is opened only by who reads so far.
        let rest = Late(self.file.clone(), behind);
        Ok(Box::new(bytes.reader().chain(rest)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        match self.held(start) {
            Some(bytes) if bytes.len() >= length => Ok(bytes.slice(..length)),
            _ => self.file.get_bytes(start, length),
        }
    }
}

/// The file from a position on.
struct Late(Chunks, u64);

impl Read for Late {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.0.0.read_range(self.1, buffer.len());
        let bytes = bytes.map_err(std::io::Error::other)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.1 += bytes.len() as u64;
        Ok(bytes.len())
    }
}

/// A row group that is being fetched.
pub(crate) struct Fetch {
    /// Which.
    pub(crate) group: u64,
    thread: JoinHandle<Result<Preloaded, StorageError>>,
}

impl Fetch {
    /// Starts to fetch, on a thread of its own; `None` when there is too much to hold, or no thread.
    pub(crate) fn start(
        group: u64,
        file: &Arc<dyn InputFile>,
        ranges: Vec<Range<u64>>,
    ) -> Option<Self> {
        let bytes: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        if bytes > AHEAD_LIMIT {
            return None;
        }
        let file = Arc::clone(file);
        let thread = std::thread::Builder::new()
            .name("read-ahead".to_owned())
            .spawn(move || Preloaded::read(&file, &ranges))
            .ok()?;
        Some(Fetch { group, thread })
    }

    /// Waits for it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn finish(self) -> parquet::errors::Result<Preloaded> {
        match self.thread.join() {
            Ok(read) => read.map_err(|error| ParquetError::External(Box::new(error))),
            Err(_) => Err(ParquetError::General(
                "the thread that reads ahead has failed".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_storage::Result;
    use std::sync::Mutex;

    use super::*;

    /// A file in memory that notes what is read of it.
    struct Noted(Bytes, Mutex<Vec<(u64, usize)>>);

    impl InputFile for Noted {
        fn length(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_range(&self, offset: u64, length: usize) -> Result<Bytes> {
            self.1.lock().unwrap().push((offset, length));
            let start = (offset as usize).min(self.0.len());
            Ok(self.0.slice(start..(start + length).min(self.0.len())))
        }
    }

    #[test]
    fn what_was_fetched_is_not_read_again_and_the_rest_is() {
        let content: Bytes = (0..=255u8).collect::<Vec<_>>().into();
        let noted = Arc::new(Noted(content.clone(), Mutex::default()));
        let file: Arc<dyn InputFile> = noted.clone();
        let parts = Fetch::start(0, &file, vec![10..50, 100..120])
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(*noted.1.lock().unwrap(), [(10, 40), (100, 20)]);
        assert_eq!(parts.get_bytes(12, 38).unwrap(), content[12..50]);
        assert_eq!(parts.get_bytes(100, 1).unwrap(), content[100..101]);
        assert_eq!(noted.1.lock().unwrap().len(), 2);
        // Across the end of a part, and outside.
        assert_eq!(parts.get_bytes(45, 10).unwrap(), content[45..55]);
        assert_eq!(parts.get_bytes(0, 5).unwrap(), content[..5]);
        let mut read = Vec::new();
        let reader = parts.get_read(115).unwrap();
        reader.take(20).read_to_end(&mut read).unwrap();
        assert_eq!(read, content[115..135]);
        assert!(parts.get_bytes(250, 10).is_err());
    }
}
