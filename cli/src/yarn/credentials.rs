//! What the master's container is given: tokens for HDFS, the application's authority, the token of its REST API, and
//! what it needs to know.

use std::collections::BTreeSet;
use std::time::SystemTime;

use alpheus_am::yarn::given_tokens::last_use;
use alpheus_am::yarn::settings::{self, HadoopSettings, MasterSettings};
use alpheus_hadoop::providers::{Renewer, Wanted, token_manager};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_conf::options::{checkpointing, security as options};
use alpheus_security::hadoop::Credentials;
use alpheus_security::rest_token::RestToken;
use alpheus_security::secret::SecretBytes;
use alpheus_security::tls::{ApplicationName, Authority, Role};
use alpheus_storage::Location;
use alpheus_yarn::ApplicationId;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use crate::exit::{CliError, CliResult};

/// The file in the staging folder by which later commands of the owner reach the master.
pub const CLIENT_FILE: &str = "client.json";

/// The name spaces that an application reads and writes: the default one, those that are configured, those of its
/// checkpoints.
pub fn name_spaces(
    conf: &HadoopConf,
    configuration: &Configuration,
    staging: &Location,
) -> CliResult<Vec<String>> {
    let mut found = BTreeSet::new();
    found.extend(conf.default_hdfs_authority()?);
    let mut places = vec![staging.to_string()];
    places.extend(
        configuration
            .get(&options::ACCESS_FILE_SYSTEMS)?
            .unwrap_or_default(),
    );
    for option in [
        &checkpointing::DIR,
        &checkpointing::SAVEPOINT_DIR,
        &checkpointing::RECOVERY_PATH,
    ] {
        places.extend(configuration.get(option)?);
    }
    for place in places {
        let Ok(location) = place.parse::<Location>() else {
            continue;
        };
        if location.scheme() == "hdfs" && !location.authority().is_empty() {
            found.insert(location.authority().to_owned());
        }
    }
    Ok(found.into_iter().collect())
}

/// Delegation tokens for these name spaces; none, on a cluster without security. Until when they serve is known where it
/// counts: where the ResourceManager does not renew them.
///
/// # Errors
/// When a NameNode refuses or cannot be reached.
pub async fn tokens(
    cluster: &Cluster,
    configuration: &Configuration,
    name_spaces: &[String],
) -> CliResult<(Credentials, Option<SystemTime>)> {
    let wanted = Wanted {
        renewer: Renewer::ResourceManager,
        authorities: name_spaces.to_vec(),
        ..Wanted::default()
    };
    if !cluster.is_secure() {
        return Ok((Credentials::new(), None));
    }
    let Some(manager) = token_manager(&cluster.hadoop, configuration, &wanted)? else {
        return Ok((Credentials::new(), None));
    };
    let now = SystemTime::now();
    let round = manager.obtain_due(now).await;
    if let Some((_, reason)) = round.failed.first() {
        return Err(CliError::failed(format!(
            "there are no delegation tokens for {}: {reason}",
            name_spaces.join(", ")
        )));
    }
    let tokens = Credentials::clone(&manager.credentials());
    if last_use(&tokens).is_some_and(|end| end <= now) {
        return Err(CliError::failed(
            "the NameNode's delegation tokens live no longer than a minute, and the HDFS library shows none in its last: \
             raise dfs.namenode.delegation.token.max-lifetime",
        ));
    }
    let ends = manager
        .status()
        .into_iter()
        .filter_map(|status| status.facts.valid_until);
    Ok((tokens, ends.min()))
}

/// The secrets of one application, made by the client that submits it.
pub struct ApplicationSecrets {
    authority: Authority,
    token: RestToken,
}

/// What a later command needs: a certificate of the application, and the REST API's token.
#[derive(Serialize, Deserialize)]
pub struct ClientSecrets {
    /// Certificate and key of a client.
    pub identity: String,
    /// The REST API's token.
    pub token: String,
}

impl Drop for ClientSecrets {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.identity.zeroize();
        self.token.zeroize();
    }
}

impl ApplicationSecrets {
    /// Makes them.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn new(application: ApplicationId) -> CliResult<Self> {
        let name = ApplicationName::new(&application.to_string()).map_err(CliError::failed)?;
        Ok(ApplicationSecrets {
            authority: Authority::create(name).map_err(CliError::failed)?,
            token: RestToken::random().map_err(CliError::failed)?,
        })
    }

    /// What the master's container is given.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn for_master(
        &self,
        mut tokens: Credentials,
        settings: &MasterSettings,
        hadoop: &HadoopSettings,
    ) -> CliResult<Credentials> {
        let authority = self.authority.to_pem().map_err(CliError::failed)?;
        tokens.add_secret(settings::AUTHORITY, authority);
        tokens.add_secret(settings::REST, self.token.to_bytes());
        for put in [
            settings::put_json(&mut tokens, settings::MASTER, settings),
            settings::put_json(&mut tokens, settings::HADOOP, hadoop),
        ] {
            put.map_err(CliError::failed)?;
        }
        Ok(tokens)
    }

    /// What lies in the staging folder for later commands.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn for_clients(&self) -> CliResult<SecretBytes> {
        let identity = self
            .authority
            .issue(Role::Client)
            .map_err(CliError::failed)?;
        let pem = identity.to_pem().map_err(CliError::failed)?;
        let text = |bytes: &SecretBytes| String::from_utf8_lossy(bytes.expose()).into_owned();
        let secrets = ClientSecrets {
            identity: text(&pem),
            token: text(&self.token.to_bytes()),
        };
        let json = serde_json::to_vec(&secrets).map_err(CliError::failed)?;
        Ok(SecretBytes::new(json))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::{Environment, Source};
    use alpheus_security::tls::Identity;

    #[test]
    fn tokens_are_for_every_name_space_that_is_used() {
        let mut conf = HadoopConf::empty(Environment::of(&[]));
        conf.set("fs.defaultFS", "hdfs://ns1", "test");
        let mut configuration = Configuration::new();
        for (key, value) in [
            ("execution.checkpointing.dir", "hdfs://ns2/c"),
            ("execution.checkpointing.savepoint-dir", "hdfs:///s"),
            (
                "security.kerberos.access.hadoopFileSystems",
                "hdfs://other:8020;file:///x",
            ),
        ] {
            configuration.set(key, value, Source::CommandLine).unwrap();
        }
        let staging = "hdfs://ns1/user/alice/.alpheus".parse().unwrap();
        let found = name_spaces(&conf, &configuration, &staging).unwrap();
        assert_eq!(found, ["ns1", "ns2", "other:8020"]);
    }

    #[test]
    fn clients_get_a_certificate_and_never_the_authority() {
        let id = ApplicationId {
            cluster_timestamp: 1,
            sequence: 1,
        };
        let secrets = ApplicationSecrets::new(id).unwrap();
        let for_clients = secrets.for_clients().unwrap();
        let read: ClientSecrets = serde_json::from_slice(for_clients.expose()).unwrap();
        let identity = Identity::from_pem(read.identity.as_bytes()).unwrap();
        assert_eq!(identity.role(), &Role::Client);
        assert!(RestToken::from_bytes(read.token.as_bytes()).is_some());
        let authority = secrets.authority.to_pem().unwrap();
        let key = String::from_utf8_lossy(authority.expose()).into_owned();
        let key = key.split("-----END").next().unwrap();
        assert!(!read.identity.contains(key));
    }
}
