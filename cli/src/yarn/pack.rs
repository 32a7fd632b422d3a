//! The program as NodeManagers unpack it: a tar archive of one file, compressed by gzip.
//!
//! It is a third of the program's size, which counts where data transfer is encrypted: the file goes over the network once from the client
//! and once to each node. Blocks are compressed on all processors and follow each other as members of one gzip file (RFC 1952, 2.2),
//! which is as good as one for whoever unpacks it. The same program gives the same archive.

use std::io::{self, Read, Write};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes that are compressed at once by a thread.
const BLOCK: usize = 4 << 20;
/// Of a record of tar.
const RECORD: usize = 512;
/// Threads, at most.
const THREADS: usize = 8;

/// Writes an archive with one executable file, whose content is the first `size` bytes of `program`.
///
/// # Errors
/// When the program cannot be read or is shorter, or the archive cannot be written.
pub fn pack(name: &str, size: u64, program: impl Read, out: &mut dyn Write) -> io::Result<()> {
    let filled = (RECORD as u64 - size % RECORD as u64) % RECORD as u64;
    // Two empty records end an archive.
    let end = vec![0; filled as usize + 2 * RECORD];
    let header = header(name, size)?;
    let mut archive = header.as_slice().chain(program.take(size)).chain(&*end);
    let expected = (RECORD + end.len()) as u64 + size;
    let threads = thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS));
    let mut packed = 0;
    loop {
        let mut blocks = Vec::new();
        for _ in 0..threads {
            let mut block = Vec::new();
            archive
                .by_ref()
                .take(BLOCK as u64)
                .read_to_end(&mut block)?;
            packed += block.len() as u64;
            blocks.push(block);
        }
        blocks.retain(|block| !block.is_empty());
        if blocks.is_empty() {
            break;
        }
        for member in compress(&blocks)? {
            out.write_all(&member)?;
        }
    }
    if packed != expected {
        let words = "it became shorter while it was read";
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, words));
    }
    Ok(())
}

/// Each block as a gzip file of its own.
fn compress(blocks: &[Vec<u8>]) -> io::Result<Vec<Vec<u8>>> {
    let one = |block: &[u8]| {
        // More effort takes several times as long for a tenth.
        let mut encoder = GzEncoder::new(Vec::with_capacity(block.len() / 2), Compression::fast());
        encoder.write_all(block)?;
        encoder.finish()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = blocks
            .iter()
            .map(|block| scope.spawn(move || one(block)))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|member| member.unwrap_or_else(|_| Err(io::Error::other("a thread failed"))))
            .collect()
    })
}

/// The record before a file (POSIX.1-1988, `ustar`): mode 0755, of nobody, without a time.
fn header(name: &str, size: u64) -> io::Result<[u8; RECORD]> {
    let mut header = [0; RECORD];
    let mut put = |at: usize, room: usize, text: &[u8]| {
        if text.len() > room {
            let words = format!("{name} of {size} bytes does not fit into a tar archive");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        header[at..at + text.len()].copy_from_slice(text);
        Ok(())
    };
    put(0, 100, name.as_bytes())?;
    put(100, 7, b"0000755")?;
    for id in [108, 116] {
        put(id, 7, b"0000000")?;
    }
    put(124, 11, format!("{size:011o}").as_bytes())?;
    put(136, 11, b"00000000000")?;
    // The sum is made as if it were eight blanks.
    put(148, 8, b"        ")?;
    put(156, 1, b"0")?;
    put(257, 8, b"ustar\x0000")?;
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    Ok(header)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    /// What tar makes of it, as NodeManagers call it.
    fn unpacked(content: &[u8]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let mut archive = Vec::new();
        pack("alpheus", content.len() as u64, content, &mut archive).unwrap();
        std::fs::write(dir.path().join("x.tar.gz"), archive).unwrap();
        let line = "gzip -dc x.tar.gz | (mkdir to && cd to && tar -xf -)";
        let mut shell = Command::new("bash");
        shell.args(["-o", "pipefail", "-c", line]);
        assert!(shell.current_dir(dir.path()).status().unwrap().success());
        let file = dir.path().join("to/alpheus");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o700, 0o700);
        std::fs::read(file).unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_by_tar() {
        let many = (0..3 * BLOCK as u32 / 4 + 5).flat_map(|n| (n / 3).to_le_bytes());
        let many: Vec<u8> = many.collect();
        for length in [0, 1, RECORD - 1, RECORD, BLOCK, many.len()] {
            assert!(unpacked(&many[..length]) == many[..length], "{length}");
        }
    }

    #[test]
    fn the_same_program_gives_the_same_archive_and_a_shorter_one_an_error() {
        let packed = |size: u64, content: &[u8]| {
            let mut archive = Vec::new();
            pack("alpheus", size, content, &mut archive).map(|()| archive)
        };
        let content = vec![7; 100_000];
        let one = packed(100_000, &content).unwrap();
        assert_eq!(one, packed(100_000, &content).unwrap());
        assert!(one.len() < 10_000);
        let error = packed(100_001, &content).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(packed(1 << 40, &content).is_err());
    }
}
