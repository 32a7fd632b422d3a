//! The manager with providers that do as they are told.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::hadoop::{Credentials, Token, kind};
use crate::secret::SecretBytes;

/// Gives what lies at the end of its script; the last entry over and over.
struct Scripted {
    service: &'static str,
    script: Mutex<Vec<Result<u64, ProviderError>>>,
    renewals: Option<u64>,
}

fn provider(service: &'static str, script: &[Result<u64, ProviderError>]) -> Arc<Scripted> {
    let script = Mutex::new(script.iter().rev().cloned().collect());
    Arc::new(Scripted {
        service,
        script,
        renewals: None,
    })
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn credentials(service: &str, number: u64) -> Credentials {
    let mut credentials = Credentials::new();
    credentials.add_by_service(Token {
        identifier: number.to_be_bytes().to_vec(),
        password: SecretBytes::default(),
        kind: kind::HDFS.to_owned(),
        service: service.to_owned(),
    });
    credentials
}

impl TokenProvider for Scripted {
    fn service(&self) -> &str {
        self.service
    }

    fn obtain(&self) -> ProviderFuture<'_, Obtained> {
        let mut script = self.script.lock().unwrap();
        let next = if script.len() > 1 {
            script.pop().unwrap()
        } else {
            script[0].clone()
        };
        Box::pin(std::future::ready(next.map(|end| Obtained {
            credentials: credentials(self.service, end),
            valid_until: Some(at(end)),
        })))
    }

    fn renew<'a>(&'a self, held: &'a Credentials) -> ProviderFuture<'a, SystemTime> {
        assert!(held.token(kind::HDFS, self.service).is_some());
        Box::pin(std::future::ready(
            self.renewals.map(at).ok_or(ProviderError::NotRenewable),
        ))
    }
}

fn options() -> TokenOptions {
    TokenOptions {
        ratio: 0.75,
        backoff: Duration::from_secs(3600),
        timeout: Duration::from_secs(5),
    }
}

fn number(manager: &TokenManager, service: &str) -> u64 {
    let credentials = manager.credentials();
    let token = credentials.token(kind::HDFS, service).unwrap();
    u64::from_be_bytes(token.identifier.as_slice().try_into().unwrap())
}

#[tokio::test]
async fn one_providers_failure_does_not_hurt_the_others() {
    let down = || Err(ProviderError::Failed("down".to_owned()));
    let good = provider("good", &[Ok(100), Ok(200)]);
    let bad = provider("bad", &[down(), Ok(100), down()]);
    let manager = TokenManager::new(options(), vec![good, bad], Credentials::new());
    let mut changes = manager.subscribe();
    let round = manager.obtain_due(at(0)).await;
    assert_eq!(
        (round.obtained, round.failed),
        (
            vec!["good".to_owned()],
            vec![("bad".to_owned(), "down".to_owned())]
        )
    );
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert!(manager.credentials().token(kind::HDFS, "bad").is_none());
    // The bad one is asked again before the good one is due.
    assert_eq!(manager.obtain_due(at(4)).await, Round::default());
    assert_eq!(manager.obtain_due(at(5)).await.obtained, ["bad"]);
    assert_eq!(
        (number(&manager, "good"), number(&manager, "bad")),
        (100, 100)
    );
    // Both become due; the token that is there stays when its provider fails.
    let round = manager.obtain_due(at(80)).await;
    assert_eq!(
        (round.obtained.as_slice(), round.failed.len()),
        (&["good".to_owned()][..], 1)
    );
    assert_eq!(
        (number(&manager, "good"), number(&manager, "bad")),
        (200, 100)
    );
    let bad = manager
        .status()
        .into_iter()
        .find(|status| status.service == "bad")
        .unwrap();
    assert_eq!(
        (bad.facts.failures, bad.last_error.as_deref()),
        (1, Some("down"))
    );
    assert_eq!(
        (bad.age(at(90)), bad.remaining(at(90))),
        (Some(Duration::from_secs(85)), Some(Duration::from_secs(10)))
    );
}

#[tokio::test]
async fn without_a_login_what_is_held_is_renewed() {
    let script = Mutex::new(vec![Err(ProviderError::NoLogin)]);
    let renewing = Arc::new(Scripted {
        service: "hadoopfs",
        script,
        renewals: Some(1000),
    });
    let manager = TokenManager::new(options(), vec![renewing], credentials("hadoopfs", 7));
    let round = manager.obtain_due(at(0)).await;
    assert_eq!(round.renewed, ["hadoopfs"]);
    assert_eq!(number(&manager, "hadoopfs"), 7);
    assert_eq!(manager.status()[0].next_due, Some(at(750)));
    let stuck = provider("hadoopfs", &[Err(ProviderError::NoLogin)]);
    let manager = TokenManager::new(options(), vec![stuck], credentials("hadoopfs", 7));
    let round = manager.obtain_due(at(0)).await;
    assert!(round.failed[0].1.contains("no login"), "{round:?}");
}

#[tokio::test]
async fn a_token_that_was_found_invalid_is_replaced_at_once() {
    let manager = TokenManager::new(
        options(),
        vec![provider("a", &[Ok(1000), Ok(2000)])],
        Credentials::new(),
    );
    manager.obtain_due(at(0)).await;
    assert_eq!(manager.obtain_due(at(10)).await, Round::default());
    manager.replace_soon("a");
    assert_eq!(manager.obtain_due(at(10)).await.obtained, ["a"]);
    assert_eq!(number(&manager, "a"), 2000);
    assert_eq!(manager.obtain_due(at(11)).await, Round::default());
}

#[tokio::test]
async fn the_loop_obtains_and_ends_with_the_manager() {
    let end = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + 1000;
    let manager = TokenManager::new(
        options(),
        vec![provider("a", &[Ok(end), Ok(end + 1)])],
        Credentials::new(),
    );
    let mut changes = manager.subscribe();
    let running = manager.keep_fresh();
    changes.changed().await.unwrap();
    assert_eq!(number(&manager, "a"), end);
    manager.replace_soon("a");
    changes.changed().await.unwrap();
    assert_eq!(number(&manager, "a"), end + 1);
    drop(manager);
    assert!(
        changes.changed().await.is_err(),
        "the loop has let the manager go"
    );
    running.await.unwrap();
}

/// Never answers.
struct Silent;

impl TokenProvider for Silent {
    fn service(&self) -> &str {
        "silent"
    }

    fn obtain(&self) -> ProviderFuture<'_, Obtained> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_silent_provider_is_given_up() {
    let options = TokenOptions {
        timeout: Duration::from_millis(20),
        ..options()
    };
    let manager = TokenManager::new(
        options,
        vec![Arc::new(Silent), provider("a", &[Ok(9)])],
        Credentials::new(),
    );
    let round = manager.obtain_due(at(0)).await;
    assert_eq!(round.obtained, ["a"]);
    assert!(round.failed[0].1.contains("did not answer"));
}
