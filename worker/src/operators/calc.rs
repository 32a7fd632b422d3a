//! Filters and projects (Flink's `StreamExecCalc`).

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext};
use alpheus_dataflow::schema::RowType;
use alpheus_functions::compile::{CompiledExpr, EvalContext};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

enum Column {
    Input(usize),
    Computed(Box<CompiledExpr>),
}

struct Compiled {
    filter: Option<CompiledExpr>,
    columns: Vec<Column>,
    clock: Arc<dyn Clock>,
}

/// Keeps the rows for which a condition is TRUE and computes columns of them.
pub struct Calc {
    filter: Option<Expr>,
    projection: Vec<Expr>,
    output: SchemaRef,
    compiled: Option<Compiled>,
}

impl Calc {
    /// A calculation that is not compiled yet.
    pub fn new(filter: Option<Expr>, projection: Vec<Expr>, output: &RowType) -> Self {
        Calc {
            filter,
            projection,
            output: output.to_arrow(),
            compiled: None,
        }
    }
}

impl Operator for Calc {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        let compile = |expr: &Expr| CompiledExpr::compile(expr, &context.session);
        let columns = self.projection.iter().map(|expr| match expr {
            Expr::Input { index, .. } => Ok(Column::Input(*index)),
            computed => compile(computed).map(|expr| Column::Computed(Box::new(expr))),
        });
        self.compiled = Some(Compiled {
            filter: self.filter.as_ref().map(compile).transpose()?,
            columns: columns.collect::<OperatorResult<_>>()?,
            clock: Arc::clone(&context.clock),
        });
        Ok(())
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let Some(compiled) = &self.compiled else {
            return Err(OperatorError::fatal("the calculation is not open"));
        };
        let context = EvalContext {
            now_ms: compiled.clock.now_ms(),
        };
        let batch = match &compiled.filter {
            None => batch,
            Some(filter) => {
                let mask = filter.evaluate_predicate(batch.rows(), &context)?;
                match mask.true_count() {
                    0 => return Ok(()),
                    kept if kept == batch.num_rows() => batch,
                    _ => batch.filter(&mask)?,
                }
            }
        };
        let rows = batch.rows();
        let columns = compiled.columns.iter().map(|column| match column {
            Column::Input(index) => rows.columns().get(*index).cloned().ok_or_else(|| {
                OperatorError::fatal(format!(
                    "column {index} is not among the {} that arrive",
                    rows.num_columns()
                ))
            }),
            Column::Computed(expression) => expression.evaluate(rows, &context),
        });
        let columns = columns.collect::<OperatorResult<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        let rows = RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?;
        out.collect(batch.with_rows(rows)?);
        Ok(())
    }
}
