//! Putting expressions into each other: what rewrites that move or merge projections need.

use alpheus_dataflow::expr::Expr;
use alpheus_functions::registry::{self, Determinism};

/// `expr`, which is over columns computed by `columns`, as an expression over what those are over.
pub(crate) fn substitute(expr: &Expr, columns: &[Expr]) -> Expr {
    expr.clone().transform(&mut |expr| match expr {
        Expr::Input { index, .. } => columns[index].clone(),
        other => other,
    })
}

/// Whether [`substitute`] of all of `exprs` computes nothing twice: a call may be costly, and one like
/// `RAND()` would even give two values.
pub(crate) fn computes_once<'e>(
    exprs: impl IntoIterator<Item = &'e Expr>,
    columns: &[Expr],
) -> bool {
    let mut uses = vec![0usize; columns.len()];
    for expr in exprs {
        expr.visit(&mut |expr| {
            if let Expr::Input { index, .. } = expr {
                uses[*index] += 1;
            }
        });
    }
    let is_free = |expr: &Expr| matches!(expr, Expr::Input { .. } | Expr::Literal { .. });
    let mut pairs = uses.iter().zip(columns);
    pairs.all(|(&uses, expr)| uses <= 1 || is_free(expr))
}

/// Whether computing it twice gives the same value.
pub(crate) fn is_repeatable(expr: &Expr) -> bool {
    let mut repeatable = true;
    expr.visit(&mut |expr| {
        if let Expr::Call { function, .. } = expr {
            let found = registry::lookup(function);
            repeatable &= found.is_none_or(|f| f.determinism != Determinism::NonDeterministic);
        }
    });
    repeatable
}
