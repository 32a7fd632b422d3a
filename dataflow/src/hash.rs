//! The hash that decides where a row goes. Fixed for ever: savepoints depend on it.
//!
//! Each value is hashed with XXH3-64 over a canonical byte form, and the columns of a key are folded
//! left to right. Canonical means: integers of every width as little-endian `i64`, so that a key
//! column may be widened without losing state; floats by their bits, with -0.0 as 0.0 and every NaN
//! as one NaN; text and bytes as they are; NULL a constant. Timestamps are hashed in their unit.
//! A ROW is the fold of its fields as if they were a key of their own, an ARRAY that of its length and
//! its elements. A MAP has no order and so no hash.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, DurationMillisecondType, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time64NanosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::error::DataflowError;

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const NULL_HASH: u64 = 0x5bd1_e995_a3b1_4f2d;

/// Hash of the bytes; for ids.
pub fn stable_hash_128(bytes: &[u8]) -> u128 {
    xxh3_128(bytes)
}

/// Hash of bytes; for text and binary values and for tests.
pub fn stable_hash_64(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// Hash of one integer; a bijective finalizer (the constants are those of MurmurHash3's 64-bit mix).
#[inline]
pub fn hash_i64(value: i64) -> u64 {
    let mut h = (value as u64) ^ SEED;
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

#[inline]
fn fold(hash: u64, value: u64) -> u64 {
    hash_i64((hash.rotate_left(23) ^ value) as i64)
}

/// Hashes the key `columns` row by row; zero columns give the same hash for every row.
///
/// # Errors
/// When a column's type has no canonical form (MAP).
pub fn hash_columns(columns: &[ArrayRef], rows: usize) -> Result<Vec<u64>, DataflowError> {
    let mut hashes = vec![SEED; rows];
    for column in columns {
        hash_column(column, &mut hashes)?;
    }
    Ok(hashes)
}

fn hash_column(column: &ArrayRef, hashes: &mut [u64]) -> Result<(), DataflowError> {
    macro_rules! integers {
        ($ty:ty) => {{
            let array = column.as_primitive::<$ty>();
            each(array, hashes, |row| hash_i64(i64::from(array.value(row))))
        }};
    }
    match column.data_type() {
        DataType::Null => hashes
            .iter_mut()
            .for_each(|hash| *hash = fold(*hash, NULL_HASH)),
        DataType::Boolean => {
            let array = column.as_boolean();
            each(array, hashes, |row| hash_i64(i64::from(array.value(row))));
        }
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::Int64 => integers!(Int64Type),
        DataType::Date32 => integers!(Date32Type),
        DataType::Time32(TimeUnit::Millisecond) => integers!(Time32MillisecondType),
        DataType::Time64(TimeUnit::Nanosecond) => integers!(Time64NanosecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => integers!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => integers!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => integers!(TimestampNanosecondType),
        DataType::Duration(TimeUnit::Millisecond) => integers!(DurationMillisecondType),
        DataType::Float32 => {
            let array = column.as_primitive::<Float32Type>();
            each(array, hashes, |row| hash_f64(f64::from(array.value(row))));
        }
        DataType::Float64 => {
            let array = column.as_primitive::<Float64Type>();
            each(array, hashes, |row| hash_f64(array.value(row)));
        }
        DataType::Decimal128(..) => {
            let array = column.as_primitive::<Decimal128Type>();
            each(array, hashes, |row| {
                xxh3_64(&array.value(row).to_le_bytes())
            });
        }
        DataType::Utf8 => {
            let array = column.as_string::<i32>();
            each(array, hashes, |row| xxh3_64(array.value(row).as_bytes()));
        }
        DataType::Binary => {
            let array = column.as_binary::<i32>();
            each(array, hashes, |row| xxh3_64(array.value(row)));
        }
        DataType::Struct(_) => {
            let array = column.as_struct();
            let values = hash_columns(array.columns(), array.len())?;
            each(array, hashes, |row| values[row]);
        }
        DataType::List(_) => {
            let array = column.as_list::<i32>();
            let offsets = array.value_offsets();
            let elements = hash_columns(&[array.values().clone()], array.values().len())?;
            each(array, hashes, |row| {
                let range = offsets[row] as usize..offsets[row + 1] as usize;
                let length = hash_i64(range.len() as i64);
                elements[range].iter().copied().fold(length, fold)
            });
        }
        other => return Err(DataflowError::UnhashableKey(other.clone())),
    }
    Ok(())
}

fn hash_f64(value: f64) -> u64 {
    let canonical = if value.is_nan() {
        f64::NAN
    } else if value == 0.0 {
        0.0
    } else {
        value
    };
    hash_i64(canonical.to_bits() as i64)
}

#[inline]
fn each(array: &dyn Array, hashes: &mut [u64], value: impl Fn(usize) -> u64) {
    if array.null_count() == 0 {
        for (row, hash) in hashes.iter_mut().enumerate() {
            *hash = fold(*hash, value(row));
        }
    } else {
        for (row, hash) in hashes.iter_mut().enumerate() {
            *hash = fold(
                *hash,
                if array.is_null(row) {
                    NULL_HASH
                } else {
                    value(row)
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, Int32Array, Int64Array, ListArray, StringArray, StructArray};
    use arrow::buffer::NullBuffer;
    use arrow::datatypes::Field;

    use super::*;

    fn hash_one(column: ArrayRef) -> Vec<u64> {
        let rows = column.len();
        hash_columns(&[column], rows).unwrap()
    }

    /// Savepoints written by an older version must find their keys: these numbers never change.
    #[test]
    fn hashes_are_pinned() {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(vec![Some(42), None])),
            Arc::new(StringArray::from(vec![Some("JFK"), Some("")])),
        ];
        assert_eq!(
            hash_columns(&columns, 2).unwrap(),
            [5157863886199288941, 1785203741960995913]
        );
    }

    fn nested() -> (ArrayRef, ArrayRef) {
        let fields = vec![
            Field::new("a", DataType::Int32, true),
            Field::new("b", DataType::Utf8, true),
        ];
        let row = StructArray::new(
            fields.into(),
            vec![
                Arc::new(Int32Array::from(vec![Some(1), None, Some(1), Some(1)])),
                Arc::new(StringArray::from(vec!["x", "x", "y", "x"])),
            ],
            Some(NullBuffer::from(vec![true, true, false, true])),
        );
        let list = ListArray::from_iter_primitive::<Int32Type, _, _>([
            Some(vec![Some(1), None]),
            Some(vec![]),
            None,
            Some(vec![Some(1), None]),
        ]);
        (Arc::new(row), Arc::new(list))
    }

    /// As `hashes_are_pinned`, for keys that are rows and arrays.
    #[test]
    fn nested_hashes_are_pinned() {
        let (row, list) = nested();
        let (rows, lists) = (hash_one(row), hash_one(list));
        assert_eq!(
            rows,
            [
                14327500594162642576,
                252529392532513885,
                4079343539881305748,
                14327500594162642576
            ]
        );
        assert_eq!(
            lists,
            [
                147569743758476993,
                14171452207887645889,
                4079343539881305748,
                147569743758476993
            ]
        );
    }

    #[test]
    fn nested_values_hash_by_value_wherever_they_lie() {
        let (row, list) = nested();
        for column in [row, list] {
            let whole = hash_one(column.clone());
            assert_eq!(whole[0], whole[3]);
            assert_eq!(hash_one(column.slice(1, 3)), whole[1..]);
            assert_eq!(
                whole[2],
                hash_one(arrow::array::new_null_array(column.data_type(), 1))[0]
            );
        }
        let map = DataType::Map(
            Arc::new(Field::new(
                "entries",
                DataType::Struct(
                    vec![
                        Field::new("keys", DataType::Int32, false),
                        Field::new("values", DataType::Int32, true),
                    ]
                    .into(),
                ),
                false,
            )),
            false,
        );
        assert!(hash_columns(&[arrow::array::new_null_array(&map, 1)], 1).is_err());
    }

    #[test]
    fn integers_of_all_widths_agree() {
        let narrow = hash_one(Arc::new(Int32Array::from(vec![-7, 0, 9])));
        let wide = hash_one(Arc::new(Int64Array::from(vec![-7, 0, 9])));
        assert_eq!(narrow, wide);
    }

    #[test]
    fn zeros_and_nans_are_one_key() {
        let hashes = hash_one(Arc::new(Float64Array::from(vec![
            0.0,
            -0.0,
            f64::NAN,
            -f64::NAN,
        ])));
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!(hashes[2], hashes[3]);
    }
}
