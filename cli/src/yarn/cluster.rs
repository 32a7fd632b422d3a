//! A cluster as its clients see it: Hadoop's configuration, who we are, the ResourceManager, HDFS.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::process::find_conf;
use alpheus_hadoop::{Hadoop, HadoopError};
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError};
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_hadoop_rpc::RetryPolicy;
use alpheus_storage::Location;
use alpheus_yarn::{ResourceManager, YarnError};

use crate::exit::{CliError, CliResult};

/// How often a ResourceManager that does not answer is asked again: a person waits.
const PATIENCE: RetryPolicy = RetryPolicy {
    retries: 10,
    failovers: 20,
    base: Duration::from_millis(250),
    max: Duration::from_secs(1),
};

/// The folder of Alpheus in a user's home folder.
const FOLDER: &str = ".alpheus";

impl From<YarnError> for CliError {
    fn from(error: YarnError) -> Self {
        CliError::failed(error)
    }
}

impl From<HadoopConfError> for CliError {
    fn from(error: HadoopConfError) -> Self {
        CliError::usage(error)
    }
}

impl From<HadoopError> for CliError {
    fn from(error: HadoopError) -> Self {
        match error {
            HadoopError::NoLogin => CliError::refused(error),
            HadoopError::Kerberos(error) => CliError::refused(format!(
                "{error}; the cluster is secured: run kinit, or set security.kerberos.login.keytab and \
                 security.kerberos.login.principal"
            )),
            HadoopError::NoConfiguration { .. }
            | HadoopError::NoFileSystem { .. }
            | HadoopError::Configuration(_)
            | HadoopError::Option(_)
            | HadoopError::AuthToLocal(_)
            | HadoopError::Tokens(_) => CliError::usage(error),
            error => CliError::failed(error),
        }
    }
}

/// See the module's documentation.
pub struct Cluster {
    /// This process there.
    pub hadoop: Arc<Hadoop>,
    /// Our name there, without a realm.
    pub user: String,
    /// The ResourceManager.
    pub resource_manager: ResourceManager,
}

impl Cluster {
    /// Finds the configuration and logs in. Makes `hdfs://` known to this process.
    ///
    /// # Errors
    /// When there is no configuration, it is wrong, or there is no ticket.
    pub async fn connect(configuration: &Configuration) -> CliResult<Self> {
        let mut conf = find_conf(configuration, None)?;
        let replication = configuration.get(&options::FILE_REPLICATION)?;
        if replication > 0 {
            conf.set(
                "dfs.replication",
                &replication.to_string(),
                options::FILE_REPLICATION.key(),
            );
        }
        let hadoop = Hadoop::with_conf(conf, configuration)?;
        if let Some(login) = hadoop.login()
            && login.status().ticket.end <= std::time::SystemTime::now()
        {
            return Err(CliError::refused(format!(
                "the Kerberos ticket of {} has expired: run kinit",
                login.principal()
            )));
        }
        let resource_manager = hadoop
            .resource_manager()
            .await?
            .with(|proxy| proxy.with_policy(PATIENCE));
        alpheus_storage::register("hdfs", Arc::new(hadoop.hdfs()?));
        Ok(Cluster {
            user: hadoop.short_name()?,
            resource_manager,
            hadoop,
        })
    }

    /// Hadoop's configuration.
    pub fn conf(&self) -> &HadoopConf {
        self.hadoop.conf()
    }

    /// Whether the cluster asks for proofs.
    pub fn is_secure(&self) -> bool {
        self.hadoop.choice() != alpheus_hadoop::LoginChoice::Insecure
    }

    /// The folder in which applications of this user have their staging folders.
    ///
    /// # Errors
    /// When the cluster's default file system is not HDFS and no folder is configured.
    pub fn staging_root(&self, configuration: &Configuration) -> CliResult<Location> {
        self.staging_root_of(configuration, &self.user)
    }

    /// The same, of another user.
    ///
    /// # Errors
    /// As there.
    pub fn staging_root_of(
        &self,
        configuration: &Configuration,
        user: &str,
    ) -> CliResult<Location> {
        let base = match configuration.get(&options::STAGING_DIRECTORY)? {
            Some(folder) => self.on_default_file_system(&folder)?,
            None => {
                let prefix: String = self.conf().value("dfs.user.home.dir.prefix")?;
                self.on_default_file_system(&format!("{prefix}/{user}"))?
            }
        };
        Ok(base.join(FOLDER))
    }

    /// A location; without a scheme it lies on the cluster's default file system.
    ///
    /// # Errors
    /// When it is none, or there is no such file system.
    pub fn on_default_file_system(&self, path: &str) -> CliResult<Location> {
        let has_scheme = path
            .split_once(':')
            .is_some_and(|(scheme, _)| !scheme.contains('/'));
        let text = match has_scheme {
            true => path.to_owned(),
            false => {
                let authority = self.conf().default_hdfs_authority()?.ok_or_else(|| {
                    CliError::usage(
                        "fs.defaultFS in core-site.xml is not HDFS: YARN needs a file system that all nodes reach; \
                         name a folder with its scheme in yarn.staging-directory",
                    )
                })?;
                format!("hdfs://{authority}/{}", path.trim_start_matches('/'))
            }
        };
        text.parse().map_err(CliError::usage)
    }
}
