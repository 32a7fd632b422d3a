//! FROM: tables, sub-queries and table functions.

use std::sync::Arc;

use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{TableRef, TableRefKind};

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
            [first, rest @ ..] => {
                let mut joined = self.table_ref(first, named)?;
                for table in rest {
                    if let TableRefKind::Unnest { .. } = &table.kind {
                        joined = self.unnest(joined, table, false)?;
                        continue;
                    }
                    let right = self.table_ref(table, named)?;
                    joined = self.cross_join(joined, right);
                }
                Ok(joined)
            }
        }
    }

    fn table_ref(
        &self,
        table: &TableRef,
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        if let TableRefKind::Named { as_of: Some(_), .. } = &table.kind {
            return Err(SqlError::invalid(
                "FOR SYSTEM_TIME AS OF can stand behind the right table of a JOIN only",
                table.span,
            ));
        }
        self.any_table_ref(table, named)
    }

    /// A table, of which the caller looks at FOR SYSTEM_TIME AS OF.
    fn any_table_ref(
        &self,
        table: &TableRef,
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        let (rel, name) = match &table.kind {
            TableRefKind::Named { name, hints, .. } => self.named_table(name, hints, named)?,
            TableRefKind::Derived {
                lateral: false,
                query,
            } => (self.derived(query, named)?, Vec::new()),
            TableRefKind::Derived { lateral: true, .. }
            | TableRefKind::Function { lateral: true, .. } => return Err(lateral(table.span)),
            TableRefKind::Function { call, .. } => (self.window_function(call, named)?, Vec::new()),
            TableRefKind::Unnest { .. } => {
                return self.unnest((one_row(), Scope::default()), table, false);
            }
            TableRefKind::Join(join) => {
                let left = self.table_ref(&join.left, named)?;
                if let TableRefKind::Unnest { .. } = &join.right.kind {
                    return self.unnest_join(join, left);
                }
                let right = self.any_table_ref(&join.right, named)?;
                return match &join.right.kind {
                    TableRefKind::Named {
                        as_of: Some(time), ..
                    } => self.temporal_join(join, left, right, time),
                    _ => self.join(join, left, right),
                };
            }
            TableRefKind::MatchRecognize { input, spec } => {
                let (input, _) = self.table_ref(input, named)?;
                (self.match_recognize(input, spec)?, Vec::new())
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

fn lateral(span: Span) -> SqlError {
    SqlError::unsupported("LATERAL", span)
}
