//! A file open for reading.
//!
//! A read that goes on where the last one has ended, or one that was [announced](InputFile::will_read), comes from a stream
//! that reads ahead; any other gets a connection of its own. A stream that fails is given up, and the read is made at its
//! position: the library then tries the block's other DataNodes anew. Where that fails too, the NameNode is asked again where the blocks
//! are: they may have moved, or not yet been reported to one that has just been started.

use super::ahead::{Ahead, Stopped};
use super::guard::{Guard, Safety};
use crate::Result;
use crate::file_system::InputFile;
use crate::location::Location;
use bytes::Bytes;
use hdfs_native::file::FileReader;
use hdfs_native::{Client, HdfsError};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

/// The slowest that a read may be before it counts as hanging: 3DES on a busy machine reaches more.
const BYTES_PER_SECOND: u64 = 256 * 1024;

pub(super) struct HdfsInput {
    location: Location,
    guard: Guard,
    length: u64,
    /// Knows where the blocks are, or were.
    reader: Mutex<Arc<FileReader>>,
    order: Mutex<Order>,
}

/// What is known of a reader's way through the file.
#[derive(Default)]
struct Order {
    /// Where the last read has ended.
    last_end: Option<u64>,
    ahead: Option<Ahead>,
}

impl HdfsInput {
    pub(super) fn new(location: Location, guard: Guard, reader: FileReader) -> Self {
        Self {
            location,
            guard,
            length: reader.file_length() as u64,
            reader: Mutex::new(Arc::new(reader)),
            order: Mutex::default(),
        }
    }

    fn reader(&self) -> MutexGuard<'_, Arc<FileReader>> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the file again and reads, as often as sensible.
    fn read_anew(&self, offset: usize, length: usize) -> Result<Bytes> {
        let expected = self.length;
        let read = move |client: Client, path: String| async move {
            let reader = client.read(&path).await?;
            if reader.file_length() as u64 != expected {
                let words = "the file was replaced while it was read".to_owned();
                return Err(HdfsError::OperationFailed(words));
            }
            let bytes = reader.read_range(offset, length).await?;
            Ok((reader, bytes))
        };
        let (reader, bytes) = self.guard.call(&self.location, Safety::Repeatable, read)?;
        *self.reader() = Arc::new(reader);
        Ok(bytes)
    }

    fn limit(&self, length: usize) -> Duration {
        self.guard.limits.call + Duration::from_secs(length as u64 / BYTES_PER_SECOND)
    }

    /// Starts to read ahead. Without threads there is nothing ahead, and the reads themselves say why.
    fn start(&self, range: Range<u64>) -> Option<Ahead> {
        let length = usize::try_from(range.end - range.start).ok()?;
        let start = usize::try_from(range.start).ok()?;
        let source = self.reader().read_range_stream(start, length);
        let (ahead, task) = Ahead::new(range.start, range.end, source);
        self.guard.spawn(task).ok()?;
        Some(ahead)
    }

    /// Bytes from the stream, if they are the next in it.
    fn take_ahead(&self, order: &mut Order, offset: u64, length: usize) -> Option<Bytes> {
        let continues = order.last_end == Some(offset);
        if order.ahead.is_none() && continues {
            order.ahead = self.start(offset..self.length());
        }
        let ahead = order.ahead.as_mut()?;
        if !ahead.continues(offset, length) {
            // A reader that jumps about gains nothing from a stream.
            order.ahead = None;
            return None;
        }
        match ahead.take(length, self.limit(length)) {
            Ok(bytes) => return Some(bytes),
            Err(Stopped::Failed(error)) => {
                tracing::debug!(location = %self.location, offset, %error, "a stream failed; reading at the position");
            }
            Err(Stopped::Slow) => {
                tracing::debug!(location = %self.location, offset, "a stream is stuck; reading at the position");
            }
        }
        order.ahead = None;
        None
    }
}

impl InputFile for HdfsInput {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_range(&self, offset: u64, length: usize) -> Result<Bytes> {
        // The library panics on reads past the end.
        let end = self.length().min(offset.saturating_add(length as u64));
        if offset >= end {
            return Ok(Bytes::new());
        }
        let length = (end - offset) as usize;
        // Somebody else is reading in order; one who waits would only be in the way.
        let mut order = match self.order.try_lock() {
            Ok(order) => Some(order),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some(order) = &mut order {
            let bytes = self.take_ahead(order, offset, length);
            order.last_end = Some(end);
            if let Some(bytes) = bytes {
                return Ok(bytes);
            }
        }
        drop(order);
        let reader = Arc::clone(&self.reader());
        let offset = offset as usize;
        let read = async move { reader.read_range(offset, length).await };
        let limit = self.limit(length);
        match self.guard.attempt(&self.location, limit, read) {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "a read failed; asking where the blocks are");
                self.read_anew(offset, length)
            }
            outcome => outcome,
        }
    }

    fn will_read(&self, range: Range<u64>) {
        let range = range.start..range.end.min(self.length());
        if let Ok(mut order) = self.order.try_lock()
            && !range.is_empty()
        {
            order.last_end = Some(range.start);
            order.ahead = self.start(range);
        }
    }
}
