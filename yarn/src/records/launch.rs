//! What a NodeManager needs to start a container.

use super::unsigned;
use crate::proto::{
    ApplicationAclMapProto, ContainerLaunchContextProto, LocalResourceProto,
    LogAggregationContextProto, StringBytesMapProto, StringLocalResourceMapProto,
    StringStringMapProto, UrlProto,
};
use crate::states::{ResourceType, Visibility};
use alpheus_security::secret::SecretBytes;
use std::collections::BTreeMap;
use std::fmt;

/// A process to be started: files, environment, command, credentials.
#[derive(Clone, Default)]
pub struct ContainerLaunch {
    /// Files in the working folder, by name.
    pub resources: BTreeMap<String, LocalResource>,
    /// A credentials stream (HDTS) that becomes the file `container_tokens`. Also used for localization and log aggregation.
    pub tokens: Option<SecretBytes>,
    /// Environment. `{{VAR}}`, `<LOG_DIR>` and `<CPS>` are replaced on the node.
    pub environment: BTreeMap<String, String>,
    /// Words of a shell command, joined by spaces and run by `bash -c "..."`: no unescaped double quotes. The same replacements.
    pub command: Vec<String>,
    /// Data for services of the NodeManager, by service.
    pub service_data: BTreeMap<String, Vec<u8>>,
    /// Who may see and change the application; counts in the master's launch only.
    pub access: AccessLists,
}

/// Names only: environment and tokens may hold secrets.
impl fmt::Debug for ContainerLaunch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerLaunch")
            .field("resources", &self.resources)
            .field("tokens", &self.tokens)
            .field("environment", &self.environment.keys().collect::<Vec<_>>())
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// A file that the NodeManager puts into the working folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalResource {
    /// Where it is.
    pub uri: ResourceUri,
    /// Bytes.
    pub size: u64,
    /// When it was changed last, in milliseconds since 1970; must be exactly what the file system says.
    pub modified: i64,
    /// Whether it is unpacked.
    pub kind: ResourceType,
    /// Who shares it.
    pub visibility: Visibility,
}

/// A URI as YARN takes it apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceUri {
    /// Such as `hdfs`.
    pub scheme: String,
    /// Host or name service; empty for `file`.
    pub host: String,
    /// The port; name services have none.
    pub port: Option<u16>,
    /// The absolute path.
    pub path: String,
}

/// Who may do what with an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessLists {
    /// Who may see it: `users groups`, `*` for everyone. `None`: owner and administrators.
    pub view: Option<String>,
    /// Who may change it.
    pub modify: Option<String>,
}

/// Which log files are collected, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogAggregation {
    /// Collected at the end: a regular expression over names.
    pub include: String,
    /// Not collected at the end.
    pub exclude: String,
    /// Collected while the application runs; empty for none.
    pub rolled_include: String,
    /// Not collected while it runs.
    pub rolled_exclude: String,
}

impl Default for LogAggregation {
    fn default() -> Self {
        Self {
            include: ".*".into(),
            exclude: String::new(),
            rolled_include: String::new(),
            rolled_exclude: ".*".into(),
        }
    }
}

impl ResourceUri {
    /// Takes `scheme://host[:port]/path` or `scheme:/path` apart; `None` when the text is no such thing.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/')?),
            None => ("", rest),
        };
        if scheme.is_empty() || !path.starts_with('/') || authority.contains('@') {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !authority.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        Some(Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            port,
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for ResourceUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        f.write_str(&self.path)
    }
}

impl From<&ResourceUri> for UrlProto {
    fn from(uri: &ResourceUri) -> Self {
        Self {
            scheme: Some(uri.scheme.clone()),
            host: Some(uri.host.clone()).filter(|h| !h.is_empty()),
            // An absent port would read as 0 and turn a name service into a host.
            port: Some(uri.port.map_or(-1, i32::from)),
            file: Some(uri.path.clone()),
            user_info: None,
        }
    }
}

impl From<&LocalResource> for LocalResourceProto {
    fn from(resource: &LocalResource) -> Self {
        Self {
            resource: Some((&resource.uri).into()),
            size: Some(i64::try_from(resource.size).unwrap_or(i64::MAX)),
            timestamp: Some(resource.modified),
            kind: Some(resource.kind.to_wire()),
            visibility: Some(resource.visibility.to_wire()),
            pattern: None,
            should_be_uploaded_to_shared_cache: None,
        }
    }
}

