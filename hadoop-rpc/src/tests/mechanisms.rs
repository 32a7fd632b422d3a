//! Mechanisms for tests: the real DIGEST-MD5 for tokens, and in Kerberos's place a toy with its shape: the client speaks first,
//! both sides prove themselves, sealing insists on order.

use crate::protocol::Target;
use crate::sasl::{AuthMethod, Authenticator};
use crate::server::ServerMechanism;
use crate::wire::messages::{SaslAuth, UserInformation};
use alpheus_security::base64;
use alpheus_security::sasl::digest::{DigestMd5Client, DigestMd5Server};
use alpheus_security::sasl::{Qop, SaslClient, SaslError, SaslUnwrap, SaslWrap};
use alpheus_security::secret::Secret;
use std::sync::atomic::{AtomicUsize, Ordering};

type Layer = Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)>;

pub fn offer(method: &str, mechanism: &str) -> SaslAuth {
    SaslAuth {
        method: method.into(),
        mechanism: mechanism.into(),
        protocol: Some("echo".into()),
        server_id: Some("localhost".into()),
        challenge: None,
    }
}

/// The server's half of what the client took.
pub fn server(offer: &SaslAuth) -> Box<dyn ServerMechanism> {
    if offer.method == "TOKEN" {
        let levels = [Qop::Auth, Qop::Integrity, Qop::Confidentiality];
        Box::new(DigestMd5Server::new("echo", "localhost", &levels).unwrap())
    } else {
        Box::new(Toy::new(7, false))
    }
}

impl ServerMechanism for DigestMd5Server {
    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        if token.is_empty() {
            return Ok(self.challenge());
        }
        let password = |user: &str| {
            (user == base64::encode(b"token")).then(|| Secret::new(base64::encode(b"secret")))
        };
        self.respond(token, password).map_err(|e| e.to_string())
    }

    fn is_complete(&self) -> bool {
        self.outcome().is_some()
    }

    fn split(self: Box<Self>) -> Layer {
        DigestMd5Server::split(*self)
    }
}

/// Both halves of the toy.
#[derive(Debug)]
struct Toy {
    round: u8,
    complete: bool,
    sealed: bool,
    password: u8,
}

impl Toy {
    fn new(password: u8, sealed: bool) -> Self {
        Self {
            round: 0,
            complete: false,
            sealed,
            password,
        }
    }

    fn layer(&self) -> Layer {
        self.sealed.then(|| {
            (
                Box::new(Xor(0)) as Box<dyn SaslWrap>,
                Box::new(Xor(0)) as Box<dyn SaslUnwrap>,
            )
        })
    }
}

impl ServerMechanism for Toy {
    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, String> {
        self.round += 1;
        match (self.round, token) {
            (1, [password, sealed]) if *password == self.password => {
                self.sealed = *sealed == 1;
                Ok(b"more".to_vec())
            }
            (2, []) => {
                self.complete = true;
                Ok(b"server is real".to_vec())
            }
            _ => Err("wrong ticket".into()),
        }
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn split(self: Box<Self>) -> Layer {
        self.layer()
    }
}

impl SaslClient for Toy {
    fn mechanism(&self) -> &'static str {
        "TOY"
    }

    fn has_initial_response(&self) -> bool {
        true
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        self.round += 1;
        match (self.round, challenge) {
            (1, b"") => Ok(vec![self.password, u8::from(self.sealed)]),
            (2, b"more") => Ok(Vec::new()),
            (3, b"server is real") => {
                self.complete = true;
                Ok(Vec::new())
            }
            _ => Err(SaslError::ServerNotAuthenticated { mechanism: "TOY" }),
        }
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn qop(&self) -> Qop {
        if self.sealed {
            Qop::Confidentiality
        } else {
            Qop::Auth
        }
    }

    fn wrap_limit(&self) -> usize {
        Xor(0).wrap_limit()
    }

    fn wrap(&mut self, _: &[u8]) -> Result<Vec<u8>, SaslError> {
        unreachable!("the directions are split")
    }

    fn unwrap(&mut self, _: &[u8]) -> Result<Vec<u8>, SaslError> {
        unreachable!("the directions are split")
    }

    fn split(self: Box<Self>) -> Layer {
        self.layer()
    }

    fn may_block(&self) -> bool {
        true
    }
}

/// One direction of the toy's layer, with the number of the next piece.
#[derive(Debug)]
struct Xor(u8);

impl SaslWrap for Xor {
    /// Short, so that frames span several pieces.
    fn wrap_limit(&self) -> usize {
        40
    }

    fn wrap(&mut self, plain: &[u8]) -> Result<Vec<u8>, SaslError> {
        assert!(plain.len() <= self.wrap_limit());
        let mut sealed = vec![self.0];
        sealed.extend(plain.iter().map(|b| b ^ 0x55));
        self.0 = self.0.wrapping_add(1);
        Ok(sealed)
    }
}

impl SaslUnwrap for Xor {
    fn unwrap(&mut self, sealed: &[u8]) -> Result<Vec<u8>, SaslError> {
        if sealed.first() != Some(&self.0) {
            return Err(SaslError::Integrity {
                mechanism: "TOY",
                reason: "out of order".into(),
            });
        }
        self.0 = self.0.wrapping_add(1);
        Ok(sealed[1..].iter().map(|b| b ^ 0x55).collect())
    }
}

/// Somebody with a token or a ticket (or neither).
#[derive(Debug)]
pub struct Holder {
    pub token: Option<&'static str>,
    pub ticket: Option<u8>,
    pub qop: Qop,
    pub allow_simple: bool,
    pub refreshed: AtomicUsize,
}

impl Holder {
    pub fn new(token: Option<&'static str>, ticket: Option<u8>, qop: Qop) -> Self {
        Self {
            token,
            ticket,
            qop,
            allow_simple: false,
            refreshed: AtomicUsize::new(0),
        }
    }
}

impl Authenticator for Holder {
    fn use_sasl(&self) -> bool {
        true
    }

    fn allow_simple(&self) -> bool {
        self.allow_simple
    }

    fn token(
        &self,
        _: &Target,
        offer: &SaslAuth,
    ) -> Result<Option<Box<dyn SaslClient>>, SaslError> {
        let Some(password) = self.token else {
            return Ok(None);
        };
        let (service, host) = (
            offer.protocol.as_deref().unwrap(),
            offer.server_id.as_deref().unwrap(),
        );
        let client =
            DigestMd5Client::for_token(b"token", password.as_bytes(), service, host, &[self.qop])?;
        Ok(Some(Box::new(client)))
    }

    fn has_kerberos(&self) -> bool {
        self.ticket.is_some()
    }

    fn kerberos(&self, principal: &str) -> Result<Box<dyn SaslClient>, SaslError> {
        assert_eq!(principal, "echo/localhost@TEST");
        // A ticket that is wrong at first and right once refreshed.
        let refreshed = self.refreshed.load(Ordering::SeqCst) > 0;
        let password = if refreshed {
            7
        } else {
            self.ticket.unwrap_or_default()
        };
        Ok(Box::new(Toy::new(
            password,
            self.qop == Qop::Confidentiality,
        )))
    }

    fn user(&self, method: AuthMethod) -> UserInformation {
        UserInformation {
            effective_user: (method != AuthMethod::Token).then(|| "alice@TEST".into()),
            real_user: None,
        }
    }

    fn refresh(&self) -> bool {
        self.refreshed.fetch_add(1, Ordering::SeqCst);
        true
    }
}
