//! A compiled expression as a DataFusion scalar function.
//!
//! The function's arguments are exactly the columns that the expression reads; DataFusion may move it,
//! push it down or drop it, but never looks inside.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use alpheus_dataflow::Expr;
use alpheus_dataflow::graph::SessionSettings;
use alpheus_functions::{CompiledExpr, EvalContext};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr as DfExpr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, col,
};

use crate::error::external;
use crate::lower::column_name;

/// The DataFusion expression for `expr` over columns named by [`column_name`].
pub(crate) fn lower_expr(
    expr: &Expr,
    session: &Arc<SessionSettings>,
) -> alpheus_dataflow::OperatorResult<DfExpr> {
    if let Expr::Input { index, .. } = expr {
        return Ok(col(column_name(*index)));
    }
    let columns = expr.referenced_columns();
    // Positions among the arguments; every column that is read is among them.
    let position = |column: usize| {
        columns
            .iter()
            .position(|&c| c == column)
            .unwrap_or_default()
    };
    let mut fields = vec![Field::new("", DataType::Null, true); columns.len()];
    expr.visit(&mut |expr| {
        if let Expr::Input { index, ty } = expr {
            fields[position(*index)] = Field::new(column_name(*index), ty.to_arrow(), true);
        }
    });
    let over_args = expr.clone().map_columns(&position);
    let function = CompiledFunction {
        identity: format!("{over_args:?}"),
        name: format!("flink_{}", function_name(expr)),
        compiled: CompiledExpr::compile(&over_args, session)?,
        schema: Arc::new(Schema::new(fields)),
        result: expr.ty().to_arrow(),
        now_ms: session.planned_at,
        signature: if columns.is_empty() {
            Signature::nullary(volatility(expr))
        } else {
            Signature::any(columns.len(), volatility(expr))
        },
    };
    let args = columns
        .iter()
        .map(|&column| col(column_name(column)))
        .collect();
    let function = Arc::new(ScalarUDF::new_from_impl(function));
    Ok(DfExpr::ScalarFunction(ScalarFunction::new_udf(
        function, args,
    )))
}

fn function_name(expr: &Expr) -> &str {
    match expr {
        Expr::Call { function, .. } => function,
        Expr::Cast { .. } => "CAST",
        Expr::Case { .. } => "CASE",
        Expr::Literal { .. } => "literal",
        Expr::Input { .. } => "column",
    }
}

/// Functions that differ from row to row must not be folded or evaluated elsewhere. An expression that
/// can fail must not run on rows that a filter would have removed, so calls are never constant for
/// DataFusion's eyes unless they read columns.
fn volatility(expr: &Expr) -> Volatility {
    let mut volatile = false;
    expr.visit(&mut |expr| {
        if let Expr::Call { function, .. } = expr {
            volatile |= matches!(function.as_str(), "RAND" | "RAND_INTEGER" | "UUID");
        }
    });
    if volatile {
        Volatility::Volatile
    } else {
        Volatility::Immutable
    }
}

struct CompiledFunction {
    /// Two functions are the same when this is.
    identity: String,
    name: String,
    compiled: CompiledExpr,
    schema: SchemaRef,
    result: DataType,
    now_ms: i64,
    signature: Signature,
}

impl std::fmt::Debug for CompiledFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.identity)
    }
}

impl PartialEq for CompiledFunction {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl Eq for CompiledFunction {}

impl Hash for CompiledFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

impl ScalarUDFImpl for CompiledFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let columns = args
            .args
            .iter()
            .map(|arg| arg.to_array(rows))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        let context = EvalContext {
            now_ms: self.now_ms,
        };
        let result = self.compiled.evaluate(&batch, &context).map_err(external)?;
        Ok(ColumnarValue::Array(result))
    }
}
