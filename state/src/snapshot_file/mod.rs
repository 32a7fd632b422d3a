//! The file that a worker writes for a checkpoint: all keyed state of all its tasks.
//!
//! Few large files instead of many small ones, because a NameNode holds every file in memory. Our own
//! format around Arrow IPC messages (numbers little endian, checksums CRC-32 as in gzip):
//!
//! ```text
//! file    := "ALPHSTAT" version:u32 0:u32  section*  directory
//! section := schema-message (record-batch-message*)*      the rows, ascending by key group
//!            index  index_length:u32 index_crc:u32        its last bytes: enough to read it alone
//! index   := schema_length:u32 schema_crc:u32 groups:u32 0:u32
//!            (group:u16 0:u16 crc:u32 offset:u64 length:u64)*      offsets from the section's start
//! directory := json  json_length:u32 json_crc:u32 "ALPHSTAT"       for people: `checkpoint show`
//! ```
//!
//! A [`KeyedStateHandle`](crate::handle::KeyedStateHandle) is a section's place. A reader checks the
//! file's version, reads the index, and then only the key groups it wants. Every byte is covered by a
//! checksum before it is interpreted, so a damaged file gives an error, never a panic.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::{SectionReader, check_version, read_directory};
pub use writer::{SectionSummary, SnapshotFileWriter};

/// First and last bytes of a file.
pub(crate) const MAGIC: &[u8; 8] = b"ALPHSTAT";
/// The version this code writes, and the newest it reads.
pub const VERSION: u32 = 1;
/// Bytes before the first section.
pub(crate) const HEADER_LENGTH: u64 = 16;
/// Bytes of an index before its entries, and of one entry.
pub(crate) const INDEX_HEADER: usize = 16;
pub(crate) const INDEX_ENTRY: usize = 24;
/// Bytes after an index.
pub(crate) const TRAILER_LENGTH: u64 = 8;
