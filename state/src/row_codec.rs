//! Rows as bytes, and back to columns a batch at a time.
//!
//! A [`RowCodec`] encodes rows of fixed column types in arrow-row's order-preserving form: two encoded
//! rows compare as bytes the way `ORDER BY` compares the rows, equal rows have equal bytes, and no
//! encoding is a prefix of another. The encoding of the first columns is a prefix of the encoding of
//! all, which is what ranges are made of ([`RowCodec::prefix`]). Every SQL type has an encoding, MAP
//! and MULTISET included.
//!
//! A codec of [packed](RowCodec::packed) rows gives up the order, and the prefixes with it, for fewer bytes.
//!
//! A [`RowBuffer`] gathers encoded rows in one allocation, for example all matches of a batch in a
//! join, until they are decoded together.

use alpheus_dataflow::tuple::TupleCodec;
use alpheus_dataflow::{LogicalType, OperatorResult, RowType};
use arrow::array::ArrayRef;
use arrow::compute::SortOptions;
use arrow::row::Rows;
use serde::{Deserialize, Serialize};

use crate::packed_rows::{PackedCodec, PackedRows};

/// A column of a sort key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortColumn {
    /// The type of its values.
    pub ty: LogicalType,
    /// The greatest first.
    pub descending: bool,
    /// NULL before everything else.
    pub nulls_first: bool,
}

impl SortColumn {
    /// Ascending, NULL first: Flink's default, and the choice where order does not matter.
    pub fn ascending(ty: LogicalType) -> Self {
        SortColumn {
            ty,
            descending: false,
            nulls_first: true,
        }
    }
}

/// Encodes rows; see the module's documentation.
#[derive(Clone)]
pub struct RowCodec {
    columns: Vec<SortColumn>,
    bytes: Bytes,
}

#[derive(Clone)]
enum Bytes {
    /// Without columns, which arrow-row does not count rows of.
    Empty,
    Ordered(TupleCodec),
    Packed(PackedCodec),
}

impl RowCodec {
    /// A codec whose bytes compare as these columns say.
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn new(columns: &[SortColumn]) -> OperatorResult<Self> {
        let types: Vec<LogicalType> = columns.iter().map(|column| column.ty.clone()).collect();
        let options: Vec<SortOptions> = columns
            .iter()
            .map(|column| SortOptions::new(column.descending, column.nulls_first))
            .collect();
        let bytes = match &types[..] {
            [] => Bytes::Empty,
            types => Bytes::Ordered(TupleCodec::ordered(types, &options)?),
        };
        Ok(RowCodec {
            columns: columns.to_vec(),
            bytes,
        })
    }

    /// A codec for the same rows that only keeps equal ones equal, in fewer bytes; where a column is nested it is the
    /// same.
    pub fn packed(&self) -> Self {
        let types: Vec<LogicalType> = self
            .columns
            .iter()
            .map(|column| column.ty.clone())
            .collect();
        let packed = match &self.bytes {
            Bytes::Ordered(_) => PackedCodec::new(&types),
            Bytes::Empty | Bytes::Packed(_) => None,
        };
        RowCodec {
            columns: self.columns.clone(),
            bytes: packed.map_or_else(|| self.bytes.clone(), Bytes::Packed),
        }
    }

    /// A codec for whole rows.
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn of_row_type(row: &RowType) -> OperatorResult<Self> {
        let types = row.fields.iter().map(|field| field.ty.clone());
        let columns: Vec<SortColumn> = types.map(SortColumn::ascending).collect();
        Self::new(&columns)
    }

    /// A codec for the first `columns` columns, whose bytes begin the bytes of this one if it keeps the order.
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn prefix(&self, columns: usize) -> OperatorResult<Self> {
        Self::new(&self.columns[..columns.min(self.columns.len())])
    }

    /// How many columns a row has.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The columns.
    pub fn columns(&self) -> &[SortColumn] {
        &self.columns
    }

    /// Encodes all rows of the columns.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn encode(&self, columns: &[ArrayRef]) -> OperatorResult<EncodedRows> {
        Ok(EncodedRows(match &self.bytes {
            Bytes::Empty => Encoded::Empty,
            Bytes::Ordered(tuples) => Encoded::Ordered(tuples.encode(columns)?),
            Bytes::Packed(codec) => Encoded::Packed(codec.encode(columns)?),
        }))
    }

    /// The columns of encoded rows.
    ///
    /// # Errors
    /// When the bytes are no rows of these columns.
    pub fn decode<'a>(
        &self,
        rows: impl IntoIterator<Item = &'a [u8]>,
    ) -> OperatorResult<Vec<ArrayRef>> {
        match &self.bytes {
            Bytes::Empty => Ok(Vec::new()),
            Bytes::Ordered(tuples) => tuples.decode(rows),
            Bytes::Packed(codec) => codec.decode(rows),
        }
    }
}

