//! The rows of a state in a checkpoint of RocksDB's own files.
//!
//! A thread brings the files into a folder of its own, opens them, and hands out rows as they are asked for. The
//! folder goes with the last row, or with whoever does not want more.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::operator::SystemClock;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::RecordBatch;

use super::{FOLDER_PREFIX, RocksDb, RocksDbBackend, RocksDbOptions, RocksDbOwner};
use crate::handle::NativeStateHandle;
use crate::local_backup::CheckpointFiles;

/// How many batches are read ahead.
const AHEAD: usize = 4;

static READERS: AtomicUsize = AtomicUsize::new(0);

/// The rows, in the order of their key groups and keys; see the module's documentation.
pub struct NativeRows(Receiver<OperatorResult<RecordBatch>>);

impl Iterator for NativeRows {
    type Item = OperatorResult<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.recv().ok()
    }
}

/// Reads a state out of a database. The handle names files absolutely; copies of them go into a folder in `temporary`.
///
/// # Errors
/// When the checkpoint does not say what the state consists of, or the system gives no thread.
pub fn read_native(
    handle: NativeStateHandle,
    state: String,
    files: CheckpointFiles,
    temporary: &Path,
) -> OperatorResult<NativeRows> {
    if !handle.states.contains_key(&state) {
        return Err(OperatorError::fatal(format!(
            "the checkpoint does not say what state `{state}` consists of"
        )));
    }
    let number = READERS.fetch_add(1, Ordering::Relaxed);
    let name = format!("{FOLDER_PREFIX}read-{}-{number}", std::process::id());
    let options = RocksDbOptions::new(temporary.join(name));
    let (sender, receiver) = sync_channel(AHEAD);
    let read = move || {
        if let Err(error) = send(handle, &state, files, options, &sender) {
            // Nobody may be there any more.
            let _ = sender.send(Err(error));
        }
    };
    let thread = thread::Builder::new().name("state-reader".to_owned());
    thread.spawn(read).map_err(|error| {
        OperatorError::transient(format!("the system gives no thread to read state: {error}"))
    })?;
    Ok(NativeRows(receiver))
}

fn send(
    handle: NativeStateHandle,
    state: &str,
    files: CheckpointFiles,
    options: RocksDbOptions,
    sender: &SyncSender<OperatorResult<RecordBatch>>,
) -> OperatorResult<()> {
    let Some(format) = handle.states.get(state).cloned() else {
        return Ok(());
    };
    let (start, end) = handle.key_groups;
    let owner = RocksDbOwner {
        name: "read".to_owned(),
        key_groups: KeyGroupRange { start, end },
        clock: Arc::new(SystemClock),
    };
    let backend = Arc::new(RocksDbBackend::new(Arc::new(RocksDb::new(options)?), owner));
    backend.restore_from(vec![handle], files);
    let rows = format.rows(state, &backend)?;
    let mut hand_out = |_: KeyGroup, batch: RecordBatch| {
        let sent = sender.send(Ok(batch));
        sent.map_err(|_| OperatorError::transient("nobody reads the state any more"))
    };
    rows.write(&mut hand_out)
}
