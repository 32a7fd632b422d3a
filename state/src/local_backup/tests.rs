#![allow(clippy::unwrap_used)]
//! What is read when: the originals are taken away, or the copies.

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::ids::{AttemptNumber, OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::snapshot::StateReader;
use alpheus_dataflow::{RowType, TypeKind};
use arrow::array::{ArrayRef, Int64Array};

use super::*;
use crate::encryption::keys::tests::{line, ring};
use crate::encryption::{CheckpointKey, EncryptedFileSystem};
use crate::handle::{KeyedStateHandle, NativeStateHandle, TaskRestore};
use crate::redistribute::absolute;
use crate::restored::{RestoredState, SnapshotFiles};
use crate::rocksdb::testing::backend_of;
use crate::rocksdb::{NativeSnapshot, NativeUploads};
use crate::{MapState, MapStateSpec, SnapshotFileWriter, SortColumn};

const ALL: KeyGroupRange = KeyGroupRange { start: 0, end: 128 };
const OPERATOR: OperatorId = OperatorId(3);

fn barrier(id: u64) -> CheckpointBarrier {
    CheckpointBarrier {
        id: CheckpointId(id),
        timestamp: 0,
        kind: CheckpointKind::Checkpoint,
        overtake_after_ms: None,
    }
}

fn state() -> MapState {
    MapState::new(MapStateSpec {
        name: "keys".to_owned(),
        keys: vec![TypeKind::BigInt.nullable()],
        entry: vec![SortColumn::ascending(TypeKind::BigInt.nullable())],
        counters: Vec::new(),
        payload: RowType::default(),
        ttl_ms: 0,
    })
    .unwrap()
}

fn put(state: &mut MapState, keys: std::ops::Range<i64>) {
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(keys))];
    let hashes = hash_columns(&columns, columns[0].len()).unwrap();
    let mut slots = Vec::new();
    state.load(&columns, &hashes, &mut slots).unwrap();
    let entries = state.entry_codec().encode(&columns).unwrap();
    for (row, &slot) in slots.iter().enumerate() {
        state.put(slot, entries.row(row), &[], &[]).unwrap();
    }
    state.store().unwrap();
}

fn count(state: &mut MapState) -> usize {
    let mut count = 0;
    let mut visit = |rows: crate::map_state::StateRows<'_>| {
        count += rows.keys[0].len();
        Ok(())
    };
    state.for_each_batch(&mut visit).unwrap();
    count
}

/// A folder of checkpoints, and the copies of what is written there.
struct Job {
    folder: tempfile::TempDir,
    backup: Arc<LocalBackup>,
    key: Option<CheckpointKey>,
}

impl Job {
    fn new(encrypted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backup = LocalBackup::create(&folder.path().join("alpheus-rocksdb-copies")).unwrap();
        let key = encrypted.then(|| ring(&line("k", 'a')).unwrap().new_key().unwrap());
        Job {
            folder,
            backup: Arc::new(backup),
            key,
        }
    }

    fn remote(&self) -> Location {
        Location::local(self.folder.path().join("remote"))
    }

    /// What a worker writes a checkpoint with.
    fn file_system(&self, checkpoint: u64) -> Arc<dyn FileSystem> {
        let inner = Arc::new(LocalFileSystem);
        let fs = self.backup.around(inner, CheckpointId(checkpoint));
        match &self.key {
            Some(key) => Arc::new(EncryptedFileSystem::new(fs, key.data.clone())),
            None => fs,
        }
    }

    fn files(&self, copies: bool) -> SnapshotFiles {
        SnapshotFiles::with_copies(copies.then(|| Arc::clone(&self.backup)))
    }

    fn keys(&self) -> DataKeys {
        let mut keys = DataKeys::default();
        self.key.iter().for_each(|key| keys.add(key.clone()));
        keys
    }

    /// Writes the rows of a state.
    fn write(&self, state: &mut MapState, checkpoint: u64) -> KeyedStateHandle {
        let folder = self.remote().join(&format!("chk-{checkpoint}"));
        let fs = self.file_system(checkpoint);
        let mut writer = SnapshotFileWriter::create(&*fs, &folder, "state-0").unwrap();
        let frozen = state.freeze(barrier(checkpoint)).unwrap();
        let handle = writer.write(OPERATOR, SubtaskIndex(0), frozen).unwrap();
        writer.finish().unwrap();
        let handle = handle.unwrap();
        KeyedStateHandle {
            file: absolute(&handle.file, &folder),
            key: self.key.as_ref().map(|key| key.wrapped.clone()),
            ..handle
        }
    }

