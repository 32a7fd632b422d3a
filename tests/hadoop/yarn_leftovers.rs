//! What is left on HDFS when jobs and their masters have died or been killed: what is configured to stay, and nothing else.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::long_job::{Job, RATE};
use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::{dev_cluster, try_dev_cluster};

/// How many files lie below a folder of HDFS.
fn files_below(folder: &str) -> usize {
    let listed = try_dev_cluster(&["hdfs", "dfs", "-ls", "-R", folder]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed.lines().filter(|line| line.starts_with('-')).count()
}

#[test]
fn what_a_killed_application_leaves_goes_with_the_next_submission() {
    let staged = |id: &str| files_below(&format!("/user/alice/.alpheus/{id}"));
    let job = Job::start("killed", 1000, &[]);
    dev_cluster(&["yarn", "application", "-kill", &job.id]);
    assert_eq!(end_of(&job.id), "KILLED");
    assert!(staged(&job.id) > 0, "nobody was there to clean up");
    let next = Job::start("next", 10, &[]);
    assert_eq!(staged(&job.id), 0);
    next.ends_well();
    assert_eq!(files_below("/user/alice/.alpheus"), 0);
}

#[test]
fn checkpoints_stay_as_configured_and_nothing_else() {
    for (retention, kept) in [
        ("DELETE_ON_CANCELLATION", false),
        ("RETAIN_ON_CANCELLATION", true),
    ] {
        let checkpoints = place("kept-checkpoints");
        let dir = format!("-Dexecution.checkpointing.dir=hdfs://{checkpoints}");
        let retain =
            format!("-Dexecution.checkpointing.externalized-checkpoint-retention={retention}");
        let job = Job::start(
            "kept",
            1000,
            &[&dir, &retain, "-Dhigh-availability.type=FILESYSTEM"],
        );
        // Each death leaves a checkpoint that nobody completes.
        kill(job.workers()[0]);
        job.goes_on();
        kill(job.master());
        job.goes_on();
        let of = format!("-Dyarn.application.id={}", job.id);
        succeed("alice", &["cancel", &of]);
        assert_eq!(end_of(&job.id), "KILLED");
        let listed = try_dev_cluster(&["hdfs", "dfs", "-ls", "-R", &checkpoints]).stdout;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let metadata = listed
            .lines()
            .filter(|line| line.ends_with("/_metadata"))
            .count();
        // The one that is retained, and marks of two attempts.
        assert_eq!(metadata, usize::from(kept), "{listed}");
        assert!(
            files_below(&checkpoints) <= 4 * usize::from(kept),
            "{listed}"
        );
        let uncommitted = try_dev_cluster(&["hdfs", "dfs", "-ls", "-R", &job.out]).stdout;
        let uncommitted = String::from_utf8_lossy(&uncommitted).into_owned();
        let hidden = uncommitted.lines().any(|line| line.contains("/."));
        assert!(kept || !hidden, "{uncommitted}");
    }
}

#[test]
fn a_savepoint_outlives_the_master_that_took_it() {
    // No checkpoint commits what it holds.
    let never = "-Dexecution.checkpointing.interval=1h";
    as_alice();
    let (out, savepoints) = (place("saved"), place("savepoints"));
    let count = RATE * 60;
    let sql = script("saved", &numbers(&format!("hdfs://{out}"), RATE, count));
    let options = [
        "-Dtaskmanager.memory.process.size=512mb",
        "-Djobmanager.memory.process.size=256mb",
        "-Dyarn.provided.lib.dirs=hdfs:///data",
        "-Dhigh-availability.type=FILESYSTEM",
        never,
    ];
    let id = submit("alice", &options, &sql);
    let of = format!("-Dyarn.application.id={id}");
    let savepoint = wait_for("a savepoint", || {
        let taken = run(
            "alice",
            &["savepoint", &of, &format!("hdfs://{savepoints}")],
        );
        taken
            .status
            .success()
            .then(|| String::from_utf8(taken.stdout).unwrap())
    });
    let first = processes("./alpheus am", &id);
    kill(first[0]);
    wait_for("the next attempt", || {
        let now = processes("./alpheus am", &id);
        (now.len() == 1 && now != first).then_some(())
    });
    wait_for("it to take commands", || {
        run("alice", &["cancel", &of])
            .status
            .success()
            .then_some(())
    });
    assert_eq!(end_of(&id), "KILLED");
    let mut again = options.to_vec();
    again.extend(["-s", savepoint.trim()]);
    let again = submit("alice", &again, &sql);
    assert_eq!(end_of(&again), "SUCCEEDED");
    assert_complete(&out, count);
}
