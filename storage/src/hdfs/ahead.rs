//! Reading ahead: a file's bytes, in order, fetched before they are asked for.
//!
//! Each read at a position costs the library a connection to a DataNode with a conversation about who we are. A reader that
//! goes on where it has stopped is served from one stream instead: a task fetches up to [`LIMIT`] bytes more than were
//! taken, and waits when nobody takes them. Letting go of the stream ends the task.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use hdfs_native::HdfsError;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes that are fetched before they are asked for.
const LIMIT: usize = 8 << 20;

#[derive(Default)]
struct State {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    /// The task has ended: with the last byte, or with an error.
    ended: Option<Result<(), HdfsError>>,
    /// Nobody will take anything any more.
    abandoned: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Tells the reader that there is something.
    filled: Condvar,
    /// Tells the task that there is room.
    drained: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a file from which bytes come in order.
pub(super) struct Ahead {
    position: u64,
    end: u64,
    shared: Arc<Shared>,
}

/// Why a stream gave no bytes.
pub(super) enum Stopped {
    /// It failed; the stream is of no more use.
    Failed(HdfsError),
    /// Nothing came in time.
    Slow,
}

impl Ahead {
    /// A stream of the bytes from `position` to `end`, and the task that feeds it from the library's stream.
    pub(super) fn new(
        position: u64,
        end: u64,
        source: impl Stream<Item = Result<Bytes, HdfsError>> + Send + 'static,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let shared = Arc::new(Shared::default());
        let task = feed(Feeder(Arc::clone(&shared)), source);
        let ahead = Ahead {
            position,
            end,
            shared,
        };
        (ahead, task)
    }

    /// Whether the next bytes of this stream are the ones at `offset`, and all `length` of them are in it.
    pub(super) fn continues(&self, offset: u64, length: usize) -> bool {
        self.position == offset && offset + length as u64 <= self.end
    }

    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize, limit: Duration) -> Result<Bytes, Stopped> {
        let patience = Instant::now() + limit;
        let mut taken = BytesMut::new();
        let mut state = self.shared.lock();
        loop {
            while taken.len() < length
                && let Some(chunk) = state.chunks.front_mut()
            {
                let part = chunk.split_to(chunk.len().min(length - taken.len()));
                let empty = chunk.is_empty();
                if empty {
                    state.chunks.pop_front();
                }
                state.bytes -= part.len();
                if taken.is_empty() && part.len() == length {
                    drop(state);
                    return Ok(self.advance(part));
                }
                taken.reserve(length - taken.len());
                taken.extend_from_slice(&part);
            }
            if taken.len() == length {
                drop(state);
                return Ok(self.advance(taken.freeze()));
            }
            match state.ended.take() {
                Some(Err(error)) => return Err(Stopped::Failed(error)),
                Some(Ok(())) => {
                    let error = std::io::ErrorKind::UnexpectedEof.into();
                    return Err(Stopped::Failed(HdfsError::IOError(error)));
                }
                None => {}
            }
            let left = patience.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Stopped::Slow);
            }
            self.shared.drained.notify_one();
            state = self
                .shared
                .filled
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn advance(&mut self, bytes: Bytes) -> Bytes {
        self.position += bytes.len() as u64;
        self.shared.drained.notify_one();
        bytes
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.abandoned = true;
        state.chunks.clear();
        self.shared.drained.notify_one();
    }
}

/// The task's hold on the stream: when it is dropped without an end, by a panic or the runtime's shutdown, the reader learns it.
struct Feeder(Arc<Shared>);

impl Feeder {
    fn end(&self, outcome: Result<(), HdfsError>) {
        let mut state = self.0.lock();
        state.ended.get_or_insert(outcome);
        self.0.filled.notify_all();
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        let words = "the HDFS library failed while reading".to_owned();
        let mut state = self.0.lock();
        if state.ended.is_none() {
            state.ended = Some(Err(HdfsError::InternalError(words)));
        }
        self.0.filled.notify_all();
    }
}

async fn feed(feeder: Feeder, source: impl Stream<Item = Result<Bytes, HdfsError>> + Send) {
    let mut source = pin!(source);
    while let Some(next) = source.next().await {
        let chunk = match next {
            Ok(chunk) => chunk,
            Err(error) => return feeder.end(Err(error)),
        };
        loop {
            {
                let mut state = feeder.0.lock();
                if state.abandoned {
                    return;
                }
                if state.bytes < LIMIT {
                    state.bytes += chunk.len();
                    state.chunks.push_back(chunk);
                    feeder.0.filled.notify_all();
                    break;
                }
            }
            feeder.0.drained.notified().await;
        }
    }
    feeder.end(Ok(()));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures::stream;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const PATIENCE: Duration = Duration::from_secs(60);

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap()
    }

    fn numbers(count: usize) -> Vec<u8> {
        (0..count).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn gives_every_byte_in_order_whatever_the_pieces_are() {
        let runtime = runtime();
        let content = numbers(100_000);
        let chunks: Vec<_> = content
            .chunks(777)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let (mut ahead, task) = Ahead::new(5, 5 + content.len() as u64, stream::iter(chunks));
        runtime.spawn(task);
        let mut read = Vec::new();
        for length in [1, 776, 777, 5000, 3, 93_443] {
            assert!(ahead.continues(5 + read.len() as u64, length));
            let piece = ahead.take(length, PATIENCE).ok().unwrap();
            assert_eq!(piece.len(), length);
            read.extend_from_slice(&piece);
        }
        assert_eq!(read, content);
        assert!(!ahead.continues(5 + content.len() as u64, 1));
    }

    #[test]
    fn fetches_no_more_than_the_limit_and_ends_when_let_go() {
        let runtime = runtime();
        let given = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&given);
        let endless = stream::repeat_with(move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Bytes::from(vec![0; 1 << 20]))
        });
        let (mut ahead, task) = Ahead::new(0, u64::MAX, endless);
        let task = runtime.spawn(task);
        ahead.take(3 << 20, PATIENCE).ok().unwrap();
        drop(ahead);
        runtime.block_on(task).unwrap();
        // What was taken, the limit, and one that waits for room.
        assert!(given.load(Ordering::SeqCst) <= 3 + (LIMIT >> 20) + 1);
    }

    #[test]
    fn a_failure_comes_after_the_bytes_before_it_and_a_panic_is_one() {
        let runtime = runtime();
        let lost = || HdfsError::IOError(std::io::ErrorKind::ConnectionReset.into());
        let source = stream::iter([Ok(Bytes::from_static(b"abc")), Err(lost())]);
        let (mut ahead, task) = Ahead::new(0, 10, source);
        runtime.spawn(task);
        assert_eq!(&ahead.take(3, PATIENCE).ok().unwrap()[..], b"abc");
        assert!(matches!(
            ahead.take(1, PATIENCE),
            Err(Stopped::Failed(HdfsError::IOError(_)))
        ));
        let source = stream::poll_fn(|_| panic!("expected by the test"));
        let (mut ahead, task) = Ahead::new(0, 10, source);
        runtime.spawn(task);
        assert!(matches!(
            ahead.take(1, PATIENCE),
            Err(Stopped::Failed(HdfsError::InternalError(_)))
        ));
    }

    #[test]
    fn what_never_comes_is_slow() {
        let runtime = runtime();
        let (mut ahead, task) = Ahead::new(0, 10, stream::pending());
        runtime.spawn(task);
        assert!(matches!(
            ahead.take(1, Duration::from_millis(10)),
            Err(Stopped::Slow)
        ));
    }
}
