//! Where running jobs on this machine can be found: one private file per job.
//!
//! A job that serves REST writes `RUN/jobs/JOBID.json` with its address and token, mode 0600 in a folder
//! of mode 0700, and removes it when it ends. `RUN` is `$XDG_RUNTIME_DIR/alpheus`, else
//! `/tmp/alpheus-UID`. A file whose process is gone was left by a job that was killed; whoever lists
//! jobs removes it.

use std::path::{Path, PathBuf};

use alpheus_dataflow::ids::JobId;
use alpheus_security::private_file::{self, PrivateFileError};
use alpheus_security::secret::Secret;
use serde::{Deserialize, Serialize};

/// What stands in a job's file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunningJob {
    /// The job.
    pub job: JobId,
    /// What people call it.
    pub name: String,
    /// The process of its job master.
    pub pid: u32,
    /// When it started, ms since the epoch.
    pub started_at: i64,
    /// Where REST listens, for example `http://127.0.0.1:8081`.
    pub rest: String,
    /// The value of the `Authorization` header.
    #[serde(with = "masked")]
    pub authorization: Secret,
}

/// Serializes a secret in clear: the file is private, and only there is it written.
mod masked {
    use super::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// What can go wrong with the run folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// It, or a file in it, cannot be used, or is open to others.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// It cannot be listed.
    #[error("the folder of running jobs {path} cannot be read: {error}")]
    List {
        /// The folder.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// No running job fits.
    #[error("no running job `{wanted}`; `alpheus list` shows those that run")]
    NotFound {
        /// As given.
        wanted: String,
    },
    /// Several fit.
    #[error("`{wanted}` could be any of {candidates}; give more of the id")]
    Ambiguous {
        /// As given.
        wanted: String,
        /// Their ids.
        candidates: String,
    },
}

/// The run folder.
#[derive(Clone, Debug)]
pub struct Registry {
    root: PathBuf,
}

/// A job's file; removed when dropped.
#[derive(Debug)]
pub struct Registration {
    path: PathBuf,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Registry {
    /// This user's.
    pub fn of_user() -> Self {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_dir());
        // SAFETY: getuid takes nothing, cannot fail and touches no memory.
        let uid = unsafe { libc::getuid() };
        Registry {
            root: match runtime {
                Some(dir) => PathBuf::from(dir).join("alpheus"),
                None => PathBuf::from(format!("/tmp/alpheus-{uid}")),
            },
        }
    }

    /// One at another place.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Registry { root: root.into() }
    }

    /// The folder, which only the user can enter.
    ///
    /// # Errors
    /// When it cannot be made, or others can enter it.
    pub fn folder(&self) -> Result<&Path, RegistryError> {
        private_file::create_dir(&self.root)?;
        Ok(&self.root)
    }

    fn jobs(&self) -> PathBuf {
        self.root.join("jobs")
    }

    /// Where detached jobs write their logs.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn logs(&self) -> Result<PathBuf, RegistryError> {
        let logs = self.root.join("logs");
        private_file::create_dir(&self.root)?;
        private_file::create_dir(&logs)?;
        Ok(logs)
    }

    /// Makes a job known until the registration is dropped.
    ///
    /// # Errors
    /// When the file cannot be written, or the folder belongs to somebody else.
    pub fn register(&self, job: &RunningJob) -> Result<Registration, RegistryError> {
        private_file::create_dir(&self.root)?;
        private_file::create_dir(&self.jobs())?;
        let path = self.jobs().join(format!("{}.json", job.job));
        let json = zeroize::Zeroizing::new(serde_json::to_vec(job).unwrap_or_default());
        private_file::write(&path, &json)?;
        Ok(Registration { path })
    }

    /// All jobs that run, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<RunningJob>, RegistryError> {
        let path = self.jobs();
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(RegistryError::List { path, error }),
        };
        let mut jobs = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let Ok(content) = private_file::read(&path) else {
                continue;
            };
            let Ok(job) = serde_json::from_slice::<RunningJob>(content.expose()) else {
                continue;
            };
            if std::fs::metadata(format!("/proc/{}", job.pid)).is_ok() {
                jobs.push(job);
            } else {
                let _ = std::fs::remove_file(&path);
            }
        }
        jobs.sort_by_key(|job| (job.started_at, job.job));
        Ok(jobs)
    }

    /// The one running job whose id begins with `wanted`, or whose name it is.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn find(&self, wanted: &str) -> Result<RunningJob, RegistryError> {
        let lower = wanted.to_ascii_lowercase();
        let mut fitting: Vec<_> = self
            .list()?
            .into_iter()
            .filter(|job| job.job.to_string().starts_with(&lower) || job.name == wanted)
            .collect();
        match (fitting.pop(), fitting.is_empty()) {
            (Some(job), true) if !wanted.is_empty() => Ok(job),
            (None, _) | (Some(_), true) => Err(RegistryError::NotFound {
                wanted: wanted.to_owned(),
            }),
            (Some(last), false) => {
                let ids: Vec<_> = fitting
                    .iter()
                    .chain(std::iter::once(&last))
                    .map(|job| job.job.to_string())
                    .collect();
                Err(RegistryError::Ambiguous {
                    wanted: wanted.to_owned(),
                    candidates: ids.join(", "),
                })
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn job(id: u128, name: &str, pid: u32) -> RunningJob {
        RunningJob {
            job: JobId(id),
            name: name.to_owned(),
            pid,
            started_at: 1,
            rest: "http://127.0.0.1:1".to_owned(),
            authorization: Secret::new("Bearer sesame".to_owned()),
        }
    }

    #[test]
    fn jobs_are_found_by_prefix_or_name_and_leave_with_their_process() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::at(dir.path().join("run"));
        assert!(registry.list().unwrap().is_empty());
        let me = std::process::id();
        let first = registry.register(&job(0xab << 120, "one", me)).unwrap();
        let _second = registry.register(&job(0xac << 120, "two", me)).unwrap();
        // No process can have this number.
        let _dead = registry.register(&job(3, "dead", u32::MAX)).unwrap();
        assert_eq!(registry.list().unwrap().len(), 2);
        assert_eq!(registry.find("AB").unwrap().name, "one");
        assert_eq!(registry.find("two").unwrap().job, JobId(0xac << 120));
        assert!(matches!(
            registry.find("a"),
            Err(RegistryError::Ambiguous { .. })
        ));
        for wanted in ["dead", "", "ff"] {
            assert!(registry.find(wanted).is_err(), "{wanted}");
        }
        assert_eq!(
            registry.find("ab").unwrap().authorization.expose(),
            "Bearer sesame"
        );
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&first.path), 0o600);
        assert_eq!(mode(first.path.parent().unwrap()), 0o700);
        drop(first);
        assert!(registry.find("one").is_err());
    }

    #[test]
    fn the_token_shows_in_no_debug_output() {
        assert!(!format!("{:?}", job(1, "x", 1)).contains("sesame"));
    }
}
