//! A set of tokens and named secrets, and the file that holds one (`org.apache.hadoop.security.Credentials`).
//!
//! The file begins with `HDTS` and a version: 0 is `Writable` and what Java writes everywhere, 1 is protobuf. Both
//! are read and both can be written. The same bytes are what YARN takes in a container's launch context.

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message;
use zeroize::{Zeroize, Zeroizing};

use super::wire::{MAX_NUMBER, Reader, put_bytes, put_vlong};
use super::{Token, TokenError};
use crate::private_file;
use crate::secret::SecretBytes;

const MAGIC: &[u8] = b"HDTS";

/// How a set is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CredentialsFormat {
    /// Version 0, which every Hadoop reads.
    #[default]
    Writable,
    /// Version 1, which Hadoop 3 reads.
    Protobuf,
}

/// Tokens by their alias, and secrets by their name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    tokens: BTreeMap<String, Token>,
    secrets: BTreeMap<String, SecretBytes>,
}

impl Credentials {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a token; one with the same alias is replaced.
    pub fn add(&mut self, alias: impl Into<String>, token: Token) {
        self.tokens.insert(alias.into(), token);
    }

    /// Adds a token under its service, which is the alias that Hadoop itself uses.
    pub fn add_by_service(&mut self, token: Token) {
        self.add(token.service.clone(), token);
    }

    /// Adds a named secret.
    pub fn add_secret(&mut self, name: impl Into<String>, secret: SecretBytes) {
        self.secrets.insert(name.into(), secret);
    }

    /// Adds everything of another set; what has the same alias or name is replaced.
    pub fn merge(&mut self, other: Credentials) {
        self.tokens.extend(other.tokens);
        self.secrets.extend(other.secrets);
    }

    /// The tokens with their aliases.
    pub fn tokens(&self) -> impl Iterator<Item = (&str, &Token)> {
        self.tokens
            .iter()
            .map(|(alias, token)| (alias.as_str(), token))
    }

