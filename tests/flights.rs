//! The main job over real data gives what SQLite gives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::process::Command;
use std::time::Duration;

use alpheus_tests::binary::{alpheus, run_within};
use alpheus_tests::flights::{assert_same, expected, write_job, written};

const LIMIT: Duration = Duration::from_secs(120);

fn run(extra: &[&str]) -> String {
    let work = tempfile::tempdir().unwrap();
    let job = write_job(work.path(), "flights.sql");
    let checkpoints = work.path().join("checkpoints");
    let mut command = Command::new(alpheus());
    command
        .arg("run")
        .args(extra)
        .args(["-D", "execution.checkpointing.interval=200ms", "-D"]);
    command
        .arg(format!(
            "execution.checkpointing.dir={}",
            checkpoints.display()
        ))
        .arg(&job);
    let output = run_within(command, LIMIT);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_same(&expected(), &written(work.path()));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn in_one_process() {
    let said = run(&["-D", "parallelism.default=2"]);
    assert!(said.contains("336,776 records read"), "{said}");
}

#[test]
fn with_three_workers_over_tls() {
    let said = run(&["-D", "parallelism.default=3", "--workers", "3"]);
    assert!(said.contains("336,776 records read"), "{said}");
}

#[test]
fn in_batch_mode() {
    run(&[
        "-D",
        "parallelism.default=2",
        "-D",
        "execution.runtime-mode=batch",
    ]);
}
