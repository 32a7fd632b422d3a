//! A SELECT whose tasks run in worker processes shows what it shows in one process: the same rows, all of
//! them, in the same order, however slow the reader is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use alpheus_tests::binary::{alpheus, run_within};
use alpheus_tests::compare::materialize;

const LIMIT: Duration = Duration::from_secs(120);

const TABLE: &str = "CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, url STRING) \
    WITH ('connector' = 'nexmark', 'kind' = 'bid', 'events.num' = '${EVENTS}');";

fn command(workers: u32, events: u32, query: &str, settings: &[&str]) -> Command {
    let statements = TABLE.replace("${EVENTS}", &events.to_string()) + query;
    let mut command = Command::new(alpheus());
    command.args(["sql", "--output", "json", "-e", &statements, "-D"]);
    command.arg(format!("minicluster.number-of-taskmanagers={workers}"));
    for setting in settings {
        command.args(["-D", setting]);
    }
    command
}

fn run(workers: u32, events: u32, query: &str, settings: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = run_within(command(workers, events, query, settings), LIMIT);
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_order_of_one_task_is_kept() {
    let query = "SELECT auction, bidder, price FROM bid;";
    let here = run(0, 30_000, query, &[]);
    assert_eq!(here.lines().count(), 27_600);
    assert!(here == run(1, 30_000, query, &[]), "the rows differ");
}

#[test]
fn all_rows_of_all_tasks_arrive() {
    let query = "SELECT auction, bidder, price, url FROM bid;";
    let settings = ["parallelism.default=3"];
    let here = run(0, 60_000, query, &settings);
    let there = run(3, 60_000, query, &settings);
    assert!(sorted(&here) == sorted(&there), "the rows differ");
}

#[test]
fn a_changelog_with_checkpoints_adds_up() {
    let query = "SELECT bidder, COUNT(*) AS n, MAX(price) AS most FROM bid GROUP BY bidder;";
    let here = materialize(&run(0, 60_000, query, &[])).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = format!("execution.checkpointing.dir={}", folder.path().display());
    let settings = [
        "parallelism.default=2",
        "execution.checkpointing.interval=30 ms",
        &checkpoints,
    ];
    let there = materialize(&run(2, 60_000, query, &settings)).unwrap();
    let text = |rows: Vec<serde_json::Value>| {
        let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
        rows.sort_unstable();
        rows
    };
    assert_eq!(text(here), text(there));
}

#[test]
fn a_slow_reader_gets_everything_and_one_that_leaves_ends_the_job() {
    let query = "SELECT url, url AS again, auction FROM bid;";
    let mut slow = command(2, 200_000, query, &["parallelism.default=2"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(slow.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    // The workers fill what room there is and wait.
    std::thread::sleep(Duration::from_millis(300));
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert!(slow.wait().unwrap().success());
    assert_eq!(1 + rest.lines().count(), 184_000);

    let mut left = command(2, u32::MAX, query, &["parallelism.default=2"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    BufReader::new(left.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let output = left.wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("the results cannot be written"),
        "{message}"
    );
}
