#![allow(clippy::unwrap_used)]
use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::ids::{CheckpointId, OperatorId, SubtaskIndex, VertexId};
use std::os::unix::fs::PermissionsExt;

use alpheus_state::handle::{
    NativeFile, NativeStateHandle, OperatorStateHandle, TaskId, TaskSnapshot,
};

use super::*;
use crate::testing::{configured, empty_graph};

struct Job {
    base: tempfile::TempDir,
    job: JobId,
}

impl Job {
    fn store(&self, set: &[(&str, &str)]) -> StateStore {
        let base = self.base.path().to_string_lossy().into_owned();
        let mut all = vec![
            ("execution.checkpointing.dir", base.as_str()),
            ("execution.state-recovery.ignore-unclaimed-state", "true"),
        ];
        all.extend(set);
        StateStore::new(self.job, Arc::new(empty_graph()), &configured(&all)).unwrap()
    }

    fn folder(&self) -> std::path::PathBuf {
        self.base.path().join(self.job.to_string())
    }

    /// A checkpoint that refers to these shared files, which are made.
    fn contents(&self, id: u64, shared: &[&str]) -> CheckpointContents {
        let folder = self.folder();
        std::fs::create_dir_all(folder.join(SHARED_FOLDER)).unwrap();
        let files = shared.iter().map(|name| {
            let path = folder.join(SHARED_FOLDER).join(name);
            std::fs::write(&path, "x").unwrap();
            NativeFile {
                name: (*name).to_owned(),
                file: path.to_string_lossy().into_owned(),
                offset: 0,
                length: 1,
                crc: 0,
                shared: true,
                key_groups: None,
                key: None,
            }
        });
        let native = NativeStateHandle {
            format: 1,
            key_groups: (0, 128),
            files: files.collect(),
            states: BTreeMap::new(),
        };
        CheckpointContents {
            barrier: CheckpointBarrier {
                id: CheckpointId(id),
                timestamp: 0,
                kind: CheckpointKind::Checkpoint,
                overtake_after_ms: None,
            },
            directory: folder
                .join(format!("chk-{id}"))
                .to_string_lossy()
                .into_owned(),
            attempt: AttemptNumber(1),
            tasks: vec![TaskSnapshot {
                task: TaskId {
                    vertex: VertexId(0),
                    subtask: SubtaskIndex(0),
                },
                operators: vec![OperatorStateHandle {
                    operator: OperatorId(1),
                    keyed: Vec::new(),
                    native: vec![native],
                    lists: Vec::new(),
                    committables: Vec::new(),
                }],
                splits: Vec::new(),
                channels: Vec::new(),
            }],
            committables: Committables::new(),
            enumerators: Vec::new(),
            finished: false,
            commits: true,
        }
    }

