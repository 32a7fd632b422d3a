//! [`CheckpointStore`] over the state crate's format.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_hadoop_conf::options::checkpointing::IGNORE_UNCLAIMED_STATE;
use alpheus_hadoop_conf::{ConfigError, Configuration};
use alpheus_state::metadata::{CheckpointMetadata, METADATA_FILE};
use alpheus_state::protocol::may_commit;
use alpheus_state::redistribute::redistribute;
use alpheus_state::{StateError, paths};
use alpheus_storage::{FileSystem, Location, StorageError, file_system_for};

use super::pending::{CheckpointContents, Committables, add_committables};
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
        })
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
        let found = paths::resolve_restore_path(&*fs, &path)?;
        let metadata = &found.metadata;
        let plan = redistribute(metadata, &found.folder, &self.graph, self.ignore_unclaimed)?;
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
        self.claim(contents.attempt)?;
        let metadata = CheckpointMetadata {
            job: self.job,
            job_name: self.graph.name.clone(),
            attempt: contents.attempt,
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
        // A disk that is full today may not be so tomorrow, so a write that failed is not fatal; being
        // fenced off is.
        metadata.publish(&*fs, &folder).map_err(|error| Failure {
            fatal: matches!(error, StateError::Fenced { .. }),
            message: error.to_string(),
        })?;
        let claim = self.latest_claim()?;
        if may_commit(contents.barrier.id, contents.attempt, claim).is_none() {
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
            RestoreFrom::Nothing { .. } => return Ok(None),
            RestoreFrom::External(location) => (location.as_str(), true),
            RestoreFrom::Own(checkpoint) => (checkpoint.location.as_str(), false),
        };
        self.restore(location, external, now_ms)
            .map(Some)
            .map_err(failed)
    }

    fn discard(&mut self, location: &str) -> Result<(), Failure> {
        let (fs, folder) = open(location)?;
        fs.delete(&folder, true)
            .map(drop)
            .map_err(|error| Failure::transient(error.to_string()))
    }

    fn remove_root(&mut self, location: &str, all: bool) -> Result<(), Failure> {
        let (fs, root) = open(location)?;
        let transient = |error: StorageError| Failure::transient(error.to_string());
        let children = match fs.list(&root) {
            Ok(children) => children,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(transient(error)),
        };
        // Marks of attempts are files; a folder is a checkpoint that somebody may still want.
        if all || children.iter().all(|child| !child.is_directory) {
            fs.delete(&root, true).map_err(transient)?;
        }
        Ok(())
    }
}
