//! Arrays, maps, multisets and rows, converted part by part.

use std::sync::Arc;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray};
use arrow::datatypes::DataType;

use super::{Mode, convert};
use crate::scalar::map_array;

pub(super) fn column(
    array: &ArrayRef,
    from: &TypeKind,
    to: &LogicalType,
    mode: Mode<'_>,
) -> OperatorResult<ArrayRef> {
    match (from, &to.kind) {
        (TypeKind::Array(a), TypeKind::Array(b)) => {
            let list = array.as_list::<i32>();
            let values = convert(list.values(), a, b, mode)?;
            let field = alpheus_dataflow::types::element_field(b);
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(field, offsets, values, nulls)?))
        }
        (TypeKind::Map(ak, av), TypeKind::Map(bk, bv)) => {
            let map = array.as_map();
            let keys = convert(map.keys(), ak, bk, mode)?;
            let values = convert(map.values(), av, bv, mode)?;
            map_array(
                to,
                keys,
                values,
                map.offsets().clone(),
                map.nulls().cloned(),
            )
        }
        (TypeKind::Multiset(a), TypeKind::Multiset(b)) => {
            let map = array.as_map();
            let keys = convert(map.keys(), a, b, mode)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            map_array(to, keys, map.values().clone(), offsets, nulls)
        }
        (TypeKind::Row(a), TypeKind::Row(b)) => {
            let row = array.as_struct();
            let columns = row
                .columns()
                .iter()
                .zip(a.iter().zip(b))
                .map(|(column, (a, b))| convert(column, &a.ty, &b.ty, mode))
                .collect::<OperatorResult<Vec<_>>>()?;
            let DataType::Struct(fields) = to.to_arrow() else {
                return Err(OperatorError::fatal("a ROW is held in a Struct"));
            };
            Ok(Arc::new(StructArray::try_new(
                fields,
                columns,
                row.nulls().cloned(),
            )?))
        }
        (from, _) => Err(OperatorError::fatal(format!(
            "cannot cast {from} to {}",
            to.kind
        ))),
    }
}
