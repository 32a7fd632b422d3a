//! Puts the columns that were asked for together: from the file's data, its folders and its status.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_storage::Location;
use arrow::array::{
    ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray, TimestampMillisecondArray,
    UInt32Array,
};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;

use super::split::FileSplit;
use crate::filesystem::{ColumnSource, FileTable, partition};

/// Where an output column comes from, for one file.
enum Part {
    /// This one of the decoded columns.
    Decoded(usize),
    /// The same value in every row; an array of length 1.
    Constant(ArrayRef),
}

/// Builds batches of the projected columns of one file.
pub(super) struct Assembler {
    schema: SchemaRef,
    parts: Vec<Part>,
}

/// The positions of the projected columns in the file's own columns, in order of projection.
pub(super) fn data_projection(table: &FileTable, projection: &[usize]) -> Vec<usize> {
    projection
        .iter()
        .filter_map(|&i| match table.sources.get(i) {
            Some(ColumnSource::Data(position)) => Some(*position),
            _ => None,
        })
        .collect()
}

impl Assembler {
    /// For the file of `split`.
    ///
    /// # Errors
    /// When the file's folders do not have the partition's values.
    pub(super) fn new(
        table: &FileTable,
        projection: &[usize],
        split: &FileSplit,
    ) -> OperatorResult<Self> {
        let location: Location = split
            .path
            .parse()
            .map_err(|error| OperatorError::fatal(format!("{error}")))?;
        let wants_partition = projection
            .iter()
            .any(|&i| matches!(table.sources.get(i), Some(ColumnSource::Partition(_))));
        let values = if wants_partition {
            let folder = location
                .parent()
                .map_or_else(String::new, |parent| parent.path().to_owned());
            partition::values_of(
                &table.partition_keys,
                &folder,
                &table.options.default_partition,
            )?
        } else {
            Vec::new()
        };
        let mut decoded = 0;
        let mut parts = Vec::with_capacity(projection.len());
        for &i in projection {
            parts.push(match table.sources.get(i) {
                Some(ColumnSource::Data(_)) => {
                    decoded += 1;
                    Part::Decoded(decoded - 1)
                }
                Some(ColumnSource::Partition(key)) => {
                    Part::Constant(values.get(*key).cloned().ok_or_else(|| out_of_range(i))?)
                }
                Some(ColumnSource::Metadata(key)) => Part::Constant(match key.as_str() {
                    "file.path" => text(&location.to_string()),
                    "file.name" => text(location.name()),
                    "file.size" => Arc::new(Int64Array::from(vec![split.size as i64])),
                    _ => Arc::new(
                        TimestampMillisecondArray::from(vec![split.modified_ms])
                            .with_timezone("UTC"),
                    ),
                }),
                None => return Err(out_of_range(i)),
            });
        }
        Ok(Assembler {
            schema: table.schema.project(projection).to_arrow(),
            parts,
        })
    }

    /// A batch from decoded columns.
    ///
    /// # Errors
    /// When they do not have the types of the schema.
    pub(super) fn assemble(
        &self,
        decoded: &[ArrayRef],
        rows: usize,
    ) -> OperatorResult<RecordBatch> {
        let mut columns = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            columns.push(match part {
                Part::Decoded(i) => decoded.get(*i).cloned().ok_or_else(|| out_of_range(*i))?,
                Part::Constant(value) => take(value, &UInt32Array::from_value(0, rows), None)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            self.schema.clone(),
            columns,
            &options,
        )?)
    }
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn out_of_range(column: usize) -> OperatorError {
    OperatorError::fatal(format!("the table has no physical column {column}"))
}
