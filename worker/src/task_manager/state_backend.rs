//! The state backend of a deployment, as its configuration says, and its folder on the local disk.

use std::sync::Arc;

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::ids::{OperatorId, SubtaskIndex};
use alpheus_dataflow::key_group::KeyGroupRange;
use alpheus_dataflow::operator::{Clock, StateBackendHandle};
use alpheus_hadoop_conf::options::checkpointing::INCREMENTAL;
use alpheus_hadoop_conf::options::execution::TMP_DIRS;
use alpheus_hadoop_conf::options::state::{
    BACKEND, ROCKSDB_BLOCK_SIZE, ROCKSDB_BLOOM_BITS, ROCKSDB_BLOOM_FILTER, ROCKSDB_FIXED_PER_SLOT,
    ROCKSDB_FIXED_PER_TM, ROCKSDB_LOCAL_DIR, ROCKSDB_MEMORY_MANAGED, ROCKSDB_THREADS,
    ROCKSDB_TRANSFER_THREADS, ROCKSDB_WRITE_BUFFER_RATIO, ROCKSDB_WRITE_BUFFER_SIZE,
    StateBackendType,
};
use alpheus_hadoop_conf::options::taskmanager::NUM_SLOTS;
use alpheus_hadoop_conf::{ConfigError, Configuration, MemorySize, Source, parse_folders};
use alpheus_state::rocksdb::{
    FOLDER_PREFIX, RocksDb, RocksDbBackend, RocksDbOptions, RocksDbOwner,
};

use crate::control::{Deployment, WorkerId};
use crate::memory::managed_size;

/// Makes the backends of the operators.
pub(super) struct StateBackends(Option<Arc<RocksDb>>);

impl StateBackends {
    /// As the deployment's configuration says.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn new(deployment: &Deployment, worker: WorkerId) -> OperatorResult<Self> {
        let wrong = |error: ConfigError| OperatorError::fatal(error.to_string());
        let configuration = configuration_of(deployment).map_err(wrong)?;
        match configuration.get(&BACKEND).map_err(wrong)? {
            StateBackendType::Hashmap => Ok(StateBackends(None)),
            StateBackendType::Rocksdb => {
                let folder = format!(
                    "{FOLDER_PREFIX}{}-{}-{}-{}",
                    deployment.job,
                    deployment.attempt,
                    worker.0,
                    std::process::id()
                );
                let options = rocksdb_options(&configuration, &folder).map_err(wrong)?;
                let options = options.ok_or_else(|| {
                    OperatorError::fatal(format!(
                        "`{}` is false, so `{}` or `{}` has to say how much memory rocksdb may take",
                        ROCKSDB_MEMORY_MANAGED.key(),
                        ROCKSDB_FIXED_PER_SLOT.key(),
                        ROCKSDB_FIXED_PER_TM.key()
                    ))
                })?;
                Ok(StateBackends(Some(Arc::new(RocksDb::new(options)?))))
            }
        }
    }

    /// The backend of one operator of one subtask.
    pub fn for_operator(
        &self,
        operator: OperatorId,
        subtask: SubtaskIndex,
        key_groups: KeyGroupRange,
        clock: &Arc<dyn Clock>,
    ) -> StateBackendHandle {
        let Some(rocksdb) = &self.0 else {
            return StateBackendHandle::default();
        };
        let owner = RocksDbOwner {
            name: format!("{operator}-{subtask}"),
            key_groups,
            clock: Arc::clone(clock),
        };
        StateBackendHandle::new(Arc::new(RocksDbBackend::new(Arc::clone(rocksdb), owner)))
    }
}

/// The configuration that a deployment comes with.
pub(super) fn configuration_of(deployment: &Deployment) -> Result<Configuration, ConfigError> {
    let mut configuration = Configuration::new();
    for (key, value) in &deployment.graph.configuration {
        let source = Source::Deployment("the job".to_owned());
        configuration.set(key, value, source)?;
    }
    Ok(configuration)
}

