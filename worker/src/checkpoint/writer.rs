//! Writes the state file of this worker, one for each checkpoint, on a thread of its own.
//!
//! Parts are written as they come, so that writing overlaps with the alignment of slower tasks. A
//! worker without keyed state writes no file at all.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_state::SnapshotFileWriter;
use alpheus_state::handle::{CheckpointStatistics, OperatorStateHandle, TaskSnapshot};
use alpheus_storage::{FileSystem, Location, file_system_for};

use crate::control::WorkerId;
use crate::task::SnapshotEvent;

/// How writing ended.
pub struct Written {
    /// Of which start of the job.
    pub attempt: AttemptNumber,
    /// Which checkpoint.
    pub checkpoint: CheckpointId,
    /// What to acknowledge, or why there is nothing.
    pub result: Result<(Vec<TaskSnapshot>, CheckpointStatistics), String>,
}

enum Job {
    Write {
        attempt: AttemptNumber,
        checkpoint: CheckpointId,
        directory: String,
        part: Box<SnapshotEvent>,
    },
    Finish(AttemptNumber, CheckpointId),
    Abort(CheckpointId),
    AbortAll,
}

/// The outside of the thread.
pub struct CheckpointWriter {
    jobs: Sender<Job>,
}

impl CheckpointWriter {
    /// Starts the thread; `written` is called on it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        worker: WorkerId,
        written: impl Fn(Written) + Send + 'static,
    ) -> io::Result<CheckpointWriter> {
        let (jobs, inbox) = channel();
        thread::Builder::new()
            .name("checkpoint-writer".to_owned())
            .spawn(move || run(worker, &inbox, &written))?;
        Ok(CheckpointWriter { jobs })
    }

    fn send(&self, job: Job) {
        // The thread ends with this handle, not before.
        let _ = self.jobs.send(job);
    }

    /// Writes a part.
    pub fn write(
        &self,
        attempt: AttemptNumber,
        checkpoint: CheckpointId,
        directory: String,
        part: Box<SnapshotEvent>,
    ) {
        self.send(Job::Write {
            attempt,
            checkpoint,
            directory,
            part,
        });
    }

    /// All parts are there.
    pub fn finish(&self, attempt: AttemptNumber, checkpoint: CheckpointId) {
        self.send(Job::Finish(attempt, checkpoint));
    }

    /// Deletes what was written for a checkpoint.
    pub fn abort(&self, checkpoint: CheckpointId) {
        self.send(Job::Abort(checkpoint));
    }

    /// Deletes what was written for checkpoints that are not finished.
    pub fn abort_all(&self) {
        self.send(Job::AbortAll);
    }
}

fn run(worker: WorkerId, inbox: &Receiver<Job>, written: &impl Fn(Written)) {
    let mut open: BTreeMap<CheckpointId, WorkerFile> = BTreeMap::new();
    // Where the files of finished checkpoints lie, in case they are aborted elsewhere.
    let mut finished: BTreeMap<CheckpointId, (Arc<dyn FileSystem>, Location)> = BTreeMap::new();
    while let Ok(job) = inbox.recv() {
        match job {
            Job::Write {
                attempt,
                checkpoint,
                directory,
                part,
            } => {
                let file = open.entry(checkpoint).or_insert_with(|| {
                    WorkerFile::new(directory, format!("state-{}-{attempt}", worker.0))
                });
                file.write(part);
            }
            Job::Finish(attempt, checkpoint) => {
                let (result, location) = match open.remove(&checkpoint) {
                    Some(file) => file.finish(),
                    None => (Ok(Default::default()), None),
                };
                if let Some(location) = location {
                    finished.insert(checkpoint, location);
                    while finished.len() > 16 {
                        finished.pop_first();
                    }
                }
                written(Written {
                    attempt,
                    checkpoint,
                    result,
                });
            }
            Job::Abort(checkpoint) => {
                if let Some(file) = open.remove(&checkpoint) {
                    file.delete();
                }
                if let Some((fs, location)) = finished.remove(&checkpoint) {
                    delete(&*fs, &location);
                }
            }
            Job::AbortAll => {
                for (_, file) in std::mem::take(&mut open) {
                    file.delete();
                }
            }
        }
    }
}

