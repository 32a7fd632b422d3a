//! Of the rows that a batch makes, those that a Top-N behind the join can show.
//!
//! The Top-N takes a batch as a unit, so a row that others of its partition in the same batch keep from the
//! first places is never seen. Which those are is told by the columns of the partition and of the order;
//! the rest is gathered for the others only, and rows of a join are often wide.

use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::join::TopOfBatch;
use alpheus_dataflow::{LogicalType, OperatorResult, RowType};
use alpheus_state::KeyIndex;
use alpheus_state::row_codec::RowCodec;
use arrow::array::{ArrayRef, UInt32Array};

use super::gather;
use crate::operators::group_aggregate::key_types;
use crate::operators::ordered_rows::sort_columns;

/// Finds the rows that can be shown; see the module's documentation.
pub(super) struct BatchTop {
    partition: Vec<usize>,
    partition_types: Vec<LogicalType>,
    order: Vec<usize>,
    codec: RowCodec,
    rows: usize,
    left_width: usize,
}

impl BatchTop {
    /// For a join with this output, of which `left_width` columns are the left side's.
    ///
    /// # Errors
    /// When a column is not there, or can be no key.
    pub fn new(wanted: &TopOfBatch, output: &RowType, left_width: usize) -> OperatorResult<Self> {
        Ok(BatchTop {
            partition: wanted.partition.clone(),
            partition_types: key_types(&wanted.partition, output)?,
            order: wanted.order.iter().map(|key| key.column).collect(),
            codec: RowCodec::new(&sort_columns(&wanted.order, output)?)?,
            rows: wanted.rows,
            left_width,
        })
    }

    /// Which of the pairs of rows of both sides can be shown, in their order.
    ///
    /// # Errors
    /// When columns have other types.
    pub fn shown(
        &self,
        sides: [&[ArrayRef]; 2],
        pairs: [&UInt32Array; 2],
    ) -> OperatorResult<UInt32Array> {
        let column = |&column: &usize| match column.checked_sub(self.left_width) {
            None => gather(&sides[0][column], pairs[0]),
            Some(column) => gather(&sides[1][column], pairs[1]),
        };
        let count = pairs[0].len();
        let partition = self.partition.iter().map(column);
        let partition: Vec<ArrayRef> = partition.collect::<Result<_, _>>()?;
        let order = self.order.iter().map(column);
        let order = self.codec.encode(&order.collect::<Result<Vec<_>, _>>()?)?;
        let mut index = KeyIndex::new(&self.partition_types)?;
        let mut slots = Vec::new();
        index.intern(&partition, &hash_columns(&partition, count)?, &mut slots)?;
        // Of each partition the first rows in order; of equal ones the first to come.
        let mut first: Vec<Vec<u32>> = vec![Vec::new(); index.capacity()];
        for (row, &slot) in slots.iter().enumerate() {
            let first = &mut first[slot as usize];
            let key = order.row(row);
            let is_full = first.len() == self.rows;
            if is_full
                && first
                    .last()
                    .is_none_or(|&last| order.row(last as usize) <= key)
            {
                continue;
            }
            let place = first.partition_point(|&other| order.row(other as usize) <= key);
            if is_full {
                first.pop();
            }
            first.insert(place, row as u32);
        }
        let mut shown = first.concat();
        shown.sort_unstable();
        Ok(shown.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use alpheus_dataflow::order::SortKey;
    use alpheus_dataflow::{Field, TypeKind};
    use arrow::array::Int64Array;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keeps_the_first_rows_of_each_partition(
            left in prop::collection::vec(0i64..4, 1..5),
            right in prop::collection::vec(prop::option::of(0i64..6), 1..9),
            pairs in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..40),
            rows in 0usize..4, descending in any::<bool>(),
        ) {
            let column = |name| Field::new(name, TypeKind::BigInt.nullable());
            let output = RowType::new(vec![column("p"), column("v")]);
            let order = SortKey { column: 1, ascending: !descending, nulls_first: true };
            let wanted = TopOfBatch { partition: vec![0], order: vec![order], rows };
            let top = BatchTop::new(&wanted, &output, 1).unwrap();
            let pairs: Vec<(usize, usize)> =
                pairs.iter().map(|(l, r)| (l.index(left.len()), r.index(right.len()))).collect();
            let of = |side: fn(&(usize, usize)) -> usize| {
                UInt32Array::from_iter_values(pairs.iter().map(|pair| side(pair) as u32))
            };
            let (lefts, rights) = (of(|pair| pair.0), of(|pair| pair.1));
            let columns: [Vec<ArrayRef>; 2] = [
                vec![Arc::new(Int64Array::from(left.clone()))],
                vec![Arc::new(Int64Array::from(right.clone()))],
            ];
            let shown = top.shown([&columns[0], &columns[1]], [&lefts, &rights]).unwrap();

            let mut by_partition: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
            for (at, pair) in pairs.iter().enumerate() {
                by_partition.entry(left[pair.0]).or_default().push(at as u32);
            }
            let mut expected: Vec<u32> = Vec::new();
            for all in by_partition.values_mut() {
                let value = |at: &u32| right[pairs[*at as usize].1];
                // NULL comes first either way.
                all.sort_by_key(|at| (value(at).is_some(), value(at).map(|v| if descending { -v } else { v })));
                expected.extend(all.iter().take(rows));
            }
            expected.sort_unstable();
            prop_assert_eq!(shown.values().to_vec(), expected);
        }
    }
}
