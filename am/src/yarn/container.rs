//! Where a process finds itself when a NodeManager has started it: the environment by
//! `ApplicationConstants.Environment`, and the credentials file.

use std::path::{Path, PathBuf};

use alpheus_hadoop_conf::Environment;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_security::hadoop::{Credentials, CredentialsFormat, kind};
use alpheus_yarn::ContainerId;

use super::YarnApplicationError;

/// A container, from inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerEnvironment {
    /// Which.
    pub id: ContainerId,
    /// The node, by the name under which others reach it.
    pub host: String,
    /// Where the logs belong.
    pub log_dir: PathBuf,
    /// The credentials.
    pub token_file: PathBuf,
    /// The path under which YARN's proxy shows the master's pages; for the master only.
    pub web_proxy_base: Option<String>,
}

impl ContainerEnvironment {
    /// What the environment says.
    ///
    /// # Errors
    /// When this process was not started by a NodeManager.
    pub fn find(environment: &Environment<'_>) -> Result<Self, YarnApplicationError> {
        let variable = |name: &'static str| {
            environment
                .non_empty(name)
                .ok_or(YarnApplicationError::Environment(name))
        };
        let id = variable("CONTAINER_ID")?
            .parse()
            .map_err(|_| YarnApplicationError::Environment("CONTAINER_ID"))?;
        let logs = variable("LOG_DIRS")?;
        Ok(ContainerEnvironment {
            id,
            host: variable("NM_HOST")?,
            log_dir: PathBuf::from(logs.split(',').next().unwrap_or_default()),
            token_file: PathBuf::from(variable("HADOOP_TOKEN_FILE_LOCATION")?),
            web_proxy_base: environment.non_empty("APPLICATION_WEB_PROXY_BASE"),
        })
    }

    /// Takes the credentials over: reads them, and leaves in the file only what the HDFS library looks for there.
    /// The file is the process's own; the NodeManager keeps a copy for its own needs.
    ///
    /// # Errors
    /// When the file cannot be read or replaced.
    pub fn take_credentials(&self) -> Result<Credentials, YarnApplicationError> {
        let credentials = Credentials::read(&self.token_file)?;
        // Until Hadoop's configuration is known, the tokens stay as they are.
        hdfs_tokens(&credentials).write(&self.token_file, CredentialsFormat::Writable)?;
        Ok(credentials)
    }
}

fn hdfs_tokens(credentials: &Credentials) -> Credentials {
    let mut tokens = Credentials::new();
    for token in credentials.of_kind(kind::HDFS) {
        tokens.add_by_service(token.clone());
    }
    tokens
}

/// Writes the token file of the HDFS library: it wants a token's service to be exactly what stands in the URI,
/// `host:port`, where Hadoop itself writes addresses. Each NameNode that is known by name gets an entry of its own.
///
/// # Errors
/// When the configuration is not usable or the file cannot be written.
pub fn write_token_file(
    path: &Path,
    credentials: &Credentials,
    conf: &HadoopConf,
    authorities: &[String],
) -> Result<(), YarnApplicationError> {
    let mut tokens = hdfs_tokens(credentials);
    for authority in authorities {
        let space = conf.name_service(authority)?;
        if space.token_service().is_some() {
            continue;
        }
        for node in &space.namenodes {
            let (host, port) = (node.address.host.to_ascii_lowercase(), node.address.port);
            let wanted = format!("{host}:{port}");
            let addresses = std::net::ToSocketAddrs::to_socket_addrs(&(host.as_str(), port))
                .map(|found| found.map(|a| a.to_string()).collect::<Vec<_>>())
                .unwrap_or_default();
            let found = credentials
                .of_kind(kind::HDFS)
                .find(|t| t.service == wanted || addresses.contains(&t.service));
            if let Some(token) = found {
                let mut token = token.clone();
                token.service.clone_from(&wanted);
                tokens.add_by_service(token);
            }
        }
    }
    Ok(tokens.write(path, CredentialsFormat::Writable)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_security::hadoop::Token;
    use alpheus_security::secret::SecretBytes;

    fn token(kind: &str, service: &str) -> Token {
        Token {
            identifier: b"id".to_vec(),
            password: SecretBytes::from(&b"pw"[..]),
            kind: kind.to_owned(),
            service: service.to_owned(),
        }
    }

    const CONTAINER: &[(&str, &str)] = &[
        ("CONTAINER_ID", "container_1700000000000_0007_01_000002"),
        ("NM_HOST", "node1"),
        ("LOG_DIRS", "/logs/a,/logs/b"),
        ("HADOOP_TOKEN_FILE_LOCATION", "/work/container_tokens"),
    ];

    #[test]
    fn a_container_knows_itself_and_a_shell_is_none() {
        let found = ContainerEnvironment::find(&Environment::of(CONTAINER)).unwrap();
        assert_eq!(found.id.attempt.attempt, 1);
        assert_eq!(found.log_dir, Path::new("/logs/a"));
        assert_eq!(found.web_proxy_base, None);
        let error = ContainerEnvironment::find(&Environment::of(&CONTAINER[1..])).unwrap_err();
        assert!(error.to_string().contains("CONTAINER_ID"), "{error}");
    }

    #[test]
    fn secrets_are_taken_out_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut found = ContainerEnvironment::find(&Environment::of(CONTAINER)).unwrap();
        found.token_file = dir.path().join("container_tokens");
        let mut given = Credentials::new();
        given.add_by_service(token(kind::HDFS, "10.0.0.1:8020"));
        given.add("", token(kind::AM_RM, ""));
        given.add_secret("alpheus.authority", SecretBytes::from(&b"key"[..]));
        given
            .write(&found.token_file, CredentialsFormat::Writable)
            .unwrap();
        assert_eq!(found.take_credentials().unwrap(), given);
        let left = Credentials::read(&found.token_file).unwrap();
        assert_eq!(left.of_kind(kind::AM_RM).count(), 0);
        assert_eq!(left.of_kind(kind::HDFS).count(), 1);
        assert!(left.secret("alpheus.authority").is_none());
    }

    #[test]
    fn a_token_by_address_is_found_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        let conf = HadoopConf::empty(Environment::of(&[]));
        let mut given = Credentials::new();
        given.add_by_service(token(kind::HDFS, "127.0.0.1:8020"));
        write_token_file(&path, &given, &conf, &["localhost:8020".to_owned()]).unwrap();
        let written = Credentials::read(&path).unwrap();
        assert!(written.token(kind::HDFS, "localhost:8020").is_some());
        assert!(written.token(kind::HDFS, "127.0.0.1:8020").is_some());
    }
}
