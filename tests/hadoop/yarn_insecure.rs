//! Applications on a cluster without security: nobody proves who he is, and TLS and the REST token are there all the same.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use alpheus_hadoop_tests::container_executor;
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
    refused("bob", &["cancel", &of]);
    let savepoint = succeed(
        "alice",
        &["stop", &of, "-p", &format!("hdfs://{out}-savepoint")],
    );
    assert!(savepoint.contains("savepoint-"), "{savepoint}");
    assert_eq!(end_of(&id), "SUCCEEDED");
}

/// A NodeManager goes by numbers that it wrote down, and the system may have given one to somebody else's process since.
#[test]
fn a_node_signals_nobodys_process_but_the_users() {
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        println!("only root's node acts as others");
        return;
    }
    let number = |user: &str| -> u32 {
        let told = Command::new("id").args(["-u", user]).output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        told.trim().parse().unwrap()
    };
    for (owner, dies) in [("bob", false), ("alice", true)] {
        let mut process = Command::new("sleep")
            .arg("600")
            .uid(number(owner))
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = process.id().to_string();
        let told = Command::new(container_executor())
            .args(["alice", "root", "2", &pid, "9"])
            .status()
            .unwrap();
        // The code of a process that is not there.
        assert_eq!(told.code(), Some(if dies { 0 } else { 9 }));
        if !dies {
            assert_eq!(process.try_wait().unwrap(), None);
            process.kill().unwrap();
        }
        process.wait().unwrap();
    }
}
