//! The tokens that an application was given and cannot obtain itself: those of its submission, and those that its owner
//! pushes later.
//!
//! The ResourceManager renews the ones of the submission up to their last date. It never hears of pushed ones, so these end at
//! their first renewal date, which the pusher knows.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use alpheus_hadoop::providers::{HADOOP_FS, LIBRARY_MARGIN};
use alpheus_security::hadoop::{Credentials, Identifier};
use alpheus_security::tokens::{Obtained, ProviderFuture, TokenProvider};

/// See the module's documentation.
pub struct GivenTokens(Mutex<Obtained>);

impl GivenTokens {
    /// The tokens of the submission.
    pub fn of_submission(credentials: Credentials) -> Self {
        let valid_until = last_use(&credentials);
        GivenTokens(Mutex::new(Obtained {
            credentials,
            valid_until,
        }))
    }

    /// Tokens that were pushed to an earlier attempt; `until` is when the first of them ends.
    pub fn pushed(credentials: Credentials, until: SystemTime) -> Self {
        GivenTokens(Mutex::new(Obtained {
            credentials,
            valid_until: Some(until),
        }))
    }

    /// Puts others in their place; `until` is when the first of them ends.
    pub fn replace(&self, credentials: Credentials, until: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Obtained {
            credentials,
            valid_until: Some(until),
        };
    }

    /// When the first of the tokens ends for good; `None` where there are none.
    pub fn valid_until(&self) -> Option<SystemTime> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.valid_until
    }
}

impl TokenProvider for GivenTokens {
    fn service(&self) -> &str {
        HADOOP_FS
    }

    fn obtain(&self) -> ProviderFuture<'_, Obtained> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(std::future::ready(Ok(held.clone())))
    }
}

/// When the first of these tokens is shown to a NameNode for the last time.
pub fn last_use(credentials: &Credentials) -> Option<SystemTime> {
    let dates = credentials
        .tokens()
        .filter_map(|(_, token)| match token.decode_identifier() {
            Ok(Identifier::Delegation(identifier)) => u64::try_from(identifier.max_date).ok(),
            _ => None,
        });
    let first = SystemTime::UNIX_EPOCH + Duration::from_millis(dates.min()?);
    first.checked_sub(LIBRARY_MARGIN)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_security::hadoop::{DelegationTokenIdentifier, Token, kind};
    use alpheus_security::secret::SecretBytes;

    fn tokens(last_date_ms: &[i64]) -> Credentials {
        let mut credentials = Credentials::new();
        for max_date in last_date_ms {
            let identifier = DelegationTokenIdentifier {
                max_date: *max_date,
                ..DelegationTokenIdentifier::default()
            };
            credentials.add(
                max_date.to_string(),
                Token {
                    identifier: identifier.to_writable(),
                    password: SecretBytes::from(&b"x"[..]),
                    kind: kind::HDFS.to_owned(),
                    service: String::new(),
                },
            );
        }
        credentials
    }

    #[test]
    fn the_first_token_that_ends_counts_until_others_are_pushed() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let given = GivenTokens::of_submission(tokens(&[200_000, 100_000]));
        assert_eq!(given.valid_until(), Some(at(40)));
        given.replace(tokens(&[900_000]), at(300));
        assert_eq!(given.valid_until(), Some(at(300)));
        let none = GivenTokens::of_submission(Credentials::new());
        assert_eq!(none.valid_until(), None);
    }
}
