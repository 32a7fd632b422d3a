//! References to the outer query within joins that keep the rows of one side, and within UNION.
//!
//! A condition on the left side of a LEFT, SEMI or ANTI join says the same above the join. One in `ON`, or on
//! the side that may have no row, does not: there the different values of the outer query are joined to
//! the left side first, so that the condition compares columns, and which of them belong to a row of the
//! outer query is said above. The inputs of a UNION all get the same such columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::join::JoinKind;

use super::decorrelate::{Decorrelation, Pulled, reference, refers};
use crate::error::SqlError;
use crate::rel::{Rel, RelNode, all_columns, conjunction, conjuncts_of, shifted};

/// Which values of the outer query the expressions use, in order.
pub(super) fn used_references<'e>(exprs: impl Iterator<Item = &'e Expr>) -> Vec<usize> {
    let mut used = BTreeSet::new();
    for expr in exprs {
        expr.visit(&mut |expr| used.extend(reference(expr)));
    }
    used.into_iter().collect()
}

impl Decorrelation<'_> {
    /// A join that keeps the left side's rows: LEFT, SEMI, ANTI.
    pub(super) fn pull_left_sided(
        &self,
        kind: JoinKind,
        left: &Arc<Rel>,
        right: &Arc<Rel>,
        condition: Option<&Expr>,
    ) -> Result<Pulled, SqlError> {
        let (old_left, old_right) = (left.schema.len(), right.schema.len());
        let (left, right) = (self.pull_values(left)?, self.pull_values(right)?);
        let width = left.rel.schema.len();
        let own = condition.map(conjuncts_of).unwrap_or_default();
        let behind = |expr: Expr| {
            expr.map_columns(&|column| match column < old_left {
                true => column,
                false => column - old_left + width,
            })
        };
        let of_right = right.conditions.iter().map(|c| shifted(c, width));
        let on: Vec<Expr> = own.into_iter().map(behind).chain(of_right).collect();
        let (left, on) = match on.iter().any(refers) {
            false => (left, on),
            true => {
                let more = used_references(left.conditions.iter().chain(&on)).len();
                let past = |column: usize| match column < width {
                    true => column,
                    false => column + more,
                };
                let on = on.into_iter().map(|expr| expr.map_columns(&past));
                self.with_outer_rows(left, on.collect())
            }
        };
        let width = left.rel.schema.len();
        let joined = Rel::join(kind, left.rel, right.rel, conjunction(on));
        if !kind.has_right_columns() {
            return Ok(Pulled {
                rel: joined,
                conditions: left.conditions,
            });
        }
        // The columns that it had, then what was added to either side.
        let all = all_columns(&joined);
        let order: Vec<usize> = (0..old_left)
            .chain(width..width + old_right)
            .chain(old_left..width)
            .chain(width + old_right..all.len())
            .collect();
        Ok(reordered(joined, &order, left.conditions))
    }

    /// A RIGHT join, as the LEFT join that it is.
    pub(super) fn pull_right_sided(
        &self,
        left: &Arc<Rel>,
        right: &Arc<Rel>,
        condition: Option<&Expr>,
    ) -> Result<Pulled, SqlError> {
        let (width, other) = (left.schema.len(), right.schema.len());
        let condition = condition.map(|condition| {
            condition
                .clone()
                .map_columns(&|column| match column < width {
                    true => column + other,
                    false => column - width,
                })
        });
        let pulled = self.pull_left_sided(JoinKind::Left, right, left, condition.as_ref())?;
        let all = pulled.rel.schema.len();
        let order: Vec<usize> = (other..other + width)
            .chain(0..other)
            .chain(other + width..all)
            .collect();
        Ok(reordered(pulled.rel, &order, pulled.conditions))
    }

    /// UNION ALL.
    pub(super) fn pull_union(&self, rel: &Rel, inputs: &[Arc<Rel>]) -> Result<Pulled, SqlError> {
        let inputs = inputs.iter().map(|input| self.pull_values(input));
        let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
        let used = used_references(inputs.iter().flat_map(|input| &input.conditions));
        let width = rel.schema.len();
        let mut schema = rel.schema.clone();
        let mut conditions = Vec::new();
        let inputs = inputs.into_iter().map(|input| {
            let (joined, _) = self.with_values_of(input, Vec::new(), &used);
            let all = all_columns(&joined.rel);
            let added = all.len() - used.len();
            let order: Vec<usize> = (0..width).chain(added..all.len()).collect();
            let joined = reordered(joined.rel, &order, joined.conditions);
            schema.fields.truncate(width);
            schema
                .fields
                .extend_from_slice(&joined.rel.schema.fields[width..]);
            conditions = joined.conditions;
            joined.rel
        });
        let inputs = inputs.collect();
        Ok(Pulled {
            rel: Arc::new(Rel {
                node: RelNode::Union { inputs },
                schema,
            }),
            conditions,
        })
    }
}

/// The columns at these places, and the conditions over them.
fn reordered(rel: Arc<Rel>, order: &[usize], conditions: Vec<Expr>) -> Pulled {
    let all = all_columns(&rel);
    let place = |column: usize| order.iter().position(|&at| at == column).unwrap_or(column);
    let conditions = conditions.into_iter();
    Pulled {
        conditions: conditions.map(|c| c.map_columns(&place)).collect(),
        rel: Rel::project(rel, order.iter().map(|&at| all[at].clone()).collect()),
    }
}
