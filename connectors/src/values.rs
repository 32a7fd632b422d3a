//! Constant rows: what VALUES reads from.
//!
//! No connector for users: the planner makes such a table ([`table`]), with the rows as JSON in one option,
//! and [`create_source`](crate::create_source) reads it. There is one split; its position is the next row.

use std::collections::BTreeMap;
use std::sync::Arc;

use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::source::{
    Boundedness, NextSplit, Source, SourcePoll, SourceReader, SourceReaderContext, SourceSplit,
    SplitEnumerator,
};
use alpheus_dataflow::{
    ChangelogBatch, Literal, LogicalType, OperatorError, OperatorResult, RowType, TypeKind,
};
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    RecordBatchOptions, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;

/// Name of the connector.
pub const CONNECTOR: &str = "values";
/// The option that holds the rows: a JSON array of rows, each an array of [`Literal`]s.
const ROWS_OPTION: &str = "rows";

/// The table of these rows.
pub fn table(rows: &[Vec<Literal>], row_type: &RowType) -> TableSpec {
    // Literals are plain data; encoding them cannot fail.
    let encoded = serde_json::to_string(rows).unwrap_or_default();
    TableSpec {
        identifier: "VALUES".to_owned(),
        connector: CONNECTOR.to_owned(),
        options: BTreeMap::from([
            ("connector".to_owned(), CONNECTOR.to_owned()),
            (ROWS_OPTION.to_owned(), encoded),
        ]),
        schema: row_type.clone(),
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    }
}

/// Reads such a table.
pub(crate) struct ValuesSource {
    /// The projected columns, all rows.
    rows: RecordBatch,
}

impl ValuesSource {
    pub(crate) fn new(table: &TableSpec, projection: &[usize]) -> OperatorResult<Self> {
        let text = table.options.get(ROWS_OPTION).map_or("[]", String::as_str);
        let rows: Vec<Vec<Literal>> = serde_json::from_str(text).map_err(|error| {
            OperatorError::fatal(format!("the rows of VALUES cannot be read: {error}"))
        })?;
        let schema = table.schema.project(projection);
        let columns = projection
            .iter()
            .zip(&schema.fields)
            .map(|(&column, field)| {
                let cells = rows
                    .iter()
                    .map(|row| row.get(column).unwrap_or(&Literal::Null));
                column_of(&cells.collect::<Vec<_>>(), &field.ty)
            });
        let columns: Vec<ArrayRef> = columns.collect::<OperatorResult<_>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let rows = RecordBatch::try_new_with_options(schema.to_arrow(), columns, &options)?;
        Ok(ValuesSource { rows })
    }
}

/// The cells as a column of the type's Arrow type.
fn column_of(cells: &[&Literal], ty: &LogicalType) -> OperatorResult<ArrayRef> {
    let arrow = ty.to_arrow();
    let int = |cell: &&Literal| match cell {
        Literal::Int(value) => Some(*value),
        _ => None,
    };
    let float = |cell: &&Literal| match cell {
        Literal::Float(value) => Some(*value),
        _ => None,
    };
    let column: ArrayRef =
        match &ty.kind {
            TypeKind::Boolean => Arc::new(BooleanArray::from_iter(cells.iter().map(
                |cell| match cell {
                    Literal::Boolean(value) => Some(*value),
                    _ => None,
                },
            ))),
            kind if kind.is_character() => Arc::new(StringArray::from_iter(cells.iter().map(
                |cell| match cell {
                    Literal::String(value) => Some(value.as_str()),
                    _ => None,
                },
            ))),
            kind if kind.is_binary() => Arc::new(BinaryArray::from_iter(cells.iter().map(
                |cell| match cell {
                    Literal::Bytes(value) => Some(value.as_slice()),
                    _ => None,
                },
            ))),
            TypeKind::Decimal(precision, scale) => {
                let values = cells.iter().map(|cell| match cell {
                    Literal::Decimal(value) => Some(*value),
                    _ => None,
                });
                let values = Decimal128Array::from_iter(values);
                Arc::new(values.with_precision_and_scale(*precision, *scale as i8)?)
            }
            kind if kind.is_approximate_numeric() => {
                let values = Float64Array::from_iter(cells.iter().map(float));
                cast(&values, &arrow)?
            }
            kind if kind.is_integer() || kind.is_datetime() || kind.is_interval() => {
                let values = Int64Array::from_iter(cells.iter().map(int));
                match arrow {
                    // 32 bits wide; Arrow converts them from INT only.
                    DataType::Date32 | DataType::Time32(_) => {
                        cast(&cast(&values, &DataType::Int32)?, &arrow)?
                    }
                    _ => cast(&values, &arrow)?,
                }
            }
            _ => new_null_array(&arrow, cells.len()),
        };
    Ok(column)
}

