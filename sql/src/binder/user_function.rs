//! Calls of functions of users.

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::LogicalType;
use alpheus_dataflow::user_functions::{UserFunctionKind, function_name, is_user_function};
use alpheus_functions::aggregate::{self, AggregateSignature, AggregateSignatureError};
use alpheus_functions::typing::can_cast_implicitly;
use alpheus_functions::user;
use alpheus_hadoop_conf::Configuration;
use alpheus_hadoop_conf::options::table;
use alpheus_sql_parser::Span;
use alpheus_sql_parser::ast::{FunctionCall, SetQuantifier};
use alpheus_udf::Limits;

use super::convert;
use super::expr::ExprBinder;
use crate::catalog::LoadedFunction;
use crate::error::SqlError;

/// What functions in WebAssembly may use.
///
/// # Errors
/// When an option is wrong.
pub(crate) fn wasm_limits(configuration: &Configuration) -> Result<Limits, String> {
    let shown = |error: alpheus_hadoop_conf::ConfigError| error.to_string();
    let memory = configuration
        .get(&table::WASM_MEMORY_LIMIT)
        .map_err(shown)?;
    Ok(Limits {
        memory: usize::try_from(memory.bytes()).unwrap_or(usize::MAX),
        fuel_per_row: configuration
            .get(&table::WASM_FUEL_PER_ROW)
            .map_err(shown)?,
        timeout: configuration.get(&table::WASM_TIMEOUT).map_err(shown)?,
    })
}

impl ExprBinder<'_> {
    /// The call, if its name is that of a function of the user. Temporary system functions come before the built-in
    /// ones, which come before those of catalogs.
    pub(super) fn user_function(&self, call: &FunctionCall) -> Result<Option<Expr>, SqlError> {
        let binder = self.binder;
        let Some((name, function)) =
            binder
                .catalogs
                .find_function(&call.name, &binder.catalog, &binder.database)
        else {
            return Ok(None);
        };
        let span = call.span;
        let wrong = |message: String| SqlError::invalid(message, span);
        let limits = wasm_limits(binder.configuration).map_err(wrong)?;
        let loaded = function.load(&name, limits).map_err(wrong)?;
        if call.over.is_some() {
            return Err(
                SqlError::unsupported(format!("{}(..) OVER (..)", call.name), span)
                    .with_help("functions of users aggregate in GROUP BY"),
            );
        }
        let args: Result<Vec<_>, SqlError> = call.args.iter().map(super::call::value).collect();
        let args = args?;
        if call.star || args.len() != loaded.arg_types.len() {
            return Err(wrong(format!(
                "function '{}' takes {} arguments",
                call.name,
                loaded.arg_types.len()
            ))
            .with_help(format!(
                "it is called as {}",
                loaded.signature(&call.name.to_string())
            )));
        }
        if loaded.kind == UserFunctionKind::Aggregate {
            let distinct = call.quantifier == Some(SetQuantifier::Distinct);
            let order_by: Vec<_> = call.order_by.iter().chain(&call.within_group).collect();
            if !order_by.is_empty() {
                return Err(
                    SqlError::unsupported(format!("ORDER BY in {}", call.name), span)
                        .with_help("functions of users get rows in no order"),
                );
            }
            let filter = call.filter.as_deref();
            return self
                .aggregate(&loaded.id, &args, distinct, &[], filter, span)
                .map(Some);
        }
        let clauses = call.quantifier == Some(SetQuantifier::Distinct)
            || call.filter.is_some()
            || !call.order_by.is_empty()
            || !call.within_group.is_empty();
        if clauses {
            return Err(wrong(format!(
                "DISTINCT, FILTER and ORDER BY need an aggregate function, and '{}' is none",
                call.name
            )));
        }
        let args: Result<Vec<Expr>, SqlError> = args.iter().map(|arg| self.bind(arg)).collect();
        let args = args?;
        let types: Vec<LogicalType> = args.iter().map(|arg| arg.ty().clone()).collect();
        check(&call.name.to_string(), loaded, &types, span)?;
        let pairs = args.into_iter().zip(&loaded.arg_types);
        let args = pairs.map(|(arg, ty)| convert(arg, ty)).collect();
        Ok(Some(Expr::call(&loaded.id, args, loaded.result.clone())))
    }
}

fn check(
    name: &str,
    function: &LoadedFunction,
    given: &[LogicalType],
    span: Span,
) -> Result<(), SqlError> {
    let pairs = given.iter().zip(&function.arg_types).enumerate();
    for (at, (given, wanted)) in pairs {
        if !can_cast_implicitly(given, wanted) {
            return Err(SqlError::invalid(
                format!(
                    "argument {} of function '{name}' is {}, it takes {}",
                    at + 1,
                    given.kind,
                    wanted.kind
                ),
                span,
            )
            .with_help(format!(
                "it is called as {}; add a CAST",
                function.signature(name)
            )));
        }
    }
    Ok(())
}

/// What an aggregate function takes and gives, built-in or not.
pub(super) fn aggregate_signature(
    name: &str,
    types: &[LogicalType],
    distinct: bool,
    span: Span,
) -> Result<AggregateSignature, SqlError> {
    if !is_user_function(name) {
        return aggregate::infer(name, types, distinct).map_err(|error| match error {
            AggregateSignatureError::Distinct { ty } => {
                SqlError::unsupported(format!("DISTINCT over {}", ty.kind), span).with_help(
                    "use COUNT(DISTINCT a, b), or cast it to a type that can be compared",
                )
            }
            error => SqlError::invalid(error.to_string(), span),
        });
    }
    let function = user::find(name).map_err(|error| SqlError::invalid(error.to_string(), span))?;
    let spec = &function.spec;
    let loaded = LoadedFunction {
        id: spec.id.clone(),
        kind: spec.kind,
        arg_types: spec.arg_types.clone(),
        result: spec.result.clone(),
        retractable: true,
    };
    check(function_name(name), &loaded, types, span)?;
    Ok(AggregateSignature {
        arg_types: spec.arg_types.clone(),
        result: spec.result.clone(),
    })
}
