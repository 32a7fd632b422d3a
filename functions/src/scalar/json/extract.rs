//! JSON_EXISTS, JSON_VALUE and JSON_QUERY: what a path finds, and what to say when it finds nothing.

use std::sync::Arc;

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, ListBuilder, StringArray, StringBuilder,
};

use super::clause::{Behavior, Wrapper, behavior, wrapper};
use super::document::{Json, parse};
use super::path::{Mode, Path, PathError};
use super::walk::{Found, walk};
use super::write;
use crate::compile::Args;

/// What the path finds in the document, and the mode; the error is what ON ERROR is about.
type Lookup<'a> = Result<(Mode, Found<'a>), String>;

/// Looks each row's path up in its document; `None` where one of them is NULL.
fn each<R>(
    args: &Args<'_>,
    mut then: impl FnMut(usize, Lookup<'_>) -> OperatorResult<Option<R>>,
) -> OperatorResult<Vec<Option<R>>> {
    let (documents, paths) = (args.str(0), args.str(1));
    let mut parsed = args.cache.memo(Path::parse);
    let row = |row| {
        let Some((document, path)) = documents.get(row).zip(paths.get(row)) else {
            return Ok(None);
        };
        match &*parsed.get(path) {
            Ok(path) => look_up(document, path, |lookup| then(row, lookup)),
            Err(error @ PathError::Malformed { .. }) => then(row, Err(error.to_string())),
            Err(error) => Err(OperatorError::fatal(error.to_string())),
        }
    };
    (0..args.rows).map(row).collect()
}

fn look_up<R>(document: &str, path: &Path, then: impl FnOnce(Lookup<'_>) -> R) -> R {
    match parse(document) {
        // Jayway takes no null document, in no mode.
        Ok(Json::Null) => then(Err("the document is null".to_string())),
        Ok(document) => then(walk(&document, path).map(|found| (path.mode, found))),
        Err(_) if path.mode == Mode::Lax => then(Ok((Mode::Lax, Found::Nothing))),
        Err(malformed) => then(Err(malformed.to_string())),
    }
}

fn failed(function: &str, reason: &str) -> OperatorError {
    OperatorError::data(format!("{function} with ERROR ON ERROR: {reason}"))
}

fn empty(function: &str) -> OperatorError {
    OperatorError::data(format!(
        "{function} with ERROR ON EMPTY: the path leads nowhere"
    ))
}

pub(super) fn exists(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let on_error = behavior(args, 2, Behavior::False)?;
    let found = each(args, |_, lookup| match (lookup, on_error) {
        (Ok((_, found)), _) => Ok(Some(found != Found::Nothing)),
        (Err(reason), Behavior::Error) => Err(failed("JSON_EXISTS", &reason)),
        (Err(_), Behavior::True) => Ok(Some(true)),
        (Err(_), Behavior::False) => Ok(Some(false)),
        (Err(_), _) => Ok(None),
    })?;
    Ok(Arc::new(BooleanArray::from(found)))
}

/// What a lookup comes to.
enum Outcome<T> {
    Value(T),
    Empty,
    Error(String),
}

/// The scalar that was found: anything else is empty in lax mode, an error in strict mode.
fn scalar<'a>(lookup: Lookup<'a>) -> Outcome<&'a Json> {
    match lookup {
        Err(reason) => Outcome::Error(reason),
        Ok((_, Found::Nothing)) => Outcome::Empty,
        Ok((_, Found::One(value))) if value.is_scalar() => Outcome::Value(value),
        Ok((Mode::Lax, _)) => Outcome::Empty,
        Ok((Mode::Strict, _)) => {
            Outcome::Error("the path leads to an array or object, not to a scalar".to_string())
        }
    }
}

/// JSON_VALUE for one type: how a scalar becomes a value of it, and the default at an argument and row.
fn values<R>(
    args: &Args<'_>,
    convert: impl Fn(&Json) -> Option<R>,
    default: impl Fn(usize, usize) -> Option<R>,
) -> OperatorResult<Vec<Option<R>>> {
    let on_empty = behavior(args, 3, Behavior::Null)?;
    let on_error = behavior(args, 5, Behavior::Null)?;
    each(args, |row, lookup| match scalar(lookup) {
        Outcome::Value(json) => convert(json).map(Some).ok_or_else(|| {
            let mut shown = String::new();
            write::value(&mut shown, json);
            OperatorError::data(format!(
                "JSON_VALUE finds {shown}, which is no {}; return STRING and use TRY_CAST",
                args.result.kind
            ))
        }),
        Outcome::Empty => match on_empty {
            Behavior::Error => Err(empty("JSON_VALUE")),
            Behavior::Default => Ok(default(4, row)),
            _ => Ok(None),
        },
        Outcome::Error(reason) => match on_error {
            Behavior::Error => Err(failed("JSON_VALUE", &reason)),
            Behavior::Default => Ok(default(6, row)),
            _ => Ok(None),
        },
    })
}

