//! EXPLAIN: the plan as text. Of CREATE TABLE .. AS it is the plan of the job that fills the table, which is
//! not made.

use alpheus_sql_parser::ast::{ExplainDetail, Statement, StatementKind};

use super::{Outcome, PlannedJob, Session, TextTable, ddl, plan};
use crate::error::SqlError;
use crate::job_graph::explain::explain as explain_graph;
use crate::rel::Target;

/// `EXPLAIN [details] statement`.
pub(super) fn explain(
    session: &mut Session,
    details: &[ExplainDetail],
    statement: &Statement,
) -> Result<Outcome, SqlError> {
    for detail in details {
        let name = match detail {
            ExplainDetail::ChangelogMode | ExplainDetail::PlanAdvice => continue,
            ExplainDetail::EstimatedCost => "EXPLAIN ESTIMATED_COST",
            ExplainDetail::JsonExecutionPlan => "EXPLAIN JSON_EXECUTION_PLAN",
        };
        return Err(SqlError::unsupported(name, statement.span)
            .with_help("EXPLAIN, EXPLAIN CHANGELOG_MODE and EXPLAIN PLAN_ADVICE are there"));
    }
    let job = match &statement.kind {
        StatementKind::CreateTable(create) if create.query.is_some() => {
            ddl::plan_table_as(session, create)?
        }
        _ => plan::plan_statement(session, statement)?,
    };
    let mut text = text(&job);
    let is_stream = job.graph.is_some();
    if is_stream && details.contains(&ExplainDetail::ChangelogMode) {
        text += &format!("\n== Optimized Physical Plan ==\n{}", job.operators);
    }
    if is_stream && details.contains(&ExplainDetail::PlanAdvice) {
        text += "\n== Advice ==\n";
        match job.advice.as_slice() {
            [] => text += "none\n",
            advice => text.extend(advice.iter().map(|advice| format!("[WARNING] {advice}\n"))),
        }
    }
    Ok(Outcome::Rows(TextTable::of_column("result", [text])))
}

/// The optimized queries, then the operators with their changelogs and state.
fn text(job: &PlannedJob) -> String {
    let mut text = "== Optimized Logical Plan ==\n".to_owned();
    for output in &job.outputs {
        let target = match &output.target {
            Target::Table { table, .. } => table.identifier.as_str(),
            Target::Collect { .. } => "the client",
        };
        text += &format!("-> {target}\n{}\n", output.query);
    }
    match &job.graph {
        Some(graph) => {
            text += "== Operators ==\n";
            text += &explain_graph(graph);
        }
        None => {
            text += "== Execution ==\nin batch mode, over bounded tables\n";
        }
    }
    text
}
