//! Functions of one array.

use std::cmp::Ordering;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, DynComparator, UInt64Array, make_comparator};
use arrow::compute::{SortOptions, concat, take};
use arrow::datatypes::{DataType, Int32Type};

use super::sets::Pool;
use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn cardinality(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let array = args.array(0);
    let offsets = match array.data_type() {
        DataType::Map(..) => array.as_map().value_offsets(),
        _ => array.as_list::<i32>().value_offsets(),
    };
    rows::primitives::<Int32Type>(args.rows, |row| {
        let row = if args.values[0].is_constant() { 0 } else { row };
        Ok(array.is_valid(row).then(|| offsets[row + 1] - offsets[row]))
    })
}

/// One element per row, by position in the pool.
fn picked(
    args: &Args<'_>,
    mut pick: impl FnMut(&Pool<'_>, std::ops::Range<usize>) -> OperatorResult<Option<usize>>,
) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let mut places = UInt64Array::builder(args.rows);
    for row in 0..args.rows {
        let place = match pool.range(0, row) {
            Some(range) => pick(&pool, range)?,
            None => None,
        };
        places.append_option(place.map(|at| at as u64));
    }
    Ok(take(&pool.values, &places.finish(), None)?)
}

pub(super) fn element(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    picked(args, |_, range| match range.len() {
        0 => Ok(None),
        1 => Ok(Some(range.start)),
        more => Err(OperatorError::data(format!(
            "ELEMENT takes an array of one element, but this one has {more}"
        ))),
    })
}

fn extreme(args: &Args<'_>, wanted: Ordering) -> OperatorResult<ArrayRef> {
    let values = args.array(0).as_list::<i32>().values();
    let order = make_comparator(values, values, SortOptions::default())?;
    picked(args, |pool, range| {
        let valid = range.filter(|at| pool.values.is_valid(*at));
        Ok(valid.reduce(|best, at| if order(at, best) == wanted { at } else { best }))
    })
}

pub(super) fn max(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    extreme(args, Ordering::Greater)
}

pub(super) fn min(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    extreme(args, Ordering::Less)
}

pub(super) fn reverse(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    pool.collect(|row, picked| {
        let Some(range) = pool.range(0, row) else {
            return false;
        };
        picked.extend(range.rev().map(|at| at as u64));
        true
    })
}

pub(super) fn sort(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let flag = |index: usize, row: usize| {
        if args.len() > index {
            args.bool(index).get(row).map(Some)
        } else {
            Some(None)
        }
    };
    let pool = Pool::new(args, 1)?;
    let order = make_comparator(&pool.values, &pool.values, SortOptions::default())?;
    pool.collect(|row, picked| {
        let flags = flag(1, row).zip(flag(2, row));
        let Some((range, (ascending, nulls_first))) = pool.range(0, row).zip(flags) else {
            return false;
        };
        let ascending = ascending.unwrap_or(true);
        let nulls_first = nulls_first.unwrap_or(ascending);
        let mut places: Vec<usize> = range.collect();
        places.sort_by(
            |a, b| match (pool.values.is_null(*a), pool.values.is_null(*b)) {
                (true, true) => Ordering::Equal,
                (true, false) => {
                    if nulls_first {
                        Ordering::Less
                    } else {
                        Ordering::Greater
                    }
                }
                (false, true) => {
                    if nulls_first {
                        Ordering::Greater
                    } else {
                        Ordering::Less
                    }
                }
                (false, false) if ascending => order(*a, *b),
                (false, false) => order(*b, *a),
            },
        );
        picked.extend(places.into_iter().map(|at| at as u64));
        true
    })
}

/// Positions past the ends are the ends; 0 acts as 1.
pub(super) fn slice(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let from = args.int(1);
    pool.collect(|row, picked| {
        let to = if args.len() > 2 {
            args.int(2).get(row)
        } else {
            Some(i32::MAX)
        };
        let Some(((range, from), to)) = pool.range(0, row).zip(from.get(row)).zip(to) else {
            return false;
        };
        let length = range.len() as i64;
        let place = |position: i32| match i64::from(position) {
            0 => 1,
            negative @ ..0 => length + negative + 1,
            positive => positive,
        };
        let (from, to) = (place(from).max(1), place(to).min(length));
        picked.extend((from..=to).map(|at| (range.start as i64 + at - 1) as u64));
        true
    })
}

