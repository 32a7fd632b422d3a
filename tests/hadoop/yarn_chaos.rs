//! Kills at random: workers, masters, NodeManagers, the ResourceManager, DataNodes, one after the other and several at once,
//! while jobs run, at protection privacy. Whatever was killed and when, the output is that of an undisturbed run, and nothing
//! is left behind.
//!
//! `CHAOS_SECONDS` says for how long (600); `CHAOS_SEED`, which is printed, repeats the choices; `CHAOS_PAUSE` is the mean
//! pause between two kills in seconds (4).
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use alpheus_hadoop_tests::numbers::{as_alice, place};
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::{conf, dev_cluster, identity, resource_manager, try_dev_cluster};
use alpheus_yarn::{ApplicationId, ApplicationReport};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Rows of a job; at this many a second and task it lasts half a minute, undisturbed.
const COUNT: u64 = 9_000;
const RATE: u64 = 100;
const TASKS: u64 = 3;

/// What is killed.
const KINDS: [&str; 5] = ["worker", "am", "NodeManager", "ResourceManager", "DataNode"];

/// A run of that length kills some of each kind.
const ENOUGH: Duration = Duration::from_secs(600);

/// Windows hold a hundred numbers, ten of each remainder.
fn sums(out: &str, rate: u64) -> String {
    format!(
        "CREATE TABLE numbers (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id * 10, 3), WATERMARK FOR ts AS ts) WITH (
           'connector' = 'datagen', 'rows-per-second' = '{rate}',
           'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '{COUNT}');
         CREATE TABLE sums (remainder BIGINT, n BIGINT, total BIGINT, least BIGINT) WITH (
           'connector' = 'filesystem', 'path' = '{out}', 'format' = 'csv');
         INSERT INTO sums SELECT id % 10, COUNT(*), SUM(id), MIN(id)
           FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' SECOND))
           GROUP BY id % 10, window_start, window_end;"
    )
}

fn expected() -> Vec<String> {
    let mut groups: BTreeMap<(u64, u64), Vec<u64>> = BTreeMap::new();
    for id in 1..=COUNT {
        groups.entry((id / 100, id % 10)).or_default().push(id);
    }
    let rows = groups.iter().map(|((_, remainder), ids)| {
        let (n, total) = (ids.len(), ids.iter().sum::<u64>());
        format!("{remainder},{n},{total},{}", ids[0])
    });
    let mut rows: Vec<String> = rows.collect();
    rows.sort_unstable();
    rows
}

fn written(out: &str) -> Vec<String> {
    let mut rows: Vec<String> = cat(out).lines().map(str::to_owned).collect();
    rows.sort_unstable();
    rows
}

/// What is killed and what comes back when.
struct Chaos {
    random: StdRng,
    began: Instant,
    pause: f64,
    next: Instant,
    /// Daemons that are down, and when they are started again.
    down: Vec<(String, Instant)>,
    kills: BTreeMap<&'static str, u32>,
}

impl Chaos {
    fn seconds(&mut self, range: std::ops::Range<f64>) -> Duration {
        Duration::from_secs_f64(self.random.random_range(range))
    }

