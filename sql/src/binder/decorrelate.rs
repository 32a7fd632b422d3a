//! Takes references to the outer query out of a sub-query.
//!
//! A sub-query's plan refers to values of the outer query by [`outer_reference`]. [`pull`] moves the
//! conditions with such references up to the plan's root, where they become conditions of a join with the
//! outer query (Neumann and Kemper's unnesting, for the cases that Flink's planner handles): past
//! projections by keeping the columns that they read, past aggregates by grouping by what they compare.
//!
//! # Invariants
//!
//! * What is pulled out of a plan has no references any more, and its first columns are those it had before.

use std::sync::Arc;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::JoinKind;
use alpheus_dataflow::types::LogicalType;
use alpheus_sql_parser::Span;

use super::aggregate::aggregate_node;
use crate::error::SqlError;
use crate::rel::{PlanSchema, Rel, RelNode, all_columns, conjunction, conjuncts_of, shifted};

const OUTER: &str = "$outer.";

/// The value that the outer query passes in at `position`.
pub(super) fn outer_reference(position: usize, ty: LogicalType) -> Expr {
    Expr::call(format!("{OUTER}{position}"), Vec::new(), ty)
}

/// Where the value of a reference stands among those passed in.
fn reference(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Call { function, .. } => function.strip_prefix(OUTER)?.parse().ok(),
        _ => None,
    }
}

/// The expression with `values` in place of references.
pub(super) fn with_outer_values(expr: Expr, values: &[Expr]) -> Expr {
    expr.transform(&mut |expr| match reference(&expr) {
        Some(position) => values[position].clone(),
        None => expr,
    })
}

fn refers(expr: &Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |expr| found |= reference(expr).is_some());
    found
}

/// Whether the plan refers to the outer query anywhere.
pub(super) fn is_correlated(rel: &Rel) -> bool {
    let here = match &rel.node {
        RelNode::Filter { predicate, .. } => refers(predicate),
        RelNode::Project { exprs, .. } => exprs.iter().any(refers),
        RelNode::Values { rows } => rows.iter().flatten().any(refers),
        RelNode::Join { condition, .. } => condition.iter().any(refers),
        _ => false,
    };
    here || rel.inputs().iter().any(|input| is_correlated(input))
}

/// A plan without references.
pub(super) struct Pulled {
    /// The plan; columns that `conditions` need may stand behind those it had.
    pub(super) rel: Arc<Rel>,
    /// Conjuncts over its columns and references.
    pub(super) conditions: Vec<Expr>,
}

/// Pulls references out of plans.
#[derive(Clone, Copy)]
pub(super) struct Decorrelation {
    /// The sub-query, for complaints.
    pub(super) span: Span,
    /// Whether only the number of rows matters: what they hold may be forgotten.
    pub(super) counts_only: bool,
}

impl Decorrelation {
    fn refuse(&self, feature: &str) -> SqlError {
        SqlError::unsupported(feature, self.span)
            .with_help("compare the tables in WHERE, or write it as a join")
    }

    pub(super) fn pull(&self, rel: &Arc<Rel>) -> Result<Pulled, SqlError> {
        if !is_correlated(rel) {
            return Ok(Pulled {
                rel: Arc::clone(rel),
                conditions: Vec::new(),
            });
        }
        match &rel.node {
            RelNode::Filter { input, predicate } => {
                let mut pulled = self.pull(input)?;
                let (outer, inner): (Vec<Expr>, Vec<Expr>) =
                    conjuncts_of(predicate).into_iter().partition(refers);
                if let Some(inner) = conjunction(inner) {
                    pulled.rel = Rel::filter(pulled.rel, inner);
                }
                pulled.conditions.extend(outer);
                Ok(pulled)
            }
            RelNode::Project { input, exprs } => self.pull_project(rel, input, exprs),
            RelNode::Aggregate { .. } => self.pull_aggregate(rel),
            RelNode::Join {
                kind: JoinKind::Inner,
                left,
                right,
                condition,
                ..
            } => self.pull_join(left, right, condition.as_ref()),
            RelNode::Join {
                kind: kind @ (JoinKind::Semi | JoinKind::Anti),
                left,
                right,
                condition,
                ..
            } if !is_correlated(right) && !condition.iter().any(refers) => {
                self.pull_left(*kind, left, right, condition.as_ref())
            }
            RelNode::Sort {
                input,
                fetch: None,
                offset: 0,
                ..
            } => self.pull(input),
            RelNode::Sort { .. } => Err(self.refuse("LIMIT in a correlated sub-query")),
            RelNode::Join { .. } => Err(self.refuse(
                "a sub-query that refers to the outer query from within an outer join or another sub-query",
            )),
            RelNode::Union { .. } => Err(self.refuse("UNION in a correlated sub-query")),
            _ => Err(self.refuse("this correlated sub-query")),
        }
    }

