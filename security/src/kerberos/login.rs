//! Who this process is to Kerberos, kept fresh.
//!
//! A keytab's login has a cache of its own in memory, so that it neither touches nor needs the user's; its name
//! ([`Login::cache`]) can be given to other libraries in this process. A `kinit` login uses the user's cache where it
//! lies: it renews the ticket there as long as that can be done, and sees it when the user runs `kinit` again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::{
    KERBEROS_KEYTAB, KERBEROS_PRINCIPAL, USE_TICKET_CACHE,
};

use super::krb5::{self, Ticket};
use super::{KerberosError, NextStep, Renewability, next_step};
use crate::sasl::Qop;
use crate::sasl::gssapi::GssapiClient;
use crate::threads;

/// Where a login's tickets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginMethod {
    /// A keytab.
    Keytab(PathBuf),
    /// The user's ticket cache.
    TicketCache,
}

/// How a login is doing, for metrics and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginStatus {
    /// The ticket-granting ticket.
    pub ticket: Ticket,
    /// Failed attempts to see to it, since the last that did not fail.
    pub failures: u32,
    /// What the last of them said.
    pub last_error: Option<String>,
    last_attempt: Option<SystemTime>,
}

/// A login.
pub struct Login {
    method: LoginMethod,
    principal: String,
    cache: String,
    /// Whether the cache is this login's own.
    owned: bool,
    /// Held for writing while the cache is emptied and filled, for reading while tickets are taken from it.
    storing: Arc<RwLock<()>>,
    status: Mutex<LoginStatus>,
}

impl Login {
    /// Logs in as the options say: from the keytab, else from the ticket cache; `None` if they ask for neither.
    ///
    /// # Errors
    /// If the options contradict each other or the login fails.
    pub async fn from_options(
        configuration: &Configuration,
    ) -> Result<Option<Arc<Self>>, KerberosError> {
        let wrong = |message: String| KerberosError::Options(message);
        let keytab = configuration
            .get(&KERBEROS_KEYTAB)
            .map_err(|e| wrong(e.to_string()))?;
        let principal = configuration
            .get(&KERBEROS_PRINCIPAL)
            .map_err(|e| wrong(e.to_string()))?;
        let cache = configuration
            .get(&USE_TICKET_CACHE)
            .map_err(|e| wrong(e.to_string()))?;
        match (keytab, principal) {
            (Some(keytab), Some(principal)) => {
                Self::from_keytab(&keytab, &principal).await.map(Some)
            }
            (Some(_), None) => Err(wrong(format!(
                "{} is set, but {} is not: both or neither",
                KERBEROS_KEYTAB.key(),
                KERBEROS_PRINCIPAL.key()
            ))),
            (None, _) if cache => Self::from_ticket_cache(None).await.map(Some),
            (None, Some(_)) => Err(wrong(format!(
                "{} is set, but there is neither {} nor {}",
                KERBEROS_PRINCIPAL.key(),
                KERBEROS_KEYTAB.key(),
                USE_TICKET_CACHE.key()
            ))),
            (None, None) => Ok(None),
        }
    }

    /// Logs in from a keytab.
    ///
    /// # Errors
    /// If the keytab cannot be read, has no such key, or the KDC does not take it.
    pub async fn from_keytab(keytab: &Path, principal: &str) -> Result<Arc<Self>, KerberosError> {
        let mut random = [0u8; 8];
        openssl::rand::rand_bytes(&mut random)
            .map_err(|e| KerberosError::Options(e.to_string()))?;
        let cache = format!("MEMORY:alpheus-{:016x}", u64::from_ne_bytes(random));
        let (keytab, principal) = (keytab.to_owned(), principal.to_owned());
        let login = threads::run(move || {
            std::fs::File::open(&keytab).map_err(|e| {
                KerberosError::Options(format!("cannot read the keytab {}: {e}", keytab.display()))
            })?;
            let ticket = krb5::login_from_keytab(&keytab, &principal, &cache, || ())?;
            Ok(Self::new(LoginMethod::Keytab(keytab), cache, true, ticket))
        });
        login.await?
    }

    /// Takes over what is in a ticket cache, or in the process's default cache (`KRB5CCNAME`, krb5.conf).
    ///
    /// # Errors
    /// If there is no cache or no ticket in it.
    pub async fn from_ticket_cache(cache: Option<&str>) -> Result<Arc<Self>, KerberosError> {
        let cache = cache.map(str::to_owned);
        let login = threads::run(move || {
            let (cache, _) = krb5::cache_and_principal(cache.as_deref())?;
            let ticket = krb5::ticket_of_cache(Some(&cache))?;
            Ok(Self::new(LoginMethod::TicketCache, cache, false, ticket))
        });
        login.await?
    }

    fn new(method: LoginMethod, cache: String, owned: bool, ticket: Ticket) -> Arc<Self> {
        let principal = ticket.principal.clone();
        let status = LoginStatus {
            ticket,
            failures: 0,
            last_error: None,
            last_attempt: None,
        };
        Arc::new(Login {
            method,
            principal,
            cache,
            owned,
            storing: Arc::default(),
            status: Mutex::new(status),
        })
    }