    fn say(&self, what: &str) {
        println!("{:7.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    /// Kills somebody, if it is time.
    fn disturb(&mut self, application: &str) {
        self.repair(false);
        if Instant::now() < self.next {
            return;
        }
        let victim = self.random.random_range(0..100);
        let chosen = self.random.random::<u32>();
        match victim {
            0..45 => self.kill_process("worker", application, chosen),
            45..65 => self.kill_process("am", application, chosen),
            65..80 => self.kill_daemon("NodeManager", &format!("nm{}", chosen % 3), 1.0..20.0, 2),
            80..90 => self.kill_daemon("ResourceManager", "rm", 0.5..5.0, 1),
            _ => self.kill_daemon("DataNode", &format!("dn{}", chosen % 3), 1.0..10.0, 1),
        }
        // Now and then at once, so that things happen together.
        let pause = match self.random.random_range(0..5) {
            0 => Duration::ZERO,
            _ => self.seconds(0.0..2.5 * self.pause),
        };
        self.next = Instant::now() + pause;
    }

    fn kill_process(&mut self, name: &'static str, application: &str, chosen: u32) {
        let found = processes(&format!("./alpheus {name}"), application);
        if found.is_empty() {
            return;
        }
        let pid = found[chosen as usize % found.len()];
        self.say(&format!("{name} {pid} is killed"));
        // It may just have ended by itself.
        let _ = std::process::Command::new("kill")
            .args(["-9", &pid.to_string()])
            .output();
        *self.kills.entry(name).or_default() += 1;
    }

    fn kill_daemon(
        &mut self,
        kind: &'static str,
        name: &str,
        away: std::ops::Range<f64>,
        most: usize,
    ) {
        let away = self.seconds(away);
        let same = self
            .down
            .iter()
            .filter(|(down, _)| down[..2] == name[..2])
            .count();
        if same >= most || self.down.iter().any(|(down, _)| down == name) {
            return;
        }
        self.say(&format!(
            "{name} is killed, for {:.1} s",
            away.as_secs_f64()
        ));
        dev_cluster(&["kill", name]);
        self.down.push((name.to_owned(), Instant::now() + away));
        *self.kills.entry(kind).or_default() += 1;
    }

    /// Starts daemons whose time has come, or all.
    fn repair(&mut self, all: bool) {
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.down)
            .into_iter()
            .partition(|(_, at)| all || Instant::now() >= *at);
        self.down = later;
        for (name, _) in due {
            dev_cluster(&["start", &name]);
            self.say(&format!("{name} is back"));
        }
    }
}

/// Asks the ResourceManager until an application has ended, however often it is away.
async fn report_at_the_end(id: ApplicationId, over: Arc<AtomicBool>) -> ApplicationReport {
    let conf = conf();
    let client = resource_manager(&conf, identity(&conf, "alice").await).await;
    loop {
        match client.report(id).await {
            Ok(report) if report.state.is_final() => {
                over.store(true, Ordering::SeqCst);
                return report;
            }
            Ok(_) => {}
            Err(error) => println!("the ResourceManager does not say how {id} is: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[test]
fn output_is_that_of_an_undisturbed_run() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let length = Duration::from_secs(number("CHAOS_SECONDS").unwrap_or(600));
    let seed = number("CHAOS_SEED").unwrap_or_else(rand::random);
    let pause = number("CHAOS_PAUSE").unwrap_or(4);
    println!(
        "CHAOS_SEED={seed} CHAOS_SECONDS={} CHAOS_PAUSE={pause}",
        length.as_secs()
    );
    as_alice();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let began = Instant::now();
    let mut chaos = Chaos {
        random: StdRng::seed_from_u64(seed),
        began,
        pause: pause as f64,
        next: began,
        down: Vec::new(),
        kills: BTreeMap::new(),
    };
    let mut round = 0;
    while began.elapsed() < length {
        round += 1;
        let (out, checkpoints) = (place(&format!("chaos-{round}")), place("chaos-checkpoints"));
        let backend = ["hashmap", "rocksdb"][chaos.random.random_range(0..2)];
        let spares = chaos.random.random_range(0..2);
        let id = submit_sums(&out, &checkpoints, RATE, backend, spares);
        chaos.say(&format!(
            "round {round}: {id} with {backend}, {spares} spare"
        ));
        chaos.next = Instant::now() + chaos.seconds(0.0..8.0);
        let over = Arc::new(AtomicBool::new(false));
        let end = runtime.spawn(report_at_the_end(id.parse().unwrap(), Arc::clone(&over)));
        let limit = Instant::now() + length + Duration::from_secs(300);
        while !over.load(Ordering::SeqCst) {
            assert!(Instant::now() < limit, "{id} does not end");
            // When the time is over, what runs is left alone and ends.
            match began.elapsed() < length {
                true => chaos.disturb(&id),
                false => chaos.repair(true),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        chaos.repair(true);
        let report = runtime.block_on(end).unwrap();
        chaos.say(&format!(
            "{id}: {}, {}",
            report.final_status, report.diagnostics
        ));
        assert_eq!(
            report.final_status.to_string(),
            "SUCCEEDED",
            "{}",
            report.diagnostics
        );
        assert_same(&out);
        assert_nothing_left(&out, &checkpoints);
    }
    println!("{round} jobs, kills: {:?}", chaos.kills);
    for kind in KINDS {
        // A short run may not come to all of them.
        let kills = chaos.kills.get(kind).copied().unwrap_or_default();
        assert!(kills > 0 || length < ENOUGH, "no {kind} was killed");
    }
    // A master that is killed between its good-bye and its clean-up leaves its folder to the next submission.
    let (out, checkpoints) = (place("chaos-last"), place("chaos-checkpoints"));
    let last = submit_sums(&out, &checkpoints, 100_000, "hashmap", 0);
    assert_eq!(end_of(&last), "SUCCEEDED");
    assert_same(&out);
    let left = try_dev_cluster(&["hdfs", "dfs", "-ls", "/user/alice/.alpheus"]).stdout;
    let left = String::from_utf8_lossy(&left);
    assert!(!left.contains("application_"), "{left}");
}

fn submit_sums(out: &str, checkpoints: &str, rate: u64, backend: &str, spares: u32) -> String {
    let sql = script("chaos", &sums(&format!("hdfs://{out}"), rate));
    submit(
        "alice",
        &[
            "-Dtaskmanager.memory.process.size=256mb",
            "-Djobmanager.memory.process.size=256mb",
            &format!("-Dparallelism.default={TASKS}"),
            "-Dyarn.provided.lib.dirs=hdfs:///data",
            "-Dhigh-availability.type=FILESYSTEM",
            "-Dyarn.application-attempts=1000",
            "-Dexecution.checkpointing.interval=500ms",
            &format!("-Dexecution.checkpointing.dir=hdfs://{checkpoints}"),
            "-Drestart-strategy.type=fixed-delay",
            "-Drestart-strategy.fixed-delay.attempts=100000",
            "-Drestart-strategy.fixed-delay.delay=100ms",
            &format!("-Dstate.backend.type={backend}"),
            &format!("-Dslotmanager.redundant-taskmanager-num={spares}"),
        ],
        &sql,
    )
}

fn assert_same(out: &str) {
    let (expected, found) = (expected(), written(out));
    let missing = expected
        .iter()
        .filter(|row| found.binary_search(row).is_err())
        .count();
    assert!(
        expected == found,
        "{} rows instead of {}, {missing} missing",
        found.len(),
        expected.len()
    );
}

/// Nothing lies in the output but what belongs to it, and no checkpoint is kept.
fn assert_nothing_left(out: &str, checkpoints: &str) {
    let listed = dev_cluster(&["hdfs", "dfs", "-ls", "-R", out]);
    let files = listed
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    let strange: Vec<_> = files
        .filter(|path| path.starts_with('/') && !path.starts_with(&format!("{out}/part-")))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    let kept = try_dev_cluster(&["hdfs", "dfs", "-ls", "-R", checkpoints]);
    let kept = String::from_utf8_lossy(&kept.stdout).into_owned();
    assert!(!kept.contains(checkpoints), "{kept}");
}
