//! The values of a column: of the chunk that is being filled as they came, of full ones packed.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::DataType;

use super::dictionary::{Dictionary, Texts};
use super::numbers::Numbers;

/// How the values of a column are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    /// So many bytes each, 1 to 8: kept as integers, whatever they stand for.
    Fixed(usize),
    /// Sixteen bytes each.
    Wide,
    Text,
    Bytes,
}

impl Kind {
    /// None where the type is nested.
    pub fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Boolean => Kind::Boolean,
            DataType::Utf8 => Kind::Text,
            DataType::Binary => Kind::Bytes,
            fixed => match fixed.primitive_width()? {
                width @ (1 | 2 | 4 | 8) => Kind::Fixed(width),
                16 => Kind::Wide,
                _ => return None,
            },
        })
    }
}

/// Which rows are NULL, one bit each; empty while none is.
#[derive(Clone, Debug, Default)]
struct Nulls(Vec<u64>);

impl Nulls {
    fn set(&mut self, row: usize) {
        if self.0.len() <= row / 64 {
            self.0.resize(row / 64 + 1, 0);
        }
        self.0[row / 64] |= 1 << (row % 64);
    }

    #[inline]
    fn is_null(&self, row: usize) -> bool {
        let word = self.0.get(row / 64);
        word.is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
}

#[derive(Clone, Debug)]
enum Open {
    Numbers(Vec<i64>),
    Wide(Vec<[u8; 16]>),
    Texts { bytes: Vec<u8>, ends: Vec<usize> },
}

/// A column of the chunk that is being filled.
#[derive(Clone, Debug)]
pub(super) struct OpenColumn {
    kind: Kind,
    values: Open,
    nulls: Nulls,
}

/// A column of a full chunk.
#[derive(Debug)]
pub(super) struct FullColumn {
    values: Full,
    nulls: Nulls,
}

#[derive(Debug)]
enum Full {
    Numbers(Numbers),
    Wide(Box<[[u8; 16]]>),
    /// Text `row` ends at `stride * (row + 1)` and what `ends` has more.
    Texts {
        bytes: Box<[u8]>,
        ends: Numbers,
        stride: usize,
    },
    /// Numbers of a dictionary.
    Listed(Numbers),
}

/// Text from `ends[row - 1]` to `ends[row]`.
fn between(bytes: &[u8], row: usize, end: impl Fn(usize) -> usize) -> &[u8] {
    &bytes[row.checked_sub(1).map_or(0, &end)..end(row)]
}

impl OpenColumn {
    pub fn new(kind: Kind) -> Self {
        OpenColumn {
            kind,
            values: match kind {
                Kind::Boolean | Kind::Fixed(_) => Open::Numbers(Vec::new()),
                Kind::Wide => Open::Wide(Vec::new()),
                Kind::Text | Kind::Bytes => Open::Texts {
                    bytes: Vec::new(),
                    ends: Vec::new(),
                },
            },
            nulls: Nulls::default(),
        }
    }

    fn len(&self) -> usize {
        match &self.values {
            Open::Numbers(values) => values.len(),
            Open::Wide(values) => values.len(),
            Open::Texts { ends, .. } => ends.len(),
        }
    }

