//! Flink's own answers: every case is planned in both modes. Column types must be Flink's; what Flink
//! refuses is refused; what is not there yet is refused by name.
//!
//! `flink.jsonl` has one case a line: its name, its statements, and the column types that Flink 2.3.0 gave
//! in each mode; `refused` where it gave an error instead. No files are read: these are plans.

use std::collections::{BTreeMap, BTreeSet};

use alpheus_hadoop_conf::{Configuration, Source};
use alpheus_sql_parser::parse_script;
use serde::Deserialize;

use crate::error::SqlError;
use crate::session::{Outcome, PlannedJob, Session};

#[derive(Deserialize)]
struct Case {
    name: String,
    sql: String,
    #[serde(default)]
    refused: bool,
    #[serde(default)]
    streaming: Option<BTreeMap<String, String>>,
    #[serde(default)]
    batch: Option<BTreeMap<String, String>>,
}

fn cases() -> Vec<Case> {
    let lines = include_str!("flink.jsonl").lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn plan(case: &Case, mode: &str) -> Result<PlannedJob, SqlError> {
    let mut configuration = Configuration::new();
    for (key, value) in [
        ("execution.runtime-mode", mode),
        ("table.local-time-zone", "UTC"),
    ] {
        configuration.set(key, value, Source::CommandLine).unwrap();
    }
    let mut session = Session::new(configuration);
    let mut last = Outcome::Done;
    for statement in &parse_script(&case.sql)? {
        last = session.execute(statement, &case.sql)?;
    }
    match last {
        Outcome::Job(job) => Ok(*job),
        other => panic!("{}: {other:?}", case.name),
    }
}

/// What differs from Flink's types.
fn difference(job: PlannedJob, wanted: &BTreeMap<String, String>) -> Option<String> {
    let row = job.result.unwrap();
    let got: BTreeMap<&str, String> = row
        .fields
        .iter()
        .map(|field| (field.name.as_str(), field.ty.to_string()))
        .collect();
    let differing: Vec<String> = wanted
        .iter()
        .filter(|(name, ty)| got.get(name.as_str()) != Some(&ty.replace(" *ROWTIME*", "")))
        .map(|(name, ty)| format!("{name} is {ty}, here {:?}", got.get(name.as_str())))
        .collect();
    (!differing.is_empty()).then(|| differing.join("; "))
}

#[test]
fn types_are_flinks_or_the_feature_is_named() {
    let mut wrong = Vec::new();
    let mut missing = BTreeSet::new();
    for case in cases() {
        for (mode, wanted) in [("streaming", &case.streaming), ("batch", &case.batch)] {
            match (plan(&case, mode), wanted) {
                (Err(error), _) if error.is_unsupported() => {
                    assert!(
                        !error.diagnostic.span.text(&case.sql).is_empty(),
                        "{}",
                        case.name
                    );
                    if wanted.is_some() {
                        missing.insert(format!("{} {mode}: {error}", case.name));
                    }
                }
                (Err(error), Some(_)) => {
                    let shown = error.render("job.sql", &case.sql);
                    wrong.push(format!("{} {mode}: {shown}", case.name));
                }
                (Err(_), None) => {}
                (Ok(job), Some(wanted)) => {
                    let difference = difference(job, wanted);
                    wrong.extend(difference.map(|d| format!("{} {mode}: {d}", case.name)));
                }
                // What a row holds is not known before it is read.
                (Ok(_), None) if case.refused && !case.name.starts_with("json-") => {
                    wrong.push(format!("{} {mode}: Flink refuses it", case.name));
                }
                (Ok(_), None) => {}
            }
        }
    }
    let missing: Vec<String> = missing.into_iter().collect();
    assert!(
        wrong.is_empty(),
        "{}\nmissing:\n{}",
        wrong.join("\n"),
        missing.join("\n")
    );
}
