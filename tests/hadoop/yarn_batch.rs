//! Bounded scripts in batch mode, each in one container: larger than its memory, wrong, and killed.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::dev_cluster;
use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;

const BATCH: &[&str] = &[
    "-Dexecution.runtime-mode=BATCH",
    "-Dparallelism.default=2",
    "-Dtaskmanager.memory.process.size=384mb",
    "-Dtaskmanager.memory.managed.size=4mb",
];

/// Numbers from 1 on with their doubles, the largest first.
fn descending(out: &str, count: u32) -> String {
    format!(
        "CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen',
           'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '{count}');
         CREATE TABLE doubled (id BIGINT, twice BIGINT) WITH (
           'connector' = 'filesystem', 'path' = '{out}', 'format' = 'csv');
         INSERT INTO doubled SELECT id, id * 2 FROM numbers ORDER BY id DESC;"
    )
}

fn arguments(script: &str) -> Vec<&str> {
    let mut arguments = vec!["run"];
    arguments.extend(BATCH);
    arguments.push(script);
    arguments
}

#[test]
fn a_sort_beyond_the_memory_ends_with_all_rows_and_leaves_nothing_else() {
    as_alice();
    let out = place("batch");
    let sql = script("batch", &descending(&format!("hdfs://{out}"), 200_000));
    let id = succeed("alice", &arguments(&sql.display().to_string()));
    let (state, last) = status(&id);
    assert_eq!((state.as_str(), last.as_str()), ("FINISHED", "SUCCEEDED"));
    assert_complete(&out, 200_000);
    assert!(!left_behind().contains(&id), "{}", left_behind());
    let files = dev_cluster(&["hdfs", "dfs", "-ls", "-R", &out]);
    assert!(!files.contains(".staging"), "{files}");
}

#[test]
fn a_failure_is_told_with_its_reason_and_nothing_is_written() {
    as_alice();
    let out = place("batch-fails");
    let sql = descending(&format!("hdfs://{out}"), 1000).replace("id * 2", "1000 / (id - 500)");
    let sql = script("batch-fails", &sql);
    let failed = run("alice", &arguments(&sql.display().to_string()));
    assert_eq!(failed.status.code(), Some(1));
    let told = String::from_utf8_lossy(&failed.stderr);
    assert!(told.to_lowercase().contains("division by zero"), "{told}");
    assert_eq!(cat(&out), "");
}

#[test]
fn a_job_that_is_killed_has_written_nothing() {
    as_alice();
    let out = place("batch-killed");
    let endless = descending(&format!("hdfs://{out}"), 1_000_000).replace(
        "'connector' = 'datagen',",
        "'connector' = 'datagen', 'rows-per-second' = '1000',",
    );
    let sql = script("batch-killed", &endless);
    let id = submit("alice", BATCH, &sql);
    wait_for("the job", || {
        (!processes("./alpheus am", &id).is_empty()).then_some(())
    });
    let of = format!("-Dyarn.application.id={id}");
    let refused = run("alice", &["cancel", &of]);
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("yarn application -kill"), "{told}");
    dev_cluster(&["yarn", "application", "-kill", &id]);
    assert_eq!(end_of(&id), "KILLED");
    assert_eq!(cat(&out), "");
}
