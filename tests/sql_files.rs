//! Runs every file under `tests/sql/` through the real binary.
//!
//! Each case runs in the modes it has a rule for, at parallelism 1, 2 and 4, and in streaming mode with a
//! checkpoint, a crash and a restore in the middle of its input for each state backend: in one process with
//! unaligned checkpoints, and in another process at another parallelism. `SQL_CASE=text` runs only cases
//! whose path contains it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use alpheus_tests::binary::{alpheus, run_within};
use alpheus_tests::case::{Case, Expected, Mode, find_cases};
use alpheus_tests::checkpoints::{only_job, rows_to_show};
use alpheus_tests::compare::{compare, in_order, materialize};

const LIMIT: Duration = Duration::from_secs(60);
const PARALLELISM: [u32; 3] = [1, 2, 4];
/// Before and after a restore; cases take turns.
const RESCALED: [(u32, u32); 6] = [(1, 2), (2, 4), (4, 1), (2, 1), (1, 4), (4, 3)];

/// One way to run a case.
#[derive(Clone, Copy, Debug)]
struct Variant {
    mode: Mode,
    parallelism: u32,
    /// Checkpoint, fail and restore after some rows.
    crash: Option<Crash>,
    /// State in RocksDB, with incremental checkpoints, encrypted where one process reads them.
    rocksdb: bool,
}

/// What happens in the middle of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crash {
    /// The job restarts.
    Restart,
    /// The process ends, and another one goes on at this parallelism.
    Rescale(u32),
}

#[test]
fn sql_files_give_flinks_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let only = std::env::var("SQL_CASE").unwrap_or_default();
    let cases: Vec<Case> = find_cases(&folder)
        .iter()
        .filter(|path| path.to_string_lossy().contains(&only))
        .map(|path| Case::read(path))
        .collect();
    assert!(!cases.is_empty(), "no case matches `{only}`");

    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let runs = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else {
                        break;
                    };
                    for variant in variants(case, number) {
                        runs.fetch_add(1, Ordering::Relaxed);
                        if let Err(why) = check(case, variant) {
                            let name = case
                                .path
                                .strip_prefix(&folder)
                                .unwrap()
                                .display()
                                .to_string();
                            failures
                                .lock()
                                .unwrap()
                                .push(format!("{name} {variant:?}: {why}"));
                        }
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let (runs, failed) = (runs.into_inner(), failures.len());
    println!("{} cases, {runs} runs, {failed} failed", cases.len());
    assert!(
        failures.is_empty(),
        "{failed} of {runs} runs failed:\n{}",
        failures.join("\n")
    );
}

fn variants(case: &Case, number: usize) -> Vec<Variant> {
    let mut variants = Vec::new();
    for (&mode, expected) in &case.expected {
        let parallelisms = match (expected, case.parallelism) {
            (_, Some(only)) => vec![only],
            // A refusal does not depend on it.
            (Expected::Error(_), None) => vec![2],
            (Expected::Rows(_), None) => PARALLELISM.to_vec(),
        };
        variants.extend(parallelisms.iter().map(|&parallelism| Variant {
            mode,
            parallelism,
            crash: None,
            rocksdb: false,
        }));
        if mode == Mode::Batch || !matches!(expected, Expected::Rows(_)) {
            continue;
        }
        for rocksdb in [false, true] {
            let (parallelism, crash) = match case.parallelism {
                None if case.is_one_query() => {
                    let turn = number + 3 * usize::from(rocksdb);
                    let (before, after) = RESCALED[turn % RESCALED.len()];
                    (before, Crash::Rescale(after))
                }
                fixed => (fixed.unwrap_or(2), Crash::Restart),
            };
            variants.push(Variant {
                mode,
                parallelism,
                crash: Some(crash),
                rocksdb,
            });
        }
        if case.parallelism.is_none() {
            variants.push(Variant {
                mode,
                parallelism: 2,
                crash: Some(Crash::Restart),
                rocksdb: number % 2 == 1,
            });
        }
    }
    variants
}

/// A file with a key for checkpoints, as its owner alone may read it.
fn write_key(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    writeln!(file, "test {}", "5a".repeat(32))
}

