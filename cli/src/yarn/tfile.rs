//! Hadoop's TFile (`org.apache.hadoop.io.file.tfile`), read from front to back: keys with values that may be long.
//!
//! ```text
//! magic, blocks, index of the special blocks, its offset (8 bytes), version (2 + 2 bytes), magic
//! index         count, then for each: name, algorithm, region
//! BCFile.index  algorithm, count, then the region of each block of data
//! region        offset, stored length, length
//! record        length of the key, key, then chunks of the value: -length and bytes, the last one with length and bytes
//! ```
//!
//! Numbers have Hadoop's own encoding of this format ([`Bytes::number`]), and texts their length in front. A record lies within
//! one block. Only blocks that are not compressed are read, as YARN writes them unless told otherwise.

use std::sync::Arc;

use alpheus_storage::{InputFile, StorageError};

/// At both ends of a file.
const MAGIC: [u8; 16] = [
    0xd1, 0x11, 0xd3, 0x68, 0x91, 0xb5, 0xd7, 0xb6, 0x39, 0xdf, 0x41, 0x40, 0x92, 0xba, 0xe1, 0x50,
];

/// Offset of the index, version, magic.
const TRAILER: u64 = 8 + 4 + 16;

/// The largest index, bytes.
const MAX_INDEX: u64 = 16 << 20;

/// The longest key or text, bytes.
const MAX_TEXT: u64 = 64 << 10;

/// Bytes that are read at once.
const READ_AHEAD: u64 = 1 << 20;

