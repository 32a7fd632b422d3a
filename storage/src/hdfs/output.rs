//! A file being written.
//!
//! The caller's thread fills a buffer; full ones go through a bounded channel to a task that owns the library's writer, so that
//! encryption and network overlap with whatever the caller does. The first failure ends the file: it is told to the next write, sync
//! or finish, and again to every one after it.
//!
//! The library survives the loss of a DataNode while it writes; `remake` does what it lacks when one is dead already as a file begins.

use super::failure::{Again, again, explain};
use super::guard::Guard;
use super::remake::{REMAKES, Remake, Young};
use crate::Result;
use crate::error::StorageError;
use crate::file_system::OutputFile;
use crate::location::Location;
use bytes::{Bytes, BytesMut};
use hdfs_native::HdfsError;
use hdfs_native::file::FileWriter;
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
    pub(super) fn new(
        location: Location,
        guard: Guard,
        writer: FileWriter,
        exclusive: bool,
    ) -> Self {
        let (commands, incoming) = channel(QUEUE);
        let (report, failures) = sync_channel(1);
        let failed = guard
            .spawn(run(
                writer,
                incoming,
                report,
                Remake::new(&guard, &location, exclusive),
            ))
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
        // Every replica has the data then, if not yet on its disk: one machine may fail, as everywhere in HDFS.
        self.ask(Command::Finish)
    }
}

/// What is to be done next to the file.
enum Step {
    Write,
    Sync,
    Finish,
}

/// Owns the library's writer; ends with the file, with the first failure, or when the caller has let go.
async fn run(
    writer: FileWriter,
    mut commands: Commands<Command>,
    report: SyncSender<HdfsError>,
    remake: Remake,
) {
    remake.remember().await;
    let mut file = File {
        writer,
        young: Some(Young::default()),
        remake,
        lowered: false,
    };
    while let Some(command) = commands.recv().await {
        let (outcome, answer) = match command {
            Command::Data(bytes) => (file.write(bytes).await, None),
            Command::Sync(answer) => (file.step(Step::Sync, Bytes::new()).await, Some(answer)),
            Command::Finish(answer) => {
                let _ = answer.send(file.step(Step::Finish, Bytes::new()).await);
                return;
            }
        };
        match (outcome, answer) {
            (Ok(()), None) => {}
            // Whoever asked may have given up waiting.
            (Ok(()), Some(answer)) => drop(answer.send(Ok(()))),
            (Err(error), Some(answer)) => return drop(answer.send(Err(error))),
            (Err(error), None) => return drop(report.send(error)),
        }
    }
}

/// A file that the task writes.
struct File {
    writer: FileWriter,
    /// While it may have to be made anew.
    young: Option<Young>,
    remake: Remake,
    /// It was made with fewer replicas than it should have.
    lowered: bool,
}

impl File {
    async fn write(&mut self, bytes: Bytes) -> std::result::Result<(), HdfsError> {
        if let Some(young) = &mut self.young
            && !young.keep(&bytes)
        {
            self.young = None;
        }
        self.step(Step::Write, bytes).await
    }

    /// Does one step; if it fails while the file is young, all of it again on other DataNodes.
    async fn step(&mut self, step: Step, bytes: Bytes) -> std::result::Result<(), HdfsError> {
        let mut outcome = self.try_step(&step, bytes).await;
        let mut attempt = 0;
        while let (Err(error), Some(young)) = (&outcome, &self.young) {
            if again(error) == Again::No || attempt == REMAKES {
                break;
            }
            tracing::debug!(location = %self.remake.location, %error, "no DataNode takes the file's first block; making it anew");
            attempt += 1;
            let pieces = young.pieces.clone();
            outcome = self.replay(attempt, pieces, &step).await;
        }
        if outcome.is_ok() && !matches!(step, Step::Write) {
            self.young = None;
        }
        outcome
    }

    async fn replay(
        &mut self,
        attempt: u32,
        pieces: Vec<Bytes>,
        step: &Step,
    ) -> std::result::Result<(), HdfsError> {
        self.writer = self.remake.make(attempt).await?;
        self.lowered = self.remake.replication(attempt).is_some();
        for piece in pieces {
            self.writer.write_bytes(piece).await?;
        }
        self.try_step(step, Bytes::new()).await
    }

    async fn try_step(&mut self, step: &Step, bytes: Bytes) -> std::result::Result<(), HdfsError> {
        match step {
            Step::Write => self.writer.write_bytes(bytes).await.map(drop),
            Step::Sync => self.writer.hsync().await,
            Step::Finish => {
                self.writer.close().await?;
                if self.lowered {
                    self.remake.raise().await;
                }
                Ok(())
            }
        }
    }
}
