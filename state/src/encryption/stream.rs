//! The encrypted form of a file: chunks that can be read and checked one by one.
//!
//! ```text
//! file   := "ALPHENCR" version:u32 chunk_bytes:u32 file_id:[16]  chunk+      numbers little endian
//! chunk  := ciphertext (chunk_bytes long, the last one shorter or as long)  tag:[16]
//! ```
//!
//! The key of a file is `HMAC-SHA-256(data key, "alpheus file v1 " header)`, so no two files share one. The
//! nonce of a chunk is its number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar,
//! Rogaway and Vizár, 2015): a chunk that was changed, left out, moved or cut off does not open.

use std::io::{self, Write};
use std::sync::Arc;

use alpheus_storage::{InputFile, Location, OutputFile, StorageError};
use bytes::{Bytes, BytesMut};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use zeroize::Zeroizing;

use super::keys::{DataKey, KEY, NONCE, TAG};

/// First bytes of an encrypted file.
pub const MAGIC: &[u8; 8] = b"ALPHENCR";
const VERSION: u32 = 1;
const CHUNK: usize = 64 << 10;
const HEADER: usize = 32;
const PURPOSE: &[u8] = b"alpheus file v1 ";

type Result<T> = alpheus_storage::Result<T>;
type FileKey = Zeroizing<[u8; KEY]>;

fn damaged(location: &Location, detail: &str) -> StorageError {
    let error = io::Error::new(io::ErrorKind::InvalidData, detail.to_owned());
    StorageError::from_io(location, error)
}

fn openssl_failed(location: &Location, error: &openssl::error::ErrorStack) -> StorageError {
    damaged(location, &format!("openssl: {error}"))
}

fn file_key(data: &DataKey, header: &[u8; HEADER], location: &Location) -> Result<FileKey> {
    let derive = || {
        let key = PKey::hmac(data.bytes())?;
        let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
        signer.update(PURPOSE)?;
        signer.update(header)?;
        let mut derived = Zeroizing::new([0; KEY]);
        signer.sign(derived.as_mut_slice())?;
        Ok(derived)
    };
    derive().map_err(|error| openssl_failed(location, &error))
}

fn nonce(chunk: u64, last: bool) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[..8].copy_from_slice(&chunk.to_le_bytes());
    nonce[8] = u8::from(last);
    nonce
}

/// A file that is encrypted as it is written.
pub struct EncryptedOutput {
    location: Location,
    inner: Box<dyn OutputFile>,
    key: FileKey,
    chunk: u64,
    pending: Zeroizing<Vec<u8>>,
    position: u64,
}

impl EncryptedOutput {
    /// Begins the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(
        mut inner: Box<dyn OutputFile>,
        location: &Location,
        data: &DataKey,
    ) -> Result<Self> {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&(CHUNK as u32).to_le_bytes());
        rand_bytes(&mut header[16..]).map_err(|error| openssl_failed(location, &error))?;
        let key = file_key(data, &header, location)?;
        inner
            .write_all(&header)
            .map_err(|error| StorageError::from_io(location, error))?;
        Ok(EncryptedOutput {
            location: location.clone(),
            inner,
            key,
            chunk: 0,
            pending: Zeroizing::new(Vec::with_capacity(CHUNK)),
            position: 0,
        })
    }

    fn write_chunk(&mut self, last: bool) -> io::Result<()> {
        let mut tag = [0; TAG];
        let sealed = encrypt_aead(
            Cipher::aes_256_gcm(),
            self.key.as_slice(),
            Some(&nonce(self.chunk, last)),
            &[],
            &self.pending,
            &mut tag,
        )
        .map_err(io::Error::other)?;
        self.chunk += 1;
        self.pending.clear();
        self.inner.write_all(&sealed)?;
        self.inner.write_all(&tag)
    }
}

