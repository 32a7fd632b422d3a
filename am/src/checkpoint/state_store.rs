//! [`CheckpointStore`] over the state crate's format.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_hadoop_conf::options::checkpointing::{CLAIM_MODE, ClaimMode, IGNORE_UNCLAIMED_STATE};
use alpheus_hadoop_conf::{ConfigError, Configuration};
use alpheus_state::encryption::{KeyRing, WrappedKey};
use alpheus_state::metadata::{CheckpointMetadata, METADATA_FILE};
use alpheus_state::protocol::may_commit;
use alpheus_state::redistribute::redistribute;
use alpheus_state::rocksdb::SHARED_FOLDER;
use alpheus_state::{StateError, paths};
use alpheus_storage::{FileStatus, FileSystem, Location, StorageError, file_system_for};

use super::encryption::key_ring;
use super::pending::{CheckpointContents, Committables, add_committables};
use super::savepoint_marks;
use super::shared_files::SharedFiles;
use super::store::{CheckpointStore, Restored};
use super::{CheckpointConfig, CompletedCheckpoint, RestoreRecord};
use crate::failure::Failure;
use crate::job_master::fact::RestoreFrom;

/// See the module's documentation.
pub struct StateStore {
    job: JobId,
    graph: Arc<JobGraph>,
    /// The jobs that this one's state came from, nearest first.
    ancestors: Vec<JobId>,
    ignore_unclaimed: bool,
    /// The folder of the job's checkpoints, where attempts leave their marks.
    job_folder: Option<String>,
    claimed: Option<AttemptNumber>,
    /// `execution.state-recovery.claim-mode`.
    claim_mode: ClaimMode,
    /// Keys of encrypted checkpoints.
    keys: Option<Arc<KeyRing>>,
    shared: SharedFiles,
    /// Folders whose checkpoints are known to `shared`.
    scanned: BTreeSet<String>,
    /// Starts of lower numbers, taken over from an earlier attempt of the AM, count as this one.
    fence: AttemptNumber,
}

