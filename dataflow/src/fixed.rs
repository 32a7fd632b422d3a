//! Columns of fixed-width values seen as `i64`: what hash tables and ordered sets specialize on.
//!
//! Every integer, date, time, timestamp and interval column has such a view; it keeps order and
//! equality. Floats and decimals do not.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType,
};

/// Calls `$body` with `$ty` as the Arrow primitive type of `$data_type`, or evaluates `$other`.
macro_rules! for_integer_like {
    ($data_type:expr, $ty:ident => $body:expr, else $other:expr) => {{
        macro_rules! with {
            ($concrete:ty) => {{
                type $ty = $concrete;
                $body
            }};
        }
        match $data_type {
            DataType::Int8 => with!(Int8Type),
            DataType::Int16 => with!(Int16Type),
            DataType::Int32 => with!(Int32Type),
            DataType::Int64 => with!(Int64Type),
            DataType::Date32 => with!(Date32Type),
            DataType::Time32(TimeUnit::Millisecond) => with!(Time32MillisecondType),
            DataType::Time64(TimeUnit::Nanosecond) => with!(Time64NanosecondType),
            DataType::Timestamp(TimeUnit::Millisecond, _) => with!(TimestampMillisecondType),
            DataType::Timestamp(TimeUnit::Microsecond, _) => with!(TimestampMicrosecondType),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => with!(TimestampNanosecondType),
            DataType::Duration(TimeUnit::Millisecond) => with!(DurationMillisecondType),
            _ => $other,
        }
    }};
}

/// Whether columns of this type have an `i64` view.
pub fn is_integer_like(data_type: &DataType) -> bool {
    #[allow(dead_code, reason = "only whether a type matches is asked")]
    {
        for_integer_like!(data_type, T => true, else false)
    }
}

/// The values of an integer-like column and which of them are not NULL; `None` for other columns.
/// Free of copies when the column is 64 bits wide.
pub fn to_i64(column: &ArrayRef) -> Option<(ScalarBuffer<i64>, Option<NullBuffer>)> {
    let nulls = column
        .nulls()
        .filter(|nulls| nulls.null_count() > 0)
        .cloned();
    let values = for_integer_like!(column.data_type(), T => {
        let array: &PrimitiveArray<T> = column.as_primitive::<T>();
        if array.data_type().primitive_width() == Some(8) {
            ScalarBuffer::new(array.values().inner().clone(), 0, array.len())
        } else {
            array.values().iter().map(|&value| i64::from(value)).collect()
        }
    }, else return None);
    Some((values, nulls))
}

/// The integer-like column of type `data_type` with these values; `None` for other types.
pub fn from_i64(
    values: impl IntoIterator<Item = Option<i64>>,
    data_type: &DataType,
) -> Option<ArrayRef> {
    Some(for_integer_like!(data_type, T => {
        type Native = <T as arrow::array::ArrowPrimitiveType>::Native;
        let array: PrimitiveArray<T> = values
            .into_iter()
            .map(|value| value.map(|value| value as Native))
            .collect();
        Arc::new(array.with_data_type(data_type.clone())) as ArrayRef
    }, else return None))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, TimestampMicrosecondArray};

    use super::*;

    #[test]
    fn there_and_back() {
        let narrow: ArrayRef = Arc::new(arrow::array::Int16Array::from(vec![
            Some(-3),
            None,
            Some(i16::MAX),
        ]));
        let zoned: ArrayRef =
            Arc::new(TimestampMicrosecondArray::from(vec![Some(5), None]).with_timezone("UTC"));
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![9, i64::MIN, 4]));
        for column in [narrow, zoned, wide.slice(1, 2)] {
            let (values, nulls) = to_i64(&column).unwrap();
            let options = values.iter().enumerate().map(|(row, &value)| {
                nulls
                    .as_ref()
                    .is_none_or(|nulls| nulls.is_valid(row))
                    .then_some(value)
            });
            assert_eq!(&from_i64(options, column.data_type()).unwrap(), &column);
        }
        assert!(!is_integer_like(&DataType::Float64));
    }
}
