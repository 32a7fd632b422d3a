//! Tickets and tokens that live for a minute at most: what takes a week elsewhere.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::*;
use alpheus_yarn::YarnError;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn a_keytab_outlives_five_tickets() {
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
    while ends.len() < 6 {
        rm.metrics().await.unwrap();
        let end = login.status().ticket.end;
        if ends.last() != Some(&end) {
            ends.push(end);
        }
        // Longer than a connection lives unused, so that each call authenticates anew.
        tokio::time::sleep(Duration::from_secs(11)).await;
    }
    fresh.abort();
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
        tokio::time::sleep(Duration::from_secs(11)).await;
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
