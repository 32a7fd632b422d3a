//! Applications on YARN, as their users and administrators see them: submitted by `alpheus`, watched and ended by Hadoop's own
//! commands.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::dev_cluster;
use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;

#[test]
fn a_job_runs_to_its_end_and_leaves_nothing_but_its_result() {
    as_alice();
    let out = place("plain");
    let sql = script("plain", &numbers(&format!("hdfs://{out}"), 10_000, 5_000));
    let sql = sql.display().to_string();
    let mut arguments = vec!["run"];
    arguments.extend(SMALL);
    arguments.extend([
        "-Dparallelism.default=2",
        "-Dyarn.application.queue=etl",
        "-Dyarn.tags=nightly",
        &sql,
    ]);
    let id = succeed("alice", &arguments);
    let (state, last) = status(&id);
    assert_eq!((state.as_str(), last.as_str()), ("FINISHED", "SUCCEEDED"));
    assert_complete(&out, 5_000);
    assert!(!left_behind().contains(&id), "{}", left_behind());
    let listed = dev_cluster(&[
        "yarn",
        "application",
        "-list",
        "-appStates",
        "FINISHED",
        "-appTypes",
        "Alpheus",
    ]);
    assert!(listed.contains(&id), "{listed}");
}

#[test]
fn a_worker_that_is_killed_is_replaced_and_no_row_counts_twice() {
    as_alice();
    let out = place("worker");
    let sql = script("worker", &numbers(&format!("hdfs://{out}"), 300, 6_000));
    let id = submit(
        "alice",
        &options(&[
            "-Dparallelism.default=2",
            "-Drestart-strategy.fixed-delay.delay=100ms",
        ]),
        &sql,
    );
    running(&out);
    let workers = processes("./alpheus worker", &id);
    assert!(workers.len() >= 2, "{workers:?}");
    kill(workers[0]);
    assert_eq!(end_of(&id), "SUCCEEDED");
    assert_complete(&out, 6_000);
}

#[test]
fn the_masters_death_costs_no_row() {
    as_alice();
    let out = place("master");
    let sql = script("master", &numbers(&format!("hdfs://{out}"), 300, 15_000));
    let id = submit(
        "alice",
        &options(&["-Dhigh-availability.type=FILESYSTEM"]),
        &sql,
    );
    running(&out);
    let first = processes("./alpheus am", &id);
    assert_eq!(first.len(), 1);
    kill(first[0]);
    wait_for("the next attempt", || {
        let now = processes("./alpheus am", &id);
        (now.len() == 1 && now != first).then_some(())
    });
    assert_eq!(end_of(&id), "SUCCEEDED");
    assert_complete(&out, 15_000);
}

#[test]
fn only_the_owner_commands_and_hadoops_own_commands_work() {
    as_alice();
    let out = place("owner");
    let sql = script("owner", &numbers(&format!("hdfs://{out}"), 100, 1_000_000));
    let id = submit("alice", SMALL, &sql);
    running(&out);
    let of = format!("-Dyarn.application.id={id}");
    let listed = succeed("alice", &["list", &of]);
    assert!(listed.contains(&id), "{listed}");
    refused("bob", &["cancel", &of]);
    let savepoint = succeed(
        "alice",
        &["savepoint", &of, &format!("hdfs://{out}-savepoints")],
    );
    assert!(savepoint.contains("savepoint-"), "{savepoint}");
    succeed("alice", &["cancel", &of]);
    assert_eq!(end_of(&id), "KILLED");
    // What was written goes on from the savepoint.
    let again = submit("alice", &options(&["-s", &savepoint]), &sql);
    wait_for("the job to go on", || {
        (!processes("./alpheus worker", &again).is_empty()).then_some(())
    });
    dev_cluster(&["yarn", "application", "-kill", &again]);
    assert_eq!(end_of(&again), "KILLED");
    wait_for("all processes to be gone", || {
        (processes("./alpheus worker", &again).is_empty()
            && processes("./alpheus am", &again).is_empty())
        .then_some(())
    });
}

#[test]
fn what_is_wrong_is_said_before_anything_is_submitted() {
    as_alice();
    let good = script("good", &numbers("hdfs:///user/alice/never", 1, 1));
    let wrong = script("wrong", "SELECT FROM nothing;");
    for (option, script, words) in [
        (
            "-Dyarn.application.queue=nowhere",
            &good,
            "no queue nowhere",
        ),
        (
            "-Dtaskmanager.memory.process.size=900gb",
            &good,
            "taskmanager.memory.process.size",
        ),
        (
            "-Dexecution.checkpointing.dir=/tmp/x",
            &good,
            "execution.checkpointing.dir",
        ),
        ("-Dparallelism.default=1", &wrong, "FROM"),
        ("-Dyarn.aplication.queue=x", &good, "yarn.application.queue"),
    ] {
        let refused = run("alice", &["run", option, &script.display().to_string()]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{option}");
        assert!(said.contains(words), "{option}: {said}");
        assert!(
            refused.stdout.is_empty(),
            "{option}: something was submitted"
        );
    }
}
