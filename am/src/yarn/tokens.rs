//! Tokens that do not run out.
//!
//! With a keytab the master obtains new ones in good time (`security.delegation.tokens.renewal.time-ratio`), uses them
//! itself, puts them into the launches of later containers and sends them to the workers that run. Without one, the tokens
//! of the submission live as long as the ResourceManager can renew them; the user is told when that is over, from the start
//! and again as the time comes near, and can push others (`alpheus token push`), which go the same way and are kept for a later attempt of the master.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alpheus_dataflow::ids::JobId;
use alpheus_hadoop::Hadoop;
use alpheus_hadoop::providers::{HADOOP_FS, Renewer, Wanted, token_manager};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::options::security::{KERBEROS_KEYTAB, TOKENS_RETRY_BACKOFF};
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Identifier, Token, kind};
use alpheus_security::tokens::{TokenManager, TokenOptions, TokenProvider};
use alpheus_storage::{Location, file_system_for};
use alpheus_worker::control::FreshTokens;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::application::Attempt;
use super::container::{ContainerEnvironment, named_tokens};
use super::given_tokens::GivenTokens;
use super::launcher::WorkerLauncher;
use super::settings::HadoopSettings;
use super::{YarnApplicationError, kept_tokens};
use crate::event::{Event, EventSender};

/// Whose workers get fresh tokens: the jobs that run. Clones are one list.
#[derive(Clone, Default)]
pub struct TokenListeners(Arc<Mutex<BTreeMap<JobId, EventSender>>>);

impl TokenListeners {
    /// A job starts.
    pub fn add(&self, job: JobId, events: EventSender) {
        self.lock().insert(job, events);
    }

    /// A job has ended.
    pub fn remove(&self, job: JobId) {
        self.lock().remove(&job);
    }

