//! The connection between the AM and one worker, the same type inside one process and over TLS.
//!
//! Each direction is one ordered stream of messages of [`crate::control`]. Inside a process they are
//! handed over as they are; between processes each is a frame: four bytes of length, big-endian, then
//! JSON. Sending never blocks and never fails at once: whoever sends holds locks or owns a task thread,
//! and a broken connection is learned in one place, by the receiver. The price is a queue; it is
//! bounded, and a peer that lets it fill up counts as gone.
//!
//! The stream is made by the caller (TLS handshake, check of the peer's certificate), so that this
//! module knows nothing of certificates.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::control::{FromWorker, ToWorker};

/// The most bytes one message may have. A deployment of a large job with its restore handles fits, and so
/// do the rows that a SELECT has collected between two checkpoints, which travel in the acknowledgment.
pub const MAX_MESSAGE_BYTES: usize = 512 << 20;

/// How many messages may wait in one direction before the peer counts as gone.
const QUEUE_MESSAGES: usize = 1 << 16;

/// A worker's end.
pub type ControlConnection = Connection<FromWorker, ToWorker>;
/// The AM's end.
pub type WorkerConnection = Connection<ToWorker, FromWorker>;

/// One end: sends `Out`, receives `In`.
pub struct Connection<Out, In> {
    /// Sends; may be cloned.
    pub sender: ControlSender<Out>,
    /// Receives.
    pub receiver: ControlReceiver<In>,
}

/// Why nothing more comes.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConnectionBroken {
    /// The peer closed it between two messages.
    #[error("the peer closed the control connection")]
    Closed,
    /// The network, or the peer's process, failed.
    #[error("the control connection broke: {0}")]
    Io(String),
    /// The peer speaks another language.
    #[error(
        "the control connection carried something that is no message: {0}; do both sides run the same version?"
    )]
    Invalid(String),
}

enum Item<T> {
    Message(Box<T>),
    Flush(oneshot::Sender<()>),
}

/// The sending half of a [`Connection`].
pub struct ControlSender<T> {
    queue: mpsc::Sender<Item<T>>,
}

impl<T> Clone for ControlSender<T> {
    fn clone(&self) -> Self {
        ControlSender {
            queue: self.queue.clone(),
        }
    }
}

impl<T> ControlSender<T> {
    /// Queues a message behind the earlier ones. False when the connection is gone (the receiving half
    /// says why) or the peer has let too many messages pile up; the message is lost then.
    pub fn send(&self, message: T) -> bool {
        self.queue
            .try_send(Item::Message(Box::new(message)))
            .is_ok()
    }

    /// Waits until everything queued before has been handed to the operating system (over TLS) or taken
    /// by the peer (in one process), or the connection is gone.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        if self.queue.send(Item::Flush(done)).await.is_ok() {
            // An error means the connection went away: there is nothing left to wait for.
            let _ = flushed.await;
        }
    }
}

enum Inbox<T> {
    Local(mpsc::Receiver<Item<T>>),
    Remote(mpsc::Receiver<Result<T, ConnectionBroken>>),
}

/// The receiving half of a [`Connection`].
pub struct ControlReceiver<T> {
    inbox: Inbox<T>,
}

impl<T> ControlReceiver<T> {
    /// The next message. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the connection has ended; every later call says [`ConnectionBroken::Closed`].
    pub async fn recv(&mut self) -> Result<T, ConnectionBroken> {
        match &mut self.inbox {
            Inbox::Local(queue) => loop {
                match queue.recv().await {
                    Some(Item::Message(message)) => return Ok(*message),
                    Some(Item::Flush(done)) => {
                        let _ = done.send(());
                    }
                    None => return Err(ConnectionBroken::Closed),
                }
            },
            Inbox::Remote(queue) => queue.recv().await.unwrap_or(Err(ConnectionBroken::Closed)),
        }
    }

    /// As [`ControlReceiver::recv`], for threads outside the runtime.
    ///
    /// # Errors
    /// As [`ControlReceiver::recv`].
    pub fn blocking_recv(&mut self) -> Result<T, ConnectionBroken> {
        match &mut self.inbox {
            Inbox::Local(queue) => loop {
                match queue.blocking_recv() {
                    Some(Item::Message(message)) => return Ok(*message),
                    Some(Item::Flush(done)) => {
                        let _ = done.send(());
                    }
                    None => return Err(ConnectionBroken::Closed),
                }
            },
            Inbox::Remote(queue) => queue
                .blocking_recv()
                .unwrap_or(Err(ConnectionBroken::Closed)),
        }
    }
}

/// Both ends of a connection inside this process.
pub fn in_process() -> (ControlConnection, WorkerConnection) {
    let (to_am, from_worker) = mpsc::channel(QUEUE_MESSAGES);
    let (to_worker, from_am) = mpsc::channel(QUEUE_MESSAGES);
    let worker = Connection {
        sender: ControlSender { queue: to_am },
        receiver: ControlReceiver {
            inbox: Inbox::Local(from_am),
        },
    };
    let am = Connection {
        sender: ControlSender { queue: to_worker },
        receiver: ControlReceiver {
            inbox: Inbox::Local(from_worker),
        },
    };
    (worker, am)
}

impl<Out, In> Connection<Out, In>
where
    Out: Serialize + Send + Sync + 'static,
    In: DeserializeOwned + Send + 'static,
{
    /// One end over a byte stream, for example a TLS connection whose peer has been checked. Two tasks
    /// on `runtime` do the I/O; the stream is shut down when all senders are dropped.
    pub fn over_stream<S>(stream: S, runtime: &Handle) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (reader, writer) = tokio::io::split(stream);
        let (queue, outgoing) = mpsc::channel(QUEUE_MESSAGES);
        let (incoming, inbox) = mpsc::channel(256);
        runtime.spawn(write_messages::<Out, _>(outgoing, writer, incoming.clone()));
        runtime.spawn(read_messages::<In, _>(reader, incoming));
        Connection {
            sender: ControlSender { queue },
            receiver: ControlReceiver {
                inbox: Inbox::Remote(inbox),
            },
        }
    }
}

