//! A socket that carries frames, before it is split into a reading and a writing task.

use crate::error::RpcError;
use crate::wire::Splitter;
use alpheus_hadoop_conf::hadoop::HostPort;
use bytes::Bytes;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a connection runs over: TCP, or memory in tests.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// Frames over a byte stream.
pub(crate) struct FrameStream {
    io: Box<dyn Io>,
    splitter: Splitter,
    server: HostPort,
}

impl FrameStream {
    pub(crate) fn new(io: Box<dyn Io>, server: HostPort, limit: usize) -> Self {
        Self {
            io,
            splitter: Splitter::new(limit),
            server,
        }
    }

    /// Sends bytes that are already framed.
    pub(crate) async fn send(&mut self, framed: &[u8]) -> Result<(), RpcError> {
        let sent = async {
            self.io.write_all(framed).await?;
            self.io.flush().await
        };
        sent.await.map_err(|e| lost(&self.server, &e))
    }

    /// The next frame's payload.
    pub(crate) async fn receive(&mut self) -> Result<Bytes, RpcError> {
        loop {
            if let Some(frame) = self
                .splitter
                .next_frame()
                .map_err(|source| RpcError::Wire {
                    server: self.server.clone(),
                    source,
                })?
            {
                return Ok(frame);
            }
            let read = self.io.read_buf(self.splitter.buffer()).await;
            if read.map_err(|e| lost(&self.server, &e))? == 0 {
                let end = std::io::Error::new(
                    std::io::ErrorKind::UnexpectedEof,
                    "the server closed it during the handshake",
                );
                return Err(lost(&self.server, &end));
            }
        }
    }

    /// The socket, and what has arrived but was not asked for yet.
    pub(crate) fn into_parts(self) -> (Box<dyn Io>, Splitter) {
        (self.io, self.splitter)
    }
}

/// A failure before any call was sent on the connection.
fn lost(server: &HostPort, error: &std::io::Error) -> RpcError {
    RpcError::Connect {
        server: server.clone(),
        source: Arc::new(std::io::Error::new(error.kind(), error.to_string())),
    }
}
