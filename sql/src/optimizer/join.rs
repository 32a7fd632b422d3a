//! Joins: filters go below them, equalities between their sides become keys.
//!
//! [`push_filters`] moves each conjunct of a filter above a join, and of the join's own condition, to where it
//! costs least: to a side that it is about alone, else into an inner join's condition. Which moves keep the
//! meaning depends on the kind: what an outer join does not find it still gives, with NULLs. A filter that
//! drops such rows anyway makes the join an inner one.
//!
//! [`extract_keys`] takes `l = r` out of conditions. Keys that are computed become columns of their side.

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::{JoinKey, JoinKind};
use alpheus_dataflow::types::TypeKind;

use crate::rel::{
    JoinStrategy, Rel, RelNode, all_columns, conjunction, conjuncts_of, is_repeatable, substitute,
};

/// Moves filters towards the scans, past joins.
pub(super) fn push_filters(rel: &Arc<Rel>) -> Arc<Rel> {
    let moved = match &rel.node {
        RelNode::Filter { input, predicate } => push_filter(input, predicate),
        RelNode::Join { .. } => distribute(rel, Vec::new()),
        _ => None,
    };
    let rel = moved.unwrap_or_else(|| Arc::clone(rel));
    let inputs: Vec<Arc<Rel>> = rel.inputs().into_iter().map(push_filters).collect();
    let unchanged = rel
        .inputs()
        .iter()
        .zip(&inputs)
        .all(|(old, new)| Arc::ptr_eq(old, new));
    if unchanged {
        rel
    } else {
        Arc::new(rel.with_inputs(inputs))
    }
}

/// The filter of `input` with its conjuncts moved; `None` when there is no join to move them past.
fn push_filter(input: &Arc<Rel>, predicate: &Expr) -> Option<Arc<Rel>> {
    match &input.node {
        RelNode::Join { .. } => distribute(input, conjuncts_of(predicate)),
        RelNode::Filter {
            input: below,
            predicate: first,
        } if reaches_join(below) => {
            let both = conjunction([first.clone(), predicate.clone()])?;
            push_filter(below, &both)
        }
        RelNode::Project {
            input: below,
            exprs,
        } if reaches_join(below) => {
            let (through, kept): (Vec<Expr>, Vec<Expr>) = conjuncts_of(predicate)
                .into_iter()
                .partition(|conjunct| passes(conjunct, exprs));
            let through = through.iter().map(|conjunct| substitute(conjunct, exprs));
            let through = conjunction(through)?;
            let below = push_filter(below, &through)
                .unwrap_or_else(|| Rel::filter(Arc::clone(below), through));
            let projected = Arc::new(input.with_inputs(vec![below]));
            Some(filtered(projected, kept))
        }
        _ => None,
    }
}

fn reaches_join(rel: &Rel) -> bool {
    match &rel.node {
        RelNode::Join { .. } => true,
        RelNode::Filter { input, .. } | RelNode::Project { input, .. } => reaches_join(input),
        _ => false,
    }
}

/// Whether a conjunct means the same below a projection, and computes nothing a second time.
fn passes(conjunct: &Expr, exprs: &[Expr]) -> bool {
    let free = |column: &usize| matches!(exprs[*column], Expr::Input { .. } | Expr::Literal { .. });
    is_repeatable(conjunct) && conjunct.referenced_columns().iter().all(free)
}

fn filtered(rel: Arc<Rel>, conjuncts: Vec<Expr>) -> Arc<Rel> {
    match conjunction(conjuncts) {
        Some(predicate) => Rel::filter(rel, predicate),
        None => rel,
    }
}

/// Which side of a join an expression is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
    /// No column, or something that must not be computed elsewhere.
    Neither,
}

fn side_of(expr: &Expr, width: usize) -> Side {
    let columns = expr.referenced_columns();
    if columns.is_empty() || !is_repeatable(expr) {
        return Side::Neither;
    }
    match (
        columns.iter().any(|&column| column < width),
        columns.iter().any(|&column| column >= width),
    ) {
        (true, false) => Side::Left,
        (false, true) => Side::Right,
        _ => Side::Both,
    }
}

