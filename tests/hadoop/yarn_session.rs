//! Sessions on YARN: several jobs in one application, which do not notice each other.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::dev_cluster;
use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::session::Session;

#[test]
fn jobs_run_side_by_side_and_one_after_another() {
    let (session, mut process) = Session::attached(&[]);
    wait_for("the session to answer", || {
        session
            .run("alice", &["list"])
            .status
            .success()
            .then_some(())
    });
    let (endless, counted) = (place("session-endless"), place("session-counted"));
    let cancelled = session.submit(&endless, 100, 1_000_000, &[]);
    let finished = session.submit(&counted, 500, 6_000, &["-Dparallelism.default=2"]);
    // A job that cannot write fails alone.
    let failed = session.submit(
        "/user/bob/not-alices",
        500,
        1,
        &["-Drestart-strategy.type=none"],
    );
    session.wait_for(&failed, "FAILED");
    session.wait_for(&cancelled, "RUNNING");
    let savepoint = session.succeed(&["savepoint", &cancelled, &format!("hdfs://{endless}-saved")]);
    assert!(savepoint.contains("savepoint-"), "{savepoint}");
    session.succeed(&["cancel", &cancelled[..8]]);
    assert_eq!(session.state(&cancelled), "CANCELED");
    session.wait_for(&finished, "FINISHED");
    assert_complete(&counted, 6_000);

    // Containers go back when their jobs end, and the next job gets others.
    wait_for("the workers to end", || {
        session.workers().is_empty().then_some(())
    });
    let next = place("session-next");
    let sql = script(
        "session-next",
        &numbers(&format!("hdfs://{next}"), 1_000, 500),
    );
    let mut arguments = vec!["run"];
    arguments.extend(SMALL);
    let sql = sql.display().to_string();
    arguments.push(&sql);
    session.succeed(&arguments);
    assert_complete(&next, 500);
    let (_, said) = session.refused("alice", &["cancel", &cancelled]);
    assert!(said.contains("CANCELED already"), "{said}");

    // A signal to the command that waits ends the session, with what still runs in it.
    let last = session.submit(&place("session-last"), 10, 1_000_000, &[]);
    session.wait_for(&last, "RUNNING");
    let told = std::process::Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    assert!(told.unwrap().success());
    assert!(process.wait().unwrap().success());
    assert_eq!(
        status(&session.id),
        ("FINISHED".to_owned(), "SUCCEEDED".to_owned())
    );
    assert!(!left_behind().contains(&session.id), "{}", left_behind());
    wait_for("all processes to be gone", || {
        session.is_gone().then_some(())
    });
    let (_, said) = session.refused("alice", &["list"]);
    assert!(said.contains("FINISHED"), "{said}");
}

#[test]
fn the_masters_death_costs_no_job_a_row() {
    let session = Session::start(&["-Dhigh-availability.type=FILESYSTEM"]);
    let (one, two) = (place("session-one"), place("session-two"));
    let first = session.submit(&one, 300, 15_000, &[]);
    let second = session.submit(&two, 300, 15_000, &["-Dparallelism.default=2"]);
    session.wait_for(&first, "RUNNING");
    running(&two);
    let (masters, workers) = (processes("./alpheus am", &session.id), session.workers());
    assert_eq!((masters.len(), workers.len()), (1, 3));
    kill(masters[0]);
    wait_for("the next attempt", || {
        let now = processes("./alpheus am", &session.id);
        (now.len() == 1 && now != masters).then_some(())
    });
    wait_for("both jobs", || {
        let listed = session.run("alice", &["list", "--json"]);
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        (listed.matches("RUNNING").count() == 2).then_some(())
    });
    // The workers have gone on meanwhile, each with its own job.
    assert_eq!(session.workers(), workers);
    for job in [&first, &second] {
        session.wait_for(job, "FINISHED");
    }
    assert_complete(&one, 15_000);
    assert_complete(&two, 15_000);
    session.succeed(&["session", "stop"]);
    assert_eq!(end_of(&session.id), "SUCCEEDED");
    assert!(!left_behind().contains(&session.id), "{}", left_behind());
}

#[test]
fn the_next_master_shows_what_the_dead_one_has_seen_end() {
    let session = Session::start(&["-Dhigh-availability.type=FILESYSTEM"]);
    let out = place("session-over");
    let over = session.submit(&out, 500, 500, &[]);
    session.wait_for(&over, "FINISHED");
    let first = processes("./alpheus am", &session.id);
    kill(first[0]);
    wait_for("the next attempt", || {
        let now = processes("./alpheus am", &session.id);
        (now.len() == 1 && now != first).then_some(())
    });
    wait_for("it to answer", || {
        let listed = session.run("alice", &["list", "--json"]);
        String::from_utf8_lossy(&listed.stdout)
            .contains(&over)
            .then_some(())
    });
    assert_eq!(session.state(&over), "FINISHED");
    assert_complete(&out, 500);
    session.succeed(&["session", "stop"]);
    assert_eq!(end_of(&session.id), "SUCCEEDED");
    assert!(!left_behind().contains(&session.id), "{}", left_behind());
}

#[test]
fn what_is_wrong_is_said_and_strangers_are_refused() {
    let session = Session::start(&[]);
    let out = place("session-refused");
    let job = session.submit(&out, 100, 1_000_000, &[]);
    let sql = script("session-bad", &numbers("hdfs:///user/alice/never", 1, 1));
    let sql = sql.display().to_string();
    for command in [
        &["list"][..],
        &["cancel", &job],
        &["savepoint", &job, "hdfs:///user/bob/s"],
        &["run", &sql],
        &["session", "stop"],
    ] {
        let (code, said) = session.refused("bob", command);
        assert_eq!(code, Some(3), "{command:?}: {said}");
    }
    for (arguments, words) in [
        (
            &["run", "-Dexecution.runtime-mode=BATCH", &sql][..],
            "yarn-application",
        ),
        (
            &["run", "-Dtaskmanager.memory.process.size=900gb", &sql],
            "taskmanager.memory.process.size",
        ),
        (
            &["run", "-Dyarn.containers.vcores=500", &sql],
            "yarn.containers.vcores",
        ),
        (
            &[
                "run",
                "-Dexecution.checkpointing.dir=hdfs://elsewhere:8020/c",
                &sql,
            ],
            "security.kerberos.access.hadoopFileSystems",
        ),
        (&["cancel", "nobody"], "no job `nobody`"),
    ] {
        let (_, said) = session.refused("alice", arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    // What one target means to its only job must not reach one of several.
    let of = format!("-Dyarn.application.id={}", session.id);
    let refused = run("alice", &["cancel", &of]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("yarn-session"),
        "{said}"
    );
    session.wait_for(&job, "RUNNING");

    // Hadoop's own command leaves nothing behind, once the owner comes again.
    dev_cluster(&["yarn", "application", "-kill", &session.id]);
    assert_eq!(end_of(&session.id), "KILLED");
    wait_for("all processes to be gone", || {
        session.is_gone().then_some(())
    });
    let next = Session::start(&[]);
    assert!(!left_behind().contains(&session.id), "{}", left_behind());
    next.succeed(&["session", "stop"]);
    assert_eq!(end_of(&next.id), "SUCCEEDED");
}
