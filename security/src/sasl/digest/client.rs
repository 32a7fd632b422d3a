//! The client's side.

use super::cipher::CipherKind;
use super::directives::{Directives, quote, wrong};
use super::keys::{Session, SessionParts};
use super::layer::Layer;
use super::{MAX_BUFFER, NAME};
use crate::base64;
use crate::sasl::{Qop, SaslClient, SaslError, SaslUnwrap, SaslWrap};
use crate::secret::{self, Secret};

/// A DIGEST-MD5 client.
pub struct DigestMd5Client {
    username: String,
    password: Secret,
    digest_uri: String,
    accepted: Vec<Qop>,
    cnonce: String,
    state: State,
}

enum State {
    Start,
    /// The response is sent; the server's proof is awaited.
    Responded {
        rspauth: String,
        qop: Qop,
        layer: Option<Layer>,
    },
    Complete {
        qop: Qop,
        layer: Option<Layer>,
    },
    Failed,
}

impl DigestMd5Client {
    /// A client for a user and password. `service` and `host` make the digest's URI: for Hadoop's RPC they are the
    /// protocol and server id of the server's offer (`""` and `"default"`), for a DataNode `"hdfs"` and `"0"`.
    /// `accepted` lists the protection levels that are taken, best first.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new(
        username: &str,
        password: Secret,
        service: &str,
        host: &str,
        accepted: &[Qop],
    ) -> Result<Self, SaslError> {
        let mut random = [0u8; 24];
        openssl::rand::rand_bytes(&mut random).map_err(|e| SaslError::Mechanism {
            mechanism: NAME,
            reason: format!("no random numbers: {e}"),
        })?;
        Ok(Self::with_cnonce(
            username,
            password,
            service,
            host,
            accepted,
            base64::encode(&random),
        ))
    }

    /// A client for a token: its identifier is the user, its password the password.
    ///
    /// # Errors
    /// As [`DigestMd5Client::new`].
    pub fn for_token(
        identifier: &[u8],
        password: &[u8],
        service: &str,
        host: &str,
        accepted: &[Qop],
    ) -> Result<Self, SaslError> {
        Self::new(
            &base64::encode(identifier),
            Secret::new(base64::encode(password)),
            service,
            host,
            accepted,
        )
    }

    pub(super) fn with_cnonce(
        username: &str,
        password: Secret,
        service: &str,
        host: &str,
        accepted: &[Qop],
        cnonce: String,
    ) -> Self {
        DigestMd5Client {
            username: username.to_owned(),
            password,
            digest_uri: format!("{service}/{host}"),
            accepted: accepted.to_vec(),
            cnonce,
            state: State::Start,
        }
    }

    fn respond(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        let challenge = Directives::parse(challenge)?;
        let nonce = challenge.need("nonce")?;
        if challenge.need("algorithm")? != "md5-sess" {
            return Err(wrong("its algorithm is not md5-sess"));
        }
        let realm = challenge.all("realm").next();
        let offered: Vec<Qop> = match challenge.once("qop")? {
            Some(names) => names
                .split(',')
                .filter_map(|name| Qop::from_sasl_name(name.trim()))
                .collect(),
            None => vec![Qop::Auth],
        };
        let qop = Qop::choose(&self.accepted, &offered).ok_or_else(|| SaslError::NoCommonQop {
            mechanism: NAME,
            offered: Qop::names(&offered),
            accepted: Qop::names(&self.accepted),
        })?;
        let peer_buffer = match challenge.once("maxbuf")? {
            Some(text) => text
                .parse()
                .map_err(|_| wrong("its maxbuf is not a number"))?,
            None => MAX_BUFFER,
        };
        let cipher = match qop {
            Qop::Confidentiality => {
                let names = challenge.need("cipher")?;
                Some(
                    CipherKind::strongest(names)
                        .ok_or_else(|| wrong(format!("it offers no cipher of ours: {names}")))?,
                )
            }
            _ => None,
        };
        let session = Session::new(&SessionParts {
            username: &self.username,
            realm: realm.unwrap_or_default(),
            password: self.password.expose(),
            nonce,
            cnonce: &self.cnonce,
            digest_uri: &self.digest_uri,
            qop,
        })?;
        let mut response = String::new();
        if challenge.once("charset")?.is_some() {
            response.push_str("charset=utf-8,");
        }
        response.push_str(&format!("username={},", quote(&self.username)));
        if let Some(realm) = realm {
            response.push_str(&format!("realm={},", quote(realm)));
        }
        response.push_str(&format!(
            "nonce={},nc=00000001,cnonce={},digest-uri={},maxbuf={MAX_BUFFER},response={},qop={}",
            quote(nonce),
            quote(&self.cnonce),
            quote(&self.digest_uri),
            session.response()?,
            qop.sasl_name(),
        ));
        if let Some(cipher) = cipher {
            response.push_str(&format!(",cipher={}", quote(cipher.name())));
        }
        let layer = Layer::new(&session, qop, cipher, true, peer_buffer)?;
        self.state = State::Responded {
            rspauth: session.rspauth()?,
            qop,
            layer,
        };
        Ok(response.into_bytes())
    }

    fn layer(&mut self) -> Result<&mut Layer, SaslError> {
        match &mut self.state {
            State::Complete {
                layer: Some(layer), ..
            } => Ok(layer),
            State::Complete { .. } => Err(SaslError::State {
                mechanism: NAME,
                reason: "no layer was agreed on",
            }),
            _ => Err(SaslError::State {
                mechanism: NAME,
                reason: "the negotiation is not complete",
            }),
        }
    }
}

impl SaslClient for DigestMd5Client {
    fn mechanism(&self) -> &'static str {
        NAME
    }

    fn has_initial_response(&self) -> bool {
        false
    }

    fn step(&mut self, challenge: &[u8]) -> Result<Vec<u8>, SaslError> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Start => self.respond(challenge),
            State::Responded {
                rspauth,
                qop,
                layer,
            } => {
                let message = Directives::parse(challenge)?;
                if !secret::equal(message.need("rspauth")?.as_bytes(), rspauth.as_bytes()) {
                    return Err(SaslError::ServerNotAuthenticated { mechanism: NAME });
                }
                self.state = State::Complete { qop, layer };
                Ok(Vec::new())
            }
            complete @ State::Complete { .. } => {
                self.state = complete;
                Err(SaslError::State {
                    mechanism: NAME,
                    reason: "the negotiation is complete already",
                })
            }
            State::Failed => Err(SaslError::State {
                mechanism: NAME,
                reason: "the negotiation has failed",
            }),
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Complete { .. })
    }

    fn qop(&self) -> Qop {
        match &self.state {
            State::Responded { qop, .. } | State::Complete { qop, .. } => *qop,
            _ => Qop::Auth,
        }
    }

    fn wrap_limit(&self) -> usize {
        match &self.state {
            State::Complete {
                layer: Some(layer), ..
            } => layer.outgoing.wrap_limit(),
            _ => 0,
        }
    }

    fn wrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        self.layer()?.outgoing.wrap(message)
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Vec<u8>, SaslError> {
        self.layer()?.incoming.unwrap(message)
    }

    fn split(self: Box<Self>) -> Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)> {
        match self.state {
            State::Complete {
                layer: Some(layer), ..
            } => Some((Box::new(layer.outgoing), Box::new(layer.incoming))),
            _ => None,
        }
    }

    fn may_block(&self) -> bool {
        false
    }
}
