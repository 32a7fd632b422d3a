//! Configuration, login and tokens of this process, together.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop_conf::hadoop::{ConfDirs, HadoopConf};
use alpheus_hadoop_conf::options::security::RELOGIN_PERIOD;
use alpheus_hadoop_conf::{Configuration, Environment};
use alpheus_hadoop_rpc::{Identity, NameNode, RpcClient, Tokens};
use alpheus_security::hadoop::{AuthToLocal, Credentials, Mechanism};
use alpheus_security::kerberos::Login;
use alpheus_storage::{HdfsFileSystem, HdfsUser};
use alpheus_yarn::ResourceManager;
use alpheus_yarn::service::rpc_client;

use crate::login::{LoginChoice, Observed, choose};
use crate::user::proxy_user;
use crate::{HadoopError, background, insecure_user, token_file};

/// This process on a cluster: who it is and where that is.
pub struct Hadoop {
    conf: HadoopConf,
    choice: LoginChoice,
    login: Option<Arc<Login>>,
    tokens: Tokens,
    user: String,
    /// In whose name calls are made, if not in the login's own.
    proxied: Option<String>,
    rpc: RpcClient,
}

impl Hadoop {
    /// Finds the configuration, logs in as the options say and keeps the login fresh. Waits for the KDC.
    ///
    /// # Errors
    /// When no configuration is found, or the login fails.
    pub fn connect(configuration: &Configuration) -> Result<Arc<Self>, HadoopError> {
        let conf = find_conf(configuration, None)?;
        Self::with_conf(conf, configuration)
    }

    /// The same, with a configuration that was found already.
    ///
    /// # Errors
    /// When the login fails.
    pub fn with_conf(
        conf: HadoopConf,
        configuration: &Configuration,
    ) -> Result<Arc<Self>, HadoopError> {
        let observed = Observed::of(configuration, conf.is_secure()?, token_file::is_there())?;
        let choice = choose(observed).ok_or(HadoopError::NoLogin)?;
        let login = match choice {
            LoginChoice::Insecure | LoginChoice::TokenFile => None,
            LoginChoice::Keytab => {
                let options = configuration.clone();
                background::wait(async move { Login::from_options(&options).await })??
            }
            LoginChoice::TicketCache => Some(background::wait(Login::from_ticket_cache(None))??),
        };
        if let Some(login) = &login {
            let (login, period) = (Arc::clone(login), configuration.get(&RELOGIN_PERIOD)?);
            keep_fresh(login, period)?;
        }
        let credentials = token_file::with_authorities(&token_file::read()?, &conf);
        if choice == LoginChoice::TokenFile {
            token_file::replace(&credentials)?;
        }
        let user = match &login {
            Some(login) => login.principal().to_owned(),
            None => insecure_user(&Environment::process()),
        };
        let rpc = rpc_client(&conf, None)?;
        let tokens = Tokens::new(all_of(&credentials));
        Ok(Arc::new(Hadoop {
            conf,
            choice,
            login,
            tokens,
            user,
            proxied: proxy_user(&Environment::process())
                .filter(|_| choice != LoginChoice::TokenFile),
            rpc,
        }))
    }

    /// The cluster's configuration.
    #[must_use]
    pub fn conf(&self) -> &HadoopConf {
        &self.conf
    }

    /// What this process proves itself by.
    #[must_use]
    pub fn choice(&self) -> LoginChoice {
        self.choice
    }

    /// The Kerberos login, if there is one: only with it tokens can be obtained.
    #[must_use]
    pub fn login(&self) -> Option<&Arc<Login>> {
        self.login.as_ref()
    }

    /// Principal of the login; without security (or with tokens only) the user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user in whose name this process makes calls, where that is not who it proves to be (`HADOOP_PROXY_USER`).
    #[must_use]
    pub fn proxied(&self) -> Option<&str> {
        self.proxied.as_deref()
    }

    /// Who servers take this process for: the proxied user, else [`Hadoop::user`].
    #[must_use]
    pub fn acting_user(&self) -> &str {
        self.proxied().unwrap_or(&self.user)
    }

    /// The user's name on the cluster: the proxied user's, else what `hadoop.security.auth_to_local` makes of the
    /// principal.
    ///
    /// # Errors
    /// When a rule is wrong or none fits.
    pub fn short_name(&self) -> Result<String, HadoopError> {
        if let Some(proxied) = &self.proxied {
            return Ok(proxied.clone());
        }
        if self.login.is_none() {
            return Ok(self.user.clone());
        }
        let text = |key: &str| self.conf.value::<String>(key);
        let mechanism = text("hadoop.security.auth_to_local.mechanism")?;
        let realm = alpheus_security::kerberos::default_realm().ok();
        let rules = text("hadoop.security.auth_to_local")?;
        let mechanism = Mechanism::from_name(&mechanism).unwrap_or(Mechanism::Hadoop);
        let rules = AuthToLocal::parse(&rules, realm.as_deref(), mechanism)?;
        Ok(rules.short_name(&self.user)?)
    }

