//! Tokens of the NameNodes, one for each name space.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_hadoop_rpc::NameNode;
use alpheus_security::tokens::{Obtained, ProviderError, ProviderFuture, TokenProvider};

use super::HADOOP_FS;
use super::issuer::{Interval, obtain};
use crate::{Hadoop, HadoopError};

/// Gives tokens of HDFS; they are obtained anew and never renewed, for which a ticket would be needed just as well (Flink: `HadoopFSDelegationTokenProvider`).
pub struct HdfsTokens {
    hadoop: Arc<Hadoop>,
    renewer: String,
    name_spaces: BTreeMap<String, Interval>,
}

impl HdfsTokens {
    /// A provider for name spaces, by their authorities.
    #[must_use]
    pub fn new(hadoop: Arc<Hadoop>, authorities: Vec<String>, renewer: String) -> Self {
        let name_spaces = authorities
            .into_iter()
            .map(|authority| (authority, Interval::default()))
            .collect();
        HdfsTokens {
            hadoop,
            renewer,
            name_spaces,
        }
    }

    async fn obtain_all(&self) -> Result<Obtained, HadoopError> {
        let identity = self.hadoop.login_identity()?;
        let mut obtained = Obtained::default();
        for (authority, interval) in &self.name_spaces {
            let (conf, rpc) = (self.hadoop.conf(), self.hadoop.rpc().clone());
            let name_node = NameNode::new(conf, authority, rpc, identity.clone()).await?;
            let found = obtain(
                &name_node,
                &self.renewer,
                self.hadoop.acting_user(),
                interval,
            )
            .await?;
            if let Some((token, end)) = found {
                obtained.credentials.add_by_service(token);
                let earliest = obtained.valid_until.map_or(end, |other| other.min(end));
                obtained.valid_until = Some(earliest);
            }
        }
        Ok(obtained)
    }
}

/// What the manager makes of an error: without a login renewing may help.
pub(super) fn provider_error(error: HadoopError) -> ProviderError {
    match error {
        HadoopError::NoLogin => ProviderError::NoLogin,
        error => ProviderError::Failed(error.to_string()),
    }
}

impl TokenProvider for HdfsTokens {
    fn service(&self) -> &str {
        HADOOP_FS
    }

    fn obtain(&self) -> ProviderFuture<'_, Obtained> {
        Box::pin(async { self.obtain_all().await.map_err(provider_error) })
    }
}
