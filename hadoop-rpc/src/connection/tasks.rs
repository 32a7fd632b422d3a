//! The two tasks that own a connection's socket.

use super::Outgoing;
use super::pending::{Ending, Pending};
use super::sealing::{OpenError, Opener, Sealer};
use super::stream::Io;
use crate::error::RemoteException;
use crate::wire::messages::STATUS_FATAL;
use crate::wire::{Response, Splitter, decode};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Bytes gathered from the queue before they are written.
const GATHER: usize = 64 * 1024;

/// Writes calls and pings.
pub(super) struct Writing {
    pub(super) io: WriteHalf<Box<dyn Io>>,
    pub(super) calls: mpsc::Receiver<Outgoing>,
    pub(super) sealer: Option<Sealer>,
    pub(super) pending: Arc<Pending>,
    pub(super) ping: Bytes,
    pub(super) ping_interval: Duration,
    pub(super) max_idle: Duration,
}

impl Writing {
    pub(super) async fn run(mut self) {
        let ending = self.write().await;
        self.pending.end(ending);
        // Closing our direction makes the server close the other, which ends the reading task.
        let _ = self.io.shutdown().await;
    }

    async fn write(&mut self) -> Ending {
        let mut wrote = Instant::now();
        loop {
            let nap = self.ping_interval.min(self.max_idle);
            let out = tokio::select! {
                call = self.calls.recv() => match call {
                    Some(call) => self.gather(call),
                    None => return Ending::Idle,
                },
                () = self.pending.until_ended() => return Ending::Idle,
                () = tokio::time::sleep(nap) => {
                    if wrote.elapsed() >= self.max_idle && self.pending.end_if_idle() {
                        return Ending::Idle;
                    }
                    if self.pending.is_empty() || wrote.elapsed() < self.ping_interval {
                        continue;
                    }
                    BytesMut::from(&self.ping[..])
                }
            };
            if out.is_empty() {
                continue;
            }
            if let Err(ending) = self.put(out).await {
                return ending;
            }
            wrote = Instant::now();
        }
    }

    /// A call and those queued behind it, as long as they are few bytes.
    fn gather(&mut self, first: Outgoing) -> BytesMut {
        let mut out = BytesMut::new();
        let mut next = Some(first);
        while let Some(call) = next {
            if self.pending.sending(call.id) {
                out.extend_from_slice(&call.frame);
            }
            next = if out.len() < GATHER {
                self.calls.try_recv().ok()
            } else {
                None
            };
        }
        out
    }

    async fn put(&mut self, plain: BytesMut) -> Result<(), Ending> {
        let out = match &mut self.sealer {
            None => plain,
            Some(sealer) => {
                let mut sealed = BytesMut::with_capacity(plain.len() + 256);
                sealer
                    .seal(&plain, &mut sealed)
                    .map_err(|e| Ending::Lost(format!("cannot seal a message: {e}")))?;
                sealed
            }
        };
        let written = async {
            self.io.write_all(&out).await?;
            self.io.flush().await
        };
        written.await.map_err(|e| Ending::Lost(e.to_string()))
    }
}

/// Reads answers.
pub(super) struct Reading {
    pub(super) io: ReadHalf<Box<dyn Io>>,
    pub(super) outer: Splitter,
    pub(super) opener: Option<Opener>,
    pub(super) pending: Arc<Pending>,
}

impl Reading {
    pub(super) async fn run(mut self) {
        let ending = match self.read().await {
            Err(ending) => ending,
            Ok(never) => match never {},
        };
        self.pending.end(ending);
    }

    async fn read(&mut self) -> Result<std::convert::Infallible, Ending> {
        loop {
            while let Some(frame) = self.outer.next_frame().map_err(Ending::Wire)? {
                match &mut self.opener {
                    None => dispatch(&self.pending, frame)?,
                    Some(opener) => {
                        let inner = opener.open(frame).map_err(|e| match e {
                            OpenError::Wire(e) => Ending::Wire(e),
                            OpenError::Sasl(e) => {
                                Ending::Lost(format!("cannot open a sealed message: {e}"))
                            }
                        })?;
                        while let Some(frame) = inner.next_frame().map_err(Ending::Wire)? {
                            dispatch(&self.pending, frame)?;
                        }
                    }
                }
            }
            let read = self.io.read_buf(self.outer.buffer()).await;
            if read.map_err(|e| Ending::Lost(e.to_string()))? == 0 {
                return Err(Ending::Lost("the server closed it".into()));
            }
            self.pending.heard();
        }
    }
}

fn dispatch(pending: &Pending, frame: Bytes) -> Result<(), Ending> {
    let response = decode::response(frame).map_err(Ending::Wire)?;
    let id = response.call_id();
    if response.header.status == STATUS_FATAL {
        return Err(fatal(response));
    }
    if id.0 >= 0 {
        pending.answer(id, Ok(response));
    }
    Ok(())
}

/// A fatal answer ends the connection, whichever call it names: the server closes it.
fn fatal(response: Response) -> Ending {
    let header = response.header;
    Ending::Fatal(RemoteException::new(
        header.exception_class_name,
        header.error_msg,
        header.error_detail,
        true,
    ))
}
