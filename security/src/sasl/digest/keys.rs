//! The hashes of RFC 2831: the session's secret, the proofs of both sides, and the keys of the layer.

use openssl::hash::{Hasher, MessageDigest};
use zeroize::Zeroizing;

use super::NAME;
use super::cipher::CipherKind;
use crate::sasl::{Qop, SaslError};

pub(super) type Hash = Zeroizing<[u8; 16]>;

/// MD5 of the parts, one after the other.
pub(super) fn md5(parts: &[&[u8]]) -> Result<Hash, SaslError> {
    let digest = (|| {
        let mut hasher = Hasher::new(MessageDigest::md5())?;
        for part in parts {
            hasher.update(part)?;
        }
        hasher.finish()
    })();
    let digest = digest.map_err(|e| SaslError::Mechanism {
        mechanism: NAME,
        reason: format!("OpenSSL does not do MD5, which Hadoop's tokens need; is a FIPS provider alone active? ({e})"),
    })?;
    let mut hash = Hash::default();
    hash.copy_from_slice(&digest);
    Ok(hash)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What both sides know after the challenge and the response.
pub(super) struct Session {
    /// H(A1).
    secret: Hash,
    nonce: String,
    cnonce: String,
    digest_uri: String,
    qop: Qop,
}

/// The parts of a response that go into the hashes.
pub(super) struct SessionParts<'a> {
    pub username: &'a str,
    pub realm: &'a str,
    pub password: &'a str,
    pub nonce: &'a str,
    pub cnonce: &'a str,
    pub digest_uri: &'a str,
    pub qop: Qop,
}

impl Session {
    pub(super) fn new(parts: &SessionParts<'_>) -> Result<Self, SaslError> {
        let SessionParts {
            username,
            realm,
            password,
            nonce,
            cnonce,
            digest_uri,
            qop,
        } = *parts;
        let user = md5(&[
            username.as_bytes(),
            b":",
            realm.as_bytes(),
            b":",
            password.as_bytes(),
        ])?;
        let secret = md5(&[&*user, b":", nonce.as_bytes(), b":", cnonce.as_bytes()])?;
        Ok(Session {
            secret,
            nonce: nonce.to_owned(),
            cnonce: cnonce.to_owned(),
            digest_uri: digest_uri.to_owned(),
            qop,
        })
    }

    /// The client's proof.
    pub(super) fn response(&self) -> Result<String, SaslError> {
        self.proof("AUTHENTICATE:")
    }

    /// The server's proof.
    pub(super) fn rspauth(&self) -> Result<String, SaslError> {
        self.proof(":")
    }

    fn proof(&self, method: &str) -> Result<String, SaslError> {
        // For a protected session the body's hash is defined as zeros.
        let body = if self.qop == Qop::Auth {
            ""
        } else {
            ":00000000000000000000000000000000"
        };
        let a2 = md5(&[
            method.as_bytes(),
            self.digest_uri.as_bytes(),
            body.as_bytes(),
        ])?;
        let middle = format!(
            ":{}:00000001:{}:{}:",
            self.nonce,
            self.cnonce,
            self.qop.sasl_name()
        );
        let secret = Zeroizing::new(hex(&*self.secret));
        let proof = md5(&[secret.as_bytes(), middle.as_bytes(), hex(&*a2).as_bytes()])?;
        Ok(hex(&*proof))
    }

    /// The key that signs one direction.
    pub(super) fn signing_key(&self, from_client: bool) -> Result<Hash, SaslError> {
        md5(&[
            &*self.secret,
            magic(from_client, "session key", "signing").as_bytes(),
        ])
    }

    /// The key that encrypts one direction.
    pub(super) fn sealing_key(
        &self,
        from_client: bool,
        cipher: CipherKind,
    ) -> Result<Hash, SaslError> {
        let part = &self.secret[..cipher.secret_length()];
        md5(&[part, magic(from_client, "H(A1)", "sealing").as_bytes()])
    }
}

fn magic(from_client: bool, of: &str, what: &str) -> String {
    let direction = if from_client {
        "client-to-server"
    } else {
        "server-to-client"
    };
    format!("Digest {of} to {direction} {what} key magic constant")
}
