//! Tests of [`Configuration`].
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::*;
use crate::options::{checkpointing, execution, rest, security, state, taskmanager};
use crate::{MemorySize, Ports, all_options, markdown};

fn file(line: usize) -> Source {
    Source::File {
        path: "conf/config.yaml".to_owned(),
        line,
    }
}

#[test]
fn defaults_and_values() {
    let mut c = Configuration::new();
    assert_eq!(
        c.get(&checkpointing::TIMEOUT).unwrap(),
        Duration::from_secs(600)
    );
    assert_eq!(c.get(&checkpointing::INTERVAL).unwrap(), None);
    c.set("execution.checkpointing.interval", "10 s", file(1))
        .unwrap();
    c.set("taskmanager.memory.process.size", "2g", file(2))
        .unwrap();
    assert_eq!(
        c.get(&checkpointing::INTERVAL).unwrap(),
        Some(Duration::from_secs(10))
    );
    assert_eq!(
        c.get(&taskmanager::PROCESS_SIZE).unwrap(),
        Some(MemorySize::of_mebibytes(2048))
    );
    assert_eq!(c.source("execution.checkpointing.interval"), Some(&file(1)));
}

#[test]
fn the_higher_source_wins_in_whatever_order() {
    let mut c = Configuration::new();
    c.set("parallelism.default", "3", Source::Sql { line: 7 })
        .unwrap();
    c.set("parallelism.default", "2", Source::CommandLine)
        .unwrap();
    c.set("parallelism.default", "1", file(1)).unwrap();
    assert_eq!(c.get(&execution::PARALLELISM).unwrap(), 3);
    c.reset_sql(Some("parallelism.default"));
    assert_eq!(c.get(&execution::PARALLELISM).unwrap(), 2);
    c.set("pipeline.name", "x", Source::Sql { line: 8 })
        .unwrap();
    c.reset_sql(None);
    assert_eq!(c.get(&execution::JOB_NAME).unwrap(), None);
    assert_eq!(c.get(&execution::PARALLELISM).unwrap(), 2);
}

#[test]
fn old_names_are_translated() {
    let mut c = Configuration::new();
    let warning = c
        .set("state.checkpoints.dir", "hdfs:///old", file(1))
        .unwrap()
        .unwrap();
    assert!(
        warning
            .to_string()
            .contains("write 'execution.checkpointing.dir'"),
        "{warning}"
    );
    assert_eq!(
        c.get(&checkpointing::DIR).unwrap().as_deref(),
        Some("hdfs:///old")
    );
    c.set("execution.checkpointing.dir", "hdfs:///new", file(2))
        .unwrap();
    c.set("state.checkpoints.dir", "hdfs:///old", file(3))
        .unwrap();
    assert_eq!(
        c.get(&checkpointing::DIR).unwrap().as_deref(),
        Some("hdfs:///new")
    );
    c.set("state.backend", "rocksdb", file(4)).unwrap();
    assert_eq!(
        c.get(&state::BACKEND).unwrap(),
        state::StateBackendType::Rocksdb
    );
}

#[test]
fn other_options_stand_in() {
    let mut c = Configuration::new();
    c.set("rest.port", "9000", file(1)).unwrap();
    assert_eq!(c.get(&rest::BIND_PORT).unwrap(), Some(Ports::one(9000)));
    assert!(!c.is_set(&rest::BIND_PORT));
    c.set("rest.bind-port", "9000-9010", file(2)).unwrap();
    let ports = c.get(&rest::BIND_PORT).unwrap().unwrap();
    assert_eq!(ports.iter().count(), 11);
}

#[test]
fn families_and_maps() {
    let mut c = Configuration::new();
    c.set(
        "security.delegation.token.provider.hbase.enabled",
        "false",
        file(1),
    )
    .unwrap();
    assert!(
        !c.get_named(&security::TOKEN_PROVIDER_ENABLED, "hbase")
            .unwrap()
    );
    assert!(
        c.get_named(&security::TOKEN_PROVIDER_ENABLED, "hadoopfs")
            .unwrap()
    );
    assert_eq!(c.names(&security::TOKEN_PROVIDER_ENABLED), ["hbase"]);
    assert!(matches!(
        c.get(&security::TOKEN_PROVIDER_ENABLED),
        Err(ConfigError::NeedsName { .. })
    ));
    c.set("pipeline.global-job-parameters.team", "data, ops", file(2))
        .unwrap();
    c.set("pipeline.global-job-parameters.it's", "x:y", file(3))
        .unwrap();
    let map = c.get(&execution::GLOBAL_JOB_PARAMETERS).unwrap().unwrap();
    assert_eq!(map["team"], "data, ops");
    assert_eq!(map["it's"], "x:y");
}

#[test]
fn errors_name_everything() {
    let mut c = Configuration::new();
    let text = |r: Result<Option<Warning>, ConfigError>| r.unwrap_err().to_string();
    assert_eq!(
        text(c.set("execution.checkpointing.intervall", "1", file(9))),
        "unknown option 'execution.checkpointing.intervall' (conf/config.yaml:9); \
         did you mean 'execution.checkpointing.interval'?"
    );
    assert!(!text(c.set("qqqqqq", "1", Source::CommandLine)).contains("did you mean"));
    assert_eq!(
        text(c.set("execution.runtime-mode", "fast", Source::Sql { line: 3 })),
        "option 'execution.runtime-mode' has the value 'fast' (SET at line 3): \
         expected one of STREAMING, BATCH, AUTOMATIC"
    );
    assert!(text(c.set("parallelism.default", "0", file(1))).contains("between 1 and 32768"));
    assert!(text(c.set("parallelism.default", "-4", file(1))).contains("whole number"));
}

#[test]
fn keys_of_flink_without_us_are_answered() {
    let mut c = Configuration::new();
    let warning = c
        .set("env.java.opts.all", "-Xmx1g", file(1))
        .unwrap()
        .unwrap();
    assert_eq!(
        warning.to_string(),
        "option 'env.java.opts.all' (conf/config.yaml:1) is ignored: it has no meaning here: there is no JVM"
    );
    assert_eq!(c.shown().count(), 0);
}

#[test]
fn secrets_are_masked_but_travel() {
    let mut c = Configuration::new();
    let key = "containerized.master.env.STORE_PASSWORD";
    c.set(key, "hunter2", file(1)).unwrap();
    c.set("flink.hadoop.ssl.some.password", "hunter2", file(2))
        .unwrap();
    assert!(!format!("{c:?}").contains("hunter2"), "{c:?}");
    let json = serde_json::to_string(&c).unwrap();
    let back: Configuration = serde_json::from_str(&json).unwrap();
    assert!(back.raw().any(|pair| pair == (key, "hunter2")));
    assert_eq!(back.without_secrets().raw().count(), 0);
}

#[test]
fn the_documentation_lists_every_option() {
    let text = markdown();
    for spec in all_options() {
        assert!(
            text.contains(&format!("| `{}` |", spec.key)),
            "{}",
            spec.key
        );
    }
    assert!(text.contains("Old names: `state.checkpoints.dir`"));
}
