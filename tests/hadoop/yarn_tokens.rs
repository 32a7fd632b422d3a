//! Applications on a cluster whose tickets live for a minute and whose tokens for three. (The HDFS library shows no token in
//! its last minute, so that two minutes of it can be used: enough for two masters, one after the other, on a busy machine.)
//!
//! `ALPHEUS_LIFETIMES` says how many lifetimes of a token are lived through; ten take half an hour.
#![allow(clippy::unwrap_used)]

mod exchange;

use alpheus_hadoop_tests::dev_cluster;
use alpheus_hadoop_tests::numbers::{numbers, place};
use alpheus_hadoop_tests::people::*;
use alpheus_hadoop_tests::program::*;
use std::time::{Duration, Instant};

/// What a token lives here.
const LIFE: Duration = Duration::from_secs(180);

/// For how much of that it is shown.
const SHOWN: Duration = Duration::from_secs(120);

/// Between two pushes.
const PUSHES: Duration = Duration::from_secs(20);

const SMALL: &[&str] = &[
    "-Dtaskmanager.memory.process.size=256mb",
    "-Djobmanager.memory.process.size=256mb",
    "-Dexecution.checkpointing.interval=1s",
    "-Dsecurity.kerberos.relogin.period=1s",
    "-Drestart-strategy.fixed-delay.delay=100ms",
    // Tokens serve for two minutes: each node is to have the program but once.
    "-Dyarn.provided.lib.dirs=hdfs:///data",
];

