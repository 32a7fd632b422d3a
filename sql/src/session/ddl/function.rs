//! CREATE FUNCTION and DROP FUNCTION. The module is loaded when the function is made, so that a wrong one never is.

use std::sync::Arc;

use alpheus_sql_parser::ast::{CreateFunction, DropObject};
use alpheus_storage::Location;

use super::super::{Outcome, Session, refused};
use crate::binder::wasm_limits;
use crate::catalog::{CatalogFunction, FunctionPlace};
use crate::error::SqlError;

pub(in crate::session) fn create_function(
    session: &mut Session,
    create: &CreateFunction,
) -> Result<Outcome, SqlError> {
    let language = create
        .language
        .as_ref()
        .map(|language| language.value.to_uppercase());
    match language.as_deref() {
        Some("WASM") => {}
        None => {
            return Err(SqlError::invalid("a function needs LANGUAGE WASM", create.span)
                .with_help("CREATE FUNCTION f AS 'file.wasm' LANGUAGE WASM; there is no JVM for functions in Java"));
        }
        Some(other) => {
            let span = create
                .language
                .as_ref()
                .map_or(create.span, |language| language.span);
            return Err(refused(&format!("a function in {other}"), span)
                .with_help("functions are WebAssembly: LANGUAGE WASM"));
        }
    }
    if let Some((kind, _)) = create.resources.first() {
        return Err(refused(&format!("USING {}", kind.value), kind.span)
            .with_help("a function in WebAssembly is one file, which AS names"));
    }
    if let Some(option) = create.options.first() {
        return Err(refused("WITH for a function", option.span)
            .with_help("limits are options of the session: table.exec.wasm.*"));
    }
    let place = session
        .catalogs
        .function_place(&create.name, create.temporary, create.system)?;
    if session.catalogs.function_at(&place).is_some() {
        if create.if_not_exists {
            return Ok(Outcome::Done);
        }
        return Err(SqlError::invalid(
            format!("function '{}' already exists", create.name),
            create.name.span,
        )
        .with_help("drop it first, or write IF NOT EXISTS"));
    }
    let written = &create.implementation;
    let (path, entry) = match written.value.rsplit_once('#') {
        Some((path, entry)) => (path, Some(entry.to_owned())),
        None => (written.value.as_str(), None),
    };
    let wrong = |message: String| SqlError::invalid(message, written.span);
    let location: Location = path
        .parse()
        .map_err(|error: alpheus_storage::StorageError| wrong(error.to_string()))?;
    let function = CatalogFunction::new(location.to_string(), entry);
    let limits = wasm_limits(&session.configuration).map_err(wrong)?;
    function.load(&place.to_string(), limits).map_err(wrong)?;
    session
        .catalogs
        .put_function(&create.name, place, Arc::new(function))?;
    Ok(Outcome::Done)
}

pub(super) fn drop_function(session: &mut Session, drop: &DropObject) -> Result<Outcome, SqlError> {
    let place = session
        .catalogs
        .function_place(&drop.name, drop.temporary, drop.system)?;
    if session.catalogs.remove_function(&place, drop.name.span)? || drop.if_exists {
        return Ok(Outcome::Done);
    }
    let what = match &place {
        FunctionPlace::System(_) => "temporary system function",
        FunctionPlace::Temporary(_) => "temporary function",
        FunctionPlace::Permanent(_) => "function",
    };
    Err(
        SqlError::invalid(format!("{what} '{}' not found", drop.name), drop.name.span)
            .with_help("SHOW USER FUNCTIONS lists those there are"),
    )
}
