//! Queries: WITH, the body, ORDER BY and LIMIT.

use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_sql_parser::ast::{self, Ident, OrderItem, Query, QueryBody};

use super::Binder;
use super::expr::{Aggregates, ExprBinder};
use super::scope::Scope;
use super::sort::{SortColumn, nulls_first, output_column};
use crate::error::SqlError;
use crate::rel::{PlanField, PlanSchema, Rel, RelNode, SortKey, all_columns, columns_of};

/// The queries that WITH has named, innermost first.
#[derive(Clone, Copy)]
pub(super) struct Named<'n> {
    name: &'n str,
    rel: &'n Arc<Rel>,
    outer: Option<&'n Named<'n>>,
}

impl Named<'_> {
    pub(super) fn find(&self, name: &str) -> Option<Arc<Rel>> {
        if self.name == name {
            return Some(Arc::clone(self.rel));
        }
        self.outer?.find(name)
    }
}

/// What a body makes of its ORDER BY.
pub(super) struct Sorted {
    /// Rows, perhaps with columns behind the visible ones that only sorting needs.
    pub(super) rel: Arc<Rel>,
    /// How many columns are visible.
    pub(super) visible: usize,
    /// The keys, as columns of `rel`.
    pub(super) keys: Vec<SortKey>,
}

impl Binder<'_> {
    /// The plan of a whole query; columns of its result have different names.
    pub(crate) fn query(&self, query: &Query) -> Result<Arc<Rel>, SqlError> {
        Ok(unique_names(self.subquery(query, None)?))
    }

    /// The plan of a query inside another one.
    pub(super) fn subquery(
        &self,
        query: &Query,
        named: Option<&Named<'_>>,
    ) -> Result<Arc<Rel>, SqlError> {
        self.with(&query.with, query, named)
    }

    /// The plan of a query that another one reads from: its order is no property of its rows, so that
    /// ORDER BY without LIMIT means nothing (as in Calcite).
    pub(super) fn derived(
        &self,
        query: &Query,
        named: Option<&Named<'_>>,
    ) -> Result<Arc<Rel>, SqlError> {
        Ok(without_order(self.subquery(query, named)?))
    }

    fn with(
        &self,
        ctes: &[ast::Cte],
        query: &Query,
        named: Option<&Named<'_>>,
    ) -> Result<Arc<Rel>, SqlError> {
        let Some((cte, rest)) = ctes.split_first() else {
            return self.framed(query, named);
        };
        let rel = self.derived(&cte.query, named)?;
        let rel = rename(rel, &cte.columns)?;
        let scope = Named {
            name: &cte.name.value,
            rel: &rel,
            outer: named,
        };
        self.with(rest, query, Some(&scope))
    }

    fn framed(&self, query: &Query, named: Option<&Named<'_>>) -> Result<Arc<Rel>, SqlError> {
        let limit = self.row_count(query.limit.as_ref(), "LIMIT")?;
        let offset = self
            .row_count(query.offset.as_ref(), "OFFSET")?
            .unwrap_or(0);
        if query.order_by.is_empty() && limit.is_none() && offset == 0 {
            return self.body(&query.body, named);
        }
        let sorted = match &query.body {
            QueryBody::Select(select) => self.select(select, &query.order_by, named)?,
            body => self.sorted(self.body(body, named)?, &query.order_by)?,
        };
        let schema = sorted.rel.schema.clone();
        let rel = Arc::new(Rel {
            node: RelNode::Sort {
                input: sorted.rel,
                keys: sorted.keys,
                fetch: limit,
                offset,
            },
            schema,
        });
        Ok(first_columns(rel, sorted.visible))
    }

    pub(super) fn body(
        &self,
        body: &QueryBody,
        named: Option<&Named<'_>>,
    ) -> Result<Arc<Rel>, SqlError> {
        match body {
            QueryBody::Select(select) => Ok(self.select(select, &[], named)?.rel),
            QueryBody::Values(values) => self.values(values),
            QueryBody::Table(name) => Ok(self.named_table(name, &[], named)?.0),
            QueryBody::Set(operation) => self.set_operation(operation, named),
            QueryBody::Nested(query) => self.subquery(query, named),
        }
    }

    /// Sort keys over a body without a SELECT list.
    fn sorted(&self, rel: Arc<Rel>, order_by: &[OrderItem]) -> Result<Sorted, SqlError> {
        let names: Vec<String> = rel.schema.fields.iter().map(|f| f.name.clone()).collect();
        let scope = Scope::of(Vec::new(), rel.schema.clone());
        let binder = ExprBinder::new(self, &scope, Aggregates::Refused("ORDER BY"));
        let visible = rel.schema.len();
        let mut hidden: Vec<Expr> = Vec::new();
        let mut keys = Vec::with_capacity(order_by.len());
        for item in order_by {
            let column = match output_column(item, &names, &[])? {
                SortColumn::Output(column) => column,
                SortColumn::Expression => {
                    hidden.push(self.fold(binder.bind(&item.expr)?));
                    visible + hidden.len() - 1
                }
            };
            keys.push(SortKey {
                column,
                ascending: !item.descending,
                nulls_first: nulls_first(item),
            });
        }
        Ok(Sorted {
            rel: with_hidden(rel, hidden),
            visible,
            keys,
        })
    }

    /// An expression without columns, computed.
    pub(super) fn constant(&self, expr: &ast::Expr, what: &'static str) -> Result<Expr, SqlError> {
        let scope = Scope::default();
        let bound = ExprBinder::new(self, &scope, Aggregates::Refused(what)).bind(expr)?;
        Ok(self.fold(bound))
    }
}

