//! What a scheduler gives and takes: memory that a worker must not exceed, containers that another queue wants back.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::{conf, dev_cluster, dir};

/// What the masters and workers of an application have logged so far.
fn logs(application: &str) -> String {
    let nodes = std::fs::read_dir(dir().join("daemons")).unwrap().flatten();
    let folders =
        nodes.filter_map(|node| std::fs::read_dir(node.path().join("log").join(application)).ok());
    let files = folders.flatten().flatten();
    files
        .filter_map(|container| std::fs::read_to_string(container.path().join("alpheus.log")).ok())
        .collect()
}

#[test]
fn a_worker_that_needs_more_memory_says_so_before_it_is_killed() {
    as_alice();
    // State that grows and grows, in memory.
    let sql = script(
        "greedy",
        "CREATE TABLE words (id BIGINT, word STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '20000',
           'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000',
           'fields.word.length' = '400');
         CREATE TABLE nothing (word STRING, n BIGINT) WITH ('connector' = 'blackhole');
         INSERT INTO nothing SELECT word, COUNT(*) FROM words GROUP BY word;",
    );
    let id = submit(
        "alice",
        &options(&[
            "-Dtaskmanager.memory.process.size=256mb",
            "-Drestart-strategy.type=none",
        ]),
        &sql,
    );
    assert_eq!(end_of(&id), "FAILED");
    let told = dev_cluster(&["yarn", "application", "-status", &id]);
    assert!(told.contains("of the 256 mb that it may have"), "{told}");
    assert!(told.contains("taskmanager.memory.process.size"), "{told}");
    // Not the NodeManager's words.
    assert!(!told.contains("physical memory"), "{told}");
}

#[test]
fn a_preempted_container_is_given_back_with_a_checkpoint_behind_it() {
    as_alice();
    let job = |name: &str, seconds: u32, memory: &str, queue: &str| {
        let out = place(name);
        let count = 200 * seconds;
        let sql = script(name, &numbers(&format!("hdfs://{out}"), 200, count));
        let id = submit(
            "alice",
            &[
                "-Djobmanager.memory.process.size=256mb",
                "-Dyarn.provided.lib.dirs=hdfs:///data",
                "-Dexecution.checkpointing.interval=1h",
                "-Dparallelism.default=3",
                &format!("-Dtaskmanager.memory.process.size={memory}"),
                &format!("-Dyarn.application.queue={queue}"),
            ],
            &sql,
        );
        (id, out, count)
    };
    // More than half of the cluster for a queue that is promised less than a third.
    let (first, out, count) = job("poor", 60, "4200mb", "etl");
    wait_for("the first job", || {
        logs(&first).contains("is RUNNING").then_some(())
    });
    let (second, ..) = job("rich", 1000, "5600mb", "default");
    wait_for("a move", || {
        logs(&first).contains("the job moves away").then_some(())
    });
    assert!(logs(&first).contains("(preemption)"));
    dev_cluster(&["yarn", "application", "-kill", &second]);
    assert_eq!(end_of(&first), "SUCCEEDED");
    assert_complete(&out, count);
    let log = logs(&first);
    assert!(
        !log.contains("preempted)"),
        "it was killed, not given back: {log}"
    );
    assert!(!log.contains("was lost"), "{log}");
}

/// All nodes of this cluster are called `localhost`, so they can only leave together; and come back.
#[test]
fn a_node_that_leaves_is_noticed_and_one_that_comes_back_too() {
    as_alice();
    let out = place("leaving");
    let sql = script("leaving", &numbers(&format!("hdfs://{out}"), 100, 6_000));
    let id = submit(
        "alice",
        &options(&[
            "-Dparallelism.default=2",
            "-Dyarn.provided.lib.dirs=hdfs:///data",
        ]),
        &sql,
    );
    running(&out);
    let list = conf()
        .text("yarn.resourcemanager.nodes.exclude-path")
        .unwrap()
        .unwrap();
    let refresh = |hosts: &str, arguments: &[&str]| {
        std::fs::write(&list, hosts).unwrap();
        dev_cluster(&["kinit", "admin"]);
        dev_cluster(&[&["yarn", "rmadmin", "-refreshNodes"], arguments].concat());
        dev_cluster(&["kinit", "alice"]);
    };
    refresh("localhost\n", &["-g", "120", "-server"]);
    wait_for("the news", || {
        logs(&id).contains("is being decommissioned").then_some(())
    });
    refresh("", &[]);
    wait_for("the good news", || {
        logs(&id).contains("it may stay").then_some(())
    });
    assert_eq!(end_of(&id), "SUCCEEDED");
    assert_complete(&out, 6_000);
    assert!(!logs(&id).contains("is RESTARTING"));
}

#[test]
fn how_a_worker_died_is_in_the_diagnostics() {
    as_alice();
    let out = place("died");
    let sql = script("died", &numbers(&format!("hdfs://{out}"), 100, 100_000));
    let id = submit(
        "alice",
        &options(&[
            "-Drestart-strategy.type=none",
            "-Dyarn.provided.lib.dirs=hdfs:///data",
        ]),
        &sql,
    );
    running(&out);
    kill(processes("./alpheus worker", &id)[0]);
    assert_eq!(end_of(&id), "FAILED");
    let told = dev_cluster(&["yarn", "application", "-status", &id]);
    assert!(
        told.contains("was lost") && told.contains("killed by signal 9"),
        "{told}"
    );
}
