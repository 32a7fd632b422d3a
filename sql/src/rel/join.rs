//! Joins: kinds, keys, and how a streaming job finds the rows that belong together.
//!
//! The binder makes a join with a condition alone. The optimizer moves conjuncts of one side below the
//! join and takes equalities between the sides out as keys ([`crate::optimizer`]). What is left is the
//! condition, over the columns of the left side, then the right.
//!
//! # Invariants
//!
//! * The two columns of a key have the same type but for NULL.
//! * SEMI and ANTI joins produce the columns of the left side alone.
//! * Event and processing time survive an interval join, and those of the left side a temporal or lookup join; the
//!   columns of a window survive a window join. Otherwise they become ordinary values, as a row may come out
//!   long after its time.

use std::ops::Range;
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::join::{IntervalBounds, JoinKey, JoinKind, TimeColumns, WindowColumns};
use alpheus_dataflow::types::TypeKind;

use super::{PlanField, PlanSchema, Rel, RelNode, TimeRole};

/// How the rows of a join find each other in a stream. Bounded input needs none of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JoinStrategy {
    /// Both sides are kept for ever, or for `table.exec.state.ttl`.
    #[default]
    Regular,
    /// Rows are kept as long as time lets a partner come.
    Interval(IntervalBounds),
    /// Rows of a window are joined when it is complete.
    Window(WindowColumns),
    /// Each row meets the version of the right side that is valid at its time.
    Temporal(TimeColumns),
    /// Each row meets the right side, a table, as it is when the row comes by.
    Lookup,
}

impl JoinStrategy {
    /// A column of each side that it needs besides keys and condition.
    pub(crate) fn columns(&self) -> Option<(usize, usize)> {
        match self {
            JoinStrategy::Regular | JoinStrategy::Lookup => None,
            JoinStrategy::Interval(bounds) => Some((bounds.left, bounds.right)),
            JoinStrategy::Window(windows) => Some((windows.left_end, windows.right_end)),
            JoinStrategy::Temporal(times) => Some((times.left, times.right)),
        }
    }

    /// The same where those columns have moved.
    pub(crate) fn over(self, columns: Option<(usize, usize)>) -> Self {
        match (self, columns) {
            (JoinStrategy::Interval(bounds), Some((left, right))) => {
                JoinStrategy::Interval(IntervalBounds {
                    left,
                    right,
                    ..bounds
                })
            }
            (JoinStrategy::Window(windows), Some((left_end, right_end))) => {
                JoinStrategy::Window(WindowColumns {
                    left_end,
                    right_end,
                    ..windows
                })
            }
            (JoinStrategy::Temporal(_), Some((left, right))) => {
                JoinStrategy::Temporal(TimeColumns { left, right })
            }
            (strategy, _) => strategy,
        }
    }
}

impl Rel {
    /// The join of two relations for whose rows `condition` is TRUE; without it, all with all.
    pub fn join(
        kind: JoinKind,
        left: Arc<Rel>,
        right: Arc<Rel>,
        condition: Option<Expr>,
    ) -> Arc<Rel> {
        Self::keyed_join(kind, left, right, Vec::new(), condition)
    }

    /// The same with equalities taken out of the condition.
    pub fn keyed_join(
        kind: JoinKind,
        left: Arc<Rel>,
        right: Arc<Rel>,
        keys: Vec<JoinKey>,
        condition: Option<Expr>,
    ) -> Arc<Rel> {
        let strategy = JoinStrategy::Regular;
        let schema = join_schema(kind, &left.schema, &right.schema, strategy);
        Arc::new(Rel {
            node: RelNode::Join {
                kind,
                left,
                right,
                keys,
                condition,
                strategy,
            },
            schema,
        })
    }
}

impl Rel {
    /// The same join by another strategy, which may keep other roles of time.
    pub(crate) fn with_strategy(&self, new: JoinStrategy) -> Arc<Rel> {
        let mut rel = self.clone();
        if let RelNode::Join {
            kind,
            left,
            right,
            strategy,
            ..
        } = &mut rel.node
        {
            *strategy = new;
            let roles = join_schema(*kind, &left.schema, &right.schema, new);
            for (field, typed) in rel.schema.fields.iter_mut().zip(roles.fields) {
                field.role = typed.role;
            }
        }
        Arc::new(rel)
    }
}

/// The columns of a join: a side that may have no partner is nullable.
pub(crate) fn join_schema(
    kind: JoinKind,
    left: &PlanSchema,
    right: &PlanSchema,
    strategy: JoinStrategy,
) -> PlanSchema {
    let side = |schema: &PlanSchema, input: usize, optional: bool| -> Vec<PlanField> {
        let field = |field: &PlanField| PlanField {
            name: field.name.clone(),
            ty: field.ty.with_nullable(field.ty.nullable || optional),
            role: role_after(field.role, input, strategy),
        };
        schema.fields.iter().map(field).collect()
    };
    let mut fields = side(left, 0, kind.left_is_optional());
    if kind.has_right_columns() {
        fields.extend(side(right, 1, kind.right_is_optional()));
    }
    PlanSchema { fields }
}

fn role_after(role: TimeRole, input: usize, strategy: JoinStrategy) -> TimeRole {
    let of_window = matches!(
        role,
        TimeRole::WindowStart | TimeRole::WindowEnd | TimeRole::WindowTime
    );
    let survives = match strategy {
        JoinStrategy::Regular => false,
        JoinStrategy::Interval(_) => true,
        JoinStrategy::Window(_) => of_window,
        JoinStrategy::Temporal(_) | JoinStrategy::Lookup => input == 0,
    };
    if survives { role } else { TimeRole::None }
}

/// The conjunction of `conjuncts`; none is no condition.
pub(crate) fn conjunction(conjuncts: impl IntoIterator<Item = Expr>) -> Option<Expr> {
    conjuncts.into_iter().reduce(|left, right| {
        let nullable = left.ty().nullable || right.ty().nullable;
        let ty = TypeKind::Boolean.not_null().with_nullable(nullable);
        Expr::call("AND", vec![left, right], ty)
    })
}

/// The conjuncts of nested ANDs.
pub(crate) fn conjuncts_of(condition: &Expr) -> Vec<Expr> {
    match condition {
        Expr::Call { function, args, .. } if function == "AND" => {
            args.iter().flat_map(conjuncts_of).collect()
        }
        other => vec![other.clone()],
    }
}

/// `expr` over the columns of a right side that stands behind `width` others.
pub(crate) fn shifted(expr: &Expr, width: usize) -> Expr {
    expr.clone().map_columns(&|column| column + width)
}

/// All columns of the relation, each as itself.
pub(crate) fn all_columns(rel: &Rel) -> Vec<(String, Expr)> {
    columns_of(rel, 0..rel.schema.len())
}

/// These columns of the relation, each as itself.
pub(crate) fn columns_of(rel: &Rel, range: Range<usize>) -> Vec<(String, Expr)> {
    let fields = rel.schema.fields[range.clone()].iter();
    fields
        .zip(range)
        .map(|(field, at)| (field.name.clone(), Expr::input(at, field.ty.clone())))
        .collect()
}
