//! JSON text of column values, for JSON_ARRAYAGG and JSON_OBJECTAGG.
//!
//! Numbers and booleans are themselves, arrays and rows nest, everything else is a string as CAST to
//! STRING gives it. Keys of an object are sorted, and the last value of a key counts.

use std::collections::BTreeMap;
use std::ops::Range;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use serde_json::Value;

/// `[v, v, ..]` of the rows in `span`.
pub(super) fn array(column: &ArrayRef, span: Range<usize>) -> OperatorResult<String> {
    let values = span.map(|row| value(column, row));
    Ok(Value::Array(values.collect::<OperatorResult<_>>()?).to_string())
}

/// `{k: v, ..}` of the rows in `span`.
pub(super) fn object(
    keys: &ArrayRef,
    values: &ArrayRef,
    span: Range<usize>,
    keep_null: bool,
) -> OperatorResult<String> {
    let names = keys.as_string::<i32>();
    let mut entries = BTreeMap::new();
    for row in span {
        if names.is_null(row) {
            return Err(OperatorError::data(
                "a key of JSON_OBJECTAGG is NULL; filter such rows out",
            ));
        }
        if keep_null || values.is_valid(row) {
            entries.insert(names.value(row), value(values, row)?);
        }
    }
    let text = serde_json::to_string(&entries);
    text.map_err(|error| OperatorError::data(error.to_string()))
}

fn value(column: &ArrayRef, row: usize) -> OperatorResult<Value> {
    if column.is_null(row) || *column.data_type() == DataType::Null {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Boolean => Value::Bool(column.as_boolean().value(row)),
        DataType::Float32 => float(f64::from(column.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let text = text(column, row)?;
            text.parse::<i64>().map_or(Value::String(text), Value::from)
        }
        DataType::Decimal128(..) => {
            let text = text(column, row)?;
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        DataType::List(_) => {
            let elements = column.as_list::<i32>().value(row);
            let values = (0..elements.len()).map(|i| value(&elements, i));
            Value::Array(values.collect::<OperatorResult<_>>()?)
        }
        DataType::Struct(fields) => {
            let columns = column.as_struct().columns();
            let entries = fields
                .iter()
                .zip(columns)
                .map(|(field, column)| Ok((field.name().clone(), value(column, row)?)));
            Value::Object(entries.collect::<OperatorResult<_>>()?)
        }
        _ => Value::String(text(column, row)?),
    })
}

fn float(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or(Value::String(value.to_string()), Value::Number)
}

fn text(column: &ArrayRef, row: usize) -> OperatorResult<String> {
    let text = cast(&column.slice(row, 1), &DataType::Utf8)?;
    Ok(text.as_string::<i32>().value(0).to_owned())
}
