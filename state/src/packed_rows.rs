//! Rows as few bytes as possible, in no order.
//!
//! ```text
//! row   := null:bit*  fixed*  (length:varint bytes)*        little endian, columns in their order
//! fixed := the value in its natural width, zeros where it is NULL
//! ```
//!
//! Equal rows have equal bytes, and that is all that is said of them: bytes neither compare as the rows do,
//! nor does one row's encoding begin with that of its first columns. In return a text takes as many bytes as it has
//! (arrow-row's order takes up to a third more), and encoding and decoding copies each value once. For rows that are kept in memory and are
//! looked up as a whole, if at all; these bytes are never written anywhere.

use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, BinaryArray, BooleanArray, StringArray, make_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;

/// How the values of a column are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    /// So many bytes each.
    Fixed(usize),
    Text,
    Bytes,
}

#[derive(Clone, Debug)]
struct Column {
    data_type: DataType,
    kind: Kind,
    /// Where the value lies in a row, if it is of fixed width.
    place: usize,
}

/// Encodes rows of fixed column types; see the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct PackedCodec {
    columns: Vec<Column>,
    /// Bytes before the first text.
    head: usize,
}

/// Encoded rows of one batch.
pub(crate) struct PackedRows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl PackedRows {
    #[inline]
    pub fn row(&self, row: usize) -> &[u8] {
        &self.bytes[start_of(&self.ends, row)..self.ends[row]]
    }
}

/// Where a row begins: each begins where the one before ends.
#[inline]
fn start_of(ends: &[usize], row: usize) -> usize {
    row.checked_sub(1).map_or(0, |before| ends[before])
}

fn varint_len(value: usize) -> usize {
    (1 + value.max(1).ilog2() as usize / 7).max(1)
}

/// Writes a number seven bits at a time, and gives where it ends.
#[inline]
fn write_varint(mut value: usize, bytes: &mut [u8], mut at: usize) -> usize {
    while value >= 0x80 {
        bytes[at] = value as u8 | 0x80;
        value >>= 7;
        at += 1;
    }
    bytes[at] = value as u8;
    at + 1
}

/// Reads a number at `at`, which moves behind it; none where the row ends too early.
#[inline]
fn read_varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
        shift += 7;
        if shift >= usize::BITS {
            return None;
        }
    }
}

impl PackedCodec {
    /// A codec for rows of these types; none where one of them is nested.
    pub fn new(types: &[LogicalType]) -> Option<Self> {
        let mut head = types.len().div_ceil(8);
        let mut columns = Vec::with_capacity(types.len());
        for ty in types {
            let data_type = ty.to_arrow();
            let kind = match &data_type {
                DataType::Boolean => Kind::Boolean,
                DataType::Utf8 => Kind::Text,
                DataType::Binary => Kind::Bytes,
                fixed => match fixed.primitive_width()? {
                    width @ (1 | 2 | 4 | 8 | 16) => Kind::Fixed(width),
                    _ => return None,
                },
            };
            let place = head;
            head += match kind {
                Kind::Boolean => 1,
                Kind::Fixed(width) => width,
                Kind::Text | Kind::Bytes => 0,
            };
            columns.push(Column {
                data_type,
                kind,
                place,
            });
        }
        Some(PackedCodec { columns, head })
    }