/// The options of the databases, `None` when nothing says how much memory they may take.
fn rocksdb_options(
    configuration: &Configuration,
    folder: &str,
) -> Result<Option<RocksDbOptions>, ConfigError> {
    let Some(memory_bytes) = memory(configuration)? else {
        return Ok(None);
    };
    let local_dir = match configuration.get(&ROCKSDB_LOCAL_DIR)? {
        Some(folder) => folder,
        None => parse_folders(&configuration.get(&TMP_DIRS)?).swap_remove(0),
    };
    Ok(Some(RocksDbOptions {
        memory_bytes,
        write_buffer_ratio: configuration.get(&ROCKSDB_WRITE_BUFFER_RATIO)?,
        write_buffer_bytes: bytes(configuration.get(&ROCKSDB_WRITE_BUFFER_SIZE)?),
        threads: configuration.get(&ROCKSDB_THREADS)?,
        bloom_filter: configuration.get(&ROCKSDB_BLOOM_FILTER)?,
        bloom_bits_per_key: configuration.get(&ROCKSDB_BLOOM_BITS)?,
        block_bytes: bytes(configuration.get(&ROCKSDB_BLOCK_SIZE)?),
        incremental: configuration.get(&INCREMENTAL)?,
        transfer_threads: configuration.get(&ROCKSDB_TRANSFER_THREADS)? as usize,
        ..RocksDbOptions::new(local_dir.join(folder))
    }))
}

fn bytes(size: MemorySize) -> usize {
    usize::try_from(size.bytes()).unwrap_or(usize::MAX)
}

/// Memory of the worker for RocksDB in bytes.
fn memory(configuration: &Configuration) -> Result<Option<usize>, ConfigError> {
    if let Some(of_slot) = configuration.get(&ROCKSDB_FIXED_PER_SLOT)? {
        let slots = configuration.get(&NUM_SLOTS)? as usize;
        return Ok(Some(bytes(of_slot).saturating_mul(slots)));
    }
    if let Some(of_worker) = configuration.get(&ROCKSDB_FIXED_PER_TM)? {
        return Ok(Some(bytes(of_worker)));
    }
    if !configuration.get(&ROCKSDB_MEMORY_MANAGED)? {
        return Ok(None);
    }
    Ok(Some(bytes(managed_size(configuration)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::path::PathBuf;

    fn options(set: &[(&str, &str)]) -> Option<RocksDbOptions> {
        let mut configuration = Configuration::new();
        for (key, value) in set {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        rocksdb_options(&configuration, "job").unwrap()
    }

    #[test]
    fn the_memory_is_what_is_set_nearest() {
        let memory = |set: &[(&str, &str)]| options(set).map(|options| options.memory_bytes);
        let process = ("taskmanager.memory.process.size", "1 gb");
        let managed = ("taskmanager.memory.managed.size", "300 mb");
        let per_tm = ("state.backend.rocksdb.memory.fixed-per-tm", "200 mb");
        let per_slot = ("state.backend.rocksdb.memory.fixed-per-slot", "50 mb");
        let slots = ("taskmanager.numberOfTaskSlots", "2");
        let unmanaged = ("state.backend.rocksdb.memory.managed", "false");
        assert_eq!(memory(&[process]), Some(429_496_729));
        assert_eq!(memory(&[process, managed]), Some(300 << 20));
        assert_eq!(memory(&[managed, per_tm, unmanaged]), Some(200 << 20));
        assert_eq!(memory(&[per_tm, per_slot, slots]), Some(100 << 20));
        assert_eq!(memory(&[managed, unmanaged]), None);
    }

    #[test]
    fn files_lie_in_the_local_folder() {
        let folder = |set: &[(&str, &str)]| options(set).unwrap().directory;
        assert_eq!(folder(&[("io.tmp.dirs", "/a,/b")]), PathBuf::from("/a/job"));
        let local = ("state.backend.rocksdb.localdir", "/c");
        assert_eq!(folder(&[local]), PathBuf::from("/c/job"));
    }
}
