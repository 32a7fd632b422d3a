//! Runs the statements of a script one after the other: what both `run` and `sql` do.

use std::sync::Arc;

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::ids::JobId;
use alpheus_dataflow::schema::RowType;
use alpheus_hadoop_conf::options::table::MAX_COLUMN_WIDTH;
use alpheus_hadoop_conf::options::{checkpointing, cluster};
use alpheus_hadoop_conf::{Configuration, Source};
use alpheus_sql::{JobMode, Outcome, PlannedJob, Session, TextTable};
use alpheus_sql_parser::ast::{Statement, StatementKind};
use alpheus_sql_parser::parse_script;
use alpheus_worker::environment::ResultReceiver;

use crate::batch_runner::{self, Limits};
use crate::exit::{CliError, CliResult, Exit};
use crate::job_runner::{self, RunOptions};
use crate::logging::LogFormat;
use crate::render::table::text_table;
use crate::render::{OutputFormat, csv};
use crate::results::ResultPrinter;

/// How statements are run and their results shown.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How results are shown.
    pub output: OutputFormat,
    /// Worker processes, if the command line says.
    pub workers: Option<u32>,
    /// Whether jobs are shown on standard error.
    pub progress: bool,
    /// The id of the (first) job, if somebody waits for it.
    pub job: Option<JobId>,
    /// How workers log.
    pub log_format: LogFormat,
    /// Whether only the rows of the last SELECT go to standard output.
    pub last_select_only: bool,
}

/// Runs a script. `name` stands in error messages.
///
/// # Errors
/// With the first statement that is wrong or fails; those before it have taken effect.
pub fn run_script(
    session: &mut Session,
    name: &str,
    script: &str,
    settings: &Settings,
) -> CliResult<Exit> {
    let statements = parse_script(script).map_err(|error| {
        CliError::rendered(alpheus_sql::SqlError::from(error).render(name, script))
    })?;
    let last_select = statements
        .iter()
        .rposition(|statement| matches!(statement.kind, StatementKind::Query(_)));
    let mut settings = settings.clone();
    for (position, statement) in statements.iter().enumerate() {
        let is_select = matches!(statement.kind, StatementKind::Query(_));
        if settings.last_select_only && is_select && Some(position) != last_select {
            continue;
        }
        let exit = run_statement(session, name, script, statement, &settings)?;
        if exit != Exit::Finished {
            return Ok(exit);
        }
        if matches!(statement.kind, StatementKind::Insert(_)) {
            settings.job = None;
        }
    }
    Ok(Exit::Finished)
}

/// Runs one statement of a script.
///
/// # Errors
/// When it is wrong or fails.
pub fn run_statement(
    session: &mut Session,
    name: &str,
    script: &str,
    statement: &Statement,
    settings: &Settings,
) -> CliResult<Exit> {
    let outcome = session.execute(statement, script);
    for warning in session.take_warnings() {
        eprint!("{}", warning.render(name, script));
    }
    match outcome.map_err(|error| CliError::rendered(error.render(name, script)))? {
        Outcome::Done => Ok(Exit::Finished),
        Outcome::Rows(table) => {
            if !settings.last_select_only {
                show(&table, settings.output);
            }
            Ok(Exit::Finished)
        }
        Outcome::Job(job) => run_job(*job, settings),
    }
}

/// Shows rows of text as a table.
pub fn show_rows(table: &TextTable) {
    show(table, OutputFormat::Table);
}

/// Shows rows of text.
fn show(table: &TextTable, output: OutputFormat) {
    let mut text = String::new();
    if output == OutputFormat::Csv {
        let line = |cells: &mut dyn Iterator<Item = Option<&str>>, text: &mut String| {
            for (i, cell) in cells.enumerate() {
                if i > 0 {
                    text.push(',');
                }
                if let Some(cell) = cell {
                    csv::write_field(cell, text);
                }
            }
            text.push('\n');
        };
        line(
            &mut table.columns.iter().map(|name| Some(name.as_str())),
            &mut text,
        );
        for row in &table.rows {
            line(&mut row.iter().map(Option::as_deref), &mut text);
        }
    } else {
        text_table(&table.columns, &table.rows, &mut text);
    }
    print!("{text}");
}

fn run_job(job: PlannedJob, settings: &Settings) -> CliResult<Exit> {
    let printer = match &job.result {
        Some(columns) => Some(Arc::new(printer(columns, &job, settings)?)),
        None => None,
    };
    let id = settings.job.unwrap_or_else(new_job_id);
    if job.mode == JobMode::Batch {
        let exit = batch_runner::run(job, id, printer.as_deref(), Limits::default())?;
        return finish(printer.as_deref(), exit);
    }
    let graph = operators(job.graph)?;
    let options = RunOptions {
        job: id,
        workers: match settings.workers {
            Some(workers) => workers,
            None => job.configuration.get(&cluster::LOCAL_WORKERS)?,
        },
        public: printer.is_none(),
        progress: settings.progress && printer.is_none(),
        log_format: settings.log_format,
    };
    let results = printer
        .clone()
        .map(|printer| printer as Arc<dyn ResultReceiver>);
    let (outcome, exit) = job_runner::run(graph, &job.configuration, results, &options)?;
    if let (Exit::Failed, Some(reason)) = (exit, &outcome.failure) {
        return Err(CliError::failed(format!("the job has failed: {reason}")));
    }
    finish(printer.as_deref(), exit)
}

/// Ends the output of a SELECT that has run to its end.
fn finish(printer: Option<&ResultPrinter>, exit: Exit) -> CliResult<Exit> {
    if let Some(printer) = printer
        && exit == Exit::Finished
    {
        printer.finish().map_err(CliError::failed)?;
    }
    Ok(exit)
}

fn printer(columns: &RowType, job: &PlannedJob, settings: &Settings) -> CliResult<ResultPrinter> {
    let session =
        alpheus_functions::compile::Session::new(&job.session).map_err(CliError::failed)?;
    let width = job.configuration.get(&MAX_COLUMN_WIDTH)? as usize;
    ResultPrinter::start(settings.output, columns.clone(), session, width).map_err(CliError::failed)
}

/// The operators of a streaming job.
///
/// # Errors
/// When the planner gave none, as it does not.
pub fn operators(graph: Option<JobGraph>) -> CliResult<JobGraph> {
    graph.ok_or_else(|| CliError::failed("the planner gave no operators for this job: a defect"))
}

/// A new job's id.
pub fn new_job_id() -> JobId {
    JobId(alpheus_am::random::bits128())
}

/// What `-s` and `-n` say, as options.
///
/// # Errors
/// When the configuration does not take them.
pub fn restore_from(
    configuration: &mut Configuration,
    path: Option<&str>,
    allow_non_restored: bool,
) -> CliResult<()> {
    if let Some(path) = path {
        configuration.set_option(&checkpointing::RECOVERY_PATH, path, Source::CommandLine)?;
    }
    if allow_non_restored {
        configuration.set_option(
            &checkpointing::IGNORE_UNCLAIMED_STATE,
            "true",
            Source::CommandLine,
        )?;
    }
    Ok(())
}

/// Reads a script.
///
/// # Errors
/// When the file cannot be read, with exit code 2.
pub fn read_script(path: &std::path::Path) -> CliResult<String> {
    std::fs::read_to_string(path)
        .map_err(|error| CliError::usage(format!("{} cannot be read: {error}", path.display())))
}
