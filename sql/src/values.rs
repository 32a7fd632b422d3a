//! VALUES as a table: constant rows travel in the options of the `values` connector.

use std::collections::BTreeMap;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::schema::RowType;

/// Name of the connector that produces constant rows.
pub const CONNECTOR: &str = "values";
/// The option that holds them: a JSON array of rows, each an array of [`Literal`]s.
pub const ROWS_OPTION: &str = "rows";

/// The table and projection for these rows. The binder has folded every expression to a constant;
/// whatever is none (it would have refused it) counts as NULL.
pub(crate) fn table(rows: &[Vec<Expr>], row_type: &RowType) -> (TableSpec, Vec<usize>) {
    let literal = |expr: &Expr| match expr {
        Expr::Literal { value, .. } => value.clone(),
        _ => Literal::Null,
    };
    let rows: Vec<Vec<Literal>> = rows
        .iter()
        .map(|row| row.iter().map(literal).collect())
        .collect();
    let encoded = serde_json::to_string(&rows).unwrap_or_default();
    let options = BTreeMap::from([
        ("connector".to_owned(), CONNECTOR.to_owned()),
        (ROWS_OPTION.to_owned(), encoded),
    ]);
    let table = TableSpec {
        identifier: "VALUES".to_owned(),
        connector: CONNECTOR.to_owned(),
        options,
        schema: row_type.clone(),
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    };
    (table, (0..row_type.len()).collect())
}
