//! Addresses of services, and the pairs that stand in for each other.

use std::fmt;

use super::{HadoopConf, HadoopConfError};

/// A host and a port. An IPv6 address stands without its brackets in `host`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl HostPort {
    /// Parses `host:port`, `[v6]:port`, or a host alone if there is a default port.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, String> {
        let expected = || match default_port {
            Some(_) => "expected host or host:port".to_owned(),
            None => "expected host:port".to_owned(),
        };
        let text = text.trim();
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(expected)?;
            (
                host,
                rest.strip_prefix(':')
                    .or(if rest.is_empty() { Some("") } else { None })
                    .ok_or_else(expected)?,
            )
        } else {
            text.split_once(':').unwrap_or((text, ""))
        };
        if host.is_empty() || host.contains([' ', '/', '$', '{', ',']) {
            return Err(expected());
        }
        let port = match port {
            "" => default_port.ok_or_else(expected)?,
            port => port.parse().map_err(|_| expected())?,
        };
        Ok(HostPort {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One server of a service that may have several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name in the configuration (`nn1`, `rm1`), `None` if the service has one server only.
    pub id: Option<String>,
    /// Its address.
    pub address: HostPort,
}

/// An HDFS name space and its NameNodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameService {
    /// What stands in URIs: a name service, or `host:port`.
    pub authority: String,
    /// Whether it is a name service with fail-over.
    pub is_ha: bool,
    /// The NameNodes, in the order of the configuration.
    pub namenodes: Vec<Node>,
}

impl NameService {
    /// The service that delegation tokens for a fail-over pair name; `None` for a single NameNode, whose tokens
    /// name its address.
    #[must_use]
    pub fn token_service(&self) -> Option<String> {
        self.is_ha.then(|| format!("ha-hdfs:{}", self.authority))
    }
}

/// The services of a ResourceManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RmEndpoint {
    /// For clients.
    Client,
    /// For application masters.
    Scheduler,
    /// For administrators.
    Admin,
    /// Web pages over HTTP.
    Web,
    /// Web pages over HTTPS.
    WebHttps,
}

impl RmEndpoint {
    const fn key(self) -> &'static str {
        match self {
            RmEndpoint::Client => "yarn.resourcemanager.address",
            RmEndpoint::Scheduler => "yarn.resourcemanager.scheduler.address",
            RmEndpoint::Admin => "yarn.resourcemanager.admin.address",
            RmEndpoint::Web => "yarn.resourcemanager.webapp.address",
            RmEndpoint::WebHttps => "yarn.resourcemanager.webapp.https.address",
        }
    }

    const fn port(self) -> u16 {
        match self {
            RmEndpoint::Client => 8032,
            RmEndpoint::Scheduler => 8030,
            RmEndpoint::Admin => 8033,
            RmEndpoint::Web => 8088,
            RmEndpoint::WebHttps => 8090,
        }
    }
}

/// The NameNodes' port where none is given.
const NAMENODE_PORT: u16 = 8020;

impl HadoopConf {
    /// The authority of the default file system if that is HDFS: `ns1` or `host:port`.
    ///
    /// # Errors
    /// If `fs.defaultFS` is no URI.
    pub fn default_hdfs_authority(&self) -> Result<Option<String>, HadoopConfError> {
        const KEY: &str = "fs.defaultFS";
        let uri: String = self.value(KEY)?;
        let Some((scheme, rest)) = uri.split_once("://") else {
            return Err(self.bad(
                KEY,
                &uri,
                "expected a URI such as hdfs://ns1 or file:///".to_owned(),
            ));
        };
        let authority = rest.split('/').next().unwrap_or_default();
        if scheme != "hdfs" {
            return Ok(None);
        }
        if authority.is_empty() {
            return Err(self.bad(
                KEY,
                &uri,
                "expected a name service or host after hdfs://".to_owned(),
            ));
        }
        Ok(Some(authority.to_owned()))
    }

    /// The NameNodes behind an authority of a URI.
    ///
    /// # Errors
    /// If the authority is a name service whose configuration is incomplete, or no address.
    pub fn name_service(&self, authority: &str) -> Result<NameService, HadoopConfError> {
        let services: Vec<String> = self.optional("dfs.nameservices")?.unwrap_or_default();
        let ids_key = format!("dfs.ha.namenodes.{authority}");
        let ids: Option<Vec<String>> = self.optional(&ids_key)?;
        let Some(ids) = ids.filter(|ids| !ids.is_empty()) else {
            let key = format!("dfs.namenode.rpc-address.{authority}");
            let text = match self.text(&key)? {
                Some(text) => text,
                None if services.iter().any(|service| service == authority) => {
                    let why = format!(
                        "'{authority}' is in dfs.nameservices, so its NameNodes must be named"
                    );
                    return Err(self.missing(&ids_key, &why));
                }
                None => authority.to_owned(),
            };
            let address = HostPort::parse(&text, Some(NAMENODE_PORT))
                .map_err(|e| self.bad(&key, &text, e))?;
            let node = Node { id: None, address };
            return Ok(NameService {
                authority: authority.to_owned(),
                is_ha: false,
                namenodes: vec![node],
            });
        };
        let node = |id: String| {
            let key = format!("dfs.namenode.rpc-address.{authority}.{id}");
            let text = self
                .text(&key)?
                .ok_or_else(|| self.missing(&key, &format!("'{ids_key}' names '{id}'")))?;
            let address = HostPort::parse(&text, Some(NAMENODE_PORT))
                .map_err(|e| self.bad(&key, &text, e))?;
            Ok(Node {
                id: Some(id),
                address,
            })
        };
        let namenodes = ids
            .into_iter()
            .map(node)
            .collect::<Result<_, HadoopConfError>>()?;
        Ok(NameService {
            authority: authority.to_owned(),
            is_ha: true,
            namenodes,
        })
    }

