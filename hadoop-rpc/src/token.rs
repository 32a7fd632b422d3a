//! Messages about tokens that HDFS and YARN share (`Security.proto`).
//!
//! All of them hide their content when printed and wipe it when dropped.

use alpheus_security::hadoop::Token;
use alpheus_security::secret::SecretBytes;
use zeroize::Zeroize;

/// `TokenProto`: a token on the wire.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct TokenProto {
    /// What the service knows the token by.
    #[prost(bytes = "vec", required, tag = "1")]
    pub identifier: Vec<u8>,
    /// The proof. Secret.
    #[prost(bytes = "vec", required, tag = "2")]
    pub password: Vec<u8>,
    /// Such as `HDFS_DELEGATION_TOKEN`.
    #[prost(string, required, tag = "3")]
    pub kind: String,
    /// The service that it is for; often empty on the wire.
    #[prost(string, required, tag = "4")]
    pub service: String,
}

impl From<TokenProto> for Token {
    fn from(mut wire: TokenProto) -> Self {
        Token {
            identifier: std::mem::take(&mut wire.identifier),
            password: SecretBytes::new(std::mem::take(&mut wire.password)),
            kind: std::mem::take(&mut wire.kind),
            service: std::mem::take(&mut wire.service),
        }
    }
}

impl From<&Token> for TokenProto {
    fn from(token: &Token) -> Self {
        Self {
            identifier: token.identifier.clone(),
            password: token.password.expose().to_vec(),
            kind: token.kind.clone(),
            service: token.service.clone(),
        }
    }
}

impl Drop for TokenProto {
    fn drop(&mut self) {
        self.password.zeroize();
    }
}

impl std::fmt::Debug for TokenProto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenProto")
            .field("kind", &self.kind)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// `GetDelegationTokenRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetDelegationTokenRequest {
    /// Who may renew it: a principal that the service maps to a name. Empty: nobody.
    #[prost(string, required, tag = "1")]
    pub renewer: String,
}

/// `GetDelegationTokenResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GetDelegationTokenResponse {
    /// Absent when the service has no security.
    #[prost(message, optional, tag = "1")]
    pub token: Option<TokenProto>,
}

/// `RenewDelegationTokenRequestProto` and `CancelDelegationTokenRequestProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct DelegationTokenRequest {
    /// The token in question.
    #[prost(message, required, tag = "1")]
    pub token: TokenProto,
}

/// `RenewDelegationTokenResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct RenewDelegationTokenResponse {
    /// When it now expires, in milliseconds since 1970.
    #[prost(uint64, required, tag = "1")]
    pub new_expiry_time: u64,
}

/// `CancelDelegationTokenResponseProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct CancelDelegationTokenResponse {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_a_password() {
        let token = TokenProto {
            identifier: vec![1],
            password: b"hunter2".to_vec(),
            kind: "K".into(),
            service: "S".into(),
        };
        let request = DelegationTokenRequest { token };
        assert_eq!(
            format!("{request:?}"),
            "DelegationTokenRequest { token: TokenProto { kind: \"K\", service: \"S\", .. } }"
        );
    }
}