    fn pull_project(
        &self,
        rel: &Rel,
        input: &Arc<Rel>,
        exprs: &[Expr],
    ) -> Result<Pulled, SqlError> {
        let inner = Decorrelation {
            counts_only: false,
            ..*self
        };
        let pulled = match self.counts_only {
            true => self.pull(input)?,
            false => inner.pull(input)?,
        };
        let mut columns = Vec::with_capacity(exprs.len());
        for (expr, field) in exprs.iter().zip(&rel.schema.fields) {
            let expr = match refers(expr) {
                false => expr.clone(),
                true if self.counts_only => {
                    Expr::literal(Literal::Null, expr.ty().with_nullable(true))
                }
                true => {
                    return Err(
                        self.refuse("a column of the outer query in what a sub-query selects")
                    );
                }
            };
            columns.push((field.name.clone(), expr));
        }
        let conditions = (pulled.conditions.into_iter())
            .map(|condition| kept(condition, &pulled.rel.schema, &mut columns))
            .collect();
        Ok(Pulled {
            rel: Rel::project(pulled.rel, columns),
            conditions,
        })
    }

    /// Groups by what the conditions compare with outer values, too. A global aggregate then has no row
    /// where it had one over nothing: who joins with it takes care of that.
    fn pull_aggregate(&self, rel: &Rel) -> Result<Pulled, SqlError> {
        let RelNode::Aggregate {
            input,
            keys,
            aggregates,
        } = &rel.node
        else {
            return Err(self.refuse("this correlated sub-query"));
        };
        let inner = Decorrelation {
            counts_only: false,
            ..*self
        };
        let pulled = inner.pull(input)?;
        let mut columns = all_columns(&pulled.rel);
        let mut all_keys = keys.clone();
        let mut conditions = Vec::with_capacity(pulled.conditions.len());
        for condition in pulled.conditions {
            let Some((of_row, of_outer, function)) = comparison(&condition) else {
                return Err(self.refuse(
                    "a correlated sub-query with an aggregate and a condition on the outer query other than =",
                ));
            };
            let ty = of_row.ty().clone();
            let column = match columns.iter().position(|(_, known)| *known == of_row) {
                Some(column) => column,
                None => {
                    columns.push((format!("$k{}", columns.len()), of_row));
                    columns.len() - 1
                }
            };
            let key = match all_keys[keys.len()..].iter().position(|&key| key == column) {
                Some(position) => position,
                None => {
                    all_keys.push(column);
                    all_keys.len() - keys.len() - 1
                }
            };
            // Behind the columns that the aggregate had.
            let key = Expr::input(rel.schema.len() + key, ty);
            let result = condition.ty().clone();
            conditions.push(Expr::call(function, vec![key, of_outer], result));
        }
        let input = Rel::project(pulled.rel, columns);
        let grouped = aggregate_node(input, all_keys.clone(), aggregates.clone());
        let fields = grouped.schema.fields.iter().enumerate();
        let mut columns: Vec<(String, Expr)> = fields
            .map(|(at, field)| (field.name.clone(), Expr::input(at, field.ty.clone())))
            .collect();
        let added: Vec<_> = columns.drain(keys.len()..all_keys.len()).collect();
        for ((name, _), field) in columns.iter_mut().zip(&rel.schema.fields) {
            name.clone_from(&field.name);
        }
        columns.extend(added);
        Ok(Pulled {
            rel: Rel::project(grouped, columns),
            conditions,
        })
    }