    fn shared(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder().join(SHARED_FOLDER))
            .map(|entries| {
                let names = entries.map(|entry| entry.unwrap().file_name());
                names.map(|name| name.into_string().unwrap()).collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }
}

fn job(number: u128) -> Job {
    Job {
        base: tempfile::tempdir().unwrap(),
        job: JobId(number),
    }
}

#[test]
fn shared_files_go_with_the_last_checkpoint_and_leftovers_with_a_restart() {
    let job = job(7);
    let mut store = job.store(&[]);
    let first = store.publish(&job.contents(1, &["a", "b"])).unwrap();
    let second = store.publish(&job.contents(2, &["b", "c"])).unwrap();
    store.discard(&first.location).unwrap();
    assert_eq!(job.shared(), ["b", "c"]);
    // Another process of the job's AM, and a file of a checkpoint that was never published.
    job.contents(3, &["leftover"]);
    let mut store = job.store(&[]);
    store.load(&RestoreFrom::Own(second.clone()), 0).unwrap();
    assert_eq!(job.shared(), ["b", "c"]);
    let third = store.publish(&job.contents(4, &["c", "d"])).unwrap();
    store.discard(&second.location).unwrap();
    assert_eq!(job.shared(), ["c", "d"]);
    store.discard(&third.location).unwrap();
    assert_eq!(job.shared(), [""; 0]);
    store
        .remove_root(&job.folder().to_string_lossy(), false)
        .unwrap();
    assert!(!job.folder().try_exists().unwrap());
}

#[test]
fn what_a_fenced_attempt_has_left_does_not_outlive_the_job() {
    let job = job(7);
    let mut store = job.store(&[]);
    let root = job.folder().to_string_lossy().into_owned();
    let last = store.publish(&job.contents(1, &[])).unwrap();
    let torn = job.folder().join("chk-9");
    std::fs::create_dir(&torn).unwrap();
    std::fs::write(torn.join("._metadata.attempt-1"), "x").unwrap();
    store.remove_root(&root, false).unwrap();
    assert!(!torn.try_exists().unwrap());
    assert!(std::path::Path::new(&last.location).try_exists().unwrap());
    std::fs::create_dir(&torn).unwrap();
    store.remove_root(&root, false).unwrap();
    store.discard(&last.location).unwrap();
    store.remove_root(&root, false).unwrap();
    assert!(!job.folder().try_exists().unwrap());
}

#[test]
fn a_fenced_attempt_leaves_alone_what_a_later_one_is_about_to_publish() {
    let job = job(7);
    let mut store = job.store(&[]);
    let root = job.folder().to_string_lossy().into_owned();
    store.publish(&job.contents(1, &[])).unwrap();
    let later = job.folder().join("chk-2");
    std::fs::create_dir(&later).unwrap();
    let folder = Location::local(job.folder());
    paths::claim(
        &alpheus_storage::LocalFileSystem,
        &folder,
        AttemptNumber(1 << 30),
    )
    .unwrap();
    store.remove_root(&root, false).unwrap();
    assert!(later.try_exists().unwrap());
}

#[test]
fn savepoints_of_earlier_attempts_are_remembered_as_long_as_they_are_there() {
    let job = job(7);
    let sink = OperatorId(9);
    let mut savepoint = job.contents(3, &[]);
    savepoint.directory = job.base.path().join("savepoint").display().to_string();
    savepoint.commits = false;
    savepoint.committables = Committables::from([(sink, vec![b"part".to_vec()])]);
    job.store(&[]).publish(&savepoint).unwrap();
    let found = || job.store(&[]).savepoint_committables().unwrap();
    assert_eq!(found(), savepoint.committables);
    std::fs::remove_dir_all(&savepoint.directory).unwrap();
    assert!(found().is_empty());
    let marks = std::fs::read_dir(job.folder()).unwrap();
    let names = marks.map(|mark| mark.unwrap().file_name().into_string().unwrap());
    assert_eq!(
        names.filter(|name| name.starts_with(".savepoint")).count(),
        0
    );
}

#[test]
fn encrypted_metadata_opens_with_its_key_alone() {
    let job = job(7);
    let write = |name: &str, digit: &str| {
        let file = job.base.path().join(name);
        std::fs::write(&file, format!("{name} {}\n", digit.repeat(64))).unwrap();
        let owner = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, owner).unwrap();
        file.to_string_lossy().into_owned()
    };
    let key_file = "execution.checkpointing.encryption.key-file";
    let (one, other) = (write("one", "1"), write("other", "2"));
    let mut store = job.store(&[(key_file, one.as_str())]);
    let done = store.publish(&job.contents(1, &["a"])).unwrap();
    let bytes = std::fs::read(std::path::Path::new(&done.location).join(METADATA_FILE));
    assert!(bytes.unwrap().starts_with(b"ALPHSEAL"));
    let from = RestoreFrom::Own(done);
    assert!(store.load(&from, 0).unwrap().is_some());
    let refused = |set: &[(&str, &str)]| job.store(set).load(&from, 0).unwrap_err().message;
    let message = refused(&[]);
    assert!(
        message.contains("encrypted with key `one`; set"),
        "{message}"
    );
    let message = refused(&[(key_file, other.as_str())]);
    assert!(
        message.contains("key `one`, which is not in it"),
        "{message}"
    );
}

#[test]
fn files_that_were_claimed_go_with_the_last_checkpoint_of_either_job() {
    let old = job(7);
    let mut store = old.store(&[]);
    store.publish(&old.contents(1, &["a", "b"])).unwrap();
    let second = store.publish(&old.contents(2, &["b", "c"])).unwrap();
    let new = job(8);
    let claim = ("execution.state-recovery.claim-mode", "CLAIM");
    let mut store = new.store(&[claim]);
    let from = RestoreFrom::External(second.location.clone());
    let restored = store.load(&from, 0).unwrap().unwrap();
    // What the workers had claimed is part of the new job's checkpoint.
    let mut contents = new.contents(3, &["d"]);
    let own = old.contents(3, &["b", "c"]).tasks;
    contents.tasks[0].operators[0]
        .native
        .extend(own[0].operators[0].native.clone());
    let third = store.publish(&contents).unwrap();
    store.discard(&restored.record.path).unwrap();
    assert_eq!(old.shared(), ["a", "b", "c"]);
    // So does another process, which has only the folder of its own.
    let mut store = new.store(&[claim]);
    let fourth = store.publish(&new.contents(4, &["d"])).unwrap();
    let from = RestoreFrom::External(fourth.location.clone());
    store.load(&from, 0).unwrap().unwrap();
    store.discard(&third.location).unwrap();
    assert_eq!(old.shared(), ["a", "b"], "the first checkpoint needs them");
    assert_eq!(new.shared(), ["d"]);
}

#[test]
fn what_is_claimed_is_deleted_like_the_jobs_own_and_nothing_else() {
    let old = job(7);
    let mut store = old.store(&[]);
    let first = store.publish(&old.contents(1, &["a", "b"])).unwrap();
    let second = store.publish(&old.contents(2, &["b", "c"])).unwrap();
    let new = Job {
        base: tempfile::tempdir().unwrap(),
        job: JobId(8),
    };
    let from = RestoreFrom::External(second.location.clone());
    let restored = new.store(&[]).load(&from, 0).unwrap().unwrap();
    assert!(!restored.record.claimed);
    let claim = ("execution.state-recovery.claim-mode", "CLAIM");
    let mut store = new.store(&[claim]);
    let restored = store.load(&from, 0).unwrap().unwrap();
    assert!(restored.record.claimed);
    store.discard(&restored.record.path).unwrap();
    assert_eq!(old.shared(), ["a", "b"], "the other checkpoint needs them");
    let kept = std::path::Path::new(&first.location);
    assert!(kept.try_exists().unwrap());
}
