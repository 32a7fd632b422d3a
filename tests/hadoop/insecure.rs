//! A cluster without security: masters and NodeManagers still insist on tokens.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::application::Application;
use alpheus_hadoop_tests::*;
use alpheus_yarn::ExitStatus;

#[tokio::test]
async fn our_word_is_enough() {
    let conf = conf();
    let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
    assert!(rm.metrics().await.unwrap().active >= 1);
    assert_eq!(
        name_node(&conf, identity(&conf, "alice").await)
            .await
            .delegation_token("x")
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn an_application_runs() {
    let mut app = Application::start("alice", "default").await;
    assert!(app.registration.client_token_key.is_none());
    let containers = app.containers(1).await;
    app.run(&containers[0], "exit 3").await;
    assert_eq!(app.end_of(&containers[0]).await.exit, ExitStatus(3));
    app.finish().await;
}

#[tokio::test]
async fn a_secured_client_does_not_talk_to_an_insecure_cluster_unless_allowed() {
    use alpheus_hadoop_rpc::{Identity, Tokens};
    let secure = conf_with(&[("hadoop.security.authentication", "kerberos")]);
    let strict =
        std::sync::Arc::new(Identity::on_cluster(&secure, "", None, Tokens::default()).unwrap());
    let error = resource_manager(&secure, strict)
        .await
        .metrics()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("fallback-to-simple-auth-allowed"),
        "{error}"
    );
}
