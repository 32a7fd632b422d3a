//! What a service must be able to do to have its tokens managed.

use std::future::Future;
use std::pin::Pin;
use std::time::SystemTime;

use crate::hadoop::Credentials;

/// A provider's answer, which may take its time.
pub type ProviderFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// Tokens of one service.
#[derive(Clone, Debug, Default)]
pub struct Obtained {
    /// The tokens, by alias.
    pub credentials: Credentials,
    /// When the first of them ends (its next renewal date, not its last); `None` if nobody can say.
    pub valid_until: Option<SystemTime>,
}

/// Why there are no tokens.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// There is no login with which tokens could be obtained.
    #[error("there is no login to obtain tokens with; give a keytab or run kinit")]
    NoLogin,
    /// Tokens of this service cannot be renewed.
    #[error("tokens of this service cannot be renewed")]
    NotRenewable,
    /// The service did not answer in time.
    #[error("the service did not answer within {0} s")]
    Timeout(u64),
    /// The service refused or could not be reached.
    #[error("{0}")]
    Failed(String),
}

/// A service whose tokens are managed.
pub trait TokenProvider: Send + Sync {
    /// The service's name in options and metrics: `hadoopfs`, `yarn`, `kafka`.
    fn service(&self) -> &str;

    /// Obtains new tokens.
    fn obtain(&self) -> ProviderFuture<'_, Obtained>;

    /// Renews the tokens of this service among those that are held; gives the date until which they are then valid.
    fn renew<'a>(&'a self, held: &'a Credentials) -> ProviderFuture<'a, SystemTime> {
        let _ = held;
        Box::pin(std::future::ready(Err(ProviderError::NotRenewable)))
    }
}
