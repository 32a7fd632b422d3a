//! What a kernel is given.

use alpheus_dataflow::types::LogicalType;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{
    Array, ArrayAccessor, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray,
    ListArray, MapArray, PrimitiveArray, StringArray,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use super::{Cache, Session, Value};

/// The arguments of one call for one batch.
pub struct Args<'a> {
    /// The arguments.
    pub values: &'a [Value],
    /// Their types, as the signature asked for them.
    pub types: &'a [LogicalType],
    /// The type of the result.
    pub result: &'a LogicalType,
    /// How many rows the result must have: 1 when all arguments are constant.
    pub rows: usize,
    /// Time zone and mode of the session.
    pub session: &'a Session,
    /// The clock, ms since the epoch.
    pub now_ms: i64,
    /// Compiled patterns and the like, kept from batch to batch.
    pub cache: &'a Cache,
}

/// Typed access to an argument, by row, whether it is a column or a constant.
#[derive(Clone, Copy)]
pub struct Cells<A> {
    array: A,
    mask: usize,
}

impl<A: ArrayAccessor> Cells<A> {
    /// Cells of an array that has one value per row, or one for all rows.
    pub fn new(array: A, constant: bool) -> Self {
        let mask = if constant { 0 } else { usize::MAX };
        Cells { array, mask }
    }

    /// The value in that row, `None` for NULL.
    #[inline]
    pub fn get(&self, row: usize) -> Option<A::Item> {
        let at = row & self.mask;
        (!self.array.is_null(at)).then(|| self.array.value(at))
    }
}

impl<'a> Args<'a> {
    /// How many arguments there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of an argument: `rows` of them, or one.
    pub fn array(&self, index: usize) -> &'a ArrayRef {
        self.values[index].array()
    }

    /// An argument as a column of [`rows`](Self::rows) rows.
    pub fn column(&self, index: usize) -> OperatorResult<ArrayRef> {
        self.values[index].clone().into_column(self.rows)
    }

    fn constant(&self, index: usize) -> bool {
        self.values[index].is_constant()
    }

    /// A text argument.
    pub fn str(&self, index: usize) -> Cells<&'a StringArray> {
        Cells::new(self.array(index).as_string(), self.constant(index))
    }

    /// A bytes argument.
    pub fn bytes(&self, index: usize) -> Cells<&'a BinaryArray> {
        Cells::new(self.array(index).as_binary(), self.constant(index))
    }

    /// A BOOLEAN argument.
    pub fn bool(&self, index: usize) -> Cells<&'a BooleanArray> {
        Cells::new(self.array(index).as_boolean(), self.constant(index))
    }

    /// An argument of a fixed-width type.
    pub fn primitive<T: ArrowPrimitiveType>(&self, index: usize) -> Cells<&'a PrimitiveArray<T>> {
        Cells::new(self.array(index).as_primitive(), self.constant(index))
    }

    /// An INT argument.
    pub fn int(&self, index: usize) -> Cells<&'a PrimitiveArray<Int32Type>> {
        self.primitive(index)
    }

    /// A BIGINT argument.
    pub fn long(&self, index: usize) -> Cells<&'a PrimitiveArray<Int64Type>> {
        self.primitive(index)
    }

    /// A DOUBLE argument.
    pub fn double(&self, index: usize) -> Cells<&'a PrimitiveArray<Float64Type>> {
        self.primitive(index)
    }

    /// An ARRAY argument.
    pub fn list(&self, index: usize) -> Cells<&'a ListArray> {
        Cells::new(self.array(index).as_list(), self.constant(index))
    }

    /// A MAP argument and which of its rows belongs to a row.
    pub fn map(&self, index: usize) -> (&'a MapArray, usize) {
        let mask = if self.constant(index) { 0 } else { usize::MAX };
        (self.array(index).as_map(), mask)
    }

    /// The text of an argument that the signature wants as a literal.
    pub fn literal_text(&self, index: usize) -> OperatorResult<&'a str> {
        if self.constant(index)
            && self.array(index).is_valid(0)
            && let Some(text) = self.array(index).as_string_opt::<i32>()
        {
            return Ok(text.value(0));
        }
        Err(OperatorError::fatal(format!(
            "argument {} has to be a string literal",
            index + 1
        )))
    }
}