/// The join with the conjuncts of a filter above it and its own where they belong; `None` when nothing moves.
fn distribute(join: &Arc<Rel>, above: Vec<Expr>) -> Option<Arc<Rel>> {
    let RelNode::Join {
        kind,
        left,
        right,
        keys,
        condition,
        strategy,
    } = &join.node
    else {
        return None;
    };
    let width = left.schema.len();
    let kind = without_padding(*kind, &above, width);
    // A filter below the right side of a temporal join would take versions away that end others.
    let below_right = !matches!(strategy, JoinStrategy::Temporal(_));
    let (mut to_left, mut to_right) = (Vec::new(), Vec::new());
    let (mut within, mut kept) = (Vec::new(), Vec::new());
    for conjunct in &above {
        match (side_of(conjunct, width), kind) {
            (Side::Left, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti) => {
                to_left.push(conjunct.clone());
            }
            (Side::Right, JoinKind::Inner | JoinKind::Right) if below_right => {
                to_right.push(conjunct.clone());
            }
            (Side::Both | Side::Right, JoinKind::Inner) => within.push(conjunct.clone()),
            _ => kept.push(conjunct.clone()),
        }
    }
    for conjunct in condition.iter().flat_map(conjuncts_of) {
        match (side_of(&conjunct, width), kind) {
            (Side::Left, JoinKind::Inner | JoinKind::Right | JoinKind::Semi) => {
                to_left.push(conjunct);
            }
            (Side::Right, JoinKind::Inner | JoinKind::Left | JoinKind::Semi | JoinKind::Anti)
                if below_right =>
            {
                to_right.push(conjunct);
            }
            _ if is_true(&conjunct) => {}
            _ => within.push(conjunct),
        }
    }
    if to_left.is_empty() && to_right.is_empty() && kept.len() == above.len() {
        return None;
    }
    let to_right = to_right
        .into_iter()
        .map(|conjunct| conjunct.map_columns(&|column| column - width))
        .collect();
    let joined = Rel::keyed_join(
        kind,
        filtered(Arc::clone(left), to_left),
        filtered(Arc::clone(right), to_right),
        keys.clone(),
        conjunction(within),
    )
    .with_strategy(*strategy);
    // An outer join that became an inner one has fewer NULLs; who reads it keeps the types it knows.
    let joined = Arc::new(Rel {
        node: joined.node.clone(),
        schema: join.schema.clone(),
    });
    Some(filtered(joined, kept))
}

fn is_true(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Literal {
            value: Literal::Boolean(true),
            ..
        }
    )
}

/// The kind without the rows that the conjuncts above drop for being padded with NULLs.
fn without_padding(kind: JoinKind, above: &[Expr], width: usize) -> JoinKind {
    let drops = |side: &dyn Fn(usize) -> bool| above.iter().any(|c| rejects_null(c, side));
    let needs_left = kind.left_is_optional() && drops(&|column| column < width);
    let needs_right = kind.right_is_optional() && drops(&|column| column >= width);
    match (kind, needs_left, needs_right) {
        (JoinKind::Left, _, true) | (JoinKind::Right, true, _) | (JoinKind::Full, true, true) => {
            JoinKind::Inner
        }
        // Rows without a left partner are dropped: what is left are the left rows.
        (JoinKind::Full, true, false) => JoinKind::Left,
        (JoinKind::Full, false, true) => JoinKind::Right,
        (kind, _, _) => kind,
    }
}

/// Whether the conjunct is not TRUE for any row whose columns of `side` are all NULL.
fn rejects_null(expr: &Expr, side: &dyn Fn(usize) -> bool) -> bool {
    let Expr::Call { function, args, .. } = expr else {
        return false;
    };
    match function.as_str() {
        "=" | "<>" | "<" | "<=" | ">" | ">=" | "LIKE" => args.iter().any(|a| is_null_with(a, side)),
        "IS NOT NULL" => args.iter().all(|arg| is_null_with(arg, side)),
        "AND" => args.iter().any(|arg| rejects_null(arg, side)),
        "OR" => args.iter().all(|arg| rejects_null(arg, side)),
        _ => false,
    }
}

