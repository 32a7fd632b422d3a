//! Filters and projects (Flink's `StreamExecCalc`).
//!
//! Only what the projection reads is copied by the filter: columns, and of ROW columns the fields. Those
//! are carried over first, then filtered, and the projection is computed of what is left.

use std::sync::Arc;

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::{OperatorError, OperatorResult};
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_functions::compile::{CompiledExpr, EvalContext};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

enum Column {
    Input(usize),
    Computed(Box<CompiledExpr>),
}

impl Column {
    fn compile(expr: &Expr, context: &OperatorContext) -> OperatorResult<Column> {
        match expr {
            Expr::Input { index, .. } => Ok(Column::Input(*index)),
            computed => {
                let compiled = CompiledExpr::compile(computed, &context.session)?;
                Ok(Column::Computed(Box::new(compiled)))
            }
        }
    }

    fn of(&self, rows: &RecordBatch, context: &EvalContext) -> OperatorResult<ArrayRef> {
        match self {
            Column::Input(index) => rows.columns().get(*index).cloned().ok_or_else(|| {
                OperatorError::fatal(format!(
                    "column {index} is not among the {} that arrive",
                    rows.num_columns()
                ))
            }),
            Column::Computed(expression) => expression.evaluate(rows, context),
        }
    }
}

struct Compiled {
    filter: Option<CompiledExpr>,
    /// What the projection reads, of the rows that arrive.
    carried: Vec<Column>,
    carried_schema: SchemaRef,
    /// Of what is carried.
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

/// Columns and fields that `projection` reads, and the projection over those.
fn carry(projection: &[Expr]) -> (Vec<Expr>, Vec<Expr>) {
    // Fields have the positions from here on until it is known which are read themselves, and not only a
    // field of them.
    const FIELDS: usize = usize::MAX / 2;
    let mut fields: Vec<Expr> = Vec::new();
    let mut take_field = |expr: Expr| {
        let Expr::Call { function, args, ty } = &expr else {
            return expr;
        };
        let [Expr::Input { index, .. }, place @ Expr::Literal { .. }] = args.as_slice() else {
            return expr;
        };
        if function != "ROW_FIELD" {
            return expr;
        }
        let row = match index.checked_sub(FIELDS) {
            Some(field) => fields[field].clone(),
            None => args[0].clone(),
        };
        let field = Expr::call(function, vec![row, place.clone()], ty.clone());
        let position = fields.iter().position(|known| *known == field);
        let position = position.unwrap_or_else(|| {
            fields.push(field);
            fields.len() - 1
        });
        Expr::input(FIELDS + position, ty.clone())
    };
    let taken = projection.iter().cloned();
    let taken: Vec<Expr> = taken.map(|expr| expr.transform(&mut take_field)).collect();
    let (mut positions, mut carried) = (Vec::new(), Vec::new());
    for expr in &taken {
        expr.visit(&mut |expr| {
            if let Expr::Input { index, .. } = expr
                && !positions.contains(index)
            {
                positions.push(*index);
                carried.push(match index.checked_sub(FIELDS) {
                    Some(field) => fields[field].clone(),
                    None => expr.clone(),
                });
            }
        });
    }
    let position = |column: usize| positions.iter().position(|known| *known == column);
    let over = taken.into_iter();
    let over = over.map(|expr| expr.map_columns(&|column| position(column).unwrap_or_default()));
    (carried, over.collect())
}

impl Operator for Calc {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        let (carried, projection) = carry(&self.projection);
        let fields = carried.iter().map(|expr| Field::new("", expr.ty().clone()));
        let compile = |exprs: Vec<Expr>| {
            let columns = exprs.iter().map(|expr| Column::compile(expr, context));
            columns.collect::<OperatorResult<Vec<_>>>()
        };
        let filter = self.filter.as_ref();
        let filter = filter.map(|filter| CompiledExpr::compile(filter, &context.session));
        self.compiled = Some(Compiled {
            filter: filter.transpose()?,
            carried_schema: RowType::new(fields.collect()).to_arrow(),
            carried: compile(carried)?,
            columns: compile(projection)?,
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
        let mask = match &compiled.filter {
            None => None,
            Some(filter) => {
                let mask = filter.evaluate_predicate(batch.rows(), &context)?;
                match mask.true_count() {
                    0 => return Ok(()),
                    kept if kept == batch.num_rows() => None,
                    _ => Some(mask),
                }
            }
        };
        let build = |columns: &[Column], rows: &RecordBatch, schema: &SchemaRef| {
            let columns = columns.iter().map(|column| column.of(rows, &context));
            let columns = columns.collect::<OperatorResult<Vec<ArrayRef>>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
            let rows = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
            OperatorResult::Ok(rows)
        };
        let carried = build(&compiled.carried, batch.rows(), &compiled.carried_schema)?;
        let mut batch = batch.with_rows(carried)?;
        if let Some(mask) = mask {
            batch = batch.filter(&mask)?;
        }
        let rows = build(&compiled.columns, batch.rows(), &self.output)?;
        out.collect(batch.with_rows(rows)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::TypeKind;
    use alpheus_dataflow::expr::Literal;

    use super::*;

    #[test]
    fn carries_columns_and_fields_once() {
        let int = || TypeKind::BigInt.nullable();
        let inner = TypeKind::Row(vec![Field::new("x", int()), Field::new("y", int())]).nullable();
        let outer =
            TypeKind::Row(vec![Field::new("a", int()), Field::new("r", inner.clone())]).nullable();
        let field = |row: Expr, place, ty| {
            let place = Expr::literal(Literal::Int(place), TypeKind::Integer.not_null());
            Expr::call("ROW_FIELD", vec![row, place], ty)
        };
        let row = || Expr::input(3, outer.clone());
        let x = || field(field(row(), 1, inner.clone()), 0, int());
        let sum = Expr::call("+", vec![x(), Expr::input(1, int())], int());
        let (carried, over) = carry(&[sum, x(), field(row(), 0, int())]);
        assert_eq!(
            carried,
            [x(), Expr::input(1, int()), field(row(), 0, int())]
        );
        let column = |index| Expr::input(index, int());
        let sum = Expr::call("+", vec![column(0), column(1)], int());
        assert_eq!(over, [sum, column(0), column(2)]);
        // A row that is read as a whole as well.
        let (carried, over) = carry(&[row(), x()]);
        assert_eq!(carried, [row(), x()]);
        assert_eq!(over, [Expr::input(0, outer.clone()), column(1)]);
    }
}
