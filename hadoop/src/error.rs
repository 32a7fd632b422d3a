//! Why this process cannot use a cluster, with what to do about it.

use alpheus_hadoop_conf::ConfigError;
use alpheus_hadoop_conf::hadoop::HadoopConfError;
use alpheus_hadoop_rpc::RpcError;
use alpheus_hadoop_rpc::namenode::NameNodeError;
use alpheus_security::hadoop::{AuthToLocalError, TokenError};
use alpheus_security::kerberos::KerberosError;
use alpheus_yarn::YarnError;

/// A cluster that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HadoopError {
    /// No configuration was found.
    #[error(
        "there is no Hadoop configuration{}; set HADOOP_CONF_DIR (or the option env.hadoop.conf.dir) to the folder of core-site.xml",
        looked.as_ref().map(|dir| format!(" in {}", dir.display())).unwrap_or_default()
    )]
    NoConfiguration {
        /// Where it was looked for, if anywhere.
        looked: Option<std::path::PathBuf>,
    },
    /// The cluster wants a proof that this process has not.
    #[error(
        "the cluster wants Kerberos and this process has no login: set security.kerberos.login.keytab and \
         security.kerberos.login.principal, or run kinit, or name a token file in HADOOP_TOKEN_FILE_LOCATION"
    )]
    NoLogin,
    /// An option names a file system that cannot be meant.
    #[error("security.kerberos.access.hadoopFileSystems names '{uri}': {reason}")]
    NoFileSystem {
        /// As written.
        uri: String,
        /// What is wrong.
        reason: String,
    },
    /// Hadoop's configuration is not usable.
    #[error(transparent)]
    Configuration(#[from] HadoopConfError),
    /// An option is not usable.
    #[error(transparent)]
    Option(#[from] ConfigError),
    /// Kerberos refused.
    #[error(transparent)]
    Kerberos(#[from] KerberosError),
    /// The rules that make user names of principals do not.
    #[error(transparent)]
    AuthToLocal(#[from] AuthToLocalError),
    /// A token file is not usable.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// A NameNode refused or is not reached.
    #[error(transparent)]
    NameNode(#[from] NameNodeError),
    /// A server refused or is not reached.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// YARN refused or is not reached.
    #[error(transparent)]
    Yarn(#[from] YarnError),
    /// The system gives no threads or files.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's answer.
        error: std::io::Error,
    },
}

impl HadoopError {
    /// Whether trying again later may help without anyone doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            HadoopError::Kerberos(error) => error.is_transient(),
            HadoopError::System { .. } => true,
            _ => false,
        }
    }
}
