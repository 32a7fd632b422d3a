//! A file open for reading.

use super::guard::Guard;
use crate::Result;
use crate::file_system::InputFile;
use crate::location::Location;
use bytes::Bytes;
use hdfs_native::file::FileReader;
use std::sync::Arc;
use std::time::Duration;

/// The slowest that a read may be before it counts as hanging: 3DES on a busy machine reaches more.
const BYTES_PER_SECOND: u64 = 256 * 1024;

pub(super) struct HdfsInput {
    location: Location,
    guard: Guard,
    reader: Arc<FileReader>,
}

impl HdfsInput {
    pub(super) fn new(location: Location, guard: Guard, reader: FileReader) -> Self {
        Self {
            location,
            guard,
            reader: Arc::new(reader),
        }
    }
}

impl InputFile for HdfsInput {
    fn length(&self) -> u64 {
        self.reader.file_length() as u64
    }

    fn read_range(&self, offset: u64, length: usize) -> Result<Bytes> {
        // The library panics on reads past the end.
        let end = self.length().min(offset.saturating_add(length as u64));
        if offset >= end {
            return Ok(Bytes::new());
        }
        let reader = Arc::clone(&self.reader);
        let limit = self.guard.limits.call + Duration::from_secs((end - offset) / BYTES_PER_SECOND);
        self.guard.attempt(&self.location, limit, async move {
            reader
                .read_range(offset as usize, (end - offset) as usize)
                .await
        })
    }
}
