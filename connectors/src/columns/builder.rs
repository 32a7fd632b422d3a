//! A typed column under construction.
//!
//! Invariants: all parts of a column have `len` entries; offsets start with 0 and never fall; the
//! validity bitmap exists from the first NULL on. Text is checked to be UTF-8 once, for the whole
//! column, when it is finished; what is not valid is replaced as Java's decoder does.

use std::sync::Arc;

use alpheus_dataflow::{LogicalType, TypeKind};
use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, BooleanBufferBuilder, ListArray, MapArray, NullArray,
    StringArray, StructArray, make_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, DataType};
use arrow::error::ArrowError;

/// A column under construction.
pub(crate) struct Column {
    /// Its SQL type.
    pub(crate) ty: LogicalType,
    /// What has been stored; NULL entries hold a zero.
    pub(crate) values: Values,
    arrow: DataType,
    nulls: Option<BooleanBufferBuilder>,
    len: usize,
}

/// The stored values by physical type.
pub(crate) enum Values {
    Null,
    Boolean(Vec<bool>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Decimal(Vec<i128>),
    /// CHAR and VARCHAR, not checked for UTF-8 yet.
    Text {
        offsets: Vec<i32>,
        data: Vec<u8>,
    },
    Binary {
        offsets: Vec<i32>,
        data: Vec<u8>,
    },
    List {
        offsets: Vec<i32>,
        items: Box<Column>,
    },
    Map {
        offsets: Vec<i32>,
        keys: Box<Column>,
        values: Box<Column>,
    },
    Struct(Vec<Column>),
}

impl Values {
    fn new(ty: &LogicalType) -> Values {
        let start = || vec![0i32];
        match &ty.kind {
            TypeKind::Null => Values::Null,
            TypeKind::Boolean => Values::Boolean(Vec::new()),
            TypeKind::Char(_) | TypeKind::Varchar(_) => Values::Text {
                offsets: start(),
                data: Vec::new(),
            },
            TypeKind::Binary(_) | TypeKind::Varbinary(_) => Values::Binary {
                offsets: start(),
                data: Vec::new(),
            },
            TypeKind::Decimal(..) => Values::Decimal(Vec::new()),
            TypeKind::TinyInt => Values::Int8(Vec::new()),
            TypeKind::SmallInt => Values::Int16(Vec::new()),
            TypeKind::Integer
            | TypeKind::Date
            | TypeKind::Time(0..=3)
            | TypeKind::IntervalYearMonth => Values::Int32(Vec::new()),
            TypeKind::BigInt
            | TypeKind::Time(_)
            | TypeKind::Timestamp(_)
            | TypeKind::TimestampLtz(_)
            | TypeKind::IntervalDayTime => Values::Int64(Vec::new()),
            TypeKind::Float => Values::Float32(Vec::new()),
            TypeKind::Double => Values::Float64(Vec::new()),
            TypeKind::Array(element) => Values::List {
                offsets: start(),
                items: Box::new(Column::new(element)),
            },
            TypeKind::Map(key, value) => Values::Map {
                offsets: start(),
                keys: Box::new(Column::new(key)),
                values: Box::new(Column::new(value)),
            },
            TypeKind::Multiset(element) => Values::Map {
                offsets: start(),
                keys: Box::new(Column::new(element)),
                values: Box::new(Column::new(&TypeKind::Integer.not_null())),
            },
            TypeKind::Row(fields) => {
                Values::Struct(fields.iter().map(|field| Column::new(&field.ty)).collect())
            }
        }
    }
}

/// Ends the current list, map or text entry at `end` entries or bytes.
fn end_entry(offsets: &mut Vec<i32>, end: usize) {
    // A batch is a few thousand rows; more than 2 GiB of text in it is cut off by the readers' limit
    // on the size of a record, so that saturating is never seen.
    offsets.push(i32::try_from(end).unwrap_or(i32::MAX));
}

fn last(offsets: &[i32]) -> usize {
    offsets.last().map_or(0, |&end| end as usize)
}

impl Column {
    /// An empty column.
    pub(crate) fn new(ty: &LogicalType) -> Column {
        Column {
            ty: ty.clone(),
            values: Values::new(ty),
            arrow: ty.to_arrow(),
            nulls: None,
            len: 0,
        }
    }

