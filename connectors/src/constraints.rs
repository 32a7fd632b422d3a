//! What the types of a table's columns demand of rows, in front of every sink (Flink's
//! `ConstraintEnforcer`).
//!
//! * NOT NULL: a NULL for such a column fails the job and names the column. With
//!   `table.exec.sink.not-null-enforcer` = DROP the planner filters those rows out, so that none arrives
//!   here.
//! * The length of CHAR(n), VARCHAR(n), BINARY(n) and VARBINARY(n), by
//!   `table.exec.sink.type-length-enforcer`: IGNORE writes values as they are, TRIM_PAD cuts what is too
//!   long and fills CHAR with blanks and BINARY with zeros, ERROR fails the job.
//!
//! Rows have the physical columns of the table in order; fields inside a ROW are not looked at.

use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, ChangelogMode};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::types::TypeKind;
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, RecordBatch, RecordBatchOptions, StringBuilder,
};

const LENGTH_OPTION: &str = "table.exec.sink.type-length-enforcer";

/// `sink`, whose writers hold rows to the types of the table's columns; itself when those demand nothing.
pub(crate) fn enforce(sink: Box<dyn Sink>, table: &TableSpec) -> Box<dyn Sink> {
    let columns = || table.schema.fields.iter().enumerate();
    let constraints = Constraints {
        table: table.identifier.clone(),
        not_null: columns()
            .filter(|(_, field)| !field.ty.nullable)
            .map(|(position, field)| (position, field.name.clone()))
            .collect(),
        lengths: columns()
            .filter_map(|(position, field)| {
                Some(Length {
                    position,
                    name: field.name.clone(),
                    kind: field.ty.kind.clone(),
                    most: length(&field.ty.kind)?,
                })
            })
            .collect(),
    };
    if constraints.not_null.is_empty() && constraints.lengths.is_empty() {
        return sink;
    }
    Box::new(ConstrainedSink {
        sink,
        constraints: Arc::new(constraints),
    })
}

/// The length that a type declares; that of STRING and BYTES is none.
fn length(kind: &TypeKind) -> Option<usize> {
    match kind {
        TypeKind::Char(length) | TypeKind::Binary(length) => usize::try_from(*length).ok(),
        TypeKind::Varchar(length) | TypeKind::Varbinary(length) => {
            let length = usize::try_from(*length).ok()?;
            (length < i32::MAX as usize).then_some(length)
        }
        _ => None,
    }
}

/// `table.exec.sink.type-length-enforcer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TypeLengthEnforcer {
    Ignore,
    TrimPad,
    Error,
}

impl TypeLengthEnforcer {
    /// What the job says; planning has refused other words.
    fn of(context: &OperatorContext) -> Self {
        let text = context.configuration.get(LENGTH_OPTION);
        match text.map(|text| text.trim().to_ascii_uppercase()).as_deref() {
            Some("TRIM_PAD") => TypeLengthEnforcer::TrimPad,
            Some("ERROR") => TypeLengthEnforcer::Error,
            _ => TypeLengthEnforcer::Ignore,
        }
    }
}

struct Constraints {
    table: String,
    /// Positions and names.
    not_null: Vec<(usize, String)>,
    lengths: Vec<Length>,
}

/// A column with a length.
struct Length {
    position: usize,
    name: String,
    kind: TypeKind,
    /// In characters or bytes.
    most: usize,
}

impl Constraints {
    fn check_nulls(&self, batch: &ChangelogBatch) -> OperatorResult<()> {
        for (position, name) in &self.not_null {
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

    fn enforce_lengths(
        &self,
        batch: ChangelogBatch,
        enforcer: TypeLengthEnforcer,
    ) -> OperatorResult<ChangelogBatch> {
        if enforcer == TypeLengthEnforcer::Ignore {
            return Ok(batch);
        }
        let mut columns = batch.rows().columns().to_vec();
        let mut changed = false;
        for length in &self.lengths {
            let Some(column) = columns.get_mut(length.position) else {
                continue;
            };
            let Some(misfit) = length.first_misfit(column) else {
                continue;
            };
            if enforcer == TypeLengthEnforcer::Error {
                return Err(OperatorError::data(format!(
                    "column '{}' of table {} is {}, but a value of length {misfit} is written into it; \
                     set '{LENGTH_OPTION}' = 'TRIM_PAD' to cut or fill such values, or 'IGNORE' to write them as they are",
                    length.name, self.table, length.kind
                )));
            }
            *column = length.trim_and_pad(column);
            changed = true;
        }
        if !changed {
            return Ok(batch);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let rows = RecordBatch::try_new_with_options(batch.rows().schema(), columns, &options)?;
        Ok(batch.with_rows(rows)?)
    }
}

impl Length {
    /// Whether values shorter than the length do not fit, either.
    fn is_fixed(&self) -> bool {
        matches!(self.kind, TypeKind::Char(_) | TypeKind::Binary(_))
    }

    /// The length of the first value that does not fit.
    fn first_misfit(&self, column: &ArrayRef) -> Option<usize> {
        let misfits =
            |length: &usize| *length > self.most || (self.is_fixed() && *length < self.most);
        match column.as_string_opt::<i32>() {
            Some(texts) => {
                let lengths = texts.iter().flatten().map(|text| text.chars().count());
                lengths.into_iter().find(misfits)
            }
            None => {
                let bytes = column.as_binary_opt::<i32>()?;
                bytes.iter().flatten().map(<[u8]>::len).find(misfits)
            }
        }
    }

    fn trim_and_pad(&self, column: &ArrayRef) -> ArrayRef {
        if let Some(texts) = column.as_string_opt::<i32>() {
            let mut fitted = StringBuilder::new();
            let mut value = String::new();
            for text in texts {
                let Some(text) = text else {
                    fitted.append_null();
                    continue;
                };
                value.clear();
                value.extend(text.chars().take(self.most));
                if self.is_fixed() {
                    let missing = self.most - value.chars().count();
                    value.extend(std::iter::repeat_n(' ', missing));
                }
                fitted.append_value(&value);
            }
            return Arc::new(fitted.finish());
        }
        let Some(values) = column.as_binary_opt::<i32>() else {
            return Arc::clone(column);
        };
        let mut fitted = BinaryBuilder::new();
        for value in values {
            let Some(value) = value else {
                fitted.append_null();
                continue;
            };
            let mut value = value[..value.len().min(self.most)].to_vec();
            if self.is_fixed() {
                value.resize(self.most, 0);
            }
            fitted.append_value(&value);
        }
        Arc::new(fitted.finish())
    }
}

struct ConstrainedSink {
    sink: Box<dyn Sink>,
    constraints: Arc<Constraints>,
}

impl Sink for ConstrainedSink {
    fn accepts(&self) -> ChangelogMode {
        self.sink.accepts()
    }

    fn create_writer(&self, context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        let lengths = TypeLengthEnforcer::of(context);
        Ok(Box::new(ConstrainedWriter {
            writer: self.sink.create_writer(context)?,
            constraints: Arc::clone(&self.constraints),
            lengths,
        }))
    }

    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        self.sink.create_committer()
    }
}

struct ConstrainedWriter {
    writer: Box<dyn SinkWriter>,
    constraints: Arc<Constraints>,
    lengths: TypeLengthEnforcer,
}

impl SinkWriter for ConstrainedWriter {
    fn write(&mut self, batch: ChangelogBatch) -> OperatorResult<()> {
        self.constraints.check_nulls(&batch)?;
        let batch = self.constraints.enforce_lengths(batch, self.lengths)?;
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
