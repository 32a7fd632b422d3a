//! The manager: asks providers when they are due, and publishes what they give.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use alpheus_hadoop_conf::options::security::{
    TOKEN_PROVIDER_ENABLED, TOKENS_ENABLED, TOKENS_RENEWAL_RATIO, TOKENS_RETRY_BACKOFF,
};
use alpheus_hadoop_conf::{ConfigError, Configuration};
use tokio::sync::{Notify, watch};

use super::{Facts, Obtained, ProviderError, TokenProvider, next_due};
use crate::hadoop::Credentials;

/// How tokens are managed.
#[derive(Clone, Debug)]
pub struct TokenOptions {
    /// Part of a token's life after which it is replaced.
    pub ratio: f64,
    /// Pause after a failure.
    pub backoff: Duration,
    /// Longest wait for a provider.
    pub timeout: Duration,
}

impl TokenOptions {
    /// As the configuration says; `None` if tokens are not to be managed at all.
    ///
    /// # Errors
    /// If an option is wrong.
    pub fn from_configuration(configuration: &Configuration) -> Result<Option<Self>, ConfigError> {
        if !configuration.get(&TOKENS_ENABLED)? {
            return Ok(None);
        }
        Ok(Some(TokenOptions {
            ratio: configuration.get(&TOKENS_RENEWAL_RATIO)?,
            backoff: configuration.get(&TOKENS_RETRY_BACKOFF)?,
            timeout: Duration::from_secs(120),
        }))
    }

    /// Whether the provider of a service is wanted.
    ///
    /// # Errors
    /// If its option is wrong.
    pub fn is_enabled(configuration: &Configuration, service: &str) -> Result<bool, ConfigError> {
        configuration.get_named(&TOKEN_PROVIDER_ENABLED, service)
    }
}

/// How one provider is doing, for metrics and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenStatus {
    /// The service.
    pub service: String,
    /// What is known of it.
    pub facts: Facts,
    /// What the last failure said.
    pub last_error: Option<String>,
    /// When it is asked next.
    pub next_due: Option<SystemTime>,
}

impl TokenStatus {
    /// How old the tokens are.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        self.facts
            .obtained_at
            .map(|at| now.duration_since(at).unwrap_or_default())
    }

    /// How long the tokens still live; zero if they have ended.
    #[must_use]
    pub fn remaining(&self, now: SystemTime) -> Option<Duration> {
        self.facts
            .valid_until
            .map(|end| end.duration_since(now).unwrap_or_default())
    }
}

/// What came of asking those that were due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The services that gave new tokens.
    pub obtained: Vec<String>,
    /// The services whose tokens were renewed.
    pub renewed: Vec<String>,
    /// The services that failed, and why.
    pub failed: Vec<(String, String)>,
}

/// Manages the tokens of a process.
pub struct TokenManager {
    options: TokenOptions,
    providers: Vec<Arc<dyn TokenProvider>>,
    /// What the process was given at its start.
    initial: Credentials,
    state: Mutex<BTreeMap<String, ServiceState>>,
    published: watch::Sender<Arc<Credentials>>,
    /// Wakes the loop when something has become due, or the manager has gone.
    wake: Arc<Notify>,
}

#[derive(Clone, Default)]
struct ServiceState {
    facts: Facts,
    last_error: Option<String>,
    credentials: Credentials,
    /// To be asked at once, whatever the schedule says.
    urgent: bool,
}

/// What one provider answered.
enum Answer {
    Obtained(Obtained),
    Renewed(SystemTime),
    Failed(ProviderError),
}

impl TokenManager {
    /// A manager of the given providers. `initial` are tokens that the process was given (by YARN).
    #[must_use]
    pub fn new(
        options: TokenOptions,
        providers: Vec<Arc<dyn TokenProvider>>,
        initial: Credentials,
    ) -> Arc<Self> {
        let state = providers
            .iter()
            .map(|p| (p.service().to_owned(), ServiceState::default()))
            .collect();
        let (published, _) = watch::channel(Arc::new(initial.clone()));
        let (state, wake) = (Mutex::new(state), Arc::new(Notify::new()));
        let manager = Arc::new(TokenManager {
            options,
            providers,
            initial,
            state,
            published,
            wake,
        });
        super::watch::note(&manager);
        manager
    }

    fn state(&self) -> MutexGuard<'_, BTreeMap<String, ServiceState>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens as they are now.
    #[must_use]
    pub fn credentials(&self) -> Arc<Credentials> {
        Arc::clone(&self.published.borrow())
    }

