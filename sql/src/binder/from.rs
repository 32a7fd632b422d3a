//! FROM: tables, sub-queries and table functions.

use std::sync::Arc;

use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{JoinConstraint, JoinKind, TableRef, TableRefKind};

use super::Binder;
use super::query::{Named, rename};
use super::scope::Scope;
use super::set_operation::one_row;
use crate::error::SqlError;
use crate::rel::Rel;

impl Binder<'_> {
    /// The rows of FROM and the names in it.
    pub(super) fn from(
        &self,
        tables: &[TableRef],
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        match tables {
            [] => Ok((one_row(), Scope::default())),
            [only] => self.table_ref(only, named),
            [_, second, ..] => Err(match &second.kind {
                TableRefKind::Unnest { .. } => unnest(second.span),
                TableRefKind::Function { .. } | TableRefKind::Derived { lateral: true, .. } => {
                    lateral(second.span)
                }
                _ => join("a join of several tables", second.span),
            }),
        }
    }

    fn table_ref(
        &self,
        table: &TableRef,
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        let (rel, name) = match &table.kind {
            TableRefKind::Named { name, hints, as_of } => {
                if as_of.is_some() {
                    return Err(SqlError::unsupported("FOR SYSTEM_TIME AS OF", table.span)
                        .with_help("temporal joins are not there yet"));
                }
                self.named_table(name, hints, named)?
            }
            TableRefKind::Derived {
                lateral: false,
                query,
            } => (self.derived(query, named)?, Vec::new()),
            TableRefKind::Derived { lateral: true, .. }
            | TableRefKind::Function { lateral: true, .. } => return Err(lateral(table.span)),
            TableRefKind::Function { call, .. } => (self.window_function(call, named)?, Vec::new()),
            TableRefKind::Unnest { .. } => return Err(unnest(table.span)),
            TableRefKind::Join(inner) => {
                return Err(match &inner.right.kind {
                    TableRefKind::Unnest { .. } => unnest(inner.right.span),
                    TableRefKind::Function { lateral: true, .. }
                    | TableRefKind::Derived { lateral: true, .. } => lateral(inner.right.span),
                    TableRefKind::Named { as_of: Some(_), .. } => {
                        join("a temporal join (FOR SYSTEM_TIME AS OF)", inner.span)
                    }
                    _ if inner.constraint == JoinConstraint::Natural => {
                        join("NATURAL JOIN", inner.span)
                    }
                    _ => join(
                        match inner.kind {
                            JoinKind::Inner => "JOIN",
                            JoinKind::Left => "LEFT JOIN",
                            JoinKind::Right => "RIGHT JOIN",
                            JoinKind::Full => "FULL JOIN",
                            JoinKind::Cross => "CROSS JOIN",
                        },
                        inner.span,
                    ),
                });
            }
            TableRefKind::MatchRecognize { .. } => {
                return Err(SqlError::unsupported("MATCH_RECOGNIZE", table.span));
            }
        };
        let Some(alias) = &table.alias else {
            let schema = rel.schema.clone();
            return Ok((rel, Scope::of(name, schema)));
        };
        let rel = rename(rel, &alias.columns)?;
        let schema = rel.schema.clone();
        Ok((rel, Scope::of(vec![alias.name.value.clone()], schema)))
    }
}

fn join(feature: &str, span: Span) -> SqlError {
    SqlError::unsupported(feature, span)
        .with_help("a query reads one table; UNION ALL puts several one after the other")
}

fn unnest(span: Span) -> SqlError {
    SqlError::unsupported("UNNEST", span).with_help("take elements by position: a[1]")
}

fn lateral(span: Span) -> SqlError {
    SqlError::unsupported("LATERAL", span)
}
