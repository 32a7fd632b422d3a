//! Joins in FROM: comma lists, `JOIN .. ON`, `USING`, `NATURAL` and `CROSS JOIN`.
//!
//! A column that USING or NATURAL merges stands in front of all others, once; the columns that it was made
//! of can still be named with their table, as in standard SQL.

use std::cell::RefCell;
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::join::JoinKind;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, Ident, JoinConstraint, ObjectName};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::query::Named;
use super::scope::{Relation, Scope};
use super::subquery::{Pending, Subqueries, asks};
use crate::error::SqlError;
use crate::optimizer;
use crate::rel::{PlanSchema, Rel, all_columns, conjunction, conjuncts_of};

/// Rows with the names of their columns.
pub(super) type Scoped = (Arc<Rel>, Scope);

impl Binder<'_> {
    /// All rows of the left side with all of the right: a comma in FROM.
    pub(super) fn cross_join(&self, left: Scoped, right: Scoped) -> Scoped {
        let scope = left.1.beside(right.1);
        let rel = Rel::join(JoinKind::Inner, left.0, right.0, None);
        (Arc::clone(&rel), scope.typed(&rel.schema))
    }

    /// `left JOIN right`.
    pub(super) fn join(
        &self,
        join: &ast::Join,
        left: Scoped,
        right: Scoped,
        named: Option<&Named<'_>>,
    ) -> Result<Scoped, SqlError> {
        let kind = match join.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right => JoinKind::Right,
            ast::JoinKind::Full => JoinKind::Full,
        };
        match &join.constraint {
            JoinConstraint::None if join.kind == ast::JoinKind::Cross => {
                Ok(self.cross_join(left, right))
            }
            JoinConstraint::None => Err(SqlError::invalid("this join has no condition", join.span)
                .with_help("add ON or USING, or write CROSS JOIN")),
            JoinConstraint::On(condition) => {
                let scope = left.1.beside(right.1);
                let pending = RefCell::default();
                let subqueries = Subqueries {
                    pending: &pending,
                    named,
                };
                let span = condition.span;
                let binder = ExprBinder::new(self, &scope, Aggregates::Refused("ON"))
                    .with_subqueries(subqueries);
                let condition = self.fold(binder.condition(condition, "ON")?);
                let pending = pending.borrow();
                let rel = self.joined_on(kind, (left.0, right.0), condition, &pending, span)?;
                let rel = optimizer::settle_joins(&rel);
                let scope = scope.typed(&rel.schema);
                Ok((rel, scope))
            }
            JoinConstraint::Using(columns) => self.merged_join(kind, left, right, columns),
            JoinConstraint::Natural => {
                let common = common_names(&left.1, &right.1, join.span);
                if common.is_empty() {
                    return Ok(self.cross_join(left, right));
                }
                self.merged_join(kind, left, right, &common)
            }
        }
    }

    /// A join whose condition may ask sub-queries. Of an inner join that is a filter on its pairs; of an outer
    /// one only what is asked of the optional side's rows can be settled before.
    fn joined_on(
        &self,
        kind: JoinKind,
        (mut left, mut right): (Arc<Rel>, Arc<Rel>),
        condition: Expr,
        pending: &[Pending],
        span: Span,
    ) -> Result<Arc<Rel>, SqlError> {
        if pending.is_empty() {
            return Ok(Rel::join(kind, left, right, Some(condition)));
        }
        let (asking, plain): (Vec<Expr>, Vec<Expr>) =
            conjuncts_of(&condition).into_iter().partition(asks);
        if kind == JoinKind::Inner {
            let pairs = Rel::join(kind, left, right, conjunction(plain));
            return match conjunction(asking) {
                Some(predicate) => self.filtered(pairs, predicate, pending),
                None => Ok(pairs),
            };
        }
        let width = left.schema.len();
        for conjunct in asking {
            let columns = conjunct.referenced_columns();
            let of_left = columns.iter().all(|&column| column < width);
            let of_right = columns.iter().all(|&column| column >= width);
            match kind {
                JoinKind::Left if of_right => {
                    let below = conjunct.map_columns(&|column| column - width);
                    right = self.filtered(right, below, pending)?;
                }
                JoinKind::Right if of_left => left = self.filtered(left, conjunct, pending)?,
                _ => {
                    return Err(SqlError::unsupported(
                        "a sub-query in ON of an outer join that is asked of both sides, or of the side whose rows are kept",
                        span,
                    )
                    .with_help("join a query in FROM that has the answer as a column"));
                }
            }
        }
        Ok(Rel::join(kind, left, right, conjunction(plain)))
    }

    fn merged_join(
        &self,
        kind: JoinKind,
        left: Scoped,
        right: Scoped,
        names: &[Ident],
    ) -> Result<Scoped, SqlError> {
        let width = left.1.width();
        let mut pairs = Vec::with_capacity(names.len());
        for name in names {
            let name = ObjectName {
                parts: vec![name.clone()],
                span: name.span,
            };
            let column = |scope: &Scope| scope.resolve(&name);
            pairs.push((
                position(&column(&left.1)?),
                width + position(&column(&right.1)?),
                name.span,
            ));
        }
        let scope = left.1.beside(right.1);
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("USING"));
        let column = |schema: &PlanSchema, at: usize| Expr::input(at, schema.fields[at].ty.clone());
        let mut equalities = Vec::with_capacity(pairs.len());
        let mut both = left.0.schema.clone();
        both.fields.extend(right.0.schema.fields.iter().cloned());
        for &(left, right, span) in &pairs {
            let args = vec![column(&both, left), column(&both, right)];
            equalities.push(self.fold(binder.call("=", args, span)?));
        }
        let rel = Rel::join(kind, left.0, right.0, conjunction(equalities));
        let mut scope = scope.typed(&rel.schema);

        // The merged columns first.
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("USING"));
        let mut columns = Vec::with_capacity(rel.schema.len() + pairs.len());
        for (&(left, right, span), name) in pairs.iter().zip(names) {
            let (left, right) = (column(&rel.schema, left), column(&rel.schema, right));
            let merged = match kind {
                JoinKind::Right => right,
                JoinKind::Full => binder.call("COALESCE", vec![left, right], span)?,
                _ => left,
            };
            columns.push((name.value.clone(), merged));
        }
        let merged = columns.len();
        columns.extend(all_columns(&rel));
        let rel = Rel::project(rel, columns);
        for (left, right, _) in pairs {
            scope.hide(left);
            scope.hide(right);
        }
        let schema = PlanSchema {
            fields: rel.schema.fields[..merged].to_vec(),
        };
        scope.relations.insert(0, Relation::new(Vec::new(), schema));
        Ok((rel, scope))
    }
}

/// The names that an unqualified column can have on both sides, in the order of the left one.
fn common_names(left: &Scope, right: &Scope, span: Span) -> Vec<Ident> {
    let name = |scope: &Scope, at: usize| scope.field(at).map(|field| field.name.clone());
    let theirs: Vec<_> = right
        .columns(None)
        .iter()
        .map(|&at| name(right, at))
        .collect();
    let mut common: Vec<Ident> = Vec::new();
    for at in left.columns(None) {
        let ours = name(left, at);
        if let Some(value) = ours.clone()
            && theirs.contains(&ours)
            && !common.iter().any(|known| known.value == value)
        {
            common.push(Ident {
                value,
                quoted: true,
                span,
            });
        }
    }
    common
}

/// Where a column stands; a name of one part is never anything but a column.
fn position(expr: &Expr) -> usize {
    match expr {
        Expr::Input { index, .. } => *index,
        _ => 0,
    }
}
