//! What an attempt of the master does for its jobs, whether it has one or several: the login and the tokens, the
//! application's authority, the audit log, the REST API.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::{security, yarn as options};
use alpheus_security::audit::AuditLog;
use alpheus_security::rest_token::RestToken;
use alpheus_security::tls::{ApplicationName, Authority, Peers, Role};
use alpheus_yarn::AccessLists;
use axum::Router;
use tokio::sync::mpsc::UnboundedSender;

use super::application::Attempt;
use super::blame::Blacklisting;
use super::command::{Command, Pace};
use super::container::ContainerEnvironment;
use super::launcher::WorkerLauncher;
use super::settings;
use super::tokens::{self, SharedTokens, TokenKeeper, TokenListeners};
use super::{YarnApplicationError, pages, rest, succession};
use crate::job_directory::JobDirectory;
use crate::job_master::WorkerNumbers;
use crate::rest::RestServer;

/// See the module's documentation.
pub(super) struct Services {
    /// The attempt.
    pub attempt: Attempt,
    /// The application's configuration.
    pub configuration: Configuration,
    /// Who is told of what was allowed and refused.
    pub audit: Arc<AuditLog>,
    /// To the loop that speaks to YARN.
    pub commands: UnboundedSender<Command>,
    /// The tokens that new containers get.
    pub tokens: SharedTokens,
    /// Whose workers get fresh ones.
    pub fresh: TokenListeners,
    /// Of the workers that this attempt starts.
    pub numbers: WorkerNumbers,
    keeper: Arc<TokenKeeper>,
}

impl Services {
    /// Logs in and begins to keep tokens fresh.
    ///
    /// # Errors
    /// When an option is wrong or the login of no use.
    pub fn start(
        attempt: Attempt,
        configuration: Configuration,
        commands: UnboundedSender<Command>,
    ) -> Result<Self, YarnApplicationError> {
        let manager = tokens::log_in(&attempt, &configuration)?;
        let audit = Arc::new(audit_log(&configuration, &attempt.container)?);
        let idle = configuration.get(&options::HEARTBEAT_INTERVAL)?;
        let pace = Pace {
            idle_interval: Duration::from_secs(u64::from(idle)),
            busy_interval: configuration.get(&options::HEARTBEAT_CONTAINER_REQUEST_INTERVAL)?,
            blacklisting: Blacklisting::of(&configuration)?,
        };
        // The loop lives as long as there are senders.
        let _ = commands.send(Command::Pace(pace));
        let shared: SharedTokens =
            Arc::new(RwLock::new(WorkerLauncher::tokens_of(&attempt.credentials)));
        let fresh = TokenListeners::default();
        let keeper = tokens::keep(
            &attempt,
            &configuration,
            manager,
            Arc::clone(&shared),
            fresh.clone(),
        )?;
        Ok(Services {
            numbers: WorkerNumbers::from(succession::first_worker(attempt.number())),
            attempt,
            configuration,
            audit,
            commands,
            tokens: shared,
            fresh,
            keeper: Arc::new(keeper),
        })
    }

    /// The application's authority.
    ///
    /// # Errors
    /// When the launch context did not bring it.
    pub fn authority(&self) -> Result<Authority, YarnApplicationError> {
        let application = self.attempt.container.id.attempt.application.to_string();
        let pem = settings::secret(&self.attempt.credentials, settings::AUTHORITY)?;
        let name = ApplicationName::new(&application)?;
        Ok(Authority::from_pem(name, pem.expose())?)
    }

    /// Serves the jobs of a directory to their owner, who comes directly, and to others through YARN's proxy: each with what
    /// is for them beside Flink's paths.
    ///
    /// # Errors
    /// When Hadoop's configuration is not usable or a listener is not.
    pub fn serve(
        &self,
        jobs: &JobDirectory,
        access: &AccessLists,
        (for_owner, for_others): (Router, Router),
    ) -> Result<[RestServer; 2], YarnApplicationError> {
        let attempt = &self.attempt;
        let (direct, proxied) = (attempt.direct.try_clone()?, attempt.pages.try_clone()?);
        let judged_by = pages::access(
            &attempt.conf,
            &attempt.container,
            &attempt.settings.owner,
            access,
            &self.audit,
            proxied.local_addr()?.port(),
        )?;
        let token = settings::secret(&attempt.credentials, settings::REST)?;
        let token = RestToken::from_bytes(token.expose())
            .ok_or(YarnApplicationError::Credentials(settings::REST))?;
        let identity = self.authority()?.issue(Role::JobManager)?;
        Ok([
            RestServer::direct(
                jobs.clone(),
                rest::to_act_on(Arc::clone(&self.keeper)).merge(for_owner),
                (token, Arc::clone(&self.audit)),
                direct,
                identity.server(Peers::Exactly(Role::Client))?,
                &self.configuration,
                &attempt.runtime,
            )?,
            RestServer::proxied(
                jobs.clone(),
                rest::to_look_at(Arc::clone(&self.keeper)).merge(for_others),
                judged_by,
                proxied,
                &self.configuration,
                &attempt.runtime,
            )?,
        ])
    }
}

fn audit_log(
    configuration: &Configuration,
    container: &ContainerEnvironment,
) -> Result<AuditLog, YarnApplicationError> {
    match configuration.get(&security::AUDIT_FILE)? {
        None => Ok(AuditLog::log_only()),
        // A path means something on the client's machine; here the file lies with the logs, where YARN collects it.
        Some(path) => {
            let path = container.log_dir.join(path.file_name().unwrap_or_default());
            AuditLog::with_file(&path).map_err(|error| std::io::Error::other(error).into())
        }
    }
}
