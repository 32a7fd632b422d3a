//! FROM: tables, sub-queries and table functions.

use std::sync::Arc;

use alpheus_dataflow::join::JoinKind;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{Join, TableRef, TableRefKind};

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
                    joined = if sees_its_left(table) {
                        self.beside(joined, table, named)?
                    } else {
                        let right = self.table_ref(table, named)?;
                        self.cross_join(joined, right)
                    };
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

    /// `left, table`, where the table begins with an UNNEST or LATERAL that sees the columns of `left`.
    fn beside(
        &self,
        left: (Arc<Rel>, Scope),
        table: &TableRef,
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        match &table.kind {
            TableRefKind::Join(join) => {
                let left = self.beside(left, &join.left, named)?;
                self.join_with(join, left, named)
            }
            TableRefKind::Derived { query, .. } => {
                let query = (&**query, table.alias.as_ref());
                self.lateral(JoinKind::Inner, left, query, None, named, table.span)
            }
            _ => self.unnest(left, table, false),
        }
    }

    /// A join whose left side is there.
    fn join_with(
        &self,
        join: &Join,
        left: (Arc<Rel>, Scope),
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        if let TableRefKind::Unnest { .. } = &join.right.kind {
            return self.unnest_join(join, left);
        }
        if let TableRefKind::Derived {
            lateral: true,
            query,
        } = &join.right.kind
        {
            return self.lateral_join(join, left, (query, join.right.alias.as_ref()), named);
        }
        let right = self.any_table_ref(&join.right, named)?;
        match &join.right.kind {
            TableRefKind::Named {
                as_of: Some(time), ..
            } => self.temporal_join(join, left, right, time),
            _ => self.join(join, left, right, named),
        }
    }

    /// A table, of which the caller looks at FOR SYSTEM_TIME AS OF.
    fn any_table_ref(
        &self,
        table: &TableRef,
        named: Option<&Named<'_>>,
    ) -> Result<(Arc<Rel>, Scope), SqlError> {
        let (rel, name) = match &table.kind {
            TableRefKind::Named { name, hints, .. } => self.named_table(name, hints, named)?,
            TableRefKind::Derived { query, .. } => (self.derived(query, named)?, Vec::new()),
            TableRefKind::Function { lateral: true, .. } => return Err(lateral(table.span)),
            TableRefKind::Function { call, .. } => (self.window_function(call, named)?, Vec::new()),
            TableRefKind::Unnest { .. } => {
                return self.unnest((one_row(), Scope::default()), table, false);
            }
            TableRefKind::Join(join) => {
                let left = self.table_ref(&join.left, named)?;
                return self.join_with(join, left, named);
            }
            TableRefKind::MatchRecognize { input, spec } => {
                let (input, _) = self.table_ref(input, named)?;
                (self.match_recognize(input, spec)?, Vec::new())
            }
        };
        let rel = self.with_state_ttl(rel, table);
        let Some(alias) = &table.alias else {
            let schema = rel.schema.clone();
            return Ok((rel, Scope::of(name, schema)));
        };
        let rel = rename(rel, &alias.columns)?;
        let schema = rel.schema.clone();
        Ok((rel, Scope::of(vec![alias.name.value.clone()], schema)))
    }
}

/// Whether the first table of a chain of joins may refer to what stands on its left.
fn sees_its_left(table: &TableRef) -> bool {
    match &table.kind {
        TableRefKind::Unnest { .. } | TableRefKind::Derived { lateral: true, .. } => true,
        TableRefKind::Join(join) => sees_its_left(&join.left),
        _ => false,
    }
}

fn lateral(span: Span) -> SqlError {
    SqlError::unsupported("LATERAL TABLE of a function", span)
        .with_help("LATERAL takes a query in parentheses, UNNEST a collection")
}
