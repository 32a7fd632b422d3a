//! Rows that come several times (Flink's `Expand`).

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;

use super::{PlanField, Rel, RelNode, all_columns};

/// Each row so many times: its columns, one that nobody reads, and which time it is, from 1, as `$e`.
pub(crate) fn repeated(rel: Arc<Rel>, times: usize) -> Arc<Rel> {
    let collection = rel.schema.len();
    let mut columns = all_columns(&rel);
    let times = Literal::Int(times as i64);
    let times = Expr::literal(times, TypeKind::BigInt.not_null());
    columns.push(("$sets".to_owned(), times));
    let input = Rel::project(rel, columns);
    let mut schema = input.schema.clone();
    let number = PlanField::new("$e", TypeKind::Integer.not_null());
    schema.fields.push(number);
    let node = RelNode::Unnest {
        input,
        collection,
        keep_collection: false,
        with_ordinality: true,
        outer: false,
    };
    Arc::new(Rel { node, schema })
}