    /// Where the tickets come from.
    #[must_use]
    pub fn method(&self) -> &LoginMethod {
        &self.method
    }

    /// Whose the login is, with its realm.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// The full name of the cache that holds the tickets.
    #[must_use]
    pub fn cache(&self) -> &str {
        &self.cache
    }

    /// How the login is doing.
    #[must_use]
    pub fn status(&self) -> LoginStatus {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, LoginStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A SASL client that authenticates this login to the service with the given principal. Protection levels that
    /// are taken, best first.
    #[must_use]
    pub fn gssapi(&self, server_principal: &str, accepted: &[Qop]) -> GssapiClient {
        GssapiClient::new(
            Some(self.cache.clone()),
            Arc::clone(&self.storing),
            server_principal,
            accepted,
        )
    }

    /// Gets a fresh ticket now: from the keytab, or by renewing; where neither can be done, looks whether the user
    /// has got one.
    ///
    /// # Errors
    /// If there is none.
    pub async fn refresh(self: &Arc<Self>) -> Result<Ticket, KerberosError> {
        let login = Arc::clone(self);
        threads::run(move || login.refresh_blocking()).await?
    }

    /// As [`Login::refresh`], for a thread that may wait.
    ///
    /// # Errors
    /// As there.
    pub fn refresh_blocking(&self) -> Result<Ticket, KerberosError> {
        let storing = || self.storing.write().unwrap_or_else(PoisonError::into_inner);
        let result = match &self.method {
            LoginMethod::Keytab(keytab) => {
                krb5::login_from_keytab(keytab, &self.principal, &self.cache, storing)
            }
            LoginMethod::TicketCache => {
                let now = SystemTime::now();
                let lying = krb5::ticket_of_cache(Some(&self.cache));
                let known = self.lock().ticket.end;
                match lying {
                    // The user was faster.
                    Ok(ticket) if ticket.end > known && ticket.end > now => Ok(ticket),
                    Ok(ticket) if ticket.end > now && ticket.renew_until.is_some() => {
                        krb5::renew(&self.cache, storing)
                    }
                    other => other,
                }
            }
        };
        let mut status = self.lock();
        status.last_attempt = Some(SystemTime::now());
        match &result {
            Ok(ticket) => {
                status.ticket = ticket.clone();
                status.failures = 0;
                status.last_error = None;
            }
            Err(error) => {
                status.failures = status.failures.saturating_add(1);
                status.last_error = Some(error.to_string());
            }
        }
        result
    }

    /// What is to be done next, at the given time.
    #[must_use]
    pub fn next_step(&self, now: SystemTime, period: Duration) -> NextStep {
        let status = self.lock();
        let ticket = &status.ticket;
        let renewability = match (&self.method, ticket.renew_until) {
            (LoginMethod::Keytab(_), _) => Renewability::Keytab,
            (LoginMethod::TicketCache, Some(until)) => Renewability::Until(until),
            (LoginMethod::TicketCache, None) => Renewability::No,
        };
        next_step(
            now,
            ticket.start,
            ticket.end,
            renewability,
            status.failures,
            status.last_attempt,
            period,
        )
    }

    /// Keeps the ticket fresh as long as somebody holds the login; `period` is how often to look at most.
    pub fn keep_fresh(self: &Arc<Self>, period: Duration) -> tokio::task::JoinHandle<()> {
        let login = Arc::downgrade(self);
        tokio::spawn(keep_fresh(login, period))
    }
}

async fn keep_fresh(login: Weak<Login>, period: Duration) {
    while let Some(held) = login.upgrade() {
        let pause = match held.next_step(SystemTime::now(), period) {
            NextStep::Wait(pause) => pause.max(Duration::from_millis(10)),
            step @ (NextStep::Login | NextStep::Renew | NextStep::Helpless(_)) => {
                let helpless = matches!(step, NextStep::Helpless(_));
                match held.refresh().await {
                    Ok(ticket) => {
                        let end = chrono::DateTime::<chrono::Utc>::from(ticket.end);
                        if !helpless {
                            tracing::info!(principal = held.principal, %end, "kerberos ticket is fresh");
                        } else if ticket.end <= SystemTime::now() {
                            tracing::warn!(principal = held.principal, %end, "kerberos ticket has expired; run kinit");
                        }
                    }
                    Err(error) => {
                        tracing::warn!(principal = held.principal, %error, "kerberos ticket was not refreshed");
                    }
                }
                if let NextStep::Helpless(pause) = step {
                    pause
                } else {
                    Duration::from_millis(10)
                }
            }
        };
        drop(held);
        tokio::time::sleep(pause).await;
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if self.owned {
            // Nobody can look at an error here, and memory is all that could be lost.
            let _ = krb5::destroy(&self.cache);
        }
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("principal", &self.principal)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