fn delete(fs: &dyn FileSystem, location: &Location) {
    if let Err(error) = fs.delete(location, false) {
        tracing::warn!(%location, %error, "cannot delete the state file of an aborted checkpoint");
    }
}

struct WorkerFile {
    directory: String,
    name: String,
    file: Option<(Arc<dyn FileSystem>, Location, SnapshotFileWriter)>,
    tasks: Vec<TaskSnapshot>,
    statistics: CheckpointStatistics,
    failure: Option<String>,
    began: Instant,
}

impl WorkerFile {
    fn new(directory: String, name: String) -> Self {
        WorkerFile {
            directory,
            name,
            file: None,
            tasks: Vec::new(),
            statistics: CheckpointStatistics::default(),
            failure: None,
            began: Instant::now(),
        }
    }

    fn write(&mut self, part: Box<SnapshotEvent>) {
        if self.failure.is_some() {
            return;
        }
        let ms = |duration: Duration| duration.as_millis() as u64;
        self.statistics.alignment_ms = self.statistics.alignment_ms.max(ms(part.alignment));
        self.statistics.sync_ms = self.statistics.sync_ms.max(ms(part.freezing));
        // Reading frozen rows out is the operators' code.
        let result = catch_unwind(AssertUnwindSafe(|| self.try_write(*part)));
        let result =
            result.unwrap_or_else(|panic| Err(crate::task::panicked(panic.as_ref()).to_string()));
        self.failure = result.err();
    }

    fn try_write(&mut self, part: SnapshotEvent) -> Result<(), String> {
        let mut operators = Vec::with_capacity(part.operators.len());
        for (operator, snapshot) in part.operators {
            let mut keyed = Vec::with_capacity(snapshot.keyed.len());
            for state in snapshot.keyed {
                let written = self.file()?.write(operator, part.task.subtask, state);
                keyed.extend(written.map_err(|error| error.to_string())?);
            }
            operators.push(OperatorStateHandle {
                operator,
                keyed,
                lists: snapshot.lists,
                committables: snapshot.committables,
            });
        }
        self.tasks.push(TaskSnapshot {
            task: part.task,
            operators,
            splits: part.splits,
        });
        Ok(())
    }

    fn file(&mut self) -> Result<&mut SnapshotFileWriter, String> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let text = |error: alpheus_storage::StorageError| error.to_string();
                let directory: Location = self.directory.parse().map_err(text)?;
                let fs = file_system_for(&directory).map_err(text)?;
                let created = SnapshotFileWriter::create(&*fs, &directory, &self.name);
                let created = created.map_err(|error| error.to_string())?;
                (fs, directory.join(&self.name), created)
            }
        };
        let (_, _, writer) = self.file.insert(file);
        Ok(writer)
    }

    #[expect(clippy::type_complexity, reason = "used once, by the caller above")]
    fn finish(
        mut self,
    ) -> (
        Result<(Vec<TaskSnapshot>, CheckpointStatistics), String>,
        Option<(Arc<dyn FileSystem>, Location)>,
    ) {
        if let Some(failure) = self.failure.take() {
            self.delete();
            return (Err(failure), None);
        }
        let mut place = None;
        if let Some((fs, location, writer)) = self.file.take() {
            match writer.finish() {
                Ok(bytes) => self.statistics.state_bytes = bytes,
                Err(error) => {
                    delete(&*fs, &location);
                    return (Err(error.to_string()), None);
                }
            }
            place = Some((fs, location));
        }
        self.statistics.async_ms = self.began.elapsed().as_millis() as u64;
        (Ok((self.tasks, self.statistics)), place)
    }

    fn delete(self) {
        if let Some((fs, location, writer)) = self.file {
            drop(writer);
            delete(&*fs, &location);
        }
    }
}
