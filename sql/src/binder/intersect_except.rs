//! INTERSECT and EXCEPT, with and without ALL.
//!
//! Both sides are put one after the other, each row with a mark of its side, and counted by row: a row
//! is in the INTERSECT when both sides have it, in the EXCEPT when only the left has it; with ALL it
//! comes as often as the lesser count, or the left's beyond the right's, says (Flink's
//! `RewriteIntersectAllRule` and `RewriteMinusAllRule`). Without ALL it is enough to know whether a side has
//! the row at all: the greatest mark says so, and changes with the answer only, not with every count.
//! NULLs equal each other here.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::TypeKind;
use alpheus_sql_parser::ast::SetOperator;

use super::aggregate::aggregate_node;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, all_columns, columns_of};

/// The first of two `sides` with the same `columns`, without what `op` takes away.
pub(super) fn intersect_or_except(
    op: SetOperator,
    all: bool,
    sides: Vec<Arc<Rel>>,
    columns: Vec<PlanField>,
) -> Arc<Rel> {
    let width = columns.len();
    let mut schema = PlanSchema { fields: columns };
    let mark = TypeKind::Boolean.nullable();
    let marks = ["$left", "$right"].map(|name| PlanField::new(name, mark.clone()));
    schema.fields.extend(marks);
    let sides = sides.into_iter().enumerate();
    let inputs = sides.map(|(at, side)| marked(side, at == 0)).collect();
    let both = Arc::new(Rel {
        node: RelNode::Union { inputs },
        schema,
    });
    let boolean = TypeKind::Boolean.nullable();
    let (function, ty) = match all {
        true => ("COUNT", TypeKind::BigInt.not_null()),
        false => ("MAX", boolean.clone()),
    };
    let mark = |column: usize| AggregateCall {
        function: function.to_owned(),
        args: vec![column],
        arg_types: vec![TypeKind::Boolean.nullable()],
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty: ty.clone(),
    };
    let calls = vec![mark(width), mark(width + 1)];
    let counted = aggregate_node(both, (0..width).collect(), calls);
    let count = |side: usize| Expr::input(width + side, ty.clone());
    let (left, right) = (count(0), count(1));
    if all {
        return repeated(counted, width, copies(op, left, right));
    }
    let is = |test: &str, mark: Expr| Expr::call(test, vec![mark], TypeKind::Boolean.not_null());
    let other = match op {
        SetOperator::Except => is("IS NULL", right),
        _ => is("IS NOT NULL", right),
    };
    let condition = Expr::call(
        "AND",
        vec![is("IS NOT NULL", left), other],
        TypeKind::Boolean.not_null(),
    );
    first_columns(Rel::filter(counted, condition), width)
}

/// The rows with two columns behind: TRUE in that of the side, NULL in the other.
fn marked(rel: Arc<Rel>, is_left: bool) -> Arc<Rel> {
    let boolean = TypeKind::Boolean.nullable();
    let mut columns = all_columns(&rel);
    let mark = |set: bool| match set {
        true => Expr::literal(Literal::Boolean(true), boolean.clone()),
        false => Expr::literal(Literal::Null, boolean.clone()),
    };
    columns.push(("$left".to_owned(), mark(is_left)));
    columns.push(("$right".to_owned(), mark(!is_left)));
    Rel::project(rel, columns)
}

/// How often a row comes.
fn copies(op: SetOperator, left: Expr, right: Expr) -> Expr {
    let ty = TypeKind::BigInt.not_null();
    match op {
        SetOperator::Except => Expr::call("-", vec![left, right], ty),
        _ => Expr::Case {
            branches: vec![(
                Expr::call(
                    "<",
                    vec![left.clone(), right.clone()],
                    TypeKind::Boolean.not_null(),
                ),
                left,
            )],
            otherwise: Some(Box::new(right)),
            ty,
        },
    }
}

/// The first columns of each row, as many times as `copies` says.
fn repeated(rel: Arc<Rel>, width: usize, copies: Expr) -> Arc<Rel> {
    let mut columns = columns_of(&rel, 0..width);
    columns.push(("$copies".to_owned(), copies));
    let rel = Rel::project(rel, columns);
    let schema = rel.schema.clone();
    let rel = Arc::new(Rel {
        node: RelNode::Unnest {
            input: rel,
            collection: width,
            keep_collection: false,
            with_ordinality: false,
            outer: false,
        },
        schema,
    });
    first_columns(rel, width)
}

fn first_columns(rel: Arc<Rel>, width: usize) -> Arc<Rel> {
    let exprs = columns_of(&rel, 0..width).into_iter().map(|(_, expr)| expr);
    Arc::new(Rel {
        schema: PlanSchema {
            fields: rel.schema.fields[..width].to_vec(),
        },
        node: RelNode::Project {
            exprs: exprs.collect(),
            input: rel,
        },
    })
}
