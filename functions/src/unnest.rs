//! UNNEST: a row for each element of a collection (Flink's `UnnestRowsFunction`).
//!
//! | collection | columns | rows |
//! |---|---|---|
//! | ARRAY of values | the value | one for each element, NULLs too |
//! | ARRAY of ROW | the row's fields | one for each element |
//! | MAP | key, value | one for each entry |
//! | MULTISET | as an ARRAY | each element as often as it occurs |
//! | BIGINT n | none | n; how the planner repeats rows |
//!
//! A collection that is NULL or empty gives no row; where rows without elements are kept (LEFT JOIN),
//! it gives one whose columns are NULL.

use std::sync::Arc;

use alpheus_dataflow::schema::Field;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, Int32Array, UInt32Array};
use arrow::compute::{is_null, nullif, take};
use arrow::datatypes::{Int32Type, Int64Type};

/// The columns that a collection's elements become; `None` when the type is no collection.
pub fn element_columns(collection: &LogicalType) -> Option<Vec<Field>> {
    let of_element = |element: &LogicalType| match &element.kind {
        TypeKind::Row(fields) => {
            let field = |field: &Field| {
                let nullable = field.ty.nullable || element.nullable;
                Field::new(field.name.clone(), field.ty.with_nullable(nullable))
            };
            fields.iter().map(field).collect()
        }
        _ => vec![Field::new("EXPR$0", element.clone())],
    };
    match &collection.kind {
        TypeKind::Array(element) | TypeKind::Multiset(element) => Some(of_element(element)),
        TypeKind::Map(key, value) => Some(vec![
            Field::new("KEY", (**key).clone()),
            Field::new("VALUE", (**value).clone()),
        ]),
        TypeKind::BigInt => Some(Vec::new()),
        _ => None,
    }
}

/// What became of a batch of collections.
pub struct Exploded {
    /// For each new row, the row that its collection stands in.
    pub rows: UInt32Array,
    /// The columns of [`element_columns`].
    pub columns: Vec<ArrayRef>,
    /// The position of the element in its collection, from 1 (INT); NULL in a row without element.
    pub ordinals: ArrayRef,
}

