//! What tests against a development cluster share: its configuration, its users, its daemons.
//!
//! scripts/test-hadoop starts the cluster and names its folder in `ALPHEUS_DEV_CLUSTER_DIR`.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

pub mod application;
pub mod long_job;
pub mod numbers;
pub mod people;
pub mod program;
#[cfg(feature = "cluster")]
pub mod renewed;
pub mod session;

use alpheus_hadoop_conf::Environment;
use alpheus_hadoop_conf::hadoop::{ConfDirs, HadoopConf};
use alpheus_hadoop_rpc::{Identity, NameNode, Protection, Tokens};
use alpheus_security::hadoop::Token;
use alpheus_security::kerberos::Login;
use alpheus_yarn::ResourceManager;
use alpheus_yarn::service::rpc_client;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

/// The realm of development clusters.
pub const REALM: &str = "TEST.LOCAL";

/// Pause between two looks at something that changes.
pub const POLL: Duration = Duration::from_millis(100);

/// The cluster's folder.
pub fn dir() -> PathBuf {
    PathBuf::from(
        std::env::var_os("ALPHEUS_DEV_CLUSTER_DIR")
            .expect("run these tests by scripts/test-hadoop"),
    )
}

/// The cluster's configuration.
pub fn conf() -> HadoopConf {
    let files = ConfDirs::of(&dir().join("conf")).files();
    HadoopConf::from_files(&files, Environment::process())
        .unwrap()
        .0
}

/// The configuration with other values.
pub fn conf_with(settings: &[(&str, &str)]) -> HadoopConf {
    let mut conf = conf();
    for (key, value) in settings {
        conf.set(key, value, "test");
    }
    conf
}

/// A user's keytab.
pub fn keytab(user: &str) -> PathBuf {
    dir().join("keytabs").join(format!("{user}.keytab"))
}

/// A login from a user's keytab.
pub async fn login(user: &str) -> Arc<Login> {
    Login::from_keytab(&keytab(user), &format!("{user}@{REALM}"))
        .await
        .unwrap()
}

/// Who somebody is on this cluster: by keytab if it is secured.
pub async fn identity(conf: &HadoopConf, user: &str) -> Arc<Identity> {
    let login = match conf.is_secure().unwrap() {
        true => Some(login(user).await),
        false => None,
    };
    Arc::new(Identity::on_cluster(conf, user, login, Tokens::default()).unwrap())
}

/// Somebody who has nothing but tokens.
pub fn holder(conf: &HadoopConf, tokens: Vec<Token>) -> Arc<Identity> {
    Arc::new(Identity::with_tokens(
        Tokens::new(tokens),
        Protection::from_conf(conf).unwrap(),
    ))
}

/// The ResourceManager for somebody.
pub async fn resource_manager(conf: &HadoopConf, identity: Arc<Identity>) -> ResourceManager {
    ResourceManager::new(conf, rpc_client(conf, None).unwrap(), identity)
        .await
        .unwrap()
}

/// The NameNodes for somebody.
pub async fn name_node(conf: &HadoopConf, identity: Arc<Identity>) -> NameNode {
    let authority = conf.default_hdfs_authority().unwrap().unwrap();
    NameNode::new(conf, &authority, rpc_client(conf, None).unwrap(), identity)
        .await
        .unwrap()
}

/// scripts/dev-cluster: the one that has started the cluster, whatever happens to the sources meanwhile.
pub fn dev_cluster_script() -> PathBuf {
    match std::env::var_os("ALPHEUS_DEV_CLUSTER") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/dev-cluster"),
    }
}

/// What stands in the place of Hadoop's `container-executor` there.
pub fn container_executor() -> PathBuf {
    dev_cluster_script().with_file_name("lib/dev_cluster/container-executor")
}

/// Runs a command of scripts/dev-cluster; panics with its output when it fails.
pub fn dev_cluster(arguments: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = try_dev_cluster(arguments);
    let (out, err) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "dev-cluster {arguments:?}: {out}{err}");
    out.into_owned()
}

/// Runs a command of scripts/dev-cluster.
pub fn try_dev_cluster(arguments: &[&str]) -> Output {
    Command::new(dev_cluster_script())
        .arg("--dir")
        .arg(dir())
        .args(arguments)
        .output()
        .unwrap()
}
