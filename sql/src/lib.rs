//! Flink SQL in, job graph out.
//!
//! Text becomes a syntax tree (`alpheus-sql-parser`), a resolved relational plan ([`rel`], made by the
//! binder), a rewritten one ([`optimizer`]) and finally a [`JobGraph`](alpheus_dataflow::JobGraph) for the
//! streaming runtime ([`job_graph`]). Bounded plans go from [`rel`] to DataFusion in `alpheus-batch`
//! instead. A [`Session`] does all of it for one statement after the other; [`catalog`] holds what it has
//! created. Everything a statement can get wrong is reported here, with its position, before anything runs.

mod binder;
pub mod catalog;
pub mod connectors;
mod error;
pub mod job_graph;
pub mod optimizer;
pub mod rel;
pub mod session;
mod values;

pub use error::{ErrorKind, SqlError};
pub use session::{JobMode, Outcome, PlannedJob, Session, TextTable};

/// The scalar and aggregate functions as Markdown, for docs/sql.md.
pub fn docs_sql_functions() -> String {
    format!(
        "{}\n## Aggregate functions\n\n{}",
        alpheus_functions::markdown(),
        alpheus_functions::aggregate::markdown()
    )
}
