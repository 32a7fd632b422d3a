//! The keys of Hadoop that Alpheus reads, with Hadoop's defaults (3.4/3.5, `*-default.xml`) and meanings, and the
//! old names of them that Hadoop still accepts (`DeprecatedProperties`).

use std::fmt::Write;

/// Key, default (`None`: no default), meaning. A `<...>` in a key stands for the name of a name service, a NameNode
/// or a ResourceManager.
pub type KeyInfo = (&'static str, Option<&'static str>, &'static str);

/// Every key that is read. In alphabetical order.
#[rustfmt::skip]
pub static KEYS: &[KeyInfo] = &[
    ("dfs.blocksize", Some("134217728"), "block size of written files"),
    ("dfs.client.failover.max.attempts", Some("15"), "fail-overs before a call fails"),
    ("dfs.client.failover.sleep.base.millis", Some("500"), "first pause between fail-overs"),
    ("dfs.client.failover.sleep.max.millis", Some("15000"), "longest pause between fail-overs"),
    ("dfs.client.socket-timeout", Some("60000"), "silence of a DataNode before a read fails, milliseconds"),
    ("dfs.client.use.datanode.hostname", Some("false"), "reach DataNodes by name instead of address"),
    ("dfs.data.transfer.protection", None, "protection of the data protocol"),
    ("dfs.encrypt.data.transfer", Some("false"), "encrypt the data protocol"),
    ("dfs.encrypt.data.transfer.cipher.suites", None, "AES for the data protocol instead of 3DES"),
    ("dfs.ha.namenodes.<ns>", None, "names of the NameNodes of a name service"),
    ("dfs.namenode.kerberos.principal", None, "principal of the NameNodes"),
    ("dfs.namenode.kerberos.principal.pattern", None, "glob that the NameNodes' principal may match instead"),
    ("dfs.namenode.rpc-address", None, "address of the NameNode"),
    ("dfs.namenode.rpc-address.<ns>.<nn>", None, "address of one NameNode of a name service"),
    ("dfs.nameservices", None, "names of the name services"),
    ("dfs.replication", Some("3"), "replication of written files"),
    ("dfs.user.home.dir.prefix", Some("/user"), "folder of the users' home folders"),
    ("fs.defaultFS", Some("file:///"), "default file system"),
    ("fs.permissions.umask-mode", Some("022"), "umask of created files"),
    ("hadoop.rpc.protection", Some("authentication"), "protection levels of RPC, best first"),
    ("hadoop.security.auth_to_local", Some("DEFAULT"), "rules that make user names of principals"),
    ("hadoop.security.auth_to_local.mechanism", Some("hadoop"), "hadoop or mit: what a rule may yield"),
    ("hadoop.security.authentication", Some("simple"), "simple or kerberos"),
    ("hadoop.security.credential.provider.path", None, "stores of secrets; Java's own cannot be read"),
    ("hadoop.security.key.provider.path", None, "key server of encryption zones"),
    ("hadoop.security.token.service.use_ip", Some("true"), "tokens name services by address, not by name"),
    ("hadoop.tmp.dir", Some("/tmp/hadoop-${user.name}"), "base of temporary folders"),
    ("ipc.client.connect.timeout", Some("20000"), "longest wait for a connection, milliseconds"),
    ("ipc.client.connection.maxidletime", Some("10000"), "idle connections are closed after so many milliseconds"),
    ("ipc.client.fallback-to-simple-auth-allowed", Some("false"), "whether a secure client may speak to an insecure server"),
    ("ipc.client.rpc-timeout.ms", Some("120000"), "longest wait for an answer, milliseconds"),
    ("ipc.maximum.response.length", Some("134217728"), "largest answer, bytes"),
    ("ipc.ping.interval", Some("60000"), "milliseconds between pings while waiting for an answer"),
    ("yarn.acl.enable", Some("false"), "whether YARN checks who may see and change applications"),
    ("yarn.admin.acl", Some("*"), "YARN's administrators"),
    ("yarn.client.failover-max-attempts", Some("-1"), "fail-overs between resource managers; -1 derives them"),
    ("yarn.client.failover-sleep-base-ms", None, "first pause between them"),
    ("yarn.client.failover-sleep-max-ms", None, "longest pause between them"),
    ("yarn.client.nodemanager-connect.max-wait-ms", Some("180000"), "longest wait for a node manager"),
    ("yarn.client.nodemanager-connect.retry-interval-ms", Some("10000"), "pause between tries"),
    ("yarn.http.policy", Some("HTTP_ONLY"), "whether YARN's pages are HTTP or HTTPS"),
    ("yarn.nodemanager.remote-app-log-dir", Some("/tmp/logs"), "where logs are collected"),
    ("yarn.nodemanager.remote-app-log-dir-suffix", Some("logs"), "folder under the user's there"),
    ("yarn.resourcemanager.address", Some("${yarn.resourcemanager.hostname}:8032"), "address for clients"),
    ("yarn.resourcemanager.admin.address", Some("${yarn.resourcemanager.hostname}:8033"), "address for administration"),
    ("yarn.resourcemanager.connect.max-wait.ms", Some("900000"), "longest wait for the resource manager; -1 for ever"),
    ("yarn.resourcemanager.connect.retry-interval.ms", Some("30000"), "pause between tries"),
    ("yarn.resourcemanager.ha.enabled", Some("false"), "whether there are several resource managers"),
    ("yarn.resourcemanager.ha.rm-ids", None, "their names"),
    ("yarn.resourcemanager.hostname", Some("0.0.0.0"), "host of the resource manager"),
    ("yarn.resourcemanager.principal", None, "principal of the resource managers"),
    ("yarn.resourcemanager.principal.pattern", None, "glob that their principal may match instead"),
    ("yarn.resourcemanager.scheduler.address", Some("${yarn.resourcemanager.hostname}:8030"), "address for AMs"),
    ("yarn.resourcemanager.webapp.address", Some("${yarn.resourcemanager.hostname}:8088"), "web address"),
    ("yarn.resourcemanager.webapp.https.address", Some("${yarn.resourcemanager.hostname}:8090"), "secure web address"),
    ("yarn.scheduler.maximum-allocation-mb", Some("8192"), "largest container, mebibytes"),
    ("yarn.web-proxy.address", None, "address of a web proxy that is not the resource manager's own"),
];

/// Old name, present name.
pub(crate) static DEPRECATED: &[(&str, &str)] = &[
    ("fs.default.name", "fs.defaultFS"),
    ("dfs.federation.nameservices", "dfs.nameservices"),
    ("dfs.block.size", "dfs.blocksize"),
    ("dfs.umaskmode", "fs.permissions.umask-mode"),
    ("dfs.socket.timeout", "dfs.client.socket-timeout"),
    (
        "dfs.encryption.key.provider.uri",
        "hadoop.security.key.provider.path",
    ),
];

/// The default of a key.
pub(crate) fn default_of(key: &str) -> Option<&'static str> {
    KEYS.binary_search_by_key(&key, |(known, ..)| known)
        .ok()
        .and_then(|at| KEYS[at].1)
}

