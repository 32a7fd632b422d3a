//! COUNT: rows, or rows whose arguments are all not NULL.

use std::sync::Arc;

use alpheus_dataflow::cow::CowVec;
use alpheus_dataflow::schema::Field;
use alpheus_dataflow::{OperatorResult, TypeKind};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::Accumulator;

/// COUNT for many groups.
#[derive(Default)]
pub(super) struct Count {
    counts: CowVec<i64>,
}

impl Count {
    fn add(&mut self, args: &[ArrayRef], groups: &[u32], by: i64) {
        let nullable: Vec<_> = args
            .iter()
            .filter_map(|arg| arg.logical_nulls())
            .filter(|nulls| nulls.null_count() > 0)
            .collect();
        for (row, &group) in groups.iter().enumerate() {
            if nullable.iter().all(|nulls| nulls.is_valid(row)) {
                *self.counts.get_mut(group as usize) += by;
            }
        }
    }

    fn values(&self, groups: &[u32]) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            groups.iter().map(|&group| *self.counts.get(group as usize)),
        ))
    }
}

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups);
    }

    fn accumulate(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.add(args, groups, 1);
        Ok(())
    }

    fn retract(&mut self, args: &[ArrayRef], groups: &[u32]) -> OperatorResult<()> {
        self.add(args, groups, -1);
        Ok(())
    }

    fn evaluate(&self, groups: &[u32]) -> OperatorResult<ArrayRef> {
        Ok(self.values(groups))
    }

    fn clear(&mut self, groups: &[u32]) {
        for &group in groups {
            *self.counts.get_mut(group as usize) = 0;
        }
    }

    fn state_fields(&self) -> Vec<Field> {
        vec![Field::new("count", TypeKind::BigInt.not_null())]
    }

    fn state(&self, groups: &[u32]) -> OperatorResult<Vec<ArrayRef>> {
        Ok(vec![self.values(groups)])
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> OperatorResult<()> {
        let counts = state[0].as_primitive::<Int64Type>();
        for (&group, count) in groups.iter().zip(counts.values()) {
            *self.counts.get_mut(group as usize) += count;
        }
        Ok(())
    }

    fn freeze(&mut self) -> Box<dyn Accumulator> {
        Box::new(Count {
            counts: self.counts.freeze(),
        })
    }

    fn memory_size(&self) -> usize {
        self.counts.memory_size()
    }
}
