#![allow(clippy::unwrap_used)]
//! Incremental checkpoints of states in RocksDB: what is written, what is shared, what comes back.

use std::collections::BTreeSet;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_storage::{FileSystem, LocalFileSystem, Location};
use proptest::prelude::*;

use super::tests::{Batch, Model, apply, batches, model_of, state, write_out};
use super::*;
use crate::encryption::DataKeys;
use crate::handle::NativeStateHandle;
use crate::redistribute::absolute;
use crate::rocksdb::testing::backend_of;
use crate::rocksdb::{NativeSnapshot, NativeUploads, SHARED_FOLDER};

pub(crate) fn barrier(id: u64) -> CheckpointBarrier {
    CheckpointBarrier {
        id: CheckpointId(id),
        timestamp: 0,
        kind: CheckpointKind::Checkpoint,
        overtake_after_ms: None,
    }
}

/// The checkpoints of one job on a local disk.
pub(crate) struct Job {
    folder: tempfile::TempDir,
    uploads: NativeUploads,
}

impl Job {
    pub(crate) fn new() -> Self {
        Job {
            folder: tempfile::tempdir().unwrap(),
            uploads: NativeUploads::default(),
        }
    }

    fn checkpoint_folder(&self, id: u64) -> Location {
        Location::local(self.folder.path()).join(&format!("chk-{id}"))
    }

    /// Takes a checkpoint; the handle names files absolutely.
    pub(crate) fn take(&mut self, state: &mut MapState, id: u64) -> (NativeStateHandle, u64) {
        let frozen = state.freeze(barrier(id)).unwrap();
        self.write(frozen, id)
    }

    pub(crate) fn write(&mut self, mut frozen: KeyedSnapshot, id: u64) -> (NativeStateHandle, u64) {
        frozen.rows.seal().unwrap();
        let native = frozen.rows.native().unwrap();
        let native: Arc<NativeSnapshot> = native.downcast().unwrap();
        drop(frozen);
        let folder = self.checkpoint_folder(id);
        let checkpoint = (AttemptNumber(1), CheckpointId(id));
        let (mut handle, bytes) = self
            .uploads
            .upload(&LocalFileSystem, &folder, checkpoint, None, &native)
            .unwrap();
        for file in &mut handle.files {
            file.file = absolute(&file.file, &folder);
        }
        (handle, bytes)
    }

    fn shared(&self) -> BTreeSet<String> {
        let folder = Location::local(self.folder.path()).join(SHARED_FOLDER);
        let files = LocalFileSystem.list(&folder).unwrap().into_iter();
        files.map(|file| file.location.to_string()).collect()
    }
}

fn shared_of(handle: &NativeStateHandle) -> BTreeSet<String> {
    let files = handle.files.iter().filter(|file| file.shared);
    files.map(|file| file.file.clone()).collect()
}

/// A state of these key groups, started from these databases.
fn restored(
    range: KeyGroupRange,
    handles: &[NativeStateHandle],
    folders: &mut Vec<tempfile::TempDir>,
) -> OperatorResult<MapState> {
    let (folder, backend) = backend_of(range, true);
    folders.push(folder);
    backend.restore_from(handles.to_vec(), DataKeys::default());
    let mut part = state(0);
    part.bind(&backend)?;
    Ok(part)
}

fn contents(state: &mut MapState) -> Model {
    let savepoint = CheckpointBarrier {
        kind: CheckpointKind::Savepoint,
        overtake_after_ms: None,
        ..barrier(9)
    };
    model_of(&write_out(state.freeze(savepoint).unwrap().rows))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn comes_back_at_any_parallelism(
        batches in batches(), cut in any::<prop::sample::Index>(), before in 1u32..4, after in 1u32..4,
    ) {
        let (mut job, mut folders) = (Job::new(), Vec::new());
        let cut = cut.index(batches.len());
        let (mut all, mut handles) = (Model::new(), Vec::new());
        let whole = KeyGroupRange::all(128);
        for subtask in 0..before {
            let range = KeyGroupRange::for_subtask(subtask, before, 128);
            let mine = |batch: &Batch| -> Batch {
                let key = |row: &i64| -> ArrayRef { Arc::new(arrow::array::Int64Array::from(vec![*row])) };
                let group = |row: &i64| {
                    let hash = hash_columns(&[key(row)], 1).unwrap()[0];
                    alpheus_dataflow::key_group::KeyGroup::of_hash(hash, 128)
                };
                batch.iter().filter(|row| range.contains(group(&row.0))).cloned().collect()
            };
            let mut part = restored(range, &[], &mut folders).unwrap();
            let mut model = Model::new();
            for batch in &batches[..cut] {
                apply(&mut part, &mut model, &mine(batch));
            }
            // Two: the second refers to files of the first.
            job.take(&mut part, 1);
            let upper = batches[cut..].iter().take(2);
            upper.for_each(|batch| apply(&mut part, &mut model, &mine(batch)));
            let frozen = job.take(&mut part, 2).0;
            // What comes after the barrier is not in it.
            let mut later = model.clone();
            batches.iter().for_each(|batch| apply(&mut part, &mut later, &mine(batch)));
            all.extend(model);
            handles.push(frozen);
        }
        let mut found = Model::new();
        for subtask in 0..after {
            let range = KeyGroupRange::for_subtask(subtask, after, 128);
            let mut part = restored(range, &handles, &mut folders).unwrap();
            found.extend(contents(&mut part));
        }
        prop_assert_eq!(&found, &all);
        let mut one = restored(whole, &handles, &mut folders).unwrap();
        for batch in &batches {
            apply(&mut one, &mut all, batch);
        }
        prop_assert_eq!(&contents(&mut one), &all);
    }
}