    /// All rows of the columns.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn encode(&self, columns: &[ArrayRef]) -> OperatorResult<PackedRows> {
        let fit = columns.len() == self.columns.len()
            && (self.columns.iter().zip(columns))
                .all(|(own, column)| own.data_type == *column.data_type());
        if !fit {
            return Err(OperatorError::fatal(
                "rows to be kept have columns of other types than their state",
            ));
        }
        let rows = columns.first().map_or(0, |column| column.len());
        let mut ends = vec![self.head; rows];
        for (own, column) in self.columns.iter().zip(columns) {
            if let Some((offsets, _)) = var_len(own.kind, column) {
                for (row, end) in ends.iter_mut().enumerate() {
                    let length = match column.is_null(row) {
                        true => 0,
                        false => (offsets[row + 1] - offsets[row]) as usize,
                    };
                    *end += varint_len(length) + length;
                }
            }
        }
        let mut total = 0;
        // Where the next text of each row goes.
        let mut cursors = Vec::with_capacity(rows);
        for end in &mut ends {
            cursors.push(total + self.head);
            total += *end;
            *end = total;
        }
        let mut bytes = vec![0; total];
        for (index, (own, column)) in self.columns.iter().zip(columns).enumerate() {
            if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
                for row in (0..rows).filter(|&row| nulls.is_null(row)) {
                    bytes[start_of(&ends, row) + index / 8] |= 1 << (index % 8);
                }
            }
            match own.kind {
                Kind::Boolean => {
                    let values = column.as_boolean();
                    for row in (0..rows).filter(|&row| values.is_valid(row)) {
                        bytes[start_of(&ends, row) + own.place] = u8::from(values.value(row));
                    }
                }
                Kind::Fixed(1) => put::<1>(own, column, &ends, &mut bytes),
                Kind::Fixed(2) => put::<2>(own, column, &ends, &mut bytes),
                Kind::Fixed(4) => put::<4>(own, column, &ends, &mut bytes),
                Kind::Fixed(8) => put::<8>(own, column, &ends, &mut bytes),
                Kind::Fixed(_) => put::<16>(own, column, &ends, &mut bytes),
                Kind::Text | Kind::Bytes => {
                    let Some((offsets, data)) = var_len(own.kind, column) else {
                        continue;
                    };
                    for (row, cursor) in cursors.iter_mut().enumerate() {
                        let value = match column.is_null(row) {
                            true => &[],
                            false => &data[offsets[row] as usize..offsets[row + 1] as usize],
                        };
                        let start = write_varint(value.len(), &mut bytes, *cursor);
                        *cursor = start + value.len();
                        bytes[start..*cursor].copy_from_slice(value);
                    }
                }
            }
        }
        Ok(PackedRows { bytes, ends })
    }

    /// The columns of encoded rows.
    ///
    /// # Errors
    /// When the bytes are no rows of these columns.
    pub fn decode<'a>(
        &self,
        rows: impl IntoIterator<Item = &'a [u8]>,
    ) -> OperatorResult<Vec<ArrayRef>> {
        let broken = || OperatorError::fatal("a row of the state has fewer bytes than its columns");
        let rows: Vec<&[u8]> = rows.into_iter().collect();
        if rows.iter().any(|row| row.len() < self.head) {
            return Err(broken());
        }
        let mut cursors = vec![self.head; rows.len()];
        let columns = self.columns.iter().enumerate().map(|(index, own)| {
            let is_valid = |row: &&[u8]| row[index / 8] >> (index % 8) & 1 == 0;
            let nulls = NullBuffer::from_iter(rows.iter().map(is_valid));
            let nulls = (nulls.null_count() > 0).then_some(nulls);
            Ok(match own.kind {
                Kind::Boolean => {
                    let values = rows.iter().map(|row| row[own.place] != 0);
                    std::sync::Arc::new(BooleanArray::new(BooleanBuffer::from_iter(values), nulls))
                }
                Kind::Fixed(1) => take::<1>(own, &rows, nulls)?,
                Kind::Fixed(2) => take::<2>(own, &rows, nulls)?,
                Kind::Fixed(4) => take::<4>(own, &rows, nulls)?,
                Kind::Fixed(8) => take::<8>(own, &rows, nulls)?,
                Kind::Fixed(_) => take::<16>(own, &rows, nulls)?,
                Kind::Text | Kind::Bytes => {
                    let mut lengths = Vec::with_capacity(rows.len());
                    let mut total = 0;
                    for (row, cursor) in rows.iter().zip(&mut cursors) {
                        let length = read_varint(row, cursor).ok_or_else(broken)?;
                        lengths.push(length);
                        total += length;
                    }
                    let mut data = Vec::with_capacity(total);
                    for ((row, cursor), &length) in rows.iter().zip(&mut cursors).zip(&lengths) {
                        let end = *cursor + length;
                        data.extend_from_slice(row.get(*cursor..end).ok_or_else(broken)?);
                        *cursor = end;
                    }
                    if i32::try_from(total).is_err() {
                        return Err(OperatorError::fatal(
                            "texts of more than 2 GB were to be read from the state at once",
                        ));
                    }
                    let offsets = OffsetBuffer::from_lengths(lengths);
                    let data = Buffer::from_vec(data);
                    match own.kind {
                        Kind::Text => {
                            std::sync::Arc::new(StringArray::try_new(offsets, data, nulls)?)
                                as ArrayRef
                        }
                        _ => std::sync::Arc::new(BinaryArray::try_new(offsets, data, nulls)?),
                    }
                }
            })
        });
        columns.collect()
    }
}

/// Offsets and data of a text or binary column.
fn var_len(kind: Kind, column: &ArrayRef) -> Option<(&[i32], &[u8])> {
    match kind {
        Kind::Text => {
            let array = column.as_string::<i32>();
            Some((array.value_offsets(), array.value_data()))
        }
        Kind::Bytes => {
            let array = column.as_binary::<i32>();
            Some((array.value_offsets(), array.value_data()))
        }
        Kind::Boolean | Kind::Fixed(_) => None,
    }
}

/// Copies the values of a column of `W` bytes each into rows.
fn put<const W: usize>(own: &Column, column: &ArrayRef, ends: &[usize], bytes: &mut [u8]) {
    let data = column.to_data();
    let values = &data.buffers()[0].as_slice()[data.offset() * W..];
    let nulls = column.nulls().filter(|nulls| nulls.null_count() > 0);
    let mut start = 0;
    for (row, (value, &end)) in values.chunks_exact(W).zip(ends).enumerate() {
        if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
            let place = start + own.place;
            bytes[place..place + W].copy_from_slice(value);
        }
        start = end;
    }
}

/// The column of `W` bytes a value.
fn take<const W: usize>(
    own: &Column,
    rows: &[&[u8]],
    nulls: Option<NullBuffer>,
) -> OperatorResult<ArrayRef> {
    let mut values = MutableBuffer::with_capacity(rows.len() * W);
    for row in rows {
        values.extend_from_slice(&row[own.place..own.place + W]);
    }
    let data = ArrayData::builder(own.data_type.clone())
        .len(rows.len())
        .add_buffer(values.into())
        .nulls(nulls);
    Ok(make_array(data.build()?))
}
