//! Statements in, plans and complaints out.
#![allow(clippy::unwrap_used)]

mod catalog;
mod changelog;
mod errors;
mod flink;
mod jobs;
mod joins;
mod keeping;
mod plans;
mod ranking;

use alpheus_dataflow::schema::RowType;
use alpheus_hadoop_conf::Configuration;

use super::{Outcome, PlannedJob, Session};
use crate::error::SqlError;

/// Runs a script; the outcome of its last statement, or the error as people see it.
fn run(session: &mut Session, script: &str) -> Result<Outcome, String> {
    let shown = |error: SqlError| error.render("job.sql", script);
    let statements = alpheus_sql_parser::parse_script(script).map_err(|e| shown(e.into()))?;
    let mut last = Outcome::Done;
    for statement in &statements {
        last = session.execute(statement, script).map_err(shown)?;
    }
    Ok(last)
}

/// A function to call.
const COUNT_CHAR: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/udf/count_char.wasm"
);

const TABLES: &str = "
SET 'table.local-time-zone' = 'UTC';
CREATE TABLE bid (
  ts TIMESTAMP(3), k STRING, v INT, id INT NOT NULL, r ROW<f INT, g ROW<h STRING>>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '/tmp/bid', 'format' = 'json');
CREATE TABLE t (a INT, b BIGINT, s STRING, d DECIMAL(10, 2), x DOUBLE, ts TIMESTAMP(3), p BOOLEAN)
  WITH ('connector' = 'filesystem', 'path' = '/tmp/t', 'format' = 'csv');
CREATE TABLE out2 (k STRING, c BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '/tmp/out', 'format' = 'csv');
CREATE TABLE printed (k STRING, c BIGINT) WITH ('connector' = 'print');
";

/// A session with the tables above.
fn new_session() -> Session {
    let mut session = Session::new(Configuration::new());
    run(&mut session, TABLES).unwrap();
    session
}

fn job_in(session: &mut Session, script: &str) -> PlannedJob {
    match run(session, script) {
        Ok(Outcome::Job(job)) => *job,
        Ok(other) => panic!("{script}: {other:?}"),
        Err(error) => panic!("{error}"),
    }
}

fn job(script: &str) -> PlannedJob {
    job_in(&mut new_session(), script)
}

/// The optimized plan of a statement in streaming mode.
fn plan(script: &str) -> String {
    let job = job(script);
    let plans = job.outputs.iter().map(|output| output.query.to_string());
    plans.collect()
}

/// The complaint about a statement.
fn error(script: &str) -> String {
    match run(&mut new_session(), script) {
        Ok(outcome) => panic!("{script} is accepted: {outcome:?}"),
        Err(error) => error,
    }
}

/// `name TYPE` of each column of a query's result.
fn columns(row: &RowType) -> String {
    let column = |field: &alpheus_dataflow::Field| format!("{} {}", field.name, field.ty);
    row.fields.iter().map(column).collect::<Vec<_>>().join(", ")
}

fn result(script: &str) -> String {
    columns(&job(script).result.unwrap())
}

/// The cells of a statement's answer, one line a row.
fn rows(session: &mut Session, script: &str) -> Vec<String> {
    match run(session, script) {
        Ok(Outcome::Rows(table)) => table
            .rows
            .iter()
            .map(|row| {
                let cells = row.iter().map(|cell| cell.as_deref().unwrap_or("-"));
                cells.collect::<Vec<_>>().join(" | ")
            })
            .collect(),
        Ok(other) => panic!("{script}: {other:?}"),
        Err(error) => panic!("{error}"),
    }
}
