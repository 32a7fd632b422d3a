//! What all services that issue delegation tokens have in common, and when a token of theirs ends.
//!
//! A token is valid until its next renewal date, which only the service knows, and only renewing tells. Where somebody else
//! renews (YARN), a second token shows it: one that this process may renew itself, and cancels at once. (Flink:
//! `HadoopFSDelegationTokenProvider.getTokenRenewalInterval`.)

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alpheus_hadoop_rpc::NameNode;
use alpheus_security::hadoop::{DelegationTokenIdentifier, Identifier, Token};
use alpheus_yarn::ResourceManager;

use crate::HadoopError;

/// The HDFS library (`hdfs-native`) does not show a token in the last minute before its last date.
pub const LIBRARY_MARGIN: Duration = Duration::from_secs(60);

/// A service that issues tokens.
pub(super) trait Issuer: Sync {
    /// How long before its last date a token is of no use any more to those who are given it.
    const USELESS_AT_END: Duration;

    /// A new token; `None` without security.
    fn issue(
        &self,
        renewer: &str,
    ) -> impl Future<Output = Result<Option<Token>, HadoopError>> + Send;
    /// Makes it live on; until when, ms since 1970.
    fn renew(&self, token: &Token) -> impl Future<Output = Result<u64, HadoopError>> + Send;
    /// Ends it.
    fn cancel(&self, token: &Token) -> impl Future<Output = Result<(), HadoopError>> + Send;
}

impl Issuer for NameNode {
    const USELESS_AT_END: Duration = LIBRARY_MARGIN;

    async fn issue(&self, renewer: &str) -> Result<Option<Token>, HadoopError> {
        Ok(self.delegation_token(renewer).await?)
    }

    async fn renew(&self, token: &Token) -> Result<u64, HadoopError> {
        Ok(self.renew_token(token).await?)
    }

    async fn cancel(&self, token: &Token) -> Result<(), HadoopError> {
        Ok(self.cancel_token(token).await?)
    }
}

impl Issuer for ResourceManager {
    const USELESS_AT_END: Duration = Duration::ZERO;

    async fn issue(&self, renewer: &str) -> Result<Option<Token>, HadoopError> {
        Ok(self.delegation_token(renewer).await?)
    }

    async fn renew(&self, token: &Token) -> Result<u64, HadoopError> {
        Ok(self.renew_token(token).await?)
    }

    async fn cancel(&self, token: &Token) -> Result<(), HadoopError> {
        Ok(self.cancel_token(token).await?)
    }
}

/// How long tokens of one service live without renewal, once it is known.
#[derive(Debug, Default)]
pub(super) struct Interval(Mutex<Option<Duration>>);

impl Interval {
    fn known(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, interval: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(interval);
    }
}

/// A new token and until when it is valid; `None` without security.
pub(super) async fn obtain<I: Issuer>(
    issuer: &I,
    renewer: &str,
    own: &str,
    interval: &Interval,
) -> Result<Option<(Token, SystemTime)>, HadoopError> {
    let Some(token) = issuer.issue(renewer).await? else {
        return Ok(None);
    };
    let Identifier::Delegation(identifier) = token.decode_identifier()? else {
        return Ok(None);
    };
    let interval = match interval.known() {
        Some(known) => known,
        None => {
            let learned = learn(issuer, own).await?;
            interval.learn(learned);
            learned
        }
    };
    let end = end_of(&identifier, interval, I::USELESS_AT_END);
    Ok(Some((token, end)))
}

async fn learn(issuer: &impl Issuer, own: &str) -> Result<Duration, HadoopError> {
    /// What Hadoop's own default is, for services that say nothing.
    const DAY: Duration = Duration::from_secs(86_400);
    let Some(probe) = issuer.issue(own).await? else {
        return Ok(DAY);
    };
    let end = issuer.renew(&probe).await?;
    if let Err(error) = issuer.cancel(&probe).await {
        // It ends by itself.
        tracing::debug!(%error, "a token that was asked for its life could not be cancelled");
    }
    let Identifier::Delegation(identifier) = probe.decode_identifier()? else {
        return Ok(DAY);
    };
    let issued = u64::try_from(identifier.issue_date).unwrap_or_default();
    Ok(Duration::from_millis(end.saturating_sub(issued)))
}

/// When a token ends: at its next renewal date, but never later than `margin` before its last. A token that lives no
/// longer than the margin counts as if there were none: whoever can use it may.
fn end_of(
    identifier: &DelegationTokenIdentifier,
    interval: Duration,
    margin: Duration,
) -> SystemTime {
    let (issued, last) = (at(identifier.issue_date), at(identifier.max_date));
    let usable = last
        .checked_sub(margin)
        .filter(|end| *end > issued)
        .unwrap_or(last);
    (issued + interval).min(usable)
}

fn at(ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use alpheus_security::hadoop::kind;
    use alpheus_security::secret::SecretBytes;

    use super::*;

    /// Issues tokens at time 1000 s that live 60 s, twice that with renewal.
    #[derive(Default)]
    struct Fake {
        issued: AtomicU32,
        cancelled: AtomicU32,
    }

    impl Issuer for Fake {
        const USELESS_AT_END: Duration = LIBRARY_MARGIN;

        async fn issue(&self, renewer: &str) -> Result<Option<Token>, HadoopError> {
            let identifier = DelegationTokenIdentifier {
                renewer: renewer.to_owned(),
                issue_date: 1_000_000,
                max_date: 1_120_000,
                sequence_number: self.issued.fetch_add(1, Ordering::SeqCst) as i32,
                ..DelegationTokenIdentifier::default()
            };
            Ok(Some(Token {
                identifier: identifier.to_writable(),
                password: SecretBytes::from(&b"x"[..]),
                kind: kind::HDFS.to_owned(),
                service: "nn:1".to_owned(),
            }))
        }

        async fn renew(&self, token: &Token) -> Result<u64, HadoopError> {
            let Identifier::Delegation(identifier) = token.decode_identifier()? else {
                panic!("not ours")
            };
            assert_eq!(identifier.renewer, "alice", "only the renewer may");
            Ok(1_060_000)
        }

        async fn cancel(&self, _token: &Token) -> Result<(), HadoopError> {
            self.cancelled.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_interval_is_learned_once_and_the_probe_does_not_stay() {
        let (fake, interval) = (Fake::default(), Interval::default());
        for _ in 0..2 {
            let (token, end) = obtain(&fake, "rm", "alice", &interval)
                .await
                .unwrap()
                .unwrap();
            let Identifier::Delegation(identifier) = token.decode_identifier().unwrap() else {
                panic!("not ours")
            };
            assert_eq!(identifier.renewer, "rm");
            assert_eq!(end, UNIX_EPOCH + Duration::from_secs(1060));
        }
        assert_eq!(fake.issued.load(Ordering::SeqCst), 3);
        assert_eq!(fake.cancelled.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn no_token_outlives_its_last_date() {
        let lives = |seconds: i64| DelegationTokenIdentifier {
            issue_date: 0,
            max_date: 1000 * seconds,
            ..DelegationTokenIdentifier::default()
        };
        let (day, minute) = (Duration::from_secs(86_400), LIBRARY_MARGIN);
        let end = |seconds, margin| {
            let end = end_of(&lives(seconds), day, margin);
            end.duration_since(UNIX_EPOCH).unwrap().as_secs()
        };
        assert_eq!(end(5, Duration::ZERO), 5);
        // Nobody shows it in its last minute.
        assert_eq!(end(90, minute), 30);
        assert_eq!(end(60, minute), 60);
    }
}
