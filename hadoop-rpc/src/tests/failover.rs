//! Pairs of servers, retries, and what stays the same between attempts.

use super::*;
use std::sync::Mutex;

#[tokio::test]
async fn the_standby_sends_us_on_and_we_remember() {
    let standby = scripted(|_, _| {
        now(Reply::Error(
            "org.apache.hadoop.ipc.StandbyException",
            "not me".into(),
        ))
    });
    let (one, two) = (
        start(Arc::clone(&standby)).await,
        start(scripted(|_, call| now(echo(&call)))).await,
    );
    let proxy = proxy(&[one.port, two.port]);
    for _ in 0..3 {
        proxy.call::<Text, Text>(ECHO, &text("x")).await.unwrap();
    }
    assert_eq!(standby.calls.load(Ordering::SeqCst), 1);
    assert_eq!(proxy.active().server.port, two.port);
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_passed_over() {
    let server = start(scripted(|_, call| now(echo(&call)))).await;
    let proxy = proxy(&[closed_port().await, server.port]);
    proxy.call::<Text, Text>(ECHO, &text("x")).await.unwrap();
}

#[tokio::test]
async fn a_repeated_call_keeps_its_number_and_counts() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let server = start(scripted(move |at, call| {
        log.lock().unwrap().push((
            call.header.call_id,
            call.header.client_id.clone(),
            call.header.retry_count,
        ));
        now(match at {
            0 => Reply::Hangup,
            1 => Reply::Error("org.apache.hadoop.ipc.RetriableException", "soon".into()),
            _ => echo(&call),
        })
    }))
    .await;
    proxy(&[server.port])
        .call::<Text, Text>(Method::at_most_once("echo"), &text("x"))
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    let (id, client) = (seen[0].0, seen[0].1.clone());
    let expected: Vec<_> = (0..3)
        .map(|retry| (id, client.clone(), Some(retry)))
        .collect();
    assert_eq!(*seen, expected);
}

#[tokio::test]
async fn an_unknown_outcome_is_not_repeated_unless_it_may_be() {
    let service = scripted(|_, _| now(Reply::Hangup));
    let server = start(Arc::clone(&service)).await;
    let error = proxy(&[server.port])
        .call::<Text, Text>(ECHO, &text("x"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, RpcError::Lost { sent: true, .. }),
        "{error}"
    );
    assert_eq!(service.calls.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn callers_who_wait_for_one_connection_share_its_failure() {
    let proxy = proxy(&[closed_port().await]).with_policy(RetryPolicy::NONE);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let proxy = proxy.clone();
            tokio::spawn(async move { proxy.call::<Text, Text>(ECHO, &text("x")).await })
        })
        .collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(RpcError::Connect { .. })));
    }
}

#[tokio::test]
async fn patience_ends_with_the_last_error() {
    let proxy = proxy(&[closed_port().await, closed_port().await]);
    let error = proxy
        .call::<Text, Text>(SAFE, &text("x"))
        .await
        .unwrap_err();
    assert!(matches!(error, RpcError::Connect { .. }), "{error}");
}
