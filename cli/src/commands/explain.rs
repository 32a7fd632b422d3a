//! `alpheus explain`: what a script's queries would run, without running them.

use std::path::PathBuf;

use alpheus_sql::{Outcome, Session, SqlError};
use alpheus_sql_parser::ast::StatementKind;
use alpheus_sql_parser::parse_script;

use crate::config::{self, ConfigArgs};
use crate::exit::{CliError, CliResult, Exit};
use crate::render::table::text_table;
use crate::statements::read_script;

/// Show the plan of each query and INSERT of a SQL file: operators, their changelogs, their state
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  alpheus explain job.sql
  alpheus explain -D parallelism.default=4 job.sql")]
pub struct ExplainArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The SQL file
    #[arg(value_name = "JOB.sql")]
    script: PathBuf,
}

impl ExplainArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When a statement is wrong.
    pub fn run(self) -> CliResult<Exit> {
        let mut session = Session::new(config::load(&self.config)?);
        let script = read_script(&self.script)?;
        let name = self.script.display().to_string();
        let wrong = |error: SqlError| CliError::rendered(error.render(&name, &script));
        for statement in parse_script(&script).map_err(|error| wrong(error.into()))? {
            let planned = matches!(
                statement.kind,
                StatementKind::Query(_) | StatementKind::Insert(_) | StatementKind::StatementSet(_)
            );
            if !planned {
                session.execute(&statement, &script).map_err(wrong)?;
                continue;
            }
            let span = statement.span;
            let keyword = "EXPLAIN ";
            let text = format!("{keyword}{}", &script[span.start..span.end]);
            let shifted = |error: SqlError| CliError::rendered(error.render(&name, &text));
            for explain in parse_script(&text).map_err(|error| shifted(error.into()))? {
                if let Outcome::Rows(table) = session.execute(&explain, &text).map_err(shifted)? {
                    let mut out = String::new();
                    text_table(&table.columns, &table.rows, &mut out);
                    print!("{out}");
                }
            }
        }
        Ok(Exit::Finished)
    }
}