fn many(from: i64) -> Batch {
    let note = "x".repeat(200);
    let rows = (from..from + 500).map(|key| {
        let put = super::tests::Action::Put(key, Some(note.clone()));
        (key, 1, "a".to_owned(), put)
    });
    rows.collect()
}

#[test]
fn only_new_files_are_written_and_unused_ones_are_named() {
    let (mut job, mut folders, mut model) = (Job::new(), Vec::new(), Model::new());
    let mut state = restored(KeyGroupRange::all(128), &[], &mut folders).unwrap();
    apply(&mut state, &mut model, &many(0));
    let (first, first_bytes) = job.take(&mut state, 1);
    assert!(job.uploads.complete(CheckpointId(1)).is_empty());
    let (second, second_bytes) = job.take(&mut state, 2);
    assert_eq!(shared_of(&second), shared_of(&first));
    assert!(
        second_bytes < first_bytes / 2,
        "{second_bytes} {first_bytes}"
    );
    // Given up: what it shares with the first stays.
    assert!(job.uploads.abort(CheckpointId(2)).is_empty());
    apply(&mut state, &mut model, &many(1000));
    let (third, _) = job.take(&mut state, 3);
    let new: BTreeSet<String> = shared_of(&third)
        .difference(&shared_of(&first))
        .cloned()
        .collect();
    assert!(!new.is_empty());
    let unused: BTreeSet<String> = job.uploads.abort(CheckpointId(3)).into_iter().collect();
    assert_eq!(unused, new);
    assert!(unused.is_subset(&job.shared()));
    // The same files again, now that they may have been deleted.
    let (fourth, _) = job.take(&mut state, 4);
    assert!(new.is_subset(&shared_of(&fourth)));
    let mut back = restored(KeyGroupRange::all(128), &[fourth], &mut folders).unwrap();
    assert_eq!(contents(&mut back), model);
}

#[test]
fn what_was_restored_is_not_written_again() {
    let (mut job, mut folders, mut model) = (Job::new(), Vec::new(), Model::new());
    let all = KeyGroupRange::all(128);
    let mut state = restored(all, &[], &mut folders).unwrap();
    apply(&mut state, &mut model, &many(0));
    let (first, first_bytes) = job.take(&mut state, 1);
    drop(state);
    let handles = [first.clone()];
    // A failure: another worker goes on, with half of the groups and with all of them.
    for end in [64, 128] {
        job.uploads = NativeUploads::default();
        let range = KeyGroupRange { start: 0, end };
        let mut back = restored(range, &handles, &mut folders).unwrap();
        apply(&mut back, &mut Model::new(), &many(1000));
        let (second, _) = job.take(&mut back, 2);
        if end == 128 {
            assert!(shared_of(&first).is_subset(&shared_of(&second)));
            let (third, bytes) = job.take(&mut back, 3);
            assert_eq!(shared_of(&third), shared_of(&second));
            assert!(bytes < first_bytes / 2, "{bytes} {first_bytes}");
        }
        let unused: BTreeSet<String> = job.uploads.abort(CheckpointId(2)).into_iter().collect();
        assert!(unused.is_disjoint(&shared_of(&first)));
    }
    // Another job has a folder of its own, and may not depend on this one's.
    let mut other = Job::new();
    let mut back = restored(all, &handles, &mut folders).unwrap();
    let (copy, _) = other.take(&mut back, 1);
    assert!(shared_of(&copy).is_disjoint(&shared_of(&first)));
    assert_eq!(contents(&mut back), model);
    // Unless it has claimed them: then they are as good as its own.
    let (folder, backend) = backend_of(all, true);
    folders.push(folder);
    backend.restore_from(handles.to_vec(), DataKeys::default());
    backend.claim_restored();
    let mut back = super::tests::state(0);
    back.bind(&backend).unwrap();
    let mut heir = Job::new();
    let (claimed, _) = heir.take(&mut back, 1);
    assert_eq!(shared_of(&claimed), shared_of(&first));
    let mut again = restored(all, &[claimed], &mut folders).unwrap();
    assert_eq!(contents(&mut again), model);
}

