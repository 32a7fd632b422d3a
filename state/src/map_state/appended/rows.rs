//! Numbered rows in chunks of columns.

use std::sync::Arc;

use alpheus_dataflow::{LogicalType, OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayData, ArrayRef, BinaryArray, BooleanArray, StringArray, make_array,
};
use arrow::buffer::{BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;

use super::column::{FullColumn, Kind, OpenColumn};
use super::dictionary::{Dictionary, Texts};
use super::numbers::Numbers;

/// Rows of a chunk; a power of two.
pub(super) const CHUNK: usize = 1024;
const SHIFT: u32 = CHUNK.trailing_zeros();
const MASK: usize = CHUNK - 1;

/// A full chunk, which nothing changes any more.
#[derive(Debug)]
struct Chunk {
    columns: Vec<FullColumn>,
    /// How far before each row the one before it of the same key is; 0 for the first of a key.
    back: Numbers,
}

/// Rows by their number; what a frozen copy shares, but for the chunk that is being filled, which it copies.
#[derive(Clone)]
pub(super) struct Rows {
    types: Arc<[(DataType, Kind)]>,
    chunks: Vec<Arc<Chunk>>,
    columns: Vec<OpenColumn>,
    back: Vec<i64>,
}

/// The texts of all columns that come again and again.
pub(super) type AllTexts = Vec<Texts>;

/// A value of a row, wherever that is.
macro_rules! value {
    ($rows:expr, $column:expr, $row:expr, $method:ident $(, $listed:expr)?) => {{
        let row = $row as usize;
        match $rows.chunks.get(row >> SHIFT) {
            Some(chunk) => chunk.columns[$column].$method(row & MASK $(, $listed)?),
            None => $rows.columns[$column].$method(row & MASK),
        }
    }};
}

impl Rows {
    /// No rows of these types; none where one of them is nested.
    pub fn new(types: &[LogicalType]) -> Option<Self> {
        let types = types.iter().map(|ty| {
            let data_type = ty.to_arrow();
            let kind = Kind::of(&data_type)?;
            Some((data_type, kind))
        });
        let types: Vec<_> = types.collect::<Option<_>>()?;
        Some(Rows {
            columns: types
                .iter()
                .map(|(_, kind)| OpenColumn::new(*kind))
                .collect(),
            types: types.into(),
            chunks: Vec::new(),
            back: Vec::new(),
        })
    }

    /// How many columns a row has.
    pub fn width(&self) -> usize {
        self.types.len()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK + self.back.len()
    }

    /// The row before this one of the same key.
    pub fn before(&self, row: u32) -> Option<u32> {
        let at = row as usize;
        let back = match self.chunks.get(at >> SHIFT) {
            Some(chunk) => chunk.back.get(at & MASK),
            None => self.back[at & MASK],
        };
        (back > 0).then(|| row - back as u32)
    }

    /// Whether columns are of these types.
    ///
    /// # Errors
    /// When they are not.
    pub fn check(&self, columns: &[ArrayRef]) -> OperatorResult<()> {
        let fit = columns.len() == self.types.len()
            && (self.types.iter().zip(columns)).all(|((ty, _), column)| ty == column.data_type());
        match fit {
            true => Ok(()),
            false => Err(OperatorError::fatal(
                "rows to be kept have columns of other types than their state",
            )),
        }
    }

    /// Adds rows of columns that were [checked](Rows::check), with how far back the row before each is. Gives how many bytes became
    /// full chunks.
    pub fn append(
        &mut self,
        columns: &[ArrayRef],
        back: &[i64],
        dictionaries: &mut [Dictionary],
        texts: &mut AllTexts,
    ) -> usize {
        let (mut start, mut grown) = (0, 0);
        while start < back.len() {
            let count = (CHUNK - self.back.len()).min(back.len() - start);
            for (own, column) in self.columns.iter_mut().zip(columns) {
                own.extend(&column.slice(start, count));
            }
            self.back.extend_from_slice(&back[start..start + count]);
            start += count;
            if self.back.len() == CHUNK {
                let columns = self
                    .columns
                    .iter_mut()
                    .zip(dictionaries.iter_mut().zip(&mut *texts));
                let columns: Vec<FullColumn> = columns
                    .map(|(column, (dictionary, texts))| column.pack(dictionary, texts))
                    .collect();
                let back = Numbers::pack(&self.back);
                self.back.clear();
                grown += back.memory_size();
                grown += columns.iter().map(FullColumn::memory_size).sum::<usize>();
                self.chunks.push(Arc::new(Chunk { columns, back }));
            }
        }
        grown
    }

    /// The columns of these rows.
    ///
    /// # Errors
    /// When their texts are more than an array can have.
    pub fn take(&self, rows: &[u32], texts: &AllTexts) -> OperatorResult<Vec<ArrayRef>> {
        let columns = self.types.iter().enumerate();
        columns
            .map(|(column, (data_type, kind))| {
                let is_valid = |&row: &u32| !value!(self, column, row, is_null);
                let nulls = NullBuffer::from_iter(rows.iter().map(is_valid));
                let nulls = (nulls.null_count() > 0).then_some(nulls);
                Ok(match kind {
                    Kind::Boolean => {
                        let values = rows.iter().map(|&row| value!(self, column, row, number) != 0);
                        let values = BooleanBuffer::from_iter(values);
                        Arc::new(BooleanArray::new(values, nulls)) as ArrayRef
                    }
                    Kind::Fixed(1) => self.fixed::<1>(column, data_type, rows, nulls)?,
                    Kind::Fixed(2) => self.fixed::<2>(column, data_type, rows, nulls)?,
                    Kind::Fixed(4) => self.fixed::<4>(column, data_type, rows, nulls)?,
                    Kind::Fixed(_) => self.fixed::<8>(column, data_type, rows, nulls)?,
                    Kind::Wide => {
                        let values = rows.iter().map(|&row| value!(self, column, row, wide));
                        plain(data_type, values, nulls)?
                    }
                    Kind::Text | Kind::Bytes => {
                        let listed = &texts[column];
                        let mut data = Vec::new();
                        let mut ends = Vec::with_capacity(rows.len() + 1);
                        ends.push(0);
                        for &row in rows {
                            data.extend_from_slice(self.text(column, row, listed));
                            ends.push(i32::try_from(data.len()).map_err(|_| {
                                OperatorError::fatal(
                                    "texts of more than 2 GB were to be read from the state at once",
                                )
                            })?);
                        }
                        let (ends, data) = (OffsetBuffer::new(ends.into()), Buffer::from_vec(data));
                        match kind {
                            Kind::Text => Arc::new(StringArray::try_new(ends, data, nulls)?) as ArrayRef,
                            _ => Arc::new(BinaryArray::try_new(ends, data, nulls)?),
                        }
                    }
                })
            })
            .collect()
    }

    #[inline]
    fn text<'a>(&'a self, column: usize, row: u32, listed: &'a Texts) -> &'a [u8] {
        let row = row as usize;
        match self.chunks.get(row >> SHIFT) {
            Some(chunk) => chunk.columns[column].text(row & MASK, listed),
            None => self.columns[column].text(row & MASK),
        }
    }

    fn fixed<const W: usize>(
        &self,
        column: usize,
        data_type: &DataType,
        rows: &[u32],
        nulls: Option<NullBuffer>,
    ) -> OperatorResult<ArrayRef> {
        let values = rows.iter().map(|&row| {
            let mut bytes = [0; W];
            bytes.copy_from_slice(&value!(self, column, row, number).to_le_bytes()[..W]);
            bytes
        });
        plain(data_type, values, nulls)
    }

    /// Bytes of the chunk that is being filled.
    pub fn open_size(&self) -> usize {
        let columns = self.columns.iter().map(OpenColumn::memory_size);
        columns.sum::<usize>() + self.back.capacity() * size_of::<i64>()
    }
}

/// The column of `W` bytes a value.
fn plain<const W: usize>(
    data_type: &DataType,
    values: impl ExactSizeIterator<Item = [u8; W]>,
    nulls: Option<NullBuffer>,
) -> OperatorResult<ArrayRef> {
    let rows = values.len();
    let mut bytes = MutableBuffer::with_capacity(rows * W);
    for value in values {
        bytes.extend_from_slice(&value);
    }
    let data = ArrayData::builder(data_type.clone())
        .len(rows)
        .add_buffer(bytes.into())
        .nulls(nulls);
    Ok(make_array(data.build()?))
}