/// Encoded rows of one batch.
pub struct EncodedRows(Encoded);

enum Encoded {
    Empty,
    Ordered(Rows),
    Packed(PackedRows),
}

impl EncodedRows {
    /// The bytes of a row; none where a row has no columns.
    ///
    /// # Panics
    /// When the batch had no such row.
    #[inline]
    pub fn row(&self, row: usize) -> &[u8] {
        match &self.0 {
            Encoded::Empty => &[],
            Encoded::Ordered(rows) => rows.row(row).data(),
            Encoded::Packed(rows) => rows.row(row),
        }
    }
}

/// Encoded rows in one allocation.
#[derive(Clone, Debug, Default)]
pub struct RowBuffer {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl RowBuffer {
    /// Makes room for so many more rows with so many bytes.
    pub fn reserve(&mut self, rows: usize, bytes: usize) {
        self.ends.reserve(rows);
        self.bytes.reserve(bytes);
    }

    /// Adds a row.
    pub fn push(&mut self, row: &[u8]) {
        self.bytes.extend_from_slice(row);
        self.ends.push(self.bytes.len());
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all rows.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[row]]
    }

    /// All rows in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use alpheus_dataflow::TypeKind;
    use alpheus_dataflow::schema::Field;
    use arrow::array::{
        Array, BooleanArray, Int32Array, Int32Builder, ListBuilder, MapBuilder, StringArray,
        StringBuilder, StructArray, UInt32Array, make_array,
    };
    use arrow::buffer::NullBuffer;
    use arrow::compute::{cast, concat, take};
    use arrow::datatypes::DataType;

    use super::*;

