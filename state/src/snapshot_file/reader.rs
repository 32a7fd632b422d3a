//! Reads snapshot files, section by section and only the key groups asked for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_storage::InputFile;
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use bytes::Bytes;

use super::{
    HEADER_LENGTH, INDEX_ENTRY, INDEX_HEADER, MAGIC, SectionSummary, TRAILER_LENGTH, VERSION,
};
use crate::error::{Result, StateError};
use crate::handle::KeyedStateHandle;

/// What ends a stream of IPC messages.
const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// Numbers at fixed places of a byte string.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn at<const N: usize>(&self, offset: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.0[offset..offset + N]);
        bytes
    }
    fn u16(&self, offset: usize) -> u16 {
        u16::from_le_bytes(self.at(offset))
    }
    fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(self.at(offset))
    }
    fn u64(&self, offset: usize) -> u64 {
        u64::from_le_bytes(self.at(offset))
    }
}

/// Exactly `length` bytes at `offset`.
fn read_exact(file: &dyn InputFile, name: &str, offset: u64, length: u64) -> Result<Bytes> {
    let end = offset.checked_add(length);
    if end.is_none_or(|end| end > file.length()) {
        return Err(StateError::damaged(
            name,
            format!(
                "it ends at byte {}, but {length} bytes at {offset} are needed",
                file.length()
            ),
        ));
    }
    let bytes = file.read_range(offset, length as usize)?;
    if bytes.len() as u64 != length {
        return Err(StateError::damaged(
            name,
            "it was cut off while it was read",
        ));
    }
    Ok(bytes)
}

fn check_crc(name: &str, what: &str, bytes: &[u8], expected: u32) -> Result<()> {
    if crc32fast::hash(bytes) == expected {
        return Ok(());
    }
    Err(StateError::damaged(
        name,
        format!("the checksum of {what} is wrong"),
    ))
}

/// Checks that the file is a snapshot file of a version that can be read.
///
/// # Errors
/// When it is not.
pub fn check_version(file: &dyn InputFile, name: &str) -> Result<()> {
    let header = read_exact(file, name, 0, HEADER_LENGTH)?;
    if !header.starts_with(MAGIC) {
        return Err(StateError::damaged(name, "it is no state file of alpheus"));
    }
    match Numbers(&header).u32(8) {
        0 => Err(StateError::damaged(name, "its format version is 0")),
        found if found > VERSION => Err(StateError::NewerVersion {
            file: name.to_owned(),
            found,
            supported: VERSION,
        }),
        _ => Ok(()),
    }
}

/// What is in the file.
///
/// # Errors
/// When it is torn or damaged.
pub fn read_directory(file: &dyn InputFile, name: &str) -> Result<Vec<SectionSummary>> {
    check_version(file, name)?;
    let tail_length = 16;
    let tail_start = file
        .length()
        .checked_sub(tail_length)
        .filter(|start| *start >= HEADER_LENGTH)
        .ok_or_else(|| StateError::damaged(name, "it has no directory"))?;
    let tail = read_exact(file, name, tail_start, tail_length)?;
    if !tail.ends_with(MAGIC) {
        return Err(StateError::damaged(name, "it has no end"));
    }
    let (length, crc) = (u64::from(Numbers(&tail).u32(0)), Numbers(&tail).u32(4));
    let start = tail_start
        .checked_sub(length)
        .ok_or_else(|| StateError::damaged(name, "its directory is longer than the file"))?;
    let directory = read_exact(file, name, start, length)?;
    check_crc(name, "its directory", &directory, crc)?;
    serde_json::from_slice(&directory)
        .map_err(|error| StateError::damaged(name, format!("its directory is malformed: {error}")))
}

struct Entry {
    group: KeyGroup,
    crc: u32,
    offset: u64,
    length: u64,
}

/// One section of a file.
pub struct SectionReader {
    file: Arc<dyn InputFile>,
    name: String,
    start: u64,
    schema: Bytes,
    entries: Vec<Entry>,
}

