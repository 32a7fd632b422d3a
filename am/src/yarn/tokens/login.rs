//! The master's login from a keytab, and who obtains tokens with it.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::Hadoop;
use alpheus_hadoop::providers::{Renewer, Wanted, token_manager};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::options::security::{KERBEROS_KEYTAB, TOKENS_RETRY_BACKOFF};
use alpheus_security::tokens::TokenManager;

use crate::yarn::YarnApplicationError;
use crate::yarn::application::Attempt;
use crate::yarn::launcher::WorkerLauncher;
use crate::yarn::settings::HadoopSettings;

/// The login, which its tokens need, and the manager.
pub(in crate::yarn) type Manager = (Arc<Hadoop>, Arc<TokenManager>);

/// Logs in from the keytab, if there is one; done before the job starts, so that a keytab or a KDC that is of no use is found
/// out at once. An attempt that follows another goes on without: the tasks run.
///
/// # Errors
/// With the remedy.
pub(in crate::yarn) fn log_in(
    attempt: &Attempt,
    configuration: &Configuration,
) -> Result<Option<Manager>, YarnApplicationError> {
    if !attempt.conf.is_secure()? || configuration.get(&KERBEROS_KEYTAB)?.is_none() {
        return Ok(None);
    }
    let (conf, wanted) = (attempt.hadoop.conf(), wanted(attempt));
    match manager_of(conf, configuration, &wanted) {
        Ok(manager) => Ok(manager),
        Err(reason) if attempt.number() > 1 => {
            tracing::error!(reason, "no login yet; it is tried again");
            Ok(None)
        }
        Err(reason) => Err(YarnApplicationError::Login(reason)),
    }
}

fn wanted(attempt: &Attempt) -> Wanted {
    Wanted {
        renewer: Renewer::ResourceManager,
        authorities: attempt.hadoop.name_spaces.clone(),
        resource_manager: false,
        initial: WorkerLauncher::tokens_of(&attempt.credentials),
    }
}

fn manager_of(
    conf: HadoopConf,
    configuration: &Configuration,
    wanted: &Wanted,
) -> Result<Option<Manager>, String> {
    let hadoop = Hadoop::with_conf(conf, configuration).map_err(|e| e.to_string())?;
    let manager = token_manager(&hadoop, configuration, wanted).map_err(|e| e.to_string())?;
    Ok(manager.map(|manager| (hadoop, manager)))
}

/// The longest pause between two attempts to log in.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A login that did not work yet.
pub(super) struct LogInAgain {
    hadoop: HadoopSettings,
    configuration: Configuration,
    wanted: Wanted,
    pause: Duration,
}

impl LogInAgain {
    /// The login of an attempt.
    ///
    /// # Errors
    /// When an option is wrong.
    pub fn of(
        attempt: &Attempt,
        configuration: &Configuration,
    ) -> Result<Self, YarnApplicationError> {
        Ok(LogInAgain {
            hadoop: attempt.hadoop.clone(),
            configuration: configuration.clone(),
            wanted: wanted(attempt),
            pause: configuration.get(&TOKENS_RETRY_BACKOFF)?.min(LONGEST_PAUSE),
        })
    }

    /// Tries until it works, or it is not wanted any more. Blocks.
    pub fn run(&self, wanted: impl Fn() -> bool) -> Option<Manager> {
        while wanted() {
            std::thread::sleep(self.pause);
            match manager_of(self.hadoop.conf(), &self.configuration, &self.wanted) {
                Ok(manager) => return manager,
                Err(reason) => tracing::warn!(reason, "no login yet; it is tried again"),
            }
        }
        None
    }
}
