//! A session: it remembers tables and settings, and turns one statement at a time into an [`Outcome`].
//!
//! Nothing runs here: a query or INSERT becomes a [`PlannedJob`] that the caller runs. Statements take
//! effect in order, so `SET` before an INSERT counts for it and a later one does not. A statement that
//! fails changes nothing.

mod compiled_plan;
mod complete;
mod configure;
mod ddl;
mod explain;
mod outcome;
mod plan;
mod retractions;
mod show;

use std::sync::Arc;

use alpheus_hadoop_conf::{Configuration, options};
use alpheus_sql_parser::ast::{Statement, StatementKind};
use alpheus_sql_parser::{Diagnostic, Span};

use crate::binder::Binder;
use crate::catalog::{CatalogStore, Catalogs};
use crate::connectors::{KnownConnectors, TableConnectors};
use crate::error::SqlError;

pub use outcome::{JobMode, Outcome, PlannedJob, TextTable};

/// Tables and settings of one user at work.
pub struct Session {
    configuration: Configuration,
    catalogs: Catalogs,
    connectors: Arc<dyn TableConnectors>,
    warnings: Vec<Diagnostic>,
    /// Where catalogs are kept for later sessions, once it is opened.
    store: Option<CatalogStore>,
    opened: bool,
}

impl Session {
    /// A session with this configuration and no tables.
    pub fn new(configuration: Configuration) -> Session {
        Session::with_connectors(configuration, Arc::new(KnownConnectors))
    }

    /// The same with other connectors than the built-in ones.
    pub fn with_connectors(
        configuration: Configuration,
        connectors: Arc<dyn TableConnectors>,
    ) -> Session {
        let name = |option| {
            configuration
                .get(option)
                .unwrap_or_else(|_| "default".to_owned())
        };
        let catalogs = Catalogs::new(
            &name(&options::table::CATALOG),
            &name(&options::table::DATABASE),
        );
        Session {
            configuration,
            catalogs,
            connectors,
            warnings: Vec::new(),
            store: None,
            opened: false,
        }
    }

    /// The configuration with what `SET` has set so far.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The tables and views.
    pub fn catalogs(&self) -> &Catalogs {
        &self.catalogs
    }

    /// What statements since the last call have to say besides their outcome.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    /// Executes a statement of `script`, the text that it was parsed from.
    ///
    /// # Errors
    /// When the statement is wrong or needs something that is not there; nothing has changed then.
    pub fn execute(&mut self, statement: &Statement, script: &str) -> Result<Outcome, SqlError> {
        let span = statement.span;
        if !matches!(
            statement.kind,
            StatementKind::Set(_) | StatementKind::Reset(_)
        ) {
            ddl::open_catalogs(self)?;
        }
        match &statement.kind {
            StatementKind::Query(_) | StatementKind::Insert(_) | StatementKind::StatementSet(_) => {
                let job = plan::plan_statement(self, statement)?;
                Ok(Outcome::Job(Box::new(job)))
            }
            StatementKind::Explain { details, statement } => {
                explain::explain(self, details, statement)
            }
            StatementKind::Set(pair) => configure::set(self, pair.as_ref(), script),
            StatementKind::Reset(key) => configure::reset(self, key.as_ref()),
            StatementKind::Show(show) => show::show(self, show),
            StatementKind::Describe(name) => show::describe(self, name),
            StatementKind::DescribeObject {
                object,
                extended,
                name,
            } => show::describe_object(self, *object, *extended, name),
            StatementKind::CreateTable(create) => ddl::create_table(self, create),
            StatementKind::CreateView(create) => ddl::create_view(self, create),
            StatementKind::CreateCatalog(create) => ddl::create_catalog(self, create),
            StatementKind::CreateDatabase(create) => ddl::create_database(self, create),
            StatementKind::Drop(drop) => ddl::drop_object(self, drop),
            StatementKind::AlterTable(alter) => ddl::alter_table(self, alter),
            StatementKind::AlterView(alter) => ddl::alter_view(self, alter),
            StatementKind::AlterDatabase(alter) => ddl::alter_database(self, alter),
            StatementKind::AlterCatalog(alter) => ddl::alter_catalog(self, alter),
            StatementKind::Use { catalog, name } => ddl::use_object(self, *catalog, name),
            StatementKind::CreateFunction(create) => ddl::create_function(self, create),
            StatementKind::CompilePlan {
                execute,
                path,
                if_not_exists,
                statement,
            } => compiled_plan::compile(self, *execute, path, *if_not_exists, statement),
            StatementKind::ExecutePlan(path) => compiled_plan::execute(self, path),
            StatementKind::StopJob { cancel, .. } => {
                let (statement, command) = match cancel {
                    true => ("CANCEL JOB", "alpheus cancel"),
                    false => ("STOP JOB", "alpheus stop"),
                };
                Err(refused(statement, span).with_help(format!("use `{command}`")))
            }
        }
    }

    /// What a name being typed at the end of `text` can become: keywords, tables, columns, functions,
    /// option keys.
    pub fn complete(&self, text: &str) -> Vec<String> {
        complete::complete(self, text)
    }

    fn binder(&self, mode: JobMode) -> Result<Binder<'_>, SqlError> {
        let settings = plan::session_settings(self, mode)?;
        Ok(Binder::new(
            &self.catalogs,
            &*self.connectors,
            &self.configuration,
            settings,
            mode,
        ))
    }
}

fn refused(feature: &str, span: Span) -> SqlError {
    SqlError::unsupported(feature, span)
}

#[cfg(test)]
mod tests;