    /// How many values it has.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether the value at `row` is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        let nulls = self.nulls.as_ref();
        nulls.is_some_and(|nulls| row < nulls.len() && !nulls.get_bit(row))
    }

    /// Counts a value that the caller has just put into [`Column::values`].
    #[inline]
    pub(crate) fn pushed(&mut self) {
        self.len += 1;
        if let Some(nulls) = &mut self.nulls {
            nulls.append(true);
        }
    }

    /// Counts `count` values that the caller has just put into [`Column::values`].
    pub(crate) fn pushed_many(&mut self, count: usize) {
        self.len += count;
        if let Some(nulls) = &mut self.nulls {
            nulls.append_n(count, true);
        }
    }

    /// Stores NULL.
    #[inline]
    pub(crate) fn push_null(&mut self) {
        self.push_nulls(1);
    }

    /// Stores NULL `count` times, at least once.
    pub(crate) fn push_nulls(&mut self, count: usize) {
        fn zeros<T: Clone + Default>(values: &mut Vec<T>, count: usize) {
            values.resize(values.len() + count, T::default());
        }
        fn empty(offsets: &mut Vec<i32>, count: usize) {
            let end = offsets.last().copied().unwrap_or_default();
            offsets.resize(offsets.len() + count, end);
        }
        match &mut self.values {
            Values::Null => {}
            Values::Boolean(v) => zeros(v, count),
            Values::Int8(v) => zeros(v, count),
            Values::Int16(v) => zeros(v, count),
            Values::Int32(v) => zeros(v, count),
            Values::Int64(v) => zeros(v, count),
            Values::Float32(v) => zeros(v, count),
            Values::Float64(v) => zeros(v, count),
            Values::Decimal(v) => zeros(v, count),
            Values::Text { offsets, data } | Values::Binary { offsets, data } => {
                end_entry(offsets, data.len());
                empty(offsets, count - 1);
            }
            Values::List { offsets, items } => {
                end_entry(offsets, items.len);
                empty(offsets, count - 1);
            }
            Values::Map { offsets, keys, .. } => {
                end_entry(offsets, keys.len);
                empty(offsets, count - 1);
            }
            Values::Struct(fields) => fields.iter_mut().for_each(|field| field.push_nulls(count)),
        }
        let len = self.len;
        let nulls = self.nulls.get_or_insert_with(|| {
            let mut nulls = BooleanBufferBuilder::new(len + 1024);
            nulls.append_n(len, true);
            nulls
        });
        nulls.append_n(count, false);
        self.len += count;
    }

