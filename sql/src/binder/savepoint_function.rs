//! The table function `savepoint_metadata('path')`: what is in a savepoint (Flink's state module).

use std::sync::Arc;

use alpheus_connectors::savepoint::metadata;
use alpheus_sql_parser::ast::{ArgValue, ExprKind, FunctionCall, Literal};

use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode};

/// Its name, in capitals.
pub(super) const NAME: &str = "SAVEPOINT_METADATA";

/// The rows of a call.
pub(super) fn listing(call: &FunctionCall) -> Result<Arc<Rel>, SqlError> {
    let path = match call.args.as_slice() {
        [argument] => match &argument.value {
            ArgValue::Expr(expr) => match &expr.kind {
                ExprKind::Literal(Literal::String(path)) => Some(path),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let Some(path) = path else {
        return Err(SqlError::invalid(
            "savepoint_metadata takes one text: the path of a savepoint",
            call.span,
        )
        .with_help("savepoint_metadata('file:///savepoints/savepoint-5f0c12-0123456789ab')"));
    };
    let table = metadata::table(path);
    let fields = table.schema.fields.iter();
    let fields = fields
        .map(|field| PlanField::new(&field.name, field.ty.clone()))
        .collect();
    Ok(Arc::new(Rel {
        node: RelNode::Scan {
            projection: (0..table.schema.len()).collect(),
            table: Arc::new(table),
            filters: Vec::new(),
        },
        schema: PlanSchema { fields },
    }))
}
