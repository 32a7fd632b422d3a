//! Random queries give the same rows however they are run: in batch mode, as a stream of rows, as a stream of changes with
//! and without keys, at several parallelisms, on both state backends.
//!
//! `RANDOM_QUERIES=n` asks more of them, `RANDOM_QUERIES_FROM=n` begins with another number, and `RANDOM_QUERIES_KEEP=folder`
//! keeps each query with its tables and results, to be compared with another engine's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alpheus_tests::binary::{alpheus, run_within};
use alpheus_tests::compare::{compare, materialize};
use alpheus_tests::random::{Inputs, RandomQuery, Tables};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(60);
const QUERIES: u64 = 40;

/// One way to run a query.
struct Way {
    name: &'static str,
    inputs: Inputs,
    settings: &'static [(&'static str, &'static str)],
}

const WAYS: [Way; 4] = [
    Way {
        name: "batch",
        inputs: Inputs::Rows,
        settings: &[
            ("execution.runtime-mode", "batch"),
            ("parallelism.default", "2"),
        ],
    },
    Way {
        name: "rows",
        inputs: Inputs::Rows,
        settings: &[("parallelism.default", "1")],
    },
    Way {
        name: "changes",
        inputs: Inputs::Changes { keyed: true },
        settings: &[
            ("parallelism.default", "4"),
            ("state.backend.type", "rocksdb"),
            ("taskmanager.memory.managed.size", "16 mb"),
        ],
    },
    Way {
        name: "batches-of-changes",
        inputs: Inputs::Changes { keyed: false },
        settings: &[
            ("parallelism.default", "2"),
            ("table.exec.mini-batch.enabled", "true"),
            ("table.exec.mini-batch.allow-latency", "1 s"),
            ("table.exec.mini-batch.size", "3"),
            ("table.optimizer.agg-phase-strategy", "TWO_PHASE"),
            ("table.optimizer.distinct-agg.split.enabled", "true"),
            ("table.optimizer.multi-join.enabled", "true"),
        ],
    },
];

/// The rows of a query, or what it said instead.
fn run(query: &RandomQuery, way: &Way, folder: &Path) -> Result<Vec<Value>, String> {
    let script = folder.join(format!("{}.sql", way.name));
    let tables = Tables::declarations(way.inputs, &folder.to_string_lossy());
    std::fs::write(&script, format!("{tables}{};\n", query.sql)).unwrap();
    let mut command = Command::new(alpheus());
    command.arg("sql").arg("-f").arg(&script);
    command.args(["--output", "json", "-D", "table.local-time-zone=UTC"]);
    for (key, value) in way.settings {
        command.arg("-D").arg(format!("{key}={value}"));
    }
    if way.name == "changes" {
        let local = folder.join("local");
        command.arg("-D").arg(format!(
            "state.backend.rocksdb.localdir={}",
            local.display()
        ));
    }
    let output = run_within(command, LIMIT);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !stderr.contains("panicked at"),
        "panic at {}: {stderr}",
        way.name
    );
    match output.status.success() {
        true => materialize(&String::from_utf8_lossy(&output.stdout)),
        false => Err(stderr),
    }
}

/// What `way` is the only one to refuse, by design.
fn refused_alone(way: &Way, said: &str) -> bool {
    way.name == "batch" && said.contains("a temporal join in batch mode")
}

fn check(number: u64, folder: &Path) -> Result<bool, String> {
    let query = RandomQuery::new(number);
    for (name, content) in query.tables.files() {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let mut answers: Vec<(&str, Result<Vec<Value>, String>)> = Vec::new();
    for way in &WAYS {
        let answer = run(&query, way, folder);
        let text = match &answer {
            Ok(rows) => rows.iter().map(|row| format!("{row}\n")).collect(),
            Err(said) => format!("ERROR {said}"),
        };
        std::fs::write(folder.join(format!("{}.answer", way.name)), text).unwrap();
        match answer {
            Err(said) if refused_alone(way, &said) => {}
            answer => answers.push((way.name, answer)),
        }
    }
    if query.keyless {
        answers.retain(|(name, _)| *name != "batch");
    }
    let none = BTreeMap::new();
    let (first, expected) = &answers[0];
    for (name, answer) in &answers[1..] {
        match (expected, answer) {
            (Err(_), Err(_)) => {}
            (Ok(expected), Ok(rows)) => compare(expected, rows, &none)
                .map_err(|why| format!("{name} differs from {first}: {why}\n{}", query.sql))?,
            (Ok(_), Err(said)) => {
                return Err(format!(
                    "only {first} answers, {name} says {said}\n{}",
                    query.sql
                ));
            }
            (Err(said), Ok(_)) => {
                return Err(format!(
                    "only {name} answers, {first} says {said}\n{}",
                    query.sql
                ));
            }
        }
    }
    Ok(expected.is_ok())
}

fn number_of(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[test]
fn all_ways_to_run_a_query_agree() {
    let from = number_of("RANDOM_QUERIES_FROM", 0);
    let count = number_of("RANDOM_QUERIES", QUERIES);
    let keep = std::env::var_os("RANDOM_QUERIES_KEEP").map(PathBuf::from);
    let next = AtomicU64::new(from);
    let answered = AtomicU64::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= from + count {
                        break;
                    }
                    let folder = tempfile::tempdir().unwrap();
                    let path = match &keep {
                        Some(keep) => keep.join(number.to_string()),
                        None => folder.path().to_owned(),
                    };
                    std::fs::create_dir_all(&path).unwrap();
                    let checked = std::panic::catch_unwind(|| check(number, &path));
                    let checked = checked.unwrap_or_else(|panic| {
                        let text = panic.downcast_ref::<String>().cloned();
                        Err(text.unwrap_or_else(|| "it panicked".to_owned()))
                    });
                    match checked {
                        Ok(true) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        Ok(false) => {}
                        Err(why) => failures
                            .lock()
                            .unwrap()
                            .push(format!("query {number}: {why}")),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    let (answered, failed) = (answered.into_inner(), failures.len());
    println!("{count} queries, {answered} answered alike, {failed} not");
    assert!(
        failures.is_empty(),
        "{failed} of {count} queries failed:\n{}",
        failures.join("\n\n")
    );
    assert!(
        answered * 10 >= count * 7,
        "only {answered} of {count} queries were answered at all"
    );
}
