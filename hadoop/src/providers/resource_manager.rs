//! Tokens of the ResourceManager.

use std::sync::Arc;

use alpheus_security::tokens::{Obtained, ProviderFuture, TokenProvider};
use alpheus_yarn::ResourceManager;

use super::YARN;
use super::hdfs::provider_error;
use super::issuer::{Interval, obtain};
use crate::{Hadoop, HadoopError};

/// Gives tokens of the ResourceManager.
pub struct ResourceManagerTokens {
    hadoop: Arc<Hadoop>,
    renewer: String,
    interval: Interval,
}

impl ResourceManagerTokens {
    /// A provider.
    #[must_use]
    pub fn new(hadoop: Arc<Hadoop>, renewer: String) -> Self {
        ResourceManagerTokens {
            hadoop,
            renewer,
            interval: Interval::default(),
        }
    }

    async fn obtain_one(&self) -> Result<Obtained, HadoopError> {
        let identity = self.hadoop.login_identity()?;
        let (conf, rpc) = (self.hadoop.conf(), self.hadoop.rpc().clone());
        let manager = ResourceManager::new(conf, rpc, identity).await?;
        let own = self.hadoop.acting_user();
        let mut obtained = Obtained::default();
        if let Some((token, end)) = obtain(&manager, &self.renewer, own, &self.interval).await? {
            obtained.credentials.add_by_service(token);
            obtained.valid_until = Some(end);
        }
        Ok(obtained)
    }
}

impl TokenProvider for ResourceManagerTokens {
    fn service(&self) -> &str {
        YARN
    }

    fn obtain(&self) -> ProviderFuture<'_, Obtained> {
        Box::pin(async { self.obtain_one().await.map_err(provider_error) })
    }
}
