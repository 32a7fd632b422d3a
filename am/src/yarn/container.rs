//! Where a process finds itself when a NodeManager has started it: the environment by
//! `ApplicationConstants.Environment`, and the credentials file.

use std::path::PathBuf;

use alpheus_hadoop_conf::Environment;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Token, kind};
use alpheus_yarn::ContainerId;

use super::YarnApplicationError;

/// The name that YARN gives to a container's credentials.
const TOKEN_FILE: &str = "container_tokens";

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
    /// Where it runs.
    pub work_dir: PathBuf,
    /// Folders for files that end with the application, separated by commas.
    pub local_dirs: String,
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
            work_dir: PathBuf::from(variable("PWD")?),
            local_dirs: variable("LOCAL_DIRS")?,
            web_proxy_base: environment.non_empty("APPLICATION_WEB_PROXY_BASE"),
        })
    }

    /// Takes the credentials over: reads them, and leaves only tokens of HDFS where the HDFS library looks for them and
    /// in the file that YARN has made. That file is this container's own; the NodeManager keeps a copy for its needs.
    ///
    /// # Errors
    /// When the credentials cannot be read or replaced.
    pub fn take_credentials(&self) -> Result<Credentials, YarnApplicationError> {
        let credentials = Credentials::read(&self.token_file)?;
        self.keep(&hdfs_tokens(&credentials))?;
        Ok(credentials)
    }

    /// Gives the HDFS library these tokens and no others.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn keep(&self, tokens: &Credentials) -> Result<(), YarnApplicationError> {
        alpheus_hadoop::token_file::replace(tokens).map_err(std::io::Error::other)?;
        let given = self.work_dir.join(TOKEN_FILE);
        if given.is_file() {
            tokens.write(&given, CredentialsFormat::Writable)?;
        }
        Ok(())
    }
}

fn hdfs_tokens(credentials: &Credentials) -> Credentials {
    let mut tokens = Credentials::new();
    for token in credentials.of_kind(kind::HDFS) {
        tokens.add_by_service(token.clone());
    }
    tokens
}

/// The tokens of HDFS as its library looks for them: it wants a token's service to be exactly what stands in the URI,
/// `host:port`, where Hadoop itself writes addresses. Each NameNode that is known by name gets an entry of its own.
///
/// # Errors
/// When the configuration is not usable.
pub fn named_tokens(
    credentials: &Credentials,
    conf: &HadoopConf,
    name_spaces: &[String],
) -> Result<Credentials, YarnApplicationError> {
    let mut tokens = hdfs_tokens(credentials);
    for name_space in name_spaces {
        let space = conf.name_service(name_space)?;
        if space.token_service().is_some() {
            continue;
        }
        for node in &space.namenodes {
            let (host, port) = (node.address.host.to_ascii_lowercase(), node.address.port);
            let wanted = format!("{host}:{port}");
            // A host that does not resolve cannot be connected to either.
            let addresses: Vec<String> = std::net::ToSocketAddrs::to_socket_addrs(&(host, port))
                .map(|found| found.map(|address| address.to_string()).collect())
                .unwrap_or_default();
            let found = credentials
                .of_kind(kind::HDFS)
                .find(|token| token.service == wanted || addresses.contains(&token.service));
            if let Some(token) = found {
                tokens.add_by_service(Token {
                    service: wanted,
                    ..token.clone()
                });
            }
        }
    }
    Ok(tokens)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
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
        ("HADOOP_TOKEN_FILE_LOCATION", "/container/container_tokens"),
        ("PWD", "/container"),
        ("LOCAL_DIRS", "/local/a,/local/b"),
    ];

    #[test]
    fn a_container_knows_itself_and_a_shell_is_none() {
        let found = ContainerEnvironment::find(&Environment::of(CONTAINER)).unwrap();
        assert_eq!(found.id.attempt.attempt, 1);
        assert_eq!(found.log_dir, std::path::Path::new("/logs/a"));
        assert_eq!(found.web_proxy_base, None);
        let error = ContainerEnvironment::find(&Environment::of(&CONTAINER[1..])).unwrap_err();
        assert!(error.to_string().contains("CONTAINER_ID"), "{error}");
    }

    #[test]
    fn secrets_are_taken_out_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut found = ContainerEnvironment::find(&Environment::of(CONTAINER)).unwrap();
        found.work_dir = dir.path().to_owned();
        found.token_file = dir.path().join(TOKEN_FILE);
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
        let conf = HadoopConf::empty(Environment::of(&[]));
        let mut given = Credentials::new();
        given.add_by_service(token(kind::HDFS, "127.0.0.1:8020"));
        let written = named_tokens(&given, &conf, &["localhost:8020".to_owned()]).unwrap();
        assert!(written.token(kind::HDFS, "localhost:8020").is_some());
        assert!(written.token(kind::HDFS, "127.0.0.1:8020").is_some());
    }
}
