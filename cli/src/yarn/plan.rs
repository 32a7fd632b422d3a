//! The one job of an application: what a script describes, planned on the client, so that a script that is wrong costs
//! nobody anything.

use alpheus_sql::{Outcome, PlannedJob, Session};
use alpheus_sql_parser::parse_script;

use crate::exit::{CliError, CliResult};
use crate::statements::show_rows;

/// Plans a script. `name` stands in error messages.
///
/// # Errors
/// When a statement is wrong, or the script is not one job that writes to tables.
pub fn plan(session: &mut Session, name: &str, script: &str) -> CliResult<PlannedJob> {
    let statements = parse_script(script).map_err(|error| {
        CliError::rendered(alpheus_sql::SqlError::from(error).render(name, script))
    })?;
    let mut planned: Option<PlannedJob> = None;
    for statement in &statements {
        let outcome = session.execute(statement, script);
        for warning in session.take_warnings() {
            eprint!("{}", warning.render(name, script));
        }
        match outcome.map_err(|error| CliError::rendered(error.render(name, script)))? {
            Outcome::Done => {}
            Outcome::Rows(table) => show_rows(&table),
            Outcome::Job(job) if planned.is_none() => planned = Some(*job),
            Outcome::Job(_) => {
                return Err(CliError::usage(format!(
                    "{name} describes several jobs, and an application runs one: put the INSERTs between BEGIN \
                     STATEMENT SET; and END;, or submit a script for each"
                )));
            }
        }
    }
    let job = planned.ok_or_else(|| {
        CliError::usage(format!(
            "{name} describes no job: it has no INSERT INTO a table"
        ))
    })?;
    if job.result.is_some() {
        return Err(CliError::usage(format!(
            "{name} is a SELECT, whose rows an application could show to nobody: INSERT INTO a table, or use -t local"
        )));
    }
    Ok(job)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Configuration;
    use alpheus_sql::JobMode;

    const TABLES: &str = "CREATE TABLE a (x INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1');\n\
                          CREATE TABLE b (x INT) WITH ('connector' = 'blackhole');\n";

    fn planned(script: &str) -> CliResult<PlannedJob> {
        plan(
            &mut Session::new(Configuration::new()),
            "job.sql",
            &format!("{TABLES}{script}"),
        )
    }

    #[test]
    fn a_script_is_one_job_that_writes() {
        assert!(
            planned("INSERT INTO b SELECT x FROM a;")
                .unwrap()
                .graph
                .is_some()
        );
        let bounded = "SET 'execution.runtime-mode' = 'BATCH'; INSERT INTO b SELECT x FROM a;";
        assert_eq!(planned(bounded).unwrap().mode, JobMode::Batch);
        for (script, words) in [
            ("", "no job"),
            ("SELECT x FROM a;", "SELECT"),
            (
                "INSERT INTO b SELECT x FROM a; INSERT INTO b SELECT x FROM a;",
                "STATEMENT SET",
            ),
            ("INSERT INTO b SELECT y FROM a;", "y"),
        ] {
            let error = planned(script).unwrap_err();
            assert!(error.message.contains(words), "{script}: {}", error.message);
        }
    }
}
