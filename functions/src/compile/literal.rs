//! Literals as arrays of one value, and back.

use std::sync::Arc;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{Literal, OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Decimal128Array, Float32Array,
    Float64Array, Int64Array, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};

/// The literal as an array of length 1 of its type's Arrow type.
pub fn literal_to_array(value: &Literal, ty: &LogicalType) -> OperatorResult<ArrayRef> {
    let arrow = ty.to_arrow();
    let array: ArrayRef = match (value, &ty.kind) {
        (Literal::Null, _) => new_null_array(&arrow, 1),
        (Literal::Boolean(value), TypeKind::Boolean) => Arc::new(BooleanArray::from(vec![*value])),
        (Literal::Int(value), _) => int_array(*value, &arrow)?,
        (Literal::Decimal(value), TypeKind::Decimal(p, s)) => {
            Arc::new(Decimal128Array::from(vec![*value]).with_precision_and_scale(*p, *s as i8)?)
        }
        (Literal::Float(value), TypeKind::Double) => Arc::new(Float64Array::from(vec![*value])),
        (Literal::Float(value), TypeKind::Float) => {
            Arc::new(Float32Array::from(vec![*value as f32]))
        }
        (Literal::String(value), kind) if kind.is_character() => {
            Arc::new(StringArray::from(vec![value.as_str()]))
        }
        (Literal::Bytes(value), kind) if kind.is_binary() => {
            Arc::new(BinaryArray::from(vec![value.as_slice()]))
        }
        _ => {
            return Err(OperatorError::fatal(format!(
                "the plan holds a literal {value:?} of type {ty}, which cannot be"
            )));
        }
    };
    if *array.data_type() == arrow {
        Ok(array)
    } else {
        Err(OperatorError::fatal(format!(
            "the plan holds an integer literal of type {ty}, which cannot be"
        )))
    }
}

fn int_array(value: i64, arrow: &DataType) -> OperatorResult<ArrayRef> {
    let long: ArrayRef = Arc::new(Int64Array::from(vec![value]));
    Ok(match arrow {
        DataType::Int64 => long,
        // Days and milliseconds of a day are 32 bits wide; Arrow converts by way of INT.
        DataType::Date32 | DataType::Time32(_) => cast(&cast(&long, &DataType::Int32)?, arrow)?,
        DataType::Int8 | DataType::Int16 | DataType::Int32 => cast(&long, arrow)?,
        DataType::Timestamp(..) | DataType::Time64(_) | DataType::Duration(_) => {
            cast(&long, arrow)?
        }
        _ => long,
    })
}

/// The first value of `array` as a literal; `None` for types that literals cannot express.
pub fn array_to_literal(array: &dyn Array, ty: &LogicalType) -> Option<Literal> {
    if array.is_null(0) || ty.kind == TypeKind::Null {
        return Some(Literal::Null);
    }
    Some(match &ty.kind {
        TypeKind::Boolean => Literal::Boolean(array.as_boolean().value(0)),
        TypeKind::Char(_) | TypeKind::Varchar(_) => {
            Literal::String(array.as_string::<i32>().value(0).to_string())
        }
        TypeKind::Binary(_) | TypeKind::Varbinary(_) => {
            Literal::Bytes(array.as_binary::<i32>().value(0).to_vec())
        }
        TypeKind::Decimal(..) => Literal::Decimal(array.as_primitive::<Decimal128Type>().value(0)),
        TypeKind::Float => Literal::Float(f64::from(array.as_primitive::<Float32Type>().value(0))),
        TypeKind::Double => Literal::Float(array.as_primitive::<Float64Type>().value(0)),
        TypeKind::TinyInt => Literal::Int(i64::from(array.as_primitive::<Int8Type>().value(0))),
        TypeKind::SmallInt => Literal::Int(i64::from(array.as_primitive::<Int16Type>().value(0))),
        TypeKind::Integer => Literal::Int(i64::from(array.as_primitive::<Int32Type>().value(0))),
        TypeKind::BigInt => Literal::Int(array.as_primitive::<Int64Type>().value(0)),
        kind if kind.is_datetime() || kind.is_interval() => {
            let long = match array.data_type() {
                DataType::Int32 | DataType::Date32 | DataType::Time32(_) => {
                    cast(&cast(array, &DataType::Int32).ok()?, &DataType::Int64).ok()?
                }
                _ => cast(array, &DataType::Int64).ok()?,
            };
            Literal::Int(long.as_primitive::<Int64Type>().value(0))
        }
        _ => return None,
    })
}
