//! Tokens that do not run out.
//!
//! With a keytab the master obtains new ones in good time (`security.delegation.tokens.renewal.time-ratio`), uses them
//! itself, puts them into the launches of later containers and sends them to the workers that run. Without one, tokens
//! live as long as the ResourceManager can renew them; the user is told when that is over, from the start and again as
//! the time comes near.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use alpheus_hadoop::Hadoop;
use alpheus_hadoop::providers::{Renewer, Wanted, token_manager};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::options::security::KERBEROS_KEYTAB;
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Identifier};
use alpheus_security::tokens::TokenManager;
use alpheus_worker::control::FreshTokens;
use tokio::runtime::Handle;

use super::application::Attempt;
use super::container::{ContainerEnvironment, named_tokens};
use super::launcher::WorkerLauncher;
use crate::event::{Event, EventSender};

/// The tokens that new containers get.
pub type SharedTokens = Arc<RwLock<Credentials>>;

/// Keeps tokens fresh as long as it is held.
pub struct TokenKeeper {
    _manager: Option<Manager>,
}

/// The login, which its tokens need, and the manager.
type Manager = (Arc<Hadoop>, Arc<TokenManager>);

/// Where fresh tokens go.
struct Destination {
    container: ContainerEnvironment,
    conf: HadoopConf,
    name_spaces: Vec<String>,
    shared: SharedTokens,
    events: EventSender,
}

/// Begins to keep the tokens of an application fresh. That it cannot is said in the log; the job runs on what it has.
pub(super) fn keep(
    attempt: &Attempt,
    configuration: &Configuration,
    shared: SharedTokens,
    events: EventSender,
) -> TokenKeeper {
    let none = TokenKeeper { _manager: None };
    let secure = attempt.conf.is_secure().unwrap_or_default();
    let keytab = configuration.get(&KERBEROS_KEYTAB).ok().flatten();
    match (secure, keytab) {
        (false, _) => none,
        (true, None) => {
            attempt
                .runtime
                .spawn(warn_ahead(ends(&attempt.credentials)));
            none
        }
        (true, Some(_)) => {
            let destination = Destination {
                container: attempt.container.clone(),
                conf: attempt.hadoop.conf(),
                name_spaces: attempt.hadoop.name_spaces.clone(),
                shared,
                events,
            };
            match with_keytab(attempt, configuration, destination) {
                Ok(manager) => TokenKeeper { _manager: manager },
                Err(reason) => {
                    tracing::error!(reason, "tokens are not replaced and end when they end");
                    attempt
                        .runtime
                        .spawn(warn_ahead(ends(&attempt.credentials)));
                    none
                }
            }
        }
    }
}

fn with_keytab(
    attempt: &Attempt,
    configuration: &Configuration,
    destination: Destination,
) -> Result<Option<Manager>, String> {
    let hadoop =
        Hadoop::with_conf(attempt.hadoop.conf(), configuration).map_err(|e| e.to_string())?;
    let wanted = Wanted {
        renewer: Renewer::ResourceManager,
        authorities: attempt.hadoop.name_spaces.clone(),
        resource_manager: false,
        initial: WorkerLauncher::tokens_of(&attempt.credentials),
    };
    let manager = token_manager(&hadoop, configuration, &wanted).map_err(|e| e.to_string())?;
    let Some(manager) = manager else {
        return Ok(None);
    };
    spread(&manager, destination, &attempt.runtime);
    Ok(Some((hadoop, manager)))
}

/// Passes on what the manager publishes, as long as it does.
fn spread(manager: &Arc<TokenManager>, destination: Destination, runtime: &Handle) {
    let mut published = manager.subscribe();
    let _in_runtime = runtime.enter();
    drop(manager.keep_fresh());
    runtime.spawn(async move {
        while published.changed().await.is_ok() {
            let tokens = WorkerLauncher::tokens_of(&published.borrow_and_update());
            destination.take(tokens);
        }
    });
}

impl Destination {
    fn take(&self, tokens: Credentials) {
        let named = named_tokens(&tokens, &self.conf, &self.name_spaces);
        if let Err(error) = named.and_then(|named| self.container.keep(&named)) {
            tracing::error!(%error, "this process cannot use its new tokens");
        }
        let bytes = tokens.encode(CredentialsFormat::Writable);
        self.events
            .send(Event::Tokens(FreshTokens(bytes.expose().to_vec())));
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }
}

/// When the first of the tokens ends for good.
fn ends(credentials: &Credentials) -> Option<SystemTime> {
    let dates = credentials
        .tokens()
        .filter_map(|(_, token)| match token.decode_identifier() {
            Ok(Identifier::Delegation(identifier)) => u64::try_from(identifier.max_date).ok(),
            _ => None,
        });
    let first = dates.min()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(first))
}

/// How long to wait for the next warning: at a quarter, a tenth and so on of the time that is left, at least each hour of
/// the last day.
fn until_next_warning(left: Duration) -> Duration {
    const DAY: Duration = Duration::from_secs(24 * 3600);
    match left {
        left if left > 4 * DAY => left - 2 * DAY,
        left if left > DAY => left - DAY,
        left => (left / 2).min(Duration::from_secs(3600)),
    }
}

/// Tells the user when the job will lose its access, again and again as it comes near.
async fn warn_ahead(end: Option<SystemTime>) {
    let Some(end) = end else {
        return;
    };
    loop {
        let Ok(left) = end.duration_since(SystemTime::now()) else {
            tracing::error!("the job's tokens have ended: it has lost its access to HDFS");
            return;
        };
        tracing::warn!(
            hours_left = left.as_secs() / 3600,
            "without a keytab this job loses its access to HDFS when its tokens end for good: stop it with a savepoint \
             before, or submit it with security.kerberos.login.keytab"
        );
        tokio::time::sleep(until_next_warning(left).max(Duration::from_secs(1))).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_more_often_as_the_end_comes_near() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        assert_eq!(until_next_warning(hours(7 * 24)), hours(5 * 24));
        assert_eq!(until_next_warning(hours(48)), hours(24));
        assert_eq!(until_next_warning(hours(20)), hours(1));
        assert_eq!(until_next_warning(hours(1)), hours(1) / 2);
    }
}
