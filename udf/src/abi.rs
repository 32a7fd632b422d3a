//! Columns in a module's memory: version 1 of the interface.
//!
//! A column is four little-endian words of 32 bits:
//!
//! | word | meaning |
//! |---|---|
//! | rows | how many values |
//! | validity | where its bitmap is (bit `i % 8` of byte `i / 8` is 1 for a value, 0 for NULL); 0 when nothing is NULL |
//! | values | fixed-width values; BOOLEAN: a bitmap; text and bytes: `rows + 1` offsets of 32 bits into the data |
//! | data | the bytes of text and bytes, else 0 |
//!
//! These are Arrow's buffers. Widths: TINYINT 1, SMALLINT 2, INT, FLOAT, DATE and TIME(0..3) 4, BIGINT, DOUBLE, TIME(4..9) and
//! timestamps 8, DECIMAL 16. Arguments lie in one piece of memory that the module has given, each buffer aligned to
//! [`ALIGNMENT`]; the column for the answer lies behind the arguments' and is zero.

use std::fmt;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use arrow::array::{Array, ArrayData, ArrayRef, AsArray, make_array};
use arrow::buffer::BooleanBuffer;
use arrow::buffer::{Buffer, MutableBuffer, NullBuffer};
use arrow::datatypes::{DataType, Decimal128Type};

use crate::error::UdfError;

/// Of every buffer, in bytes.
pub const ALIGNMENT: usize = 16;
/// Size of a column's words.
const COLUMN: usize = 16;

/// A type that crosses the border.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnType {
    ty: LogicalType,
    layout: Layout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Bits,
    Fixed(usize),
    Variable,
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ty.fmt(f)
    }
}

impl ColumnType {
    /// The type as columns have it.
    ///
    /// # Errors
    /// When it is nested, or a text or bytes of bounded length.
    pub fn new(ty: &LogicalType) -> Result<ColumnType, UdfError> {
        let bounded = match ty.kind {
            TypeKind::Char(_) | TypeKind::Binary(_) => true,
            TypeKind::Varchar(_) => ty.kind != TypeKind::string(),
            TypeKind::Varbinary(_) => ty.kind != TypeKind::bytes(),
            _ => false,
        };
        let layout = layout(&ty.to_arrow()).filter(|_| !bounded);
        let layout = layout.ok_or_else(|| UdfError::Type { ty: ty.to_string() })?;
        Ok(ColumnType {
            ty: ty.clone(),
            layout,
        })
    }

    /// BYTES: how the states of aggregates travel.
    pub(crate) fn state() -> ColumnType {
        ColumnType {
            ty: TypeKind::bytes().nullable(),
            layout: Layout::Variable,
        }
    }

    /// The SQL type.
    pub fn ty(&self) -> &LogicalType {
        &self.ty
    }
}

fn layout(ty: &DataType) -> Option<Layout> {
    match ty {
        DataType::Boolean => Some(Layout::Bits),
        DataType::Utf8 | DataType::Binary => Some(Layout::Variable),
        DataType::Decimal128(..) => Some(Layout::Fixed(16)),
        other => other.primitive_width().map(Layout::Fixed),
    }
}

/// Arguments as they will lie in the module's memory, with places counted from their start.
pub(crate) struct Arguments {
    columns: Vec<RawColumn>,
    buffers: Vec<u8>,
}

impl Arguments {
    /// Bytes that they need.
    pub(crate) fn size(&self) -> usize {
        self.buffers_start() + self.buffers.len()
    }

    /// Where the column for the answer lies.
    pub(crate) fn result_offset(&self) -> u32 {
        (self.columns.len() * COLUMN) as u32
    }

    fn buffers_start(&self) -> usize {
        (self.columns.len() + 1) * COLUMN
    }

