//! `WHERE rn <= n` over ROW_NUMBER: Top-N and deduplication.
//!
//! A stream cannot number all rows of a partition, but it can keep the first few. A filter that bounds
//! the number makes a [`RelNode::Rank`] of the window below it, and where it can be:
//!
//! * over a window function (or an aggregation over one), with `window_start` and `window_end` in
//!   PARTITION BY, a [`RelNode::WindowRank`], which emits once, when the window is complete;
//! * for the first row by a time attribute, a [`RelNode::Deduplicate`].
//!
//! What else the filter says stays above: below, it would change the numbers. A number that can have one
//! value only is a constant. (Flink's `FlinkLogicalRankRule` and those that follow it.)

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::order::{RankRange, SortKey};
use alpheus_dataflow::over::OverCall;
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::TimeAttribute;

use crate::rel::{PlanSchema, Rel, RelNode, TimeRole, conjuncts_of, substitute};

pub(super) fn recognize(rel: Arc<Rel>) -> Arc<Rel> {
    try_recognize(&rel).unwrap_or(rel)
}

fn try_recognize(rel: &Arc<Rel>) -> Option<Arc<Rel>> {
    let RelNode::Filter { input, predicate } = &rel.node else {
        return None;
    };
    let mut projections: Vec<(&[Expr], &PlanSchema)> = Vec::new();
    let mut base = input;
    while let RelNode::Project { input, exprs } = &base.node {
        projections.push((exprs, &base.schema));
        base = input;
    }
    let RelNode::Over {
        input: rows,
        partition,
        order,
        calls,
        ..
    } = &base.node
    else {
        return None;
    };
    if calls.as_slice() != [OverCall::RowNumber] {
        return None;
    }

    let number = rows.schema.len();
    let conjuncts = conjuncts_of(predicate);
    let (mut start, mut end, mut rest) = (1, u64::MAX, Vec::new());
    for conjunct in conjuncts {
        let below = projections
            .iter()
            .fold(conjunct.clone(), |expr, (columns, _)| {
                substitute(&expr, columns)
            });
        match bound(&below, number) {
            Some((least, greatest)) => {
                start = start.max(least);
                end = end.min(greatest);
            }
            None => rest.push(conjunct),
        }
    }
    if end == u64::MAX || start > end || end == 0 {
        return None;
    }
    let range = RankRange { start, end };
    let mut ranked = rank(rows, partition, order, range, &base.schema);
    for (exprs, schema) in projections.into_iter().rev() {
        ranked = Arc::new(Rel {
            node: RelNode::Project {
                input: ranked,
                exprs: exprs.to_vec(),
            },
            schema: schema.clone(),
        });
    }
    let rest = rest
        .into_iter()
        .reduce(|left, right| Expr::call("AND", vec![left, right], TypeKind::Boolean.nullable()));
    Some(match rest {
        Some(predicate) => Rel::filter(ranked, predicate),
        None => ranked,
    })
}

/// The least and the greatest number that a conjunct allows.
fn bound(conjunct: &Expr, number: usize) -> Option<(u64, u64)> {
    let Expr::Call { function, args, .. } = conjunct else {
        return None;
    };
    let is_number = |expr: &Expr| matches!(expr, Expr::Input { index, .. } if *index == number);
    let (operator, value) = match args.as_slice() {
        [left, right] if is_number(left) => (function.as_str(), literal(right)?),
        [left, right] if is_number(right) => {
            let flipped = match function.as_str() {
                "<" => ">",
                "<=" => ">=",
                ">" => "<",
                ">=" => "<=",
                other => other,
            };
            (flipped, literal(left)?)
        }
        _ => return None,
    };
    let value = u64::try_from(value).unwrap_or(0);
    Some(match operator {
        "=" => (value, value),
        "<" => (0, value.saturating_sub(1)),
        "<=" => (0, value),
        ">" => (value.saturating_add(1), u64::MAX),
        ">=" => (value, u64::MAX),
        _ => return None,
    })
}

