//! Compressed text files: `.gz`, `.zst` and `.zstd`, told by the name. They cannot be cut.

use std::io::{self, Read};
use std::sync::Arc;

use alpheus_storage::InputFile;
use flate2::read::MultiGzDecoder;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// As the name says.
    pub(crate) fn of(name: &str) -> Compression {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension.to_ascii_lowercase().as_str() {
            "gz" | "gzip" => Compression::Gzip,
            "zst" | "zstd" => Compression::Zstd,
            _ => Compression::None,
        }
    }

    /// The file's bytes after decompression, from the start.
    ///
    /// # Errors
    /// When the decompressor cannot be set up.
    pub(crate) fn reader(self, file: Arc<dyn InputFile>) -> io::Result<Box<dyn Read + Send>> {
        let raw = io::BufReader::with_capacity(256 << 10, FileBytes { file, position: 0 });
        Ok(match self {
            Compression::None => Box::new(raw),
            Compression::Gzip => Box::new(MultiGzDecoder::new(raw)),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(raw)?),
        })
    }
}

/// A file as a stream.
struct FileBytes {
    file: Arc<dyn InputFile>,
    position: u64,
}

impl Read for FileBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self
            .file
            .read_range(self.position, buffer.len())
            .map_err(io::Error::other)?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        self.position += bytes.len() as u64;
        Ok(bytes.len())
    }
}
