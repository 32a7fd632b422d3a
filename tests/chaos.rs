//! Kills at random: `kill -9` of workers and of the AM while the flights job runs, until it is done, and of
//! workers while queries with joins, Top-N, OVER and patterns show their changes.
//!
//! Whatever was killed and when, the output must be that of an undisturbed run: no row lost, none
//! twice, nothing left behind. `CHAOS_KILLS` says how many kills (30), `CHAOS_SEED` repeats a run; the
//! seed is printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use alpheus_tests::binary::{alpheus, run_within};
use alpheus_tests::compare::materialize;
use alpheus_tests::flights::{Rows, assert_same, expected, write_job, written};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const LIMIT: Duration = Duration::from_secs(300);

/// Tables of the queries.
const TABLES: &str = "
CREATE TABLE auction (id BIGINT, category BIGINT, seller BIGINT)
  WITH ('connector' = 'nexmark', 'kind' = 'auction', 'events.num' = '100000');
CREATE TABLE bid (
  auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3),
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '1' HOUR
) WITH ('connector' = 'nexmark', 'kind' = 'bid', 'events.num' = '100000');
";

/// Changes that are taken back, many rows under a key, timers.
const QUERIES: [&str; 4] = [
    "SELECT a.id, a.category, b.bidder, b.price
     FROM auction AS a LEFT JOIN bid AS b ON a.id = b.auction AND b.price > 10000;",
    "SELECT bidder, auction, price, n FROM (
       SELECT *, ROW_NUMBER() OVER (PARTITION BY bidder ORDER BY price DESC, auction, `dateTime`) AS n
       FROM bid)
     WHERE n <= 3;",
    "SELECT auction, bidder, price, COUNT(*) OVER w AS n, SUM(price) OVER w AS total
     FROM bid
     WINDOW w AS (PARTITION BY bidder ORDER BY `dateTime`
                  RANGE BETWEEN INTERVAL '10' SECOND PRECEDING AND CURRENT ROW);",
    "SELECT * FROM bid MATCH_RECOGNIZE (
       PARTITION BY bidder ORDER BY `dateTime`, auction, price
       MEASURES A.price AS low, LAST(B.price) AS high, C.price AS back
       ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW
       PATTERN (A B+ C) WITHIN INTERVAL '10' SECOND
       DEFINE B AS B.price > A.price, C AS C.price < A.price);",
];

/// How many kills, and what decides when and whom; said aloud, so that a run can be repeated.
fn dice() -> (u64, StdRng) {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let kills = number("CHAOS_KILLS").unwrap_or(30);
    let seed = number("CHAOS_SEED").unwrap_or_else(rand::random);
    println!("CHAOS_SEED={seed} CHAOS_KILLS={kills}");
    (kills, StdRng::seed_from_u64(seed))
}

/// Of three kills the flights get two, so that all of this takes no longer than it has to.
#[test]
fn changelogs_add_up_with_rocksdb_and_unaligned_checkpoints() {
    let (kills, mut random) = dice();
    let mut failures = Vec::new();
    for query in QUERIES {
        let expected = added_up(&run_query(query, &[], None));
        assert!(expected.len() > 1000, "{query} gives too little");
        let mut left = kills.div_ceil(3 * QUERIES.len() as u64);
        let work = tempfile::tempdir().unwrap();
        let text = |name: &str| work.path().join(name).display().to_string();
        let set = [
            "parallelism.default=3".to_owned(),
            "minicluster.number-of-taskmanagers=3".to_owned(),
            "execution.checkpointing.interval=50ms".to_owned(),
            format!("execution.checkpointing.dir={}", text("checkpoints")),
            "execution.checkpointing.unaligned.enabled=true".to_owned(),
            "execution.checkpointing.incremental=true".to_owned(),
            "state.backend.type=rocksdb".to_owned(),
            format!("state.backend.rocksdb.localdir={}", text("local")),
            "taskmanager.memory.managed.size=32 mb".to_owned(),
            "restart-strategy.type=fixed-delay".to_owned(),
            "restart-strategy.fixed-delay.attempts=1000".to_owned(),
            "restart-strategy.fixed-delay.delay=10ms".to_owned(),
            "alpheus.testing.source-delay=300ms".to_owned(),
        ];
        let mut next_kill = Instant::now() + Duration::from_millis(random.random_range(300..1500));
        let mut disturb = |process| {
            if left > 0 && Instant::now() >= next_kill {
                let workers = children(process);
                if !workers.is_empty() {
                    kill(workers[random.random_range(0..workers.len())]);
                    left -= 1;
                }
                next_kill = Instant::now() + Duration::from_millis(random.random_range(200..1500));
            }
        };
        let output = run_query(query, &set, Some(&mut disturb));
        println!("{left} kills left");
        if added_up(&output) != expected {
            failures.push(query);
        }
    }
    assert!(failures.is_empty(), "other rows: {failures:#?}");
}

/// What a query shows; `disturb` is called with its process until that ends.
fn run_query(query: &str, set: &[String], disturb: Option<&mut dyn FnMut(u32)>) -> String {
    let mut command = Command::new(alpheus());
    command.args(["sql", "--output", "json", "-e", &format!("{TABLES}{query}")]);
    for setting in set {
        command.args(["-D", setting]);
    }
    let Some(disturb) = disturb else {
        let output = run_within(command, LIMIT);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{message}");
        return String::from_utf8(output.stdout).unwrap();
    };
    let log = tempfile::NamedTempFile::new().unwrap();
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.stderr(log.reopen().unwrap()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > LIMIT {
            let _ = child.kill();
            panic!(
                "it does not end: {}",
                std::fs::read_to_string(log.path()).unwrap()
            );
        }
        disturb(child.id());
        std::thread::sleep(Duration::from_millis(5));
    };
    let message = std::fs::read_to_string(log.path()).unwrap();
    assert!(status.success(), "{status}: {message}");
    reader.join().unwrap().unwrap()
}