/// Compares elements of the array (by position) with the second argument (by row).
fn comparer(args: &Args<'_>) -> OperatorResult<(ArrayRef, DynComparator)> {
    let values = args.array(0).as_list::<i32>().values().clone();
    let wanted = args.array(1);
    let wanted = if wanted.data_type() == values.data_type() {
        wanted.clone()
    } else {
        arrow::compute::cast(wanted, values.data_type())?
    };
    let order = make_comparator(&values, &wanted, SortOptions::default())?;
    Ok((values, order))
}

/// Whether the element at that position equals the value of the row, NULL being equal to NULL.
fn equals(
    args: &Args<'_>,
    values: &ArrayRef,
    order: &DynComparator,
    at: usize,
    row: usize,
) -> bool {
    let row = if args.values[1].is_constant() { 0 } else { row };
    match (values.is_null(at), args.array(1).is_null(row)) {
        (true, true) => true,
        (false, false) => order(at, row).is_eq(),
        _ => false,
    }
}

pub(super) fn contains(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let (values, order) = comparer(args)?;
    rows::booleans(args.rows, |row| {
        let found = |range: std::ops::Range<usize>| {
            range
                .into_iter()
                .any(|at| equals(args, &values, &order, at, row))
        };
        Ok(pool.range(0, row).map(found))
    })
}

pub(super) fn position(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let (values, order) = comparer(args)?;
    rows::primitives::<Int32Type>(args.rows, |row| {
        let value_row = if args.values[1].is_constant() { 0 } else { row };
        if args.array(1).is_null(value_row) {
            return Ok(None);
        }
        let place = |range: std::ops::Range<usize>| {
            let found = range
                .into_iter()
                .position(|at| equals(args, &values, &order, at, row));
            found.map_or(0, |at| at as i32 + 1)
        };
        Ok(pool.range(0, row).map(place))
    })
}

pub(super) fn remove(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let (values, order) = comparer(args)?;
    pool.collect(|row, picked| {
        let Some(range) = pool.range(0, row) else {
            return false;
        };
        let kept = range.filter(|at| !equals(args, &values, &order, *at, row));
        picked.extend(kept.map(|at| at as u64));
        true
    })
}

fn with_element(args: &Args<'_>, at_end: bool) -> OperatorResult<ArrayRef> {
    let mut pool = Pool::new(args, 1)?;
    let first_new = pool.values.len();
    let news = args.column(1)?;
    pool.values = concat(&[pool.values.as_ref(), news.as_ref()])?;
    pool.collect(|row, picked| {
        let Some(range) = pool.range(0, row) else {
            return false;
        };
        let new = (first_new + row) as u64;
        if !at_end {
            picked.push(new);
        }
        picked.extend(range.map(|at| at as u64));
        if at_end {
            picked.push(new);
        }
        true
    })
}

pub(super) fn append(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    with_element(args, true)
}

pub(super) fn prepend(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    with_element(args, false)
}

pub(super) fn join(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let texts = pool.values.as_string::<i32>();
    let delimiters = args.str(1);
    rows::strings(args.rows, |row, out| {
        let replacement = if args.len() > 2 {
            args.str(2).get(row).map(Some)
        } else {
            Some(None)
        };
        let all = pool.range(0, row).zip(delimiters.get(row)).zip(replacement);
        let Some(((range, delimiter), replacement)) = all else {
            return Ok(None);
        };
        let mut first = true;
        for at in range {
            let text = if texts.is_valid(at) {
                Some(texts.value(at))
            } else {
                replacement
            };
            if let Some(text) = text {
                if !first {
                    out.push_str(delimiter);
                }
                first = false;
                out.push_str(text);
            }
        }
        Ok(Some(()))
    })
}
