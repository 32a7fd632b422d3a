//! A row for each element of a collection (Flink's `StreamExecCorrelate` of UNNEST).
//!
//! Changes keep their kind: whoever takes a row back takes back the rows made of it, because they carry
//! the same collection.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::operator::{Collector, Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::types::LogicalType;
use alpheus_functions::unnest::explode;
use arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::SchemaRef;

/// Rows of an emitted batch come from so many input rows at most: collections may be long.
const INPUT_ROWS: usize = 1024;

/// The operator; see the module's documentation.
pub struct Unnest {
    column: usize,
    keep_collection: bool,
    collection: LogicalType,
    with_ordinality: bool,
    outer: bool,
    output: SchemaRef,
}

impl Unnest {
    /// The operator of a node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or there is no such column.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::Unnest {
            column,
            keep_collection,
            with_ordinality,
            outer,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!("{} is no Unnest", node.name)));
        };
        let Some(field) = input.fields.get(*column) else {
            return Err(OperatorError::fatal(format!(
                "{}: column {column} is not among the {} that arrive",
                node.name,
                input.len()
            )));
        };
        Ok(Unnest {
            column: *column,
            keep_collection: *keep_collection,
            collection: field.ty.clone(),
            with_ordinality: *with_ordinality,
            outer: *outer,
            output: node.output.to_arrow(),
        })
    }
}

impl Unnest {
    fn without_collection(&self, batch: &ChangelogBatch) -> OperatorResult<ChangelogBatch> {
        let rows = batch.rows();
        let mut columns = rows.columns().to_vec();
        columns[self.column] = new_null_array(columns[self.column].data_type(), rows.num_rows());
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let rows = RecordBatch::try_new_with_options(rows.schema(), columns, &options)?;
        Ok(batch.with_rows(rows)?)
    }
}

impl Operator for Unnest {
    fn open(&mut self, _context: &OperatorContext) -> OperatorResult<()> {
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        for start in (0..batch.num_rows()).step_by(INPUT_ROWS) {
            let part = batch.slice(start, INPUT_ROWS.min(batch.num_rows() - start));
            let collections = part.rows().column(self.column);
            let exploded = explode(collections, &self.collection, self.outer)?;
            // A long collection is not copied for each of its elements.
            let without = if self.keep_collection {
                part.clone()
            } else {
                self.without_collection(&part)?
            };
            let repeated = without.take(&exploded.rows)?;
            let mut columns = repeated.rows().columns().to_vec();
            columns.extend(exploded.columns);
            if self.with_ordinality {
                columns.push(exploded.ordinals);
            }
            let options = RecordBatchOptions::new().with_row_count(Some(repeated.num_rows()));
            let rows = RecordBatch::try_new_with_options(self.output.clone(), columns, &options)?;
            out.collect(repeated.with_rows(rows)?);
        }
        Ok(())
    }
}