    /// The client that all connections of this process go through.
    #[must_use]
    pub fn rpc(&self) -> &RpcClient {
        &self.rpc
    }

    /// Whoever this process is to Hadoop's servers.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub fn identity(&self) -> Result<Arc<Identity>, HadoopError> {
        self.with_tokens(self.tokens.clone())
    }

    /// Whoever the login is, without tokens: servers take a token first, and issue none to who shows one.
    ///
    /// # Errors
    /// When there is no login on a secured cluster.
    pub fn login_identity(&self) -> Result<Arc<Identity>, HadoopError> {
        if self.login.is_none() && self.choice != LoginChoice::Insecure {
            return Err(HadoopError::NoLogin);
        }
        self.with_tokens(Tokens::default())
    }

    fn with_tokens(&self, tokens: Tokens) -> Result<Arc<Identity>, HadoopError> {
        let login = self.login.clone();
        let mut identity = Identity::on_cluster(&self.conf, self.user.clone(), login, tokens)?;
        if let Some(proxied) = &self.proxied {
            identity.real_user = identity.effective_user.replace(proxied.clone());
        }
        Ok(Arc::new(identity))
    }

    /// The NameNodes behind an authority (`ns1`, `host:port`), for tokens.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub async fn name_node(&self, authority: &str) -> Result<NameNode, HadoopError> {
        let identity = self.identity()?;
        Ok(NameNode::new(&self.conf, authority, self.rpc.clone(), identity).await?)
    }

    /// The ResourceManager.
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub async fn resource_manager(&self) -> Result<ResourceManager, HadoopError> {
        let identity = self.identity()?;
        Ok(ResourceManager::new(&self.conf, self.rpc.clone(), identity).await?)
    }

    /// HDFS as this process. The login must be held as long as the files are used. (The library knows of
    /// `HADOOP_PROXY_USER` itself.)
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn hdfs(&self) -> Result<HdfsFileSystem, HadoopError> {
        let user = match &self.login {
            Some(login) => HdfsUser::Kerberos {
                principal: login.principal().to_owned(),
                cache: login.cache().to_owned(),
            },
            None if self.choice == LoginChoice::Insecure => HdfsUser::Simple(self.user.clone()),
            None => HdfsUser::Process,
        };
        HdfsFileSystem::new(&self.conf, user).map_err(|error| HadoopError::System {
            what: "no threads for HDFS",
            error,
        })
    }

    /// Puts other tokens in the place of those that this process holds, for RPC and for HDFS.
    ///
    /// # Errors
    /// When the system gives no memory.
    pub fn replace_tokens(&self, credentials: &Credentials) -> Result<(), HadoopError> {
        let credentials = token_file::with_authorities(credentials, &self.conf);
        self.tokens.replace(all_of(&credentials));
        token_file::replace(&credentials)?;
        Ok(())
    }
}

/// Finds and reads the configuration: of the folder `dir`, if one is given, else where this process is told to look.
///
/// # Errors
/// When there is none, or it is not usable.
pub fn find_conf(
    configuration: &Configuration,
    dir: Option<&Path>,
) -> Result<HadoopConf, HadoopError> {
    let dirs = match dir {
        Some(dir) => ConfDirs::of(dir),
        None => ConfDirs::find(&Environment::process(), configuration),
    };
    let (mut conf, warnings) = HadoopConf::from_files(&dirs.files(), Environment::process())?;
    for warning in warnings {
        tracing::debug!(%warning, "hadoop configuration");
    }
    conf.apply(configuration);
    // Without files, options of ours (`flink.hadoop.<key>`) may still say all there is to say.
    if conf.keys().next().is_none() {
        return Err(HadoopError::NoConfiguration {
            looked: dirs.hadoop,
        });
    }
    Ok(conf)
}

fn keep_fresh(login: Arc<Login>, period: Duration) -> Result<(), HadoopError> {
    let handle = background::handle()?;
    let _entered = handle.enter();
    // It ends by itself when nobody holds the login any more.
    drop(login.keep_fresh(period));
    Ok(())
}

fn all_of(credentials: &Credentials) -> Vec<alpheus_security::hadoop::Token> {
    credentials
        .tokens()
        .map(|(_, token)| token.clone())
        .collect()
}
