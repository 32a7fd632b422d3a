//! Statements in, plans and complaints out.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_conf::Configuration;

use super::{Outcome, PlannedJob, Session};
use crate::error::SqlError;

/// Runs a script; the outcome of its last statement.
fn run(session: &mut Session, script: &str) -> Result<Outcome, String> {
    let shown = |error: SqlError| error.render("test.sql", script);
    let statements = alpheus_sql_parser::parse_script(script).map_err(|e| shown(e.into()))?;
    let mut last = Outcome::Done;
    for statement in &statements {
        last = session.execute(statement, script).map_err(shown)?;
    }
    Ok(last)
}

fn new_session() -> Session {
    let mut session = Session::new(Configuration::new());
    run(&mut session, TABLES).unwrap();
    session
}

const TABLES: &str = "
CREATE TABLE bid (
  ts TIMESTAMP(3), k STRING, v INT, id INT NOT NULL, r ROW<f INT, g ROW<h STRING>>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'filesystem', 'path' = '/tmp/bid', 'format' = 'json');
CREATE TABLE t (a INT, b BIGINT, s STRING, d DECIMAL(10, 2), x DOUBLE, ts TIMESTAMP(3))
  WITH ('connector' = 'filesystem', 'path' = '/tmp/t', 'format' = 'csv');
CREATE TABLE out2 (k STRING, c BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '/tmp/out', 'format' = 'csv');
CREATE TABLE printed (k STRING, c BIGINT) WITH ('connector' = 'print');
";

fn job(session: &mut Session, script: &str) -> PlannedJob {
    match run(session, script) {
        Ok(Outcome::Job(job)) => *job,
        Ok(other) => panic!("{script}: {other:?}"),
        Err(error) => panic!("{error}"),
    }
}

fn plan(script: &str) -> String {
    let job = job(&mut new_session(), script);
    job.outputs
        .iter()
        .map(|output| output.query.to_string())
        .collect()
}

#[test]
fn tumble() {
    println!(
        "{}",
        plan(
            "SELECT k, window_start, COUNT(*) AS c, SUM(v) FILTER (WHERE v > 0) AS s FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) WHERE k <> 'x' GROUP BY k, window_start, window_end HAVING COUNT(*) > 1"
        )
    );
    println!("{}", plan("SELECT a + 1 AS n, s FROM t WHERE b = 3"));
    println!(
        "{}",
        plan("INSERT INTO printed SELECT s, COUNT(*) FROM t GROUP BY s")
    );
}
