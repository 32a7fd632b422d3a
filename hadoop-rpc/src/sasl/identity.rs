//! Who a process is to Hadoop's services: a user, perhaps with tokens, perhaps with a Kerberos login.

use super::{AuthMethod, Authenticator};
use crate::protocol::Target;
use crate::wire::messages::{SaslAuth, UserInformation};
use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError, HadoopValue};
use alpheus_security::hadoop::Token;
use alpheus_security::kerberos::Login;
use alpheus_security::sasl::digest::DigestMd5Client;
use alpheus_security::sasl::{Qop, SaslClient, SaslError};
use std::sync::{Arc, PoisonError, RwLock};

/// A list of protection levels, best first: the value of `hadoop.rpc.protection`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection(pub Vec<Qop>);

impl HadoopValue for Protection {
    fn read(text: &str) -> Result<Self, String> {
        Qop::parse_hadoop_list(text).map(Self)
    }
}

impl Protection {
    /// What a cluster's configuration asks for.
    ///
    /// # Errors
    /// When the value is not usable.
    pub fn from_conf(conf: &HadoopConf) -> Result<Self, HadoopConfError> {
        conf.value("hadoop.rpc.protection")
    }
}

/// Tokens that can be exchanged while connections use them: new connections take the new ones.
///
/// Cheap to clone; clones share the tokens.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    held: Arc<RwLock<Vec<Token>>>,
}

impl Tokens {
    /// A set of tokens.
    pub fn new(tokens: Vec<Token>) -> Self {
        Self {
            held: Arc::new(RwLock::new(tokens)),
        }
    }

    /// Puts others in their place.
    pub fn replace(&self, tokens: Vec<Token>) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = tokens;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// The token for a server: of the protocol's kind, and for one of the services that the target goes by.
    pub fn find(&self, target: &Target) -> Option<Token> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.iter().find(|token| fits(token, target)).cloned()
    }
}

/// A token of a fail-over pair names several services, with commas.
fn fits(token: &Token, target: &Target) -> bool {
    token.kind == target.protocol.token_kind
        && (target.token_services.is_empty()
            || token
                .service
                .split(',')
                .any(|service| target.token_services.iter().any(|wanted| wanted == service)))
}

/// An identity with everything it can prove itself by.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The user in whose name calls are made, when it is not the one that the login proves. On an insecure cluster: the user.
    pub effective_user: Option<String>,
    /// On an insecure cluster, who really makes the calls, when it is another.
    pub real_user: Option<String>,
    /// Tokens.
    pub tokens: Tokens,
    /// A login.
    pub kerberos: Option<Arc<Login>>,
    /// `hadoop.rpc.protection`, best first.
    pub protection: Protection,
    /// `hadoop.security.authentication` is kerberos.
    pub secure: bool,
    /// `ipc.client.fallback-to-simple-auth-allowed`.
    pub fallback: bool,
}

impl Identity {
    /// A user of an insecure cluster.
    pub fn simple(user: impl Into<String>) -> Self {
        Self {
            effective_user: Some(user.into()),
            real_user: None,
            tokens: Tokens::default(),
            kerberos: None,
            protection: Protection(vec![Qop::Auth]),
            secure: false,
            fallback: false,
        }
    }

    /// Whoever a token stands for. A server that wants no proof is not believed: whoever accepts tokens asks for them, even on a
    /// cluster without security, and one that does not may be anybody.
    pub fn with_tokens(tokens: Tokens, protection: Protection) -> Self {
        Self {
            effective_user: None,
            tokens,
            protection,
            secure: true,
            ..Self::simple("")
        }
    }

    /// This process on a cluster: its login and tokens on a secured one; on an insecure one `user`.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub fn on_cluster(
        conf: &HadoopConf,
        user: impl Into<String>,
        login: Option<Arc<Login>>,
        tokens: Tokens,
    ) -> Result<Self, HadoopConfError> {
        let secure = conf.is_secure()?;
        Ok(Self {
            effective_user: (!secure).then(|| user.into()),
            real_user: None,
            tokens,
            kerberos: login.filter(|_| secure),
            protection: Protection::from_conf(conf)?,
            secure,
            fallback: conf.value("ipc.client.fallback-to-simple-auth-allowed")?,
        })
    }

    /// Whoever is logged in.
    pub fn with_kerberos(login: Arc<Login>, protection: Protection) -> Self {
        Self {
            effective_user: None,
            kerberos: Some(login),
            protection,
            secure: true,
            ..Self::simple("")
        }
    }
}