    /// Their bytes when they lie at `place`.
    pub(crate) fn at(&self, place: u32) -> Vec<u8> {
        let start = place + self.buffers_start() as u32;
        let mut bytes = Vec::with_capacity(self.size());
        for column in &self.columns {
            let moved = |to: u32| if to == ABSENT { 0 } else { start + to };
            for word in [
                column.rows,
                moved(column.validity),
                moved(column.values),
                moved(column.data),
            ] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        bytes.resize(self.buffers_start(), 0);
        bytes.extend_from_slice(&self.buffers);
        bytes
    }

    fn add(&mut self, bytes: &[u8]) -> u32 {
        let place = self.buffers.len() as u32;
        self.buffers.extend_from_slice(bytes);
        self.buffers
            .resize(self.buffers.len().next_multiple_of(ALIGNMENT), 0);
        place
    }
}

/// A place that a column does not have, before it is moved.
const ABSENT: u32 = u32::MAX;

/// Copies columns into one piece.
pub(crate) fn lay_out(args: &[ArrayRef]) -> Result<Arguments, UdfError> {
    let mut all = Arguments {
        columns: Vec::with_capacity(args.len()),
        buffers: Vec::new(),
    };
    for array in args {
        let validity = match array.nulls() {
            Some(nulls) if nulls.null_count() > 0 => all.add(&bits(nulls.inner())),
            _ => ABSENT,
        };
        let (values, data) = match layout(array.data_type()) {
            Some(Layout::Bits) => (all.add(&bits(array.as_boolean().values())), ABSENT),
            Some(Layout::Variable) => {
                let (offsets, bytes) = match array.data_type() {
                    DataType::Utf8 => {
                        let texts = array.as_string::<i32>();
                        (texts.value_offsets(), texts.value_data())
                    }
                    _ => {
                        let texts = array.as_binary::<i32>();
                        (texts.value_offsets(), texts.value_data())
                    }
                };
                let first = offsets.first().copied().unwrap_or_default();
                let last = offsets.last().copied().unwrap_or_default();
                let offsets: Vec<u8> = offsets
                    .iter()
                    .flat_map(|offset| (offset - first).to_le_bytes())
                    .collect();
                let values = all.add(&offsets);
                let data = all.add(bytes.get(first as usize..last as usize).unwrap_or_default());
                (values, data)
            }
            Some(Layout::Fixed(width)) => {
                let data = array.to_data();
                let from = data.offset() * width;
                let bytes = data
                    .buffers()
                    .first()
                    .map_or(&[] as &[u8], |buffer| buffer.as_slice());
                let bytes = bytes
                    .get(from..from + data.len() * width)
                    .unwrap_or_default();
                (all.add(bytes), ABSENT)
            }
            None => {
                return Err(UdfError::Type {
                    ty: array.data_type().to_string(),
                });
            }
        };
        all.columns.push(RawColumn {
            rows: array.len() as u32,
            validity,
            values,
            data,
        });
    }
    Ok(all)
}

/// A bitmap that starts with its first bit.
fn bits(buffer: &BooleanBuffer) -> Vec<u8> {
    buffer.sliced().as_slice().to_vec()
}

/// The words of a column in a module's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawColumn {
    pub(crate) rows: u32,
    validity: u32,
    values: u32,
    pub(crate) data: u32,
}

impl RawColumn {
    /// The words at `place`; `None` beyond the memory.
    pub(crate) fn read(memory: &[u8], place: usize) -> Option<RawColumn> {
        let bytes = memory.get(place..place.checked_add(COLUMN)?)?;
        let (words, _) = bytes.as_chunks::<4>();
        let word = |at: usize| words.get(at).map(|word| u32::from_le_bytes(*word));
        Some(RawColumn {
            rows: word(0)?,
            validity: word(1)?,
            values: word(2)?,
            data: word(3)?,
        })
    }

    /// A copy of the column, checked in every respect; a text says what is wrong.
    pub(crate) fn column(
        &self,
        memory: &[u8],
        ty: &ColumnType,
        rows: usize,
    ) -> Result<ArrayRef, String> {
        if self.rows as usize != rows {
            return Err(format!("it has {} values", self.rows));
        }
        let part = |place: u32, length: usize| {
            let place = place as usize;
            let end = place.checked_add(length);
            let bytes = end.and_then(|end| memory.get(place..end));
            bytes.ok_or_else(|| format!("{length} bytes at {place} lie beyond its memory"))
        };
        let nulls = match self.validity {
            0 => None,
            place => {
                let buffer = aligned(part(place, rows.div_ceil(8))?);
                Some(NullBuffer::new(BooleanBuffer::new(buffer, 0, rows)))
            }
        };
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        if nulls.is_some() && !ty.ty.nullable {
            return Err("it holds NULL".to_owned());
        }
        let builder = ArrayData::builder(ty.ty.to_arrow()).len(rows).nulls(nulls);
        let builder = match ty.layout {
            Layout::Bits => builder.add_buffer(aligned(part(self.values, rows.div_ceil(8))?)),
            Layout::Fixed(width) => {
                let length = rows.checked_mul(width).ok_or("it is too long")?;
                builder.add_buffer(aligned(part(self.values, length)?))
            }
            Layout::Variable => {
                let length = rows.checked_add(1).and_then(|count| count.checked_mul(4));
                let offsets = part(self.values, length.ok_or("it is too long")?)?;
                let (words, _) = offsets.as_chunks::<4>();
                let last = words.last().map_or(0, |word| i32::from_le_bytes(*word));
                let last =
                    usize::try_from(last).map_err(|_| format!("its last offset is {last}"))?;
                builder
                    .add_buffer(aligned(offsets))
                    .add_buffer(aligned(part(self.data, last)?))
            }
        };
        // Offsets and text are checked here.
        let data = builder.build().map_err(|error| error.to_string())?;
        data.validate_full().map_err(|error| error.to_string())?;
        let array = make_array(data);
        if let TypeKind::Decimal(precision, _) = ty.ty.kind {
            let decimals = array.as_primitive::<Decimal128Type>();
            decimals
                .validate_decimal_precision(precision)
                .map_err(|error| error.to_string())?;
        }
        Ok(array)
    }
}

