//! Checkpoints in RocksDB's own format: only files that are new since the last one are written.
//!
//! At a barrier the database flushes its write buffers and links its files into a folder of their own
//! ([`NativeSnapshot`]); files never change, so this is a picture of that moment. The checkpoint's thread
//! carries the table files into the folder `shared` beside the checkpoints, each once: what an earlier
//! checkpoint of this start of the job has written already is only referred to ([`NativeUploads`]). The
//! small rest, which names the table files, goes into the checkpoint's folder as one file.
//!
//! What a database was restored with is not written again either, where it lies in that folder already, or the job has
//! claimed what it started from: after a failure the first checkpoint has only what is new.
//!
//! Of each table file it is noted which key groups its keys are of. A restore of other groups needs nothing of such a file,
//! but RocksDB opens every file that its manifest names: of those it gets the end alone, where the index is, with a
//! hole for the rest ([`download`]), until they are dropped from the database ([`restore`](super::restore)).
//!
//! A shared file is written before anything refers to it. A worker deletes one only when the checkpoints
//! it was written for were all given up; the AM deletes it when the last checkpoint that refers to it is
//! discarded, and, as the job starts again, those that no checkpoint refers to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_storage::{CreateMode, FileSystem, Location, StorageError};

use super::RocksDb;
use super::format::StateFormat;
use crate::encryption::WrappedKey;
use crate::error::{Result, StateError};
use crate::handle::{NativeFile, NativeStateHandle};
use crate::local_backup::CheckpointFiles;

/// The version of keys and values in databases that this code writes and reads. They hold arrow-row's
/// encoding, which other versions of Arrow may not read; savepoints hold typed columns instead.
pub const NATIVE_FORMAT: u32 = 1;
/// The folder of shared files, beside the checkpoints of a job.
pub const SHARED_FOLDER: &str = "shared";
const CHUNK: usize = 1 << 20;

/// The files of a database as of a barrier. They go with this value.
pub struct NativeSnapshot {
    /// Where they are linked.
    pub(super) folder: PathBuf,
    /// Operator and subtask, as part of file names.
    pub(super) owner: String,
    /// What the subtask owned.
    pub(super) key_groups: KeyGroupRange,
    /// The key groups that table files have keys of, by name.
    pub(super) of_files: BTreeMap<String, (u16, u16)>,
    /// What the states consist of, by name.
    pub(super) formats: BTreeMap<String, StateFormat>,
    /// Whose folder that is in. It stays as long as the files are needed, also when the task has ended.
    pub(super) worker: Arc<RocksDb>,
}

