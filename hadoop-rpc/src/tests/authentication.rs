//! Offers, choices, proofs, sealing.

use super::mechanisms::{Holder, offer};
use super::*;
use crate::wire::messages::SaslAuth;
use alpheus_security::sasl::Qop;

async fn secured(offers: Vec<SaslAuth>) -> Server {
    let service = Arc::new(Scripted {
        script: |_, call: Received| {
            // Who the server thinks we are comes back as the answer's second half.
            let user = call
                .context
                .user_info
                .clone()
                .unwrap_or_default()
                .effective_user
                .unwrap_or_default();
            let asked: Text = prost::Message::decode(&call.request[..]).unwrap();
            now(Reply::Success(prost::Message::encode_to_vec(&text(
                &format!("{}|{user}", asked.text.unwrap()),
            ))))
        },
        calls: AtomicUsize::new(0),
        offers,
    });
    start(service).await
}

fn both() -> Vec<SaslAuth> {
    vec![offer("TOKEN", "DIGEST-MD5"), offer("KERBEROS", "GSSAPI")]
}

async fn ask(server: &Server, holder: Holder, words: &str) -> Result<String, RpcError> {
    let proxy = proxy_with(config(), &[server.port], Arc::new(holder));
    let answer: Text = proxy.call(ECHO, &text(words)).await?;
    Ok(answer.text.unwrap())
}

#[tokio::test]
async fn a_token_comes_before_a_ticket_and_brings_no_name() {
    let server = secured(both()).await;
    let holder = Holder::new(Some("secret"), Some(1), Qop::Auth);
    assert_eq!(ask(&server, holder, "hi").await.unwrap(), "hi|");
}

#[tokio::test]
async fn sealed_frames_span_pieces() {
    let server = secured(both()).await;
    let long = "x".repeat(1000);
    let holder = Holder::new(None, Some(7), Qop::Confidentiality);
    assert_eq!(
        ask(&server, holder, &long).await.unwrap(),
        format!("{long}|alice@TEST")
    );
}

#[tokio::test]
async fn many_calls_at_once_pass_at_every_protection_level() {
    let server = secured(both()).await;
    for qop in [Qop::Auth, Qop::Integrity, Qop::Confidentiality] {
        let proxy = proxy_with(
            config(),
            &[server.port],
            Arc::new(Holder::new(Some("secret"), None, qop)),
        );
        let calls: Vec<_> = (0..50)
            .map(|n| {
                let proxy = proxy.clone();
                tokio::spawn(
                    async move { proxy.call::<Text, Text>(ECHO, &text(&n.to_string())).await },
                )
            })
            .collect();
        for (n, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await.unwrap().unwrap(), text(&format!("{n}|")));
        }
    }
}

#[tokio::test]
async fn a_foreign_token_is_refused_by_the_server() {
    let server = secured(both()).await;
    let error = ask(&server, Holder::new(Some("foreign"), None, Qop::Auth), "hi")
        .await
        .unwrap_err();
    assert!(
        error.is_remote("javax.security.sasl.SaslException"),
        "{error}"
    );
}

#[tokio::test]
async fn a_refused_ticket_is_refreshed() {
    let server = secured(both()).await;
    let holder = Holder::new(None, Some(1), Qop::Auth);
    assert_eq!(ask(&server, holder, "hi").await.unwrap(), "hi|alice@TEST");
}

#[tokio::test]
async fn nothing_to_show_names_what_is_wanted() {
    let server = secured(both()).await;
    let error = ask(&server, Holder::new(None, None, Qop::Auth), "hi")
        .await
        .unwrap_err();
    assert!(matches!(error, RpcError::Authentication { .. }), "{error}");
    assert!(error.to_string().contains("kinit"), "{error}");
}

#[tokio::test]
async fn a_stranger_is_not_talked_to() {
    let strangers = [("evil", "localhost"), ("echo", "elsewhere")];
    for (service, host) in strangers {
        let mut stranger = offer("KERBEROS", "GSSAPI");
        stranger.protocol = Some(service.into());
        stranger.server_id = Some(host.into());
        let server = secured(vec![stranger]).await;
        let error = ask(&server, Holder::new(None, Some(7), Qop::Auth), "hi")
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("configuration says echo/localhost@TEST"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_insecure_server_is_refused_unless_that_is_allowed() {
    let server = secured(Vec::new()).await;
    let strict = Holder::new(None, Some(7), Qop::Auth);
    let error = ask(&server, strict, "hi").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("fallback-to-simple-auth-allowed"),
        "{error}"
    );
    for offers in [Vec::new(), vec![offer("SIMPLE", "")]] {
        let server = secured(offers).await;
        let lenient = Holder {
            allow_simple: true,
            ..Holder::new(None, None, Qop::Auth)
        };
        assert_eq!(ask(&server, lenient, "hi").await.unwrap(), "hi|alice@TEST");
    }
}

/// A server that says SUCCESS although it has proven nothing.
#[tokio::test]
async fn an_impostor_that_skips_its_proof_is_refused() {
    use crate::wire::messages::{Sasl, SaslState};
    use crate::wire::{CallId, encode};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let impostor = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        for (state, auths) in [
            (SaslState::Negotiate, both()),
            (SaslState::Success, Vec::new()),
        ] {
            let mut heard = [0; 512];
            assert!(socket.read(&mut heard).await.unwrap() > 0);
            let sasl = Sasl {
                version: None,
                state: state.to_wire(),
                token: None,
                auths,
            };
            let header = crate::wire::messages::ResponseHeader {
                call_id: CallId::SASL.0 as u32,
                ..Default::default()
            };
            let frame = encode::response(&header, Some(&prost::Message::encode_to_vec(&sasl)));
            socket.write_all(&frame).await.unwrap();
        }
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
    });
    let config = ClientConfig {
        auth_attempts: 1,
        ..config()
    };
    let proxy = proxy_with(
        config,
        &[port],
        Arc::new(Holder::new(Some("secret"), None, Qop::Auth)),
    );
    let error = proxy
        .call::<Text, Text>(ECHO, &text("secret"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("before it has proven"),
        "{error}"
    );
    drop(proxy);
    impostor.await.unwrap();
}
