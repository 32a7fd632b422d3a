//! Joins that time bounds: rows can be forgotten once no partner can come any more.
//!
//! An *interval join* compares the time attributes of both sides with a constant distance from below and from
//! above: `o.ts BETWEEN s.ts - INTERVAL '4' HOUR AND s.ts`. Which joins are such is Flink's rule
//! (`IntervalJoinUtil`): both attributes are event time, or both processing time; a comparison with one side
//! only is an ordinary condition.
//!
//! A *window join* compares the bounds of the same kind of window on both sides for equality (`WindowJoinUtil`).

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::{IntervalBounds, JoinKind, WindowColumns};
use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};

use crate::rel::{JoinStrategy, PlanSchema, Rel, RelNode, TimeRole, conjunction, conjuncts_of};

/// Gives joins the strategy that their condition allows, and their output the time that it keeps.
pub(crate) fn recognize(rel: Arc<Rel>) -> Arc<Rel> {
    match &rel.node {
        RelNode::Join {
            kind,
            left,
            right,
            condition: Some(condition),
            strategy: JoinStrategy::Regular,
            ..
        } => {
            let windows = || window(left, right, condition).map(JoinStrategy::Window);
            let bounds = interval(*kind, &left.schema, &right.schema, condition);
            match bounds.map(JoinStrategy::Interval).or_else(windows) {
                Some(strategy) => rel.with_strategy(strategy),
                None => rel,
            }
        }
        // Passes its input's columns on as they are.
        RelNode::Filter { input, .. } if input.schema != rel.schema => Arc::new(Rel {
            node: rel.node.clone(),
            schema: input.schema.clone(),
        }),
        _ => rel,
    }
}

fn interval(
    kind: JoinKind,
    left: &PlanSchema,
    right: &PlanSchema,
    condition: &Expr,
) -> Option<IntervalBounds> {
    if !kind.has_right_columns() {
        return None;
    }
    let role = |column: usize| match left.fields.get(column) {
        Some(field) => field.role,
        None => right.fields[column - left.len()].role,
    };
    let mut pair: Option<(usize, usize)> = None;
    let (mut lower, mut upper) = (None::<i64>, None::<i64>);
    for conjunct in conjuncts_of(condition) {
        let Some(comparison) = Comparison::of(&conjunct, left.len()) else {
            continue;
        };
        let roles = (role(comparison.left), role(comparison.right));
        let comparable = matches!(
            roles,
            (TimeRole::Proctime, TimeRole::Proctime)
                | (
                    TimeRole::Rowtime | TimeRole::WindowTime,
                    TimeRole::Rowtime | TimeRole::WindowTime
                )
        );
        if !comparable || pair.is_some_and(|pair| pair != (comparison.left, comparison.right)) {
            continue;
        }
        pair = Some((comparison.left, comparison.right));
        if let Some(bound) = comparison.lower {
            lower = Some(lower.map_or(bound, |lower| lower.max(bound)));
        }
        if let Some(bound) = comparison.upper {
            upper = Some(upper.map_or(bound, |upper| upper.min(bound)));
        }
    }
    let (column, other) = pair?;
    Some(IntervalBounds {
        left: column,
        right: other - left.len(),
        lower_ms: lower?,
        upper_ms: upper?,
        processing_time: role(column) == TimeRole::Proctime,
    })
}

/// The condition without what the bounds say already.
pub(crate) fn without_bounds(
    condition: Option<&Expr>,
    width: usize,
    bounds: &IntervalBounds,
) -> Option<Expr> {
    let said = |conjunct: &Expr| {
        Comparison::of(conjunct, width).is_some_and(|comparison| {
            (comparison.left, comparison.right) == (bounds.left, width + bounds.right)
        })
    };
    let conjuncts = condition.map(conjuncts_of).unwrap_or_default();
    conjunction(conjuncts.into_iter().filter(|conjunct| !said(conjunct)))
}

/// The windows' ends, when the condition says that both sides' rows are of the same window of one kind.
fn window(left: &Rel, right: &Rel, condition: &Expr) -> Option<WindowColumns> {
    let width = left.schema.len();
    let conjuncts = conjuncts_of(condition);
    let equal = |role: TimeRole| {
        conjuncts.iter().find_map(|conjunct| {
            let Expr::Call { function, args, .. } = conjunct else {
                return None;
            };
            let ("=", [Expr::Input { index: a, .. }, Expr::Input { index: b, .. }]) =
                (function.as_str(), args.as_slice())
            else {
                return None;
            };
            let (of_left, of_right) = (*a.min(b), *a.max(b));
            let is_pair = of_left < width
                && of_right >= width
                && left.schema.fields[of_left].role == role
                && right.schema.fields[of_right - width].role == role;
            is_pair.then(|| (of_left, of_right - width))
        })
    };
    let starts = equal(TimeRole::WindowStart)?;
    let ends = equal(TimeRole::WindowEnd)?;
    let of_left = window_of(left, ends.0)?;
    let same = |rel: &Rel, column: usize| window_of(rel, column) == Some(of_left);
    let all_same = same(left, starts.0) && same(right, starts.1) && same(right, ends.1);
    all_same.then_some(WindowColumns {
        left_end: ends.0,
        right_end: ends.1,
        local: of_left.1,
    })
}

