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

    /// What the library is to call a name space: a name service, or `host:port`, where `fs.defaultFS` gives the host of a
    /// location without one and 8020 is the port of a host without one.
    pub(super) fn full_authority(&self, authority: &str) -> Result<String, HdfsError> {
        let setting = |key: &str| self.settings.get(key).map(String::as_str);
        let authority = match authority {
            "" => {
                let default = setting("fs.defaultFS").unwrap_or_default();
                let named = default.strip_prefix("hdfs://");
                let named = named.and_then(|rest| rest.split('/').next());
                named.filter(|name| !name.is_empty()).ok_or_else(|| {
                    let words = format!(
                        "the location names no NameNode, and the default file system (fs.defaultFS) is '{default}'; \
                         write hdfs://SERVICE/path"
                    );
                    HdfsError::InvalidArgument(words)
                })?
            }
            named => named,
        };
        let is_service = setting(&format!("dfs.ha.namenodes.{authority}")).is_some();
        if is_service || authority.contains(':') {
            return Ok(authority.to_owned());
        }
        let address = setting(&format!("dfs.namenode.rpc-address.{authority}"));
        Ok(match address {
            Some(address) => address.to_owned(),
            None => format!("{authority}:8020"),
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
            .with_io_runtime(runtime.clone())
            .with_url(format!("hdfs://{}", self.full_authority(authority)?));
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Environment;

    use super::*;

    #[test]
    fn an_authority_is_completed_as_hadoop_does() {
        let of = |settings: &[(&str, &str)], authority: &str| {
            let mut conf = HadoopConf::empty(Environment::of(&[]));
            for (key, value) in settings {
                conf.set(key, value, "test");
            }
            Clients::new(&conf, HdfsUser::Process).full_authority(authority)
        };
        let default = [("fs.defaultFS", "hdfs://nn:9000/")];
        assert_eq!(of(&default, "").unwrap(), "nn:9000");
        assert_eq!(of(&default, "other").unwrap(), "other:8020");
        assert_eq!(of(&default, "other:1").unwrap(), "other:1");
        let pair = [
            ("dfs.nameservices", "ns1,ns2"),
            ("dfs.ha.namenodes.ns1", "nn1,nn2"),
            ("dfs.namenode.rpc-address.ns2", "single:9000"),
        ];
        assert_eq!(of(&pair, "ns1").unwrap(), "ns1");
        assert_eq!(of(&pair, "ns2").unwrap(), "single:9000");
        let error = of(&pair, "").unwrap_err().to_string();
        assert!(error.contains("fs.defaultFS"), "{error}");
    }
}
