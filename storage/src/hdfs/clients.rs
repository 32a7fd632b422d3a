//! The library's clients: one per name space, because one that ever wrote is never freed.

use alpheus_hadoop_conf::hadoop::HadoopConf;
use hdfs_native::{Client, ClientBuilder, HdfsError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;

/// Who reads and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HdfsUser {
    /// Whoever this process is: the tokens of `HADOOP_TOKEN_FILE_LOCATION`, else the default ticket cache; without security
    /// `HADOOP_USER_NAME`, else the operating system's user.
    Process,
    /// A user of a cluster without security.
    Simple(String),
    /// A Kerberos login: its principal, and the cache that holds its tickets. Tokens are not looked at.
    Kerberos {
        /// With its realm.
        principal: String,
        /// Full name, such as `MEMORY:alpheus-1` or `FILE:/tmp/krb5cc_1000`.
        cache: String,
    },
}

/// Name spaces by authority.
#[derive(Debug)]
pub(super) struct Clients {
    settings: HashMap<String, String>,
    user: HdfsUser,
    open: Mutex<HashMap<String, Client>>,
}

/// A folder that is not there, so that the library reads no files: it gets the settings as we understand them.
const NO_FOLDER: &str = "/nonexistent/alpheus";

/// Whether a write goes on when no DataNode can be found in the place of a lost one.
const BEST_EFFORT: &str = "dfs.client.block.write.replace-datanode-on-failure.best-effort";

impl Clients {
    pub(super) fn new(conf: &HadoopConf, user: HdfsUser) -> Arc<Self> {
        let mut settings: HashMap<_, _> = conf
            .keys()
            .filter_map(|key| Some((key.to_owned(), conf.text(key).ok().flatten()?)))
            .collect();
        // A file with a replica less is better than no file: the NameNode makes the missing one.
        settings
            .entry(BEST_EFFORT.to_owned())
            .or_insert_with(|| "true".to_owned());
        Arc::new(Self {
            settings,
            user,
            open: Mutex::default(),
        })
    }

    /// The client of a name space; empty for the default file system. May block on Kerberos the first time.
    pub(super) fn get(&self, authority: &str, runtime: &Handle) -> Result<Client, HdfsError> {
        if let Some(client) = self.lock().get(authority) {
            return Ok(client.clone());
        }
        let mut builder = ClientBuilder::new()
            .with_config_dir(NO_FOLDER)
            .with_config(self.settings.clone())
            .with_io_runtime(runtime.clone());
        if !authority.is_empty() {
            builder = builder.with_url(format!("hdfs://{authority}"));
        }
        builder = match &self.user {
            HdfsUser::Process => builder,
            HdfsUser::Simple(name) => builder.with_user(name),
            HdfsUser::Kerberos { principal, cache } => builder
                .with_kerberos_principal(principal)
                .with_kerberos_cache(cache),
        };
        let client = builder.build()?;
        // Somebody may have been faster; one of the two is kept.
        Ok(self
            .lock()
            .entry(authority.to_owned())
            .or_insert(client)
            .clone())
    }

    /// Forgets a client whose connection may hang.
    pub(super) fn forget(&self, authority: &str) {
        self.lock().remove(authority);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Client>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
