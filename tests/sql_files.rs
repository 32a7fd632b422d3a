//! Runs every file under `tests/sql/` through the real binary.
//!
//! Each case runs in the modes it has a rule for, at parallelism 1, 2 and 4, and in streaming mode twice
//! more with a checkpoint, a crash and a restore in the middle of its input: once for each state backend.
//! `SQL_CASE=text` runs only cases whose path contains it.

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
use alpheus_tests::compare::{compare, materialize};

const LIMIT: Duration = Duration::from_secs(60);
const PARALLELISM: [u32; 3] = [1, 2, 4];

/// One way to run a case.
#[derive(Clone, Copy, Debug)]
struct Variant {
    mode: Mode,
    parallelism: u32,
    /// Checkpoint, fail and restore after some rows.
    crash: bool,
    /// State in RocksDB, with incremental checkpoints that are encrypted.
    rocksdb: bool,
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
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for variant in variants(case) {
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

fn variants(case: &Case) -> Vec<Variant> {
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
            crash: false,
            rocksdb: false,
        }));
        if mode == Mode::Streaming && matches!(expected, Expected::Rows(_)) {
            let parallelism = case.parallelism.unwrap_or(2);
            variants.extend([false, true].map(|rocksdb| Variant {
                mode,
                parallelism,
                crash: true,
                rocksdb,
            }));
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

fn check(case: &Case, variant: Variant) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let job = case.materialize(folder.path());
    let mut command = Command::new(alpheus());
    command
        .arg("sql")
        .arg("-f")
        .arg(&job)
        .args(["--output", "json"]);
    let mut set = |key: &str, value: &str| {
        command.arg("-D").arg(format!("{key}={value}"));
    };
    set("execution.runtime-mode", variant.mode.name());
    set("parallelism.default", &variant.parallelism.to_string());
    for (key, value) in &case.settings {
        set(key, value);
    }
    if variant.crash {
        set("execution.checkpointing.interval", "10 ms");
        set(
            "execution.checkpointing.dir",
            &folder.path().join("checkpoints").to_string_lossy(),
        );
        set("restart-strategy.type", "fixed-delay");
        set("restart-strategy.fixed-delay.delay", "0 s");
        // Test hook: after two rows a checkpoint is taken, after one more the attempt fails.
        set("alpheus.testing.fail-after-checkpoint", "2,1");
    }
    if variant.rocksdb {
        set("state.backend.type", "rocksdb");
        set("execution.checkpointing.incremental", "true");
        let local = folder.path().join("local");
        set("state.backend.rocksdb.localdir", &local.to_string_lossy());
        set("taskmanager.memory.managed.size", "16 mb");
        let keys = folder.path().join("keys");
        write_key(&keys).map_err(|e| e.to_string())?;
        let option = "execution.checkpointing.encryption.key-file";
        set(option, &keys.to_string_lossy());
    }
    let output = run_within(command, LIMIT);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("panicked at") {
        return Err(format!("panic: {stderr}"));
    }
    match &case.expected[&variant.mode] {
        Expected::Error(text) if output.status.success() => Err(format!(
            "it ran, but must be refused with `{text}`; output: {stdout}"
        )),
        Expected::Error(text) if !stderr.contains(text.as_str()) => {
            Err(format!("refused, but without saying `{text}`: {stderr}"))
        }
        Expected::Error(_) => Ok(()),
        Expected::Rows(_) if !output.status.success() => {
            Err(format!("{}: {stderr}", output.status))
        }
        Expected::Rows(rows) => compare(rows, &materialize(&stdout)?, &case.types),
    }
}