fn lifetimes() -> u32 {
    let set = std::env::var("ALPHEUS_LIFETIMES").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Hadoop's own commands are alice's; her ticket lives for a minute, so she gets another one before each look.
fn as_alice() {
    dev_cluster(&["kinit", "alice"]);
}

fn wait_for_output(out: &str) {
    wait_for("output", || {
        as_alice();
        (!cat(out).is_empty()).then_some(())
    });
}

fn wait_for_end(id: &str) -> String {
    wait_for("the end", || {
        as_alice();
        let (state, last) = status(id);
        ["FINISHED", "FAILED", "KILLED"]
            .contains(&state.as_str())
            .then_some(last)
    })
}

/// The one worker of an application, once there is one that is not `other`.
fn worker(id: &str, other: Option<u32>) -> u32 {
    wait_for("a worker", || {
        let found = processes("./alpheus worker", id);
        found.into_iter().find(|pid| Some(*pid) != other)
    })
}

/// How often the masters of an application have said something.
fn said(id: &str, words: &str) -> usize {
    container_logs(id)
        .iter()
        .map(|text| text.matches(words).count())
        .sum()
}

/// Kills the worker; a new one must restore from HDFS with tokens that were not there when the job began.
fn replace_worker(id: &str) {
    let first = worker(id, None);
    let before = said(id, "job is RUNNING");
    kill(first);
    worker(id, Some(first));
    wait_for("the job to run again", || {
        (said(id, "job is RUNNING") > before).then_some(())
    });
}

#[test]
fn a_job_with_a_keytab_outlives_its_tokens() {
    as_alice();
    let out = place("keytab");
    let sql = script("keytab", &numbers(&format!("hdfs://{out}"), 50, 1_000_000));
    let id = submit("alice", SMALL, &sql);
    wait_for_output(&out);
    let began = Instant::now();
    std::thread::sleep(LIFE * lifetimes() + Duration::from_secs(10));
    replace_worker(&id);
    // At three quarters of the time that a token serves.
    let expected = began.elapsed().as_secs() / SHOWN.as_secs();
    let obtained = said(&id, "delegation tokens obtained") as u64;
    assert!(obtained >= expected, "{obtained} of {expected}");
    let savepoint = succeed(
        "alice",
        &[
            "stop",
            &format!("-Dyarn.application.id={id}"),
            "-p",
            &format!("hdfs://{out}-savepoint"),
        ],
    );
    assert!(savepoint.contains("savepoint-"), "{savepoint}");
    assert_eq!(wait_for_end(&id), "SUCCEEDED");
    // The NodeManagers have collected the logs with tokens of the ResourceManager's.
    let collected = wait_for("the logs", || {
        as_alice();
        let logs = dev_cluster(&[
            "yarn",
            "logs",
            "-applicationId",
            &id,
            "-log_files",
            "alpheus.log",
        ]);
        logs.contains("registered with").then_some(logs)
    });
    assert!(collected.contains("delegation tokens obtained"));
}

#[test]
fn a_job_with_tickets_lives_on_pushed_tokens_and_its_user_is_warned() {
    as_alice();
    let tickets = Tickets::of("alice", "pushed");
    let out = place("pushed");
    let sql = script("pushed", &numbers(&format!("hdfs://{out}"), 50, 1_000_000))
        .display()
        .to_string();
    let mut arguments = vec!["run", "-d", "-t", "yarn-application"];
    arguments.extend(SMALL);
    arguments.push(&sql);
    let id = tickets.succeed(&arguments);
    let of = format!("-Dyarn.application.id={id}");
    let push = ["token", "push", "-t", "yarn-application", &of];
    let began = Instant::now();
    // The first push waits for the master.
    let mut pushes = 0;
    while began.elapsed() < LIFE + PUSHES {
        tickets.renew();
        let told = tickets.succeed(&push);
        assert!(told.contains("serve until"), "{told}");
        pushes += 1;
        std::thread::sleep(PUSHES);
    }
    wait_for_output(&out);
    tickets.renew();
    tickets.succeed(&push);
    replace_worker(&id);
    assert!(said(&id, "`alpheus token push`") > 0);
    assert!(said(&id, "the owner has pushed other tokens") > pushes);
    // Bob has no business with it, and his tokens are of no use.
    let refused = Tickets::of("bob", "pusher").run(&push);
    assert_eq!(refused.status.code(), Some(3));
    tickets.renew();
    tickets.succeed(&["cancel", "-t", "yarn-application", &of]);
    assert_eq!(wait_for_end(&id), "KILLED");
}

/// The second master starts while the tokens of the submission are still shown, and has those that were pushed to the first
/// from then on.
#[test]
fn pushed_tokens_are_known_to_the_next_master() {
    as_alice();
    let tickets = Tickets::of("alice", "heir");
    let out = place("heir");
    let sql = script("heir", &numbers(&format!("hdfs://{out}"), 50, 1_000_000))
        .display()
        .to_string();
    let mut arguments = vec!["run", "-d", "-t", "yarn-application"];
    arguments.extend(SMALL);
    // A worker on each node: wherever the next master starts, the program is there.
    arguments.extend([
        "-Dtaskmanager.memory.process.size=4200mb",
        "-Dparallelism.default=2",
        "-Dhigh-availability.type=FILESYSTEM",
        &sql,
    ]);
    let began = Instant::now();
    let id = tickets.succeed(&arguments);
    let of = format!("-Dyarn.application.id={id}");
    let push = ["token", "push", "-t", "yarn-application", &of];
    wait_for("the job to run", || {
        (said(&id, "job is RUNNING") > 0).then_some(())
    });
    tickets.renew();
    tickets.succeed(&push);
    kill(processes("./alpheus am", &id)[0]);
    wait_for("the next master", || {
        (said(&id, "the tokens that the owner has pushed are taken over") > 0).then_some(())
    });
    as_alice();
    let kept = dev_cluster(&["hdfs", "dfs", "-ls", &format!("/user/alice/.alpheus/{id}")]);
    let file = kept.lines().find(|line| line.ends_with("/pushed.tokens"));
    assert!(file.unwrap().starts_with("-rw------- "), "{kept}");
    while began.elapsed() < LIFE + PUSHES {
        std::thread::sleep(PUSHES);
        tickets.renew();
        tickets.succeed(&push);
    }
    replace_worker(&id);
    tickets.renew();
    tickets.succeed(&["cancel", "-t", "yarn-application", &of]);
    assert_eq!(wait_for_end(&id), "KILLED");
    as_alice();
    let left = alpheus_hadoop_tests::numbers::left_behind();
    assert!(!left.contains(&id), "{left}");
}