/// A copy that is aligned for every type.
fn aligned(bytes: &[u8]) -> Buffer {
    let mut buffer = MutableBuffer::with_capacity(bytes.len());
    buffer.extend_from_slice(bytes);
    buffer.into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use alpheus_dataflow::TypeKind;
    use arrow::array::{
        BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int8Array,
        Int64Array, StringArray, TimestampMillisecondArray,
    };

    use super::*;

    fn round(array: &ArrayRef, ty: TypeKind) -> Result<ArrayRef, String> {
        let place = 4096;
        let arguments = lay_out(std::slice::from_ref(array)).unwrap();
        let mut memory = vec![0xaa; place as usize];
        memory.extend(arguments.at(place));
        let raw = RawColumn::read(&memory, place as usize).unwrap();
        raw.column(
            &memory,
            &ColumnType::new(&ty.nullable()).unwrap(),
            array.len(),
        )
    }

    #[test]
    fn columns_come_back_as_they_went() {
        let columns: [(ArrayRef, TypeKind); 9] = [
            (
                Arc::new(Int64Array::from(vec![Some(1), None, Some(-3), Some(4)])),
                TypeKind::BigInt,
            ),
            (
                Arc::new(Int8Array::from(vec![1, 2, 3, 4])),
                TypeKind::TinyInt,
            ),
            (
                Arc::new(BooleanArray::from(vec![
                    Some(true),
                    None,
                    Some(false),
                    Some(true),
                ])),
                TypeKind::Boolean,
            ),
            (
                Arc::new(StringArray::from(vec![
                    Some("a"),
                    None,
                    Some(""),
                    Some("größe"),
                ])),
                TypeKind::string(),
            ),
            (
                Arc::new(BinaryArray::from(vec![
                    Some(&b"\xff"[..]),
                    None,
                    Some(b""),
                    Some(b"xy"),
                ])),
                TypeKind::bytes(),
            ),
            (
                Arc::new(Float64Array::from(vec![0.5, f64::NAN, -0.0, 1e300])),
                TypeKind::Double,
            ),
            (
                Arc::new(Date32Array::from(vec![Some(0), None, Some(-1), Some(9)])),
                TypeKind::Date,
            ),
            (
                Arc::new(TimestampMillisecondArray::from(vec![1, 2, 3, 4])),
                TypeKind::Timestamp(3),
            ),
            (
                Arc::new(
                    Decimal128Array::from(vec![Some(1), None, Some(-250), Some(3)])
                        .with_precision_and_scale(10, 2)
                        .unwrap(),
                ),
                TypeKind::Decimal(10, 2),
            ),
        ];
        for (array, ty) in columns {
            for (offset, length) in [(0, 4), (1, 3), (2, 1), (4, 0)] {
                let part = array.slice(offset, length);
                let back = round(&part, ty.clone()).unwrap();
                assert_eq!(format!("{back:?}"), format!("{part:?}"), "{ty}");
            }
        }
    }

    #[test]
    fn nested_types_stay_outside() {
        let array = TypeKind::Array(Box::new(TypeKind::Integer.nullable())).nullable();
        assert!(ColumnType::new(&array).is_err());
        assert!(ColumnType::new(&TypeKind::Varchar(3).nullable()).is_err());
        assert!(ColumnType::new(&TypeKind::string().nullable()).is_ok());
    }

    #[test]
    fn lies_are_found() {
        let ty = |kind: TypeKind| ColumnType::new(&kind.not_null()).unwrap();
        let column = |rows, validity, values, data| RawColumn {
            rows,
            validity,
            values,
            data,
        };
        let mut memory = vec![0u8; 64];
        memory[..12].copy_from_slice(&[0, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0]);
        memory[40] = 0xff;
        for (raw, kind, part) in [
            (column(1, 0, 0, 0), TypeKind::BigInt, "1 values"),
            (column(2, 0, 60, 0), TypeKind::BigInt, "beyond its memory"),
            (
                column(2, 0, u32::MAX, 0),
                TypeKind::BigInt,
                "beyond its memory",
            ),
            (column(2, 16, 0, 0), TypeKind::BigInt, "holds NULL"),
            (column(2, 0, 0, 32), TypeKind::string(), ""),
            (
                column(2, 0, 16, u32::MAX),
                TypeKind::bytes(),
                "beyond its memory",
            ),
        ] {
            let error = raw.column(&memory, &ty(kind), 2).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        // Offsets 0, 1, 1 and a byte that is no text.
        memory[..12].copy_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        assert!(
            column(2, 0, 0, 40)
                .column(&memory, &ty(TypeKind::string()), 2)
                .is_err()
        );
        assert!(
            column(2, 0, 0, 40)
                .column(&memory, &ty(TypeKind::bytes()), 2)
                .is_ok()
        );
    }
}