    /// A sub-query in the sub-query, which has nothing to do with the outer query itself.
    fn pull_left(
        &self,
        kind: JoinKind,
        left: &Arc<Rel>,
        right: &Arc<Rel>,
        condition: Option<&Expr>,
    ) -> Result<Pulled, SqlError> {
        let inner = Decorrelation {
            counts_only: false,
            ..*self
        };
        let old_width = left.schema.len();
        let pulled = inner.pull(left)?;
        let width = pulled.rel.schema.len();
        let behind = |column: usize| match column < old_width {
            true => column,
            false => column - old_width + width,
        };
        let condition = condition.map(|condition| condition.clone().map_columns(&behind));
        Ok(Pulled {
            rel: Rel::join(kind, pulled.rel, Arc::clone(right), condition),
            conditions: pulled.conditions,
        })
    }

    fn pull_join(
        &self,
        left: &Arc<Rel>,
        right: &Arc<Rel>,
        condition: Option<&Expr>,
    ) -> Result<Pulled, SqlError> {
        let inner = Decorrelation {
            counts_only: false,
            ..*self
        };
        let (old_width, old_right) = (left.schema.len(), right.schema.len());
        let (left, right) = (inner.pull(left)?, inner.pull(right)?);
        let width = left.rel.schema.len();
        let behind = |expr: Expr| {
            expr.map_columns(&|column| match column < old_width {
                true => column,
                false => column - old_width + width,
            })
        };
        let own = condition.map(conjuncts_of).unwrap_or_default();
        let (outer, own): (Vec<Expr>, Vec<Expr>) = own.into_iter().partition(refers);
        let joined = Rel::join(
            JoinKind::Inner,
            left.rel,
            right.rel,
            conjunction(own.into_iter().map(behind)),
        );
        // The columns that it had, then what was added to either side.
        let all = all_columns(&joined);
        let order: Vec<usize> = (0..old_width)
            .chain(width..width + old_right)
            .chain(old_width..width)
            .chain(width + old_right..all.len())
            .collect();
        let place = |column: usize| order.iter().position(|&at| at == column).unwrap_or(column);
        let of_right = right.conditions.iter().map(|c| shifted(c, width));
        let conditions = left.conditions.iter().cloned().chain(of_right);
        let conditions = conditions.chain(outer.into_iter().map(behind));
        let conditions = conditions.map(|c| c.map_columns(&place)).collect();
        let columns = order.iter().map(|&at| all[at].clone()).collect();
        Ok(Pulled {
            rel: Rel::project(joined, columns),
            conditions,
        })
    }
}

/// The condition over projected columns; what it reads of `input` is projected, too.
fn kept(condition: Expr, input: &PlanSchema, columns: &mut Vec<(String, Expr)>) -> Expr {
    condition.transform(&mut |expr| match expr {
        Expr::Input { index, ref ty } => {
            let position = match columns.iter().position(|(_, known)| *known == expr) {
                Some(position) => position,
                None => {
                    columns.push((input.fields[index].name.clone(), expr.clone()));
                    columns.len() - 1
                }
            };
            Expr::input(position, ty.clone())
        }
        other => other,
    })
}

/// The sides of an equality between a value of the row and one of the outer query.
fn comparison(condition: &Expr) -> Option<(Expr, Expr, String)> {
    let Expr::Call { function, args, .. } = condition else {
        return None;
    };
    let (true, [first, second]) = (
        matches!(function.as_str(), "=" | "IS NOT DISTINCT FROM"),
        args.as_slice(),
    ) else {
        return None;
    };
    let of_outer = |expr: &Expr| refers(expr) && expr.referenced_columns().is_empty();
    if !refers(first) && of_outer(second) {
        return Some((first.clone(), second.clone(), function.clone()));
    }
    (!refers(second) && of_outer(first)).then(|| (second.clone(), first.clone(), function.clone()))
}
