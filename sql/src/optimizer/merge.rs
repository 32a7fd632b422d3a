//! One projection instead of two, none where it changes nothing.
//!
//! The binder makes a projection for every clause, and pruning some more. They are put into each other
//! where that computes nothing twice.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;

use crate::rel::{Rel, RelNode, computes_once, substitute};

pub(super) fn merge_projections(rel: Arc<Rel>) -> Arc<Rel> {
    let RelNode::Project { input, exprs } = &rel.node else {
        return rel;
    };
    if let RelNode::Project {
        input: base,
        exprs: inner,
    } = &input.node
        && computes_once(exprs, inner)
    {
        let exprs = exprs
            .iter()
            .map(|expr| substitute(expr, inner))
            .collect::<Vec<_>>();
        let merged = Arc::new(Rel {
            node: RelNode::Project {
                input: Arc::clone(base),
                exprs,
            },
            schema: rel.schema.clone(),
        });
        return without_identity(merged);
    }
    without_identity(rel)
}

fn without_identity(rel: Arc<Rel>) -> Arc<Rel> {
    let RelNode::Project { input, exprs } = &rel.node else {
        return rel;
    };
    let passes_on =
        |(at, expr): (usize, &Expr)| matches!(expr, Expr::Input { index, .. } if *index == at);
    if input.schema == rel.schema && exprs.iter().enumerate().all(passes_on) {
        return Arc::clone(input);
    }
    rel
}
