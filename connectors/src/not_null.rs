//! NOT NULL in front of every sink: a NULL for such a column fails the job and names the column
//! (Flink's `ConstraintEnforcer` with `table.exec.sink.not-null-enforcer` = ERROR).
//!
//! With DROP the planner filters those rows out, so that none arrives here. Rows have the physical
//! columns of the table in order; fields inside a ROW are not looked at.

use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use arrow::array::Array;

/// `sink`, whose writers refuse NULL in the table's NOT NULL columns; itself when there are none.
pub(crate) fn enforce(sink: Box<dyn Sink>, table: &TableSpec) -> Box<dyn Sink> {
    let columns: Vec<(usize, String)> = (table.schema.fields.iter().enumerate())
        .filter(|(_, field)| !field.ty.nullable)
        .map(|(position, field)| (position, field.name.clone()))
        .collect();
    if columns.is_empty() {
        return sink;
    }
    Box::new(NotNullSink {
        sink,
        constraint: Arc::new(Constraint {
            table: table.identifier.to_string(),
            columns,
        }),
    })
}

struct Constraint {
    table: String,
    /// Positions and names.
    columns: Vec<(usize, String)>,
}

impl Constraint {
    fn check(&self, batch: &ChangelogBatch) -> OperatorResult<()> {
        for (position, name) in &self.columns {
            let Some(column) = batch.rows().columns().get(*position) else {
                return Err(OperatorError::fatal(format!(
                    "rows for table {} have no column '{name}'",
                    self.table
                )));
            };
            if column.logical_null_count() > 0 {
                return Err(OperatorError::data(format!(
                    "column '{name}' of table {} is NOT NULL, but a row has NULL there; \
                     set 'table.exec.sink.not-null-enforcer' = 'DROP' to leave such rows out, \
                     or give it a value with COALESCE",
                    self.table
                )));
            }
        }
        Ok(())
    }
}

struct NotNullSink {
    sink: Box<dyn Sink>,
    constraint: Arc<Constraint>,
}

impl Sink for NotNullSink {
    fn accepts(&self) -> ChangelogMode {
        self.sink.accepts()
    }

    fn create_writer(&self, context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        Ok(Box::new(NotNullWriter {
            writer: self.sink.create_writer(context)?,
            constraint: Arc::clone(&self.constraint),
        }))
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        self.sink.create_committer()
    }
}

struct NotNullWriter {
    writer: Box<dyn SinkWriter>,
    constraint: Arc<Constraint>,
}

impl SinkWriter for NotNullWriter {
    fn write(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        self.constraint.check(&batch)?;
        self.writer.write(batch)
    }

    fn next_timer(&self) -> Option<i64> {
        self.writer.next_timer()
    }

    fn on_processing_time(&mut self, now_ms: i64) -> OperatorResult<()> {
        self.writer.on_processing_time(now_ms)
    }

    fn prepare_commit(&mut self, barrier: CheckpointBarrier) -> OperatorResult<Vec<Vec<u8>>> {
        self.writer.prepare_commit(barrier)
    }

    fn end_of_input(&mut self) -> OperatorResult<()> {
        self.writer.end_of_input()
    }

    fn close(&mut self) {
        self.writer.close();
    }
}