/// The name of the index of data blocks.
const DATA_INDEX: &str = "data:BCFile.index";

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TFileError {
    /// It is none, or damaged.
    #[error("it is no file of collected logs that Alpheus could read: {0}")]
    Malformed(&'static str),
    /// Its blocks are compressed.
    #[error("its blocks are compressed by {0}")]
    Compressed(String),
    /// The file system.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

use TFileError::Malformed;

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Region {
    offset: u64,
    length: u64,
}

/// Bytes in order.
trait Bytes {
    /// The next `length` bytes.
    fn take(&mut self, length: u64) -> Result<Vec<u8>, TFileError>;

    fn byte(&mut self) -> Result<u8, TFileError> {
        Ok(self.take(1)?[0])
    }

    /// A number (`Utils.readVLong`): the first byte says how many follow, and holds the highest bits of short ones.
    fn number(&mut self) -> Result<i64, TFileError> {
        let first = i64::from(self.byte()? as i8);
        let (high, follow) = match first {
            -32.. => return Ok(first),
            -72.. => (first + 52, 1),
            -104.. => (first + 88, 2),
            -120.. => (first + 112, 3),
            _ => {
                let length = first + 129;
                if !(4..=8).contains(&length) {
                    return Err(Malformed("a number has a wrong length"));
                }
                let bytes = self.take(length as u64)?;
                let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
                return Ok(bytes
                    .iter()
                    .fold(sign, |all, byte| all << 8 | i64::from(*byte)));
            }
        };
        let bytes = self.take(follow)?;
        Ok(bytes
            .iter()
            .fold(high, |all, byte| all << 8 | i64::from(*byte)))
    }

    fn length(&mut self, most: u64) -> Result<u64, TFileError> {
        let length =
            u64::try_from(self.number()?).map_err(|_| Malformed("a length is negative"))?;
        match length <= most {
            true => Ok(length),
            false => Err(Malformed("a length is too large")),
        }
    }

    fn text(&mut self) -> Result<String, TFileError> {
        let length = self.length(MAX_TEXT)?;
        Ok(String::from_utf8_lossy(&self.take(length)?).into_owned())
    }

    fn region(&mut self, end: u64) -> Result<Region, TFileError> {
        let (offset, length) = (self.length(end)?, self.length(end)?);
        self.number()?;
        match offset.checked_add(length) {
            Some(last) if last <= end => Ok(Region { offset, length }),
            _ => Err(Malformed("a block lies behind the end")),
        }
    }
}

/// A part of a file, read ahead.
struct Part {
    file: Arc<dyn InputFile>,
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl Part {
    fn new(file: &Arc<dyn InputFile>, region: Region) -> Self {
        Part {
            file: Arc::clone(file),
            at: region.offset,
            end: region.offset + region.length,
            buffer: Vec::new(),
            used: 0,
        }
    }

    /// Bytes that are left.
    fn left(&self) -> u64 {
        self.end - self.at + (self.buffer.len() - self.used) as u64
    }

    fn skip(&mut self, length: u64) -> Result<(), TFileError> {
        if length > self.left() {
            return Err(Malformed("a block ends too early"));
        }
        let buffered = ((self.buffer.len() - self.used) as u64).min(length);
        self.used += buffered as usize;
        self.at += length - buffered;
        Ok(())
    }
}

impl Bytes for Part {
    fn take(&mut self, length: u64) -> Result<Vec<u8>, TFileError> {
        if length > self.left() {
            return Err(Malformed("a block ends too early"));
        }
        let length = usize::try_from(length).map_err(|_| Malformed("a length is too large"))?;
        let mut taken = Vec::with_capacity(length);
        while taken.len() < length {
            if self.used == self.buffer.len() {
                let count = (self.end - self.at).min(READ_AHEAD);
                self.buffer = self.file.read_range(self.at, count as usize)?.to_vec();
                if self.buffer.is_empty() {
                    return Err(Malformed("the file ends too early"));
                }
                self.at += self.buffer.len() as u64;
                self.used = 0;
            }
            let count = (length - taken.len()).min(self.buffer.len() - self.used);
            taken.extend_from_slice(&self.buffer[self.used..self.used + count]);
            self.used += count;
        }
        Ok(taken)
    }
}

/// The records of a file in order: a key, then its value piece by piece.
pub struct Records {
    file: Arc<dyn InputFile>,
    blocks: std::vec::IntoIter<Region>,
    block: Option<Part>,
    /// Bytes that are left in the current chunk of the current value, and whether it is the last.
    chunk: (u64, bool),
}

impl Records {
    /// Of a file.
    ///
    /// # Errors
    /// When it is none, or compressed.
    pub fn of(file: Arc<dyn InputFile>) -> Result<Self, TFileError> {
        let blocks = blocks(&file)?;
        Ok(Records {
            file,
            blocks: blocks.into_iter(),
            block: None,
            chunk: (0, true),
        })
    }

    /// The next record's key; `None` at the end. What is left of the value before is to be skipped first.
    pub fn next_key(&mut self) -> Result<Option<Vec<u8>>, TFileError> {
        while self.block.as_ref().is_none_or(|block| block.left() == 0) {
            match self.blocks.next() {
                Some(region) => self.block = Some(Part::new(&self.file, region)),
                None => return Ok(None),
            }
        }
        let block = self.block()?;
        let length = block.length(MAX_TEXT)?;
        let key = block.take(length)?;
        self.chunk = (0, false);
        Ok(Some(key))
    }

    fn block(&mut self) -> Result<&mut Part, TFileError> {
        self.block.as_mut().ok_or(Malformed("a value has no key"))
    }

    /// Goes on to the next chunk if this one is used up; false at the end of the value.
    fn has_more(&mut self) -> Result<bool, TFileError> {
        while self.chunk.0 == 0 && !self.chunk.1 {
            let number = self.block()?.number()?;
            self.chunk = (number.unsigned_abs(), number >= 0);
        }
        Ok(self.chunk.0 > 0)
    }

    /// A text of Java's (`DataOutput.writeUTF`) in the value; `None` at the value's end.
    pub fn next_text(&mut self) -> Result<Option<String>, TFileError> {
        if !self.has_more()? {
            return Ok(None);
        }
        let length = self.take(2)?;
        let length = u64::from(u16::from_be_bytes([length[0], length[1]]));
        Ok(Some(
            String::from_utf8_lossy(&self.take(length)?).into_owned(),
        ))
    }

    /// So many bytes of the value.
    pub fn take(&mut self, mut length: u64) -> Result<Vec<u8>, TFileError> {
        let mut taken = Vec::new();
        while length > 0 {
            if !self.has_more()? {
                return Err(Malformed("a value ends too early"));
            }
            let count = self.chunk.0.min(length);
            taken.extend(self.block()?.take(count)?);
            self.chunk.0 -= count;
            length -= count;
        }
        Ok(taken)
    }

    /// Leaves so many bytes of the value out.
    pub fn skip(&mut self, mut length: u64) -> Result<(), TFileError> {
        while length > 0 {
            if !self.has_more()? {
                return Err(Malformed("a value ends too early"));
            }
            let count = self.chunk.0.min(length);
            self.block()?.skip(count)?;
            self.chunk.0 -= count;
            length -= count;
        }
        Ok(())
    }

    /// Leaves the rest of the value out.
    pub fn skip_value(&mut self) -> Result<(), TFileError> {
        while self.has_more()? {
            self.skip(self.chunk.0)?;
        }
        Ok(())
    }
}

/// Where the data is.
fn blocks(file: &Arc<dyn InputFile>) -> Result<Vec<Region>, TFileError> {
    let end = file.length();
    let trailer = end
        .checked_sub(TRAILER)
        .ok_or(Malformed("it is too short"))?;
    let mut part = Part::new(
        file,
        Region {
            offset: trailer,
            length: TRAILER,
        },
    );
    let (offset, rest) = (part.take(8)?, part.take(20)?);
    if rest[4..] != MAGIC {
        return Err(Malformed("it does not end as one"));
    }
    let offset = offset
        .iter()
        .fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let length = trailer
        .checked_sub(offset)
        .ok_or(Malformed("its index lies behind the end"))?;
    let index = Region {
        offset,
        length: length.min(MAX_INDEX),
    };
    let mut part = Part::new(file, index);
    for _ in 0..part.length(index.length)? {
        let (name, algorithm) = (part.text()?, part.text()?);
        let region = part.region(trailer)?;
        if name == DATA_INDEX {
            plain(&algorithm)?;
            return data_blocks(Part::new(file, region), trailer);
        }
    }
    Err(Malformed("it has no index"))
}

fn data_blocks(mut part: Part, end: u64) -> Result<Vec<Region>, TFileError> {
    plain(&part.text()?)?;
    let count = part.length(MAX_INDEX)?;
    (0..count).map(|_| part.region(end)).collect()
}

fn plain(algorithm: &str) -> Result<(), TFileError> {
    match algorithm {
        "none" => Ok(()),
        other => Err(TFileError::Compressed(other.to_owned())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_storage::{CreateMode, FileSystem, LocalFileSystem, Location};
    use proptest::prelude::*;

    /// `Utils.writeVLong`.
    fn number(out: &mut Vec<u8>, n: i64) {
        let bytes = n.to_be_bytes();
        match n {
            -32..128 => out.push(n as u8),
            -5120..5120 => out.extend([((n >> 8) - 52) as u8, bytes[7]]),
            -1_048_576..1_048_576 => out.extend([((n >> 16) - 88) as u8, bytes[6], bytes[7]]),
            -134_217_728..134_217_728 => {
                out.push(((n >> 24) - 112) as u8);
                out.extend(&bytes[5..]);
            }
            _ => {
                out.push((8 - 129i64) as u8);
                out.extend(bytes);
            }
        }
    }

    fn text(out: &mut Vec<u8>, text: &str) {
        number(out, text.len() as i64);
        out.extend(text.as_bytes());
    }

    fn region(out: &mut Vec<u8>, offset: usize, length: usize) {
        for n in [offset, length, length] {
            number(out, n as i64);
        }
    }

    /// A file with one block, whose values are cut into chunks of five bytes.
    fn file(records: &[(&str, &[u8])], algorithm: &str) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for (key, value) in records {
            text(&mut out, key);
            let mut chunks = value.chunks(5).peekable();
            while let Some(chunk) = chunks.next() {
                let last = chunks.peek().is_none();
                let length = chunk.len() as i64;
                number(&mut out, if last { length } else { -length });
                out.extend(chunk);
            }
            if value.is_empty() {
                number(&mut out, 0);
            }
        }
        let (block, index) = (out.len() - 16, out.len());
        text(&mut out, algorithm);
        number(&mut out, 1);
        region(&mut out, 16, block);
        let (length, meta) = (out.len() - index, out.len());
        number(&mut out, 1);
        text(&mut out, DATA_INDEX);
        text(&mut out, algorithm);
        region(&mut out, index, length);
        out.extend((meta as u64).to_be_bytes());
        out.extend([0, 1, 0, 0]);
        out.extend(MAGIC);
        out
    }

    fn opened(bytes: &[u8]) -> Result<Records, TFileError> {
        let dir = tempfile::tempdir().unwrap();
        let location = Location::local(dir.path().join("x"));
        LocalFileSystem
            .write(&location, bytes, CreateMode::New)
            .unwrap();
        Records::of(LocalFileSystem.open(&location).unwrap())
    }

    fn values(bytes: &[u8]) -> Result<Vec<Vec<u8>>, TFileError> {
        let mut records = opened(bytes)?;
        let mut found = Vec::new();
        while records.next_key()?.is_some() {
            let mut value = Vec::new();
            while records.has_more()? {
                value.extend(records.take(1)?);
            }
            found.push(value);
        }
        Ok(found)
    }

    #[test]
    fn records_are_read_through_their_chunks_and_texts_are_javas() {
        let value = b"\x00\x0balpheus.log\x00\x025hello\x00\x06stderr\x00\x010";
        let bytes = file(
            &[("VERSION", b"\x00\x00\x00\x01"), ("c1", value), ("c2", b"")],
            "none",
        );
        let mut records = opened(&bytes).unwrap();
        assert_eq!(records.next_key().unwrap().unwrap(), b"VERSION");
        records.skip_value().unwrap();
        assert_eq!(records.next_key().unwrap().unwrap(), b"c1");
        assert_eq!(records.next_text().unwrap().as_deref(), Some("alpheus.log"));
        assert_eq!(records.take(2).unwrap(), [0, 2]);
        records.skip(1).unwrap();
        assert_eq!(records.take(5).unwrap(), b"hello");
        assert_eq!(records.next_text().unwrap().as_deref(), Some("stderr"));
        records.skip_value().unwrap();
        assert_eq!(records.next_key().unwrap().unwrap(), b"c2");
        assert_eq!(records.next_text().unwrap(), None);
        assert_eq!(records.next_key().unwrap(), None);
    }

    #[test]
    fn what_is_compressed_or_no_file_is_refused() {
        let compressed = opened(&file(&[], "gz")).err().unwrap();
        assert!(
            matches!(compressed, TFileError::Compressed(_)),
            "{compressed}"
        );
        assert!(opened(b"junk").is_err());
        assert!(opened(&[0; 100]).is_err());
    }

    proptest! {
        #[test]
        fn numbers_read_back(n in any::<i64>(), shift in 0u32..64) {
            let n = n >> shift;
            let mut bytes = Vec::new();
            number(&mut bytes, n);
            struct Slice(Vec<u8>);
            impl Bytes for Slice {
                fn take(&mut self, length: u64) -> Result<Vec<u8>, TFileError> {
                    Ok(self.0.drain(..length as usize).collect())
                }
            }
            prop_assert_eq!(Slice(bytes).number().unwrap(), n);
        }

        #[test]
        fn values_read_back_and_damage_gives_errors(
            values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5),
            damage in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let records: Vec<(&str, &[u8])> = values.iter().map(|value| ("k", value.as_slice())).collect();
            let mut bytes = file(&records, "none");
            let found = self::values(&bytes).unwrap();
            prop_assert_eq!(found, values);
            let at = damage.index(bytes.len());
            bytes[at] = byte;
            let _ = self::values(&bytes);
        }
    }
}
