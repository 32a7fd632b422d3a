//! ORDER BY, OFFSET and LIMIT.
//!
//! A sort key is a position (`ORDER BY 1`), a name of the SELECT list, an expression of it, or anything
//! over its input; the last needs a column that is dropped again.

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_sql_parser::ast::{self, ExprKind, OrderItem};

use super::Binder;
use crate::error::SqlError;

/// Whether NULLs come first: Flink sorts NULL as the least value.
pub(super) fn nulls_first(item: &OrderItem) -> bool {
    item.nulls_first.unwrap_or(!item.descending)
}

/// What an ORDER BY item that is no expression over the input refers to.
pub(super) enum SortColumn {
    /// A column of the output.
    Output(usize),
    /// Something else, to be bound.
    Expression,
}

/// Finds the output column that an item names; `names` are the output's, `exprs` what they were made from.
pub(super) fn output_column(
    item: &OrderItem,
    names: &[String],
    exprs: &[Option<&ast::Expr>],
) -> Result<SortColumn, SqlError> {
    if let ExprKind::Literal(ast::Literal::Number(text)) = &item.expr.kind {
        let position = text
            .parse::<usize>()
            .ok()
            .filter(|p| (1..=names.len()).contains(p));
        return match position {
            Some(position) => Ok(SortColumn::Output(position - 1)),
            None => Err(SqlError::invalid(
                format!("ORDER BY {text}: the query has {} columns", names.len()),
                item.expr.span,
            )),
        };
    }
    if let ExprKind::Column(name) = &item.expr.kind
        && let Some(name) = name.single()
        && let Some(position) = names.iter().position(|known| *known == name.value)
    {
        return Ok(SortColumn::Output(position));
    }
    let same = exprs.iter().position(|expr| *expr == Some(&item.expr));
    Ok(same.map_or(SortColumn::Expression, SortColumn::Output))
}

impl Binder<'_> {
    /// The value of LIMIT, FETCH or OFFSET.
    pub(super) fn row_count(
        &self,
        expr: Option<&ast::Expr>,
        what: &'static str,
    ) -> Result<Option<u64>, SqlError> {
        let Some(expr) = expr else {
            return Ok(None);
        };
        let bound = self.constant(expr, what)?;
        let count = match bound {
            Expr::Literal {
                value: Literal::Int(value),
                ty,
            } if ty.kind.is_integer() => u64::try_from(value).ok(),
            _ => None,
        };
        match count {
            Some(count) => Ok(Some(count)),
            None => Err(SqlError::invalid(
                format!("{what} needs a constant number of rows, not below 0"),
                expr.span,
            )),
        }
    }
}
