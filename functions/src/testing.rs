//! Evaluating a call in a test: names, arguments and results as text.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{Expr, Literal, OperatorResult};
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema};

use crate::cast::text::write_value;
use crate::compile::{CompiledExpr, EvalContext, Session};
use crate::registry::{Argument, lookup};

pub(crate) fn session(zone: &str) -> Arc<SessionSettings> {
    Arc::new(SessionSettings {
        time_zone: zone.to_string(),
        planned_at: 1_709_210_096_789,
        bounded: false,
    })
}

/// A text as a STRING literal, or NULL.
pub(crate) fn text(value: &str) -> Expr {
    let ty = TypeKind::Char(value.chars().count() as u32).not_null();
    Expr::literal(Literal::String(value.to_string()), ty)
}

/// An INT literal.
pub(crate) fn int(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), TypeKind::Integer.not_null())
}

/// A BIGINT literal.
pub(crate) fn long(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), TypeKind::BigInt.not_null())
}

/// A DOUBLE literal.
pub(crate) fn double(value: f64) -> Expr {
    Expr::literal(Literal::Float(value), TypeKind::Double.not_null())
}

/// A DECIMAL literal by its digits.
pub(crate) fn decimal(digits: &str, precision: u8, scale: u8) -> Expr {
    cast(text(digits), TypeKind::Decimal(precision, scale))
}

/// A typed NULL.
pub(crate) fn null(kind: TypeKind) -> Expr {
    Expr::literal(Literal::Null, kind.nullable())
}

pub(crate) fn cast(input: Expr, kind: TypeKind) -> Expr {
    let nullable = input.ty().nullable;
    Expr::Cast {
        input: Box::new(input),
        ty: kind.nullable().with_nullable(nullable),
        try_cast: false,
    }
}

pub(crate) fn timestamp(value: &str) -> Expr {
    cast(text(value), TypeKind::Timestamp(3))
}

/// A call as the binder makes it.
pub(crate) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let function = lookup(name).unwrap_or_else(|| panic!("{name} is no function"));
    let arguments: Vec<Argument> = args
        .iter()
        .map(|arg| Argument {
            ty: arg.ty().clone(),
            literal: match arg {
                Expr::Literal { value, .. } => Some(value.clone()),
                _ => None,
            },
        })
        .collect();
    let resolution = function
        .resolve(&arguments)
        .unwrap_or_else(|error| panic!("{error}"));
    let args = args
        .into_iter()
        .zip(resolution.arg_types)
        .map(|(arg, ty)| arg.cast_to(ty));
    Expr::call(function.name, args.collect(), resolution.result)
}

/// Evaluates over columns of the given types; without columns over one row.
pub(crate) fn evaluate(
    expr: &Expr,
    columns: &[(LogicalType, ArrayRef)],
    zone: &str,
) -> OperatorResult<ArrayRef> {
    let fields: Vec<Field> = columns
        .iter()
        .enumerate()
        .map(|(index, (ty, _))| Field::new(format!("c{index}"), ty.to_arrow(), true))
        .collect();
    let arrays: Vec<ArrayRef> = columns.iter().map(|(_, array)| array.clone()).collect();
    let rows = arrays.first().map_or(1, |array| array.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new_with_options(schema, arrays, &options).unwrap();
    let compiled = CompiledExpr::compile(expr, &session(zone))?;
    let context = EvalContext {
        now_ms: 1_709_210_096_789,
    };
    let result = compiled.evaluate(&batch, &context)?;
    assert_eq!(result.data_type(), &expr.ty().to_arrow());
    assert_eq!(result.len(), rows);
    Ok(result)
}

/// The result's rows as CAST(.. AS STRING) prints them.
pub(crate) fn shown(array: &ArrayRef, ty: &LogicalType, zone: &str) -> Vec<String> {
    let session = Session::new(&session(zone)).unwrap();
    let one = |row: usize| {
        if array.is_null(row) {
            return "NULL".to_string();
        }
        let mut out = String::new();
        write_value(&mut out, array.as_ref(), row, &ty.kind, &session);
        out
    };
    (0..array.len()).map(one).collect()
}

/// The only row of a constant expression, as text; errors as `error: ..`.
pub(crate) fn value_in(expr: &Expr, zone: &str) -> String {
    match evaluate(expr, &[], zone) {
        Ok(array) => shown(&array, expr.ty(), zone).remove(0),
        Err(error) => format!("error: {error}"),
    }
}

/// [`value_in`] UTC.
pub(crate) fn value(expr: &Expr) -> String {
    value_in(expr, "UTC")
}

/// The value of a call of constants.
pub(crate) fn result(name: &str, args: Vec<Expr>) -> String {
    value(&call(name, args))
}
