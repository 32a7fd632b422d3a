//! A file being written.
//!
//! The caller's thread fills a buffer; full ones go through a bounded channel to a task that owns the library's writer, so that
//! encryption and network overlap with whatever the caller does. The first failure ends the file: it is told to the next write, sync
//! or finish, and again to every one after it.
//!
//! The library survives the loss of a DataNode of the block that it writes; `parts` goes on where it cannot.

use super::failure::explain;
use super::guard::Guard;
use super::parts::{Parts, Step};
use crate::Result;
use crate::error::StorageError;
use crate::file_system::OutputFile;
use crate::location::Location;
use bytes::{Bytes, BytesMut};
use hdfs_native::HdfsError;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver as Commands, Sender, channel};

/// Bytes that go to the library at once.
const BUFFER: usize = 1 << 20;
/// Buffers under way.
const QUEUE: usize = 4;
/// Pause between two looks at a full queue.
const LOOK: Duration = Duration::from_millis(1);

enum Command {
    Data(Bytes),
    Sync(SyncSender<std::result::Result<(), HdfsError>>),
    Finish(SyncSender<std::result::Result<(), HdfsError>>),
}

pub(super) struct HdfsOutput {
    location: Location,
    limit: Duration,
    buffer: BytesMut,
    position: u64,
    commands: Sender<Command>,
    /// What went wrong in the task; it sends once and ends.
    failures: Receiver<HdfsError>,
    failed: Option<String>,
}

impl HdfsOutput {
    pub(super) fn new(location: Location, guard: &Guard, file: Parts) -> Self {
        let (commands, incoming) = channel(QUEUE);
        let (report, failures) = sync_channel(1);
        let failed = guard
            .spawn(run(file, incoming, report))
            .err()
            .map(|e| e.to_string());
        Self {
            location,
            // The library itself waits a minute for DataNodes, and again after it has rebuilt the pipeline.
            limit: guard.limits.call + guard.limits.tries,
            buffer: BytesMut::with_capacity(BUFFER),
            position: 0,
            commands,
            failures,
            failed,
        }
    }

    fn flush_buffer(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return self.check();
        }
        let full = std::mem::replace(&mut self.buffer, BytesMut::with_capacity(BUFFER));
        self.send(Command::Data(full.freeze()))
    }

    fn send(&mut self, mut command: Command) -> Result<()> {
        let patience = Instant::now() + self.limit;
        loop {
            self.check()?;
            match self.commands.try_send(command) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back)) if Instant::now() < patience => {
                    command = back;
                    std::thread::sleep(LOOK);
                }
                Err(TrySendError::Full(_)) => return Err(self.slow()),
                Err(TrySendError::Closed(_)) => return Err(self.ended()),
            }
        }
    }

    /// Sends a command that is answered when everything before it is done.
    fn ask(
        &mut self,
        command: impl FnOnce(SyncSender<std::result::Result<(), HdfsError>>) -> Command,
    ) -> Result<()> {
        self.flush_buffer()?;
        let (answer, answered) = sync_channel(1);
        self.send(command(answer))?;
        match answered.recv_timeout(self.limit) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.fail(error)),
            Err(RecvTimeoutError::Timeout) => Err(self.slow()),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    fn check(&mut self) -> Result<()> {
        if let Ok(error) = self.failures.try_recv() {
            return Err(self.fail(error));
        }
        match &self.failed {
            Some(words) => Err(self.unavailable(format!("an earlier write failed: {words}"))),
            None => Ok(()),
        }
    }

    /// The task is gone: by a failure that it told, or by the library's panic.
    fn ended(&mut self) -> StorageError {
        match self.check() {
            Err(error) => error,
            Ok(()) => {
                self.failed = Some("the HDFS library failed".into());
                self.unavailable("the HDFS library failed while writing".into())
            }
        }
    }

    fn slow(&mut self) -> StorageError {
        let words = format!("the DataNodes took nothing for {} s", self.limit.as_secs());
        self.failed = Some(words.clone());
        self.unavailable(words)
    }

    fn fail(&mut self, error: HdfsError) -> StorageError {
        let error = explain(&self.location, error);
        self.failed = Some(error.to_string());
        error
    }

    fn unavailable(&self, detail: String) -> StorageError {
        StorageError::Unavailable {
            location: self.location.clone(),
            detail,
        }
    }
}

impl io::Write for HdfsOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(BUFFER - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        self.position += taken as u64;
        if self.buffer.len() == BUFFER {
            self.flush_buffer().map_err(io::Error::other)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flush_buffer().map_err(io::Error::other)
    }
}

impl OutputFile for HdfsOutput {
    fn position(&self) -> u64 {
        self.position
    }

    fn sync(&mut self) -> Result<()> {
        self.ask(Command::Sync)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        // The library has each DataNode force a block to its disk as the block ends, which Java's client leaves to
        // `dfs.datanode.synconclose`: a file that is finished outlives a power cut.
        self.ask(Command::Finish)
    }
}

/// Owns the file; ends with it, with the first failure, or when the caller has let go.
async fn run(mut file: Parts, mut commands: Commands<Command>, report: SyncSender<HdfsError>) {
    let mut is_empty = true;
    while let Some(command) = commands.recv().await {
        // Not earlier: a file that ends with a block which nobody has written never does.
        if is_empty && matches!(&command, Command::Data(bytes) if !bytes.is_empty()) {
            is_empty = false;
            if let Err(error) = file.begin().await {
                // The step meets it again, and then deals with it.
                tracing::debug!(%error, "no first block was found for a file");
            }
        }
        let (step, bytes, answer) = match command {
            Command::Data(bytes) => (Step::Write, bytes, None),
            Command::Sync(answer) => (Step::Sync, Bytes::new(), Some((answer, false))),
            Command::Finish(answer) => (Step::Finish, Bytes::new(), Some((answer, true))),
        };
        let outcome = file.step(step, bytes).await;
        if outcome.is_err() {
            file.discard().await;
        }
        match (outcome, answer) {
            (Ok(()), None) => {}
            (Err(error), None) => return drop(report.send(error)),
            (outcome, Some((answer, last))) => {
                let ends = last || outcome.is_err();
                // Whoever asked may have given up waiting.
                let _ = answer.send(outcome);
                if ends {
                    return;
                }
            }
        }
    }
    file.discard().await;
}