impl Source for ValuesSource {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }

    fn create_enumerator(
        &self,
        _parallelism: u32,
        restored: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        let pending = match restored {
            Some(bytes) => serde_json::from_slice(bytes).map_err(bad_state)?,
            None => vec![split(0)],
        };
        Ok(Box::new(OneSplit { pending }))
    }

    fn create_reader(&self, context: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        Ok(Box::new(ValuesReader {
            rows: self.rows.clone(),
            next: None,
            batch_size: context.batch_size.max(1),
        }))
    }
}

fn split(next: usize) -> SourceSplit {
    SourceSplit {
        id: "values".to_owned(),
        state: next.to_string().into_bytes(),
    }
}

fn bad_state(error: impl std::fmt::Display) -> OperatorError {
    OperatorError::fatal(format!("the position in VALUES cannot be read: {error}"))
}

/// Hands the one split out, as long as nobody has it. Its snapshot is the split while it is pending.
struct OneSplit {
    pending: Vec<SourceSplit>,
}

impl SplitEnumerator for OneSplit {
    fn next_split(&mut self, _subtask: u32) -> OperatorResult<NextSplit> {
        Ok(self
            .pending
            .pop()
            .map_or(NextSplit::NoMore, NextSplit::Split))
    }

    fn add_back(&mut self, splits: Vec<SourceSplit>) {
        self.pending.extend(splits);
    }

    fn snapshot(&self) -> OperatorResult<Vec<u8>> {
        serde_json::to_vec(&self.pending).map_err(bad_state)
    }
}

struct ValuesReader {
    rows: RecordBatch,
    /// The next row, once the split is here.
    next: Option<usize>,
    batch_size: usize,
}

impl SourceReader for ValuesReader {
    fn add_split(&mut self, split: SourceSplit) -> OperatorResult<()> {
        let text = String::from_utf8(split.state).map_err(bad_state)?;
        self.next = Some(text.parse().map_err(bad_state)?);
        Ok(())
    }

    fn poll_next(&mut self) -> OperatorResult<SourcePoll> {
        let Some(next) = self.next.filter(|next| *next < self.rows.num_rows()) else {
            self.next = None;
            return Ok(SourcePoll::NeedSplit);
        };
        let count = self.batch_size.min(self.rows.num_rows() - next);
        self.next = Some(next + count);
        let rows = self.rows.slice(next, count);
        Ok(SourcePoll::Batch(ChangelogBatch::inserts(rows)))
    }

    fn snapshot(&self) -> OperatorResult<Vec<SourceSplit>> {
        Ok(self.next.map(split).into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use alpheus_dataflow::Field;
    use arrow::array::AsArray;
    use arrow::datatypes::{Date32Type, Int32Type};

    use super::*;

    fn reader(rows: &RecordBatch) -> ValuesReader {
        ValuesReader {
            rows: rows.clone(),
            next: None,
            batch_size: 2,
        }
    }

    #[test]
    fn rows_survive_the_option_and_a_restart() {
        let row_type = RowType::new(vec![
            Field::new("a", TypeKind::Integer.nullable()),
            Field::new("d", TypeKind::Date.nullable()),
            Field::new("p", TypeKind::Decimal(5, 2).nullable()),
        ]);
        let row = |n: i64| {
            vec![
                Literal::Int(n),
                Literal::Int(n * 10),
                Literal::Decimal(i128::from(n)),
            ]
        };
        let rows: Vec<Vec<Literal>> = vec![row(1), row(2), vec![Literal::Null; 3]];
        let table = table(&rows, &row_type);
        let source = ValuesSource::new(&table, &[1, 0]).unwrap();

        let mut enumerator = source.create_enumerator(4, None).unwrap();
        let NextSplit::Split(first) = enumerator.next_split(3).unwrap() else {
            panic!("no split");
        };
        assert_eq!(enumerator.next_split(0).unwrap(), NextSplit::NoMore);
        let mut before = reader(&source.rows);
        before.add_split(first).unwrap();
        let SourcePoll::Batch(batch) = before.poll_next().unwrap() else {
            panic!("no rows");
        };
        assert_eq!(
            batch
                .rows()
                .column(0)
                .as_primitive::<Date32Type>()
                .values()
                .as_ref(),
            [10, 20]
        );
        assert_eq!(
            batch
                .rows()
                .column(1)
                .as_primitive::<Int32Type>()
                .values()
                .as_ref(),
            [1, 2]
        );

        let mut after = reader(&source.rows);
        after
            .add_split(before.snapshot().unwrap().remove(0))
            .unwrap();
        let SourcePoll::Batch(batch) = after.poll_next().unwrap() else {
            panic!("no rows");
        };
        assert_eq!(
            (batch.num_rows(), batch.rows().column(0).null_count()),
            (1, 1)
        );
        assert!(matches!(after.poll_next().unwrap(), SourcePoll::NeedSplit));
    }

    #[test]
    fn a_row_needs_no_columns() {
        let table = table(&[Vec::new()], &RowType::default());
        let source = ValuesSource::new(&table, &[]).unwrap();
        assert_eq!(source.rows.num_rows(), 1);
    }
}