    /// The tokens of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Token> {
        self.tokens.values().filter(move |token| token.kind == kind)
    }

    /// The token of a kind for a service.
    #[must_use]
    pub fn token(&self, kind: &str, service: &str) -> Option<&Token> {
        self.tokens
            .values()
            .find(|token| token.kind == kind && token.service == service)
    }

    /// A named secret.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&SecretBytes> {
        self.secrets.get(name)
    }

    /// The set without tokens of some kinds and without any named secret: what may be handed to a process that is
    /// trusted less.
    #[must_use]
    pub fn without(&self, kinds: &[&str]) -> Credentials {
        let keep = |(_, token): &(&String, &Token)| !kinds.contains(&token.kind.as_str());
        let tokens = self
            .tokens
            .iter()
            .filter(keep)
            .map(|(alias, token)| (alias.clone(), token.clone()))
            .collect();
        Credentials {
            tokens,
            secrets: BTreeMap::new(),
        }
    }

    /// Whether there is neither token nor secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.secrets.is_empty()
    }

    /// The bytes of a file.
    #[must_use]
    pub fn encode(&self, format: CredentialsFormat) -> SecretBytes {
        let mut out = Vec::with_capacity(self.encoded_size());
        out.extend_from_slice(MAGIC);
        match format {
            CredentialsFormat::Writable => {
                out.push(0);
                put_vlong(&mut out, self.tokens.len() as i64);
                for (alias, token) in &self.tokens {
                    put_bytes(&mut out, alias.as_bytes());
                    token.put(&mut out);
                }
                put_vlong(&mut out, self.secrets.len() as i64);
                for (name, secret) in &self.secrets {
                    put_bytes(&mut out, name.as_bytes());
                    put_bytes(&mut out, secret.expose());
                }
            }
            CredentialsFormat::Protobuf => {
                out.push(1);
                let mut proto = self.to_proto();
                out.extend_from_slice(&Zeroizing::new(proto.encode_length_delimited_to_vec()));
                proto.wipe();
            }
        }
        SecretBytes::new(out)
    }

    /// No less than the size of either form, so that the buffer does not grow and leave copies behind.
    fn encoded_size(&self) -> usize {
        let tokens = self
            .tokens
            .iter()
            .map(|(alias, token)| alias.len() + token.encoded_size() + 4 * MAX_NUMBER);
        let secrets = self
            .secrets
            .iter()
            .map(|(name, secret)| name.len() + secret.len() + 4 * MAX_NUMBER);
        MAGIC.len() + 1 + 3 * MAX_NUMBER + tokens.sum::<usize>() + secrets.sum::<usize>()
    }

    /// Reads the bytes of a file, whichever its version.
    ///
    /// # Errors
    /// If the bytes are no credentials.
    pub fn decode(bytes: &[u8]) -> Result<Self, TokenError> {
        let malformed = |text: &str| TokenError::Malformed(text.to_owned());
        let body = bytes
            .strip_prefix(MAGIC)
            .ok_or_else(|| malformed("they do not begin with HDTS"))?;
        let mut reader = Reader::new(body);
        match reader.byte()? {
            0 => Self::read_writable(&mut reader),
            1 => {
                let proto = CredentialsProto::decode_length_delimited(reader.rest());
                Self::from_proto(proto.map_err(|e| malformed(&e.to_string()))?)
            }
            version => Err(malformed(&format!(
                "they have the unknown version {version}"
            ))),
        }
    }

    fn read_writable(reader: &mut Reader<'_>) -> Result<Self, TokenError> {
        let mut credentials = Credentials::new();
        for _ in 0..reader.length()? {
            let alias = reader.text()?;
            credentials.tokens.insert(alias, Token::read(reader)?);
        }
        for _ in 0..reader.length()? {
            let name = reader.text()?;
            credentials
                .secrets
                .insert(name, SecretBytes::from(reader.bytes()?));
        }
        Ok(credentials)
    }

    fn to_proto(&self) -> CredentialsProto {
        let token = |(alias, token): (&String, &Token)| EntryProto {
            alias: alias.clone(),
            token: Some(TokenProto {
                identifier: token.identifier.clone(),
                password: token.password.expose().to_vec(),
                kind: token.kind.clone(),
                service: token.service.clone(),
            }),
            secret: None,
        };
        let secret = |(name, secret): (&String, &SecretBytes)| EntryProto {
            alias: name.clone(),
            token: None,
            secret: Some(secret.expose().to_vec()),
        };
        CredentialsProto {
            tokens: self.tokens.iter().map(token).collect(),
            secrets: self.secrets.iter().map(secret).collect(),
        }
    }

    fn from_proto(proto: CredentialsProto) -> Result<Self, TokenError> {
        let mut credentials = Credentials::new();
        for EntryProto { alias, token, .. } in proto.tokens {
            let token =
                token.ok_or_else(|| TokenError::Malformed(format!("'{alias}' has no token")))?;
            let TokenProto {
                identifier,
                password,
                kind,
                service,
            } = token;
            let password = SecretBytes::new(password);
            credentials.tokens.insert(
                alias,
                Token {
                    identifier,
                    password,
                    kind,
                    service,
                },
            );
        }
        for EntryProto { alias, secret, .. } in proto.secrets {
            let secret =
                secret.ok_or_else(|| TokenError::Malformed(format!("'{alias}' has no secret")))?;
            credentials.secrets.insert(alias, SecretBytes::new(secret));
        }
        Ok(credentials)
    }

    /// Reads a file. It need not be private: YARN decides about its own.
    ///
    /// # Errors
    /// If the file cannot be read or holds no credentials.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        let bytes = std::fs::read(path).map_err(|error| TokenError::Io {
            path: path.to_owned(),
            error,
        })?;
        let bytes = Zeroizing::new(bytes);
        Self::decode(&bytes).map_err(|error| TokenError::InFile {
            path: path.to_owned(),
            error: Box::new(error),
        })
    }

    /// Reads the files that a process is given (`HADOOP_TOKEN_FILE_LOCATION`, a list separated by commas).
    ///
    /// # Errors
    /// As [`Credentials::read`], for the first file that fails.
    pub fn read_list(paths: &str) -> Result<Self, TokenError> {
        let mut credentials = Credentials::new();
        for path in paths
            .split(',')
            .map(str::trim)
            .filter(|path| !path.is_empty())
        {
            credentials.merge(Self::read(Path::new(path))?);
        }
        Ok(credentials)
    }

    /// Writes a private file in one step.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path, format: CredentialsFormat) -> Result<(), TokenError> {
        Ok(private_file::write(path, self.encode(format).expose())?)
    }
}

/// `CredentialsProto`.
#[derive(Clone, PartialEq, Message)]
struct CredentialsProto {
    #[prost(message, repeated, tag = "1")]
    tokens: Vec<EntryProto>,
    #[prost(message, repeated, tag = "2")]
    secrets: Vec<EntryProto>,
}

impl CredentialsProto {
    /// Zeroes the copies of secrets.
    fn wipe(&mut self) {
        for entry in self.tokens.iter_mut().chain(&mut self.secrets) {
            if let Some(token) = &mut entry.token {
                token.password.zeroize();
            }
            entry.secret.zeroize();
        }
    }
}

/// `CredentialsKVProto`.
#[derive(Clone, PartialEq, Message)]
struct EntryProto {
    #[prost(string, tag = "1")]
    alias: String,
    #[prost(message, optional, tag = "2")]
    token: Option<TokenProto>,
    #[prost(bytes = "vec", optional, tag = "3")]
    secret: Option<Vec<u8>>,
}