/// The present name of a key.
pub(crate) fn present_name(key: &str) -> &str {
    DEPRECATED
        .iter()
        .find(|(old, _)| *old == key)
        .map_or(key, |(_, present)| present)
}

/// The table of keys as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| Key | Default | Read for |\n|---|---|---|\n");
    for (key, default, meaning) in KEYS {
        let default = default.map_or_else(|| "(none)".to_owned(), |default| format!("`{default}`"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{key}` | {default} | {meaning} |");
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KEYS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(default_of("dfs.replication"), Some("3"));
        assert_eq!(default_of("no.such"), None);
    }

    /// What the HDFS library reads by itself, and what other values refer to.
    const NOT_BY_US: [&str; 3] = [
        "dfs.client.socket-timeout",
        "hadoop.security.key.provider.path",
        "hadoop.tmp.dir",
    ];

    #[test]
    fn every_key_in_the_table_is_read() {
        let mut code = String::new();
        let workspace = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let crates = std::fs::read_dir(workspace).unwrap();
        let mut folders: Vec<_> = crates
            .map(|entry| entry.unwrap().path().join("src"))
            .collect();
        folders.retain(|folder| folder.is_dir());
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("hadoop/keys.rs")
                    && path.extension().is_some_and(|it| it == "rs")
                {
                    code += &std::fs::read_to_string(&path).unwrap();
                }
            }
        }
        let unread: Vec<_> = KEYS
            .iter()
            .map(|(key, ..)| *key)
            .filter(|key| !NOT_BY_US.contains(key))
            .filter(|key| !code.contains(key.split('<').next().unwrap()))
            .collect();
        assert_eq!(unread, [""; 0]);
    }
}