fn without_order(rel: Arc<Rel>) -> Arc<Rel> {
    match &rel.node {
        RelNode::Sort {
            input,
            fetch: None,
            offset: 0,
            ..
        } => Arc::clone(input),
        RelNode::Project { input, .. } if matches!(input.node, RelNode::Sort { .. }) => {
            let input = without_order(Arc::clone(input));
            Arc::new(rel.with_inputs(vec![input]))
        }
        _ => rel,
    }
}

/// The rows with more columns behind.
fn with_hidden(rel: Arc<Rel>, hidden: Vec<Expr>) -> Arc<Rel> {
    if hidden.is_empty() {
        return rel;
    }
    let mut columns = all_columns(&rel);
    let hidden = hidden.into_iter().enumerate();
    columns.extend(hidden.map(|(at, expr)| (format!("$sort{at}"), expr)));
    Rel::project(rel, columns)
}

/// The first `count` columns of the rows.
fn first_columns(rel: Arc<Rel>, count: usize) -> Arc<Rel> {
    if rel.schema.len() == count {
        return rel;
    }
    let columns = columns_of(&rel, 0..count);
    Rel::project(rel, columns)
}

/// The rows under other column names, if there are any.
pub(super) fn rename(rel: Arc<Rel>, names: &[Ident]) -> Result<Arc<Rel>, SqlError> {
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return Ok(rel);
    };
    let span = first.span.to(last.span);
    if names.len() != rel.schema.len() {
        return Err(SqlError::invalid(
            format!(
                "{} column names are given for {} columns",
                names.len(),
                rel.schema.len()
            ),
            span,
        )
        .with_help("name all columns, or none"));
    }
    if let Some(twice) = repeated(names.iter().map(|name| name.value.as_str())) {
        return Err(SqlError::invalid(
            format!("the column name '{}' is given twice", names[twice].value),
            names[twice].span,
        ));
    }
    let names = names.iter().map(|name| name.value.clone()).collect();
    Ok(renamed(rel, names))
}

/// Position of the first name that came before.
pub(super) fn repeated<'n>(names: impl Iterator<Item = &'n str>) -> Option<usize> {
    let mut seen = std::collections::HashSet::new();
    names.into_iter().position(|name| !seen.insert(name))
}

fn renamed(rel: Arc<Rel>, names: Vec<String>) -> Arc<Rel> {
    let named = |(field, name): (&PlanField, String)| PlanField {
        name,
        ..field.clone()
    };
    let fields = rel.schema.fields.iter().zip(names).map(named).collect();
    let exprs = all_columns(&rel);
    Arc::new(Rel {
        node: RelNode::Project {
            input: rel,
            exprs: exprs.into_iter().map(|(_, expr)| expr).collect(),
        },
        schema: PlanSchema { fields },
    })
}

/// Names that repeat get a number, as Calcite numbers them: `a`, `a0`, `a1`.
fn unique_names(rel: Arc<Rel>) -> Arc<Rel> {
    let mut used = std::collections::HashSet::new();
    let original: std::collections::HashSet<&str> =
        rel.schema.fields.iter().map(|f| f.name.as_str()).collect();
    let mut names = Vec::with_capacity(rel.schema.len());
    for field in &rel.schema.fields {
        let mut name = field.name.clone();
        let mut number = 0;
        while !used.insert(name.clone()) || (number > 0 && original.contains(name.as_str())) {
            name = format!("{}{number}", field.name);
            number += 1;
        }
        names.push(name);
    }
    if names
        .iter()
        .zip(&rel.schema.fields)
        .all(|(name, field)| *name == field.name)
    {
        return rel;
    }
    renamed(rel, names)
}
