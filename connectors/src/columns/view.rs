//! Typed access to finished columns, resolved once a batch so that encoders do not downcast per value.

use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult, TypeKind};
use arrow::array::{
    Array, AsArray, BinaryArray, BooleanArray, GenericListArray, MapArray, StringArray, StructArray,
};
use arrow::array::{
    Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{
    DataType, Date32Type, DurationMillisecondType, Time32MillisecondType, Time64NanosecondType,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

/// A column with its SQL type.
pub(crate) struct View<'a> {
    /// The type.
    pub(crate) ty: &'a LogicalType,
    /// The values.
    pub(crate) cells: Cells<'a>,
    array: &'a dyn Array,
}

/// The values by physical type.
pub(crate) enum Cells<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Int8(&'a Int8Array),
    Int16(&'a Int16Array),
    /// INT, DATE, TIME(0..=3) and months.
    Int32(&'a ScalarBuffer<i32>),
    /// BIGINT, TIME, timestamps and milliseconds.
    Int64(&'a ScalarBuffer<i64>),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    Text(&'a StringArray),
    Binary(&'a BinaryArray),
    List(&'a GenericListArray<i32>, Box<View<'a>>),
    Map(&'a MapArray, Box<View<'a>>, Box<View<'a>>),
    Struct(Vec<(&'a str, View<'a>)>),
}

/// The type of a MULTISET's counts.
static COUNT: LogicalType = LogicalType {
    kind: TypeKind::Integer,
    nullable: false,
};

impl<'a> View<'a> {
    /// Looks at `array` as a column of type `ty`.
    ///
    /// # Errors
    /// When the array is not what [`LogicalType::to_arrow`] says: a defect of whoever made it.
    pub(crate) fn new(ty: &'a LogicalType, array: &'a dyn Array) -> OperatorResult<View<'a>> {
        let cells = Self::cells(ty, array)?.ok_or_else(|| {
            OperatorError::fatal(format!(
                "a column of type {ty} came as {}, expected {}",
                array.data_type(),
                ty.to_arrow()
            ))
        })?;
        Ok(View { ty, cells, array })
    }

    fn cells(ty: &'a LogicalType, array: &'a dyn Array) -> OperatorResult<Option<Cells<'a>>> {
        Ok(match (&ty.kind, array.data_type()) {
            (TypeKind::Null, _) => Some(Cells::Null),
            (TypeKind::Boolean, _) => array.as_boolean_opt().map(Cells::Boolean),
            (TypeKind::TinyInt, _) => array.as_primitive_opt().map(Cells::Int8),
            (TypeKind::SmallInt, _) => array.as_primitive_opt().map(Cells::Int16),
            (TypeKind::Float, _) => array.as_primitive_opt().map(Cells::Float32),
            (TypeKind::Double, _) => array.as_primitive_opt().map(Cells::Float64),
            (TypeKind::Decimal(_, scale), _) => array
                .as_primitive_opt()
                .map(|array| Cells::Decimal(array, *scale)),
            (TypeKind::Char(_) | TypeKind::Varchar(_), _) => array.as_string_opt().map(Cells::Text),
            (TypeKind::Binary(_) | TypeKind::Varbinary(_), _) => {
                array.as_binary_opt().map(Cells::Binary)
            }
            (TypeKind::Array(element), _) => match array.as_list_opt::<i32>() {
                Some(list) => Some(Cells::List(
                    list,
                    Box::new(View::new(element, list.values().as_ref())?),
                )),
                None => None,
            },
            (TypeKind::Map(key, value), _) => Self::map(array, key, value)?,
            (TypeKind::Multiset(element), _) => Self::map(array, element, &COUNT)?,
            (TypeKind::Row(fields), _) => match array.as_struct_opt() {
                Some(row) if row.num_columns() == fields.len() => {
                    Some(Cells::Struct(Self::fields(row, fields)?))
                }
                _ => None,
            },
            (_, DataType::Int32) => ints(array.as_any().downcast_ref::<Int32Array>()),
            (_, DataType::Date32) => ints(array.as_primitive_opt::<Date32Type>()),
            (_, DataType::Time32(TimeUnit::Millisecond)) => {
                ints(array.as_primitive_opt::<Time32MillisecondType>())
            }
            (_, DataType::Int64) => longs(array.as_any().downcast_ref::<Int64Array>()),
            (_, DataType::Time64(TimeUnit::Nanosecond)) => {
                longs(array.as_primitive_opt::<Time64NanosecondType>())
            }
            (_, DataType::Duration(TimeUnit::Millisecond)) => {
                longs(array.as_primitive_opt::<DurationMillisecondType>())
            }
            (_, DataType::Timestamp(TimeUnit::Millisecond, _)) => {
                longs(array.as_primitive_opt::<TimestampMillisecondType>())
            }
            (_, DataType::Timestamp(TimeUnit::Microsecond, _)) => {
                longs(array.as_primitive_opt::<TimestampMicrosecondType>())
            }
            (_, DataType::Timestamp(TimeUnit::Nanosecond, _)) => {
                longs(array.as_primitive_opt::<TimestampNanosecondType>())
            }
            _ => None,
        })
    }

    fn map(
        array: &'a dyn Array,
        key: &'a LogicalType,
        value: &'a LogicalType,
    ) -> OperatorResult<Option<Cells<'a>>> {
        let Some(map) = array.as_map_opt() else {
            return Ok(None);
        };
        Ok(Some(Cells::Map(
            map,
            Box::new(View::new(key, map.keys().as_ref())?),
            Box::new(View::new(value, map.values().as_ref())?),
        )))
    }

    fn fields(
        row: &'a StructArray,
        fields: &'a [alpheus_dataflow::Field],
    ) -> OperatorResult<Vec<(&'a str, View<'a>)>> {
        fields
            .iter()
            .zip(row.columns())
            .map(|(field, array)| Ok((field.name.as_str(), View::new(&field.ty, array.as_ref())?)))
            .collect()
    }

    /// Whether the value in `row` is NULL.
    #[inline]
    pub(crate) fn is_null(&self, row: usize) -> bool {
        matches!(self.cells, Cells::Null) || self.array.is_null(row)
    }
}

fn ints<'a, T: arrow::datatypes::ArrowPrimitiveType<Native = i32>>(
    array: Option<&'a arrow::array::PrimitiveArray<T>>,
) -> Option<Cells<'a>> {
    array.map(|array| Cells::Int32(array.values()))
}

fn longs<'a, T: arrow::datatypes::ArrowPrimitiveType<Native = i64>>(
    array: Option<&'a arrow::array::PrimitiveArray<T>>,
) -> Option<Cells<'a>> {
    array.map(|array| Cells::Int64(array.values()))
}

/// Views of all columns of a batch.
///
/// # Errors
/// As [`View::new`], and when the number of columns differs.
pub(crate) fn views<'a>(
    types: impl ExactSizeIterator<Item = &'a LogicalType>,
    arrays: &'a [arrow::array::ArrayRef],
) -> OperatorResult<Vec<View<'a>>> {
    if types.len() != arrays.len() {
        return Err(OperatorError::fatal(format!(
            "a batch has {} columns, the table {}",
            arrays.len(),
            types.len()
        )));
    }
    types
        .zip(arrays)
        .map(|(ty, array)| View::new(ty, array.as_ref()))
        .collect()
}
