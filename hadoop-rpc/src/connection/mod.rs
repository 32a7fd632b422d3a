//! One connection to one server, shared by all calls of one identity to one protocol.
//!
//! After the handshake two tasks own the socket: one writes what callers put into a bounded queue (so a slow server slows its
//! callers down instead of filling memory), one reads answers and hands each to its caller. Answers come in any order.
//! While anyone waits, pings keep the connection alive; after a while of nobody waiting it closes itself. A call that times out on a
//! connection from which nothing was heard since takes the connection with it: the peer is dead or unreachable, and the next call
//! deserves a fresh one.

pub(crate) mod handshake;
mod pending;
mod sealing;
pub mod stream;
mod tasks;

use crate::config::ClientConfig;
use crate::error::{RemoteException, RpcError};
use crate::wire::messages::{STATUS_FATAL, STATUS_SUCCESS};
use crate::wire::{CallId, ClientId, Response};
use alpheus_hadoop_conf::hadoop::HostPort;
use bytes::Bytes;
use pending::{Ending, Pending};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::AbortHandle;

/// Calls in the queue to the writing task, beyond which callers wait.
const QUEUE: usize = 64;

/// A call on its way to the writing task.
pub(crate) struct Outgoing {
    id: CallId,
    frame: Bytes,
}

/// An authenticated connection.
pub(crate) struct Connection {
    server: HostPort,
    pending: Arc<Pending>,
    queue: mpsc::Sender<Outgoing>,
    room: Semaphore,
    tasks: [AbortHandle; 2],
}

impl Connection {
    /// Takes over a stream whose handshake is done.
    pub(crate) fn start(
        ready: handshake::Ready,
        server: HostPort,
        client: ClientId,
        config: &ClientConfig,
    ) -> Self {
        let pending = Arc::new(Pending::new(server.clone()));
        let (queue, calls) = mpsc::channel(QUEUE);
        let (reader, writer) = tokio::io::split(ready.io);
        let (sealer, opener) = ready.sealing.unzip();
        let writing = tasks::Writing {
            io: writer,
            calls,
            sealer,
            pending: Arc::clone(&pending),
            ping: crate::wire::encode::ping(client),
            ping_interval: config.ping_interval,
            max_idle: config.max_idle,
        };
        let reading = tasks::Reading {
            io: reader,
            outer: ready.splitter,
            opener,
            pending: Arc::clone(&pending),
        };
        let tasks = [
            tokio::spawn(writing.run()).abort_handle(),
            tokio::spawn(reading.run()).abort_handle(),
        ];
        Self {
            server,
            pending,
            queue,
            room: Semaphore::new(config.max_calls),
            tasks,
        }
    }

    /// Sends a framed call and waits for the answer's body.
    pub(crate) async fn call(
        &self,
        id: CallId,
        method: &'static str,
        frame: Bytes,
        timeout: Duration,
    ) -> Result<Bytes, RpcError> {
        let began = Instant::now();
        match tokio::time::timeout(timeout, self.exchange(id, frame)).await {
            Ok(answer) => self.judge(answer?),
            Err(_) => {
                if !self.pending.heard_since(began) {
                    self.close(Ending::Lost(format!(
                        "silent for {}s",
                        timeout.as_secs_f32()
                    )));
                }
                Err(RpcError::Timeout {
                    server: self.server.clone(),
                    method,
                    after: timeout,
                })
            }
        }
    }

    async fn exchange(&self, id: CallId, frame: Bytes) -> Result<Response, RpcError> {
        let ended = |sent| Ending::Lost("it was closed".into()).into_error(&self.server, sent);
        let _room = self.room.acquire().await.map_err(|_| ended(false))?;
        let answer = self.pending.register(id)?;
        let _forget = Forget {
            pending: &self.pending,
            id,
        };
        self.queue
            .send(Outgoing { id, frame })
            .await
            .map_err(|_| ended(false))?;
        answer.await.unwrap_or_else(|_| Err(ended(true)))
    }

    fn judge(&self, response: Response) -> Result<Bytes, RpcError> {
        let header = response.header;
        if header.status == STATUS_SUCCESS {
            return Ok(response.body);
        }
        Err(RpcError::Remote {
            server: self.server.clone(),
            exception: RemoteException::new(
                header.exception_class_name,
                header.error_msg,
                header.error_detail,
                header.status == STATUS_FATAL,
            ),
        })
    }

    /// Whether calls can be made.
    pub(crate) fn is_open(&self) -> bool {
        !self.pending.is_ended()
    }

    fn close(&self, ending: Ending) {
        self.pending.end(ending);
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close(Ending::Idle);
    }
}

/// Stops waiting for an answer when the caller goes away.
struct Forget<'a> {
    pending: &'a Pending,
    id: CallId,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.pending.forget(self.id);
    }
}
