//! Arrays put together and compared as sets, where NULL equals NULL.
//!
//! Elements are compared by their bytes in Arrow's row format, so that one implementation serves every
//! element type; the result picks elements of the arguments by position.

use std::sync::Arc;

use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, UInt64Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{concat as concat_arrays, take};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};
use hashbrown::{HashMap, HashSet};

use crate::compile::Args;

/// The elements of all array arguments in one array, and where each argument's begin.
pub(super) struct Pool<'a> {
    args: &'a Args<'a>,
    lists: Vec<&'a ListArray>,
    /// All elements, argument after argument.
    pub(super) values: ArrayRef,
    bases: Vec<usize>,
}

impl<'a> Pool<'a> {
    /// The first `count` arguments, which are arrays of one element type.
    pub(super) fn new(args: &'a Args<'a>, count: usize) -> OperatorResult<Self> {
        let lists: Vec<&ListArray> = (0..count).map(|at| args.array(at).as_list()).collect();
        let parts: Vec<&dyn Array> = lists.iter().map(|list| list.values().as_ref()).collect();
        let values = concat_arrays(&parts)?;
        let mut bases = Vec::with_capacity(count);
        let mut base = 0;
        for part in parts {
            bases.push(base);
            base += part.len();
        }
        Ok(Pool {
            args,
            lists,
            values,
            bases,
        })
    }

    /// Positions in [`values`](Self::values) of an argument's elements in that row; `None` for NULL.
    pub(super) fn range(&self, argument: usize, row: usize) -> Option<std::ops::Range<usize>> {
        let list = self.lists[argument];
        let row = if self.args.values[argument].is_constant() {
            0
        } else {
            row
        };
        let base = self.bases[argument];
        let offsets = list.value_offsets();
        list.is_valid(row)
            .then(|| base + offsets[row] as usize..base + offsets[row + 1] as usize)
    }

    /// An array per row of the positions that `pick` pushes; it says whether the row is not NULL.
    pub(super) fn collect(
        &self,
        mut pick: impl FnMut(usize, &mut Vec<u64>) -> bool,
    ) -> OperatorResult<ArrayRef> {
        let DataType::List(field) = self.args.result.to_arrow() else {
            return Err(OperatorError::fatal(
                "a function of arrays has to give an ARRAY",
            ));
        };
        let mut picked = Vec::new();
        let (mut sizes, mut valid) = (Vec::new(), Vec::new());
        for row in 0..self.args.rows {
            let before = picked.len();
            valid.push(pick(row, &mut picked));
            sizes.push(picked.len() - before);
        }
        let values = take(&self.values, &UInt64Array::from(picked), None)?;
        let offsets = OffsetBuffer::from_lengths(sizes);
        let nulls = NullBuffer::from(valid);
        Ok(Arc::new(ListArray::try_new(
            field,
            offsets,
            values,
            Some(nulls),
        )?))
    }

    /// A number for each element, the same for equal elements.
    fn identities(&self) -> OperatorResult<Vec<u64>> {
        identities(&self.values)
    }
}

/// A number for each value, the same for equal ones.
pub(super) fn identities(values: &ArrayRef) -> OperatorResult<Vec<u64>> {
    let field = SortField::new(values.data_type().clone());
    let rows = RowConverter::new(vec![field])?.convert_columns(std::slice::from_ref(values))?;
    let mut numbers: HashMap<&[u8], u64> = HashMap::new();
    let mut identities = Vec::with_capacity(values.len());
    for row in 0..rows.num_rows() {
        let next = numbers.len() as u64;
        identities.push(*numbers.entry(rows.row(row).data()).or_insert(next));
    }
    Ok(identities)
}

pub(super) fn concat(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, args.len())?;
    pool.collect(|row, picked| {
        let ranges: Option<Vec<_>> = (0..args.len()).map(|at| pool.range(at, row)).collect();
        let Some(ranges) = ranges else { return false };
        picked.extend(ranges.into_iter().flatten().map(|at| at as u64));
        true
    })
}

pub(super) fn distinct(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 1)?;
    let identities = pool.identities()?;
    let mut seen = HashSet::new();
    pool.collect(|row, picked| {
        let Some(range) = pool.range(0, row) else {
            return false;
        };
        seen.clear();
        picked.extend(
            range
                .filter(|at| seen.insert(identities[*at]))
                .map(|at| at as u64),
        );
        true
    })
}

/// Elements of the first array (and of the second, for a union), each once, that `keep` wants given
/// whether the second array has them.
fn set(args: &Args<'_>, union: bool, keep: fn(bool) -> bool) -> OperatorResult<ArrayRef> {
    let pool = Pool::new(args, 2)?;
    let identities = pool.identities()?;
    let (mut seen, mut others) = (HashSet::new(), HashSet::new());
    pool.collect(|row, picked| {
        let Some((first, second)) = pool.range(0, row).zip(pool.range(1, row)) else {
            return false;
        };
        seen.clear();
        others.clear();
        if union {
            let all = first.chain(second);
            picked.extend(
                all.filter(|at| seen.insert(identities[*at]))
                    .map(|at| at as u64),
            );
            return true;
        }
        others.extend(second.map(|at| identities[at]));
        let wanted = first
            .filter(|at| keep(others.contains(&identities[*at])) && seen.insert(identities[*at]));
        picked.extend(wanted.map(|at| at as u64));
        true
    })
}

pub(super) fn union(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    set(args, true, |_| true)
}

pub(super) fn intersect(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    set(args, false, |there| there)
}

pub(super) fn except(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    set(args, false, |there| !there)
}
