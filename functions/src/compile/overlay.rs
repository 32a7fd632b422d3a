//! CASE over values of a fixed width whose branches cannot fail.
//!
//! All branches are computed for all rows. The one that most rows choose is copied as a whole, the others are
//! copied over it in runs; which values are NULL is found for 64 rows at a time.

use alpheus_dataflow::types::LogicalType;
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray, downcast_primitive,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::DataType;
use std::sync::Arc;

use super::value::Value;

/// Whether values of this type have a fixed width.
pub(super) fn fits(ty: &LogicalType) -> bool {
    ty.to_arrow().is_primitive()
}

/// Of each row the value of the branch that chose it, NULL where none did.
pub(super) fn overlay(
    branches: &[(BooleanBuffer, Value)],
    ty: &LogicalType,
    rows: usize,
) -> Option<ArrayRef> {
    let ty = ty.to_arrow();
    macro_rules! of_type {
        ($t:ty) => {
            Some(lay::<$t>(branches, &ty, rows))
        };
    }
    downcast_primitive! {
        ty => (of_type),
        _ => None
    }
}

fn lay<T: ArrowPrimitiveType>(
    branches: &[(BooleanBuffer, Value)],
    ty: &DataType,
    rows: usize,
) -> ArrayRef {
    let most = (branches.iter().enumerate()).max_by_key(|(_, (chosen, _))| chosen.count_set_bits());
    let most = most.map(|(at, _)| at);
    let base = most.map(|at| &branches[at].1);
    let mut values: Vec<T::Native> = match base {
        Some(Value::Column(column)) => column.as_primitive::<T>().values().to_vec(),
        Some(Value::Constant(one)) => vec![one.as_primitive::<T>().value(0); rows],
        None => vec![T::Native::default(); rows],
    };
    let mut valid = BooleanBuffer::new_unset(rows);
    for (at, (chosen, value)) in branches.iter().enumerate() {
        let array = value.array().as_primitive::<T>();
        if Some(at) != most {
            for (from, to) in chosen.set_slices() {
                match value {
                    Value::Column(_) => {
                        values[from..to].copy_from_slice(&array.values()[from..to]);
                    }
                    Value::Constant(_) => values[from..to].fill(array.value(0)),
                }
            }
        }
        match (value, array.nulls()) {
            (Value::Constant(_), _) if array.is_null(0) => {}
            (Value::Column(_), Some(nulls)) => valid = &valid | &(chosen & nulls.inner()),
            _ => valid = &valid | chosen,
        }
    }
    let nulls = Some(NullBuffer::new(valid)).filter(|nulls| nulls.null_count() > 0);
    Arc::new(PrimitiveArray::<T>::new(values.into(), nulls).with_data_type(ty.clone()))
}

#[cfg(test)]
mod tests {
    use alpheus_dataflow::TypeKind;
    use arrow::array::Int64Array;

    use super::*;

    #[test]
    fn each_row_has_the_value_of_its_branch() {
        let branch = |chosen: &[bool], values: Vec<Option<i64>>| {
            let array: ArrayRef = Arc::new(Int64Array::from(values));
            let value = match array.len() {
                1 => Value::Constant(array),
                _ => Value::Column(array),
            };
            (BooleanBuffer::from(chosen), value)
        };
        let (yes, no) = (true, false);
        let branches = [
            branch(&[yes, no, no, no, no, no], vec![Some(7)]),
            branch(
                &[no, no, yes, yes, yes, no],
                vec![Some(0), Some(1), Some(2), None, Some(4), Some(5)],
            ),
            branch(&[no, yes, no, no, no, no], (10..16).map(Some).collect()),
        ];
        let laid = |branches: &[(BooleanBuffer, Value)]| {
            let column = overlay(branches, &TypeKind::BigInt.nullable(), 6);
            column.map(|column| column.as_primitive::<arrow::datatypes::Int64Type>().clone())
        };
        let expected = vec![Some(7), Some(11), Some(2), None, Some(4), None];
        assert_eq!(laid(&branches), Some(Int64Array::from(expected)));
        let null = [branch(&[yes; 6], vec![None])];
        assert_eq!(laid(&null), Some(Int64Array::from(vec![None; 6])));
        assert_eq!(laid(&[]), Some(Int64Array::from(vec![None; 6])));
    }
}
