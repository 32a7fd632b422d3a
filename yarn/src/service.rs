//! From Hadoop's configuration to services that can be called: addresses, principals, patience.

use crate::error::YarnError;
use alpheus_hadoop_conf::hadoop::{HadoopConf, HostPort, RmEndpoint};
use alpheus_hadoop_rpc::{
    Authenticator, ClientConfig, Protocol, Proxy, RetryPolicy, RpcClient, ServerPrincipal, Target,
};
use std::sync::Arc;
use std::time::Duration;

/// `ApplicationClientProtocol`: clients to the ResourceManager.
pub const APPLICATION_CLIENT: Protocol = Protocol {
    name: "org.apache.hadoop.yarn.api.ApplicationClientProtocolPB",
    version: 1,
    token_kind: "RM_DELEGATION_TOKEN",
};

/// `ApplicationMasterProtocol`: masters to the ResourceManager. Tokens only, even without security.
pub const APPLICATION_MASTER: Protocol = Protocol {
    name: "org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB",
    version: 1,
    token_kind: "YARN_AM_RM_TOKEN",
};

/// `ContainerManagementProtocol`: masters to NodeManagers. Tokens only, even without security.
pub const CONTAINER_MANAGEMENT: Protocol = Protocol {
    name: "org.apache.hadoop.yarn.api.ContainerManagementProtocolPB",
    version: 1,
    token_kind: "NMToken",
};

/// The RPC client that the configuration asks for.
pub fn rpc_client(conf: &HadoopConf, caller: Option<String>) -> Result<RpcClient, YarnError> {
    let config = ClientConfig {
        caller,
        ..ClientConfig::from_conf(conf)?
    };
    RpcClient::new(config).map_err(YarnError::Rpc)
}

/// How long to look for a ResourceManager.
pub fn patience(conf: &HadoopConf) -> Result<RetryPolicy, YarnError> {
    let forever = Duration::from_secs(u64::from(u32::MAX));
    let wait = conf.signed_millis("yarn.resourcemanager.connect.max-wait.ms")?;
    let wait = u64::try_from(wait).map_or(forever, Duration::from_millis);
    let interval = conf.millis("yarn.resourcemanager.connect.retry-interval.ms")?;
    let retries = times(wait, interval);
    if !conf.value::<bool>("yarn.resourcemanager.ha.enabled")? {
        return Ok(RetryPolicy {
            retries,
            failovers: 0,
            base: interval,
            max: interval,
        });
    }
    // Both sleeps default to the interval between attempts at a single ResourceManager.
    let sleep = |key| -> Result<Duration, YarnError> {
        Ok(conf
            .optional::<u64>(key)?
            .map_or(interval, Duration::from_millis))
    };
    let base = sleep("yarn.client.failover-sleep-base-ms")?;
    let attempts = conf
        .optional::<i64>("yarn.client.failover-max-attempts")?
        .filter(|n| *n >= 0);
    Ok(RetryPolicy {
        retries,
        failovers: attempts.map_or(retries, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        base,
        max: sleep("yarn.client.failover-sleep-max-ms")?.max(base),
    })
}

fn times(whole: Duration, part: Duration) -> u32 {
    let times = whole.as_millis() / part.as_millis().max(1);
    u32::try_from(times).unwrap_or(u32::MAX)
}

/// A service of the ResourceManagers.
pub(crate) async fn resource_managers(
    conf: &HadoopConf,
    endpoint: RmEndpoint,
    protocol: Protocol,
    client: RpcClient,
    identity: Arc<dyn Authenticator>,
) -> Result<Proxy, YarnError> {
    let for_clients = endpoint == RmEndpoint::Client;
    let principal = match conf.text("yarn.resourcemanager.principal")? {
        Some(configured) if for_clients => Some(ServerPrincipal {
            configured,
            pattern: conf.text("yarn.resourcemanager.principal.pattern")?,
        }),
        _ => None,
    };
    let use_ip = conf.value::<bool>("hadoop.security.token.service.use_ip")?;
    let mut targets = Vec::new();
    for node in conf.resource_managers(endpoint)? {
        // A master's token names no service: any will do.
        let token_services = if for_clients {
            token_services(&node.address, use_ip).await
        } else {
            Vec::new()
        };
        targets.push(Target {
            server: node.address,
            protocol,
            principal: principal.clone(),
            token_services,
        });
    }
    Proxy::new(client, targets, identity, patience(conf)?).map_err(YarnError::Rpc)
}

/// What tokens for a server may call it.
async fn token_services(server: &HostPort, use_ip: bool) -> Vec<String> {
    let mut services = vec![format!(
        "{}:{}",
        server.host.to_ascii_lowercase(),
        server.port
    )];
    if use_ip {
        // A host that does not resolve cannot be connected to either; that error says more.
        let resolved = tokio::net::lookup_host((server.host.as_str(), server.port)).await;
        services.extend(
            resolved
                .into_iter()
                .flatten()
                .map(|a| format!("{}:{}", a.ip(), a.port())),
        );
    }
    services
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Environment;

    fn conf(settings: &[(&str, &str)]) -> HadoopConf {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        for (key, value) in settings {
            conf.set(key, value, "test");
        }
        conf
    }

    #[test]
    fn patience_as_in_hadoop() {
        let single = patience(&conf(&[])).unwrap();
        assert_eq!((single.retries, single.base), (30, Duration::from_secs(30)));
        let pair = [
            ("yarn.resourcemanager.ha.enabled", "true"),
            ("yarn.client.failover-sleep-base-ms", "100"),
        ];
        let pair = patience(&conf(&pair)).unwrap();
        assert_eq!(
            (pair.failovers, pair.base),
            (30, Duration::from_millis(100))
        );
        let forever =
            patience(&conf(&[("yarn.resourcemanager.connect.max-wait.ms", "-1")])).unwrap();
        assert!(forever.retries > 1_000_000);
    }

    #[tokio::test]
    async fn a_pair_has_two_targets_and_only_clients_expect_a_principal() {
        let conf = conf(&[
            ("yarn.resourcemanager.ha.enabled", "true"),
            ("yarn.resourcemanager.ha.rm-ids", "rm1,rm2"),
            ("yarn.resourcemanager.hostname.rm1", "a"),
            ("yarn.resourcemanager.hostname.rm2", "b"),
            ("yarn.resourcemanager.principal", "rm/_HOST@R"),
            ("hadoop.security.token.service.use_ip", "false"),
        ]);
        let identity: Arc<dyn Authenticator> =
            Arc::new(alpheus_hadoop_rpc::Identity::simple("alice"));
        let client = rpc_client(&conf, None).unwrap();
        let of = async |endpoint, protocol| {
            resource_managers(
                &conf,
                endpoint,
                protocol,
                client.clone(),
                Arc::clone(&identity),
            )
            .await
            .unwrap()
        };
        let clients = of(RmEndpoint::Client, APPLICATION_CLIENT).await;
        assert_eq!(clients.targets()[1].server.to_string(), "b:8032");
        assert_eq!(clients.targets()[1].token_services, ["b:8032"]);
        assert!(clients.targets()[0].principal.is_some());
        let masters = of(RmEndpoint::Scheduler, APPLICATION_MASTER).await;
        assert_eq!(masters.targets()[0].server.to_string(), "a:8030");
        assert!(masters.targets()[0].principal.is_none());
    }
}
