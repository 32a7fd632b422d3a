//! `left, LATERAL (query)` and `left [LEFT] JOIN LATERAL (query) ON ..`: the query is asked for each row of what
//! stands on its left, whose columns it may use.
//!
//! It becomes a join as sub-queries in expressions do ([`decorrelate`](super::decorrelate)), so a global aggregate
//! in it gives no row where it finds nothing, as in Flink.

use std::rc::Rc;

use alpheus_dataflow::join::JoinKind;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, JoinConstraint, Query, TableAlias};

use super::Binder;
use super::decorrelate::{Decorrelation, with_outer_values};
use super::expr::{Aggregates, ExprBinder};
use super::join::Scoped;
use super::query::{Named, rename};
use super::scope::Scope;
use super::subquery::Outer;
use crate::error::SqlError;
use crate::rel::{Rel, all_columns, conjunction, shifted};

impl Binder<'_> {
    /// A join with LATERAL on its right.
    pub(super) fn lateral_join(
        &self,
        join: &ast::Join,
        left: Scoped,
        (query, alias): (&Query, Option<&TableAlias>),
        named: Option<&Named<'_>>,
    ) -> Result<Scoped, SqlError> {
        let kind = match join.kind {
            ast::JoinKind::Inner | ast::JoinKind::Cross => JoinKind::Inner,
            ast::JoinKind::Left => JoinKind::Left,
            ast::JoinKind::Right | ast::JoinKind::Full => {
                return Err(SqlError::unsupported(
                    "LATERAL on the right of a RIGHT or FULL JOIN",
                    join.span,
                )
                .with_help("what stands on its left must be there for the query to be asked"));
            }
        };
        let condition = match &join.constraint {
            JoinConstraint::None => None,
            JoinConstraint::On(condition) => Some(condition),
            JoinConstraint::Using(_) | JoinConstraint::Natural => {
                return Err(
                    SqlError::unsupported("LATERAL with USING or NATURAL", join.span)
                        .with_help("write the condition in ON"),
                );
            }
        };
        self.lateral(
            kind,
            left,
            (query, alias),
            condition,
            named,
            join.right.span,
        )
    }

    /// Each row of the left side with the rows that the query has for it.
    pub(super) fn lateral(
        &self,
        kind: JoinKind,
        left: Scoped,
        (query, alias): (&Query, Option<&TableAlias>),
        condition: Option<&ast::Expr>,
        named: Option<&Named<'_>>,
        span: Span,
    ) -> Result<Scoped, SqlError> {
        let outer = Rc::new(Outer::new(left.1.clone(), self.outer.clone()));
        let mut binder = self.clone();
        binder.outer = Some(Rc::clone(&outer));
        let mut rel = binder.subquery(query, named)?;
        let mut name = Vec::new();
        if let Some(alias) = alias {
            rel = rename(rel, &alias.columns)?;
            name.push(alias.name.value.clone());
        }
        let (width, own) = (left.0.schema.len(), rel.schema.len());
        let scope = left.1.beside(Scope::of(name, rel.schema.clone()));
        let values = outer.references();
        let pulled = Decorrelation {
            span,
            counts_only: false,
            outer: (&left.0, &values),
        }
        .pull(&rel)?;
        let correlated = pulled.conditions.iter();
        let mut conditions: Vec<_> = correlated
            .map(|condition| with_outer_values(shifted(condition, width), &values))
            .collect();
        if let Some(condition) = condition {
            let binder = ExprBinder::new(self, &scope, Aggregates::Refused("ON"));
            conditions.push(binder.condition(condition, "ON")?);
        }
        let condition = conjunction(conditions).map(|condition| self.fold(condition));
        let joined = Rel::join(kind, left.0, pulled.rel, condition);
        let mut columns = all_columns(&joined);
        columns.truncate(width + own);
        let rel = Rel::project(joined, columns);
        let scope = scope.typed(&rel.schema);
        Ok((rel, scope))
    }
}
