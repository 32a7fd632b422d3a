//! Arrow types that files give to those that the engine uses.

use alpheus_dataflow::LogicalType;
use arrow::array::{Array, ArrayRef, make_array, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// `rows` times NULL.
pub(crate) fn null_column(ty: &LogicalType, rows: usize) -> ArrayRef {
    new_null_array(&ty.to_arrow(), rows)
}

/// The column in the Arrow type of `ty`; `None` when a file's type is not one of those that hold it.
///
/// # Errors
/// When a value does not fit.
pub(crate) fn canonical(
    array: &ArrayRef,
    ty: &LogicalType,
) -> Result<Option<ArrayRef>, ArrowError> {
    let wanted = ty.to_arrow();
    if *array.data_type() == wanted {
        return Ok(Some(array.clone()));
    }
    if !holds(array.data_type(), &wanted) {
        return Ok(None);
    }
    if let (DataType::Timestamp(from, _), DataType::Timestamp(to, zone)) =
        (array.data_type(), &wanted)
    {
        // Both are UTC: the zone is only a name, and the kernels would look it up.
        let plain = retype(array, DataType::Timestamp(*from, None))?;
        let scaled = cast(&plain, &DataType::Timestamp(*to, None))?;
        return retype(&scaled, DataType::Timestamp(*to, zone.clone())).map(Some);
    }
    cast(array, &wanted).map(Some)
}

fn retype(array: &ArrayRef, data_type: DataType) -> Result<ArrayRef, ArrowError> {
    let data = array
        .to_data()
        .into_builder()
        .data_type(data_type)
        .build()?;
    Ok(make_array(data))
}

/// Whether values of `from` are values of `to` in another form.
fn holds(from: &DataType, to: &DataType) -> bool {
    use DataType::*;
    match (from, to) {
        (Timestamp(..), Timestamp(..)) => true,
        (Time32(_) | Time64(_), Time32(_) | Time64(_)) => true,
        (Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..), Decimal128(..)) => true,
        (Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView, Utf8) => true,
        (Binary | LargeBinary | BinaryView | FixedSizeBinary(_), Binary) => true,
        (Float16 | Float32, Float32 | Float64) => true,
        (from, to) if from.is_integer() && to.is_integer() => true,
        (List(a) | LargeList(a), List(b)) => same_or_holds(a.data_type(), b.data_type()),
        (Map(a, _), Map(b, _)) => same_or_holds(a.data_type(), b.data_type()),
        (Struct(a), Struct(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b)
                    .all(|(a, b)| same_or_holds(a.data_type(), b.data_type()))
        }
        _ => false,
    }
}

/// Inside nested values the cast kernel does the work, so zones must agree.
fn same_or_holds(from: &DataType, to: &DataType) -> bool {
    from == to
        || match (from, to) {
            (DataType::Timestamp(_, a), DataType::Timestamp(_, b)) => a == b,
            _ => holds(from, to),
        }
}