    fn tell(&self, tokens: &FreshTokens) {
        for events in self.lock().values() {
            events.send(Event::Tokens(tokens.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<JobId, EventSender>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tokens that new containers get.
pub type SharedTokens = Arc<RwLock<Credentials>>;

/// Keeps the tokens of an application fresh as long as it is held.
pub struct TokenKeeper {
    origin: Origin,
    name_spaces: Vec<String>,
}

/// Where new tokens come from.
enum Origin {
    /// A cluster without security has none.
    Nowhere,
    /// This process obtains them; empty until it has logged in.
    Keytab { _held: Arc<Mutex<Option<Manager>>> },
    /// From the owner's hands alone.
    Given(Given),
}

struct Given {
    tokens: Arc<GivenTokens>,
    manager: Arc<TokenManager>,
    pushed: Arc<Notify>,
    /// One push after the other.
    turn: tokio::sync::Mutex<()>,
    /// Where pushed tokens are kept for a later attempt.
    staging: Option<Location>,
}

/// The login, which its tokens need, and the manager.
pub(super) type Manager = (Arc<Hadoop>, Arc<TokenManager>);

/// How an application's access to HDFS stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AccessStatus {
    /// `none` (no security), `keytab` (never ends), or `tokens`.
    pub origin: String,
    /// When the access ends unless tokens are pushed, ms since 1970; `None`: never.
    pub valid_until: Option<u64>,
    /// The HDFS name spaces that tokens are for.
    pub name_spaces: Vec<String>,
}

/// Why pushed tokens are not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushRefused {
    /// There is a keytab.
    #[error("the application has a keytab and obtains its tokens itself")]
    Keytab,
    /// There is no security.
    #[error("the cluster has no security, and so no tokens")]
    Insecure,
    /// They are over.
    #[error("the pushed tokens have ended already")]
    Ended,
    /// Something that the application needs is not among them.
    #[error("there is no HDFS token for {0} among the pushed ones, which this application needs")]
    Missing(String),
    /// Somebody else's.
    #[error("the pushed tokens are {pushed}'s, and the application is {owner}'s")]
    Stranger {
        /// Whose they are.
        pushed: String,
        /// Whose they must be.
        owner: String,
    },
}

/// Logs in from the keytab, if there is one; done before the job starts, so that a keytab or a KDC that is of no use is found
/// out at once. An attempt that follows another goes on without: the tasks run.
///
/// # Errors
/// With the remedy.
pub(super) fn log_in(
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

/// Begins to keep the tokens of an application fresh, with the login if there is one.
///
/// # Errors
/// When an option is wrong.
pub(super) fn keep(
    attempt: &Attempt,
    configuration: &Configuration,
    manager: Option<Manager>,
    shared: SharedTokens,
    listeners: TokenListeners,
) -> Result<TokenKeeper, YarnApplicationError> {
    let destination = Destination {
        container: attempt.container.clone(),
        conf: attempt.hadoop.conf(),
        name_spaces: attempt.hadoop.name_spaces.clone(),
        shared,
        listeners,
    };
    let runtime = &attempt.runtime;
    let origin = if !attempt.conf.is_secure()? {
        Origin::Nowhere
    } else if configuration.get(&KERBEROS_KEYTAB)?.is_none() {
        let tokens = WorkerLauncher::tokens_of(&attempt.credentials);
        let tokens = match attempt.pushed_until {
            Some(until) => GivenTokens::pushed(tokens, until),
            None => GivenTokens::of_submission(tokens),
        };
        // Who runs as the only attempt has nobody to keep them for.
        let staging = match attempt.settings.attempts {
            0..=1 => None,
            _ => Some(attempt.settings.staging.parse()?),
        };
        match given(tokens, staging, configuration)? {
            Some(given) => {
                runtime.block_on(given.manager.obtain_due(SystemTime::now()));
                spread(&given.manager, destination, runtime);
                let (tokens, pushed) = (Arc::clone(&given.tokens), Arc::clone(&given.pushed));
                runtime.spawn(warn_ahead(tokens, pushed));
                Origin::Given(given)
            }
            None => Origin::Nowhere,
        }
    } else {
        let held = Arc::new(Mutex::new(None));
        let keep_fresh = {
            let (held, runtime) = (Arc::clone(&held), runtime.clone());
            move |manager: Manager, destination: Destination| {
                spread(&manager.1, destination, &runtime);
                let _in_runtime = runtime.enter();
                drop(manager.1.keep_fresh());
                *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(manager);
            }
        };
        match manager {
            Some(manager) => keep_fresh(manager, destination),
            None => {
                let again = LogInAgain {
                    hadoop: attempt.hadoop.clone(),
                    configuration: configuration.clone(),
                    wanted: wanted(attempt),
                    pause: configuration.get(&TOKENS_RETRY_BACKOFF)?.min(LONGEST_PAUSE),
                };
                let held = Arc::downgrade(&held);
                runtime.spawn_blocking(move || {
                    // Nobody holds it any more: the job is over.
                    if let Some(manager) = again.run(|| held.strong_count() > 0) {
                        keep_fresh(manager, destination);
                    }
                });
            }
        }
        Origin::Keytab { _held: held }
    };
    Ok(TokenKeeper {
        origin,
        name_spaces: attempt.hadoop.name_spaces.clone(),
    })
}

fn given(
    tokens: GivenTokens,
    staging: Option<Location>,
    configuration: &Configuration,
) -> Result<Option<Given>, YarnApplicationError> {
    let Some(options) = TokenOptions::from_configuration(configuration)? else {
        return Ok(None);
    };
    let given = Arc::new(tokens);
    let provider = Arc::clone(&given) as Arc<dyn TokenProvider>;
    Ok(Some(Given {
        tokens: given,
        manager: TokenManager::new(options, vec![provider], Credentials::new()),
        pushed: Arc::new(Notify::new()),
        turn: tokio::sync::Mutex::new(()),
        staging,
    }))
}

/// The longest pause between two attempts to log in.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

struct LogInAgain {
    hadoop: HadoopSettings,
    configuration: Configuration,
    wanted: Wanted,
    pause: Duration,
}

impl LogInAgain {
    fn run(&self, wanted: impl Fn() -> bool) -> Option<Manager> {
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

impl TokenKeeper {
    /// How the application's access stands.
    pub fn status(&self) -> AccessStatus {
        let (origin, end) = match &self.origin {
            Origin::Nowhere => ("none", None),
            Origin::Keytab { .. } => ("keytab", None),
            Origin::Given(given) => ("tokens", given.tokens.valid_until()),
        };
        let ms = |end: SystemTime| {
            let since = end.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        };
        AccessStatus {
            origin: origin.to_owned(),
            valid_until: end.map(ms),
            name_spaces: self.name_spaces.clone(),
        }
    }

    /// Takes tokens that are pushed; `until` is when the first of them ends.
    ///
    /// # Errors
    /// When they are of no use.
    pub async fn push(&self, tokens: Credentials, until: SystemTime) -> Result<(), PushRefused> {
        let given = match &self.origin {
            Origin::Nowhere => return Err(PushRefused::Insecure),
            Origin::Keytab { .. } => return Err(PushRefused::Keytab),
            Origin::Given(given) => given,
        };
        let tokens = WorkerLauncher::tokens_of(&tokens);
        let now = SystemTime::now();
        fits(&given.manager.credentials(), &tokens)?;
        if until <= now {
            return Err(PushRefused::Ended);
        }
        let _turn = given.turn.lock().await;
        given.tokens.replace(tokens.clone(), until);
        given.manager.replace_soon(HADOOP_FS);
        given.manager.obtain_due(now).await;
        given.pushed.notify_one();
        if let Some(staging) = given.staging.clone() {
            let kept =
                tokio::task::spawn_blocking(move || keep_for_successor(&staging, &(tokens, until)));
            let _ = kept.await;
        }
        Ok(())
    }
}

fn keep_for_successor(staging: &Location, kept: &kept_tokens::Kept) {
    let done = file_system_for(staging)
        .map_err(YarnApplicationError::from)
        .and_then(|fs| kept_tokens::keep(&*fs, staging, kept));
    if let Err(error) = done {
        tracing::warn!(%error, "a later attempt of the master will not find the pushed tokens");
    }
}

/// Whether new tokens can take the place of those that are held.
fn fits(held: &Credentials, new: &Credentials) -> Result<(), PushRefused> {
    let owner = |token: &Token| match token.decode_identifier() {
        Ok(Identifier::Delegation(identifier)) => Some(identifier.owner),
        _ => None,
    };
    for token in held.of_kind(kind::HDFS) {
        let found = new
            .of_kind(kind::HDFS)
            .find(|other| other.service == token.service)
            .ok_or_else(|| PushRefused::Missing(token.service.clone()))?;
        if let (Some(pushed), Some(owner)) = (owner(found), owner(token))
            && pushed != owner
        {
            return Err(PushRefused::Stranger { pushed, owner });
        }
    }
    Ok(())
}

/// Where fresh tokens go.
struct Destination {
    container: ContainerEnvironment,
    conf: HadoopConf,
    name_spaces: Vec<String>,
    shared: SharedTokens,
    listeners: TokenListeners,
}

/// Passes on what the manager publishes, as long as it does.
fn spread(manager: &Arc<TokenManager>, destination: Destination, runtime: &Handle) {
    let mut published = manager.subscribe();
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
        self.listeners.tell(&FreshTokens(bytes.expose().to_vec()));
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }
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

/// Tells the user when the job will lose its access, again and again as it comes near, and anew when tokens were pushed.
async fn warn_ahead(tokens: Arc<GivenTokens>, pushed: Arc<Notify>) {
    while let Some(end) = tokens.valid_until() {
        let Ok(left) = end.duration_since(SystemTime::now()) else {
            tracing::error!(
                "the job's tokens have ended: it has lost its access to HDFS; run kinit and `alpheus token push`"
            );
            pushed.notified().await;
            continue;
        };
        tracing::warn!(
            seconds_left = left.as_secs(),
            "without a keytab this job loses its access to HDFS when its tokens end: before that run kinit and \
             `alpheus token push`, or stop it with a savepoint and submit it with security.kerberos.login.keytab"
        );
        let pause = until_next_warning(left).max(Duration::from_secs(1));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = pushed.notified() => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_security::hadoop::DelegationTokenIdentifier;
    use alpheus_security::secret::SecretBytes;

    #[test]
    fn warnings_come_more_often_as_the_end_comes_near() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        assert_eq!(until_next_warning(hours(7 * 24)), hours(5 * 24));
        assert_eq!(until_next_warning(hours(48)), hours(24));
        assert_eq!(until_next_warning(hours(20)), hours(1));
        assert_eq!(until_next_warning(hours(1)), hours(1) / 2);
    }

    fn credentials(of: &[(&str, &str)]) -> Credentials {
        let mut credentials = Credentials::new();
        for (owner, service) in of {
            let identifier = DelegationTokenIdentifier {
                owner: (*owner).to_owned(),
                max_date: i64::MAX / 2,
                ..DelegationTokenIdentifier::default()
            };
            credentials.add_by_service(Token {
                identifier: identifier.to_writable(),
                password: SecretBytes::from(&b"x"[..]),
                kind: kind::HDFS.to_owned(),
                service: (*service).to_owned(),
            });
        }
        credentials
    }

    #[tokio::test]
    async fn pushed_tokens_must_be_the_owners_for_every_name_space_and_alive() {
        let held = credentials(&[("alice", "nn1:1"), ("alice", "nn2:1")]);
        let tokens = GivenTokens::of_submission(held.clone());
        let given = given(tokens, None, &Configuration::new()).unwrap().unwrap();
        given.manager.obtain_due(SystemTime::now()).await;
        let manager = Arc::clone(&given.manager);
        let keeper = TokenKeeper {
            origin: Origin::Given(given),
            name_spaces: Vec::new(),
        };
        let soon = SystemTime::now() + Duration::from_secs(60);
        let other = credentials(&[("alice", "nn1:1"), ("bob", "nn2:1")]);
        let few = credentials(&[("alice", "nn1:1")]);
        assert_eq!(
            keeper.push(few, soon).await,
            Err(PushRefused::Missing("nn2:1".to_owned()))
        );
        let stranger = keeper.push(other, soon).await;
        assert!(matches!(stranger, Err(PushRefused::Stranger { .. })));
        let ended = keeper.push(held.clone(), UNIX_EPOCH).await;
        assert_eq!(ended, Err(PushRefused::Ended));
        let more = credentials(&[("alice", "nn1:1"), ("alice", "nn2:1"), ("alice", "nn3:1")]);
        keeper.push(more.clone(), soon).await.unwrap();
        assert_eq!(*manager.credentials(), more);
        let shown = keeper.status();
        assert_eq!(shown.origin, "tokens");
        assert!(shown.valid_until.is_some());
    }

    #[tokio::test]
    async fn whoever_has_a_keytab_needs_no_push() {
        for (origin, refused) in [
            (Origin::Nowhere, PushRefused::Insecure),
            (
                Origin::Keytab {
                    _held: Arc::default(),
                },
                PushRefused::Keytab,
            ),
        ] {
            let keeper = TokenKeeper {
                origin,
                name_spaces: Vec::new(),
            };
            let pushed = keeper.push(Credentials::new(), SystemTime::now()).await;
            assert_eq!(pushed, Err(refused));
            assert_eq!(keeper.status().valid_until, None);
        }
    }
}