/// `TokenProto`. All four fields are required there, so they are written even when empty.
#[derive(Clone, PartialEq, Message)]
struct TokenProto {
    #[prost(bytes = "vec", required, tag = "1")]
    identifier: Vec<u8>,
    #[prost(bytes = "vec", required, tag = "2")]
    password: Vec<u8>,
    #[prost(string, required, tag = "3")]
    kind: String,
    #[prost(string, required, tag = "4")]
    service: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hadoop::kind;

    fn token(kind: &str, service: &str) -> Token {
        Token {
            identifier: vec![1, 2, 3],
            password: SecretBytes::from(&b"pw"[..]),
            kind: kind.to_owned(),
            service: service.to_owned(),
        }
    }

    /// The bytes that Hadoop 3.4.1 wrote for one token and one secret.
    #[test]
    fn javas_bytes() {
        let hex = "48445453000102616c110a0d0a0908071080d095ffbc3110011005143fd6f2cb6d0794a8efbc9f1d7c61944304bba2a7\
                   105941524e5f414d5f524d5f544f4b454e0f3132372e302e302e313a34333437350102736b03010203";
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let credentials = Credentials::decode(&bytes).unwrap();
        let (alias, token) = credentials.tokens().next().unwrap();
        assert_eq!(
            (alias, token.kind.as_str(), token.service.as_str()),
            ("al", kind::AM_RM, "127.0.0.1:43475")
        );
        assert_eq!(token.password.len(), 20);
        assert_eq!(credentials.secret("sk").unwrap().expose(), [1, 2, 3]);
        assert_eq!(
            credentials.encode(CredentialsFormat::Writable).expose(),
            bytes
        );
    }

    #[test]
    fn selecting_and_stripping() {
        let mut credentials = Credentials::new();
        credentials.add_by_service(token(kind::HDFS, "ha-hdfs:a"));
        credentials.add_by_service(token(kind::HDFS, "ha-hdfs:b"));
        credentials.add("", token(kind::AM_RM, ""));
        credentials.add_secret("keystore", SecretBytes::from(&b"x"[..]));
        assert!(credentials.token(kind::HDFS, "ha-hdfs:b").is_some());
        assert!(credentials.token(kind::HDFS, "ha-hdfs:c").is_none());
        let stripped = credentials.without(&[kind::AM_RM]);
        assert_eq!(
            (
                stripped.of_kind(kind::HDFS).count(),
                stripped.of_kind(kind::AM_RM).count()
            ),
            (2, 0)
        );
        assert!(stripped.secret("keystore").is_none());
    }

    #[test]
    fn files() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        let mut one = Credentials::new();
        one.add_by_service(token(kind::HDFS, "x:1"));
        one.write(&a, CredentialsFormat::Writable).unwrap();
        let mut two = Credentials::new();
        two.add_by_service(token(kind::RM, "y:1"));
        two.write(&b, CredentialsFormat::Protobuf).unwrap();
        let both = Credentials::read_list(&format!("{}, {}", a.display(), b.display())).unwrap();
        assert_eq!(both.tokens().count(), 2);
        std::fs::write(&a, b"HDTS\x07").unwrap();
        let error = Credentials::read(&a).unwrap_err().to_string();
        assert!(
            error.contains("unknown version 7") && error.contains("/a"),
            "{error}"
        );
        assert!(matches!(
            Credentials::read(&dir.path().join("none")),
            Err(TokenError::Io { .. })
        ));
    }

    proptest! {
        #[test]
        fn both_formats_read_back(
            tokens in proptest::collection::vec(
                (".{0,9}", proptest::collection::vec(any::<u8>(), 0..200), "[ -~]{0,9}", ".{0,9}"), 0..4),
            secret in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let mut credentials = Credentials::new();
            for (alias, bytes, kind, service) in tokens {
                let password = SecretBytes::new(bytes.clone());
                credentials.add(alias, Token { identifier: bytes, password, kind, service });
            }
            credentials.add_secret("s", SecretBytes::new(secret));
            for format in [CredentialsFormat::Writable, CredentialsFormat::Protobuf] {
                let encoded = credentials.encode(format);
                prop_assert_eq!(&Credentials::decode(encoded.expose()).unwrap(), &credentials);
                for end in 0..encoded.len() {
                    prop_assert!(Credentials::decode(&encoded.expose()[..end]).is_err());
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(version in 0u8..3, bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut all = b"HDTS".to_vec();
            all.push(version);
            all.extend(bytes);
            let _ = Credentials::decode(&all);
        }
    }
}
