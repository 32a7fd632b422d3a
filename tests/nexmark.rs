//! The queries of `bench/nexmark/` give what a program that shares nothing with the engine computes from the same events.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use alpheus_sql_parser::ast::StatementKind;
use alpheus_sql_parser::parse_script;
use alpheus_tests::binary::{alpheus, run_within};
use alpheus_tests::compare::materialize;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(180);
/// A hundred seconds of event time: windows of ten seconds come and go, auctions open and close.
const EVENTS: &str = "20000', 'next-event.rate' = '200";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A query's file with the tables that it reads.
fn script(query: &str) -> String {
    let folder = repository().join("bench/nexmark");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    (read("ddl.sql") + &read(&format!("{query}.sql")))
        .replace("${EVENTS}", EVENTS)
        .replace("${NEXMARK}", &folder.display().to_string())
}

/// The same with a SELECT in place of the INSERT, its columns named as those of the sink.
fn as_select(script: &str) -> String {
    let mut text = String::new();
    let mut columns = Vec::new();
    for statement in parse_script(script).expect("the query's file is SQL") {
        match &statement.kind {
            StatementKind::CreateTable(create) if create.name.last().value == "sink" => {
                columns = create
                    .columns
                    .iter()
                    .map(|column| format!("`{}`", column.name.value))
                    .collect();
            }
            StatementKind::Insert(insert) => {
                let query = insert.query.span.text(script);
                text += &format!(
                    "CREATE TEMPORARY VIEW answer ({}) AS {query};\nSELECT * FROM answer;\n",
                    columns.join(", ")
                );
            }
            _ => text += &format!("{};\n", statement.text(script)),
        }
    }
    text
}

fn run_sql(work: &Path, text: &str, settings: &[&str]) -> Output {
    let job = work.join("job.sql");
    std::fs::write(&job, text).unwrap();
    let mut command = Command::new(alpheus());
    command
        .arg("sql")
        .arg("-f")
        .arg(&job)
        .args(["--output", "json"]);
    for setting in ["table.local-time-zone=UTC"].iter().chain(settings) {
        command.args(["-D", setting]);
    }
    run_within(command, LIMIT)
}

fn succeed(output: Output, what: &str) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Rows by how often they occur, reduced to these columns.
fn counted(rows: &[Value], columns: &[String]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let kept: BTreeMap<&String, &Value> =
            columns.iter().map(|name| (name, &row[name])).collect();
        *counts
            .entry(serde_json::to_string(&kept).unwrap())
            .or_insert(0) += 1;
    }
    counts
}

/// Windows of processing time fall differently each time; what is in all of a bidder's does not.
fn per_bidder(rows: Vec<Value>) -> Vec<Value> {
    let mut sums: BTreeMap<i64, i64> = BTreeMap::new();
    for row in rows {
        *sums.entry(row["bidder"].as_i64().unwrap()).or_default() +=
            row["bid_count"].as_i64().unwrap();
    }
    let row = |(bidder, count)| serde_json::json!({"bidder": bidder, "bid_count": count});
    sums.into_iter().map(row).collect()
}

#[test]
fn every_query_gives_what_the_oracle_gives() {
    let work = tempfile::tempdir().unwrap();
    let ddl = script("q0");
    let ddl = &ddl[..ddl.find("-- q0").expect("q0 says its name")];
    for kind in ["person", "auction", "bid"] {
        let output = run_sql(work.path(), &format!("{ddl} SELECT * FROM {kind};"), &[]);
        let events = succeed(output, kind);
        std::fs::write(work.path().join(format!("{kind}.jsonl")), events).unwrap();
    }
    let only = std::env::var("NEXMARK_QUERY").ok();
    let folder = repository().join("bench/nexmark");
    let mut queries: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            let stem = name.strip_suffix(".sql")?;
            (stem.starts_with('q') && only.as_ref().is_none_or(|only| only == stem))
                .then(|| stem.to_owned())
        })
        .collect();
    queries.sort();
    assert!(
        only.is_some() || queries.len() == 24,
        "q0 to q23, not {queries:?}"
    );
    let mut failures = Vec::new();
    for query in &queries {
        for (mode, parallelism) in [("streaming", 1), ("streaming", 3), ("batch", 2)] {
            // What has no batch form: windows of processing time, sessions, joins at the time of processing.
            if mode == "batch" && ["q11", "q12", "q13"].contains(&query.as_str()) {
                continue;
            }
            if let Err(why) = check(work.path(), query, mode, parallelism) {
                failures.push(format!(
                    "{query} in {mode} mode at parallelism {parallelism}: {why}"
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn check(work: &Path, query: &str, mode: &str, parallelism: u32) -> Result<(), String> {
    let mode = format!("execution.runtime-mode={mode}");
    let parallelism = format!("parallelism.default={parallelism}");
    let output = run_sql(work, &as_select(&script(query)), &[&mode, &parallelism]);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let mut rows = materialize(&String::from_utf8_lossy(&output.stdout))?;
    if query == "q12" {
        rows = per_bidder(rows);
    }
    let mut oracle = Command::new("python3");
    oracle
        .arg(repository().join("tests/nexmark_oracle.py"))
        .arg(work)
        .arg(query);
    let expected = succeed(run_within(oracle, LIMIT), "the oracle");
    let expected: Vec<Value> = expected
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let first = expected.first().and_then(Value::as_object);
    let columns: Vec<String> = first
        .expect("a query without rows proves nothing")
        .keys()
        .cloned()
        .collect();
    let (wanted, found) = (counted(&expected, &columns), counted(&rows, &columns));
    let lacking = |of: &BTreeMap<String, i64>, in_: &BTreeMap<String, i64>| {
        let rows = of
            .iter()
            .filter(|(row, count)| in_.get(*row).copied().unwrap_or(0) < **count);
        rows.map(|(row, _)| row.clone()).collect::<Vec<_>>()
    };
    let (missing, unexpected) = (lacking(&wanted, &found), lacking(&found, &wanted));
    if missing.is_empty() && unexpected.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} missing, {} unexpected of {} rows; first missing {:?}; first unexpected {:?}",
        missing.len(),
        unexpected.len(),
        expected.len(),
        missing.first(),
        unexpected.first()
    ))
}
