//! A secured cluster: every way to prove who one is, every protocol, and what must be refused.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_rpc::{Identity, Protection, RpcError, Tokens};
use alpheus_hadoop_tests::application::Application;
use alpheus_hadoop_tests::*;
use alpheus_security::hadoop::{Credentials, CredentialsFormat};
use alpheus_security::kerberos::Login;
use alpheus_security::secret::SecretBytes;
use alpheus_yarn::{ApplicationFilter, ApplicationId, ExitStatus, NodeState, QueueAcl, YarnError};
use std::sync::Arc;

const RENEWER: &str = "rm/localhost@TEST.LOCAL";

#[tokio::test]
async fn a_keytab_opens_the_resource_manager() {
    let conf = conf();
    let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
    let metrics = rm.metrics().await.unwrap();
    assert!(metrics.active >= 1);
    let nodes = rm.nodes(&[NodeState::Running]).await.unwrap();
    assert_eq!(nodes.len() as u64, metrics.active);
    let host = nodes[0].id.host.as_str();
    assert!(["localhost", "nm0.alpheus.test"].contains(&host), "{host}");
    assert_eq!(nodes[0].capability.memory_mb, 8192);
    let root = rm.queue("root", true).await.unwrap().unwrap();
    let mut names: Vec<_> = root.children.iter().map(|q| q.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["default", "etl"]);
    let access = rm.queue_access().await.unwrap();
    assert!(
        access
            .iter()
            .any(|a| a.queue.ends_with("etl") && a.allowed.contains(&QueueAcl::SubmitApplications))
    );
    let kinds = rm.resource_kinds().await.unwrap();
    assert!(kinds.iter().any(|k| k.name == "memory-mb"));
    assert!(rm.node_labels().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_ticket_cache_opens_it_too() {
    let conf = conf();
    dev_cluster(&["kinit", "bob"]);
    let cache = format!("FILE:{}", dir().join("tickets/bob").display());
    let login = Login::from_ticket_cache(Some(&cache)).await.unwrap();
    let bob = Arc::new(Identity::on_cluster(&conf, "", Some(login), Tokens::default()).unwrap());
    resource_manager(&conf, bob).await.metrics().await.unwrap();
}

#[tokio::test]
async fn a_token_opens_it_without_a_ticket_and_ends_when_cancelled() {
    let conf = conf();
    let alice = resource_manager(&conf, identity(&conf, "alice").await).await;
    let token = alice.delegation_token(RENEWER).await.unwrap().unwrap();
    assert!(!token.service.is_empty());
    let by_token = resource_manager(&conf, holder(&conf, vec![token.clone()])).await;
    by_token.metrics().await.unwrap();
    // Only a ticket gets a token; only the renewer renews it.
    let error = by_token.delegation_token(RENEWER).await.unwrap_err();
    assert!(error.to_string().contains("only with kerberos"), "{error}");
    let error = alice.renew_token(&token).await.unwrap_err();
    assert!(error.to_string().contains("renew"), "{error}");
    alice.cancel_token(&token).await.unwrap();
    let late = resource_manager(&conf, holder(&conf, vec![token])).await;
    assert_invalid_token(&late.metrics().await.unwrap_err());
}

#[tokio::test]
async fn hdfs_gives_renews_and_ends_tokens() {
    let conf = conf();
    let alice = name_node(&conf, identity(&conf, "alice").await).await;
    let token = alice.delegation_token("bob").await.unwrap().unwrap();
    let bob = name_node(&conf, identity(&conf, "bob").await).await;
    let until = bob.renew_token(&token).await.unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    assert!(u128::from(until) > now.as_millis());
    alice.cancel_token(&token).await.unwrap();
    let error = bob.renew_token(&token).await.unwrap_err();
    assert!(error.is_remote("InvalidToken"), "{error}");
}

#[tokio::test]
async fn java_reads_and_uses_a_token_that_we_wrote() {
    let conf = conf();
    let alice = name_node(&conf, identity(&conf, "alice").await).await;
    let token = alice.delegation_token("alice").await.unwrap().unwrap();
    let mut credentials = Credentials::new();
    credentials.add_by_service(token);
    let file = dir().join("alice.dt");
    for format in [CredentialsFormat::Writable, CredentialsFormat::Protobuf] {
        std::fs::write(&file, credentials.encode(format).expose()).unwrap();
        let printed = dev_cluster(&["hdfs", "dtutil", "print", file.to_str().unwrap()]);
        assert!(printed.contains("HDFS_DELEGATION_TOKEN"), "{printed}");
    }
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let conf = conf();
    let alice = resource_manager(&conf, identity(&conf, "alice").await).await;
    let mut token = alice.delegation_token(RENEWER).await.unwrap().unwrap();
    token.password = SecretBytes::from(&[7; 20][..]);
    let forger = resource_manager(&conf, holder(&conf, vec![token])).await;
    let error = forger.metrics().await.unwrap_err();
    assert!(
        matches!(error, YarnError::Rpc(RpcError::Remote { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn who_has_nothing_is_told_what_to_do() {
    let conf = conf();
    let nobody = Arc::new(Identity::on_cluster(&conf, "", None, Tokens::default()).unwrap());
    let error = resource_manager(&conf, nobody)
        .await
        .metrics()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("kinit"), "{error}");
}

#[tokio::test]
async fn a_server_with_another_principal_is_not_talked_to() {
    let conf = conf_with(&[("yarn.resourcemanager.principal", "someone/_HOST@TEST.LOCAL")]);
    let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
    let error = rm.metrics().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("configuration says someone/localhost@TEST.LOCAL"),
        "{error}"
    );
}

#[tokio::test]
async fn another_protection_than_the_servers_is_an_error_that_names_both() {
    let conf = conf();
    let theirs = conf.text("hadoop.rpc.protection").unwrap().unwrap();
    let ours = if theirs == "privacy" {
        "authentication"
    } else {
        "privacy"
    };
    let mut alice = Identity::clone(&*identity(&conf, "alice").await);
    alice.protection = conf_with(&[("hadoop.rpc.protection", ours)])
        .value::<Protection>("hadoop.rpc.protection")
        .unwrap();
    let error = resource_manager(&conf, Arc::new(alice))
        .await
        .metrics()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains(&theirs) && error.contains(ours), "{error}");
}

#[tokio::test]
async fn a_web_port_is_recognized() {
    let web = conf()
        .text("yarn.resourcemanager.webapp.address")
        .unwrap()
        .unwrap();
    let conf = conf_with(&[("yarn.resourcemanager.address", &web)]);
    let error = resource_manager(&conf, identity(&conf, "alice").await)
        .await
        .metrics()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("web port") || error.to_string().contains("closed"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unknown_application_is_one() {
    let conf = conf();
    let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
    let id = ApplicationId {
        cluster_timestamp: 1,
        sequence: 1,
    };
    assert!(matches!(
        rm.report(id).await,
        Err(YarnError::ApplicationNotFound(_))
    ));
}

#[tokio::test]
async fn an_application_from_submission_to_its_logs() {
    let mut app = Application::start("alice", "etl").await;
    assert_eq!(app.registration.queue.rsplit('.').next(), Some("etl"));
    assert!(app.registration.client_token_key.is_some());
    let containers = app.containers(2).await;
    app.run(
        &containers[0],
        "echo $GREETING; id -un; test -r container_tokens",
    )
    .await;
    app.run(&containers[1], "sleep 1000").await;
    // A start whose answer was lost is repeated, and is one start.
    app.run(&containers[1], "sleep 1000").await;
    let done = app.end_of(&containers[0]).await;
    assert_eq!(done.exit, ExitStatus(0), "{}", done.diagnostics);
    // The other one runs until it is stopped.
    let (node, id) = (containers[1].node.clone(), containers[1].id);
    let statuses = app.nodes.statuses(&node, &[id]).await.unwrap();
    assert_eq!(statuses[0].1.as_ref().unwrap().id, id);
    assert!(app.nodes.stop(&node, &[id]).await.unwrap()[0].1.is_ok());
    app.ledger.release(id);
    let stopped = app.end_of(&containers[1]).await;
    assert!(
        stopped.exit.is_yarns_doing() || stopped.exit == ExitStatus(143),
        "{}",
        stopped.exit
    );
    let filter = ApplicationFilter {
        tags: vec!["a test".into()],
        users: vec!["alice".into()],
        ..ApplicationFilter::default()
    };
    let found = app.client.applications(&filter).await.unwrap();
    assert!(found.iter().any(|report| report.id == app.id));
    let id = app.id.to_string();
    app.finish().await;
    dev_cluster(&["kinit", "alice"]);
    let logs = loop {
        let logs = try_dev_cluster(&["yarn", "logs", "-applicationId", &id]);
        let text = String::from_utf8_lossy(&logs.stdout).into_owned();
        if text.contains("LogType:stdout") {
            break text;
        }
        tokio::time::sleep(POLL).await;
    };
    assert!(logs.contains("hello alice\nalice\n"), "{logs}");
}

#[tokio::test]
async fn bob_may_not_end_what_is_alices() {
    let conf = conf();
    let app = Application::start("alice", "default").await;
    let bob = resource_manager(&conf, identity(&conf, "bob").await).await;
    let error = bob.kill(app.id, None).await.unwrap_err();
    assert!(error.to_string().contains("bob"), "{error}");
    app.client
        .kill_and_wait(app.id, Some("the test is over"), POLL)
        .await
        .unwrap();
}

fn assert_invalid_token(error: &YarnError) {
    match error {
        YarnError::Rpc(rpc) => assert!(rpc.is_remote("InvalidToken"), "{rpc}"),
        other => panic!("{other}"),
    }
}