async fn write_messages<Out: Serialize, In>(
    mut queue: mpsc::Receiver<Item<Out>>,
    mut stream: impl AsyncWrite + Unpin,
    report: mpsc::Sender<Result<In, ConnectionBroken>>,
) {
    while let Some(item) = queue.recv().await {
        let written = match item {
            Item::Message(message) => match encode_message(&message) {
                Ok(frame) => stream.write_all(&frame).await,
                Err(broken) => {
                    let _ = report.send(Err(broken)).await;
                    return;
                }
            },
            Item::Flush(done) => {
                let flushed = stream.flush().await;
                let _ = done.send(());
                flushed
            }
        };
        // Flush as soon as there is no further message: many small ones share a packet.
        let flushed = match written {
            Ok(()) if queue.is_empty() => stream.flush().await,
            other => other,
        };
        if let Err(error) = flushed {
            let _ = report
                .send(Err(ConnectionBroken::Io(error.to_string())))
                .await;
            return;
        }
    }
    let _ = stream.shutdown().await;
}

async fn read_messages<In: DeserializeOwned, R: AsyncRead + Unpin>(
    mut stream: R,
    inbox: mpsc::Sender<Result<In, ConnectionBroken>>,
) {
    loop {
        let message = read_message(&mut stream).await;
        let ended = message.is_err();
        if inbox.send(message).await.is_err() || ended {
            return;
        }
    }
}

/// Length and JSON of a message.
fn encode_message(message: &impl Serialize) -> Result<Vec<u8>, ConnectionBroken> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)
        .map_err(|error| ConnectionBroken::Invalid(error.to_string()))?;
    let length = frame.len() - 4;
    if length > MAX_MESSAGE_BYTES {
        return Err(ConnectionBroken::Invalid(format!(
            "a message of {length} bytes is over the limit of {MAX_MESSAGE_BYTES}"
        )));
    }
    frame[..4].copy_from_slice(&(length as u32).to_be_bytes());
    Ok(frame)
}

async fn read_message<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<T, ConnectionBroken> {
    let mut header = [0; 4];
    match stream.read(&mut header[..1]).await {
        Ok(0) => return Err(ConnectionBroken::Closed),
        Ok(_) => {}
        Err(error) => return Err(ConnectionBroken::Io(error.to_string())),
    }
    let broken = |error: io::Error| ConnectionBroken::Io(error.to_string());
    stream.read_exact(&mut header[1..]).await.map_err(broken)?;
    let length = u32::from_be_bytes(header) as usize;
    if length > MAX_MESSAGE_BYTES {
        return Err(ConnectionBroken::Invalid(format!(
            "its length says {length} bytes, the limit is {MAX_MESSAGE_BYTES}"
        )));
    }
    // Grows as bytes arrive: a length alone makes nobody allocate.
    let mut body = Vec::new();
    let read = stream
        .take(length as u64)
        .read_to_end(&mut body)
        .await
        .map_err(broken)?;
    if read < length {
        return Err(ConnectionBroken::Io(format!(
            "it ended after {read} of a message's {length} bytes"
        )));
    }
    serde_json::from_slice(&body).map_err(|error| ConnectionBroken::Invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
    use proptest::prelude::*;

    use super::*;

    fn checkpoint_of(message: ToWorker) -> u64 {
        match message {
            ToWorker::CheckpointComplete(CheckpointId(id)) => id,
            other => panic!("unexpected {other:?}"),
        }
    }

    #[tokio::test]
    async fn order_is_kept_in_process_and_over_a_stream() {
        let (left, right) = tokio::io::duplex(64);
        let remote = (
            ControlConnection::over_stream(left, &Handle::current()),
            WorkerConnection::over_stream(right, &Handle::current()),
        );
        for (mut worker, am) in [in_process(), remote] {
            for id in 0..100 {
                assert!(
                    am.sender
                        .send(ToWorker::CheckpointComplete(CheckpointId(id)))
                );
            }
            drop(am);
            for id in 0..100 {
                assert_eq!(checkpoint_of(worker.receiver.recv().await.unwrap()), id);
            }
            assert_eq!(
                worker.receiver.recv().await.unwrap_err(),
                ConnectionBroken::Closed
            );
        }
    }

    #[tokio::test]
    async fn what_was_flushed_arrives_though_the_sender_goes_away() {
        let (left, right) = tokio::io::duplex(1 << 16);
        let worker = ControlConnection::over_stream(left, &Handle::current());
        let mut am = WorkerConnection::over_stream(right, &Handle::current());
        assert!(worker.sender.send(FromWorker::Canceled(AttemptNumber(7))));
        worker.sender.flush().await;
        drop(worker);
        let FromWorker::Canceled(attempt) = am.receiver.recv().await.unwrap() else {
            panic!("another message");
        };
        assert_eq!(attempt, AttemptNumber(7));
    }

    #[tokio::test]
    async fn a_huge_length_is_refused_before_it_is_read() {
        let mut bytes: &[u8] = &[0xff, 0xff, 0xff, 0xff, b'{'];
        let error = read_message::<ToWorker>(&mut bytes).await.unwrap_err();
        assert!(matches!(error, ConnectionBroken::Invalid(_)), "{error}");
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let mut input = bytes.as_slice();
                while read_message::<ToWorker>(&mut input).await.is_ok() {}
            });
        }
    }
}