    /// Stores text or bytes as they are. For other types it stores NULL.
    #[inline]
    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) {
        match &mut self.values {
            Values::Text { offsets, data } | Values::Binary { offsets, data } => {
                data.extend_from_slice(bytes);
                end_entry(offsets, data.len());
                self.pushed();
            }
            _ => self.push_null(),
        }
    }

    /// Makes room for `all` values, given that those so far are typical of them.
    pub(crate) fn reserve_in_proportion(&mut self, all: usize) {
        let done = self.len.max(1);
        let wanted = |len: usize| len * all.saturating_sub(done) / done + len / 16;
        match &mut self.values {
            Values::Text { offsets, data } | Values::Binary { offsets, data } => {
                offsets.reserve(all.saturating_sub(done));
                data.reserve(wanted(data.len()));
            }
            Values::Struct(fields) => {
                (fields.iter_mut()).for_each(|field| field.reserve_in_proportion(all));
            }
            Values::Int32(v) => v.reserve(all.saturating_sub(done)),
            Values::Int64(v) => v.reserve(all.saturating_sub(done)),
            _ => {}
        }
    }

    /// Ends an ARRAY or MAP entry whose items were pushed to the children, or a ROW whose fields were.
    pub(crate) fn end_nested(&mut self) {
        match &mut self.values {
            Values::List { offsets, items } => end_entry(offsets, items.len),
            Values::Map { offsets, keys, .. } => end_entry(offsets, keys.len),
            _ => {}
        }
        self.pushed();
    }

    /// Takes away everything after the first `len` values, and items that belong to no entry yet.
    pub(crate) fn truncate(&mut self, len: usize) {
        match &mut self.values {
            Values::Null => {}
            Values::Boolean(v) => v.truncate(len),
            Values::Int8(v) => v.truncate(len),
            Values::Int16(v) => v.truncate(len),
            Values::Int32(v) => v.truncate(len),
            Values::Int64(v) => v.truncate(len),
            Values::Float32(v) => v.truncate(len),
            Values::Float64(v) => v.truncate(len),
            Values::Decimal(v) => v.truncate(len),
            Values::Text { offsets, data } | Values::Binary { offsets, data } => {
                offsets.truncate(len + 1);
                data.truncate(last(offsets));
            }
            Values::List { offsets, items } => {
                offsets.truncate(len + 1);
                items.truncate(last(offsets));
            }
            Values::Map {
                offsets,
                keys,
                values,
            } => {
                offsets.truncate(len + 1);
                keys.truncate(last(offsets));
                values.truncate(last(offsets));
            }
            Values::Struct(fields) => fields.iter_mut().for_each(|field| field.truncate(len)),
        }
        if len < self.len {
            self.len = len;
            if let Some(nulls) = &mut self.nulls {
                nulls.truncate(len);
            }
        }
    }

    /// The array, leaving an empty column.
    ///
    /// # Errors
    /// When a nested column breaks Arrow's rules (a NULL map key).
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let len = std::mem::take(&mut self.len);
        let nulls = self
            .nulls
            .take()
            .map(|mut nulls| NullBuffer::new(nulls.finish()));
        let values = std::mem::replace(&mut self.values, Values::new(&self.ty));
        let arrow = &self.arrow;
        Ok(match values {
            Values::Null => Arc::new(NullArray::new(len)),
            Values::Boolean(v) => Arc::new(BooleanArray::new(v.into(), nulls)),
            Values::Int8(v) => primitive(arrow, v, nulls)?,
            Values::Int16(v) => primitive(arrow, v, nulls)?,
            Values::Int32(v) => primitive(arrow, v, nulls)?,
            Values::Int64(v) => primitive(arrow, v, nulls)?,
            Values::Float32(v) => primitive(arrow, v, nulls)?,
            Values::Float64(v) => primitive(arrow, v, nulls)?,
            Values::Decimal(v) => primitive(arrow, v, nulls)?,
            Values::Text { offsets, data } => Arc::new(text_array(offsets, data, nulls)?),
            Values::Binary { offsets, data } => Arc::new(BinaryArray::try_new(
                OffsetBuffer::new(ScalarBuffer::from(offsets)),
                Buffer::from_vec(data),
                nulls,
            )?),
            Values::List { offsets, mut items } => {
                let DataType::List(field) = arrow else {
                    return Err(mismatch(arrow));
                };
                Arc::new(ListArray::try_new(
                    field.clone(),
                    OffsetBuffer::new(ScalarBuffer::from(offsets)),
                    items.finish()?,
                    nulls,
                )?)
            }
            Values::Map {
                offsets,
                mut keys,
                mut values,
            } => {
                let DataType::Map(entries_field, _) = arrow else {
                    return Err(mismatch(arrow));
                };
                let DataType::Struct(fields) = entries_field.data_type() else {
                    return Err(mismatch(arrow));
                };
                let entries = StructArray::try_new(
                    fields.clone(),
                    vec![keys.finish()?, values.finish()?],
                    None,
                )?;
                Arc::new(MapArray::try_new(
                    entries_field.clone(),
                    OffsetBuffer::new(ScalarBuffer::from(offsets)),
                    entries,
                    nulls,
                    false,
                )?)
            }
            Values::Struct(mut children) => {
                let DataType::Struct(fields) = arrow else {
                    return Err(mismatch(arrow));
                };
                let arrays = children
                    .iter_mut()
                    .map(Column::finish)
                    .collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new_with_length(
                    fields.clone(),
                    arrays,
                    nulls,
                    len,
                )?)
            }
        })
    }
}

