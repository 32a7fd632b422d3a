//! Tokens that do not run out.
//!
//! With a keytab the master obtains new ones in good time (`security.delegation.tokens.renewal.time-ratio`), uses them
//! itself, puts them into the launches of later containers and sends them to the workers that run. Without one, the tokens
//! of the submission live as long as the ResourceManager can renew them; the user is told when that is over, from the start
//! and again as the time comes near, and can push others (`alpheus token push`), which go the same way and are kept for a later attempt of the master.
//!
//! - [`login`]: the login from a keytab.
//! - [`pushing`]: tokens that the owner pushes; [`warnings`]: that it is time to.
//! - [`spreading`]: where fresh tokens go.

mod login;
mod pushing;
mod spreading;
mod warnings;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::KERBEROS_KEYTAB;
use serde::{Deserialize, Serialize};

pub(super) use self::login::log_in;
use self::login::{LogInAgain, Manager};
pub use self::pushing::PushRefused;
use self::pushing::{Given, given};
use self::spreading::{Destination, spread};
pub use self::spreading::{SharedTokens, TokenListeners};
use self::warnings::warn_ahead;
use super::YarnApplicationError;
use super::application::Attempt;
use super::given_tokens::GivenTokens;
use super::launcher::WorkerLauncher;

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
                let again = LogInAgain::of(attempt, configuration)?;
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
}