#[test]
fn files_stay_until_they_are_written() {
    let (mut job, mut folders, mut model) = (Job::new(), Vec::new(), Model::new());
    let all = KeyGroupRange::all(128);
    let mut state = restored(all, &[], &mut folders).unwrap();
    apply(&mut state, &mut model, &many(0));
    let mut frozen = state.freeze(barrier(1)).unwrap();
    frozen.rows.seal().unwrap();
    // The task ends before its files are written.
    drop(state);
    let (handle, _) = job.write(frozen, 1);
    let mut back = restored(all, &[handle], &mut folders).unwrap();
    assert_eq!(contents(&mut back), model);
}

#[test]
fn damage_and_other_layouts_are_named() {
    let (mut job, mut folders, mut model) = (Job::new(), Vec::new(), Model::new());
    let all = KeyGroupRange::all(128);
    let mut one = restored(all, &[], &mut folders).unwrap();
    apply(&mut one, &mut model, &many(0));
    let (handle, _) = job.take(&mut one, 1);
    let (folder, backend) = backend_of(all, true);
    folders.push(folder);
    backend.restore_from(vec![handle.clone()], DataKeys::default());
    let mut other = state(1000);
    let error = other.bind(&backend).unwrap_err();
    assert!(
        error.to_string().contains("with another state TTL"),
        "{error}"
    );
    let mut newer = handle.clone();
    newer.format += 1;
    let error = restored(all, &[newer], &mut folders).map(drop).unwrap_err();
    assert!(error.to_string().contains("version"), "{error}");
    let file = shared_of(&handle).into_iter().next().unwrap();
    let location: Location = file.parse().unwrap();
    let mut bytes = LocalFileSystem.read(&location).unwrap().to_vec();
    bytes[10] ^= 1;
    std::fs::write(location.to_path(), bytes).unwrap();
    let error = restored(all, &[handle], &mut folders)
        .map(drop)
        .unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
}

#[test]
fn states_of_one_database_are_in_its_checkpoint_with_what_they_had_in_memory() {
    let all = KeyGroupRange::all(128);
    let (folder, backend) = backend_of(all, true);
    let mut folders = vec![folder];
    let bind = |name: &str, backend: &Arc<RocksDbBackend>| {
        let mut spec = state(0).codecs.spec.clone();
        spec.name = name.to_owned();
        let mut state = MapState::new(spec).unwrap();
        state.max_parallelism = 128;
        state.bind(backend).unwrap();
        state
    };
    let names = ["one", "other"];
    let mut states = names.map(|name| bind(name, &backend));
    let mut models = [Model::new(), Model::new()];
    for (state, model) in states.iter_mut().zip(&mut models) {
        apply(state, model, &many(0)[..2].to_vec());
    }
    let mut frozen = states
        .each_mut()
        .map(|state| state.freeze(barrier(1)).unwrap());
    frozen
        .iter_mut()
        .for_each(|frozen| frozen.rows.seal().unwrap());
    for (state, model) in states.iter_mut().zip(&models) {
        // Comes too late.
        apply(state, &mut model.clone(), &many(7)[..1].to_vec());
    }
    let mut files = frozen.iter().map(|frozen| frozen.rows.native().unwrap());
    let of_one: Arc<NativeSnapshot> = files.next().unwrap().downcast().unwrap();
    let of_other: Arc<NativeSnapshot> = files.next().unwrap().downcast().unwrap();
    assert!(Arc::ptr_eq(&of_one, &of_other));
    let [one, _] = frozen;
    let mut job = Job::new();
    let (handle, _) = job.write(one, 1);
    let (folder, backend) = backend_of(all, true);
    folders.push(folder);
    backend.restore_from(vec![handle], DataKeys::default());
    for (name, model) in names.iter().zip(&models) {
        assert_eq!(&contents(&mut bind(name, &backend)), model);
    }
}
