//! Which rows of a batch go to which channel.
//!
//! Hash partitioning hashes the key columns once for the whole batch, sorts row numbers by target with
//! a counting sort, and takes each target's rows in one gather: no work per row and column beyond the
//! copy itself.

use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::error::OperatorResult;
use alpheus_dataflow::graph::Partitioning;
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::key_group::KeyGroup;
use arrow::array::{ArrayRef, UInt32Array};

/// How batches are spread over the channels of one edge.
#[derive(Debug)]
pub enum Partitioner {
    /// All to channel 0, the only one that this subtask has.
    Single,
    /// By key group.
    Hash(HashPartitioner),
    /// In turn, by batch.
    Rebalance {
        /// Whose turn it is.
        next: usize,
    },
    /// To all.
    Broadcast,
}

impl Partitioner {
    /// The partitioner for an edge to `targets` subtasks.
    pub fn new(partitioning: &Partitioning, targets: u32, max_parallelism: u32) -> Self {
        match partitioning {
            Partitioning::Forward | Partitioning::Global => Partitioner::Single,
            _ if targets == 1 => Partitioner::Single,
            Partitioning::Hash { keys } => {
                Partitioner::Hash(HashPartitioner::new(keys.clone(), targets, max_parallelism))
            }
            Partitioning::Rebalance => Partitioner::Rebalance { next: 0 },
            Partitioning::Broadcast => Partitioner::Broadcast,
        }
    }
}

/// Spreads rows by the key group of their key columns.
#[derive(Debug)]
pub struct HashPartitioner {
    keys: Vec<usize>,
    max_parallelism: u32,
    /// Owner of each key group.
    owners: Vec<u32>,
    targets: usize,
    // Reused from batch to batch.
    target_of_row: Vec<u32>,
    starts: Vec<u32>,
}

impl HashPartitioner {
    /// Spreads over `targets` subtasks.
    pub fn new(keys: Vec<usize>, targets: u32, max_parallelism: u32) -> Self {
        let owners = (0..max_parallelism)
            .map(|group| KeyGroup(group as u16).owner(targets, max_parallelism))
            .collect();
        HashPartitioner {
            keys,
            max_parallelism,
            owners,
            targets: targets as usize,
            target_of_row: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// Calls `send` with each target that gets rows, and its rows in their order.
    ///
    /// # Errors
    /// When a key column cannot be hashed.
    pub fn scatter(
        &mut self,
        batch: ChangelogBatch,
        mut send: impl FnMut(usize, ChangelogBatch),
    ) -> OperatorResult<()> {
        let rows = batch.num_rows();
        let columns: Vec<ArrayRef> = self
            .keys
            .iter()
            .map(|key| batch.rows().column(*key).clone())
            .collect();
        let hashes = hash_columns(&columns, rows)?;
        self.target_of_row.clear();
        self.starts.clear();
        self.starts.resize(self.targets + 1, 0);
        for hash in hashes {
            let group = KeyGroup::of_hash(hash, self.max_parallelism);
            let target = self.owners[usize::from(group.0)];
            self.target_of_row.push(target);
            self.starts[target as usize + 1] += 1;
        }
        for target in 0..self.targets {
            self.starts[target + 1] += self.starts[target];
        }
        // A batch of one key goes on as it is.
        if let Some(only) = (0..self.targets)
            .find(|target| (self.starts[target + 1] - self.starts[*target]) as usize == rows)
        {
            send(only, batch);
            return Ok(());
        }
        let mut order = vec![0u32; rows];
        let mut cursor = self.starts.clone();
        for (row, target) in self.target_of_row.iter().enumerate() {
            let position = &mut cursor[*target as usize];
            order[*position as usize] = row as u32;
            *position += 1;
        }
        let order = UInt32Array::from(order);
        for target in 0..self.targets {
            let (start, end) = (
                self.starts[target] as usize,
                self.starts[target + 1] as usize,
            );
            if start < end {
                send(target, batch.take(&order.slice(start, end - start))?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use alpheus_dataflow::changelog::RowKind;
    use arrow::array::{AsArray, Int64Array, RecordBatch, UInt8Array};
    use arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_goes_once_to_the_owner_of_its_key_in_order(
            values in proptest::collection::vec(0i64..50, 1..200), targets in 2u32..6,
        ) {
            let column: ArrayRef = Arc::new(Int64Array::from(values.clone()));
            let ops = UInt8Array::from_iter_values(values.iter().map(|value| (value % 4) as u8));
            let batch = ChangelogBatch::try_new(
                RecordBatch::try_from_iter([("k", column.clone())]).unwrap(), Some(ops)).unwrap();
            let hashes = hash_columns(&[column], values.len()).unwrap();
            let owner = |row: usize| KeyGroup::of_hash(hashes[row], 128).owner(targets, 128) as usize;
            let mut partitioner = HashPartitioner::new(vec![0], targets, 128);
            let mut got = vec![Vec::new(); targets as usize];
            partitioner.scatter(batch, |target, part| {
                let column = part.rows().column(0).as_primitive::<Int64Type>();
                for row in 0..part.num_rows() {
                    got[target].push(column.value(row));
                    assert_eq!(part.kind(row), RowKind::from_byte((column.value(row) % 4) as u8).unwrap());
                }
            }).unwrap();
            for (target, got) in got.iter().enumerate() {
                let expected: Vec<i64> = (0..values.len()).filter(|row| owner(*row) == target)
                    .map(|row| values[row]).collect();
                prop_assert_eq!(got, &expected);
            }
        }
    }
}