fn mismatch(arrow: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("a nested column was built for the type {arrow}"))
}

fn primitive<T: ArrowNativeType>(
    arrow: &DataType,
    values: Vec<T>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    let data = arrow::array::ArrayData::builder(arrow.clone())
        .len(values.len())
        .add_buffer(Buffer::from_vec(values))
        .nulls(nulls)
        .build()?;
    Ok(make_array(data))
}

/// Checks the text once for the whole column; only a column with broken text is walked value by value.
fn text_array(
    offsets: Vec<i32>,
    data: Vec<u8>,
    nulls: Option<NullBuffer>,
) -> Result<StringArray, ArrowError> {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let data = Buffer::from_vec(data);
    if let Ok(sound) = StringArray::try_new(offsets.clone(), data.clone(), nulls.clone()) {
        return Ok(sound);
    }
    let mut repaired = String::with_capacity(data.len());
    let mut repaired_offsets = vec![0i32];
    for pair in offsets.windows(2) {
        let bytes = data
            .get(pair[0] as usize..pair[1] as usize)
            .unwrap_or_default();
        repaired.push_str(&String::from_utf8_lossy(bytes));
        end_entry(&mut repaired_offsets, repaired.len());
    }
    StringArray::try_new(
        OffsetBuffer::new(ScalarBuffer::from(repaired_offsets)),
        Buffer::from_vec(repaired.into_bytes()),
        nulls,
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use alpheus_dataflow::schema::Field;
    use arrow::array::Array;

    #[test]
    fn a_half_built_row_can_be_taken_back() {
        let row = TypeKind::Row(vec![
            Field::new(
                "a",
                TypeKind::Array(Box::new(TypeKind::Integer.nullable())).nullable(),
            ),
            Field::new("s", TypeKind::string().nullable()),
        ]);
        let mut column = Column::new(&row.nullable());
        column.push_null();
        if let Values::Struct(fields) = &mut column.values {
            if let Values::List { items, .. } = &mut fields[0].values {
                items.push_null();
            }
            fields[0].end_nested();
            fields[1].push_bytes(b"half");
        }
        column.truncate(1);
        column.push_null();
        let array = column.finish().unwrap();
        assert_eq!((array.len(), array.null_count()), (2, 2));
        assert_eq!(column.len(), 0);
    }

    #[test]
    fn many_nulls_are_as_many_single_ones() {
        let row = TypeKind::Row(vec![
            Field::new("n", TypeKind::BigInt.nullable()),
            Field::new("s", TypeKind::string().nullable()),
            Field::new(
                "a",
                TypeKind::Array(Box::new(TypeKind::Integer.nullable())).nullable(),
            ),
        ]);
        let mut built = [3, 1].map(|at_once| {
            let mut column = Column::new(&row.clone().nullable());
            for _ in 0..2 {
                if let Values::Struct(fields) = &mut column.values {
                    if let Values::Int64(values) = &mut fields[0].values {
                        values.push(7);
                        fields[0].pushed();
                    }
                    fields[1].push_bytes(b"text");
                    fields[2].push_null();
                }
                column.end_nested();
                column.reserve_in_proportion(100);
                for _ in 0..3 / at_once {
                    column.push_nulls(at_once);
                }
            }
            column.finish().unwrap()
        });
        let [one, other] = &mut built;
        assert_eq!((one.len(), one.null_count()), (8, 6));
        assert_eq!(one, other);
    }

    #[test]
    fn broken_text_is_replaced_value_by_value() {
        let mut column = Column::new(&TypeKind::string().nullable());
        for bytes in [&b"ok"[..], &[0xC3], &[0xA4], &[0xFF, b'x']] {
            column.push_bytes(bytes);
        }
        let array = column.finish().unwrap();
        let text = array.as_any().downcast_ref::<StringArray>().unwrap();
        assert_eq!(
            text.iter().flatten().collect::<Vec<_>>(),
            ["ok", "\u{FFFD}", "\u{FFFD}", "\u{FFFD}x"]
        );
    }
}
