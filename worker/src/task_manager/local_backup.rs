//! The local copies of checkpoint files, as a deployment wants them. They outlive it: the next one on this
//! worker reads them.

use std::sync::Arc;

use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_hadoop_conf::options::checkpointing::{FROM_LOCAL, LOCAL_BACKUP, LOCAL_BACKUP_DIRS};
use alpheus_hadoop_conf::options::execution::TMP_DIRS;
use alpheus_hadoop_conf::{ConfigError, Configuration, parse_folders};
use alpheus_state::LocalBackup;
use alpheus_state::rocksdb::FOLDER_PREFIX;

use super::state_backend::configuration_of;
use crate::control::{Deployment, WorkerId};

/// The copies of a worker, and what its deployment does with them.
#[derive(Default)]
pub(super) struct LocalCopies {
    all: Option<Arc<LocalBackup>>,
}

/// Where copies are written to, and where they are read from.
pub(super) struct CopiesOf {
    pub write: Option<Arc<LocalBackup>>,
    pub read: Option<Arc<LocalBackup>>,
}

impl Drop for LocalCopies {
    /// The thread that writes checkpoints may hold on to the copies until the process ends.
    fn drop(&mut self) {
        if let Some(all) = &self.all {
            all.delete();
        }
    }
}

impl LocalCopies {
    /// What this deployment does with copies.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn of(&mut self, deployment: &Deployment, worker: WorkerId) -> OperatorResult<CopiesOf> {
        let wrong = |error: ConfigError| OperatorError::fatal(error.to_string());
        let configuration = configuration_of(deployment).map_err(wrong)?;
        let folder = format!(
            "{FOLDER_PREFIX}copies-{}-{}-{}",
            deployment.job,
            worker.0,
            std::process::id()
        );
        self.with(&configuration, &folder).map_err(wrong)
    }

    fn with(
        &mut self,
        configuration: &Configuration,
        folder: &str,
    ) -> Result<CopiesOf, ConfigError> {
        let writes = configuration.get(&LOCAL_BACKUP)?;
        let reads = configuration.get(&FROM_LOCAL)?;
        if writes && self.all.is_none() {
            let folders = match configuration.get(&LOCAL_BACKUP_DIRS)? {
                Some(folders) => folders,
                None => configuration.get(&TMP_DIRS)?,
            };
            let path = parse_folders(&folders)[0].join(folder);
            match LocalBackup::create(&path) {
                Ok(backup) => self.all = Some(Arc::new(backup)),
                // Copies are for speed only.
                Err(error) => tracing::warn!(
                    folder = %path.display(), %error,
                    "cannot keep local copies of checkpoints; see execution.checkpointing.local-backup.dirs"
                ),
            }
        }
        let if_wanted = |wanted: bool| self.all.clone().filter(|_| wanted);
        Ok(CopiesOf {
            write: if_wanted(writes),
            read: if_wanted(reads),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_hadoop_conf::Source;

    use super::*;

    #[test]
    fn copies_are_kept_for_the_next_deployment() {
        let folder = tempfile::tempdir().unwrap();
        let dirs = folder.path().display().to_string();
        let configuration = |set: &[(&str, &str)]| {
            let mut configuration = Configuration::new();
            let dirs = ("execution.checkpointing.local-backup.dirs", dirs.as_str());
            for (key, value) in set.iter().chain([&dirs]) {
                configuration.set(key, value, Source::CommandLine).unwrap();
            }
            configuration
        };
        let mut copies = LocalCopies::default();
        let mut of = |set: &[(&str, &str)]| {
            let of = copies.with(&configuration(set), "copies").unwrap();
            (of.write, of.read)
        };
        assert!(matches!(of(&[]), (None, None)));
        let enabled = ("execution.checkpointing.local-backup.enabled", "true");
        let (Some(first), None) = of(&[enabled]) else {
            panic!("copies are written and not read");
        };
        let (Some(second), Some(read)) = of(&[("execution.state-recovery.from-local", "true")])
        else {
            panic!("what is read has to be written");
        };
        assert!(Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&first, &read));
        assert!(folder.path().join("copies").is_dir());
        // Others still hold on to them.
        drop(copies);
        assert!(!std::fs::exists(folder.path().join("copies")).unwrap());
    }
}