/// The windows that a column is a bound of, and whether they are those of the session's zone. Only event time:
/// windows of processing time end at no watermark.
fn window_of(rel: &Rel, column: usize) -> Option<(WindowSpec, bool)> {
    match &rel.node {
        RelNode::Window {
            input,
            window,
            time,
            ..
        }
        | RelNode::WindowAggregate {
            input,
            window,
            time,
            ..
        } => {
            let of_window = column + 3 >= rel.schema.len();
            match (time, of_window, &rel.node) {
                (TimeAttribute::Event { column: time }, true, _) => {
                    let kind = &input.schema.fields[*time].ty.kind;
                    Some((*window, matches!(kind, TypeKind::TimestampLtz(_))))
                }
                (_, false, RelNode::Window { .. }) => window_of(input, column),
                _ => None,
            }
        }
        RelNode::Project { input, exprs } => match &exprs[column] {
            Expr::Input { index, .. } => window_of(input, *index),
            _ => None,
        },
        RelNode::Aggregate { input, keys, .. }
        | RelNode::AttachedWindowAggregate { input, keys, .. } => {
            window_of(input, *keys.get(column)?)
        }
        RelNode::Filter { input, .. } | RelNode::Watermark { input, .. } => {
            window_of(input, column)
        }
        // Their own columns stand behind those of the input.
        RelNode::Over { input, .. }
        | RelNode::WindowRank { input, .. }
        | RelNode::Rank { input, .. }
        | RelNode::Deduplicate { input, .. }
            if column < input.schema.len() =>
        {
            window_of(input, column)
        }
        RelNode::Join {
            left,
            right,
            strategy: JoinStrategy::Window(_),
            ..
        } => match column.checked_sub(left.schema.len()) {
            None => window_of(left, column),
            Some(column) => window_of(right, column),
        },
        _ => None,
    }
}

/// What a conjunct says of the distance between a column of the left side and one of the right.
struct Comparison {
    left: usize,
    right: usize,
    lower: Option<i64>,
    upper: Option<i64>,
}

impl Comparison {
    fn of(conjunct: &Expr, width: usize) -> Option<Self> {
        let Expr::Call { function, args, .. } = conjunct else {
            return None;
        };
        let [first, second] = args.as_slice() else {
            return None;
        };
        let ((a, a_offset), (b, b_offset)) = (shifted_column(first)?, shifted_column(second)?);
        // `a + a_offset <= b + b_offset`, as a bound of left - right.
        let (left, right, flipped, distance) = match (a < width, b < width) {
            (true, false) => (a, b, false, b_offset.checked_sub(a_offset)?),
            (false, true) => (b, a, true, a_offset.checked_sub(b_offset)?),
            _ => return None,
        };
        let (lower, upper) = match (function.as_str(), flipped) {
            ("=", _) => (Some(distance), Some(distance)),
            ("<=", false) | (">=", true) => (None, Some(distance)),
            ("<", false) | (">", true) => (None, Some(distance - 1)),
            (">=", false) | ("<=", true) => (Some(distance), None),
            (">", false) | ("<", true) => (Some(distance + 1), None),
            _ => return None,
        };
        Some(Comparison {
            left,
            right,
            lower,
            upper,
        })
    }
}

/// A column plus a constant number of ms.
fn shifted_column(expr: &Expr) -> Option<(usize, i64)> {
    match expr {
        Expr::Input { index, .. } => Some((*index, 0)),
        Expr::Cast { input, ty, .. } if ty.kind.is_timestamp() => shifted_column(input),
        Expr::Call { function, args, .. } => {
            let [first, second] = args.as_slice() else {
                return None;
            };
            match (function.as_str(), interval_ms(first), interval_ms(second)) {
                ("+", None, Some(ms)) => {
                    let (column, offset) = shifted_column(first)?;
                    Some((column, offset.checked_add(ms)?))
                }
                ("+", Some(ms), None) => {
                    let (column, offset) = shifted_column(second)?;
                    Some((column, offset.checked_add(ms)?))
                }
                ("-", None, Some(ms)) => {
                    let (column, offset) = shifted_column(first)?;
                    Some((column, offset.checked_sub(ms)?))
                }
                _ => None,
            }
        }
        Expr::Literal { .. } | Expr::Cast { .. } | Expr::Case { .. } => None,
    }
}

fn interval_ms(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal {
            value: Literal::Int(ms),
            ty,
        } if ty.kind == TypeKind::IntervalDayTime => Some(*ms),
        _ => None,
    }
}
