//! Building arrays, maps and rows from columns.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayRef, ListArray, MapArray, StructArray, UInt64Array, make_comparator,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortOptions, interleave, take};
use arrow::datatypes::DataType;

use crate::compile::Args;

/// The columns at `indices` row after row: the first row's values, then the second's.
fn interwoven(args: &Args<'_>, indices: &[usize], ty: &DataType) -> OperatorResult<ArrayRef> {
    let columns: Vec<ArrayRef> = indices
        .iter()
        .map(|index| with_type(args.array(*index), ty))
        .collect::<OperatorResult<_>>()?;
    let columns_dyn: Vec<&dyn Array> = columns.iter().map(|column| column.as_ref()).collect();
    let constant: Vec<bool> = indices
        .iter()
        .map(|i| args.values[*i].is_constant())
        .collect();
    let places: Vec<(usize, usize)> = (0..args.rows)
        .flat_map(|row| {
            let constant = &constant;
            (0..columns.len()).map(move |column| (column, if constant[column] { 0 } else { row }))
        })
        .collect();
    if places.is_empty() {
        return Ok(arrow::array::new_empty_array(ty));
    }
    Ok(interleave(&columns_dyn, &places)?)
}

/// The same values under a type that differs in the nullability of nested fields at most.
fn with_type(array: &ArrayRef, ty: &DataType) -> OperatorResult<ArrayRef> {
    if array.data_type() == ty {
        return Ok(array.clone());
    }
    Ok(arrow::compute::cast(array, ty)?)
}

pub(super) fn array(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let DataType::List(field) = args.result.to_arrow() else {
        return Err(OperatorError::fatal("ARRAY[..] has to be an ARRAY"));
    };
    let indices: Vec<usize> = (0..args.len()).collect();
    let values = interwoven(args, &indices, field.data_type())?;
    let offsets = OffsetBuffer::from_lengths(std::iter::repeat_n(args.len(), args.rows));
    Ok(Arc::new(ListArray::try_new(field, offsets, values, None)?))
}

pub(super) fn row(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let DataType::Struct(fields) = args.result.to_arrow() else {
        return Err(OperatorError::fatal("ROW(..) has to be a ROW"));
    };
    let columns = (0..args.len())
        .map(|index| with_type(&args.column(index)?, fields[index].data_type()))
        .collect::<OperatorResult<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
}

pub(super) fn map(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let DataType::Map(entries, _) = args.result.to_arrow() else {
        return Err(OperatorError::fatal("MAP[..] has to be a MAP"));
    };
    let DataType::Struct(pair) = entries.data_type() else {
        return Err(OperatorError::fatal("the entries of a MAP are pairs"));
    };
    let every_other = |from: usize| (from..args.len()).step_by(2).collect::<Vec<_>>();
    let keys = interwoven(args, &every_other(0), pair[0].data_type())?;
    let values = interwoven(args, &every_other(1), pair[1].data_type())?;
    if keys.null_count() > 0 {
        return Err(OperatorError::data(
            "a key of a MAP is NULL; keys have to have values",
        ));
    }
    map_of(args, &keys, &values, args.len() / 2)
}

/// A map per row from `width` pairs each; of equal keys the last wins.
fn map_of(
    args: &Args<'_>,
    keys: &ArrayRef,
    values: &ArrayRef,
    width: usize,
) -> OperatorResult<ArrayRef> {
    let lengths = std::iter::repeat_n(width, args.rows);
    let same = make_comparator(keys, keys, SortOptions::default())?;
    let mut kept: Vec<u64> = Vec::with_capacity(keys.len());
    let mut sizes = Vec::with_capacity(args.rows);
    let mut start = 0;
    for length in lengths {
        let before = kept.len();
        for at in start..start + length {
            // A later equal key replaces the value and keeps the place of the first.
            let known = kept[before..]
                .iter()
                .position(|k| same(*k as usize, at).is_eq());
            match known {
                Some(place) => kept[before + place] = at as u64,
                None => kept.push(at as u64),
            }
        }
        sizes.push(kept.len() - before);
        start += length;
    }
    let kept = UInt64Array::from(kept);
    let offsets = OffsetBuffer::from_lengths(sizes);
    map_array(
        args.result,
        take(keys, &kept, None)?,
        take(values, &kept, None)?,
        offsets,
        None,
    )
}

/// A MAP column from its parts.
pub(crate) fn map_array(
    ty: &alpheus_dataflow::LogicalType,
    keys: ArrayRef,
    values: ArrayRef,
    offsets: OffsetBuffer<i32>,
    nulls: Option<arrow::buffer::NullBuffer>,
) -> OperatorResult<ArrayRef> {
    let DataType::Map(entries, sorted) = ty.to_arrow() else {
        return Err(OperatorError::fatal(format!("{ty} is no MAP")));
    };
    let DataType::Struct(pair) = entries.data_type() else {
        return Err(OperatorError::fatal("the entries of a MAP are pairs"));
    };
    let pairs = StructArray::try_new(pair.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(
        entries, offsets, pairs, nulls, sorted,
    )?))
}
