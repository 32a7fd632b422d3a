//! The part of HDFS's `ClientProtocol` that the HDFS library leaves out: delegation tokens here, [`writing`] for files that are
//! being written.

pub mod writing;

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

#[derive(Clone, PartialEq, prost::Message)]
struct ServerDefaultsRequest {}

#[derive(Clone, PartialEq, prost::Message)]
struct ServerDefaultsResponse {
    #[prost(message, required, tag = "1")]
    defaults: ServerDefaults,
}

/// What a name space has decided for its clients (`FsServerDefaultsProto`).
#[derive(Clone, PartialEq, prost::Message)]
pub struct ServerDefaults {
    /// Bytes in a block.
    #[prost(uint64, required, tag = "1")]
    pub block_size: u64,
    /// Copies of each block.
    #[prost(uint32, required, tag = "4")]
    pub replication: u32,
    /// `dfs.encrypt.data.transfer` of the NameNode: data goes encrypted, whatever the client says.
    #[prost(bool, optional, tag = "6")]
    pub encrypt_data_transfer: Option<bool>,
}

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

    /// Each NameNode by itself, asked once: to see which one is active.
    #[must_use]
    pub fn each(&self) -> Vec<Self> {
        let alone = |proxy| Self {
            proxy,
            service: self.service.clone(),
        };
        self.proxy.each().into_iter().map(alone).collect()
    }

    /// What the name space has decided for its clients. Only an active NameNode answers.
    ///
    /// # Errors
    /// When the NameNode refuses or cannot be reached.
    pub async fn server_defaults(&self) -> Result<ServerDefaults, RpcError> {
        let method = Method::idempotent("getServerDefaults");
        let answer: ServerDefaultsResponse =
            self.proxy.call(method, &ServerDefaultsRequest {}).await?;
        Ok(answer.defaults)
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
