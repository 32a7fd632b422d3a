//! A toy mechanism with the shape of the real ones: two rounds, proof from both sides, sealing that insists on order.

use crate::protocol::Target;
use crate::sasl::{AuthMethod, Authenticator, SaslError, SaslMechanism};
use crate::wire::messages::{SaslAuth, UserInformation};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pieces are this long at most, so that frames span several.
const LIMIT: usize = 40;

#[derive(Debug)]
pub struct Toy {
    server: bool,
    round: u8,
    complete: bool,
    pub sealed: bool,
    pub password: u8,
    sent: u8,
    received: u8,
}

impl Toy {
    pub fn server() -> Self {
        Self {
            server: true,
            round: 0,
            complete: false,
            sealed: true,
            password: 7,
            sent: 0,
            received: 0,
        }
    }

    pub fn client(password: u8, sealed: bool) -> Self {
        Self {
            server: false,
            password,
            sealed,
            ..Self::server()
        }
    }
}

impl SaslMechanism for Toy {
    fn step(&mut self, challenge: Option<&[u8]>) -> Result<Option<Vec<u8>>, SaslError> {
        self.round += 1;
        let challenge = challenge.unwrap_or_default();
        match (self.server, self.round) {
            (false, 1) => Ok(Some(vec![self.password, u8::from(self.sealed)])),
            (true, 1) if challenge.first() == Some(&self.password) => {
                self.sealed = challenge.get(1) == Some(&1);
                Ok(Some(b"more".to_vec()))
            }
            (true, 1) => Err(SaslError("wrong password".into())),
            (false, 2) if challenge == b"more" => Ok(None),
            (true, 2) => {
                self.complete = true;
                Ok(Some(b"server is real".to_vec()))
            }
            (false, 3) if challenge == b"server is real" => {
                self.complete = true;
                Ok(None)
            }
            _ => Err(SaslError(format!(
                "round {} with {challenge:?}",
                self.round
            ))),
        }
    }

    fn is_complete(&self) -> bool {
        self.complete
    }

    fn wrap_limit(&self) -> Option<usize> {
        self.sealed.then_some(LIMIT)
    }

    fn wrap(&mut self, plain: &[u8]) -> Result<Vec<u8>, SaslError> {
        assert!(plain.len() <= LIMIT);
        let mut sealed = vec![self.sent];
        sealed.extend(plain.iter().map(|b| b ^ 0x55));
        self.sent = self.sent.wrapping_add(1);
        Ok(sealed)
    }

    fn unwrap(&mut self, sealed: &[u8]) -> Result<Vec<u8>, SaslError> {
        if sealed.first() != Some(&self.received) {
            return Err(SaslError("out of order".into()));
        }
        self.received = self.received.wrapping_add(1);
        Ok(sealed[1..].iter().map(|b| b ^ 0x55).collect())
    }
}

pub fn offer(method: &str, mechanism: &str, challenge: Option<&[u8]>) -> SaslAuth {
    SaslAuth {
        method: method.into(),
        mechanism: mechanism.into(),
        protocol: Some("echo".into()),
        server_id: Some("localhost".into()),
        challenge: challenge.map(<[u8]>::to_vec),
    }
}

/// Somebody with a token or a ticket (or neither).
#[derive(Debug)]
pub struct Holder {
    pub token: Option<u8>,
    pub ticket: Option<u8>,
    pub sealed: bool,
    pub allow_simple: bool,
    pub refreshed: AtomicUsize,
}

impl Holder {
    pub fn new(token: Option<u8>, ticket: Option<u8>, sealed: bool) -> Self {
        Self {
            token,
            ticket,
            sealed,
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

    fn token(&self, _: &Target, _: &str) -> Result<Option<Box<dyn SaslMechanism>>, SaslError> {
        Ok(self
            .token
            .map(|p| Box::new(Toy::client(p, self.sealed)) as Box<dyn SaslMechanism>))
    }

    fn has_kerberos(&self) -> bool {
        self.ticket.is_some()
    }

    fn kerberos(&self, principal: &str) -> Result<Box<dyn SaslMechanism>, SaslError> {
        assert_eq!(principal, "echo/localhost@TEST");
        // A ticket that is wrong at first and right once refreshed.
        let refreshed = self.refreshed.load(Ordering::SeqCst) > 0;
        let password = if refreshed {
            7
        } else {
            self.ticket.unwrap_or_default()
        };
        Ok(Box::new(Toy::client(password, self.sealed)))
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
