//! Whether to try again, where, and when: a pure function from an error to a decision.
//!
//! The rules are those of Hadoop's `RetryPolicies.FailoverOnNetworkExceptionRetry`, by what the error says about the call:
//! it surely did not happen (no connection, a standby's refusal): go to another server; it may have happened (lost
//! connection, no answer): only if the method bears repetition; the server asks for patience: the same server again;
//! anything else is the caller's.

use crate::error::{RemoteKind, RpcError};
use crate::protocol::RetrySafety;
use std::time::Duration;

/// How patient to be.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Tries at one server after the first, when there is no other or the server asks for patience.
    pub retries: u32,
    /// Changes to another server.
    pub failovers: u32,
    /// The first pause; it doubles with each further one.
    pub base: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl RetryPolicy {
    /// Never again.
    pub const NONE: RetryPolicy = RetryPolicy {
        retries: 0,
        failovers: 0,
        base: Duration::ZERO,
        max: Duration::ZERO,
    };
}

impl Default for RetryPolicy {
    /// As HDFS clients: `dfs.client.failover.*`.
    fn default() -> Self {
        Self {
            retries: 10,
            failovers: 15,
            base: Duration::from_millis(500),
            max: Duration::from_secs(15),
        }
    }
}

/// What was tried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// Retries at the same server.
    pub retries: u32,
    /// Changes of server.
    pub failovers: u32,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decision {
    /// The same server, after a pause.
    Retry(Duration),
    /// The next server, after a pause.
    FailOver(Duration),
    /// Give the error to the caller.
    Fail,
}

/// What an error says about the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    NotHere,
    NotNow,
    Unknown,
    Final,
}

fn meaning(error: &RpcError) -> Meaning {
    match error {
        RpcError::Connect { .. } | RpcError::Lost { sent: false, .. } => Meaning::NotHere,
        RpcError::Lost { sent: true, .. } | RpcError::Timeout { .. } => Meaning::Unknown,
        RpcError::Remote { exception, .. } => match exception.kind() {
            RemoteKind::Standby => Meaning::NotHere,
            RemoteKind::Retriable => Meaning::NotNow,
            RemoteKind::InvalidToken | RemoteKind::Denied | RemoteKind::Application => {
                Meaning::Final
            }
        },
        RpcError::Authentication { .. } | RpcError::Wire { .. } | RpcError::Local(_) => {
            Meaning::Final
        }
    }
}

/// Decides. `servers` is how many there are to choose from, `chance` a number in `0.0..1.0` that spreads clients out.
pub fn decide(
    error: &RpcError,
    safety: RetrySafety,
    tried: Tried,
    servers: usize,
    policy: &RetryPolicy,
    chance: f64,
) -> Decision {
    let elsewhere = match meaning(error) {
        Meaning::Final => return Decision::Fail,
        Meaning::Unknown if safety == RetrySafety::Once => return Decision::Fail,
        Meaning::NotNow => false,
        Meaning::NotHere | Meaning::Unknown => servers > 1,
    };
    if elsewhere {
        if tried.failovers >= policy.failovers {
            return Decision::Fail;
        }
        // The first change costs nothing: the other server is probably the one.
        let pause = match tried.failovers {
            0 => Duration::ZERO,
            n => pause(policy, n, chance),
        };
        Decision::FailOver(pause)
    } else if tried.retries >= policy.retries {
        Decision::Fail
    } else {
        Decision::Retry(pause(policy, tried.retries + 1, chance))
    }
}

/// `base * 2^(n-1)`, at most `max`, between half and one and a half of it.
fn pause(policy: &RetryPolicy, n: u32, chance: f64) -> Duration {
    let doubled = policy.base.saturating_mul(1 << (n - 1).min(20));
    doubled.min(policy.max).mul_f64(0.5 + chance)
}

/// A number in `0.0..1.0`, not for secrets.
pub(crate) fn jitter() -> f64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = std::hash::RandomState::new().build_hasher();
    hasher.write_u8(0);
    (hasher.finish() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::RemoteException;
    use alpheus_hadoop_conf::hadoop::HostPort;
    use std::sync::Arc;

    fn server() -> HostPort {
        HostPort {
            host: "a".into(),
            port: 1,
        }
    }

    fn remote(class: &str) -> RpcError {
        RpcError::Remote {
            server: server(),
            exception: RemoteException::new(Some(class.into()), None, None, false),
        }
    }

    fn lost(sent: bool) -> RpcError {
        RpcError::Lost {
            server: server(),
            reason: String::new(),
            sent,
        }
    }

    fn refused() -> RpcError {
        RpcError::Connect {
            server: server(),
            source: Arc::new(std::io::ErrorKind::ConnectionRefused.into()),
        }
    }

    fn ask(error: &RpcError, safety: RetrySafety, servers: usize) -> Decision {
        decide(
            error,
            safety,
            Tried::default(),
            servers,
            &RetryPolicy::default(),
            0.5,
        )
    }

    #[test]
    fn what_did_not_happen_goes_elsewhere() {
        for error in [
            refused(),
            lost(false),
            remote("org.apache.hadoop.ipc.StandbyException"),
        ] {
            assert_eq!(
                ask(&error, RetrySafety::Once, 2),
                Decision::FailOver(Duration::ZERO)
            );
            assert_eq!(
                ask(&error, RetrySafety::Once, 1),
                Decision::Retry(Duration::from_millis(500))
            );
        }
    }

    #[test]
    fn what_may_have_happened_is_repeated_only_if_it_may() {
        assert_eq!(ask(&lost(true), RetrySafety::Once, 2), Decision::Fail);
        assert_eq!(
            ask(&lost(true), RetrySafety::AtMostOnce, 2),
            Decision::FailOver(Duration::ZERO)
        );
        assert_eq!(
            ask(&lost(true), RetrySafety::Idempotent, 2),
            Decision::FailOver(Duration::ZERO)
        );
    }

    #[test]
    fn a_server_that_asks_for_patience_gets_it() {
        let error = remote("org.apache.hadoop.ipc.RetriableException");
        assert_eq!(
            ask(&error, RetrySafety::Once, 2),
            Decision::Retry(Duration::from_millis(500))
        );
    }

    #[test]
    fn other_errors_are_final() {
        for class in [
            "org.apache.hadoop.security.token.SecretManager$InvalidToken",
            "org.apache.hadoop.security.AccessControlException",
            "java.io.FileNotFoundException",
        ] {
            assert_eq!(
                ask(&remote(class), RetrySafety::Idempotent, 2),
                Decision::Fail
            );
        }
    }

    #[test]
    fn patience_ends() {
        let policy = RetryPolicy {
            retries: 1,
            failovers: 2,
            ..RetryPolicy::default()
        };
        let tried = Tried {
            retries: 1,
            failovers: 2,
        };
        for servers in [1, 2] {
            let decision = decide(&refused(), RetrySafety::Once, tried, servers, &policy, 0.5);
            assert_eq!(decision, Decision::Fail);
        }
    }

    proptest::proptest! {
        #[test]
        fn pauses_are_bounded(n in 1u32..100, chance in 0.0f64..1.0) {
            let policy = RetryPolicy::default();
            let pause = pause(&policy, n, chance);
            proptest::prop_assert!(pause >= policy.base / 2);
            proptest::prop_assert!(pause <= policy.max * 3 / 2);
        }

        #[test]
        fn jitter_is_a_fraction(_ in 0..50) {
            proptest::prop_assert!((0.0..1.0).contains(&jitter()));
        }
    }
}
