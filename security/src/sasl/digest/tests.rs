//! The mechanism against RFC 2831's example and against itself.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::sasl::{Negotiation, Qop, SaslClient, SaslError, SaslUnwrap, SaslWrap};
use crate::secret::Secret;

/// The example of RFC 2831, section 4.
#[test]
fn the_example_of_the_rfc() {
    let mut client = DigestMd5Client::with_cnonce(
        "chris",
        Secret::from("secret"),
        "imap",
        "elwood.innosoft.com",
        &[Qop::Auth],
        "OA6MHXh6VqTrRk".to_owned(),
    );
    let challenge = br#"realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8"#;
    let response = String::from_utf8(client.step(challenge).unwrap()).unwrap();
    assert!(
        response.contains("response=d388dad90d4bbd760a152321f2143af7"),
        "{response}"
    );
    assert!(
        response.contains(r#"digest-uri="imap/elwood.innosoft.com""#),
        "{response}"
    );
    assert!(!client.is_complete());
    assert_eq!(
        client
            .step(b"rspauth=ea40f60335c427b5527b84dbabcdfffd")
            .unwrap(),
        b""
    );
    assert!(client.is_complete());
}

type Halves = (Box<dyn SaslWrap>, Box<dyn SaslUnwrap>);

fn negotiate(qop: Qop, ciphers: &str) -> (Box<DigestMd5Client>, DigestMd5Server) {
    let mut server = DigestMd5Server::new("", "default", &[qop])
        .unwrap()
        .with_ciphers(ciphers);
    let mut client =
        DigestMd5Client::for_token(b"\x00id", b"\xffpw", "", "default", &[qop]).unwrap();
    let response = client.step(&server.challenge()).unwrap();
    let last = server
        .respond(&response, |user| {
            assert_eq!(user, crate::base64::encode(b"\x00id"));
            Some(Secret::new(crate::base64::encode(b"\xffpw")))
        })
        .unwrap();
    client.step(&last).unwrap();
    assert!(client.is_complete());
    assert_eq!((client.qop(), server.outcome().unwrap().1), (qop, qop));
    (Box::new(client), server)
}

#[test]
fn every_level_and_cipher_agree_in_both_directions() {
    let cases = [
        (Qop::Integrity, ""),
        (Qop::Confidentiality, "3des,rc4,des"),
        (Qop::Confidentiality, "rc4"),
        (Qop::Confidentiality, "rc4-56"),
        (Qop::Confidentiality, "rc4-40"),
    ];
    for (qop, ciphers) in cases {
        let (client, server) = negotiate(qop, ciphers);
        let (mut client, mut server): (Halves, Halves) =
            (client.split().unwrap(), server.split().unwrap());
        for length in [0, 1, 5, 6, 7, 8, 1000, client.0.wrap_limit()] {
            let message = vec![b'x'; length];
            let sealed = client.0.wrap(&message).unwrap();
            assert!(sealed.len() <= MAX_BUFFER, "{qop} {ciphers} {length}");
            assert_eq!(
                server.1.unwrap(&sealed).unwrap(),
                message,
                "{qop} {ciphers} {length}"
            );
            let sealed = server.0.wrap(&message).unwrap();
            assert_eq!(
                client.1.unwrap(&sealed).unwrap(),
                message,
                "{qop} {ciphers} {length}"
            );
        }
        assert!(client.0.wrap(&vec![0; client.0.wrap_limit() + 1]).is_err());
    }
}

#[test]
fn what_is_changed_repeated_or_lost_is_noticed() {
    for (qop, ciphers) in [
        (Qop::Integrity, ""),
        (Qop::Confidentiality, "3des"),
        (Qop::Confidentiality, "rc4"),
    ] {
        let halves = || {
            let (client, server) = negotiate(qop, ciphers);
            (client.split().unwrap().0, server.split().unwrap().1)
        };
        let length = halves().0.wrap(b"message").unwrap().len();
        for at in 0..length {
            let (mut wrap, mut open) = halves();
            let mut sealed = wrap.wrap(b"message").unwrap();
            sealed[at] ^= 1;
            assert!(
                matches!(open.unwrap(&sealed), Err(SaslError::Integrity { .. })),
                "{qop} {ciphers} {at}"
            );
        }
        let (mut wrap, mut open) = halves();
        let (first, second) = (wrap.wrap(b"one").unwrap(), wrap.wrap(b"two").unwrap());
        assert!(open.unwrap(&second).is_err(), "lost");
        let (mut wrap, mut open) = halves();
        let again = wrap.wrap(b"one").unwrap();
        open.unwrap(&again).unwrap();
        assert!(open.unwrap(&again).is_err(), "repeated");
        assert!(open.unwrap(&first).is_err(), "of another session");
    }
}

#[test]
fn without_a_layer_nothing_is_wrapped() {
    let (mut client, server) = negotiate(Qop::Auth, "");
    assert!(client.wrap(b"x").is_err());
    assert!(client.split().is_none() && server.split().is_none());
}

#[test]
fn wrong_passwords_and_servers_are_refused() {
    let mut server = DigestMd5Server::new("", "default", &[Qop::Auth]).unwrap();
    let mut client =
        DigestMd5Client::for_token(b"id", b"right", "", "default", &[Qop::Auth]).unwrap();
    let response = client.step(&server.challenge()).unwrap();
    assert!(
        server
            .respond(&response, |_| Some(Secret::from("wrong")))
            .is_err()
    );
    assert!(server.outcome().is_none());
    let error = client
        .step(b"rspauth=00000000000000000000000000000000")
        .unwrap_err();
    assert!(matches!(error, SaslError::ServerNotAuthenticated { .. }));
    assert!(!client.is_complete());
    assert!(client.step(b"").is_err());
}

#[test]
fn no_common_level_names_both_sides() {
    let server = DigestMd5Server::new("", "default", &[Qop::Auth]).unwrap();
    let mut client =
        DigestMd5Client::for_token(b"id", b"pw", "", "default", &[Qop::Confidentiality]).unwrap();
    let error = client.step(&server.challenge()).unwrap_err().to_string();
    assert!(
        error.contains("offers authentication, this side takes privacy"),
        "{error}"
    );
}

#[tokio::test]
async fn a_negotiation_drives_it() {
    let mut server = DigestMd5Server::new("hdfs", "0", &[Qop::Integrity]).unwrap();
    let client = DigestMd5Client::for_token(b"id", b"pw", "hdfs", "0", &[Qop::Integrity]).unwrap();
    let mut negotiation = Negotiation::new(Box::new(client));
    let response = negotiation.step(server.challenge()).await.unwrap();
    let password = Secret::new(crate::base64::encode(b"pw"));
    let last = server.respond(&response, |_| Some(password)).unwrap();
    negotiation.step(last).await.unwrap();
    assert!(negotiation.is_complete());
    assert_eq!(negotiation.finish().unwrap().qop(), Qop::Integrity);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut client = DigestMd5Client::for_token(b"id", b"pw", "", "default", &[Qop::Auth]).unwrap();
        let _ = client.step(&bytes);
        for (qop, ciphers) in [(Qop::Integrity, ""), (Qop::Confidentiality, "3des")] {
            let (_, server) = negotiate(qop, ciphers);
            let _ = server.split().unwrap().1.unwrap(&bytes);
        }
    }
}
