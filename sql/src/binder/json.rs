//! The JSON functions whose arguments are clauses.
//!
//! The function library knows them as ordinary calls, in which literals behind the arguments say what the
//! clauses do: all of them, with what holds without a clause where none is written. Its module
//! `scalar::json::clause` defines the order.

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{
    self, ArgValue, DataType, ExprKind, FunctionCall, JsonBehavior, JsonCall, JsonNulls,
    JsonWrapper,
};

use super::data_type;
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
            JsonCall::Value {
                input,
                path,
                returning,
                on_empty,
                on_error,
            } => {
                let mut args = vec![self.bind(input)?, self.bind(path)?, returned(returning)?];
                for behavior in [on_empty, on_error] {
                    args.push(word(behavior_name(behavior.as_ref())));
                    args.push(match behavior {
                        Some(JsonBehavior::Default(value)) => self.bind(value)?,
                        _ => Expr::literal(Literal::Null, TypeKind::Null.nullable()),
                    });
                }
                self.call("JSON_VALUE", args, span)
            }
            JsonCall::Query {
                input,
                path,
                returning,
                wrapper,
                on_empty,
                on_error,
            } => {
                let args = vec![
                    self.bind(input)?,
                    self.bind(path)?,
                    returned(returning)?,
                    word(match wrapper {
                        Some(JsonWrapper::Conditional) => "CONDITIONAL",
                        Some(JsonWrapper::Unconditional) => "UNCONDITIONAL",
                        Some(JsonWrapper::Without) | None => "WITHOUT",
                    }),
                    word(behavior_name(on_empty.as_ref())),
                    word(behavior_name(on_error.as_ref())),
                ];
                self.call("JSON_QUERY", args, span)
            }
            JsonCall::Exists {
                input,
                path,
                on_error,
            } => {
                let behavior = word(behavior_name(on_error.as_ref()));
                let args = vec![self.bind(input)?, self.bind(path)?, behavior];
                self.call("JSON_EXISTS", args, span)
            }
            JsonCall::Object { entries, nulls } => {
                let name = match nulls {
                    Some(JsonNulls::Absent) => "JSON_OBJECT_ABSENT_ON_NULL",
                    _ => "JSON_OBJECT",
                };
                let mut args = Vec::with_capacity(2 * entries.len());
                for (key, value) in entries {
                    args.push(self.bind(key)?);
                    args.push(self.json_part(value, span)?);
                }
                self.call(name, args, span)
            }
            JsonCall::Array { items, nulls } => {
                let name = match nulls {
                    Some(JsonNulls::Null) => "JSON_ARRAY_NULL_ON_NULL",
                    _ => "JSON_ARRAY",
                };
                let args: Result<Vec<Expr>, SqlError> = items
                    .iter()
                    .map(|item| self.json_part(item, span))
                    .collect();
                self.call(name, args?, span)
            }
        }
    }

    /// A value in a JSON document: JSON(text), and a constructor's result, is a document itself.
    fn json_part(&self, part: &ast::Expr, span: Span) -> Result<Expr, SqlError> {
        match &part.kind {
            ExprKind::Json(call)
                if matches!(**call, JsonCall::Object { .. } | JsonCall::Array { .. }) =>
            {
                let document = self.json_call(call, part.span)?;
                self.call("JSON", vec![document], span)
            }
            ExprKind::Call(call) if is_json(call) => {
                let args: Result<Vec<Expr>, SqlError> = call
                    .args
                    .iter()
                    .map(|arg| match &arg.value {
                        ArgValue::Expr(text) => self.bind(text),
                        _ => Err(misplaced(call.span)),
                    })
                    .collect();
                self.call("JSON", args?, call.span)
            }
            _ => self.bind(part),
        }
    }

    fn plain_json(&self, name: &str, args: &[&ast::Expr], span: Span) -> Result<Expr, SqlError> {
        let args: Result<Vec<Expr>, SqlError> = args.iter().map(|arg| self.bind(arg)).collect();
        self.call(name, args?, span)
    }
}

/// Whether it calls JSON(text).
pub(super) fn is_json(call: &FunctionCall) -> bool {
    let name = call.name.single();
    name.is_some_and(|name| name.value.eq_ignore_ascii_case("JSON"))
}

/// The complaint about JSON(text) outside of a constructor.
pub(super) fn misplaced(span: Span) -> SqlError {
    SqlError::invalid(
        "JSON(text) stands only as a value of JSON_OBJECT or JSON_ARRAY",
        span,
    )
    .with_help("write JSON_ARRAY(JSON(text)), or use the text itself")
}

fn word(text: &str) -> Expr {
    let length = text.len() as u32;
    let ty = TypeKind::Char(length).not_null();
    Expr::literal(Literal::String(text.to_string()), ty)
}

/// The type of RETURNING as a NULL of it.
fn returned(returning: &Option<DataType>) -> Result<Expr, SqlError> {
    let ty: LogicalType = match returning {
        Some(written) => data_type(written)?,
        None => TypeKind::string().nullable(),
    };
    Ok(Expr::literal(Literal::Null, ty.with_nullable(true)))
}

/// The library's name of a behavior; without a clause it is NULL.
fn behavior_name(behavior: Option<&JsonBehavior>) -> &'static str {
    match behavior {
        None | Some(JsonBehavior::Null) => "NULL",
        Some(JsonBehavior::Error) => "ERROR",
        Some(JsonBehavior::Default(_)) => "DEFAULT",
        Some(JsonBehavior::EmptyArray) => "EMPTY ARRAY",
        Some(JsonBehavior::EmptyObject) => "EMPTY OBJECT",
        Some(JsonBehavior::True) => "TRUE",
        Some(JsonBehavior::False) => "FALSE",
        Some(JsonBehavior::Unknown) => "UNKNOWN",
    }
}
