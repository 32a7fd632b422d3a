//! Which jobs a session takes, and as what (pure): a job's own words, less what is the session's to say ([`super::overlay`]).

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop_conf::Configuration;
use alpheus_storage::Location;
use alpheus_yarn::Resource;
use axum::http::StatusCode;

use super::overlay;
use crate::rest::RestError;
use crate::yarn::settings::{JobFile, SubmittedJob, Work};
use crate::yarn::shape::ApplicationShape;
use crate::yarn::{YarnApplicationError, checkpoint_folder};

/// Why a job is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The session ends.
    #[error("the session is ending and takes no more jobs: start another one by `alpheus session`")]
    Ending,
    /// There is one of that id.
    #[error("the session has a job {0} already")]
    Known(JobId),
    /// Client and session differ.
    #[error(
        "the job was planned by version {theirs}, and the session runs version {ours}: use the same"
    )]
    Version {
        /// The client's.
        theirs: String,
        /// The session's.
        ours: &'static str,
    },
    /// Only streams.
    #[error(
        "a session runs streaming jobs: submit a bounded script in batch mode as an application of its own \
         (-t yarn-application)"
    )]
    Batch,
    /// What the job says of itself.
    #[error("{0}")]
    Wrong(String),
    /// It could not be kept or started.
    #[error(transparent)]
    Failed(#[from] YarnApplicationError),
}

impl From<Refused> for RestError {
    fn from(refused: Refused) -> Self {
        let status = match refused {
            Refused::Ending => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Known(_) => StatusCode::CONFLICT,
            Refused::Version { .. } | Refused::Batch | Refused::Wrong(_) => StatusCode::BAD_REQUEST,
            Refused::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        RestError {
            status,
            message: refused.to_string(),
        }
    }
}

/// See the module's documentation.
pub(super) struct Terms {
    /// The session's configuration.
    pub session: Configuration,
    /// Its staging folder.
    pub staging: Location,
    /// The largest container that the cluster gives.
    pub largest: Resource,
}

impl Terms {
    /// The job as it will run.
    ///
    /// # Errors
    /// When the session does not take it.
    pub fn admit(&self, submitted: SubmittedJob) -> Result<JobFile, Refused> {
        let SubmittedJob {
            version, mut file, ..
        } = submitted;
        let ours = env!("CARGO_PKG_VERSION");
        if version != ours {
            return Err(Refused::Version {
                theirs: version,
                ours,
            });
        }
        let Work::Stream(graph) = &mut file.work else {
            return Err(Refused::Batch);
        };
        let wrong = |error: &dyn std::fmt::Display| Refused::Wrong(error.to_string());
        graph.validate().map_err(|error| wrong(&error))?;
        overlay::apply(&self.session, &mut file.configuration).map_err(|error| wrong(&error))?;
        checkpoint_folder::choose(&self.staging, graph, &mut file.configuration)
            .map_err(|error| wrong(&error))?;
        ApplicationShape::of(&file.configuration, graph.required_slots())
            .map_err(|error| wrong(&error))?
            .check_largest(&self.largest)
            .map_err(|error| wrong(&error))?;
        Ok(file)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::options::checkpointing;

    use super::*;
    use crate::testing::{configured, empty_graph};
    use crate::yarn::settings::BatchScript;

    fn terms() -> Terms {
        Terms {
            session: Configuration::new(),
            staging: "hdfs://ns1/user/alice/.alpheus/application_1_0001"
                .parse()
                .unwrap(),
            largest: Resource::new(4096, 4),
        }
    }

    fn job(options: &[(&str, &str)]) -> SubmittedJob {
        SubmittedJob {
            job: JobId(7),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            file: JobFile {
                work: Work::Stream(empty_graph()),
                configuration: configured(options),
            },
        }
    }

    fn refused(submitted: SubmittedJob) -> String {
        terms().admit(submitted).unwrap_err().to_string()
    }

    #[test]
    fn a_job_without_a_folder_for_checkpoints_gets_one_that_every_node_reaches() {
        let admitted = terms().admit(job(&[])).unwrap();
        let folder = admitted
            .configuration
            .get(&checkpointing::DIR)
            .unwrap()
            .unwrap();
        assert!(folder.starts_with("hdfs://ns1/user/alice/.alpheus/application_1_0001/"));
        let Work::Stream(graph) = admitted.work else {
            panic!("it was a stream");
        };
        assert_eq!(
            graph.configuration.get(checkpointing::DIR.key()),
            Some(&folder)
        );
        let own = job(&[("execution.checkpointing.dir", "hdfs:///c")]);
        let admitted = terms().admit(own).unwrap();
        let folder = admitted.configuration.get(&checkpointing::DIR).unwrap();
        assert_eq!(folder.as_deref(), Some("hdfs:///c"));
    }

    #[test]
    fn what_a_session_cannot_run_is_refused_with_a_remedy() {
        let large = job(&[("taskmanager.memory.process.size", "5 gb")]);
        assert!(refused(large).contains("lower taskmanager.memory.process.size"));
        let mut old = job(&[]);
        old.version = "0.0.0".to_owned();
        assert!(refused(old).contains("planned by version 0.0.0"));
        let mut bounded = job(&[]);
        bounded.file.work = Work::Batch(BatchScript {
            name: "a".to_owned(),
            text: String::new(),
        });
        assert!(refused(bounded).contains("yarn-application"));
        let status = |refused: Refused| RestError::from(refused).status;
        assert_eq!(status(Refused::Known(JobId(7))), StatusCode::CONFLICT);
        assert_eq!(status(Refused::Batch), StatusCode::BAD_REQUEST);
    }
}
