//! A token: what a service gave us to prove who we are without Kerberos.

use std::fmt;
use std::net::SocketAddr;

use super::wire::{MAX_NUMBER, Reader, put_bytes};
use super::{Identifier, TokenError};
use crate::base64;
use crate::secret::SecretBytes;

/// The kinds of tokens that Alpheus meets.
pub mod kind {
    /// HDFS.
    pub const HDFS: &str = "HDFS_DELEGATION_TOKEN";
    /// HDFS over HTTP.
    pub const WEBHDFS: &str = "WEBHDFS delegation";
    /// HDFS over HTTPS.
    pub const SWEBHDFS: &str = "SWEBHDFS delegation";
    /// The key server of encryption zones.
    pub const KMS: &str = "kms-dt";
    /// The ResourceManager.
    pub const RM: &str = "RM_DELEGATION_TOKEN";
    /// The timeline server.
    pub const TIMELINE: &str = "TIMELINE_DELEGATION_TOKEN";
    /// An application master at the ResourceManager. It must never leave the application master.
    pub const AM_RM: &str = "YARN_AM_RM_TOKEN";
    /// An application master at a NodeManager.
    pub const NM: &str = "NMToken";
    /// A container at its NodeManager.
    pub const CONTAINER: &str = "ContainerToken";
    /// A client at an application master.
    pub const CLIENT_TO_AM: &str = "YARN_CLIENT_TOKEN";
}

/// A token of Hadoop's (`org.apache.hadoop.security.token.Token`).
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// Who the token stands for; what it means depends on the kind.
    pub identifier: Vec<u8>,
    /// The secret that goes with it.
    pub password: SecretBytes,
    /// The kind, see [`kind`].
    pub kind: String,
    /// The service that takes it.
    pub service: String,
}

impl Token {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, TokenError> {
        Ok(Token {
            identifier: reader.bytes()?.to_vec(),
            password: SecretBytes::from(reader.bytes()?),
            kind: reader.text()?,
            service: reader.text()?,
        })
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, &self.identifier);
        put_bytes(out, self.password.expose());
        put_bytes(out, self.kind.as_bytes());
        put_bytes(out, self.service.as_bytes());
    }

    /// No less than the size of what [`Token::put`] adds, so that a buffer of that size does not grow and leave
    /// copies of the password behind.
    pub(super) fn encoded_size(&self) -> usize {
        self.identifier.len()
            + self.password.len()
            + self.kind.len()
            + self.service.len()
            + 4 * MAX_NUMBER
    }

    /// The token as text for URLs and headers (`Token.encodeToUrlString`).
    #[must_use]
    pub fn to_url_string(&self) -> crate::secret::Secret {
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(self.encoded_size()));
        self.put(&mut bytes);
        crate::secret::Secret::new(base64::encode_url(&bytes))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// If the text is no token.
    pub fn from_url_string(text: &str) -> Result<Self, TokenError> {
        let bytes = base64::decode(text)
            .ok_or_else(|| TokenError::Malformed("the text is not Base64".to_owned()))?;
        let bytes = zeroize::Zeroizing::new(bytes);
        let mut reader = Reader::new(&bytes);
        let token = Token::read(&mut reader)?;
        if reader.is_at_end() {
            Ok(token)
        } else {
            Err(TokenError::Malformed("bytes follow the token".to_owned()))
        }
    }

    /// What the identifier says.
    ///
    /// # Errors
    /// If it is of a kind that is known and cannot be read.
    pub fn decode_identifier(&self) -> Result<Identifier, TokenError> {
        Identifier::decode(&self.kind, &self.identifier)
    }
}

/// Everything but the password. The identifier is no secret, but long: only its size is shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Token({} for '{}', {} bytes)",
            self.kind,
            self.service,
            self.identifier.len()
        )
    }
}

/// The service that a token for an address names (`SecurityUtil.buildTokenService`): by address if
/// `hadoop.security.token.service.use_ip`, else by name in lower case.
#[must_use]
pub fn token_service(host: &str, address: SocketAddr, use_ip: bool) -> String {
    if use_ip {
        // Java writes an IPv6 address without brackets here.
        format!("{}:{}", address.ip(), address.port())
    } else {
        format!("{}:{}", host.to_ascii_lowercase(), address.port())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back_and_debug_is_masked() {
        let token = Token {
            identifier: vec![0, 1, 2, 255],
            password: SecretBytes::from(&b"pa>ss?"[..]),
            kind: kind::HDFS.to_owned(),
            service: "ha-hdfs:ns1".to_owned(),
        };
        let text = token.to_url_string();
        assert!(!text.expose().contains(['+', '/', '=']));
        assert_eq!(Token::from_url_string(text.expose()).unwrap(), token);
        assert_eq!(
            format!("{token:?}"),
            "Token(HDFS_DELEGATION_TOKEN for 'ha-hdfs:ns1', 4 bytes)"
        );
        assert!(Token::from_url_string("%%%").is_err());
        assert!(Token::from_url_string("AAAA").is_err());
    }

    /// The text that Hadoop 3.4.3 made.
    #[test]
    fn javas_text() {
        let text = "IgAFYWxpY2UCcm0Fb296aWWKAYvP5WgAigGL8_HsAI4BLP4Pc2VjcmV0LXBhc3N3b3JkFUhERlNfREVMRUdBVElPTl9UT0tFTg\
                    toYS1oZGZzOm5zMQ";
        let token = Token::from_url_string(text).unwrap();
        let expected = crate::hadoop::DelegationTokenIdentifier {
            owner: "alice".to_owned(),
            renewer: "rm".to_owned(),
            real_user: "oozie".to_owned(),
            issue_date: 1_700_000_000_000,
            max_date: 1_700_604_800_000,
            sequence_number: 300,
            master_key_id: -2,
        };
        assert_eq!(
            token.decode_identifier().unwrap(),
            Identifier::Delegation(expected.clone())
        );
        assert_eq!(expected.to_writable(), token.identifier);
        assert_eq!(token.to_url_string().expose(), text);
    }

    #[test]
    fn services() {
        let address = "10.0.0.1:8020".parse().unwrap();
        assert_eq!(token_service("NN1", address, true), "10.0.0.1:8020");
        assert_eq!(token_service("NN1", address, false), "nn1:8020");
    }
}
