//! VALUES as a table: constant rows travel in the options of a table that only planners make.

use alpheus_connectors::values;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::schema::RowType;

/// The table and projection for these rows. The binder has folded every expression to a constant;
/// whatever is none (it would have computed it in a projection) counts as NULL.
pub(crate) fn table(rows: &[Vec<Expr>], row_type: &RowType) -> (TableSpec, Vec<usize>) {
    let literal = |expr: &Expr| match expr {
        Expr::Literal { value, .. } => value.clone(),
        _ => Literal::Null,
    };
    let rows: Vec<Vec<Literal>> = rows
        .iter()
        .map(|row| row.iter().map(literal).collect())
        .collect();
    (
        values::table(&rows, row_type),
        (0..row_type.len()).collect(),
    )
}