impl Drop for NativeSnapshot {
    fn drop(&mut self) {
        // What is left goes with the attempt's folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn local_error(path: &Path, error: io::Error) -> StateError {
    StateError::Storage(StorageError::from_io(&Location::local(path), error))
}

impl NativeSnapshot {
    /// Names of the table files, and of the others that a database is opened from.
    fn files(&self) -> Result<(Vec<String>, Vec<String>)> {
        let (mut tables, mut others) = (Vec::new(), Vec::new());
        let failed = |error| local_error(&self.folder, error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_string_lossy().into_owned();
            if name.ends_with(".sst") {
                tables.push(name);
            } else if name == "CURRENT" || name.starts_with("MANIFEST-") {
                others.push(name);
            }
        }
        tables.sort_unstable();
        others.sort_unstable();
        Ok((tables, others))
    }
}

/// A table file that was written, and the checkpoints that refer to it as far as this worker knows.
struct Uploaded {
    file: NativeFile,
    checkpoints: BTreeSet<CheckpointId>,
    /// Whether one of them was published.
    published: bool,
}

/// What this worker has written into `shared` during one start of the job.
#[derive(Default)]
pub struct NativeUploads {
    attempt: Option<AttemptNumber>,
    /// By owner and name.
    uploaded: BTreeMap<(String, String), Uploaded>,
}

impl NativeUploads {
    /// Writes what is not there yet of a snapshot for a checkpoint whose folder is `folder`. `key` is what
    /// `fs` encrypts with, if it does.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn upload(
        &mut self,
        fs: &dyn FileSystem,
        folder: &Location,
        (attempt, checkpoint): (AttemptNumber, CheckpointId),
        key: Option<&WrappedKey>,
        snapshot: &NativeSnapshot,
    ) -> Result<(NativeStateHandle, u64)> {
        if self.attempt != Some(attempt) {
            // Another start has other databases.
            self.uploaded.clear();
            self.attempt = Some(attempt);
        }
        let owner = &snapshot.owner;
        let (tables, others) = snapshot.files()?;
        let shared = folder.parent().unwrap_or_else(|| folder.clone());
        let shared = shared.join(SHARED_FOLDER);
        self.take_restored(&shared, snapshot, &tables);
        let new: Vec<&String> = tables
            .iter()
            .filter(|name| {
                !self
                    .uploaded
                    .contains_key(&(owner.clone(), (*name).clone()))
            })
            .collect();
        let written = in_parallel(&new, snapshot.worker.options.transfer_threads, |name| {
            let location = shared.join(&format!("{owner}-{attempt}-{name}"));
            let mut output = fs.create(&location, CreateMode::Overwrite)?;
            let path = snapshot.folder.join(name);
            let (length, crc) = copy(&path, &mut *output, &location)?;
            output.finish()?;
            Ok(NativeFile {
                name: (*name).clone(),
                file: location.to_string(),
                offset: 0,
                length,
                crc,
                shared: true,
                key_groups: snapshot.of_files.get(*name).copied(),
                key: key.cloned(),
            })
        })?;
        let mut bytes: u64 = written.iter().map(|file| file.length).sum();
        for file in written {
            let key = (owner.clone(), file.name.clone());
            let uploaded = Uploaded {
                file,
                checkpoints: BTreeSet::new(),
                published: false,
            };
            self.uploaded.insert(key, uploaded);
        }
        let mut files = Vec::new();
        for name in tables {
            if let Some(uploaded) = self.uploaded.get_mut(&(owner.clone(), name)) {
                uploaded.checkpoints.insert(checkpoint);
                files.push(uploaded.file.clone());
            }
        }
        let own_name = format!("native-{owner}-{attempt}");
        let own = folder.join(&own_name);
        let mut output = fs.create(&own, CreateMode::Overwrite)?;
        let mut offset = 0;
        for name in others {
            let (length, crc) = copy(&snapshot.folder.join(&name), &mut *output, &own)?;
            files.push(NativeFile {
                name,
                file: own_name.clone(),
                offset,
                length,
                crc,
                shared: false,
                key_groups: None,
                key: key.cloned(),
            });
            offset += length;
        }
        output.finish()?;
        bytes += offset;
        let handle = NativeStateHandle {
            format: NATIVE_FORMAT,
            key_groups: (snapshot.key_groups.start, snapshot.key_groups.end),
            files,
            states: snapshot.formats.clone(),
        };
        Ok((handle, bytes))
    }

    /// Files that the database was restored with and that are this job's (they lie where it shares its own, or it has
    /// claimed them) need not be written again. A checkpoint that was published refers to them, so they are not this worker's to delete.
    fn take_restored(&mut self, shared: &Location, snapshot: &NativeSnapshot, tables: &[String]) {
        for name in tables {
            let key = (snapshot.owner.clone(), name.clone());
            let file = snapshot.worker.restored_file(&snapshot.owner, name);
            let file = file.filter(|(file, claimed)| {
                let folder = file
                    .file
                    .parse::<Location>()
                    .ok()
                    .and_then(|file| file.parent());
                *claimed || folder.as_ref() == Some(shared)
            });
            if let Some((file, _)) = file {
                self.uploaded.entry(key).or_insert(Uploaded {
                    file,
                    checkpoints: BTreeSet::new(),
                    published: true,
                });
            }
        }
    }

    /// The checkpoint is published: earlier ones are the AM's business alone, or were given up. Gives the
    /// files that were written for those that were given up alone, to be deleted.
    pub fn complete(&mut self, checkpoint: CheckpointId) -> Vec<String> {
        let mut unused = Vec::new();
        self.uploaded.retain(|_, uploaded| {
            uploaded.published |= uploaded.checkpoints.contains(&checkpoint);
            uploaded.checkpoints = uploaded.checkpoints.split_off(&checkpoint);
            let needed = !uploaded.checkpoints.is_empty();
            if !needed && !uploaded.published {
                unused.push(uploaded.file.file.clone());
            }
            needed
        });
        unused
    }

    /// The checkpoint is given up; gives the files that were written for it alone, to be deleted.
    pub fn abort(&mut self, checkpoint: CheckpointId) -> Vec<String> {
        let mut unused = Vec::new();
        self.uploaded.retain(|_, uploaded| {
            let referred = uploaded.checkpoints.remove(&checkpoint);
            let needed = !referred || !uploaded.checkpoints.is_empty();
            if !needed && !uploaded.published {
                unused.push(uploaded.file.file.clone());
            }
            needed
        });
        unused
    }
}