fn added_up(output: &str) -> Vec<String> {
    let rows = materialize(output).unwrap();
    let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn output_is_that_of_an_undisturbed_run() {
    let (kills, mut random) = dice();
    let kills = kills - kills / 3;
    let expected = expected();
    let mut done = 0;
    while done < kills {
        // Several jobs, each with some of the kills, so that every phase of a job's life gets its share.
        let share = random.random_range(3..=8).min(kills - done);
        done += run_disturbed(&mut random, share, &expected);
    }
}

/// Runs the job to its end, killing up to `kills` processes on the way. Returns how many it killed.
fn run_disturbed(random: &mut StdRng, kills: u64, expected: &Rows) -> u64 {
    let work = tempfile::tempdir().unwrap();
    let job = write_job(work.path(), "flights.sql");
    let checkpoints = work.path().join("checkpoints");
    let started = Instant::now();
    let mut killed = 0;
    // Half of the jobs let barriers overtake.
    let unaligned = random.random_bool(0.5);
    let mut child = start(&job, &checkpoints, work.path(), unaligned, 3);
    let mut next_kill = Instant::now() + Duration::from_millis(random.random_range(50..1500));
    loop {
        assert!(
            started.elapsed() < LIMIT,
            "the job does not end:\n{}",
            log(work.path())
        );
        if let Some(status) = child.try_wait().unwrap() {
            assert!(
                status.success(),
                "the job failed: {status}\n{}",
                log(work.path())
            );
            break;
        }
        if killed < kills && Instant::now() >= next_kill {
            let workers = children(child.id());
            let victim = random.random_range(0..=workers.len());
            killed += 1;
            match workers.get(victim) {
                Some(&worker) => kill(worker),
                None => {
                    kill(child.id());
                    child.wait().unwrap();
                    let parallelism = random.random_range(2..=4);
                    child = start(&job, &checkpoints, work.path(), unaligned, parallelism);
                }
            }
            next_kill = Instant::now() + Duration::from_millis(random.random_range(50..1500));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_same(expected, &written(work.path()));
    killed.max(1)
}

/// Starts the job, from its newest checkpoint if there is one. With unaligned checkpoints its state is in RocksDB.
fn start(job: &Path, checkpoints: &Path, work: &Path, unaligned: bool, parallelism: u32) -> Child {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(work.join("log"))
        .unwrap();
    let mut command = Command::new(alpheus());
    command.args(["run", "--workers", "3"]);
    let set = [
        format!("parallelism.default={parallelism}"),
        "execution.checkpointing.interval=100ms".to_owned(),
        format!("execution.checkpointing.dir={}", checkpoints.display()),
        "execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION"
            .to_owned(),
        format!("execution.checkpointing.unaligned.enabled={unaligned}"),
        format!("execution.checkpointing.incremental={unaligned}"),
        format!(
            "state.backend.rocksdb.localdir={}",
            work.join("local").display()
        ),
        "taskmanager.memory.managed.size=32 mb".to_owned(),
        "restart-strategy.type=fixed-delay".to_owned(),
        "restart-strategy.fixed-delay.attempts=1000".to_owned(),
        "restart-strategy.fixed-delay.delay=10ms".to_owned(),
        // Test hook: the source waits before each batch, so that there is something to kill.
        "alpheus.testing.source-delay=60ms".to_owned(),
    ];
    for setting in set {
        command.arg("-D").arg(setting);
    }
    if unaligned {
        command.args(["-D", "state.backend.type=rocksdb"]);
    }
    match newest_job(checkpoints) {
        Some(folder) => {
            command.arg("-s").arg(folder);
        }
        // Killed before its first checkpoint, so nothing is committed: the job starts from nothing, and
        // what a job without a name left in staging is removed as a user would.
        None => {
            let _ = std::fs::remove_dir_all(work.join("out"));
        }
    }
    command
        .arg(job)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command.spawn().unwrap()
}

/// The folder of the job that wrote a checkpoint last.
fn newest_job(checkpoints: &Path) -> Option<PathBuf> {
    let jobs = std::fs::read_dir(checkpoints).ok()?;
    let mut newest = None;
    for job in jobs.flatten() {
        for checkpoint in std::fs::read_dir(job.path()).ok()?.flatten() {
            if let Ok(metadata) = std::fs::metadata(checkpoint.path().join("_metadata")) {
                newest = newest.max(Some((metadata.modified().unwrap(), job.path())));
            }
        }
    }
    newest.map(|(_, folder)| folder)
}

fn children(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task"));
    let mut found = Vec::new();
    for task in tasks.into_iter().flatten().flatten() {
        let list = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(
            list.split_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    found.sort_unstable();
    found
}

fn kill(pid: u32) {
    // The process may just have ended by itself; that is as good.
    let _ = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .stderr(Stdio::null())
        .status();
}

fn log(work: &Path) -> String {
    let text = std::fs::read_to_string(work.join("log")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
