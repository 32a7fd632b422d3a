//! What can keep an application from running.

use alpheus_hadoop_conf::ConfigError;
use alpheus_hadoop_conf::hadoop::HadoopConfError;
use alpheus_security::hadoop::TokenError;
use alpheus_security::rest_token::RestTokenError;
use alpheus_security::tls::{RoleError, TlsError};
use alpheus_storage::StorageError;
use alpheus_yarn::YarnError;

use crate::job_master::StartError;
use crate::rest::RestServerError;

/// See the module's documentation.
#[derive(Debug, thiserror::Error)]
pub enum YarnApplicationError {
    /// YARN starts this process, with an environment that says so.
    #[error(
        "the environment variable {0} is missing or wrong: this command is started by YARN, not by hand"
    )]
    Environment(&'static str),
    /// The launch context did not hold what it should.
    #[error("the container's credentials lack `{0}`: was it started by another version?")]
    Credentials(&'static str),
    /// Something that came with the launch context, or lies in the staging folder, cannot be read.
    #[error("`{what}` cannot be read: {reason}; was it written by another version?")]
    Malformed {
        /// Which.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// An option is wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// Hadoop's configuration is not usable.
    #[error(transparent)]
    Hadoop(#[from] HadoopConfError),
    /// The token file.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The ResourceManager, or a NodeManager.
    #[error(transparent)]
    Yarn(#[from] YarnError),
    /// HDFS.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A name that cannot stand in a certificate.
    #[error(transparent)]
    Role(#[from] RoleError),
    /// The REST token.
    #[error(transparent)]
    RestToken(#[from] RestTokenError),
    /// The REST API.
    #[error(transparent)]
    Rest(#[from] RestServerError),
    /// The job.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The keytab, or the KDC.
    #[error(
        "the job manager cannot log in from its keytab: {0}; see whether its node reaches the KDC (krb5.conf, \
         security.kerberos.krb5-conf.path) and whether the keytab is the principal's"
    )]
    Login(String),
    /// Threads, ports, files of this machine.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The job master itself broke down.
    #[error("the job master broke down: {0}")]
    Broken(String),
}
