//! What ON EMPTY, ON ERROR and WRAPPER say, as literals behind the arguments, and the types of such calls.
//!
//! Without clauses the functions take (document, path). With them, all of them are there:
//! - `JSON_EXISTS(document, path, on_error)`
//! - `JSON_VALUE(document, path, returning, on_empty, empty_default, on_error, error_default)`
//! - `JSON_QUERY(document, path, returning, wrapper, on_empty, on_error)`
//!
//! `returning` is a NULL of the type RETURNING names; behaviors are the texts of [`Behavior::of`], wrappers
//! those of [`Wrapper::of`]; a default counts where the behavior is `DEFAULT`, and is NULL elsewhere.

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{OperatorError, OperatorResult};

use super::path::{Path, PathError};
use crate::compile::Args;
use crate::registry::signature::{Mismatch, Param};
use crate::registry::{Argument, Resolution};

/// What a function does on empty or on error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behavior {
    Null,
    Error,
    Default,
    EmptyArray,
    EmptyObject,
    True,
    False,
}

impl Behavior {
    /// By its text in a call. UNKNOWN is the NULL of JSON_EXISTS.
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "NULL" | "UNKNOWN" => Behavior::Null,
            "ERROR" => Behavior::Error,
            "DEFAULT" => Behavior::Default,
            "EMPTY ARRAY" => Behavior::EmptyArray,
            "EMPTY OBJECT" => Behavior::EmptyObject,
            "TRUE" => Behavior::True,
            "FALSE" => Behavior::False,
            _ => return None,
        })
    }
}

/// Whether JSON_QUERY puts brackets around its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    Without,
    Conditional,
    Unconditional,
}

impl Wrapper {
    /// By its text in a call.
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "WITHOUT" => Wrapper::Without,
            "CONDITIONAL" => Wrapper::Conditional,
            "UNCONDITIONAL" => Wrapper::Unconditional,
            _ => return None,
        })
    }
}

fn clause<T>(
    args: &Args<'_>,
    index: usize,
    absent: T,
    of: fn(&str) -> Option<T>,
) -> OperatorResult<T> {
    if index >= args.len() {
        return Ok(absent);
    }
    let text = args.literal_text(index)?;
    of(text).ok_or_else(|| OperatorError::fatal(format!("a JSON function has no clause '{text}'")))
}

/// The behavior at that argument.
pub(super) fn behavior(
    args: &Args<'_>,
    index: usize,
    absent: Behavior,
) -> OperatorResult<Behavior> {
    clause(args, index, absent, Behavior::of)
}

/// The wrapper at that argument.
pub(super) fn wrapper(args: &Args<'_>, index: usize) -> OperatorResult<Wrapper> {
    clause(args, index, Wrapper::Without, Wrapper::of)
}

fn text(arg: &Argument) -> Result<LogicalType, Mismatch> {
    Param::Str.accept(arg).ok_or(Mismatch::Signature)
}

/// The types of document and path; a literal path that cannot be followed is refused here.
fn document_and_path(args: &[Argument]) -> Result<Vec<LogicalType>, Mismatch> {
    let [document, path, ..] = args else {
        return Err(Mismatch::Signature);
    };
    if let Some(Err(error @ PathError::Unsupported { .. })) = path.text().map(Path::parse) {
        return Err(Mismatch::Because(error.to_string()));
    }
    Ok(vec![text(document)?, text(path)?])
}

fn said<T>(
    arg: &Argument,
    of: fn(&str) -> Option<T>,
    allowed: impl Fn(T) -> bool,
) -> Result<LogicalType, Mismatch> {
    match arg.text().and_then(of).map(allowed) {
        Some(true) => Ok(arg.ty.clone()),
        _ => Err(Mismatch::Because(
            "a clause is not one that the function has".to_string(),
        )),
    }
}

/// The type that RETURNING names.
fn returned(arg: Option<&Argument>, allowed: &[TypeKind]) -> Result<LogicalType, Mismatch> {
    let kind = arg.map_or_else(TypeKind::string, |arg| arg.ty.kind.clone());
    if allowed.contains(&kind) {
        return Ok(kind.nullable());
    }
    let names: Vec<String> = allowed.iter().map(TypeKind::to_string).collect();
    Err(Mismatch::Because(format!(
        "it cannot return {kind}, only {}; add a CAST",
        names.join(", ")
    )))
}

/// The types of JSON_EXISTS.
pub(super) fn exists(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let mut arg_types = document_and_path(args)?;
    match args {
        [_, _] => {}
        [_, _, on_error] => arg_types.push(said(on_error, Behavior::of, |behavior| {
            use Behavior::{Error, False, Null, True};
            matches!(behavior, True | False | Null | Error)
        })?),
        _ => return Err(Mismatch::Signature),
    }
    Ok(Resolution {
        arg_types,
        result: TypeKind::Boolean.nullable(),
    })
}

/// The types of JSON_VALUE.
pub(super) fn value(args: &[Argument]) -> Result<Resolution, Mismatch> {
    use TypeKind as K;
    let mut arg_types = document_and_path(args)?;
    let allowed = [K::string(), K::Boolean, K::Integer, K::Double];
    let result = returned(args.get(2), &allowed)?;
    match args {
        [_, _] => {}
        [_, _, returning, clauses @ ..] if clauses.len() == 4 => {
            arg_types.push(returning.ty.clone());
            for pair in clauses.chunks(2) {
                arg_types.push(said(&pair[0], Behavior::of, |behavior| {
                    use Behavior::{Default, Error, Null};
                    matches!(behavior, Null | Error | Default)
                })?);
                arg_types.push(default(&pair[1], &result)?);
            }
        }
        _ => return Err(Mismatch::Signature),
    }
    Ok(Resolution { arg_types, result })
}

/// What a default converts to.
fn default(arg: &Argument, result: &LogicalType) -> Result<LogicalType, Mismatch> {
    let kind = &arg.ty.kind;
    let fits = match result.kind {
        TypeKind::Boolean => *kind == TypeKind::Boolean,
        TypeKind::Integer => kind.is_integer(),
        TypeKind::Double => kind.is_numeric(),
        _ => !kind.is_constructed(),
    };
    if fits || *kind == TypeKind::Null {
        return Ok(result.with_nullable(arg.ty.nullable));
    }
    Err(Mismatch::Because(format!(
        "a DEFAULT of type {kind} is no {}",
        result.kind
    )))
}

/// The types of JSON_QUERY.
pub(super) fn query(args: &[Argument]) -> Result<Resolution, Mismatch> {
    let mut arg_types = document_and_path(args)?;
    let texts = TypeKind::Array(Box::new(TypeKind::string().nullable()));
    let result = returned(args.get(2), &[TypeKind::string(), texts.clone()])?;
    match args {
        [_, _] => {}
        [_, _, returning, wrapper, behaviors @ ..] if behaviors.len() == 2 => {
            arg_types.push(returning.ty.clone());
            arg_types.push(said(wrapper, Wrapper::of, |_| true)?);
            for said_behavior in behaviors {
                arg_types.push(said(said_behavior, Behavior::of, |behavior| {
                    use Behavior::{EmptyArray, EmptyObject, Error, Null};
                    // An array cannot be an empty object.
                    matches!(behavior, Null | Error | EmptyArray)
                        || (behavior == EmptyObject && result.kind != texts)
                })?);
            }
        }
        _ => return Err(Mismatch::Signature),
    }
    Ok(Resolution { arg_types, result })
}
