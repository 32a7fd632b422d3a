//! A cluster as its clients see it: Hadoop's configuration, who we are, the ResourceManager, HDFS.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError};
use alpheus_hadoop_conf::options::yarn as options;
use alpheus_hadoop_conf::{Configuration, Environment};
use alpheus_hadoop_rpc::{Identity, NameNode, RetryPolicy, RpcClient, Tokens};
use alpheus_security::hadoop::{AuthToLocal, Mechanism};
use alpheus_security::kerberos::Login;
use alpheus_storage::{HdfsFileSystem, HdfsUser, Location};
use alpheus_yarn::service::rpc_client;
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

/// See the module's documentation.
pub struct Cluster {
    /// Hadoop's configuration.
    pub conf: HadoopConf,
    /// Our name there, without a realm.
    pub user: String,
    /// The login, on a secured cluster.
    pub login: Option<Arc<Login>>,
    /// The ResourceManager.
    pub resource_manager: ResourceManager,
    /// For other services.
    pub rpc: RpcClient,
    identity: Arc<Identity>,
}

impl Cluster {
    /// Finds the configuration and logs in. Makes `hdfs://` known to this process.
    ///
    /// # Errors
    /// When there is no configuration, it is wrong, or there is no ticket.
    pub async fn connect(configuration: &Configuration) -> CliResult<Self> {
        let (mut conf, warnings) = HadoopConf::load(configuration)?;
        for warning in warnings {
            eprintln!("warning: {warning}");
        }
        if conf.files().is_empty() {
            return Err(CliError::usage(
                "there is no Hadoop configuration: set HADOOP_CONF_DIR to the folder of core-site.xml and yarn-site.xml",
            ));
        }
        let replication = configuration.get(&options::FILE_REPLICATION)?;
        if replication > 0 {
            conf.set(
                "dfs.replication",
                &replication.to_string(),
                options::FILE_REPLICATION.key(),
            );
        }
        let login = match conf.is_secure()? {
            false => None,
            true => Some(log_in(configuration).await?),
        };
        let user = match &login {
            Some(login) => short_name(&conf, login.principal())?,
            None => simple_user(),
        };
        let identity = Identity::on_cluster(&conf, user.clone(), login.clone(), Tokens::default())?;
        let identity = Arc::new(identity);
        let rpc = rpc_client(&conf, Some("ALPHEUS_CLIENT".to_owned()))?;
        let resource_manager = ResourceManager::new(&conf, rpc.clone(), identity.clone())
            .await?
            .with(|proxy| proxy.with_policy(PATIENCE));
        let hdfs_user = match &login {
            Some(login) => HdfsUser::Kerberos {
                principal: login.principal().to_owned(),
                cache: login.cache().to_owned(),
            },
            None => HdfsUser::Simple(user.clone()),
        };
        let hdfs = HdfsFileSystem::new(&conf, hdfs_user).map_err(CliError::failed)?;
        alpheus_storage::register("hdfs", Arc::new(hdfs));
        Ok(Cluster {
            conf,
            user,
            login,
            resource_manager,
            rpc,
            identity,
        })
    }

    /// The NameNodes of a name space.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub async fn name_node(&self, authority: &str) -> CliResult<NameNode> {
        NameNode::new(
            &self.conf,
            authority,
            self.rpc.clone(),
            self.identity.clone(),
        )
        .await
        .map_err(CliError::usage)
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
                let prefix: String = self.conf.value("dfs.user.home.dir.prefix")?;
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
                let authority = self.conf.default_hdfs_authority()?.ok_or_else(|| {
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

async fn log_in(configuration: &Configuration) -> CliResult<Arc<Login>> {
    let login = Login::from_options(configuration).await.map_err(|error| {
        CliError::refused(format!(
            "{error}; the cluster is secured: run kinit, or set security.kerberos.login.keytab and \
             security.kerberos.login.principal"
        ))
    })?;
    let login = login.ok_or_else(|| {
        CliError::refused(
            "the cluster is secured, but neither a keytab (security.kerberos.login.keytab) nor the ticket cache \
             (security.kerberos.login.use-ticket-cache) may be used",
        )
    })?;
    if login.status().ticket.end <= std::time::SystemTime::now() {
        return Err(CliError::refused(format!(
            "the Kerberos ticket of {} has expired: run kinit",
            login.principal()
        )));
    }
    Ok(login)
}

/// What Hadoop calls the owner of a principal (`hadoop.security.auth_to_local`).
fn short_name(conf: &HadoopConf, principal: &str) -> CliResult<String> {
    let rules: String = conf.value("hadoop.security.auth_to_local")?;
    let mechanism: String = conf.value("hadoop.security.auth_to_local.mechanism")?;
    let mechanism = Mechanism::from_name(&mechanism).unwrap_or(Mechanism::Hadoop);
    let realm = principal.rsplit_once('@').map(|(_, realm)| realm);
    let rules = AuthToLocal::parse(&rules, realm, mechanism).map_err(CliError::usage)?;
    rules.short_name(principal).map_err(CliError::usage)
}

/// Who we are where nobody asks for proof (`UserGroupInformation`).
fn simple_user() -> String {
    let environment = Environment::process();
    environment
        .non_empty("HADOOP_USER_NAME")
        .or_else(|| environment.non_empty("USER"))
        .unwrap_or_else(|| "nobody".to_owned())
}
