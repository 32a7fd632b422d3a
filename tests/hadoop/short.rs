//! Tickets and tokens that live for a minute at most: what takes a week elsewhere.
//!
//! `ALPHEUS_LIFETIMES` says how many lifetimes are lived through; five take five minutes.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_rpc::Tokens;
use alpheus_hadoop_tests::renewed::alice_and_tokens;
use alpheus_hadoop_tests::*;
use alpheus_security::hadoop::{Credentials, Identifier, Token, kind};
use alpheus_yarn::YarnError;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Longer than a connection lives unused, so that each call authenticates anew.
const PAUSE: Duration = Duration::from_secs(11);
/// What tokens and tickets live here.
const LIFE: Duration = Duration::from_secs(60);

fn lifetimes() -> u32 {
    let set = std::env::var("ALPHEUS_LIFETIMES").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(5)
}

#[tokio::test]
async fn a_keytab_outlives_its_tickets() {
    let conf = conf();
    let login = login("alice").await;
    let fresh = login.keep_fresh(Duration::from_secs(1));
    let identity = alpheus_hadoop_rpc::Identity::on_cluster(
        &conf,
        "",
        Some(Arc::clone(&login)),
        Default::default(),
    )
    .unwrap();
    let rm = resource_manager(&conf, Arc::new(identity)).await;
    let mut ends = vec![login.status().ticket.end];
    while ends.len() <= lifetimes() as usize {
        rm.metrics().await.unwrap();
        let end = login.status().ticket.end;
        if ends.last() != Some(&end) {
            ends.push(end);
        }
        tokio::time::sleep(PAUSE).await;
    }
    fresh.abort();
}

/// A manager with a keytab obtains tokens for somebody who has nothing else, and replaces them before they end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gets_new_tokens_outlives_them() {
    let (_hadoop, manager) = tokio::task::spawn_blocking(alice_and_tokens).await.unwrap();
    let round = manager.obtain_due(SystemTime::now()).await;
    assert_eq!(round.obtained, ["hadoopfs", "yarn"], "{:?}", round.failed);
    for status in manager.status() {
        let remaining = status.remaining(SystemTime::now()).unwrap();
        assert!(remaining <= LIFE / 2, "{status:?}: the renewal date counts");
    }
    let looked_after = manager.keep_fresh();

    // The other side: nothing but the tokens that come.
    let all = |credentials: &Credentials| -> Vec<Token> {
        let tokens = credentials.tokens();
        tokens.map(|(_, token)| token.clone()).collect()
    };
    let conf = conf();
    let tokens = Tokens::new(all(&manager.credentials()));
    let mut updates = manager.subscribe();
    let exchanged = tokio::spawn({
        let tokens = tokens.clone();
        async move {
            while updates.changed().await.is_ok() {
                tokens.replace(all(&updates.borrow().clone()));
            }
        }
    });
    let protection = alpheus_hadoop_rpc::Protection::from_conf(&conf).unwrap();
    let identity = Arc::new(alpheus_hadoop_rpc::Identity::with_tokens(
        tokens, protection,
    ));
    let rm = resource_manager(&conf, Arc::clone(&identity) as Arc<_>).await;
    let nn = name_node(&conf, identity).await;
    let began = Instant::now();
    let mut numbers = BTreeSet::new();
    while began.elapsed() < LIFE * lifetimes() {
        rm.metrics().await.unwrap();
        nn.server_defaults().await.unwrap();
        for token in manager.credentials().of_kind(kind::HDFS) {
            if let Identifier::Delegation(identifier) = token.decode_identifier().unwrap() {
                numbers.insert(identifier.sequence_number);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    // Tokens end after half a minute without renewal, and are replaced after three quarters of that.
    assert!(
        numbers.len() >= 2 * lifetimes() as usize,
        "only {} tokens",
        numbers.len()
    );
    looked_after.abort();
    exchanged.abort();
}

#[tokio::test]
async fn an_expired_token_is_refused_by_name() {
    let conf = conf();
    let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
    let token = rm
        .delegation_token("rm/localhost@TEST.LOCAL")
        .await
        .unwrap()
        .unwrap();
    let by_token = resource_manager(&conf, holder(&conf, vec![token])).await;
    by_token.metrics().await.unwrap();
    let limit = SystemTime::now() + Duration::from_secs(120);
    loop {
        tokio::time::sleep(PAUSE).await;
        match by_token.metrics().await {
            Ok(_) => assert!(SystemTime::now() < limit, "the token never ended"),
            Err(YarnError::Rpc(error)) => {
                assert!(error.is_remote("InvalidToken"), "{error}");
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
