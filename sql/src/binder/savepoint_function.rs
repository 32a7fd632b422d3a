//! The table function `savepoint_metadata('path' [, 'key file'])`: what is in a savepoint (Flink's state module).

use std::sync::Arc;

use alpheus_connectors::savepoint::metadata;
use alpheus_sql_parser::ast::{ArgValue, ExprKind, FunctionArg, FunctionCall, Literal};

use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode};

/// Its name, in capitals.
pub(super) const NAME: &str = "SAVEPOINT_METADATA";

fn text(argument: &FunctionArg) -> Option<&String> {
    match &argument.value {
        ArgValue::Expr(expr) => match &expr.kind {
            ExprKind::Literal(Literal::String(text)) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The rows of a call.
pub(super) fn listing(call: &FunctionCall) -> Result<Arc<Rel>, SqlError> {
    let texts: Vec<&String> = call.args.iter().filter_map(text).collect();
    let (path, key_file) = match texts.as_slice() {
        [path] if call.args.len() == 1 => (path, None),
        [path, key_file] if call.args.len() == 2 => (path, Some(key_file.as_str())),
        _ => {
            return Err(SqlError::invalid(
                "savepoint_metadata takes one text, the path of a savepoint, and for an encrypted one the path of its key file",
                call.span,
            )
            .with_help(
                "savepoint_metadata('file:///savepoints/savepoint-5f0c12-0123456789ab')",
            ));
        }
    };
    let table = metadata::table(path, key_file);
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
