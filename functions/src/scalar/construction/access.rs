//! Elements of arrays, values of maps, fields of rows.

use alpheus_dataflow::types::TypeKind;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, UInt64Array, make_comparator};
use arrow::compute::{SortOptions, is_null, nullif, take};

use crate::compile::{Args, Value};

pub(super) fn item(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    match &args.types[0].kind {
        TypeKind::Array(_) => element(args),
        TypeKind::Map(..) => value_of_key(args),
        _ => field(args, 1),
    }
}

pub(super) fn row_field(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    field(args, 0)
}

/// The row of a column, or 0 for a constant.
fn at(value: &Value, row: usize) -> usize {
    if value.is_constant() { 0 } else { row }
}

fn element(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let list = args.array(0).as_list::<i32>();
    let indices = args.int(1);
    let mut picked = UInt64Array::builder(args.rows);
    for row in 0..args.rows {
        let list_row = at(&args.values[0], row);
        let index = indices.get(row).filter(|_| list.is_valid(list_row));
        let offsets = list.value_offsets();
        let (from, to) = (offsets[list_row], offsets[list_row + 1]);
        picked.append_option(index.and_then(|index| {
            (index >= 1 && index <= to - from).then(|| (from + index - 1) as u64)
        }));
    }
    Ok(take(list.values(), &picked.finish(), None)?)
}

fn value_of_key(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let map = args.array(0).as_map();
    let key = args.array(1);
    let same = make_comparator(map.keys(), key, SortOptions::default())?;
    let mut picked = UInt64Array::builder(args.rows);
    for row in 0..args.rows {
        let map_row = at(&args.values[0], row);
        let key_row = at(&args.values[1], row);
        let found = if map.is_valid(map_row) && key.is_valid(key_row) {
            let offsets = map.value_offsets();
            (offsets[map_row] as usize..offsets[map_row + 1] as usize)
                .find(|entry| same(*entry, key_row).is_eq())
        } else {
            None
        };
        picked.append_option(found.map(|entry| entry as u64));
    }
    Ok(take(map.values(), &picked.finish(), None)?)
}

fn field(args: &Args<'_>, base: i64) -> OperatorResult<ArrayRef> {
    let index = crate::compile::array_to_literal(args.array(1).as_ref(), &args.types[1]);
    let column = match index {
        Some(alpheus_dataflow::Literal::Int(index)) => usize::try_from(index - base).ok(),
        _ => None,
    };
    let row = args.array(0).as_struct();
    let column = column
        .and_then(|column| row.columns().get(column))
        .ok_or_else(|| OperatorError::fatal("the plan picks a field that its row does not have"))?;
    if row.null_count() > 0 {
        return Ok(nullif(column, &is_null(args.array(0))?)?);
    }
    Ok(column.clone())
}
