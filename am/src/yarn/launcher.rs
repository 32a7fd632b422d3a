//! Makes the launches of workers: each gets a certificate of its own, tokens for HDFS, and is let in once.

use std::sync::PoisonError;
use std::time::Duration;

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::taskmanager;
use alpheus_security::hadoop::{Credentials, kind};
use alpheus_security::secret::SecretBytes;
use alpheus_security::tls::{Authority, Role};
use alpheus_worker::control::WorkerId;
use alpheus_yarn::{Container, ContainerLaunch};

use super::command::Launcher;
use super::settings::{self, HadoopSettings, ShippedFile};
use super::tokens::SharedTokens;
use super::{YarnApplicationError, launch};
use crate::deployment::control_server::ControlServer;
use crate::deployment::handover::{self, Succession, WorkerSettings};
use crate::endpoint::Endpoint;

/// More than a handover has, so that the buffer does not grow and leave copies of a key behind.
const HANDOVER_BYTES: usize = 1 << 16;

/// See the module's documentation.
pub struct WorkerLauncher {
    /// Issues certificates.
    pub authority: Authority,
    /// Lets workers in.
    pub server: ControlServer,
    /// The name of this node.
    pub host: String,
    /// Slots of a worker.
    pub slots: u32,
    /// Between two reports of a worker.
    pub heartbeat_interval: Duration,
    /// The job's configuration.
    pub configuration: Configuration,
    /// Files that workers get.
    pub files: Vec<ShippedFile>,
    /// Hadoop's configuration.
    pub hadoop: HadoopSettings,
    /// How workers find the next attempt of the master; `None` if there can be none.
    pub succession: Option<Succession>,
    /// The tokens of the day.
    pub tokens: SharedTokens,
}

impl WorkerLauncher {
    /// The tokens among credentials that workers may have.
    pub fn tokens_of(credentials: &Credentials) -> Credentials {
        let mut tokens = Credentials::new();
        for (alias, token) in credentials.tokens() {
            if ![
                kind::AM_RM,
                kind::NM,
                kind::CONTAINER,
                kind::CLIENT_TO_AM,
                kind::RM,
            ]
            .contains(&token.kind.as_str())
            {
                tokens.add(alias, token.clone());
            }
        }
        tokens
    }
}

impl Launcher for WorkerLauncher {
    fn launch(
        &self,
        worker: WorkerId,
        container: &Container,
    ) -> Result<ContainerLaunch, YarnApplicationError> {
        let identity = self.authority.issue(Role::worker(worker.0)?)?;
        let settings = WorkerSettings {
            worker: worker.0,
            slots: self.slots,
            control_address: format!("{}:{}", self.host, self.server.address().port()),
            parent: None,
            heartbeat_interval_ms: self.heartbeat_interval.as_millis() as u64,
            listen: Endpoint::on_cluster(
                &self.configuration,
                &taskmanager::BIND_HOST,
                self.configuration.get(&taskmanager::DATA_PORT)?,
            )?,
            host: Some(container.node.host.clone()),
            configuration: self.configuration.without_secrets(),
            succession: self.succession.clone().map(|succession| Succession {
                container: container.id.to_string(),
                ..succession
            }),
        };
        let mut written = Vec::with_capacity(HANDOVER_BYTES);
        handover::write(&mut written, &settings, &identity)?;
        let mut secrets = Credentials::new();
        secrets.add_secret(settings::WORKER, SecretBytes::new(written));
        settings::put_json(&mut secrets, settings::HADOOP, &self.hadoop)?;
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        let launch = launch::worker(
            container.id,
            &self.configuration,
            &self.files,
            &tokens,
            secrets,
        )?;
        self.server.expect(worker);
        Ok(launch)
    }

    fn forget(&self, worker: WorkerId) {
        self.server.forget(worker);
    }
}
