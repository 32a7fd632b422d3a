//! Expressions compiled once and evaluated per batch.
//!
//! [`CompiledExpr::compile`] turns a planned [`Expr`] into a tree of kernels: names are looked up,
//! constant parts computed, patterns of constant text compiled. [`CompiledExpr::evaluate`] walks the tree
//! for a batch, a column at a time. A constant stays one value ([`Value::Constant`]) until a kernel or
//! the caller needs a column.
//!
//! # Invariants
//! * The result has exactly the Arrow type of the expression's type and one row per row of the batch.
//! * An argument that could fail is evaluated for those rows only for which SQL evaluates it: branches
//!   of CASE, IF and COALESCE, the right side of AND and OR.
//! * Kernels see the argument types that [`ScalarFunction::resolve`](crate::ScalarFunction::resolve)
//!   asked for, so they downcast without looking; the types of input columns are checked per batch.

mod args;
mod build;
mod cache;
mod eval;
mod fold;
mod lazy;
mod literal;
mod overlay;
mod session;
mod value;

use std::sync::Arc;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{Expr, OperatorError, OperatorResult};
use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, new_empty_array};

pub use args::{Args, Cells};
pub use cache::{Cache, Memo};
pub use fold::fold_constants;
pub use literal::{array_to_literal, literal_to_array};
pub use session::Session;
pub use value::Value;

use build::Node;
use eval::Rows;

/// What an evaluation needs to know besides the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalContext {
    /// The wall clock, ms since the epoch: `NOW()` of a streaming job.
    pub now_ms: i64,
}

/// An expression ready to be evaluated.
#[derive(Debug)]
pub struct CompiledExpr {
    root: Node,
    ty: LogicalType,
    inputs: Vec<(usize, LogicalType)>,
    session: Arc<Session>,
}

impl CompiledExpr {
    /// Prepares `expr` for evaluation in a job with these settings.
    ///
    /// Fails when the plan names a function that does not exist, or a time zone that does not.
    pub fn compile(expr: &Expr, session: &Arc<SessionSettings>) -> OperatorResult<CompiledExpr> {
        let session = Arc::new(Session::new(session)?);
        let root = build::build(expr, &session)?;
        let mut inputs = Vec::new();
        expr.visit(&mut |expr| {
            if let Expr::Input { index, ty } = expr {
                inputs.push((*index, ty.clone()));
            }
        });
        Ok(CompiledExpr {
            root,
            ty: expr.ty().clone(),
            inputs,
            session,
        })
    }

    /// The type of the result.
    pub fn ty(&self) -> &LogicalType {
        &self.ty
    }

    /// The values for each row of `batch`.
    pub fn evaluate(&self, batch: &RecordBatch, context: &EvalContext) -> OperatorResult<ArrayRef> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(new_empty_array(&self.ty.to_arrow()));
        }
        self.check(batch)?;
        let view = Rows::new(batch, &self.session, context.now_ms);
        let value = self.root.evaluate(&view)?;
        debug_assert_eq!(value.array().data_type(), &self.ty.to_arrow());
        value.into_column(rows)
    }

    /// Whether each row of `batch` fulfils the condition; NULL stays NULL (a filter drops it).
    pub fn evaluate_predicate(
        &self,
        batch: &RecordBatch,
        context: &EvalContext,
    ) -> OperatorResult<BooleanArray> {
        if self.ty.kind != TypeKind::Boolean {
            return Err(OperatorError::fatal(format!(
                "a condition has to be BOOLEAN, but this one is {}",
                self.ty
            )));
        }
        Ok(self.evaluate(batch, context)?.as_boolean().clone())
    }

    fn check(&self, batch: &RecordBatch) -> OperatorResult<()> {
        for (index, ty) in &self.inputs {
            let Some(column) = batch.columns().get(*index) else {
                return Err(OperatorError::fatal(format!(
                    "an expression reads column {index} of a batch with {} columns",
                    batch.num_columns()
                )));
            };
            let actual = column.data_type();
            if !actual.is_nested() && *actual != ty.to_arrow() {
                return Err(OperatorError::fatal(format!(
                    "column {index} is planned as {ty} but arrives as {actual}"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
