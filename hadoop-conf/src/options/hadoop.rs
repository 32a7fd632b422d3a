//! Passing settings on to Hadoop's own configuration, and finding it.

use std::path::PathBuf;

use crate::option::{optional, options};

options! {
    "Hadoop";
    /// Folder of `core-site.xml` and `hdfs-site.xml`; the variable `HADOOP_CONF_DIR` wins.
    HADOOP_CONF_DIR: Option<PathBuf> = optional("env.hadoop.conf.dir");
    /// Folder of `yarn-site.xml`; the variable `YARN_CONF_DIR` wins.
    YARN_CONF_DIR: Option<PathBuf> = optional("env.yarn.conf.dir");
    /// Sets a key of Hadoop's configuration: `flink.hadoop.dfs.replication: 2`.
    HADOOP_KEY: Option<String> = optional("flink.hadoop.<key>");
    /// Sets a key of YARN's configuration that begins with `yarn.`: `flink.yarn.resourcemanager.address: rm:8032`
    /// sets `yarn.resourcemanager.address`.
    YARN_KEY: Option<String> = optional("flink.yarn.<key>");
}
