//! The JSON functions whose arguments are clauses.
//!
//! The function library knows them as ordinary calls; clauses that change what they do are refused.

use alpheus_dataflow::expr::Expr;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{self, JsonCall, JsonNulls};

use super::expr::ExprBinder;
use crate::error::SqlError;

impl ExprBinder<'_> {
    pub(super) fn json_call(&self, call: &JsonCall, span: Span) -> Result<Expr, SqlError> {
        match call {
            JsonCall::ObjectAgg {
                key,
                value,
                nulls,
                filter,
            } => {
                let name = match nulls {
                    Some(JsonNulls::Absent) => "JSON_OBJECTAGG_ABSENT_ON_NULL",
                    _ => "JSON_OBJECTAGG_NULL_ON_NULL",
                };
                self.aggregate(name, &[key, value], false, &[], filter.as_ref(), span)
            }
            JsonCall::ArrayAgg {
                item,
                order_by,
                nulls,
                filter,
            } => {
                let name = match nulls {
                    Some(JsonNulls::Null) => "JSON_ARRAYAGG_NULL_ON_NULL",
                    _ => "JSON_ARRAYAGG_ABSENT_ON_NULL",
                };
                let order: Vec<&ast::OrderItem> = order_by.iter().collect();
                self.aggregate(name, &[item], false, &order, filter.as_ref(), span)
            }
            JsonCall::Value {
                input,
                path,
                returning: None,
                on_empty: None,
                on_error: None,
            } => self.plain_json("JSON_VALUE", &[input, path], span),
            JsonCall::Query {
                input,
                path,
                returning: None,
                wrapper: None,
                on_empty: None,
                on_error: None,
            } => self.plain_json("JSON_QUERY", &[input, path], span),
            JsonCall::Exists {
                input,
                path,
                on_error: None,
            } => self.plain_json("JSON_EXISTS", &[input, path], span),
            JsonCall::Value { .. } => Err(clauses("JSON_VALUE", span)),
            JsonCall::Query { .. } => Err(clauses("JSON_QUERY", span)),
            JsonCall::Exists { .. } => Err(clauses("JSON_EXISTS", span)),
            JsonCall::Object {
                nulls: Some(JsonNulls::Absent),
                ..
            } => Err(clauses("JSON_OBJECT", span)),
            JsonCall::Array {
                nulls: Some(JsonNulls::Null),
                ..
            } => Err(clauses("JSON_ARRAY", span)),
            JsonCall::Object { entries, .. } => {
                let args: Vec<&ast::Expr> = entries
                    .iter()
                    .flat_map(|(key, value)| [key, value])
                    .collect();
                self.plain_json("JSON_OBJECT", &args, span)
            }
            JsonCall::Array { items, .. } => {
                let args: Vec<&ast::Expr> = items.iter().collect();
                self.plain_json("JSON_ARRAY", &args, span)
            }
        }
    }

    fn plain_json(&self, name: &str, args: &[&ast::Expr], span: Span) -> Result<Expr, SqlError> {
        let args: Result<Vec<Expr>, SqlError> = args.iter().map(|arg| self.bind(arg)).collect();
        self.call(name, args?, span)
    }
}

fn clauses(function: &str, span: Span) -> SqlError {
    SqlError::unsupported(
        format!("a RETURNING, WRAPPER, ON NULL, ON EMPTY or ON ERROR clause of {function}"),
        span,
    )
    .with_help("use the function without these clauses")
}