impl From<&ContainerLaunch> for ContainerLaunchContextProto {
    fn from(launch: &ContainerLaunch) -> Self {
        let pair = |(key, value): (&String, &String)| StringStringMapProto {
            key: Some(key.clone()),
            value: Some(value.clone()),
        };
        Self {
            local_resources: launch
                .resources
                .iter()
                .map(|(key, resource)| StringLocalResourceMapProto {
                    key: Some(key.clone()),
                    value: Some(resource.into()),
                })
                .collect(),
            tokens: launch.tokens.as_ref().map(|t| t.expose().to_vec()),
            service_data: launch
                .service_data
                .iter()
                .map(|(key, value)| StringBytesMapProto {
                    key: Some(key.clone()),
                    value: Some(value.clone()),
                })
                .collect(),
            environment: launch.environment.iter().map(pair).collect(),
            command: launch.command.clone(),
            application_acls: (&launch.access).into(),
            container_retry_context: None,
            tokens_conf: None,
        }
    }
}

/// `ApplicationAccessType`.
const VIEW: i32 = 1;
const MODIFY: i32 = 2;

impl From<&AccessLists> for Vec<ApplicationAclMapProto> {
    fn from(access: &AccessLists) -> Self {
        [(VIEW, &access.view), (MODIFY, &access.modify)]
            .into_iter()
            .filter_map(|(kind, acl)| {
                acl.as_ref().map(|acl| ApplicationAclMapProto {
                    access_type: Some(kind),
                    acl: Some(acl.clone()),
                })
            })
            .collect()
    }
}

impl From<Vec<ApplicationAclMapProto>> for AccessLists {
    fn from(wire: Vec<ApplicationAclMapProto>) -> Self {
        let mut access = AccessLists::default();
        for entry in wire {
            match entry.access_type {
                Some(VIEW) => access.view = entry.acl,
                Some(MODIFY) => access.modify = entry.acl,
                _ => {}
            }
        }
        access
    }
}

impl From<&LogAggregation> for LogAggregationContextProto {
    fn from(logs: &LogAggregation) -> Self {
        Self {
            include_pattern: Some(logs.include.clone()),
            exclude_pattern: Some(logs.exclude.clone()),
            rolled_logs_include_pattern: Some(logs.rolled_include.clone()),
            rolled_logs_exclude_pattern: Some(logs.rolled_exclude.clone()),
            log_aggregation_policy_class_name: None,
            log_aggregation_policy_parameters: None,
        }
    }
}

impl Drop for ContainerLaunchContextProto {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.tokens.zeroize();
    }
}

impl fmt::Debug for ContainerLaunchContextProto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContainerLaunchContextProto")
    }
}

impl LocalResource {
    /// A file by its URI, with what the file system says of it.
    pub fn file(uri: ResourceUri, size: u64, modified: i64, visibility: Visibility) -> Self {
        Self {
            uri,
            size: unsigned(Some(size)),
            modified,
            kind: ResourceType::File,
            visibility,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for text in ["hdfs://ns1/a/b", "hdfs://nn:8020/a", "file:///tmp/x"] {
            assert_eq!(ResourceUri::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "/a",
            "hdfs://ns1",
            "hdfs://nn:x/a",
            "hdfs:a",
            "hdfs://u@h/a",
        ] {
            assert!(ResourceUri::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_name_service_has_port_minus_one() {
        let wire = UrlProto::from(&ResourceUri::parse("hdfs://ns1/a").unwrap());
        assert_eq!((wire.host.as_deref(), wire.port), (Some("ns1"), Some(-1)));
        assert_eq!(
            UrlProto::from(&ResourceUri::parse("file:///a").unwrap()).host,
            None
        );
    }

    #[test]
    fn nothing_prints_secrets() {
        let mut launch = ContainerLaunch::default();
        launch
            .environment
            .insert("PASSWORD".into(), "hunter2".into());
        launch.tokens = Some(SecretBytes::from(&b"hunter2"[..]));
        let printed = format!(
            "{launch:?} {:?}",
            ContainerLaunchContextProto::from(&launch)
        );
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(printed.contains("PASSWORD"));
    }

    #[test]
    fn access_lists_survive_the_wire() {
        let access = AccessLists {
            view: Some("*".into()),
            modify: None,
        };
        assert_eq!(AccessLists::from(Vec::from(&access)), access);
    }
}
