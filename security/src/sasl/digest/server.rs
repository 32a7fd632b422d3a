//! The server's side, as Hadoop's RPC servers have it. Alpheus itself serves nothing by it; clients are tested
//! against it.

use super::cipher::CipherKind;
use super::directives::{Directives, quote, wrong};
use super::keys::{Session, SessionParts};
use super::layer::Layer;
use super::{MAX_BUFFER, NAME};
use crate::base64;
use crate::sasl::{Qop, SaslError, SaslUnwrap, SaslWrap};
use crate::secret::{self, Secret};

/// A DIGEST-MD5 server.
pub struct DigestMd5Server {
    digest_uri: String,
    offered: Vec<Qop>,
    ciphers: String,
    nonce: String,
    outcome: Option<(String, Qop, Option<Layer>)>,
}

impl DigestMd5Server {
    /// A server that offers the given protection levels for `service/host`.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new(service: &str, host: &str, offered: &[Qop]) -> Result<Self, SaslError> {
        let mut random = [0u8; 24];
        openssl::rand::rand_bytes(&mut random).map_err(|e| SaslError::Mechanism {
            mechanism: NAME,
            reason: format!("no random numbers: {e}"),
        })?;
        Ok(DigestMd5Server {
            digest_uri: format!("{service}/{host}"),
            offered: offered.to_vec(),
            ciphers: "3des,rc4,des,rc4-56,rc4-40".to_owned(),
            nonce: base64::encode(&random),
            outcome: None,
        })
    }

    /// Offers these ciphers instead of Java's.
    #[must_use]
    pub fn with_ciphers(mut self, ciphers: &str) -> Self {
        ciphers.clone_into(&mut self.ciphers);
        self
    }

    /// The first message.
    #[must_use]
    pub fn challenge(&self) -> Vec<u8> {
        let names: Vec<&str> = self.offered.iter().map(|qop| qop.sasl_name()).collect();
        let mut text = format!(
            "realm=\"default\",nonce={},qop=\"{}\",charset=utf-8,algorithm=md5-sess",
            quote(&self.nonce),
            names.join(",")
        );
        if self.offered.contains(&Qop::Confidentiality) {
            text.push_str(&format!(",cipher=\"{}\"", self.ciphers));
        }
        text.into_bytes()
    }

    /// Checks the client's response; `password_of` knows the users. Gives the last message.
    ///
    /// # Errors
    /// If the response is wrong or does not prove the password.
    pub fn respond(
        &mut self,
        response: &[u8],
        password_of: impl FnOnce(&str) -> Option<Secret>,
    ) -> Result<Vec<u8>, SaslError> {
        let response = Directives::parse(response)?;
        let username = response.need("username")?;
        if response.need("nonce")? != self.nonce || response.need("nc")? != "00000001" {
            return Err(wrong("it answers another challenge"));
        }
        if response.need("digest-uri")? != self.digest_uri {
            return Err(wrong("it is meant for another service"));
        }
        let qop = response
            .once("qop")?
            .map_or(Some(Qop::Auth), Qop::from_sasl_name);
        let qop = qop
            .filter(|qop| self.offered.contains(qop))
            .ok_or_else(|| wrong("its qop was not offered"))?;
        let cipher = match qop {
            Qop::Confidentiality => {
                let name = response.need("cipher")?;
                Some(CipherKind::by_name(name).ok_or_else(|| wrong("its cipher was not offered"))?)
            }
            _ => None,
        };
        let peer_buffer = match response.once("maxbuf")? {
            Some(text) => text
                .parse()
                .map_err(|_| wrong("its maxbuf is not a number"))?,
            None => MAX_BUFFER,
        };
        let refused = || SaslError::Mechanism {
            mechanism: NAME,
            reason: "the user or password is wrong".to_owned(),
        };
        let password = password_of(username).ok_or_else(refused)?;
        let session = Session::new(&SessionParts {
            username,
            realm: response.once("realm")?.unwrap_or_default(),
            password: password.expose(),
            nonce: &self.nonce,
            cnonce: response.need("cnonce")?,
            digest_uri: &self.digest_uri,
            qop,
        })?;
        if !secret::equal(
            session.response()?.as_bytes(),
            response.need("response")?.as_bytes(),
        ) {
            return Err(refused());
        }
        let layer = Layer::new(&session, qop, cipher, false, peer_buffer)?;
        self.outcome = Some((username.to_owned(), qop, layer));
        Ok(format!("rspauth={}", session.rspauth()?).into_bytes())
    }

    /// The user that proved itself, and what was agreed on.
    #[must_use]
    pub fn outcome(&self) -> Option<(&str, Qop)> {
        self.outcome
            .as_ref()
            .map(|(user, qop, _)| (user.as_str(), *qop))
    }

    /// The two directions of the layer, if one was agreed on.
    #[must_use]
    pub fn split(self) -> Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)> {
        let layer = self.outcome?.2?;
        Some((Box::new(layer.outgoing), Box::new(layer.incoming)))
    }
}