    /// A column of each kind of type, two rows and a NULL.
    fn samples() -> Vec<(LogicalType, ArrayRef)> {
        let numbers: ArrayRef = Arc::new(Int32Array::from(vec![Some(7), None, Some(-3)]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), None, Some("")]));
        let mut samples: Vec<(LogicalType, ArrayRef)> = [
            TypeKind::TinyInt,
            TypeKind::Integer,
            TypeKind::BigInt,
            TypeKind::Float,
            TypeKind::Double,
            TypeKind::Decimal(38, 10),
            TypeKind::Date,
            TypeKind::Time(3),
            TypeKind::Timestamp(3),
            TypeKind::TimestampLtz(9),
            TypeKind::IntervalDayTime,
        ]
        .into_iter()
        .map(|kind| {
            let ty = kind.nullable();
            let wide = cast(&numbers, &DataType::Int64).unwrap();
            let column = cast(&numbers, &ty.to_arrow()).or_else(|_| cast(&wide, &ty.to_arrow()));
            (ty, column.unwrap())
        })
        .collect();
        samples.push((TypeKind::string().nullable(), texts.clone()));
        let bytes = cast(&texts, &DataType::Binary).unwrap();
        samples.push((TypeKind::bytes().nullable(), bytes));
        let mut list = ListBuilder::new(Int32Builder::new());
        list.append_value([Some(1), None]);
        list.append_null();
        list.append_value([]);
        let array = TypeKind::Array(Box::new(TypeKind::Integer.nullable())).nullable();
        samples.push((array, Arc::new(list.finish())));
        let map = TypeKind::Map(
            Box::new(TypeKind::string().not_null()),
            Box::new(TypeKind::Integer.nullable()),
        )
        .nullable();
        let mut maps = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
        maps.keys().append_value("k");
        maps.values().append_null();
        maps.append(true).unwrap();
        maps.append(false).unwrap();
        maps.append(true).unwrap();
        samples.push((map.clone(), cast(&maps.finish(), &map.to_arrow()).unwrap()));
        let fields = vec![
            Field::new("n", TypeKind::Integer.nullable()),
            Field::new("t", TypeKind::string().nullable()),
        ];
        let row = TypeKind::Row(fields).nullable();
        let DataType::Struct(fields) = row.to_arrow() else {
            unreachable!("a ROW is a struct")
        };
        let nulls = numbers.nulls().cloned();
        let rows = StructArray::new(fields, vec![numbers, texts], nulls);
        samples.push((row, Arc::new(rows)));
        samples
    }

    #[test]
    fn every_type_comes_back() {
        let (types, columns): (Vec<_>, Vec<_>) = samples().into_iter().unzip();
        for nulls_first in [true, false] {
            for descending in [true, false] {
                let sort = types.iter().map(|ty| SortColumn {
                    ty: ty.clone(),
                    descending,
                    nulls_first,
                });
                let codec = RowCodec::new(&sort.collect::<Vec<_>>()).unwrap();
                let encoded = codec.encode(&columns).unwrap();
                let mut buffer = RowBuffer::default();
                (0..3).for_each(|row| buffer.push(encoded.row(row)));
                let decoded = codec.decode(buffer.iter()).unwrap();
                for (decoded, column) in decoded.iter().zip(&columns) {
                    assert_eq!(decoded, column);
                }
                let none = codec.decode([]).unwrap();
                for (none, column) in none.iter().zip(&columns) {
                    assert_eq!(none.data_type(), column.data_type());
                }
                let prefix = codec.prefix(12).unwrap();
                let begin = prefix.encode(&columns[..12]).unwrap();
                assert!((0..3).all(|row| encoded.row(row).starts_with(begin.row(row))));
            }
        }
    }

    #[test]
    fn packed_rows_come_back_whatever_lies_under_their_nulls() {
        let (types, columns): (Vec<_>, Vec<_>) = samples()
            .into_iter()
            .filter(|(ty, _)| !ty.to_arrow().is_nested())
            .unzip();
        let booleans: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]));
        let long = "x".repeat(20_000);
        let texts = [Some(&*long), None, Some(&long[..127])];
        let texts: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let types = [
            types,
            vec![TypeKind::Boolean.nullable(), TypeKind::string().nullable()],
        ]
        .concat();
        let columns = [columns, vec![booleans, texts]].concat();
        let sort = types.iter().cloned().map(SortColumn::ascending);
        let codec = RowCodec::new(&sort.collect::<Vec<_>>()).unwrap().packed();
        let encoded = codec.encode(&columns).unwrap();
        let rows = [2, 0, 1, 0].map(|row| encoded.row(row));
        let decoded = codec.decode(rows).unwrap();
        let order = UInt32Array::from(vec![2, 0, 1, 0]);
        for (decoded, column) in decoded.iter().zip(&columns) {
            assert_eq!(decoded, &take(column, &order, None).unwrap());
        }
        // The same rows as slices of longer columns.
        let sliced: Vec<ArrayRef> = columns
            .iter()
            .map(|column| concat(&[column, column]).unwrap().slice(2, 3))
            .collect();
        let encoded_again = codec.encode(&sliced).unwrap();
        for (one, other) in [(2, 0), (0, 1), (1, 2)] {
            assert_eq!(encoded.row(one), encoded_again.row(other));
        }
        // NULLs over other values.
        let hidden: Vec<ArrayRef> = columns
            .iter()
            .map(|column| {
                let nulls = NullBuffer::new_null(3);
                let data = column.slice(0, 1).to_data();
                let one = make_array(data);
                let all = concat(&[&one, &one, &one]).unwrap();
                make_array(
                    all.to_data()
                        .into_builder()
                        .nulls(Some(nulls))
                        .build()
                        .unwrap(),
                )
            })
            .collect();
        assert_eq!(codec.encode(&hidden).unwrap().row(0), encoded.row(1));
        assert!(codec.decode([&encoded.row(0)[..9]]).is_err());
        let cut = &encoded.row(0)[..encoded.row(0).len() - 1];
        assert!(codec.decode([cut]).is_err());
        assert!(codec.encode(&columns[1..]).is_err());
        let none = codec.decode([]).unwrap();
        for (none, column) in none.iter().zip(&columns) {
            assert_eq!((none.len(), none.data_type()), (0, column.data_type()));
        }
    }

    #[test]
    fn nested_rows_are_not_packed() {
        let (types, columns): (Vec<_>, Vec<_>) = samples().into_iter().unzip();
        let sort: Vec<_> = types.into_iter().map(SortColumn::ascending).collect();
        let codec = RowCodec::new(&sort).unwrap();
        let (one, other) = (codec.encode(&columns).unwrap(), codec.packed());
        assert_eq!(one.row(0), other.encode(&columns).unwrap().row(0));
    }

    #[test]
    fn rows_without_columns_are_empty() {
        let codec = RowCodec::new(&[]).unwrap();
        assert_eq!(codec.encode(&[]).unwrap().row(5), [0u8; 0]);
        assert!(codec.decode([&[][..]]).unwrap().is_empty());
    }
}
