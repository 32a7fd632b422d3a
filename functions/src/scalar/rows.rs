//! Row loops: a closure from one row's arguments to its result, collected into a column.
//!
//! For functions whose work per row outweighs the loop (text, JSON, dates). Arithmetic and comparisons
//! use Arrow's kernels instead.

use std::sync::Arc;

use alpheus_dataflow::OperatorResult;
use arrow::array::{
    ArrayRef, ArrowPrimitiveType, BinaryBuilder, BooleanArray, PrimitiveArray, StringBuilder,
};

/// Text per row; the closure writes into the buffer and says whether there is a value.
pub(crate) fn strings(
    rows: usize,
    mut each: impl FnMut(usize, &mut String) -> OperatorResult<Option<()>>,
) -> OperatorResult<ArrayRef> {
    let mut builder = StringBuilder::with_capacity(rows, rows * 8);
    let mut buffer = String::new();
    for row in 0..rows {
        buffer.clear();
        match each(row, &mut buffer)? {
            Some(()) => builder.append_value(&buffer),
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Text per row, borrowed from an argument or a constant.
pub(crate) fn slices<'a>(
    rows: usize,
    mut each: impl FnMut(usize) -> Option<&'a str>,
) -> OperatorResult<ArrayRef> {
    let mut builder = StringBuilder::with_capacity(rows, rows * 8);
    for row in 0..rows {
        builder.append_option(each(row));
    }
    Ok(Arc::new(builder.finish()))
}

/// Bytes per row.
pub(crate) fn bytes(
    rows: usize,
    mut each: impl FnMut(usize) -> OperatorResult<Option<Vec<u8>>>,
) -> OperatorResult<ArrayRef> {
    let mut builder = BinaryBuilder::with_capacity(rows, rows * 8);
    for row in 0..rows {
        builder.append_option(each(row)?);
    }
    Ok(Arc::new(builder.finish()))
}

/// TRUE, FALSE or NULL per row.
pub(crate) fn booleans(
    rows: usize,
    mut each: impl FnMut(usize) -> OperatorResult<Option<bool>>,
) -> OperatorResult<ArrayRef> {
    let values: BooleanArray = (0..rows).map(&mut each).collect::<OperatorResult<_>>()?;
    Ok(Arc::new(values))
}

/// A fixed-width value per row.
pub(crate) fn primitives<T: ArrowPrimitiveType>(
    rows: usize,
    mut each: impl FnMut(usize) -> OperatorResult<Option<T::Native>>,
) -> OperatorResult<ArrayRef> {
    let mut builder = PrimitiveArray::<T>::builder(rows);
    for row in 0..rows {
        builder.append_option(each(row)?);
    }
    Ok(Arc::new(builder.finish()))
}