fn literal(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal {
            value: Literal::Int(value),
            ty,
        } if ty.kind.is_integer() => Some(*value),
        _ => None,
    }
}

/// The rows in the range with their number behind them, as `schema` says.
fn rank(
    input: &Arc<Rel>,
    partition: &[usize],
    order: &[SortKey],
    range: RankRange,
    schema: &PlanSchema,
) -> Arc<Rel> {
    let constant = range.start == range.end;
    let numbered = !constant;
    let node = match (
        window_rank(input, partition, order, range, numbered),
        deduplicate(input, partition, order, range),
    ) {
        (Some(node), _) | (None, Some(node)) => node,
        (None, None) => RelNode::Rank {
            input: Arc::clone(input),
            partition: partition.to_vec(),
            order: order.to_vec(),
            range,
            numbered,
        },
    };
    if numbered {
        return Arc::new(Rel {
            node,
            schema: schema.clone(),
        });
    }
    let ranked = Arc::new(Rel {
        node,
        schema: input.schema.clone(),
    });
    let fields = ranked.schema.fields.iter().enumerate();
    let mut exprs: Vec<Expr> = fields
        .map(|(at, field)| Expr::input(at, field.ty.clone()))
        .collect();
    let number = i64::try_from(range.start).unwrap_or(i64::MAX);
    exprs.push(Expr::literal(
        Literal::Int(number),
        TypeKind::BigInt.not_null(),
    ));
    Arc::new(Rel {
        node: RelNode::Project {
            input: ranked,
            exprs,
        },
        schema: schema.clone(),
    })
}

fn window_rank(
    input: &Arc<Rel>,
    partition: &[usize],
    order: &[SortKey],
    range: RankRange,
    numbered: bool,
) -> Option<RelNode> {
    let key_of = |role: TimeRole| {
        let mut keys = partition.iter().copied();
        keys.find(|&key| input.schema.fields[key].role == role)
    };
    key_of(TimeRole::WindowStart)?;
    let window_end = key_of(TimeRole::WindowEnd)?;
    let zoned = event_time_windows(input)?;
    Some(RelNode::WindowRank {
        input: Arc::clone(input),
        window_end,
        zoned,
        partition: partition.to_vec(),
        order: order.to_vec(),
        range,
        numbered,
    })
}

/// Whether rows are those of event-time windows, and whether of TIMESTAMP_LTZ.
fn event_time_windows(rel: &Rel) -> Option<bool> {
    match &rel.node {
        RelNode::Filter { input, .. } | RelNode::Project { input, .. } => event_time_windows(input),
        RelNode::WindowRank { zoned, .. } | RelNode::AttachedWindowAggregate { zoned, .. } => {
            Some(*zoned)
        }
        RelNode::Window { input, time, .. } | RelNode::WindowAggregate { input, time, .. } => {
            let TimeAttribute::Event { column } = time else {
                return None;
            };
            let kind = &input.schema.fields.get(*column)?.ty.kind;
            Some(matches!(kind, TypeKind::TimestampLtz(_)))
        }
        _ => None,
    }
}

fn deduplicate(
    input: &Arc<Rel>,
    partition: &[usize],
    order: &[SortKey],
    range: RankRange,
) -> Option<RelNode> {
    let [key] = order else { return None };
    if range != (RankRange { start: 1, end: 1 }) {
        return None;
    }
    let time = match input.schema.fields[key.column].role {
        TimeRole::Rowtime | TimeRole::WindowTime => TimeAttribute::Event { column: key.column },
        TimeRole::Proctime => TimeAttribute::Processing,
        _ => return None,
    };
    Some(RelNode::Deduplicate {
        input: Arc::clone(input),
        keys: partition.to_vec(),
        time,
        keep_last: !key.ascending,
    })
}
