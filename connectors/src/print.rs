//! The `print` connector: rows to standard output, for looking at (Flink's `PrintTableSinkFactory`).
//!
//! A line is `prefix> +I[a, b]`. The prefix is `print-identifier` and, with more than one subtask, the
//! subtask's number from 1 on. `PARTITION (k = 'v')` is no part of the line.

use std::io::{self, Write};

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::{ChangelogBatch, ChangelogMode, OperatorError, OperatorResult, RowType};

use crate::columns::print::write_java;
use crate::columns::view::views;
use crate::error::ConnectorError;
use crate::options::{OptionDef, OptionKind, Options, option};

/// The declarations.
pub(crate) const OPTIONS: &[OptionDef] = &[
    option(
        "print-identifier",
        OptionKind::Text,
        None,
        "What the lines start with.",
    ),
    option(
        "standard-error",
        OptionKind::Boolean,
        Some("false"),
        "Prints to standard error instead.",
    ),
];

/// Prints rows.
pub(crate) struct PrintSink {
    schema: RowType,
    identifier: String,
    standard_error: bool,
}

impl PrintSink {
    pub(crate) fn new(table: &TableSpec) -> Result<Self, ConnectorError> {
        let options = Options::new(&table.options, OPTIONS, "");
        Ok(PrintSink {
            schema: table.schema.clone(),
            identifier: options
                .text("print-identifier")
                .unwrap_or_default()
                .to_owned(),
            standard_error: options.boolean("standard-error")?,
        })
    }
}

/// `identifier:subtask> `, without what is not needed.
fn prefix(identifier: &str, subtask: u32, parallelism: u32) -> String {
    match (identifier.is_empty(), parallelism > 1) {
        (true, false) => String::new(),
        (true, true) => format!("{}> ", subtask + 1),
        (false, false) => format!("{identifier}> "),
        (false, true) => format!("{identifier}:{}> ", subtask + 1),
    }
}

impl Sink for PrintSink {
    fn accepts(&self) -> ChangelogMode {
        ChangelogMode::All
    }

    fn create_writer(&self, context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        Ok(Box::new(PrintWriter {
            schema: self.schema.clone(),
            prefix: prefix(&self.identifier, context.subtask.0, context.parallelism),
            standard_error: self.standard_error,
        }))
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        Ok(None)
    }
}

struct PrintWriter {
    schema: RowType,
    prefix: String,
    standard_error: bool,
}

/// The lines of a batch.
fn lines(schema: &RowType, prefix: &str, batch: &ChangelogBatch) -> OperatorResult<Vec<u8>> {
    let columns = views(schema.fields.iter().map(|f| &f.ty), batch.rows().columns())?;
    let mut out = Vec::new();
    for row in 0..batch.num_rows() {
        out.extend_from_slice(prefix.as_bytes());
        out.extend_from_slice(batch.kind(row).short_string().as_bytes());
        out.push(b'[');
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            write_java(column, row, &mut out);
        }
        out.extend_from_slice(b"]\n");
    }
    Ok(out)
}

impl SinkWriter for PrintWriter {
    fn write(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        let text = lines(&self.schema, &self.prefix, &batch)?;
        let written = if self.standard_error {
            io::stderr().lock().write_all(&text)
        } else {
            let mut out = io::stdout().lock();
            out.write_all(&text).and_then(|()| out.flush())
        };
        written.map_err(|error| {
            OperatorError::fatal(format!(
                "cannot print: {error}; the terminal or pipe that standard output goes to is closed"
            ))
        })
    }

    fn prepare_commit(&mut self, _barrier: CheckpointBarrier) -> OperatorResult<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::columns::Column;
    use alpheus_dataflow::{Field, RowKind, TypeKind};
    use arrow::array::RecordBatch;

    #[test]
    fn prints_as_flink_does() {
        let schema = RowType::new(vec![
            Field::new("a", TypeKind::Integer.nullable()),
            Field::new("t", TypeKind::Timestamp(3).nullable()),
            Field::new(
                "l",
                TypeKind::Array(Box::new(TypeKind::string().nullable())).nullable(),
            ),
        ]);
        let mut columns: Vec<_> = schema.fields.iter().map(|f| Column::new(&f.ty)).collect();
        let sql = crate::columns::text::TimestampFormat::Sql;
        crate::columns::text::push_text(&mut columns[0], b"7", sql).unwrap();
        crate::columns::text::push_text(&mut columns[1], b"2020-01-02 03:04:00", sql).unwrap();
        columns[2].push_null();
        let arrays = columns.iter_mut().map(|c| c.finish().unwrap()).collect();
        let rows = RecordBatch::try_new(schema.to_arrow(), arrays).unwrap();
        let batch = ChangelogBatch::uniform(rows, RowKind::UpdateBefore);
        let text = lines(&schema, &prefix("id", 1, 2), &batch).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "id:2> -U[7, 2020-01-02T03:04, null]\n"
        );
    }

    #[test]
    fn the_prefix_leaves_out_what_is_not_needed() {
        assert_eq!(prefix("", 0, 1), "");
        assert_eq!(prefix("", 3, 4), "4> ");
        assert_eq!(prefix("x", 0, 1), "x> ");
    }
}
