//! HDFS in a container: by the tokens that came with the launch context, or on a cluster without security as the user
//! who submitted.

use std::sync::Arc;

use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_security::hadoop::Credentials;
use alpheus_storage::{HdfsFileSystem, HdfsUser};

use super::YarnApplicationError;
use super::container::{ContainerEnvironment, named_tokens};
use super::settings::HadoopSettings;

/// Makes `hdfs://` known to this process.
///
/// # Errors
/// When the configuration is not usable, or the tokens cannot be written.
pub fn register(
    settings: &HadoopSettings,
    conf: &HadoopConf,
    credentials: &Credentials,
    container: &ContainerEnvironment,
) -> Result<(), YarnApplicationError> {
    container.keep(&named_tokens(credentials, conf, &settings.name_spaces)?)?;
    let user = match (conf.is_secure()?, &settings.user) {
        (false, Some(user)) => HdfsUser::Simple(user.clone()),
        _ => HdfsUser::Process,
    };
    alpheus_storage::register("hdfs", Arc::new(HdfsFileSystem::new(conf, user)?));
    Ok(())
}
