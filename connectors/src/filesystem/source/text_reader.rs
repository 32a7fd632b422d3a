//! Reads one split of a text file: a window of bytes slides along it, and a decoder takes records from
//! the window's start.

use std::io::{self, Read};
use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_storage::{InputFile, Location};

use super::compression::Compression;
use super::split::FileSplit;
use crate::error::storage_error;
use crate::formats::{Rows, TextDecoder};

const BLOCK: usize = 1 << 20;
/// The least that is read at once, past the split's end too.
const LEAST_READ: u64 = 64 << 10;
/// A record that is longer than this is taken for a mistake (an unclosed quote).
const LONGEST_RECORD: usize = 256 << 20;

/// Where bytes come from.
enum Bytes {
    /// Any position at once.
    Plain(Arc<dyn InputFile>),
    /// From the start only.
    Compressed(Box<dyn Read + Send>),
}

/// Reads a split.
pub(super) struct TextReader {
    file: Arc<dyn InputFile>,
    location: Location,
    compression: Compression,
    bytes: Bytes,
    window: Vec<u8>,
    /// Bytes at the window's start that are decoded.
    used: usize,
    /// Position in the file of the first byte that is not decoded.
    position: u64,
    end: u64,
    /// The window reaches to the end of the file.
    at_end: bool,
}

impl TextReader {
    /// A reader of `split`.
    ///
    /// # Errors
    /// When the file cannot be read up to the split's position.
    pub(super) fn new(
        file: Arc<dyn InputFile>,
        location: Location,
        split: &FileSplit,
    ) -> OperatorResult<Self> {
        let compression = Compression::of(location.name());
        let mut reader = TextReader {
            bytes: Bytes::Plain(file.clone()),
            file,
            location,
            compression,
            window: Vec::new(),
            used: 0,
            position: split.position,
            end: split.end.unwrap_or(u64::MAX),
            at_end: false,
        };
        if compression == Compression::None {
            let end = reader.end.saturating_add(LEAST_READ);
            reader.file.will_read(split.position..end);
        } else {
            reader.file.will_read(0..u64::MAX);
            let mut stream = reader.open_stream()?;
            io::copy(&mut stream.by_ref().take(split.position), &mut io::sink())
                .map_err(|error| reader.read_error(&error))?;
            reader.bytes = Bytes::Compressed(stream);
        }
        Ok(reader)
    }

    fn open_stream(&self) -> OperatorResult<Box<dyn Read + Send>> {
        self.compression
            .reader(self.file.clone())
            .map_err(|error| self.read_error(&error))
    }

    fn read_error(&self, error: &io::Error) -> OperatorError {
        let hint = match self.compression {
            Compression::None => "",
            Compression::Gzip => " (the name says that it is gzip)",
            Compression::Zstd => " (the name says that it is zstd)",
        };
        OperatorError::transient(format!("{}: {error}{hint}", self.location))
    }

    /// Where the next record starts.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Puts another block behind the window's bytes.
    fn fill(&mut self) -> OperatorResult<()> {
        self.window.drain(..self.used);
        self.used = 0;
        let have = self.window.len();
        if have > LONGEST_RECORD {
            return Err(OperatorError::data(format!(
                "{}: the record at byte {} is longer than {} MB; a quote may be missing",
                self.location,
                self.position,
                LONGEST_RECORD >> 20
            )));
        }
        match &mut self.bytes {
            Bytes::Plain(file) => {
                let from = self.position + have as u64;
                // A window that grows reads larger blocks, so that long records are not scanned over
                // and over; a split's last block ends with the split.
                let wanted =
                    (BLOCK.max(have) as u64).min(self.end.saturating_sub(from).max(LEAST_READ));
                let block = file
                    .read_range(from, wanted as usize)
                    .map_err(storage_error)?;
                self.at_end = (block.len() as u64) < wanted || from + wanted >= file.length();
                self.window.extend_from_slice(&block);
            }
            Bytes::Compressed(stream) => {
                let wanted = BLOCK.max(have);
                let read = stream.take(wanted as u64).read_to_end(&mut self.window);
                match read {
                    Ok(read) => self.at_end = read < wanted,
                    Err(error) => return Err(self.read_error(&error)),
                }
            }
        }
        Ok(())
    }

    /// Decodes about `limit` rows; none at the end of the split. The number counts the records that were dropped.
    ///
    /// # Errors
    /// When the file cannot be read or a record is bad; the message names file and line.
    pub(super) fn next(
        &mut self,
        decoder: &mut dyn TextDecoder,
        limit: usize,
    ) -> OperatorResult<(Rows, usize)> {
        let mut skipped = 0;
        while decoder.rows() < limit && self.position < self.end {
            let data = &self.window[self.used..];
            if data.is_empty() && self.at_end {
                break;
            }
            let stop = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
            let decoded = decoder
                .decode(data, stop, self.at_end, limit - decoder.rows())
                .map_err(|bad| self.bad_record(self.position + bad.at as u64, &bad.reason))?;
            self.used += decoded.consumed;
            self.position += decoded.consumed as u64;
            skipped += decoded.skipped;
            let full = decoder.rows() >= limit || self.position >= self.end;
            if full || (self.at_end && self.used == self.window.len()) {
                break;
            }
            if self.at_end && decoded.consumed == 0 {
                return Err(OperatorError::fatal(format!(
                    "{}: the decoder stopped at byte {} before the end of the file",
                    self.location, self.position
                )));
            }
            if !self.at_end {
                self.fill()?;
            }
        }
        Ok((decoder.finish()?, skipped))
    }

    /// The error for a record, with the number of its line, which is counted only now.
    fn bad_record(&self, at: u64, reason: &str) -> OperatorError {
        let line = match self.line_of(at) {
            Ok(line) => format!(":{line}"),
            Err(_) => format!(", byte {at}"),
        };
        OperatorError::data(format!("{}{line}: {reason}", self.location))
    }

    fn line_of(&self, at: u64) -> OperatorResult<usize> {
        let mut stream = self.open_stream()?.take(at);
        let mut block = vec![0; 256 << 10];
        let mut line = 1;
        loop {
            let read = stream
                .read(&mut block)
                .map_err(|error| self.read_error(&error))?;
            if read == 0 {
                return Ok(line);
            }
            line += memchr::memchr_iter(b'\n', &block[..read]).count();
        }
    }
}
