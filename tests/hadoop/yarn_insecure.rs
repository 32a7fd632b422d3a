//! Applications on a cluster without security: nobody proves who he is, and TLS and the REST token are there all the same.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::numbers::{SMALL, assert_complete, left_behind, numbers, place, running};
use alpheus_hadoop_tests::program::*;

#[test]
fn a_job_runs_to_its_end_as_whoever_submits_it() {
    let out = place("insecure");
    let sql = script(
        "insecure",
        &numbers(&format!("hdfs://{out}"), 10_000, 2_000),
    );
    let sql = sql.display().to_string();
    let mut arguments = vec!["run", "-Dparallelism.default=2"];
    arguments.extend(SMALL);
    arguments.push(&sql);
    let id = succeed("alice", &arguments);
    let (state, last) = status(&id);
    assert_eq!((state.as_str(), last.as_str()), ("FINISHED", "SUCCEEDED"));
    assert_complete(&out, 2_000);
    assert!(!left_behind().contains(&id), "{}", left_behind());
}

#[test]
fn commands_reach_the_owners_job_and_tokens_are_not_wanted() {
    let out = place("insecure-commands");
    let sql = script(
        "insecure-commands",
        &numbers(&format!("hdfs://{out}"), 50, 1_000_000),
    );
    let id = submit("alice", SMALL, &sql);
    running(&out);
    let of = format!("-Dyarn.application.id={id}");
    for pid in processes("./alpheus worker", &id) {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap();
        assert!(line.starts_with(b"./alpheus\0worker\0container_"));
    }
    let refused = run("bob", &["cancel", &of]);
    assert_eq!(
        refused.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&refused.stderr)
    );
    let savepoint = succeed(
        "alice",
        &["stop", &of, "-p", &format!("hdfs://{out}-savepoint")],
    );
    assert!(savepoint.contains("savepoint-"), "{savepoint}");
    assert_eq!(end_of(&id), "SUCCEEDED");
}