    /// How many keys come back.
    fn restore(
        &self,
        handle: &KeyedStateHandle,
        copies: bool,
    ) -> alpheus_dataflow::OperatorResult<usize> {
        let restore = TaskRestore {
            keyed: vec![(OPERATOR, vec![handle.clone()])],
            keys: self.keys(),
            ..TaskRestore::default()
        };
        let files = self.files(copies);
        let reader = RestoredState::for_operator(&restore, OPERATOR, ALL, files).unwrap();
        let reader: &dyn StateReader = &reader;
        let mut state = state();
        state.restore(reader, 0)?;
        Ok(count(&mut state))
    }

    fn lose_originals(&self) {
        fs::remove_dir_all(self.remote().to_path()).unwrap();
    }

    fn copies(&self) -> Vec<PathBuf> {
        let copies = self.backup.copies();
        copies
            .by_location
            .values()
            .map(|copy| copy.path.clone())
            .collect()
    }
}

#[test]
fn rows_are_read_from_the_copy() {
    for encrypted in [false, true] {
        let (job, mut state) = (Job::new(encrypted), state());
        put(&mut state, 0..500);
        let handle = job.write(&mut state, 1);
        let [copy] = job.copies().try_into().unwrap();
        // Of an encrypted file the copy is encrypted.
        let original: Location = handle.file.parse().unwrap();
        let original = fs::read(original.to_path()).unwrap();
        assert_eq!(fs::read(&copy).unwrap(), original);
        assert_eq!(job.restore(&handle, false).unwrap(), 500);
        job.lose_originals();
        job.restore(&handle, false).unwrap_err();
        assert_eq!(job.restore(&handle, true).unwrap(), 500);
    }
}

#[test]
fn a_damaged_copy_is_none() {
    let (job, mut state) = (Job::new(false), state());
    put(&mut state, 0..500);
    let handle = job.write(&mut state, 1);
    let [copy] = job.copies().try_into().unwrap();
    let mut bytes = fs::read(&copy).unwrap();
    bytes[100] ^= 1;
    fs::write(&copy, bytes).unwrap();
    assert_eq!(job.restore(&handle, true).unwrap(), 500);
    assert!(job.copies().is_empty());
}

#[test]
fn copies_go_with_the_last_checkpoint_that_may_be_restored() {
    let (job, mut state) = (Job::new(false), state());
    put(&mut state, 0..10);
    let first = job.write(&mut state, 1);
    job.backup.complete(CheckpointId(1));
    let second = job.write(&mut state, 2);
    let [old, given_up] = job.copies().try_into().unwrap();
    job.backup.abort(CheckpointId(2));
    assert!(!fs::exists(given_up).unwrap() && fs::exists(&old).unwrap());
    let third = job.write(&mut state, 3);
    job.backup.complete(CheckpointId(3));
    assert!(!fs::exists(old).unwrap());
    assert_eq!(job.copies().len(), 1);
    job.lose_originals();
    assert_eq!(job.restore(&third, true).unwrap(), 10);
    for lost in [first, second] {
        job.restore(&lost, true).unwrap_err();
    }
}

#[test]
fn files_of_a_database_are_read_from_their_copies() {
    let (job, mut folders) = (Job::new(true), Vec::new());
    let mut uploads = NativeUploads::default();
    let mut open = |handles: Vec<NativeStateHandle>, copies: bool| {
        let (folder, backend) = backend_of(ALL, true);
        folders.push(folder);
        backend.restore_from(handles, job.files(copies).with_keys(&job.keys()));
        let mut state = state();
        state.bind(&backend).map(|()| state)
    };
    let mut state = open(Vec::new(), false).unwrap();
    let mut handles = Vec::new();
    for checkpoint in 1..=2 {
        put(&mut state, 0..100 * checkpoint);
        let checkpoint = CheckpointId(checkpoint as u64);
        let mut frozen = state.freeze(barrier(checkpoint.0)).unwrap();
        frozen.rows.seal().unwrap();
        let native = frozen.rows.native().unwrap();
        let native: Arc<NativeSnapshot> = native.downcast().unwrap();
        let folder = job.remote().join(&format!("chk-{checkpoint}"));
        let (fs, key) = (job.file_system(checkpoint.0), job.key.as_ref());
        let by = (AttemptNumber(1), checkpoint);
        let wrapped = key.map(|key| &key.wrapped);
        let (mut handle, _) = uploads.upload(&*fs, &folder, by, wrapped, &native).unwrap();
        let shared = handle.files.iter().filter(|file| file.shared);
        job.backup
            .refer(checkpoint, shared.map(|file| file.file.as_str()));
        for file in &mut handle.files {
            file.file = absolute(&file.file, &folder);
        }
        handles.push(handle);
        job.backup.complete(checkpoint);
    }
    job.lose_originals();
    open(vec![handles[1].clone()], false).map(drop).unwrap_err();
    open(vec![handles[0].clone()], true).map(drop).unwrap_err();
    // The second refers to files that were written, and copied, for the first.
    let mut back = open(vec![handles[1].clone()], true).unwrap();
    assert_eq!(count(&mut back), 200);
}
