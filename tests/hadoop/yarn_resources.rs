//! What a scheduler gives and takes: memory that a worker must not exceed, containers that another queue wants back, nodes that
//! leave, queues that are full.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::long_job::Job;
use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::{conf, dev_cluster, dir, try_dev_cluster};
use std::io::{BufRead, BufReader};

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

/// Says which nodes are to leave the cluster, and how long they have for it.
fn leave(nodes: &[&str], arguments: &[&str]) {
    let list = conf()
        .text("yarn.resourcemanager.nodes.exclude-path")
        .unwrap()
        .unwrap();
    let hosts: String = nodes
        .iter()
        .map(|node| format!("{node}.alpheus.test\n"))
        .collect();
    std::fs::write(&list, hosts).unwrap();
    dev_cluster(&["kinit", "admin"]);
    dev_cluster(&[&["yarn", "rmadmin", "-refreshNodes"], arguments].concat());
    dev_cluster(&["kinit", "alice"]);
}

/// The state of a node, as `yarn` shows it.
fn state_of(node: &str) -> String {
    let host = format!("{node}.alpheus.test:");
    let shown = dev_cluster(&["yarn", "node", "-list", "-all"]);
    let line = shown.lines().find(|line| line.starts_with(&host));
    let line = line.unwrap_or_else(|| {
        panic!("where root starts the cluster nodes have names of their own, and there is no {node}: {shown}")
    });
    line.split_whitespace().nth(1).unwrap().to_owned()
}

/// Starts nodes again that have left: one that may go, because nothing runs there, ends its NodeManager.
fn all_back() {
    for node in ["nm0", "nm1", "nm2"] {
        if state_of(node) == "DECOMMISSIONED" {
            try_dev_cluster(&["kill", node]);
            dev_cluster(&["start", node]);
        }
    }
    for node in ["nm0", "nm1", "nm2"] {
        wait_for("the node to be back", || {
            (state_of(node) == "RUNNING").then_some(())
        });
    }
}

#[test]
fn a_job_moves_off_a_node_before_it_leaves() {
    as_alice();
    let job = Job::start("moves", 80, &[]);
    let masters = node_of(job.master());
    let worker = job.worker_beside(&masters);
    let node = node_of(worker);
    assert_eq!(state_of(&node), "RUNNING");
    leave(&[&node], &["-g", "40", "-server"]);
    wait_for("the worker to be elsewhere", || {
        let workers = job.workers();
        let moved = workers.len() == 2 && workers.iter().all(|pid| node_of(*pid) != node);
        moved.then_some(())
    });
    let log = logs(&job.id);
    assert!(log.contains("the job moves away"), "{log}");
    // It was in good time: the node waits for whoever is still on it.
    assert_eq!(state_of(&node), "DECOMMISSIONING");
    job.goes_on();
    wait_for("the node to be gone", || {
        (state_of(&node) == "DECOMMISSIONED").then_some(())
    });
    job.goes_on();
    let log = logs(&job.id);
    assert!(!log.contains("was lost"), "{log}");
    job.ends_well();
    leave(&[], &[]);
    all_back();
}

/// A submission that waits, and what it says until a line has these words.
fn told_until(arguments: &[&str], words: &str) -> (std::process::Child, String) {
    let mut command = alpheus("alice", arguments);
    let mut child = command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut told = String::new();
    while !told.contains(words) {
        let Some(line) = lines.next() else {
            let code = child.wait().unwrap();
            panic!("{words:?} was not said: {told} ({code})");
        };
        told.push_str(&line.unwrap());
        told.push('\n');
    }
    // What it says later goes nowhere and must not stop it.
    std::thread::spawn(move || lines.for_each(drop));
    (child, told)
}

/// The queue `narrow` takes two applications, and has room for one master.
#[test]
fn a_full_queue_is_told_and_one_that_takes_no_more_leaves_nothing() {
    as_alice();
    let out = place("narrow");
    let sql = script("narrow", &numbers(&format!("hdfs://{out}"), 100, 1_000_000));
    let sql = sql.display().to_string();
    let arguments = options(&[
        "-Dyarn.application.queue=narrow",
        "-Dyarn.provided.lib.dirs=hdfs:///data",
    ]);
    let first = submit("alice", &arguments, sql.as_ref());
    let attached = [&["run"], &*arguments, &[&sql]].concat();
    let (mut second, told) = told_until(&attached, "share for masters is taken");
    assert!(told.contains("waits in queue root.narrow"), "{told}");
    assert!(
        told.contains("name another queue by yarn.application.queue"),
        "{told}"
    );
    let before = left_behind();
    let refused = run("alice", &attached);
    let error = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{error}");
    assert!(error.contains("already has 2 applications"), "{error}");
    assert!(
        error.contains("name another queue by yarn.application.queue"),
        "{error}"
    );
    assert_eq!(left_behind(), before);
    // The way out that was told.
    let line = told.lines().find(|line| line.contains("waits in")).unwrap();
    let waiting = line.split_whitespace().next().unwrap();
    let cancel = |id: &str| succeed("alice", &["cancel", &format!("-Dyarn.application.id={id}")]);
    assert!(cancel(waiting).contains("before it ran"));
    assert_eq!(second.wait().unwrap().code(), Some(1));
    assert_eq!(end_of(waiting), "KILLED");
    assert!(!left_behind().contains(waiting), "{}", left_behind());
    cancel(&first);
    wait_for("nothing to be left", || {
        (!left_behind().contains("application_")).then_some(())
    });
}

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
    leave(&["nm0", "nm1", "nm2"], &["-g", "120", "-server"]);
    wait_for("the news", || {
        logs(&id).contains("is being decommissioned").then_some(())
    });
    leave(&[], &[]);
    wait_for("the good news", || {
        logs(&id).contains("it may stay").then_some(())
    });
    assert_eq!(end_of(&id), "SUCCEEDED");
    assert_complete(&out, 6_000);
    assert!(!logs(&id).contains("is RESTARTING"));
    all_back();
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