    /// The tokens whenever they change.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Credentials>> {
        self.published.subscribe()
    }

    /// How each provider is doing.
    #[must_use]
    pub fn status(&self) -> Vec<TokenStatus> {
        let now = SystemTime::now();
        let status = |(service, state): (&String, &ServiceState)| TokenStatus {
            service: service.clone(),
            facts: state.facts,
            last_error: state.last_error.clone(),
            next_due: self.due(state, now),
        };
        self.state().iter().map(status).collect()
    }

    fn due(&self, state: &ServiceState, now: SystemTime) -> Option<SystemTime> {
        if state.urgent {
            Some(now)
        } else {
            next_due(&state.facts, now, self.options.ratio, self.options.backoff)
        }
    }

    /// Has a service's tokens replaced soon: one of them was found to be invalid.
    pub fn replace_soon(&self, service: &str) {
        if let Some(state) = self.state().get_mut(service) {
            state.urgent = true;
        }
        self.wake.notify_one();
    }

    /// Asks all providers that are due at a time, all at once, and publishes the tokens if there are new ones.
    pub async fn obtain_due(&self, now: SystemTime) -> Round {
        let due: Vec<(Arc<dyn TokenProvider>, Credentials)> = {
            let mut state = self.state();
            let mut due = Vec::new();
            for provider in &self.providers {
                let Some(of_service) = state.get_mut(provider.service()) else {
                    continue;
                };
                if self.due(of_service, now).is_some_and(|at| at <= now) {
                    of_service.urgent = false;
                    let mut held = self.initial.clone();
                    held.merge(of_service.credentials.clone());
                    due.push((Arc::clone(provider), held));
                }
            }
            due
        };
        let mut asked = tokio::task::JoinSet::new();
        for (provider, held) in due {
            let timeout = self.options.timeout;
            asked.spawn(async move {
                let answer = ask(&*provider, &held, timeout).await;
                (provider.service().to_owned(), answer)
            });
        }
        let mut round = Round::default();
        while let Some(joined) = asked.join_next().await {
            // A provider that panicked keeps its facts and is asked again; the log has its panic.
            if let Ok((service, answer)) = joined {
                self.note(&service, answer, now, &mut round);
            }
        }
        if !round.obtained.is_empty() {
            self.publish();
        }
        round.obtained.sort();
        round.renewed.sort();
        round.failed.sort();
        round
    }

    fn note(&self, service: &str, answer: Answer, now: SystemTime, round: &mut Round) {
        let mut state = self.state();
        let Some(state) = state.get_mut(service) else {
            return;
        };
        state.facts.last_attempt = Some(now);
        match answer {
            Answer::Obtained(Obtained {
                credentials,
                valid_until,
            }) => {
                state.credentials = credentials;
                state.facts = Facts {
                    obtained_at: Some(now),
                    valid_until,
                    failures: 0,
                    last_attempt: Some(now),
                };
                state.last_error = None;
                round.obtained.push(service.to_owned());
            }
            Answer::Renewed(valid_until) => {
                let obtained_at = Some(now);
                state.facts = Facts {
                    obtained_at,
                    valid_until: Some(valid_until),
                    failures: 0,
                    last_attempt: Some(now),
                };
                state.last_error = None;
                round.renewed.push(service.to_owned());
            }
            Answer::Failed(error) => {
                let error = error.to_string();
                state.facts.failures = state.facts.failures.saturating_add(1);
                state.last_error = Some(error.clone());
                round.failed.push((service.to_owned(), error));
            }
        }
    }

    fn publish(&self) {
        let mut all = self.initial.clone();
        for state in self.state().values() {
            all.merge(state.credentials.clone());
        }
        self.published.send_replace(Arc::new(all));
    }

    /// Asks providers as they become due, as long as somebody holds the manager.
    pub fn keep_fresh(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        tokio::spawn(keep_fresh(Arc::downgrade(self)))
    }

    /// When the next provider is due.
    fn next_due(&self, now: SystemTime) -> Option<SystemTime> {
        self.state()
            .values()
            .filter_map(|state| self.due(state, now))
            .min()
    }
}

/// Asks one provider for new tokens, and if there is no login for that, to renew those that are held.
async fn ask(provider: &dyn TokenProvider, held: &Credentials, timeout: Duration) -> Answer {
    let late = || Answer::Failed(ProviderError::Timeout(timeout.as_secs()));
    match tokio::time::timeout(timeout, provider.obtain()).await {
        Err(_) => late(),
        Ok(Ok(obtained)) => Answer::Obtained(obtained),
        Ok(Err(ProviderError::NoLogin)) if !held.is_empty() => {
            match tokio::time::timeout(timeout, provider.renew(held)).await {
                Err(_) => late(),
                Ok(Ok(valid_until)) => Answer::Renewed(valid_until),
                Ok(Err(ProviderError::NotRenewable)) => Answer::Failed(ProviderError::NoLogin),
                Ok(Err(error)) => Answer::Failed(error),
            }
        }
        Ok(Err(error)) => Answer::Failed(error),
    }
}

async fn keep_fresh(manager: Weak<TokenManager>) {
    /// Clocks are set: the loop looks at the time at least so often.
    const LOOK_UP: Duration = Duration::from_secs(60);
    while let Some(held) = manager.upgrade() {
        let now = SystemTime::now();
        let pause = match held.next_due(now) {
            Some(due) if due <= now => {
                let round = held.obtain_due(now).await;
                for service in &round.obtained {
                    tracing::info!(service, "delegation tokens obtained");
                }
                for service in &round.renewed {
                    tracing::info!(service, "delegation tokens renewed");
                }
                for (service, error) in &round.failed {
                    let status = held
                        .status()
                        .into_iter()
                        .find(|status| status.service == *service);
                    let end = status.and_then(|status| status.facts.valid_until);
                    let end =
                        end.map(|end| chrono::DateTime::<chrono::Utc>::from(end).to_rfc3339());
                    let end = end.as_deref().unwrap_or("unknown");
                    tracing::warn!(
                        service,
                        error,
                        end,
                        "delegation tokens were not obtained; those held end then"
                    );
                }
                Duration::ZERO
            }
            Some(due) => due.duration_since(now).unwrap_or_default().min(LOOK_UP),
            None => LOOK_UP,
        };
        if pause.is_zero() {
            continue;
        }
        let wake = Arc::clone(&held.wake);
        drop(held);
        tokio::select! {
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Drop for TokenManager {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}
