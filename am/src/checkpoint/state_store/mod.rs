//! [`CheckpointStore`] over the state crate's format; [`sharing`] is what becomes of files that several checkpoints need.

mod sharing;
#[cfg(test)]
mod tests;

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
