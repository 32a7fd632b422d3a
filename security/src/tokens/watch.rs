//! The managers of this process, for whoever shows how they are doing.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{TokenManager, TokenStatus};

static MANAGERS: Mutex<Vec<Weak<TokenManager>>> = Mutex::new(Vec::new());

/// Notes a manager. It is forgotten when nobody holds it any more.
pub(super) fn note(manager: &Arc<TokenManager>) {
    let mut managers = MANAGERS.lock().unwrap_or_else(PoisonError::into_inner);
    managers.retain(|manager| manager.strong_count() > 0);
    managers.push(Arc::downgrade(manager));
}

/// How the providers of all managers in this process are doing; most processes have one manager or none.
#[must_use]
pub fn statuses() -> Vec<TokenStatus> {
    let managers = MANAGERS.lock().unwrap_or_else(PoisonError::into_inner);
    let live = managers.iter().filter_map(Weak::upgrade);
    live.flat_map(|manager| manager.status()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hadoop::Credentials;
    use crate::tokens::{Obtained, ProviderFuture, TokenOptions, TokenProvider};

    struct Nothing;

    impl TokenProvider for Nothing {
        fn service(&self) -> &str {
            "watched"
        }

        fn obtain(&self) -> ProviderFuture<'_, Obtained> {
            Box::pin(std::future::ready(Ok(Obtained::default())))
        }
    }

    #[test]
    fn a_manager_is_seen_as_long_as_it_lives() {
        let seen = || statuses().iter().any(|status| status.service == "watched");
        let options = TokenOptions {
            ratio: 0.75,
            backoff: Duration::from_secs(1),
            timeout: Duration::from_secs(1),
        };
        let manager = TokenManager::new(options, vec![Arc::new(Nothing)], Credentials::new());
        assert!(seen());
        drop(manager);
        assert!(!seen());
    }
}
