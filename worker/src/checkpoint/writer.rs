//! Writes the state file of this worker, one for each checkpoint, on a thread of its own.
//!
//! Parts are written as they come, so that writing overlaps with the alignment of slower tasks. A
//! worker without keyed state writes no file at all. State that a backend hands out in its own format
//! goes into files of its own.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_state::channel_state::{ChannelStateHandle, InFlight};
use alpheus_state::encryption::{CheckpointKey, EncryptedFileSystem, WrappedKey};
use alpheus_state::handle::{
    CheckpointStatistics, KeyedStateHandle, NativeStateHandle, OperatorStateHandle, TaskSnapshot,
};
use alpheus_state::rocksdb::{NativeSnapshot, NativeUploads};
use alpheus_state::{LocalBackup, SnapshotFileWriter, StateError};
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
    Encrypt(CheckpointId, CheckpointKey),
    BackUp(Option<Arc<LocalBackup>>),
    Compress(bool),
    Complete(CheckpointId),
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

    /// Files of this checkpoint are to be encrypted. Comes before any part of it is written.
    pub fn encrypt(&self, checkpoint: CheckpointId, key: Option<CheckpointKey>) {
        if let Some(key) = key {
            self.send(Job::Encrypt(checkpoint, key));
        }
    }

    /// Whether files are compressed (`execution.checkpointing.snapshot-compression`). Comes before any part
    /// of a job is written.
    pub fn compress(&self, compress: bool) {
        self.send(Job::Compress(compress));
    }

    /// From now on what is written is copied there.
    pub fn back_up(&self, backup: Option<Arc<LocalBackup>>) {
        self.send(Job::BackUp(backup));
    }

    /// The checkpoint is published.
    pub fn complete(&self, checkpoint: CheckpointId) {
        self.send(Job::Complete(checkpoint));
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
    let mut uploads = NativeUploads::default();
    let mut keys: BTreeMap<CheckpointId, CheckpointKey> = BTreeMap::new();
    let mut backup: Option<Arc<LocalBackup>> = None;
    let mut compress = false;
    while let Ok(job) = inbox.recv() {
        match job {
            Job::Write {
                attempt,
                checkpoint,
                directory,
                part,
            } => {
                let file = open.entry(checkpoint).or_insert_with(|| {
                    let name = format!("state-{}-{attempt}", worker.0);
                    let key = keys.get(&checkpoint).cloned();
                    let copies = backup.clone().map(|backup| (backup, checkpoint));
                    let file = WorkerFile::new(directory, name, key, copies);
                    WorkerFile { compress, ..file }
                });
                file.write(attempt, part, &mut uploads);
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
            Job::Encrypt(checkpoint, key) => {
                keys.insert(checkpoint, key);
                while keys.len() > 64 {
                    keys.pop_first();
                }
            }
            Job::BackUp(to) => backup = to,
            Job::Complete(checkpoint) => {
                backup.iter().for_each(|backup| backup.complete(checkpoint));
                delete_shared(&uploads.complete(checkpoint));
            }
            Job::Compress(whether) => compress = whether,
            Job::Abort(checkpoint) => {
                backup.iter().for_each(|backup| backup.abort(checkpoint));
                delete_shared(&uploads.abort(checkpoint));
                if let Some(file) = open.remove(&checkpoint) {
                    file.delete();
                }
                if let Some((fs, location)) = finished.remove(&checkpoint) {
                    delete(&*fs, &location);
                }
            }
            Job::AbortAll => {
                for (checkpoint, file) in std::mem::take(&mut open) {
                    backup.iter().for_each(|backup| backup.abort(checkpoint));
                    delete_shared(&uploads.abort(checkpoint));
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

fn delete_shared(files: &[String]) {
    for file in files {
        let deleted = file.parse::<Location>().and_then(|location| {
            let fs = file_system_for(&location)?;
            fs.delete(&location, false)
        });
        if let Err(error) = deleted {
            tracing::warn!(file, %error, "cannot delete a file of an aborted checkpoint");
        }
    }
}

struct WorkerFile {
    directory: String,
    name: String,
    key: Option<CheckpointKey>,
    /// Where copies go.
    copies: Option<(Arc<LocalBackup>, CheckpointId)>,
    compress: bool,
    file: Option<(Arc<dyn FileSystem>, Location, SnapshotFileWriter)>,
    tasks: Vec<TaskSnapshot>,
    statistics: CheckpointStatistics,
    native_bytes: u64,
    failure: Option<String>,
    began: Instant,
}

impl WorkerFile {
    fn new(
        directory: String,
        name: String,
        key: Option<CheckpointKey>,
        copies: Option<(Arc<LocalBackup>, CheckpointId)>,
    ) -> Self {
        WorkerFile {
            directory,
            name,
            key,
            copies,
            compress: false,
            file: None,
            tasks: Vec::new(),
            statistics: CheckpointStatistics::default(),
            native_bytes: 0,
            failure: None,
            began: Instant::now(),
        }
    }

    fn write(
        &mut self,
        attempt: AttemptNumber,
        part: Box<SnapshotEvent>,
        uploads: &mut NativeUploads,
    ) {
        if self.failure.is_some() {
            return;
        }
        let ms = |duration: Duration| duration.as_millis() as u64;
        self.statistics.alignment_ms = self.statistics.alignment_ms.max(ms(part.alignment));
        self.statistics.sync_ms = self.statistics.sync_ms.max(ms(part.freezing));
        // Reading frozen rows out is the operators' code.
        let result = catch_unwind(AssertUnwindSafe(|| self.try_write(attempt, *part, uploads)));
        let result =
            result.unwrap_or_else(|panic| Err(crate::task::panicked(panic.as_ref()).to_string()));
        self.failure = result.err();
    }

    fn try_write(
        &mut self,
        attempt: AttemptNumber,
        part: SnapshotEvent,
        uploads: &mut NativeUploads,
    ) -> Result<(), String> {
        let mut operators = Vec::with_capacity(part.operators.len());
        for (operator, snapshot) in part.operators {
            let mut keyed = Vec::with_capacity(snapshot.keyed.len());
            // All states of an operator that are in one database are in one snapshot of it.
            let mut databases: Vec<Arc<NativeSnapshot>> = Vec::new();
            for state in snapshot.keyed {
                let native = state.rows.native();
                if let Some(native) = native.and_then(|native| native.downcast().ok()) {
                    if !databases.iter().any(|known| Arc::ptr_eq(known, &native)) {
                        databases.push(native);
                    }
                    continue;
                }
                let written = self.file()?.write(operator, part.task.subtask, state);
                let written = written.map_err(|error| error.to_string())?;
                keyed.extend(written.map(|handle| KeyedStateHandle {
                    key: self.wrapped_key().cloned(),
                    ..handle
                }));
            }
            let checkpoint = (attempt, part.checkpoint);
            let native = databases
                .iter()
                .map(|database| self.upload(checkpoint, database, uploads))
                .collect::<Result<_, _>>()?;
            operators.push(OperatorStateHandle {
                operator,
                keyed,
                native,
                lists: snapshot.lists,
                committables: snapshot.committables,
            });
        }
        let channels = self.write_channels(part.channels)?;
        self.tasks.push(TaskSnapshot {
            task: part.task,
            operators,
            splits: part.splits,
            channels,
        });
        Ok(())
    }

    fn write_channels(
        &mut self,
        in_flight: Vec<InFlight>,
    ) -> Result<Vec<ChannelStateHandle>, String> {
        let text = |error: StateError| error.to_string();
        let mut channels = Vec::with_capacity(in_flight.len());
        for part in in_flight {
            let file = match part.has_rows() {
                true => Some(self.file()?),
                false => None,
            };
            let mut handle = part.write(file).map_err(text)?;
            if let Some(rows) = &mut handle.rows {
                self.statistics.in_flight_bytes += rows.length;
                rows.key = self.wrapped_key().cloned();
            }
            channels.push(handle);
        }
        Ok(channels)
    }

    fn folder(&self) -> Result<(Arc<dyn FileSystem>, Location), String> {
        let text = |error: alpheus_storage::StorageError| error.to_string();
        let directory: Location = self.directory.parse().map_err(text)?;
        let fs = file_system_for(&directory).map_err(text)?;
        let fs = match &self.copies {
            Some((backup, checkpoint)) => backup.around(fs, *checkpoint),
            None => fs,
        };
        let fs = match &self.key {
            Some(key) => Arc::new(EncryptedFileSystem::new(fs, key.data.clone())),
            None => fs,
        };
        Ok((fs, directory))
    }

    fn wrapped_key(&self) -> Option<&WrappedKey> {
        self.key.as_ref().map(|key| &key.wrapped)
    }

    fn upload(
        &mut self,
        checkpoint: (AttemptNumber, CheckpointId),
        database: &NativeSnapshot,
        uploads: &mut NativeUploads,
    ) -> Result<NativeStateHandle, String> {
        let (fs, folder) = self.folder()?;
        let (handle, bytes) = uploads
            .upload(&*fs, &folder, checkpoint, self.wrapped_key(), database)
            .map_err(|error| error.to_string())?;
        if let Some((backup, checkpoint)) = &self.copies {
            let shared = handle.files.iter().filter(|file| file.shared);
            backup.refer(*checkpoint, shared.map(|file| file.file.as_str()));
        }
        self.native_bytes += bytes;
        Ok(handle)
    }

    fn file(&mut self) -> Result<&mut SnapshotFileWriter, String> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let (fs, directory) = self.folder()?;
                let created = SnapshotFileWriter::create(&*fs, &directory, &self.name);
                let created = created.and_then(|file| match self.compress {
                    true => file.compressing(),
                    false => Ok(file),
                });
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
        self.statistics.state_bytes = self.native_bytes;
        if let Some((fs, location, writer)) = self.file.take() {
            match writer.finish() {
                Ok(bytes) => self.statistics.state_bytes += bytes,
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