impl Write for EncryptedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk is written when more comes, because the last one is marked.
        if self.pending.len() == CHUNK && !bytes.is_empty() {
            self.write_chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.pending.len());
        self.pending.extend_from_slice(&bytes[..taken]);
        self.position += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl OutputFile for EncryptedOutput {
    fn position(&self) -> u64 {
        self.position
    }

    fn sync(&mut self) -> Result<()> {
        self.inner.sync()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.write_chunk(true)
            .map_err(|error| StorageError::from_io(&self.location, error))?;
        self.inner.finish()
    }
}

/// An encrypted file, open for reading.
pub struct EncryptedInput {
    location: Location,
    inner: Arc<dyn InputFile>,
    key: FileKey,
    chunk_bytes: usize,
    chunks: u64,
    length: u64,
}

impl EncryptedInput {
    /// Opens what [`EncryptedOutput`] wrote.
    ///
    /// # Errors
    /// When it is something else, was cut off, cannot be read, or the key is another one.
    pub fn open(inner: Arc<dyn InputFile>, location: &Location, data: &DataKey) -> Result<Self> {
        let header = inner.read_range(0, HEADER)?;
        let header = <[u8; HEADER]>::try_from(&header[..]).ok();
        let header = header.filter(|header| header.starts_with(MAGIC));
        let header = header.ok_or_else(|| damaged(location, "it is no encrypted file"))?;
        let number = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let chunk_bytes = number(12) as usize;
        if number(8) != VERSION || !(1..=16 << 20).contains(&chunk_bytes) {
            return Err(damaged(
                location,
                "it was encrypted by another version of alpheus",
            ));
        }
        let sealed = (chunk_bytes + TAG) as u64;
        let body = inner.length().saturating_sub(HEADER as u64);
        let chunks = body.div_ceil(sealed);
        let overhead = chunks * TAG as u64;
        if chunks == 0 || body - (chunks - 1) * sealed < TAG as u64 {
            return Err(damaged(location, "it is cut off"));
        }
        let input = EncryptedInput {
            key: file_key(data, &header, location)?,
            location: location.clone(),
            inner,
            chunk_bytes,
            chunks,
            length: body - overhead,
        };
        // The last chunk says that it is the last: so the length is right, also of an empty file.
        input.open_chunks(chunks - 1, chunks - 1)?;
        Ok(input)
    }

    /// The plain text of some chunks.
    fn open_chunks(&self, first: u64, last: u64) -> Result<Bytes> {
        let sealed = self.chunk_bytes + TAG;
        let start = HEADER as u64 + first * sealed as u64;
        let length = (last - first + 1) as usize * sealed;
        let bytes = self.inner.read_range(start, length)?;
        let mut plain = BytesMut::new();
        for (number, chunk) in (first..=last).zip(bytes.chunks(sealed)) {
            let Some((ciphertext, tag)) = chunk.split_last_chunk::<TAG>() else {
                return Err(damaged(&self.location, "it is cut off"));
            };
            let opened = decrypt_aead(
                Cipher::aes_256_gcm(),
                self.key.as_slice(),
                Some(&nonce(number, number + 1 == self.chunks)),
                &[],
                ciphertext,
                tag,
            );
            let opened = opened.map_err(|_| {
                damaged(
                    &self.location,
                    "it does not open: it was changed or cut off, or the key is another one",
                )
            })?;
            plain.extend_from_slice(&opened);
        }
        Ok(plain.freeze())
    }
}

impl InputFile for EncryptedInput {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_range(&self, offset: u64, length: usize) -> Result<Bytes> {
        let end = offset.saturating_add(length as u64).min(self.length);
        if offset >= end {
            return Ok(Bytes::new());
        }
        let chunk_bytes = self.chunk_bytes as u64;
        let (first, last) = (offset / chunk_bytes, (end - 1) / chunk_bytes);
        let plain = self.open_chunks(first, last)?;
        let skip = (offset - first * chunk_bytes) as usize;
        let wanted = (end - offset) as usize;
        if plain.len() < skip + wanted {
            return Err(damaged(&self.location, "it is cut off"));
        }
        Ok(plain.slice(skip..skip + wanted))
    }
}
