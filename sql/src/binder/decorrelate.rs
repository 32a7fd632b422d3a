//! Takes references to the outer query out of a sub-query.
//!
//! A sub-query's plan refers to values of the outer query by [`outer_reference`]. [`pull`](Decorrelation::pull) moves the
//! conditions with such references up to the plan's root, where they become conditions of a join with the
//! outer query (Neumann and Kemper's unnesting, for the cases that Flink's planner handles): past
//! projections by keeping the columns that they read, past aggregates and LIMIT by doing it for each of what they
//! compare. Where they do not compare, the different values of the outer query are joined first, and these compared.
//!
//! # Invariants
//!
//! * What is pulled out of a plan has no references any more, and its first columns are those it had before.

use std::sync::Arc;

use alpheus_dataflow::aggregate::AggregateCall;
use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::join::JoinKind;
use alpheus_dataflow::over::{OverCall, OverFrame};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_sql_parser::Span;

use super::aggregate::aggregate_node;
use super::decorrelate_sides::used_references;
use crate::error::SqlError;
use crate::rel::{
    PlanField, PlanSchema, Rel, RelNode, SortKey, all_columns, conjunction, conjuncts_of, shifted,
};

const OUTER: &str = "$outer.";

/// The value that the outer query passes in at `position`.
pub(super) fn outer_reference(position: usize, ty: LogicalType) -> Expr {
    Expr::call(format!("{OUTER}{position}"), Vec::new(), ty)
}