impl Authenticator for Identity {
    fn use_sasl(&self) -> bool {
        self.secure || !self.tokens.is_empty()
    }

    fn allow_simple(&self) -> bool {
        !self.secure || self.fallback
    }

    fn token(
        &self,
        target: &Target,
        offer: &SaslAuth,
    ) -> Result<Option<Box<dyn SaslClient>>, SaslError> {
        if offer.mechanism != "DIGEST-MD5" {
            return Ok(None);
        }
        let Some(token) = self.tokens.find(target) else {
            return Ok(None);
        };
        let client = DigestMd5Client::for_token(
            &token.identifier,
            token.password.expose(),
            offer.protocol.as_deref().unwrap_or_default(),
            offer.server_id.as_deref().unwrap_or_default(),
            &self.protection.0,
        )?;
        Ok(Some(Box::new(client)))
    }

    fn has_kerberos(&self) -> bool {
        self.kerberos.is_some()
    }

    fn kerberos(&self, server_principal: &str) -> Result<Box<dyn SaslClient>, SaslError> {
        match &self.kerberos {
            Some(login) => Ok(Box::new(login.gssapi(server_principal, &self.protection.0))),
            None => Err(SaslError::State {
                mechanism: "GSSAPI",
                reason: "there is no login",
            }),
        }
    }

    fn user(&self, method: AuthMethod) -> UserInformation {
        match method {
            // The token says who we are; another name would be refused.
            AuthMethod::Token => UserInformation::default(),
            AuthMethod::Kerberos => UserInformation {
                effective_user: self.effective_user.clone().or_else(|| {
                    self.kerberos
                        .as_ref()
                        .map(|login| login.principal().to_owned())
                }),
                real_user: None,
            },
            AuthMethod::Simple => UserInformation {
                effective_user: self.effective_user.clone(),
                real_user: self.real_user.clone(),
            },
        }
    }

    fn refresh(&self) -> bool {
        self.kerberos
            .as_ref()
            .is_some_and(|login| login.refresh_blocking().is_ok())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::protocol::Protocol;
    use alpheus_hadoop_conf::hadoop::HostPort;
    use alpheus_security::secret::SecretBytes;

    fn token(kind: &str, service: &str) -> Token {
        Token {
            identifier: service.as_bytes().to_vec(),
            password: SecretBytes::from(&b"x"[..]),
            kind: kind.into(),
            service: service.into(),
        }
    }

    fn target(services: &[&str]) -> Target {
        Target {
            server: HostPort {
                host: "rm1".into(),
                port: 8032,
            },
            protocol: Protocol {
                name: "p",
                version: 1,
                token_kind: "RM",
            },
            principal: None,
            token_services: services.iter().map(|s| (*s).to_owned()).collect(),
        }
    }

    #[test]
    fn finds_the_token_by_kind_and_service() {
        let tokens = Tokens::new(vec![
            token("HDFS", "rm1:8032"),
            token("RM", "x:1"),
            token("RM", "rm1:8032,rm2:8032"),
        ]);
        let found = |services: &[&str]| tokens.find(&target(services)).map(|t| t.service);
        assert_eq!(found(&["rm2:8032"]).as_deref(), Some("rm1:8032,rm2:8032"));
        assert_eq!(found(&[]).as_deref(), Some("x:1"));
        assert_eq!(found(&["rm2:803"]), None);
    }

    #[test]
    fn says_who_it_is_only_where_that_is_right() {
        let identity = Identity::simple("alice");
        assert_eq!(
            identity.user(AuthMethod::Simple).effective_user.as_deref(),
            Some("alice")
        );
        assert_eq!(identity.user(AuthMethod::Token), UserInformation::default());
        assert!(!identity.use_sasl());
        let holder = Identity::with_tokens(
            Tokens::new(vec![token("RM", "")]),
            Protection(vec![Qop::Auth]),
        );
        assert!(holder.use_sasl() && !holder.allow_simple());
    }
}