    /// The addresses of a service of the ResourceManagers, in the order of the configuration.
    ///
    /// # Errors
    /// If fail-over is on and a ResourceManager has no address, or an address is none.
    pub fn resource_managers(&self, endpoint: RmEndpoint) -> Result<Vec<Node>, HadoopConfError> {
        const IDS: &str = "yarn.resourcemanager.ha.rm-ids";
        let parse = |key: &str, text: String| {
            HostPort::parse(&text, Some(endpoint.port())).map_err(|e| self.bad(key, &text, e))
        };
        if !self.value::<bool>("yarn.resourcemanager.ha.enabled")? {
            let key = endpoint.key();
            let text = self.value::<String>(key)?;
            return Ok(vec![Node {
                id: None,
                address: parse(key, text)?,
            }]);
        }
        let ids: Vec<String> = self.optional(IDS)?.unwrap_or_default();
        if ids.is_empty() {
            return Err(self.missing(IDS, "yarn.resourcemanager.ha.enabled is true"));
        }
        let node = |id: String| {
            let key = format!("{}.{id}", endpoint.key());
            let host_key = format!("yarn.resourcemanager.hostname.{id}");
            let address = match (self.text(&key)?, self.text(&host_key)?) {
                (Some(text), _) => parse(&key, text)?,
                (None, Some(host)) => parse(&host_key, host)?,
                (None, None) => {
                    return Err(self.missing(
                        &key,
                        &format!("'{IDS}' names '{id}', and '{host_key}' is not set either"),
                    ));
                }
            };
            Ok(Node {
                id: Some(id),
                address,
            })
        };
        ids.into_iter().map(node).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::conf::tests::of;
    use super::*;

    fn addresses(nodes: &[Node]) -> Vec<String> {
        nodes
            .iter()
            .map(|n| format!("{}={}", n.id.as_deref().unwrap_or("-"), n.address))
            .collect()
    }

    #[test]
    fn host_and_port() {
        let show = |text: &str, port| HostPort::parse(text, port).map(|a| a.to_string());
        assert_eq!(show("h:1", None).unwrap(), "h:1");
        assert_eq!(show(" h ", Some(2)).unwrap(), "h:2");
        assert_eq!(show("[::1]:3", None).unwrap(), "[::1]:3");
        assert_eq!(show("[::1]", Some(3)).unwrap(), "[::1]:3");
        for bad in [
            "h", "h:", ":1", "h:x", "h:70000", "[::1", "[::1]x", "${h}:1", "",
        ] {
            assert!(HostPort::parse(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn name_services() {
        let conf = of(&[
            ("fs.defaultFS", "hdfs://ns1/"),
            ("dfs.nameservices", "ns1, ns2, ns3"),
            ("dfs.ha.namenodes.ns1", "nn1,nn2"),
            ("dfs.namenode.rpc-address.ns1.nn1", "a:8020"),
            ("dfs.namenode.rpc-address.ns1.nn2", "b"),
            ("dfs.namenode.rpc-address.ns2", "c:1"),
        ]);
        assert_eq!(
            conf.default_hdfs_authority().unwrap().as_deref(),
            Some("ns1")
        );
        let ns1 = conf.name_service("ns1").unwrap();
        assert_eq!(addresses(&ns1.namenodes), ["nn1=a:8020", "nn2=b:8020"]);
        assert_eq!(ns1.token_service().as_deref(), Some("ha-hdfs:ns1"));
        assert_eq!(
            addresses(&conf.name_service("ns2").unwrap().namenodes),
            ["-=c:1"]
        );
        assert!(
            conf.name_service("ns3")
                .unwrap_err()
                .to_string()
                .contains("'dfs.ha.namenodes.ns3' is not set")
        );
        let single = conf.name_service("host:9000").unwrap();
        assert_eq!(
            (addresses(&single.namenodes), single.token_service()),
            (vec!["-=host:9000".to_owned()], None)
        );
        let incomplete = of(&[
            ("dfs.ha.namenodes.x", "nn1,nn2"),
            ("dfs.namenode.rpc-address.x.nn1", "a:1"),
        ]);
        assert!(
            incomplete
                .name_service("x")
                .unwrap_err()
                .to_string()
                .contains("dfs.namenode.rpc-address.x.nn2")
        );
        assert_eq!(of(&[]).default_hdfs_authority().unwrap(), None);
        assert!(
            of(&[("fs.defaultFS", "hdfs:///x")])
                .default_hdfs_authority()
                .is_err()
        );
    }

    #[test]
    fn resource_managers() {
        let single = of(&[("yarn.resourcemanager.hostname", "rm")]);
        assert_eq!(
            addresses(&single.resource_managers(RmEndpoint::Scheduler).unwrap()),
            ["-=rm:8030"]
        );
        let pair = of(&[
            ("yarn.resourcemanager.ha.enabled", "true"),
            ("yarn.resourcemanager.ha.rm-ids", "rm1,rm2"),
            ("yarn.resourcemanager.hostname.rm1", "a"),
            ("yarn.resourcemanager.hostname.rm2", "b"),
            ("yarn.resourcemanager.address.rm2", "c:1"),
        ]);
        assert_eq!(
            addresses(&pair.resource_managers(RmEndpoint::Client).unwrap()),
            ["rm1=a:8032", "rm2=c:1"]
        );
        let incomplete = of(&[
            ("yarn.resourcemanager.ha.enabled", "true"),
            ("yarn.resourcemanager.ha.rm-ids", "rm1"),
        ]);
        let error = incomplete
            .resource_managers(RmEndpoint::Web)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("yarn.resourcemanager.webapp.address.rm1"),
            "{error}"
        );
    }
}
