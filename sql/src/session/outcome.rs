//! What a statement leads to.

use alpheus_dataflow::JobGraph;
use alpheus_dataflow::schema::RowType;
use alpheus_hadoop_conf::Configuration;

use crate::rel::Output;

/// The result of a statement.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Done, nothing to show (DDL, SET).
    Done,
    /// Lines to show (SHOW, DESCRIBE, EXPLAIN).
    Rows(TextTable),
    /// A job to run (queries, INSERT, STATEMENT SET).
    Job(Box<PlannedJob>),
}

/// Rows of text under column names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTable {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows, each with a cell for every column; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl TextTable {
    /// An empty table with these columns.
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> TextTable {
        TextTable {
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// A single column with these values.
    pub fn of_column<S: Into<String>>(
        name: &str,
        values: impl IntoIterator<Item = S>,
    ) -> TextTable {
        let rows = values.into_iter().map(|value| vec![Some(value.into())]);
        TextTable {
            columns: vec![name.to_owned()],
            rows: rows.collect(),
        }
    }
}

/// How a job is run (`execution.runtime-mode`, AUTOMATIC decided).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobMode {
    /// As a stream: [`PlannedJob::graph`] is there.
    Streaming,
    /// As a batch over bounded tables: from [`PlannedJob::outputs`].
    Batch,
}

/// A job that is checked and planned, ready to run.
#[derive(Clone, Debug)]
pub struct PlannedJob {
    /// `pipeline.name`, or one made from the targets.
    pub name: String,
    /// How it is run.
    pub mode: JobMode,
    /// The optimized queries with their targets.
    pub outputs: Vec<Output>,
    /// The operators of a streaming job.
    pub graph: Option<JobGraph>,
    /// The operators of a streaming job as a tree with their changelog modes; else empty.
    pub operators: String,
    /// Where a change of a streaming job may fail to take back what it should.
    pub advice: Vec<String>,
    /// Names and types of the rows that a SELECT hands to the client; `None` for INSERTs.
    pub result: Option<RowType>,
    /// The configuration as it was when the job was planned.
    pub configuration: Configuration,
    /// The session as it was: time zone, time of planning.
    pub session: alpheus_dataflow::graph::SessionSettings,
}
