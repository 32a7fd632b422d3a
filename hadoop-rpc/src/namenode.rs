//! A NameNode's delegation tokens: the part of HDFS's `ClientProtocol` that the HDFS library leaves out.

use crate::client::RpcClient;
use crate::error::RpcError;
use crate::principal::ServerPrincipal;
use crate::protocol::{Method, Protocol, Target};
use crate::proxy::Proxy;
use crate::retry::RetryPolicy;
use crate::sasl::Authenticator;
use crate::token::{
    CancelDelegationTokenResponse, DelegationTokenRequest, GetDelegationTokenRequest,
    GetDelegationTokenResponse, RenewDelegationTokenResponse,
};
use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError};
use alpheus_security::hadoop::{Token, kind, token_service};
use std::sync::Arc;

/// HDFS's `ClientProtocol`.
pub const CLIENT_PROTOCOL: Protocol = Protocol {
    name: "org.apache.hadoop.hdfs.protocol.ClientProtocol",
    version: 1,
    token_kind: kind::HDFS,
};

/// The NameNodes of one name space. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NameNode {
    proxy: Proxy,
    /// What tokens for this name space call it.
    service: String,
}

/// A name space whose NameNodes cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum NameNodeError {
    /// The configuration is not usable.
    #[error(transparent)]
    Configuration(#[from] HadoopConfError),
    /// A call failed.
    #[error(transparent)]
    Rpc(#[from] RpcError),
}

impl NameNode {
    /// The NameNodes behind the authority of a URI: a name service, or `host:port`. Connects with the first call.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub async fn new(
        conf: &HadoopConf,
        authority: &str,
        client: RpcClient,
        identity: Arc<dyn Authenticator>,
    ) -> Result<Self, NameNodeError> {
        let name_service = conf.name_service(authority)?;
        let principal = match conf.text("dfs.namenode.kerberos.principal")? {
            Some(configured) => Some(ServerPrincipal {
                configured,
                pattern: conf.text("dfs.namenode.kerberos.principal.pattern")?,
            }),
            None => None,
        };
        let use_ip = conf.value::<bool>("hadoop.security.token.service.use_ip")?;
        let mut services = Vec::from_iter(name_service.token_service());
        if services.is_empty() {
            for node in &name_service.namenodes {
                let (host, port) = (node.address.host.as_str(), node.address.port);
                services.push(format!("{}:{port}", host.to_ascii_lowercase()));
                // A host that does not resolve cannot be connected to either; that error says more.
                let resolved = tokio::net::lookup_host((host, port)).await;
                services.extend(
                    resolved
                        .into_iter()
                        .flatten()
                        .map(|address| token_service(host, address, true)),
                );
            }
        }
        let service = match (name_service.is_ha, use_ip) {
            (false, true) => services.get(1).or(services.first()),
            _ => services.first(),
        };
        let service = service.cloned().unwrap_or_default();
        let targets = name_service.namenodes.into_iter().map(|node| Target {
            server: node.address,
            protocol: CLIENT_PROTOCOL,
            principal: principal.clone(),
            token_services: services.clone(),
        });
        let policy = RetryPolicy {
            failovers: conf.value("dfs.client.failover.max.attempts")?,
            base: conf.millis("dfs.client.failover.sleep.base.millis")?,
            max: conf.millis("dfs.client.failover.sleep.max.millis")?,
            ..RetryPolicy::default()
        };
        let proxy = Proxy::new(client, targets.collect(), identity, policy)?;
        Ok(Self { proxy, service })
    }

    /// The service underneath.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// A delegation token that `renewer` may renew; empty: nobody. Only a Kerberos login gets one; `None` when the cluster has no
    /// security.
    ///
    /// # Errors
    /// When the NameNode refuses or cannot be reached.
    pub async fn delegation_token(&self, renewer: &str) -> Result<Option<Token>, RpcError> {
        let request = GetDelegationTokenRequest {
            renewer: renewer.to_owned(),
        };
        let method = Method::idempotent("getDelegationToken");
        let answer: GetDelegationTokenResponse = self.proxy.call(method, &request).await?;
        Ok(answer.token.map(|wire| Token {
            service: self.service.clone(),
            ..Token::from(wire)
        }))
    }

    /// Makes a token live on; returns when it then ends, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the NameNode refuses (only the renewer may) or cannot be reached.
    pub async fn renew_token(&self, token: &Token) -> Result<u64, RpcError> {
        let request = DelegationTokenRequest {
            token: token.into(),
        };
        let method = Method::idempotent("renewDelegationToken");
        let answer: RenewDelegationTokenResponse = self.proxy.call(method, &request).await?;
        Ok(answer.new_expiry_time)
    }

    /// Ends a token.
    ///
    /// # Errors
    /// When the NameNode refuses (only owner and renewer may) or cannot be reached.
    pub async fn cancel_token(&self, token: &Token) -> Result<(), RpcError> {
        let request = DelegationTokenRequest {
            token: token.into(),
        };
        let method = Method::idempotent("cancelDelegationToken");
        let _: CancelDelegationTokenResponse = self.proxy.call(method, &request).await?;
        Ok(())
    }
}
