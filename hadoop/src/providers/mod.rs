//! Where delegation tokens come from: HDFS and the ResourceManager, as providers for the token manager.
//!
//! [`token_manager`] makes a manager of those that the options want. What it publishes goes to whoever has no login of his
//! own: YARN's containers get it in their launch context, workers later by the job's control connection.
//!
//! ```text
//! let manager = token_manager(&hadoop, &configuration, &Wanted::default())?;
//! manager.obtain_due(SystemTime::now()).await;      // the first tokens, and whether there was a failure
//! manager.credentials();                            // what is held now
//! manager.keep_fresh();                             // replaces them from now on
//! manager.subscribe();                              // tells when it did
//! ```

mod hdfs;
mod issuer;
mod issuers;
mod resource_manager;

use std::sync::Arc;

use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::security::{ACCESS_FILE_SYSTEMS, TOKEN_RENEWER};
use alpheus_security::hadoop::Credentials;
use alpheus_security::tokens::{TokenManager, TokenOptions, TokenProvider};
use alpheus_storage::Location;

use crate::{Hadoop, HadoopError};
pub use hdfs::HdfsTokens;
pub use issuer::LIBRARY_MARGIN;
pub use issuers::{Asked, Issued, Issuers};
pub use resource_manager::ResourceManagerTokens;

/// Flink's name for the provider of HDFS tokens.
pub const HADOOP_FS: &str = "hadoopfs";
/// The name for the provider of the ResourceManager's tokens.
pub const YARN: &str = "yarn";

/// Who renews tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Renewer {
    /// YARN's ResourceManager, as long as an application runs: for tokens that go into a submission.
    #[default]
    ResourceManager,
    /// This process: for tokens that it replaces itself.
    This,
}

/// Which tokens are wanted beyond what the options say.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Who renews.
    pub renewer: Renewer,
    /// Authorities of further file systems: of checkpoints, of the staging folder.
    pub authorities: Vec<String>,
    /// Whether a token for the ResourceManager is obtained too.
    pub resource_manager: bool,
    /// Tokens that the process holds already.
    pub initial: Credentials,
}

/// A manager of the providers that are wanted and not switched off (`security.delegation.token.provider.<service>.enabled`);
/// `None` if tokens are switched off as a whole (`security.delegation.tokens.enabled`).
///
/// # Errors
/// When an option or Hadoop's configuration is not usable.
pub fn token_manager(
    hadoop: &Arc<Hadoop>,
    configuration: &Configuration,
    wanted: &Wanted,
) -> Result<Option<Arc<TokenManager>>, HadoopError> {
    let Some(options) = TokenOptions::from_configuration(configuration)? else {
        return Ok(None);
    };
    let renewer = match wanted.renewer {
        Renewer::This => hadoop.acting_user().to_owned(),
        Renewer::ResourceManager => renewer_of_yarn(hadoop, configuration)?,
    };
    let mut providers: Vec<Arc<dyn TokenProvider>> = Vec::new();
    if TokenOptions::is_enabled(configuration, HADOOP_FS)? {
        let authorities = authorities(hadoop, configuration, &wanted.authorities)?;
        let hadoop = Arc::clone(hadoop);
        providers.push(Arc::new(HdfsTokens::new(
            hadoop,
            authorities,
            renewer.clone(),
        )));
    }
    if wanted.resource_manager && TokenOptions::is_enabled(configuration, YARN)? {
        let hadoop = Arc::clone(hadoop);
        providers.push(Arc::new(ResourceManagerTokens::new(hadoop, renewer)));
    }
    let initial = wanted.initial.clone();
    Ok(Some(TokenManager::new(options, providers, initial)))
}

/// Whom YARN renews tokens as: the option, else the ResourceManager's principal.
fn renewer_of_yarn(hadoop: &Hadoop, configuration: &Configuration) -> Result<String, HadoopError> {
    if let Some(renewer) = configuration.get(&TOKEN_RENEWER)? {
        return Ok(renewer);
    }
    let principal = hadoop.conf().text("yarn.resourcemanager.principal")?;
    let Some(principal) = principal else {
        // Without YARN nobody renews but ourselves.
        return Ok(hadoop.acting_user().to_owned());
    };
    let nodes = hadoop
        .conf()
        .resource_managers(alpheus_hadoop_conf::hadoop::RmEndpoint::Client)?;
    let host = nodes.first().map_or("", |node| node.address.host.as_str());
    // The NameNode makes a user name of it by its own rules, so that of a pair any one's will do.
    Ok(principal.replace("_HOST", &host.to_ascii_lowercase()))
}

/// The name spaces that are accessed: the default one, those of the option, further ones (as URIs or authorities).
///
/// # Errors
/// When the option holds no locations.
pub fn authorities(
    hadoop: &Hadoop,
    configuration: &Configuration,
    further: &[String],
) -> Result<Vec<String>, HadoopError> {
    let mut found = Vec::from_iter(hadoop.conf().default_hdfs_authority()?);
    for uri in configuration.get(&ACCESS_FILE_SYSTEMS)?.unwrap_or_default() {
        let location: Location = uri.parse().map_err(|error| HadoopError::NoFileSystem {
            uri: uri.clone(),
            reason: format!("{error}"),
        })?;
        if location.scheme() != "hdfs" {
            return Err(HadoopError::NoFileSystem {
                uri,
                reason: "only hdfs:// has delegation tokens here".to_owned(),
            });
        }
        found.push(location.authority().to_owned());
    }
    for name in further {
        let named = name.strip_prefix("hdfs://").unwrap_or(name);
        found.push(named.split('/').next().unwrap_or_default().to_owned());
    }
    found.retain(|authority| !authority.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|authority| seen.insert(authority.clone()));
    Ok(found)
}
