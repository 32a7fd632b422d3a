//! The JSON functions.
use super::{clause, list, option};
use crate::ast::{Expr, JsonBehavior, JsonCall, JsonNulls, JsonWrapper};
use std::fmt::{Display, Formatter, Result};

impl Display for JsonCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            JsonCall::Value {
                input,
                path,
                returning,
                on_empty,
                on_error,
            } => {
                write!(f, "JSON_VALUE({input}, {path}")?;
                option(f, "RETURNING", returning)?;
                behaviors(f, on_empty, on_error)
            }
            JsonCall::Query {
                input,
                path,
                returning,
                wrapper,
                on_empty,
                on_error,
            } => {
                write!(f, "JSON_QUERY({input}, {path}")?;
                option(f, "RETURNING", returning)?;
                f.write_str(match wrapper {
                    Some(JsonWrapper::Without) => " WITHOUT ARRAY WRAPPER",
                    Some(JsonWrapper::Conditional) => " WITH CONDITIONAL ARRAY WRAPPER",
                    Some(JsonWrapper::Unconditional) => " WITH UNCONDITIONAL ARRAY WRAPPER",
                    None => "",
                })?;
                behaviors(f, on_empty, on_error)
            }
            JsonCall::Exists {
                input,
                path,
                on_error,
            } => {
                write!(f, "JSON_EXISTS({input}, {path}")?;
                behaviors(f, &None, on_error)
            }
            JsonCall::Object { entries, nulls } => {
                f.write_str("JSON_OBJECT(")?;
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| Entry(key, value))
                    .collect();
                list(f, &entries, ", ")?;
                close(f, nulls, !entries.is_empty())
            }
            JsonCall::Array { items, nulls } => {
                f.write_str("JSON_ARRAY(")?;
                list(f, items, ", ")?;
                close(f, nulls, !items.is_empty())
            }
            JsonCall::ObjectAgg {
                key,
                value,
                nulls,
                filter,
            } => {
                write!(f, "JSON_OBJECTAGG({}", Entry(key, value))?;
                close(f, nulls, true)?;
                filtered(f, filter)
            }
            JsonCall::ArrayAgg {
                item,
                order_by,
                nulls,
                filter,
            } => {
                write!(f, "JSON_ARRAYAGG({item}")?;
                clause(f, "ORDER BY", order_by)?;
                close(f, nulls, true)?;
                filtered(f, filter)
            }
        }
    }
}

struct Entry<'a>(&'a Expr, &'a Expr);

impl Display for Entry<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // In parentheses the key reads the same whatever it starts with.
        write!(f, "KEY ({}) VALUE {}", self.0, self.1)
    }
}

fn behaviors(
    f: &mut Formatter<'_>,
    on_empty: &Option<JsonBehavior>,
    on_error: &Option<JsonBehavior>,
) -> Result {
    for (behavior, on) in [(on_empty, "EMPTY"), (on_error, "ERROR")] {
        if let Some(behavior) = behavior {
            write!(f, " {behavior} ON {on}")?;
        }
    }
    f.write_str(")")
}

fn close(f: &mut Formatter<'_>, nulls: &Option<JsonNulls>, blank: bool) -> Result {
    let text = match nulls {
        Some(JsonNulls::Null) => " NULL ON NULL)",
        Some(JsonNulls::Absent) => " ABSENT ON NULL)",
        None => return f.write_str(")"),
    };
    f.write_str(if blank { text } else { text.trim_start() })
}

fn filtered(f: &mut Formatter<'_>, filter: &Option<Expr>) -> Result {
    filter
        .as_ref()
        .map_or(Ok(()), |filter| write!(f, " FILTER (WHERE {filter})"))
}

impl Display for JsonBehavior {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            JsonBehavior::Null => "NULL",
            JsonBehavior::Error => "ERROR",
            JsonBehavior::Default(value) => return write!(f, "DEFAULT {value}"),
            JsonBehavior::EmptyArray => "EMPTY ARRAY",
            JsonBehavior::EmptyObject => "EMPTY OBJECT",
            JsonBehavior::True => "TRUE",
            JsonBehavior::False => "FALSE",
            JsonBehavior::Unknown => "UNKNOWN",
        })
    }
}