impl StateStore {
    /// A store for this job.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn new(
        job: JobId,
        graph: Arc<JobGraph>,
        configuration: &Configuration,
    ) -> Result<Self, ConfigError> {
        let config = CheckpointConfig::from_configuration(configuration, job)?;
        Ok(StateStore {
            job,
            graph,
            ancestors: Vec::new(),
            ignore_unclaimed: configuration.get(&IGNORE_UNCLAIMED_STATE)?,
            job_folder: config.directory,
            claimed: None,
            claim_mode: configuration.get(&CLAIM_MODE)?,
            keys: key_ring(configuration)?,
            shared: SharedFiles::default(),
            scanned: BTreeSet::new(),
            fence: AttemptNumber(0),
        })
    }

    /// The same for an attempt of the AM whose own starts of the job have numbers from `fence` on.
    #[must_use]
    pub fn fenced_by(mut self, fence: AttemptNumber) -> Self {
        self.fence = fence;
        self
    }

    /// Leaves this attempt's mark, once, where others of the same job would look.
    fn claim(&mut self, attempt: AttemptNumber) -> Result<(), Failure> {
        if self.claimed == Some(attempt) {
            return Ok(());
        }
        if let Some(folder) = &self.job_folder {
            let (fs, folder) = open(folder)?;
            paths::claim(&*fs, &folder, attempt).map_err(failed)?;
        }
        self.claimed = Some(attempt);
        Ok(())
    }

    fn latest_claim(&self) -> Result<Option<AttemptNumber>, Failure> {
        match &self.job_folder {
            None => Ok(None),
            Some(folder) => {
                let (fs, folder) = open(folder)?;
                paths::latest_claim(&*fs, &folder).map_err(failed)
            }
        }
    }

    /// Notes which shared files the checkpoints in a folder refer to, once.
    fn scan(&mut self, folder: &Location) -> Result<(), StateError> {
        if !self.scanned.insert(folder.to_string()) {
            return Ok(());
        }
        let scanned = self.scan_now(folder);
        if scanned.is_err() {
            self.scanned.remove(&folder.to_string());
        }
        scanned
    }

    fn scan_now(&mut self, folder: &Location) -> Result<(), StateError> {
        let fs = file_system_for(folder)?;
        for (_, checkpoint, complete) in paths::list_checkpoints(&*fs, folder)? {
            if complete {
                let metadata = CheckpointMetadata::read(&*fs, &checkpoint, self.keys.as_deref())?;
                self.share(&checkpoint, &metadata);
            }
        }
        Ok(())
    }

    /// Notes which shared files a checkpoint refers to. Those of a job that this one has claimed may be needed by other
    /// checkpoints of that job: where these cannot be read, the files stay for good.
    fn share(&mut self, folder: &Location, metadata: &CheckpointMetadata) {
        let files = metadata.shared_files();
        self.shared.add(&folder.to_string(), files.iter().copied());
        let mut of_others: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for file in files {
            let location = file.parse::<Location>().ok();
            let job = location.and_then(|file| file.parent()?.parent());
            let job = job.map(|job| job.to_string()).unwrap_or_default();
            if self.job_folder.as_ref() != Some(&job) {
                of_others.entry(job).or_default().push(file);
            }
        }
        for (job, files) in of_others {
            let scanned = job.parse().map_err(StateError::from);
            if let Err(error) = scanned.and_then(|job| self.scan(&job)) {
                tracing::warn!(job, %error, "checkpoints that may share files with this job's cannot be read");
                self.shared.add(&format!("unknown ones in {job}"), files);
            }
        }
    }

    /// Deletes shared files of this job that no checkpoint refers to. Only while no task runs: what a
    /// checkpoint under way has written is not referred to yet.
    fn sweep(&mut self) -> Result<(), StateError> {
        let Some(folder) = &self.job_folder else {
            return Ok(());
        };
        let folder: Location = folder.parse()?;
        let fs = file_system_for(&folder)?;
        let files = match fs.list(&folder.join(SHARED_FOLDER)) {
            Ok(files) => files,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        self.scan(&folder)?;
        for file in files {
            if !self.shared.is_used(&file.location.to_string()) {
                fs.delete(&file.location, false)?;
            }
        }
        Ok(())
    }

    /// [`StateStore::sweep`]; leftovers are no reason not to start.
    fn sweep_or_warn(&mut self) {
        if let Err(error) = self.sweep() {
            tracing::warn!(%error, "state files that no checkpoint needs could not be deleted");
        }
    }

    fn restore(
        &mut self,
        location: &str,
        external: bool,
        now_ms: i64,
    ) -> Result<Restored, StateError> {
        let (fs, path) = open_state(location)?;
        let found = paths::resolve_restore_path(&*fs, &path, self.keys.as_deref())?;
        let metadata = &found.metadata;
        let claimed = external && self.claim_mode == ClaimMode::Claim;
        if claimed {
            self.share(&found.folder, metadata);
        }
        let mut plan = redistribute(metadata, &found.folder, &self.graph, self.ignore_unclaimed)?;
        for (_, task) in &mut plan.tasks {
            task.claimed = claimed;
            let wrapped: BTreeSet<WrappedKey> = task.wrapped_keys().cloned().collect();
            for wrapped in wrapped {
                let keys = self.keys.as_ref().ok_or_else(|| StateError::NoKey {
                    id: wrapped.key_id().to_owned(),
                })?;
                task.keys.add(keys.unwrap(&wrapped)?);
            }
        }
        for operator in &plan.unclaimed {
            tracing::warn!(
                operator = metadata.operator_name(*operator),
                "state of an operator that the job does not have is left behind"
            );
        }
        if metadata.job != self.job {
            self.ancestors = std::iter::once(metadata.job)
                .chain(metadata.ancestors.iter().copied())
                .filter(|ancestor| *ancestor != self.job)
                .collect();
        }
        let mut committables = Committables::new();
        for (operator, new) in &plan.committables {
            add_committables(&mut committables, *operator, new);
        }
        let enumerators = plan
            .sources
            .into_iter()
            .map(|(operator, state, splits)| (operator, (state, splits)))
            .collect::<BTreeMap<_, _>>();
        Ok(Restored {
            record: RestoreRecord {
                id: metadata.checkpoint,
                at: now_ms,
                path: found.folder.to_string(),
                external,
                claimed,
            },
            finished: metadata.finished,
            committables,
            enumerators,
            tasks: plan.tasks,
            jobs: self.ancestors.clone(),
        })
    }
}

fn open_state(location: &str) -> Result<(Arc<dyn FileSystem>, Location), StorageError> {
    let location: Location = location.parse()?;
    Ok((file_system_for(&location)?, location))
}

fn open(location: &str) -> Result<(Arc<dyn FileSystem>, Location), Failure> {
    open_state(location).map_err(|error| Failure::fatal(error.to_string()))
}

/// Storage that may come back is worth another try; a checkpoint that is damaged, missing or not ours
/// is not.
fn failed(error: StateError) -> Failure {
    let fatal = match &error {
        StateError::Storage(error) => !error.is_transient(),
        _ => true,
    };
    Failure {
        message: error.to_string(),
        fatal,
    }
}