/// Whether the value is NULL when all columns of `side` are.
fn is_null_with(expr: &Expr, side: &dyn Fn(usize) -> bool) -> bool {
    match expr {
        Expr::Input { index, .. } => side(*index),
        Expr::Cast { input, .. } => is_null_with(input, side),
        Expr::Call { function, args, .. } => {
            matches!(function.as_str(), "+" | "-" | "*" | "/" | "%")
                && args.iter().any(|arg| is_null_with(arg, side))
        }
        Expr::Literal { .. } | Expr::Case { .. } => false,
    }
}

/// Takes equalities between the sides out of a join's condition.
pub(super) fn extract_keys(rel: Arc<Rel>) -> Arc<Rel> {
    let RelNode::Join {
        kind,
        left,
        right,
        keys,
        condition: Some(condition),
        strategy,
    } = &rel.node
    else {
        return rel;
    };
    let width = left.schema.len();
    let (mut left_columns, mut right_columns) = (all_columns(left), all_columns(right));
    let mut keys = keys.clone();
    let mut rest = Vec::new();
    for conjunct in conjuncts_of(condition) {
        match equality(&conjunct, width) {
            Some((l, r, null_safe)) => keys.push(JoinKey {
                left: position(&mut left_columns, l),
                right: position(&mut right_columns, r.map_columns(&|column| column - width)),
                null_safe,
            }),
            None => rest.push(conjunct),
        }
    }
    if rest.len() == conjuncts_of(condition).len() {
        return rel;
    }
    let added = left_columns.len() - width;
    let computed = added + right_columns.len() - right.schema.len();
    let side = |rel: &Arc<Rel>, columns: Vec<(String, Expr)>| match columns.len() {
        same if same == rel.schema.len() => Arc::clone(rel),
        _ => Rel::project(Arc::clone(rel), columns),
    };
    let behind = |column: usize| {
        if column < width {
            column
        } else {
            column + added
        }
    };
    let rest = rest
        .into_iter()
        .map(|conjunct| conjunct.map_columns(&behind));
    let joined = Rel::keyed_join(
        *kind,
        side(left, left_columns),
        side(right, right_columns),
        keys,
        conjunction(rest),
    );
    let joined = joined.with_strategy(*strategy);
    if computed == 0 {
        return Arc::new(Rel {
            node: joined.node.clone(),
            schema: rel.schema.clone(),
        });
    }
    let fields = rel.schema.fields.iter().enumerate();
    let columns = fields.map(|(at, field)| {
        let column = Expr::input(behind(at), field.ty.clone());
        (field.name.clone(), column)
    });
    Rel::project(joined, columns.collect())
}

/// The column of this value, added if there is none.
fn position(columns: &mut Vec<(String, Expr)>, value: Expr) -> usize {
    match columns.iter().position(|(_, known)| *known == value) {
        Some(position) => position,
        None => {
            columns.push((format!("$f{}", columns.len()), value));
            columns.len() - 1
        }
    }
}

/// The sides of `l = r`, and whether NULLs are equal.
fn equality(conjunct: &Expr, width: usize) -> Option<(Expr, Expr, bool)> {
    let Expr::Call { function, args, .. } = conjunct else {
        return None;
    };
    let null_safe = match function.as_str() {
        "=" => false,
        "IS NOT DISTINCT FROM" => true,
        _ => return None,
    };
    let [first, second] = args.as_slice() else {
        return None;
    };
    if first.ty().to_arrow() != second.ty().to_arrow() || !can_be_key(&first.ty().kind) {
        return None;
    }
    match (side_of(first, width), side_of(second, width)) {
        (Side::Left, Side::Right) => Some((first.clone(), second.clone(), null_safe)),
        (Side::Right, Side::Left) => Some((second.clone(), first.clone(), null_safe)),
        _ => None,
    }
}

fn can_be_key(kind: &TypeKind) -> bool {
    !matches!(
        kind,
        TypeKind::Map(..) | TypeKind::Multiset(_) | TypeKind::Null
    )
}
