//! Calls of NameNodes that the library does not make, as the same user: by a client of our own, connected by the first who needs it.

use super::clients::HdfsUser;
use super::dead::Dead;
use alpheus_hadoop_conf::Environment;
use alpheus_hadoop_conf::hadoop::HadoopConf;
use alpheus_hadoop_rpc::wire::messages::{SaslAuth, UserInformation};
use alpheus_hadoop_rpc::{
    AuthMethod, Authenticator, ClientConfig, Identity, NameNode, Protection, RpcClient, RpcError,
    Target, Tokens,
};
use alpheus_security::hadoop::Credentials;
use alpheus_security::sasl::gssapi::GssapiClient;
use alpheus_security::sasl::{SaslClient, SaslError};
use hdfs_native::HdfsError;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The file with tokens that YARN gives to its containers. It is read anew for each connection: tokens are exchanged in it.
const TOKEN_FILE: &str = "HADOOP_TOKEN_FILE_LOCATION";

/// NameNodes by authority.
pub(super) struct Names {
    conf: HadoopConf,
    user: HdfsUser,
    known: Mutex<Known>,
    /// DataNodes to leave alone.
    pub(super) dead: Dead,
}

#[derive(Default)]
struct Known {
    client: Option<(RpcClient, Arc<dyn Authenticator>)>,
    by_authority: HashMap<String, NameNode>,
}

impl Names {
    pub(super) fn new(conf: &HadoopConf, user: HdfsUser) -> Self {
        Self {
            conf: conf.clone(),
            user,
            known: Mutex::default(),
            dead: Dead::default(),
        }
    }

    /// The NameNodes of a complete authority. Its connections live on the calling runtime.
    pub(super) async fn get(&self, authority: &str) -> Result<NameNode, HdfsError> {
        let mut known = self.known.lock().await;
        if let Some(name_node) = known.by_authority.get(authority) {
            return Ok(name_node.clone());
        }
        let (client, identity) = match &known.client {
            Some(client) => client.clone(),
            None => {
                let config = ClientConfig::from_conf(&self.conf).map_err(wrong)?;
                let client = RpcClient::new(config).map_err(as_library_error)?;
                let identity: Arc<dyn Authenticator> = Arc::new(User {
                    user: self.user.clone(),
                    secure: self.conf.is_secure().map_err(wrong)?,
                    protection: Protection::from_conf(&self.conf).map_err(wrong)?,
                });
                known.client.insert((client, identity)).clone()
            }
        };
        let name_node = NameNode::new(&self.conf, authority, client, identity)
            .await
            .map_err(wrong)?;
        known
            .by_authority
            .insert(authority.to_owned(), name_node.clone());
        Ok(name_node)
    }

    /// Whether DataNodes are reached by their names.
    pub(super) fn by_host_name(&self) -> bool {
        let key = "dfs.client.use.datanode.hostname";
        self.conf.value::<bool>(key).unwrap_or(false)
    }
}

fn wrong(error: impl std::fmt::Display) -> HdfsError {
    HdfsError::InvalidArgument(error.to_string())
}

/// The library's error for one of our client's, so that both are judged alike.
pub(super) fn as_library_error(error: RpcError) -> HdfsError {
    match error {
        RpcError::Remote { exception, .. } => {
            HdfsError::RPCError(exception.class, exception.message)
        }
        RpcError::Connect { source, .. } => {
            HdfsError::IOError(std::io::Error::new(source.kind(), source.to_string()))
        }
        RpcError::Authentication { reason, .. } => HdfsError::SASLError(reason),
        RpcError::Lost { .. } | RpcError::Timeout { .. } => {
            HdfsError::IOError(std::io::Error::other(error.to_string()))
        }
        other => HdfsError::OperationFailed(other.to_string()),
    }
}

/// Whoever the library speaks for.
#[derive(Debug)]
struct User {
    user: HdfsUser,
    secure: bool,
    protection: Protection,
}

impl User {
    /// What there is without a ticket.
    fn by_tokens(&self) -> Identity {
        match &self.user {
            HdfsUser::Simple(name) => Identity::simple(name),
            HdfsUser::Process if !self.secure => {
                let environment = Environment::process();
                let name = |key| environment.non_empty(key);
                let name = name("HADOOP_USER_NAME").or_else(|| name("USER"));
                Identity::simple(name.unwrap_or_else(|| "nobody".to_owned()))
            }
            HdfsUser::Process => {
                let paths = Environment::process().non_empty(TOKEN_FILE);
                let read = paths.map(|paths| Credentials::read_list(&paths));
                // A file that cannot be read is a file without tokens; the server then says what it misses.
                let credentials = read.and_then(Result::ok).unwrap_or_default();
                let tokens = credentials.tokens().map(|(_, token)| token.clone());
                Identity::with_tokens(Tokens::new(tokens.collect()), self.protection.clone())
            }
            HdfsUser::Kerberos { .. } => {
                Identity::with_tokens(Tokens::default(), self.protection.clone())
            }
        }
    }
}

impl Authenticator for User {
    fn use_sasl(&self) -> bool {
        self.secure
    }

    fn allow_simple(&self) -> bool {
        !self.secure
    }

    fn token(
        &self,
        target: &Target,
        offer: &SaslAuth,
    ) -> Result<Option<Box<dyn SaslClient>>, SaslError> {
        self.by_tokens().token(target, offer)
    }

    fn has_kerberos(&self) -> bool {
        self.secure && !matches!(self.user, HdfsUser::Simple(_))
    }

    fn kerberos(&self, server_principal: &str) -> Result<Box<dyn SaslClient>, SaslError> {
        let cache = match &self.user {
            HdfsUser::Kerberos { cache, .. } => Some(cache.clone()),
            _ => None,
        };
        let accepted = &self.protection.0;
        let client = GssapiClient::new(cache, Arc::default(), server_principal, accepted);
        Ok(Box::new(client))
    }

    fn user(&self, method: AuthMethod) -> UserInformation {
        match (method, &self.user) {
            (AuthMethod::Kerberos, HdfsUser::Kerberos { principal, .. }) => UserInformation {
                effective_user: Some(principal.clone()),
                real_user: None,
            },
            // The ticket says who it is.
            (AuthMethod::Kerberos, _) => UserInformation::default(),
            _ => self.by_tokens().user(method),
        }
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}
