//! Folds a run of filters and projections into one `Calc`.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::TypeKind;

use crate::rel::{Rel, RelNode, computes_once, substitute};

/// A filter and the columns computed from the rows that pass it, over the columns of `base`.
pub(super) struct Calc<'a> {
    pub(super) base: &'a Arc<Rel>,
    pub(super) filter: Option<Expr>,
    pub(super) projection: Vec<Expr>,
}

impl<'a> Calc<'a> {
    /// The longest run that ends at `rel` and that does not evaluate anything twice; empty (identity)
    /// when `rel` is neither a filter nor a projection.
    pub(super) fn ending_at(rel: &'a Arc<Rel>) -> Calc<'a> {
        match &rel.node {
            RelNode::Filter { input, predicate } => {
                let below = Calc::ending_at(input);
                // The columns that the predicate reads are computed for the output, too.
                let output = input.schema.fields.iter().enumerate();
                let output: Vec<Expr> = output
                    .map(|(index, field)| Expr::input(index, field.ty.clone()))
                    .collect();
                if !computes_once(output.iter().chain([predicate]), &below.projection) {
                    return Calc::identity(input).filtered(predicate.clone());
                }
                let predicate = substitute(predicate, &below.projection);
                below.filtered(predicate)
            }
            RelNode::Project { input, exprs } => {
                let below = Calc::ending_at(input);
                if !computes_once(exprs, &below.projection) {
                    return Calc {
                        projection: exprs.clone(),
                        ..Calc::identity(input)
                    };
                }
                let projection = (exprs.iter())
                    .map(|expr| substitute(expr, &below.projection))
                    .collect();
                Calc {
                    projection,
                    ..below
                }
            }
            _ => Calc::identity(rel),
        }
    }

    fn identity(base: &'a Arc<Rel>) -> Calc<'a> {
        let fields = base.schema.fields.iter().enumerate();
        let projection = fields
            .map(|(index, field)| Expr::input(index, field.ty.clone()))
            .collect();
        Calc {
            base,
            filter: None,
            projection,
        }
    }

    fn filtered(mut self, predicate: Expr) -> Calc<'a> {
        self.filter = Some(match self.filter {
            None => predicate,
            Some(filter) => {
                Expr::call("AND", vec![filter, predicate], TypeKind::Boolean.nullable())
            }
        });
        self
    }

    /// Whether it passes every row on unchanged.
    pub(super) fn is_identity(&self) -> bool {
        let passes_on = |(position, expr): (usize, &Expr)| matches!(expr, Expr::Input { index, .. } if *index == position);
        self.filter.is_none()
            && self.projection.len() == self.base.schema.len()
            && self.projection.iter().enumerate().all(passes_on)
    }
}
