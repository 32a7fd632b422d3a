//! Constant folding for the planner.

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::{Expr, Literal, OperatorResult};

use super::build::build;
use super::eval::Rows;
use super::literal::array_to_literal;
use super::session::Session;
use crate::registry::{self, Determinism};

/// `expr` with constant parts replaced by their values, and AND, OR and CASE simplified where a constant
/// decides them.
///
/// A part that would fail stays as it is: the row that needs it may never come. Values that no literal
/// can express (arrays, maps, rows) stay expressions; compiling computes them once.
pub fn fold_constants(expr: Expr, settings: &SessionSettings) -> Expr {
    let Ok(session) = Session::new(settings) else {
        return expr;
    };
    let session = std::sync::Arc::new(session);
    expr.transform(&mut |expr| fold(expr, &session))
}

fn fold(expr: Expr, session: &std::sync::Arc<Session>) -> Expr {
    if let Some(simpler) = simplify(&expr) {
        return simpler;
    }
    let children = expr.children();
    let leaf = matches!(expr, Expr::Literal { .. } | Expr::Input { .. });
    let constant = children
        .iter()
        .all(|child| matches!(child, Expr::Literal { .. }));
    if leaf || !constant || moves(&expr, session) {
        return expr;
    }
    match value(&expr, session) {
        Ok(Some(literal)) => Expr::literal(literal, expr.ty().clone()),
        _ => expr,
    }
}

fn moves(expr: &Expr, session: &Session) -> bool {
    let Expr::Call { function, .. } = expr else {
        return false;
    };
    match registry::lookup(function).map(|function| function.determinism) {
        Some(Determinism::Deterministic) => false,
        Some(Determinism::Dynamic) => !session.bounded,
        Some(Determinism::NonDeterministic) | None => true,
    }
}

fn value(expr: &Expr, session: &std::sync::Arc<Session>) -> OperatorResult<Option<Literal>> {
    let node = build(expr, session)?;
    let array = node.evaluate(&Rows::constant(session))?.into_column(1)?;
    Ok(array_to_literal(array.as_ref(), expr.ty()))
}

fn boolean(expr: &Expr) -> Option<Option<bool>> {
    match expr {
        Expr::Literal {
            value: Literal::Boolean(value),
            ..
        } => Some(Some(*value)),
        Expr::Literal {
            value: Literal::Null,
            ..
        } => Some(None),
        _ => None,
    }
}

fn simplify(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Call { function, args, .. } if function == "AND" || function == "OR" => {
            let neutral = function == "AND";
            // A deciding constant on the left ends the evaluation; on the right it wins as well,
            // because no error on the left is better than one.
            if args.iter().any(|arg| boolean(arg) == Some(Some(!neutral))) {
                return Some(Expr::literal(Literal::Boolean(!neutral), expr.ty().clone()));
            }
            let mut rest = args
                .iter()
                .filter(|arg| boolean(arg) != Some(Some(neutral)));
            match (rest.next(), rest.next()) {
                (Some(only), None) => Some(only.clone()),
                _ => None,
            }
        }
        Expr::Case {
            branches,
            otherwise,
            ty,
        } => {
            let dead = |condition: &Expr| matches!(boolean(condition), Some(Some(false) | None));
            let first = branches.iter().position(|(condition, _)| !dead(condition));
            match first {
                None => Some(match otherwise {
                    Some(otherwise) => (**otherwise).clone(),
                    None => Expr::literal(Literal::Null, ty.with_nullable(true)),
                }),
                Some(at) if boolean(&branches[at].0) == Some(Some(true)) => {
                    Some(branches[at].1.clone())
                }
                _ => None,
            }
        }
        _ => None,
    }
}
