//! The services that issued given tokens, found by what the tokens say: for whoever obtains, renews and ends them by hand.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use alpheus_hadoop_rpc::{Identity, NameNode};
use alpheus_security::hadoop::{Token, kind};
use alpheus_yarn::ResourceManager;

use crate::{Hadoop, HadoopError};

/// An answer about one token.
pub type Asked<'a> = Pin<Box<dyn Future<Output = Result<String, HadoopError>> + Send + 'a>>;

/// A token and which service issued it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    token: Token,
    /// The name space of a NameNode; `None`: the ResourceManager.
    authority: Option<String>,
}

impl Issued {
    /// Who issued a token; `None` for kinds that are nobody's here.
    #[must_use]
    pub fn of(token: &Token) -> Option<Self> {
        let authority = match token.kind.as_str() {
            kind::HDFS => {
                let service = token.service.as_str();
                let authority = service.strip_prefix("ha-hdfs:").unwrap_or(service);
                Some(authority.to_owned())
            }
            kind::RM => None,
            _ => return None,
        };
        Some(Issued {
            token: token.clone(),
            authority,
        })
    }
}

/// Clients of the services, as whoever is logged in.
pub struct Issuers {
    hadoop: Arc<Hadoop>,
}

impl Issuers {
    /// The services of a cluster.
    #[must_use]
    pub fn new(hadoop: Arc<Hadoop>) -> Self {
        Issuers { hadoop }
    }

    fn identity(&self) -> Result<Arc<Identity>, HadoopError> {
        self.hadoop.login_identity()
    }

    async fn name_node(&self, authority: &str) -> Result<NameNode, HadoopError> {
        let (conf, rpc) = (self.hadoop.conf(), self.hadoop.rpc().clone());
        Ok(NameNode::new(conf, authority, rpc, self.identity()?).await?)
    }

    async fn resource_manager(&self) -> Result<ResourceManager, HadoopError> {
        let (conf, rpc) = (self.hadoop.conf(), self.hadoop.rpc().clone());
        Ok(ResourceManager::new(conf, rpc, self.identity()?).await?)
    }

    /// New tokens of name spaces and, if wanted, of the ResourceManager; none without security.
    ///
    /// # Errors
    /// When there is no login, or the first service that refuses.
    pub async fn issue(
        &self,
        authorities: &[String],
        resource_manager: bool,
        renewer: &str,
    ) -> Result<Vec<Token>, HadoopError> {
        let mut issued = BTreeMap::new();
        for authority in authorities {
            let token = self
                .name_node(authority)
                .await?
                .delegation_token(renewer)
                .await?;
            issued.extend(token.map(|token| (token.service.clone(), token)));
        }
        if resource_manager {
            let manager = self.resource_manager().await?;
            let token = manager.delegation_token(renewer).await?;
            issued.extend(token.map(|token| (token.service.clone(), token)));
        }
        Ok(issued.into_values().collect())
    }

    /// Makes a token live on; until when, ms since 1970.
    ///
    /// # Errors
    /// When its service refuses or is not reached.
    pub async fn renew(&self, issued: &Issued) -> Result<u64, HadoopError> {
        Ok(match &issued.authority {
            Some(authority) => {
                let name_node = self.name_node(authority).await?;
                name_node.renew_token(&issued.token).await?
            }
            None => {
                let manager = self.resource_manager().await?;
                manager.renew_token(&issued.token).await?
            }
        })
    }

    /// Ends a token.
    ///
    /// # Errors
    /// When its service refuses or is not reached.
    pub async fn cancel(&self, issued: &Issued) -> Result<(), HadoopError> {
        match &issued.authority {
            Some(authority) => {
                let name_node = self.name_node(authority).await?;
                name_node.cancel_token(&issued.token).await?;
            }
            None => {
                let manager = self.resource_manager().await?;
                manager.cancel_token(&issued.token).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_security::secret::SecretBytes;

    use super::*;

    #[test]
    fn a_token_says_whose_it_is() {
        let authority = |kind: &str, service: &str| {
            let token = Token {
                identifier: Vec::new(),
                password: SecretBytes::from(&b"x"[..]),
                kind: kind.to_owned(),
                service: service.to_owned(),
            };
            Issued::of(&token).map(|issued| issued.authority)
        };
        assert_eq!(
            authority(kind::HDFS, "ha-hdfs:ns1"),
            Some(Some("ns1".to_owned()))
        );
        assert_eq!(
            authority(kind::HDFS, "10.0.0.1:8020"),
            Some(Some("10.0.0.1:8020".to_owned()))
        );
        assert_eq!(authority(kind::RM, "rm:8032"), Some(None));
        assert_eq!(authority(kind::AM_RM, ""), None);
    }
}
