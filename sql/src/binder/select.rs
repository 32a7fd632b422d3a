//! SELECT: from FROM to the columns that come out.

use std::cell::RefCell;
use std::sync::Arc;

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::window::WindowSpec;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, ExprKind, OrderItem, Select, SelectItem, SetQuantifier};

use super::Binder;
use super::aggregate::{Collector, OverGroups, aggregate_node};
use super::expr::{Aggregates, ExprBinder};
use super::over::{OverCollector, Overs, with_columns};
use super::query::{Named, Sorted};
use super::scope::Scope;
use super::sort::{SortColumn, nulls_first, output_column};
use super::subquery::Subqueries;
use crate::error::SqlError;
use crate::optimizer;
use crate::rel::{Rel, RelNode, SortKey, TimeRole};

/// A column that is selected.
struct Item<'q> {
    name: String,
    expr: Expr,
    /// What it was written as; nothing for a column of `*`.
    written: Option<&'q ast::Expr>,
    span: Span,
}

impl Binder<'_> {
    /// The rows of a SELECT, prepared for sorting by `order_by`.
    pub(super) fn select(
        &self,
        select: &Select,
        order_by: &[OrderItem],
        named: Option<&Named<'_>>,
    ) -> Result<Sorted, SqlError> {
        let (mut input, mut scope) = self.hinted(select)?.from(&select.from, named)?;
        let pending = RefCell::default();
        let subqueries = Subqueries {
            pending: &pending,
            named,
        };
        if let Some(condition) = &select.selection {
            let binder = ExprBinder::new(self, &scope, Aggregates::Refused("WHERE"));
            let binder = binder.with_subqueries(subqueries);
            let predicate = self.fold(binder.condition(condition, "WHERE")?);
            input = self.filtered(input, predicate, &pending.borrow())?;
            // A comma in FROM is a join whose condition has just been found.
            if matches!(select.from.as_slice(), [_, _, ..]) {
                input = optimizer::settle_joins(&input);
            }
        }

        let group_window = self.group_window(&input, &scope, select.group_by.as_ref())?;
        let group_window = group_window.map(|(windowed, with_window, window)| {
            (input, scope) = (windowed, with_window);
            window
        });
        let collector = RefCell::new(Collector::default());
        let overs = RefCell::new(OverCollector::default());
        let mut binder = ExprBinder::new(self, &scope, Aggregates::Collect(&collector))
            .with_subqueries(subqueries);
        binder.group_window = group_window.as_ref();
        let allowed = Some(Overs {
            collector: &overs,
            windows: &select.windows,
        });
        binder.overs = allowed;
        let mut items = self.items(select, &scope, &binder)?;
        binder.overs = None;
        let having = match &select.having {
            Some(condition) => Some((binder.condition(condition, "HAVING")?, condition.span)),
            None => None,
        };
        binder.overs = allowed;
        let visible = items.len();
        let keys = sort_keys(&mut items, order_by, &binder)?;
        let mut qualify = match &select.qualify {
            Some(condition) => {
                let named = items[..visible].iter();
                binder.aliases = named
                    .map(|item| (item.name.clone(), item.expr.clone()))
                    .collect();
                Some((binder.condition(condition, "QUALIFY")?, condition.span))
            }
            None => None,
        };

        let grouping = self.grouping(select.group_by.as_ref(), &scope, group_window.as_ref())?;
        let grouped =
            select.group_by.is_some() || having.is_some() || !collector.borrow().is_empty();
        if grouped {
            let width = scope.width();
            if let Some(group_by) = &select.group_by {
                self.check_windows(&input, &grouping.keys, group_by.span)?;
            }
            input = self.aggregate_rel(input, &grouping, &collector);
            let schema = input.schema.clone();
            let over = OverGroups {
                grouping: &grouping,
                schema: &schema,
                width,
            };
            let references = binder.references.borrow();
            if let Some((condition, span)) = having {
                let predicate = over.rewrite(condition, &references, &scope, span)?;
                input = self.filtered(input, self.fold(predicate), &pending.borrow())?;
            }
            for item in &mut items {
                let expr = item.expr.clone();
                item.expr = over.rewrite(expr, &references, &scope, item.span)?;
            }
            let rewrite = |expr| over.rewrite(expr, &references, &scope, select.span);
            overs.borrow_mut().try_rewrite(rewrite)?;
            if let Some((condition, _)) = &mut qualify {
                *condition = rewrite(condition.clone())?;
            }
        }
        if !overs.borrow().is_empty() {
            let (with_overs, columns) = self.over_rel(input, &overs);
            input = with_overs;
            for item in &mut items {
                item.expr = with_columns(item.expr.clone(), &columns);
            }
            if let Some((condition, _)) = qualify {
                let predicate = with_columns(condition, &columns);
                input = Rel::filter(input, self.fold(predicate));
            }
        } else if let Some((_, span)) = qualify {
            return Err(SqlError::invalid(
                "QUALIFY needs an OVER window in the SELECT list or in its condition",
                span,
            )
            .with_help("use WHERE or HAVING"));
        }
        let exprs = items.iter().map(|item| self.fold(item.expr.clone()));
        let (input, exprs) = self.with_values(input, exprs.collect(), &pending.borrow())?;
        let columns = items.iter().map(|item| item.name.clone()).zip(exprs);
        let mut rel = Rel::project(input, columns.collect());
        if select.quantifier == Some(SetQuantifier::Distinct) {
            if let Some(hidden) = items.get(visible) {
                return Err(SqlError::invalid(
                    "ORDER BY of a SELECT DISTINCT can use selected columns only",
                    hidden.span,
                )
                .with_help("select the expression, too"));
            }
            rel = distinct(rel);
        }
        Ok(Sorted { rel, visible, keys })
    }

    /// Streams are aggregated by slices of a window, and Flink cuts those of HOP at its slide.
    fn check_windows(&self, input: &Rel, keys: &[Expr], span: Span) -> Result<(), SqlError> {
        let has_key = |wanted: TimeRole| {
            keys.iter().any(|key| {
                matches!(key, Expr::Input { index, .. } if input.schema.fields[*index].role == wanted)
            })
        };
        let windowed = has_key(TimeRole::WindowStart) && has_key(TimeRole::WindowEnd);
        let mut rel = input;
        while let RelNode::Filter { input, .. } | RelNode::Project { input, .. } = &rel.node {
            rel = input;
        }
        match &rel.node {
            RelNode::Window {
                window: WindowSpec::Hop { size, slide, .. },
                ..
            } if self.is_streaming() && windowed && size % slide != 0 => Err(SqlError::invalid(
                format!(
                    "an aggregation over HOP requires that the size is an integral multiple of the slide, but got size {size} ms and slide {slide} ms"
                ),
                span,
            )
            .with_help(
                "change SIZE or SLIDE, or run it with 'execution.runtime-mode' = 'batch'",
            )),
            _ => Ok(()),
        }
    }

    fn items<'q>(
        &self,
        select: &'q Select,
        scope: &Scope,
        binder: &ExprBinder<'_>,
    ) -> Result<Vec<Item<'q>>, SqlError> {
        let mut items: Vec<Item<'q>> = Vec::new();
        for item in &select.items {
            match item {
                SelectItem::Star(span) => {
                    if scope.relations.is_empty() {
                        return Err(SqlError::invalid("'*' needs a FROM", *span));
                    }
                    star(scope.columns(None), *span, scope, binder, &mut items);
                }
                SelectItem::QualifiedStar(table) => {
                    let columns = scope.columns(Some(table));
                    if columns.is_empty() {
                        return Err(self.no_star(table, scope));
                    }
                    star(columns, table.span, scope, binder, &mut items);
                }
                SelectItem::Expr { expr, alias } => {
                    let name = match alias {
                        Some(alias) => alias.value.clone(),
                        None => derived_name(expr, items.len()),
                    };
                    items.push(Item {
                        name,
                        expr: binder.bind(expr)?,
                        written: Some(expr),
                        span: expr.span,
                    });
                }
            }
        }
        Ok(items)
    }

    fn no_star(&self, table: &ast::ObjectName, scope: &Scope) -> SqlError {
        let names = scope.relations.iter().filter_map(|r| r.name.last());
        let names: Vec<&str> = names.map(String::as_str).collect();
        if scope.resolve(table).is_ok() {
            return SqlError::unsupported("'.*' of a row's fields", table.span)
                .with_help("name the fields");
        }
        SqlError::invalid(format!("table '{table}' not found"), table.span)
            .suggesting(&table.last().value, names)
    }
}

