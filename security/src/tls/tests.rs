//! Who gets a connection and who does not, over in-memory pipes.
#![allow(clippy::unwrap_used)]

use std::pin::Pin;

use openssl::ssl::{Ssl, SslContext, SslMethod, SslVerifyMode, SslVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_openssl::SslStream;

use super::*;

fn authority(name: &str) -> Authority {
    Authority::create(ApplicationName::new(name).unwrap()).unwrap()
}

fn worker(name: &str) -> Role {
    Role::worker(name).unwrap()
}

type Outcome = Result<PeerIdentity, TlsError>;

/// Connects `client` to `server`, which takes `server_takes`, and sends a word both ways. Gives what each side saw;
/// a client that was refused after its own handshake sees that in the exchange.
async fn meet(
    server: &Identity,
    server_takes: Peers,
    client: &Identity,
    client_takes: Peers,
) -> (Outcome, Outcome) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let accepting = async {
        let (mut stream, peer) = server.server(server_takes).unwrap().accept(near).await?;
        let mut word = [0u8; 4];
        stream
            .read_exact(&mut word)
            .await
            .map_err(|e| TlsError::Handshake(e.to_string()))?;
        stream
            .write_all(b"pong")
            .await
            .map_err(|e| TlsError::Handshake(e.to_string()))?;
        Ok(peer)
    };
    let connecting = async {
        let (mut stream, peer) = client.client().unwrap().connect(far, &client_takes).await?;
        let mut word = [0u8; 4];
        stream
            .write_all(b"ping")
            .await
            .map_err(|e| TlsError::Handshake(e.to_string()))?;
        stream
            .read_exact(&mut word)
            .await
            .map_err(|e| TlsError::Handshake(e.to_string()))?;
        assert_eq!(&word, b"pong");
        Ok(peer)
    };
    tokio::join!(accepting, connecting)
}