/// Does `work` for all items on some threads; gives the results in their order.
fn in_parallel<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else {
                        return;
                    };
                    let result = work(item);
                    if result.is_err() {
                        // Nobody begins anything more.
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Copies a local file; gives its length and checksum.
fn copy(path: &Path, output: &mut dyn Write, location: &Location) -> Result<(u64, u32)> {
    let failed = |error| local_error(path, error);
    let mut input = File::open(path).map_err(failed)?;
    let (mut chunk, mut length) = (vec![0; CHUNK], 0);
    let mut crc = crc32fast::Hasher::new();
    loop {
        let read = input.read(&mut chunk).map_err(failed)?;
        if read == 0 {
            return Ok((length, crc.finalize()));
        }
        crc.update(&chunk[..read]);
        let written = output.write_all(&chunk[..read]);
        written.map_err(|error| StorageError::from_io(location, error))?;
        length += read as u64;
    }
}

/// How much of a table file of other key groups is brought, from its end: `1 / END` of it, and at least this much.
const END: u64 = 8;
const END_BYTES: u64 = 64 << 10;

/// Brings the files of a database into `folder`, which is made. Gives those of which only the end was brought, because
/// they have no keys of `range`.
///
/// # Errors
/// When a file is not there, is not what was written, or the disk is full.
pub(super) fn download<'h>(
    handle: &'h NativeStateHandle,
    files: &CheckpointFiles,
    folder: &Path,
    range: KeyGroupRange,
    threads: usize,
) -> Result<Vec<&'h NativeFile>> {
    if handle.format > NATIVE_FORMAT {
        return Err(StateError::NewerVersion {
            file: "the state in RocksDB's own format".to_owned(),
            found: handle.format,
            supported: NATIVE_FORMAT,
        });
    }
    fs::create_dir_all(folder).map_err(|error| local_error(folder, error))?;
    let all = in_parallel(&handle.files, threads, |file| {
        // A name that leads out of the folder is none that RocksDB gives.
        if file.name.contains(['/', '\\']) || file.name.starts_with('.') {
            return Err(StateError::damaged(&file.file, "a file name is malformed"));
        }
        let is_needed = |(start, end)| range.intersects(&KeyGroupRange { start, end });
        if file.key_groups.is_none_or(is_needed) {
            return fetch(file, files, &folder.join(&file.name)).map(|()| true);
        }
        fetch_end(file, files, &folder.join(&file.name))
    });
    let whole = handle.files.iter().zip(all?);
    Ok(whole
        .filter_map(|(file, whole)| (!whole).then_some(file))
        .collect())
}

/// Brings the end of a file; whether that is all of it.
fn fetch_end(file: &NativeFile, files: &CheckpointFiles, path: &Path) -> Result<bool> {
    let end = (file.length / END).max(END_BYTES);
    if end >= file.length {
        return fetch(file, files, path).map(|()| true);
    }
    let input = files.open(&file.file, file.key.as_ref())?;
    let failed = |error| local_error(path, error);
    let mut output = File::create(path).map_err(failed)?;
    output.set_len(file.length).map_err(failed)?;
    let mut done = file.length - end;
    output.seek(SeekFrom::Start(done)).map_err(failed)?;
    while done < file.length {
        let length = (file.length - done).min(4 * CHUNK as u64) as usize;
        let bytes = input.read_range(file.offset.saturating_add(done), length)?;
        if bytes.len() != length {
            return Err(StateError::damaged(&file.file, "it is cut off"));
        }
        output.write_all(&bytes).map_err(failed)?;
        done += length as u64;
    }
    Ok(false)
}

/// Brings a whole file.
pub(super) fn fetch(file: &NativeFile, files: &CheckpointFiles, path: &Path) -> Result<()> {
    let input = files.open(&file.file, file.key.as_ref())?;
    let failed = |error| local_error(path, error);
    let mut output = File::create(path).map_err(failed)?;
    let mut crc = crc32fast::Hasher::new();
    let mut done = 0;
    while done < file.length {
        let length = (file.length - done).min(4 * CHUNK as u64) as usize;
        let offset = file.offset.saturating_add(done);
        let bytes = input.read_range(offset, length)?;
        if bytes.len() != length {
            return Err(StateError::damaged(&file.file, "it is cut off"));
        }
        crc.update(&bytes);
        output.write_all(&bytes).map_err(failed)?;
        done += length as u64;
    }
    if crc.finalize() != file.crc {
        return Err(StateError::damaged(&file.file, "its checksum is wrong"));
    }
    Ok(())
}