    /// Adds the values of a column of this kind.
    pub fn extend(&mut self, column: &ArrayRef) {
        if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
            let first = self.len();
            let rows = (0..column.len()).filter(|&row| nulls.is_null(row));
            rows.for_each(|row| self.nulls.set(first + row));
        }
        match &mut self.values {
            Open::Numbers(values) => match self.kind {
                Kind::Fixed(1) => {
                    extend(values, column, |bytes| i64::from(i8::from_le_bytes(bytes)))
                }
                Kind::Fixed(2) => {
                    extend(values, column, |bytes| i64::from(i16::from_le_bytes(bytes)))
                }
                Kind::Fixed(4) => {
                    extend(values, column, |bytes| i64::from(i32::from_le_bytes(bytes)))
                }
                Kind::Fixed(_) => extend(values, column, i64::from_le_bytes),
                _ => values.extend(column.as_boolean().values().iter().map(i64::from)),
            },
            Open::Wide(values) => extend(values, column, |bytes| bytes),
            Open::Texts { bytes, ends } => {
                let (offsets, data) = match self.kind {
                    Kind::Text => {
                        let texts = column.as_string::<i32>();
                        (texts.value_offsets(), texts.value_data())
                    }
                    _ => {
                        let texts = column.as_binary::<i32>();
                        (texts.value_offsets(), texts.value_data())
                    }
                };
                // What a NULL has is kept: nobody looks at it.
                let (first, last) = (offsets[0] as usize, offsets[column.len()] as usize);
                let start = bytes.len();
                bytes.extend_from_slice(&data[first..last]);
                ends.extend(offsets[1..].iter().map(|&end| end as usize - first + start));
            }
        }
    }

    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.is_null(row)
    }

    #[inline]
    pub fn number(&self, row: usize) -> i64 {
        match &self.values {
            Open::Numbers(values) => values[row],
            Open::Wide(_) | Open::Texts { .. } => 0,
        }
    }

    #[inline]
    pub fn wide(&self, row: usize) -> [u8; 16] {
        match &self.values {
            Open::Wide(values) => values[row],
            Open::Numbers(_) | Open::Texts { .. } => [0; 16],
        }
    }

    #[inline]
    pub fn text(&self, row: usize) -> &[u8] {
        match &self.values {
            Open::Texts { bytes, ends } => between(bytes, row, |row| ends[row]),
            Open::Numbers(_) | Open::Wide(_) => &[],
        }
    }

    /// The values packed; begins anew, and keeps the memory.
    pub fn pack(&mut self, dictionary: &mut Dictionary, listed: &mut Texts) -> FullColumn {
        let nulls = std::mem::take(&mut self.nulls);
        let values = match &mut self.values {
            Open::Numbers(values) => {
                let packed = Numbers::pack(values);
                values.clear();
                Full::Numbers(packed)
            }
            Open::Wide(values) => {
                let packed = values.as_slice().into();
                values.clear();
                Full::Wide(packed)
            }
            Open::Texts { bytes, ends } => {
                let rows = (0..ends.len()).map(|row| between(bytes, row, |row| ends[row]));
                let packed = match dictionary.number(listed, rows) {
                    Some(numbers) => Full::Listed(Numbers::pack(&numbers)),
                    None => {
                        let stride = bytes.len() / ends.len().max(1);
                        let more = (1..).zip(&*ends);
                        let more = more.map(|(row, end)| *end as i64 - (stride * row) as i64);
                        Full::Texts {
                            ends: Numbers::pack(&more.collect::<Vec<_>>()),
                            bytes: bytes.as_slice().into(),
                            stride,
                        }
                    }
                };
                bytes.clear();
                ends.clear();
                packed
            }
        };
        FullColumn { values, nulls }
    }

    pub fn memory_size(&self) -> usize {
        match &self.values {
            Open::Numbers(values) => values.capacity() * size_of::<i64>(),
            Open::Wide(values) => values.capacity() * 16,
            Open::Texts { bytes, ends } => bytes.capacity() + ends.capacity() * size_of::<usize>(),
        }
    }
}

/// Adds the values of a column of `W` bytes each.
fn extend<const W: usize, T>(values: &mut Vec<T>, column: &ArrayRef, value: impl Fn([u8; W]) -> T) {
    let data = column.to_data();
    let bytes = &data.buffers()[0].as_slice()[data.offset() * W..][..column.len() * W];
    let (words, _) = bytes.as_chunks::<W>();
    values.extend(words.iter().map(|word| value(*word)));
}

impl FullColumn {
    #[inline]
    pub fn is_null(&self, row: usize) -> bool {
        self.nulls.is_null(row)
    }

    #[inline]
    pub fn number(&self, row: usize) -> i64 {
        match &self.values {
            Full::Numbers(values) => values.get(row),
            Full::Wide(_) | Full::Texts { .. } | Full::Listed(_) => 0,
        }
    }

    #[inline]
    pub fn wide(&self, row: usize) -> [u8; 16] {
        match &self.values {
            Full::Wide(values) => values[row],
            Full::Numbers(_) | Full::Texts { .. } | Full::Listed(_) => [0; 16],
        }
    }

    #[inline]
    pub fn text<'a>(&'a self, row: usize, listed: &'a Texts) -> &'a [u8] {
        match &self.values {
            Full::Texts {
                bytes,
                ends,
                stride,
            } => between(bytes, row, |row| {
                (ends.get(row) + (stride * (row + 1)) as i64) as usize
            }),
            Full::Listed(numbers) => listed.get(numbers.get(row) as usize),
            Full::Numbers(_) | Full::Wide(_) => &[],
        }
    }

    pub fn memory_size(&self) -> usize {
        let values = match &self.values {
            Full::Numbers(values) | Full::Listed(values) => values.memory_size(),
            Full::Wide(values) => values.len() * 16,
            Full::Texts { bytes, ends, .. } => bytes.len() + ends.memory_size(),
        };
        size_of::<FullColumn>() + values + self.nulls.0.len() * size_of::<u64>()
    }
}