fn refusal(outcome: Outcome) -> String {
    match outcome {
        Err(TlsError::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn the_right_certificates_meet() {
    let ca = authority("job-1");
    let (am, w) = (
        ca.issue(Role::JobManager).unwrap(),
        ca.issue(worker("3")).unwrap(),
    );
    let (at_am, at_worker) = meet(&am, Peers::Workers, &w, Peers::JobManager).await;
    assert_eq!(at_am.unwrap().role, worker("3"));
    let peer = at_worker.unwrap();
    assert_eq!(
        (peer.role, peer.application.as_str()),
        (Role::JobManager, "job-1")
    );
    let other = ca.issue(worker("4")).unwrap();
    let (at_3, at_4) = meet(&w, Peers::Workers, &other, Peers::Exactly(worker("3"))).await;
    assert!(at_3.is_ok() && at_4.is_ok());
}

#[tokio::test]
async fn another_jobs_certificate_is_refused_by_both_sides() {
    let (ours, theirs) = (authority("job-1"), authority("job-1"));
    let am = ours.issue(Role::JobManager).unwrap();
    let stranger = theirs.issue(worker("3")).unwrap();
    let (_, at_client) = meet(&am, Peers::Any, &stranger, Peers::Any).await;
    assert!(refusal(at_client).contains("not of this application's authority"));
    // A client that does not look is refused by the server.
    let (at_server, _) = meet_blindly(&am, Some(&stranger)).await;
    assert!(refusal(at_server).contains("not of this application's authority"));
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let am = authority("job-1").issue(Role::JobManager).unwrap();
    let (at_server, word_came_back) = meet_blindly(&am, None).await;
    assert!(refusal(at_server).contains("no certificate"));
    assert!(!word_came_back);
}

#[tokio::test]
async fn the_wrong_role_is_refused() {
    let ca = authority("job-1");
    let am = ca.issue(Role::JobManager).unwrap();
    let client = ca.issue(Role::Client).unwrap();
    let (at_server, at_client) = meet(&am, Peers::Workers, &client, Peers::JobManager).await;
    assert!(refusal(at_server).contains("it is client of job-1, but only workers may"));
    assert!(at_client.is_err());
    // The client's side: it expected worker 4.
    let w = ca.issue(worker("3")).unwrap();
    let (_, at_client) = meet(&w, Peers::Any, &am, Peers::Exactly(worker("4"))).await;
    assert!(refusal(at_client).contains("it is worker-3 of job-1, but only worker-4"));
    // A client's certificate cannot serve.
    let (_, at_client) = meet(&client, Peers::Any, &w, Peers::Any).await;
    refusal(at_client);
}

#[tokio::test]
async fn another_application_under_the_same_authority_is_refused() {
    let ca = authority("job-1");
    let am = ca.issue(Role::JobManager).unwrap();
    let pem = ca.to_pem().unwrap();
    let other = Authority::from_pem(ApplicationName::new("job-2").unwrap(), pem.expose()).unwrap();
    let (_, at_client) = meet(
        &am,
        Peers::Any,
        &other.issue(worker("1")).unwrap(),
        Peers::Any,
    )
    .await;
    assert!(refusal(at_client).contains("it is am of job-1, but this is job-2"));
}

/// A client that verifies nothing, with or without a certificate, and at most TLS 1.2 if it has no say.
async fn meet_blindly(server: &Identity, client: Option<&Identity>) -> (Outcome, bool) {
    let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
    builder.set_verify(SslVerifyMode::NONE);
    if let Some(client) = client {
        builder.set_certificate(&client.certificate).unwrap();
        builder.set_private_key(&client.key).unwrap();
    }
    connect_with(server, builder.build()).await
}

async fn connect_with(server: &Identity, context: SslContext) -> (Outcome, bool) {
    let (near, far): (DuplexStream, DuplexStream) = tokio::io::duplex(1 << 16);
    let accepting = async {
        let (mut stream, peer) = server.server(Peers::Any).unwrap().accept(near).await?;
        let _ = stream.write_all(b"word").await;
        Ok(peer)
    };
    let connecting = async {
        let mut stream = SslStream::new(Ssl::new(&context).unwrap(), far).unwrap();
        let mut word = [0u8; 4];
        Pin::new(&mut stream).connect().await.is_ok() && stream.read_exact(&mut word).await.is_ok()
    };
    tokio::join!(accepting, connecting)
}

#[tokio::test]
async fn older_protocols_are_refused() {
    let ca = authority("job-1");
    let (am, w) = (
        ca.issue(Role::JobManager).unwrap(),
        ca.issue(worker("3")).unwrap(),
    );
    let context = |version| {
        let mut builder = SslContext::builder(SslMethod::tls()).unwrap();
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_certificate(&w.certificate).unwrap();
        builder.set_private_key(&w.key).unwrap();
        builder.build()
    };
    let (at_server, word_came_back) = connect_with(&am, context(SslVersion::TLS1_2)).await;
    assert!(at_server.is_err() && !word_came_back);
    let (at_server, word_came_back) = connect_with(&am, context(SslVersion::TLS1_3)).await;
    assert!(at_server.is_ok() && word_came_back);
}

#[tokio::test]
async fn plain_text_is_refused() {
    let am = authority("job-1").issue(Role::JobManager).unwrap();
    let (near, mut far) = tokio::io::duplex(1 << 16);
    far.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(matches!(
        am.server(Peers::Any).unwrap().accept(near).await,
        Err(TlsError::Handshake(_))
    ));
}

#[test]
fn identities_and_authorities_travel_as_pem() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("worker.pem");
    let ca = authority("application_1_0001");
    let identity = ca.issue(worker("container_1")).unwrap();
    identity.write(&path).unwrap();
    let read = Identity::read(&path).unwrap();
    assert_eq!(
        (read.role(), read.application()),
        (identity.role(), identity.application())
    );
    // Parts that do not belong together.
    let other = authority("application_1_0001")
        .issue(worker("container_1"))
        .unwrap();
    let mixed = Identity::new(
        identity.me.clone(),
        identity.certificate.clone(),
        other.key.clone(),
        other.authority.clone(),
    );
    assert!(
        Identity::from_pem(mixed.to_pem().unwrap().expose())
            .unwrap_err()
            .to_string()
            .contains("does not belong")
    );
    let foreign = Identity::new(
        identity.me.clone(),
        identity.certificate.clone(),
        identity.key.clone(),
        other.authority,
    );
    assert!(
        Identity::from_pem(foreign.to_pem().unwrap().expose())
            .unwrap_err()
            .to_string()
            .contains("another authority")
    );
    assert!(Identity::from_pem(b"rubbish").is_err());
    assert!(!format!("{identity:?}{ca:?}").contains("PRIVATE"));
}

#[test]
fn names_are_checked() {
    assert!(ApplicationName::new("a/b").is_err());
    assert!(ApplicationName::new("").is_err());
    assert!(Role::worker("3,URI:alpheus://x/am").is_err());
    for role in [Role::JobManager, Role::Client, worker("container_1_2.x")] {
        assert_eq!(role.to_string().parse(), Ok(role));
    }
    assert!("root".parse::<Role>().is_err());
}