impl SectionReader {
    /// Opens the section that the handle names, in `file` (called `name` in messages).
    ///
    /// # Errors
    /// When the file is torn, damaged or of a newer version.
    pub fn open(file: Arc<dyn InputFile>, name: &str, handle: &KeyedStateHandle) -> Result<Self> {
        check_version(&*file, name)?;
        let broken = |detail: &str| {
            StateError::damaged(name, format!("the section of `{}` {detail}", handle.state))
        };
        let body = handle
            .length
            .checked_sub(TRAILER_LENGTH)
            .ok_or_else(|| broken("is too short"))?;
        let end = handle
            .offset
            .checked_add(body)
            .ok_or_else(|| broken("lies outside of the file"))?;
        let trailer = read_exact(&*file, name, end, TRAILER_LENGTH)?;
        let index_length = u64::from(Numbers(&trailer).u32(0));
        let data_length = body
            .checked_sub(index_length)
            .filter(|_| index_length >= INDEX_HEADER as u64)
            .ok_or_else(|| broken("has an index that does not fit"))?;
        let index = read_exact(&*file, name, handle.offset + data_length, index_length)?;
        check_crc(name, "a section's index", &index, Numbers(&trailer).u32(4))?;
        let numbers = Numbers(&index);
        let schema_length = u64::from(numbers.u32(0));
        let count = numbers.u32(8) as usize;
        let expected = count
            .checked_mul(INDEX_ENTRY)
            .and_then(|length| length.checked_add(INDEX_HEADER));
        if expected != Some(index.len()) || schema_length > data_length {
            return Err(broken("has an index of the wrong length"));
        }
        let schema = read_exact(&*file, name, handle.offset, schema_length)?;
        check_crc(name, "a section's schema", &schema, numbers.u32(4))?;
        let mut entries = Vec::with_capacity(count);
        for entry in index[INDEX_HEADER..].chunks_exact(INDEX_ENTRY) {
            let numbers = Numbers(entry);
            let entry = Entry {
                group: KeyGroup(numbers.u16(0)),
                crc: numbers.u32(4),
                offset: numbers.u64(8),
                length: numbers.u64(16),
            };
            let end = entry.offset.checked_add(entry.length);
            if end.is_none_or(|end| end > data_length) {
                return Err(broken("has a key group outside of it"));
            }
            entries.push(entry);
        }
        Ok(SectionReader {
            file,
            name: name.to_owned(),
            start: handle.offset,
            schema,
            entries,
        })
    }

    /// The columns of its rows.
    ///
    /// # Errors
    /// When they cannot be decoded.
    pub fn schema(&self) -> Result<SchemaRef> {
        let malformed = |detail: String| {
            StateError::damaged(&self.name, format!("a section's schema: {detail}"))
        };
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            let mut decoder = StreamDecoder::new();
            for part in [self.schema.clone(), Bytes::from_static(&END_OF_STREAM)] {
                decoder.decode(&mut Buffer::from(part))?;
            }
            Ok::<_, ArrowError>(decoder.schema())
        }));
        match decoded {
            Ok(Ok(Some(schema))) => Ok(schema),
            Ok(Err(error)) => Err(malformed(error.to_string())),
            _ => Err(malformed("it is none".to_owned())),
        }
    }

    /// The rows of the key groups in `range`, read one key group at a time.
    pub fn rows(self, range: KeyGroupRange) -> impl Iterator<Item = Result<RecordBatch>> {
        let SectionReader {
            file,
            name,
            start,
            schema,
            entries,
        } = self;
        let wanted = entries.into_iter().filter(move |e| range.contains(e.group));
        wanted.flat_map(
            move |entry| match read_group(&*file, &name, start, &schema, &entry) {
                Ok(batches) => batches.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            },
        )
    }
}

fn read_group(
    file: &dyn InputFile,
    name: &str,
    start: u64,
    schema: &Bytes,
    entry: &Entry,
) -> Result<Vec<RecordBatch>> {
    let messages = read_exact(file, name, start + entry.offset, entry.length)?;
    check_crc(
        name,
        &format!("key group {}", entry.group.0),
        &messages,
        entry.crc,
    )?;
    let malformed = |error: ArrowError| {
        StateError::damaged(name, format!("key group {}: {error}", entry.group.0))
    };
    // Arrow's checks leave ways to panic on schemas that nobody writes; a panic must not end the process.
    catch_unwind(AssertUnwindSafe(|| {
        decode(schema, messages).map_err(malformed)
    }))
    .unwrap_or_else(|_| Err(StateError::damaged(name, "its rows cannot be decoded")))
}

/// The decoder is pushed what there is: one that reads would believe a length and allocate for it.
fn decode(schema: &Bytes, messages: Bytes) -> std::result::Result<Vec<RecordBatch>, ArrowError> {
    let mut decoder = StreamDecoder::new();
    let mut batches = Vec::new();
    for part in [schema.clone(), messages, Bytes::from_static(&END_OF_STREAM)] {
        let mut part = Buffer::from(part);
        while !part.is_empty() {
            batches.extend(decoder.decode(&mut part)?);
        }
    }
    decoder.finish()?;
    Ok(batches)
}