fn star<'q>(
    columns: Vec<usize>,
    span: Span,
    scope: &Scope,
    binder: &ExprBinder<'_>,
    items: &mut Vec<Item<'q>>,
) {
    for column in columns {
        let Some(field) = scope.field(column) else {
            continue;
        };
        binder.references.borrow_mut().insert(column, span);
        items.push(Item {
            name: field.name.clone(),
            expr: Expr::input(column, field.ty.clone()),
            written: None,
            span,
        });
    }
}

/// The name of a column that was given none: a column keeps its own, the rest is numbered.
fn derived_name(expr: &ast::Expr, position: usize) -> String {
    match &expr.kind {
        ExprKind::Column(name) => name.last().value.clone(),
        ExprKind::Field { field, .. } => field.value.clone(),
        _ => format!("EXPR${position}"),
    }
}

/// The sort keys; what is not selected becomes a column behind the others.
fn sort_keys(
    items: &mut Vec<Item<'_>>,
    order_by: &[OrderItem],
    binder: &ExprBinder<'_>,
) -> Result<Vec<SortKey>, SqlError> {
    let visible = items.len();
    let mut keys = Vec::with_capacity(order_by.len());
    for item in order_by {
        let names: Vec<String> = items[..visible].iter().map(|i| i.name.clone()).collect();
        let written: Vec<Option<&ast::Expr>> = items[..visible].iter().map(|i| i.written).collect();
        let column = match output_column(item, &names, &written)? {
            SortColumn::Output(column) => column,
            SortColumn::Expression => {
                let expr = binder.bind(&item.expr)?;
                items.push(Item {
                    name: format!("$sort{}", items.len() - visible),
                    expr,
                    written: None,
                    span: item.expr.span,
                });
                items.len() - 1
            }
        };
        keys.push(SortKey {
            column,
            ascending: !item.descending,
            nulls_first: nulls_first(item),
        });
    }
    Ok(keys)
}

/// Each different row once.
pub(super) fn distinct(rel: Arc<Rel>) -> Arc<Rel> {
    let keys = (0..rel.schema.len()).collect();
    aggregate_node(rel, keys, Vec::new())
}