/// The command for one process of a case.
fn command(case: &Case, job: &Path, variant: Variant, folder: &Path) -> std::io::Result<Command> {
    let mut command = Command::new(alpheus());
    command.arg("sql").arg("-f").arg(job);
    command.args(["--output", "json"]);
    let mut set = |key: &str, value: &str| {
        command.arg("-D").arg(format!("{key}={value}"));
    };
    set("execution.runtime-mode", variant.mode.name());
    set("parallelism.default", &variant.parallelism.to_string());
    for (key, value) in &case.settings {
        set(key, value);
    }
    if let Some(crash) = variant.crash {
        let checkpoints = folder.join("checkpoints");
        set("execution.checkpointing.interval", "10 ms");
        set(
            "execution.checkpointing.dir",
            &checkpoints.to_string_lossy(),
        );
        if crash == Crash::Restart {
            set("execution.checkpointing.unaligned.enabled", "true");
            set("restart-strategy.type", "fixed-delay");
            set("restart-strategy.fixed-delay.delay", "0 s");
        } else {
            let retention = "execution.checkpointing.externalized-checkpoint-retention";
            set(retention, "RETAIN_ON_CANCELLATION");
            set("restart-strategy.type", "none");
        }
    }
    if variant.rocksdb {
        set("state.backend.type", "rocksdb");
        set("execution.checkpointing.incremental", "true");
        let local = folder.join("local");
        set("state.backend.rocksdb.localdir", &local.to_string_lossy());
        set("taskmanager.memory.managed.size", "16 mb");
    }
    if variant.rocksdb && variant.crash == Some(Crash::Restart) {
        let keys = folder.join("keys");
        write_key(&keys)?;
        let option = "execution.checkpointing.encryption.key-file";
        set(option, &keys.to_string_lossy());
    }
    Ok(command)
}

/// Runs a process of a case; its rows, or what it says instead.
fn run(command: Command) -> Result<Result<String, String>, String> {
    let output = run_within(command, LIMIT);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if stderr.contains("panicked at") {
        return Err(format!("panic: {stderr}"));
    }
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(match output.status.success() {
        true => Ok(stdout),
        // What was shown before it failed comes first.
        false => Err(format!("{stdout}{FAILED}{}: {stderr}", output.status)),
    })
}

/// Between what a failed process has shown and what it says.
const FAILED: &str = "\u{0}";

fn check(case: &Case, variant: Variant) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let job = case.materialize(folder.path());
    let process = |variant: Variant, set: &[(&str, &str)]| {
        let command = command(case, &job, variant, folder.path());
        let mut command = command.map_err(|e| e.to_string())?;
        for (key, value) in set {
            command.arg("-D").arg(format!("{key}={value}"));
        }
        run(command)
    };
    // Test hook: after two rows a checkpoint is taken, after one more the attempt fails.
    let fault = [("alpheus.testing.fail-after-checkpoint", "2,1")];
    let faults: &[_] = match variant.crash {
        Some(_) => &fault,
        None => &[],
    };
    let mut result = process(variant, faults)?;
    if let (Some(Crash::Rescale(parallelism)), Err(said)) = (variant.crash, &result) {
        let (shown, reason) = said.split_once(FAILED).unwrap_or_default();
        if !reason.contains("a fault that a test asked for") {
            return Err(reason.to_owned());
        }
        let checkpoints = folder.path().join("checkpoints");
        let from = only_job(&checkpoints).ok_or("it left no checkpoint")?;
        // What the checkpoint commits has been shown, and is committed again.
        let again = rows_to_show(&from)?;
        let variant = Variant {
            parallelism,
            ..variant
        };
        let path = from.to_string_lossy();
        let rest = process(variant, &[("execution.state-recovery.path", &path)])?;
        result = rest.map(|rest| {
            let rest = rest.lines().skip(again);
            shown.lines().chain(rest).collect::<Vec<_>>().join("\n")
        });
    }
    let result = result.map_err(|said| said.replace(FAILED, ""));
    match (&case.expected[&variant.mode], result) {
        (Expected::Error(text), Ok(stdout)) => Err(format!(
            "it ran, but must be refused with `{text}`; output: {stdout}"
        )),
        (Expected::Error(text), Err(said)) if !said.contains(text.as_str()) => {
            Err(format!("refused, but without saying `{text}`: {said}"))
        }
        (Expected::Error(_), Err(_)) => Ok(()),
        (Expected::Rows(_), Err(said)) => Err(said),
        (Expected::Rows(rows), Ok(stdout)) => {
            compare(rows, &materialize(&stdout)?, &case.types)?;
            match case.ordered && variant.mode == Mode::Batch {
                true => in_order(rows, &stdout, &case.types),
                false => Ok(()),
            }
        }
    }
}