/// Where the value of a reference stands among those passed in.
pub(super) fn reference(expr: &Expr) -> Option<usize> {
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

pub(super) fn refers(expr: &Expr) -> bool {
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
pub(super) struct Decorrelation<'o> {
    /// The sub-query, for complaints.
    pub(super) span: Span,
    /// Whether only the number of rows matters: what they hold may be forgotten.
    pub(super) counts_only: bool,
    /// The outer query's rows, and what the sub-query takes from each.
    pub(super) outer: (&'o Arc<Rel>, &'o [Expr]),
}

impl Decorrelation<'_> {
    /// For what stands below something whose values matter.
    fn for_values(&self) -> Self {
        Decorrelation {
            counts_only: false,
            ..*self
        }
    }

    /// What stands in the plan with all of its columns.
    pub(super) fn pull_values(&self, rel: &Arc<Rel>) -> Result<Pulled, SqlError> {
        self.for_values().pull(rel)
    }

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
            RelNode::Aggregate {
                input,
                keys,
                aggregates,
            } => self.pull_aggregate(rel, input, keys, aggregates),
            RelNode::Join {
                kind: JoinKind::Inner,
                left,
                right,
                condition,
                ..
            } => self.pull_join(left, right, condition.as_ref()),
            RelNode::Join {
                kind: kind @ (JoinKind::Left | JoinKind::Semi | JoinKind::Anti),
                left,
                right,
                condition,
                ..
            } => self.pull_left_sided(*kind, left, right, condition.as_ref()),
            RelNode::Join {
                kind: JoinKind::Right,
                left,
                right,
                condition,
                ..
            } => self.pull_right_sided(left, right, condition.as_ref()),
            RelNode::Union { inputs } => self.pull_union(rel, inputs),
            RelNode::Sort {
                input,
                fetch: None,
                offset: 0,
                ..
            } => self.pull(input),
            RelNode::Sort {
                input,
                keys,
                fetch,
                offset,
            } => self.pull_first(input, keys, (*offset, *fetch)),
            RelNode::Join { .. } => {
                Err(self
                    .refuse("a sub-query that refers to the outer query from within a full join"))
            }
            _ => Err(self.refuse("this correlated sub-query")),
        }
    }

    fn pull_project(
        &self,
        rel: &Rel,
        input: &Arc<Rel>,
        exprs: &[Expr],
    ) -> Result<Pulled, SqlError> {
        let mut pulled = match self.counts_only {
            true => self.pull(input)?,
            false => self.for_values().pull(input)?,
        };
        let mut exprs = exprs.to_vec();
        if self.counts_only {
            for expr in exprs.iter_mut().filter(|expr| refers(expr)) {
                *expr = Expr::literal(Literal::Null, expr.ty().with_nullable(true));
            }
        } else if exprs.iter().any(refers) {
            (pulled, exprs) = self.with_outer_rows(pulled, exprs);
        }
        let names = rel.schema.fields.iter().map(|field| field.name.clone());
        let mut columns: Vec<(String, Expr)> = names.zip(exprs).collect();
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
    fn pull_aggregate(
        &self,
        rel: &Rel,
        input: &Arc<Rel>,
        keys: &[usize],
        aggregates: &[AggregateCall],
    ) -> Result<Pulled, SqlError> {
        let keyed = self.keyed(self.for_values().pull(input)?);
        let mut all_keys = keys.to_vec();
        all_keys.extend(&keyed.keys);
        let grouped = aggregate_node(
            Arc::clone(&keyed.rel),
            all_keys.clone(),
            aggregates.to_vec(),
        );
        let mut columns = all_columns(&grouped);
        let added: Vec<_> = columns.drain(keys.len()..all_keys.len()).collect();
        for ((name, _), field) in columns.iter_mut().zip(&rel.schema.fields) {
            name.clone_from(&field.name);
        }
        columns.extend(added);
        let first = rel.schema.len();
        Ok(Pulled {
            rel: Rel::project(grouped, columns),
            conditions: keyed.conditions(|position| first + position),
        })
    }

    /// LIMIT for each row of the outer query: the first rows of each of its values.
    fn pull_first(
        &self,
        input: &Arc<Rel>,
        order: &[SortKey],
        (offset, fetch): (u64, Option<u64>),
    ) -> Result<Pulled, SqlError> {
        let keyed = self.keyed(self.for_values().pull(input)?);
        let columns = all_columns(&keyed.rel);
        let mut schema = keyed.rel.schema.clone();
        let bigint = TypeKind::BigInt.not_null();
        schema
            .fields
            .push(PlanField::new("$row_number", bigint.clone()));
        let number = Expr::input(columns.len(), bigint.clone());
        let numbered = Arc::new(Rel {
            node: RelNode::Over {
                input: Arc::clone(&keyed.rel),
                partition: keyed.keys.clone(),
                order: order.to_vec(),
                frame: OverFrame::up_to_current_row(true),
                calls: vec![OverCall::RowNumber],
            },
            schema,
        });
        let compare = |function: &str, with: u64| {
            let with = Literal::Int(i64::try_from(with).unwrap_or(i64::MAX));
            let args = vec![number.clone(), Expr::literal(with, bigint.clone())];
            Expr::call(function, args, TypeKind::Boolean.not_null())
        };
        let last = fetch.map(|fetch| compare("<=", offset.saturating_add(fetch)));
        let after = (offset > 0).then(|| compare(">", offset));
        let first = match conjunction(last.into_iter().chain(after)) {
            Some(predicate) => Rel::filter(numbered, predicate),
            None => numbered,
        };
        Ok(Pulled {
            rel: Rel::project(first, columns),
            conditions: keyed.conditions(|position| keyed.keys[position]),
        })
    }

    /// The rows with the columns that tell outer rows apart: what the conditions compare with outer values or,
    /// where they do something else with them, the outer values themselves.
    fn keyed(&self, pulled: Pulled) -> Keyed {
        let equalities = |pulled: &Pulled| -> Option<Vec<Equality>> {
            pulled.conditions.iter().map(Equality::of).collect()
        };
        let (pulled, equalities) = match equalities(&pulled) {
            Some(equalities) => (pulled, equalities),
            None => {
                let (pulled, _) = self.with_outer_rows(pulled, Vec::new());
                let equalities = equalities(&pulled).unwrap_or_default();
                (pulled, equalities)
            }
        };
        let mut columns = all_columns(&pulled.rel);
        let mut keys = Vec::with_capacity(equalities.len());
        for equality in &equalities {
            let known = columns
                .iter()
                .position(|(_, known)| *known == equality.of_row);
            keys.push(known.unwrap_or_else(|| {
                columns.push((format!("$k{}", columns.len()), equality.of_row.clone()));
                columns.len() - 1
            }));
        }
        Keyed {
            rel: Rel::project(pulled.rel, columns),
            keys,
            equalities,
        }
    }

    /// Joins the different values that the outer query passes in, so that conditions and `exprs` can use them as
    /// columns; the conditions that are left say which of them belong to a row of the outer query.
    pub(super) fn with_outer_rows(&self, pulled: Pulled, exprs: Vec<Expr>) -> (Pulled, Vec<Expr>) {
        let used = used_references(pulled.conditions.iter().chain(&exprs));
        self.with_values_of(pulled, exprs, &used)
    }

    /// The same with the values at `used`, those of `pulled` and `exprs` among them.
    pub(super) fn with_values_of(
        &self,
        pulled: Pulled,
        exprs: Vec<Expr>,
        used: &[usize],
    ) -> (Pulled, Vec<Expr>) {
        let (outer, values) = self.outer;
        let passed = used
            .iter()
            .map(|&at| (format!("$o{at}"), values[at].clone()));
        let passed = Rel::project(Arc::clone(outer), passed.collect());
        let keys = (0..used.len()).collect();
        let passed = aggregate_node(passed, keys, Vec::new());
        let width = pulled.rel.schema.len();
        let column = |position: usize| {
            let at = used
                .iter()
                .position(|&known| known == position)
                .unwrap_or_default();
            Expr::input(width + at, passed.schema.fields[at].ty.clone())
        };
        let over_columns = |expr: Expr| {
            expr.transform(&mut |expr| match reference(&expr) {
                Some(position) => column(position),
                None => expr,
            })
        };
        let conditions = conjunction(pulled.conditions.into_iter().map(over_columns));
        let exprs = exprs.into_iter().map(over_columns).collect();
        let conditions_left = used.iter().map(|&position| {
            let column = column(position);
            let passed = outer_reference(position, column.ty().clone());
            let ty = TypeKind::Boolean.not_null();
            Expr::call("IS NOT DISTINCT FROM", vec![column, passed], ty)
        });
        let conditions_left = conditions_left.collect();
        let pulled = Pulled {
            rel: Rel::join(JoinKind::Inner, pulled.rel, Arc::clone(&passed), conditions),
            conditions: conditions_left,
        };
        (pulled, exprs)
    }

    fn pull_join(
        &self,
        left: &Arc<Rel>,
        right: &Arc<Rel>,
        condition: Option<&Expr>,
    ) -> Result<Pulled, SqlError> {
        let inner = self.for_values();
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

/// Rows with the columns by which they are told apart for different outer rows.
struct Keyed {
    rel: Arc<Rel>,
    /// A column for each of `equalities`.
    keys: Vec<usize>,
    equalities: Vec<Equality>,
}

impl Keyed {
    /// The conditions where the keys have moved: `column` gives the new place of the key at a position.
    fn conditions(&self, column: impl Fn(usize) -> usize) -> Vec<Expr> {
        let equalities = self.equalities.iter().enumerate();
        equalities
            .map(|(position, equality)| {
                let key = Expr::input(column(position), equality.of_row.ty().clone());
                let args = vec![key, equality.of_outer.clone()];
                Expr::call(&equality.function, args, equality.ty.clone())
            })
            .collect()
    }
}

/// An equality between a value of the row and one of the outer query.
struct Equality {
    of_row: Expr,
    of_outer: Expr,
    function: String,
    ty: LogicalType,
}

impl Equality {
    fn of(condition: &Expr) -> Option<Self> {
        let Expr::Call { function, args, ty } = condition else {
            return None;
        };
        let (true, [first, second]) = (
            matches!(function.as_str(), "=" | "IS NOT DISTINCT FROM"),
            args.as_slice(),
        ) else {
            return None;
        };
        let of_outer = |expr: &Expr| refers(expr) && expr.referenced_columns().is_empty();
        let (of_row, of_outer) = match (first, second) {
            (row, outer) if !refers(row) && of_outer(outer) => (row, outer),
            (outer, row) if !refers(row) && of_outer(outer) => (row, outer),
            _ => return None,
        };
        Some(Equality {
            of_row: of_row.clone(),
            of_outer: of_outer.clone(),
            function: function.clone(),
            ty: ty.clone(),
        })
    }
}
