//! Reading and writing frames on a stream; what both sides of a connection share.

use alpheus_security::tls::Role;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::frame::{
    FrameHeader, FrameKind, HEADER_BYTES, Hello, MAX_DATA_BYTES, SmallBody, decode_small,
};
use crate::control::WorkerId;

/// Bodies up to this size are allocated at once; larger ones grow as bytes arrive.
const TRUSTED_BYTES: usize = 16 << 20;

/// The role that a worker's certificate must have: its number is its name.
pub fn worker_role(worker: WorkerId) -> Role {
    Role::Worker(worker.0.to_string())
}

/// Writes a frame; its length is that of the parts.
pub async fn write_frame(
    stream: &mut (impl AsyncWrite + Unpin),
    header: FrameHeader,
    parts: &[&[u8]],
) -> Result<(), String> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length > MAX_DATA_BYTES as usize {
        return Err(format!(
            "a batch of {length} bytes is over the limit of {MAX_DATA_BYTES}; \
             lower table.exec.source.batch-size or the size of its values"
        ));
    }
    let header = FrameHeader {
        length: length as u32,
        ..header
    };
    let write = async {
        stream.write_all(&header.encode()).await?;
        for part in parts {
            stream.write_all(part).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    write.await.map_err(|error| error.to_string())
}

/// Reads a header; `None` when the stream ends before its first byte.
pub async fn read_header(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<FrameHeader>, String> {
    let mut bytes = [0; HEADER_BYTES];
    let first = stream.read(&mut bytes[..1]).await;
    if first.map_err(|error| error.to_string())? == 0 {
        return Ok(None);
    }
    let rest = stream.read_exact(&mut bytes[1..]).await;
    rest.map_err(|error| error.to_string())?;
    FrameHeader::decode(&bytes)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// Reads the body that belongs to a header.
pub async fn read_body(
    stream: &mut (impl AsyncRead + Unpin),
    header: &FrameHeader,
) -> Result<Vec<u8>, String> {
    let length = header.length as usize;
    let mut body = Vec::with_capacity(length.min(TRUSTED_BYTES));
    let read = stream.take(length as u64).read_to_end(&mut body).await;
    match read.map_err(|error| error.to_string())? == length {
        true => Ok(body),
        false => Err("it closed the connection within a frame".to_owned()),
    }
}

/// Reads a frame that must not be a batch; `None` when the stream ends before it.
pub async fn read_small(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<(FrameHeader, SmallBody)>, String> {
    let Some(header) = read_header(stream).await? else {
        return Ok(None);
    };
    if header.kind == FrameKind::Data {
        return Err("it sent rows where none may be".to_owned());
    }
    let body = read_body(stream, &header).await?;
    let body = decode_small(header.kind, &body).map_err(|error| error.to_string())?;
    Ok(Some((header, body)))
}

/// Greets.
pub async fn write_hello(
    stream: &mut (impl AsyncWrite + Unpin),
    hello: &Hello,
) -> Result<(), String> {
    let body = serde_json::to_vec(hello).map_err(|error| error.to_string())?;
    let header = FrameHeader {
        kind: FrameKind::Hello,
        channel: 0,
        attempt: hello.attempt,
        sequence: 0,
        length: 0,
    };
    write_frame(stream, header, &[&body]).await?;
    stream.flush().await.map_err(|error| error.to_string())
}

/// Is greeted.
pub async fn read_hello(stream: &mut (impl AsyncRead + Unpin)) -> Result<Hello, String> {
    match read_small(stream).await? {
        Some((_, SmallBody::Hello(hello))) => Ok(hello),
        Some((header, _)) => Err(format!("it began with a {:?} frame", header.kind)),
        None => Err("it closed the connection before it greeted".to_owned()),
    }
}