/// Rows for the elements of a column of collections; with `outer` also for collections without any.
///
/// # Errors
/// When the column is no collection, or gives more than 2^32 rows.
pub fn explode(collections: &ArrayRef, ty: &LogicalType, outer: bool) -> OperatorResult<Exploded> {
    let mut rows = Vec::new();
    // Positions in the arrays of elements.
    let mut elements: Vec<Option<u32>> = Vec::new();
    let mut ordinals: Vec<Option<i32>> = Vec::new();
    let (ends, children): (&[i32], Vec<ArrayRef>) = match &ty.kind {
        TypeKind::Array(_) => {
            let lists = collections.as_list::<i32>();
            (lists.value_offsets(), vec![Arc::clone(lists.values())])
        }
        TypeKind::Map(..) => {
            let maps = collections.as_map();
            (
                maps.value_offsets(),
                vec![Arc::clone(maps.keys()), Arc::clone(maps.values())],
            )
        }
        TypeKind::Multiset(_) => {
            let maps = collections.as_map();
            (maps.value_offsets(), vec![Arc::clone(maps.keys())])
        }
        TypeKind::BigInt => (&[], Vec::new()),
        other => {
            return Err(OperatorError::fatal(format!(
                "UNNEST takes an ARRAY, MAP or MULTISET, not {other}"
            )));
        }
    };
    for row in 0..collections.len() {
        let before = rows.len();
        let mut push = |element: Option<u32>, ordinal: Option<i32>| {
            rows.push(row as u32);
            elements.push(element);
            ordinals.push(ordinal);
        };
        if collections.is_valid(row) {
            match &ty.kind {
                TypeKind::BigInt => {
                    let copies = collections.as_primitive::<Int64Type>().value(row);
                    (0..copies).for_each(|copy| push(None, i32::try_from(copy + 1).ok()));
                }
                TypeKind::Multiset(_) => {
                    let counts = collections.as_map().values();
                    let counts = counts.as_primitive::<Int32Type>();
                    let mut ordinal = 0;
                    for element in ends[row]..ends[row + 1] {
                        for _ in 0..counts.value(element as usize) {
                            ordinal += 1;
                            push(Some(element as u32), Some(ordinal));
                        }
                    }
                }
                _ => {
                    for (at, element) in (ends[row]..ends[row + 1]).enumerate() {
                        push(Some(element as u32), Some(at as i32 + 1));
                    }
                }
            }
        }
        if outer && rows.len() == before {
            rows.push(row as u32);
            elements.push(None);
            ordinals.push(None);
        }
    }
    if u32::try_from(rows.len()).is_err() {
        return Err(OperatorError::data(
            "the collections of one batch have more than 2^32 elements",
        ));
    }
    let elements = UInt32Array::from(elements);
    let is_row = matches!(&ty.kind, TypeKind::Array(element) | TypeKind::Multiset(element)
        if matches!(element.kind, TypeKind::Row(_)));
    let mut columns = Vec::new();
    for child in &children {
        let child = take(child, &elements, None)?;
        if !is_row {
            columns.push(child);
            continue;
        }
        // A NULL row has NULL fields, whatever lies below.
        let without = is_null(&child)?;
        for field in child.as_struct().columns() {
            columns.push(nullif(field, &without)?);
        }
    }
    Ok(Exploded {
        rows: UInt32Array::from(rows),
        columns,
        ordinals: Arc::new(Int32Array::from(ordinals)),
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, ListArray, StringArray, StructArray};
    use arrow::buffer::{NullBuffer, OffsetBuffer};
    use arrow::datatypes::{DataType, Field as ArrowField};

    use super::*;

    fn int() -> LogicalType {
        TypeKind::Integer.nullable()
    }

    #[test]
    fn arrays_give_their_elements_and_nulls_nothing() {
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([
            Some(vec![Some(7), None]),
            None,
            Some(vec![]),
            Some(vec![Some(9)]),
        ]);
        let lists: ArrayRef = Arc::new(lists);
        let ty = TypeKind::Array(Box::new(int())).nullable();
        let found = explode(&lists, &ty, false).unwrap();
        assert_eq!(found.rows.values(), &[0, 0, 3]);
        let values: Vec<_> = found.columns[0]
            .as_primitive::<Int32Type>()
            .iter()
            .collect();
        assert_eq!(values, [Some(7), None, Some(9)]);
        let ordinals: Vec<_> = found.ordinals.as_primitive::<Int32Type>().iter().collect();
        assert_eq!(ordinals, [Some(1), Some(2), Some(1)]);
        let outer = explode(&lists, &ty, true).unwrap();
        assert_eq!(outer.rows.values(), &[0, 0, 1, 2, 3]);
        assert!(outer.columns[0].is_null(2) && outer.ordinals.is_null(3));
        // A part of a batch keeps its own offsets.
        let found = explode(&lists.slice(2, 2), &ty, false).unwrap();
        assert_eq!(found.rows.values(), &[1]);
        assert_eq!(found.columns[0].as_primitive::<Int32Type>().value(0), 9);
    }

    #[test]
    fn rows_become_columns() {
        let ids: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), Some("b")]));
        let fields = vec![
            Arc::new(ArrowField::new("id", DataType::Int32, true)),
            Arc::new(ArrowField::new("name", DataType::Utf8, true)),
        ];
        let nulls = Some(NullBuffer::from(vec![true, false]));
        let rows = StructArray::new(fields.clone().into(), vec![ids, names], nulls);
        let item = Arc::new(ArrowField::new(
            "item",
            DataType::Struct(fields.into()),
            true,
        ));
        let offsets = OffsetBuffer::new(vec![0, 2].into());
        let lists: ArrayRef = Arc::new(ListArray::new(item, offsets, Arc::new(rows), None));
        let row = TypeKind::Row(vec![
            Field::new("id", int()),
            Field::new("name", TypeKind::string().nullable()),
        ]);
        let ty = TypeKind::Array(Box::new(row.nullable())).nullable();
        assert_eq!(element_columns(&ty).unwrap()[1].name, "name");
        let found = explode(&lists, &ty, false).unwrap();
        let names: Vec<_> = found.columns[1].as_string::<i32>().iter().collect();
        assert_eq!(names, [Some("a"), None]);
    }

    #[test]
    fn counts_repeat_rows() {
        let counts: ArrayRef = Arc::new(Int64Array::from(vec![Some(2), Some(0), None, Some(1)]));
        let found = explode(&counts, &TypeKind::BigInt.nullable(), false).unwrap();
        assert_eq!(found.rows.values(), &[0, 0, 3]);
        assert!(found.columns.is_empty());
    }
}