impl CheckpointStore for StateStore {
    fn publish(&mut self, contents: &CheckpointContents) -> Result<CompletedCheckpoint, Failure> {
        let attempt = contents.attempt.max(self.fence);
        self.claim(attempt)?;
        let metadata = CheckpointMetadata {
            job: self.job,
            job_name: self.graph.name.clone(),
            attempt,
            checkpoint: contents.barrier.id,
            kind: contents.barrier.kind,
            timestamp: contents.barrier.timestamp,
            max_parallelism: self.graph.max_parallelism,
            vertices: CheckpointMetadata::vertices_of(&self.graph),
            tasks: contents.tasks.clone(),
            enumerators: contents.enumerators.clone(),
            committables: contents
                .committables
                .iter()
                .map(|(operator, all)| (*operator, all.clone()))
                .collect(),
            ancestors: self.ancestors.clone(),
            finished: contents.finished,
        };
        let (fs, folder) = open(&contents.directory)?;
        if let (false, Some(job_folder)) = (contents.commits, &self.job_folder) {
            let (fs, job_folder) = open(job_folder)?;
            let id = contents.barrier.id;
            savepoint_marks::leave(&*fs, &job_folder, id, &folder)
                .map_err(|error| Failure::transient(error.to_string()))?;
        }
        // A disk that is full today may not be so tomorrow, so a write that failed is not fatal; being
        // fenced off is.
        let published = metadata.publish(&*fs, &folder, self.keys.as_deref());
        published.map_err(|error| Failure {
            fatal: matches!(error, StateError::Fenced { .. }),
            message: error.to_string(),
        })?;
        self.share(&folder, &metadata);
        let claim = self.latest_claim()?;
        if may_commit(contents.barrier.id, attempt, claim).is_none() {
            return Err(Failure::fatal(
                "a later attempt of this job has taken over; this one commits nothing more",
            ));
        }
        let metadata_bytes = fs
            .status(&folder.join(METADATA_FILE))
            .map(|status| status.length)
            .unwrap_or(0);
        Ok(CompletedCheckpoint {
            id: contents.barrier.id,
            location: folder.to_string(),
            metadata_bytes,
        })
    }

    fn load(&mut self, from: &RestoreFrom, now_ms: i64) -> Result<Option<Restored>, Failure> {
        let (location, external) = match from {
            RestoreFrom::Nothing { .. } => {
                self.sweep_or_warn();
                return Ok(None);
            }
            RestoreFrom::External(location) => (location.as_str(), true),
            RestoreFrom::Own(checkpoint) => (checkpoint.location.as_str(), false),
        };
        let restored = self.restore(location, external, now_ms);
        self.sweep_or_warn();
        restored.map(Some).map_err(failed)
    }

    fn savepoint_committables(&mut self) -> Result<Committables, Failure> {
        match &self.job_folder {
            None => Ok(Committables::new()),
            Some(folder) => {
                let (fs, folder) = open(folder)?;
                savepoint_marks::committables(&*fs, &folder, self.keys.as_deref()).map_err(failed)
            }
        }
    }

    fn discard(&mut self, location: &str) -> Result<(), Failure> {
        let (fs, folder) = open(location)?;
        // Without its metadata nothing is a checkpoint; only then may files go that it refers to.
        let transient = |error: StorageError| Failure::transient(error.to_string());
        fs.delete(&folder, true).map_err(transient)?;
        for file in self.shared.remove(&folder.to_string()) {
            let (fs, file) = open(&file)?;
            fs.delete(&file, false).map_err(transient)?;
        }
        Ok(())
    }

    fn remove_root(&mut self, location: &str, all: bool) -> Result<(), Failure> {
        let (fs, root) = open(location)?;
        let transient = |error: StorageError| Failure::transient(error.to_string());
        // An attempt that was fenced while it published may have left a torn checkpoint after its successor had looked. What
        // a later attempt than this one is about to publish is none of our business.
        if self.claimed.is_some() && self.latest_claim()? == self.claimed {
            for (_, folder, complete) in paths::list_checkpoints(&*fs, &root).map_err(failed)? {
                if !complete {
                    fs.delete(&folder, true).map_err(transient)?;
                }
            }
        }
        let children = match fs.list(&root) {
            Ok(children) => children,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(transient(error)),
        };
        // Marks of attempts are files; a folder is a checkpoint that somebody may still want, or the files
        // that such checkpoints share.
        let wanted =
            |child: &FileStatus| child.is_directory && child.location.name() != SHARED_FOLDER;
        if all || !children.iter().any(wanted) {
            fs.delete(&root, true).map_err(transient)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
    use alpheus_dataflow::graph::SessionSettings;
    use alpheus_dataflow::ids::{CheckpointId, OperatorId, SubtaskIndex, VertexId};
    use std::os::unix::fs::PermissionsExt;

    use alpheus_hadoop_conf::Source;
    use alpheus_state::handle::{
        NativeFile, NativeStateHandle, OperatorStateHandle, TaskId, TaskSnapshot,
    };

    use super::*;

    struct Job {
        base: tempfile::TempDir,
        job: JobId,
    }

    impl Job {
        fn store(&self, set: &[(&str, &str)]) -> StateStore {
            let mut configuration = Configuration::new();
            let base = self.base.path().to_string_lossy().into_owned();
            let always = [
                ("execution.checkpointing.dir", base.as_str()),
                ("execution.state-recovery.ignore-unclaimed-state", "true"),
            ];
            for (key, value) in always.iter().chain(set) {
                configuration.set(key, value, Source::CommandLine).unwrap();
            }
            let graph = JobGraph {
                name: "j".to_owned(),
                vertices: Vec::new(),
                edges: Vec::new(),
                max_parallelism: 128,
                session: SessionSettings {
                    time_zone: "UTC".to_owned(),
                    planned_at: 0,
                    bounded: false,
                },
                functions: Default::default(),
                configuration: BTreeMap::new(),
            };
            StateStore::new(self.job, Arc::new(graph), &configuration).unwrap()
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
}