/// A scalar becomes text in any case, else only what has the right kind converts: an INT is no DOUBLE,
/// because a number with a point or exponent is one.
pub(super) fn value(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    Ok(match args.result.kind {
        TypeKind::Boolean => Arc::new(BooleanArray::from(values(
            args,
            |json| match json {
                Json::Bool(truth) => Some(*truth),
                _ => None,
            },
            |index, row| args.bool(index).get(row),
        )?)),
        TypeKind::Integer => Arc::new(Int32Array::from(values(
            args,
            |json| match json {
                Json::Integer(digits) => digits.parse().ok(),
                _ => None,
            },
            |index, row| args.int(index).get(row),
        )?)),
        TypeKind::Double => Arc::new(Float64Array::from(values(
            args,
            |json| match json {
                Json::Decimal(digits) => digits.parse().ok(),
                _ => None,
            },
            |index, row| args.double(index).get(row),
        )?)),
        _ => Arc::new(StringArray::from(values(
            args,
            |json| Some(text(json)),
            |index, row| args.str(index).get(row).map(str::to_string),
        )?)),
    })
}

/// A string without its quotes, anything else as JSON.
fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        json => {
            let mut out = String::new();
            write::value(&mut out, json);
            out
        }
    }
}

/// What JSON_QUERY returns: something found, perhaps in brackets.
struct Part<'a> {
    found: Found<'a>,
    wrapped: bool,
}

impl Part<'_> {
    fn write(&self, out: &mut String) {
        if self.wrapped {
            out.push('[');
        }
        self.found.write(out);
        if self.wrapped {
            out.push(']');
        }
    }

    /// The elements of an array as texts.
    fn elements(&self) -> Option<Vec<Option<String>>> {
        let each = |item: &Json| (*item != Json::Null).then(|| text(item));
        match &self.found {
            Found::One(item) if self.wrapped => Some(vec![each(item)]),
            found if self.wrapped => {
                let mut out = String::new();
                found.write(&mut out);
                Some(vec![Some(out)])
            }
            Found::Many(items) => Some(items.iter().map(|item| each(item)).collect()),
            Found::One(Json::Array(items)) => Some(items.iter().map(each).collect()),
            _ => None,
        }
    }
}

impl Found<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Found::Nothing => out.push_str("null"),
            Found::One(json) => write::value(out, json),
            Found::Many(items) => write::array(out, items, |out, item| write::value(out, item)),
        }
    }

    fn is_list(&self) -> bool {
        matches!(self, Found::Many(_) | Found::One(Json::Array(_)))
    }
}

/// The array or object that was found, wrapped as asked for: a scalar is empty in lax mode, an error in
/// strict mode.
fn part<'a>(lookup: Lookup<'a>, wrapper: Wrapper) -> Outcome<Part<'a>> {
    let (mode, found) = match lookup {
        Err(reason) => return Outcome::Error(reason),
        Ok((_, Found::Nothing)) => return Outcome::Empty,
        Ok(found) => found,
    };
    let wrapped = match wrapper {
        Wrapper::Without => false,
        Wrapper::Conditional => !found.is_list(),
        Wrapper::Unconditional => true,
    };
    match &found {
        Found::One(value) if !wrapped && value.is_scalar() => match mode {
            Mode::Lax => Outcome::Empty,
            Mode::Strict => {
                Outcome::Error("the path leads to a scalar, not to an array or object".to_string())
            }
        },
        _ => Outcome::Value(Part { found, wrapped }),
    }
}

pub(super) fn query(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    if let TypeKind::Array(_) = args.result.kind {
        return query_array(args);
    }
    let texts = queried(
        args,
        |part| {
            let mut out = String::new();
            part.write(&mut out);
            Some(out)
        },
        |behavior| match behavior {
            Behavior::EmptyArray => Some("[]".to_string()),
            Behavior::EmptyObject => Some("{}".to_string()),
            _ => None,
        },
    )?;
    Ok(Arc::new(StringArray::from(texts)))
}

fn query_array(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let lists = queried(
        args,
        |part| part.elements(),
        |behavior| (behavior == Behavior::EmptyArray).then(Vec::new),
    )?;
    let mut builder = ListBuilder::new(StringBuilder::new());
    if let arrow::datatypes::DataType::List(field) = args.result.to_arrow() {
        builder = builder.with_field(field);
    }
    for list in lists {
        builder.append_option(list);
    }
    Ok(Arc::new(builder.finish()))
}

/// JSON_QUERY for one type: how a part becomes a value of it, if it does, and the value a behavior names.
fn queried<R>(
    args: &Args<'_>,
    convert: impl Fn(&Part<'_>) -> Option<R>,
    named: impl Fn(Behavior) -> Option<R>,
) -> OperatorResult<Vec<Option<R>>> {
    let wrapper = wrapper(args, 3)?;
    let on_empty = behavior(args, 4, Behavior::Null)?;
    let on_error = behavior(args, 5, Behavior::Null)?;
    each(args, |_, lookup| {
        let reason = match part(lookup, wrapper) {
            Outcome::Value(part) => match convert(&part) {
                Some(value) => return Ok(Some(value)),
                None => "the path leads to an object, not to an array".to_string(),
            },
            Outcome::Empty if on_empty == Behavior::Error => return Err(empty("JSON_QUERY")),
            Outcome::Empty => return Ok(named(on_empty)),
            Outcome::Error(reason) => reason,
        };
        match on_error {
            Behavior::Error => Err(failed("JSON_QUERY", &reason)),
            behavior => Ok(named(behavior)),
        }
    })
}
