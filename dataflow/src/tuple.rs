//! Tuples of values as bytes that compare and hash like the values.
//!
//! Keys of several columns, and functions that keep whole values (DISTINCT, ARRAY_AGG, MIN with
//! retraction, ...), keep them in arrow-row's order-preserving encoding. The bytes never leave memory:
//! partial results and snapshots carry typed columns again.

use std::sync::Arc;

use arrow::array::{ArrayRef, new_empty_array};
use arrow::compute::SortOptions;
use arrow::row::{RowConverter, Rows, SortField};

use crate::error::{OperatorError, OperatorResult};
use crate::types::LogicalType;

/// Encodes tuples of fixed types.
#[derive(Clone)]
pub struct TupleCodec {
    types: Arc<[LogicalType]>,
    converter: Arc<RowConverter>,
}

impl TupleCodec {
    /// A codec for tuples of these types.
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn new(types: &[LogicalType]) -> OperatorResult<Self> {
        let options = vec![SortOptions::default(); types.len()];
        Self::ordered(types, &options)
    }

    /// A codec whose bytes compare as ORDER BY with these options says, one for each type.
    ///
    /// # Errors
    /// When a type cannot be encoded.
    pub fn ordered(types: &[LogicalType], options: &[SortOptions]) -> OperatorResult<Self> {
        let fields = types
            .iter()
            .zip(options)
            .map(|(ty, options)| SortField::new_with_options(ty.to_arrow(), *options))
            .collect();
        let converter = RowConverter::new(fields).map_err(|error| {
            OperatorError::fatal(format!("values cannot be kept in a collection: {error}"))
        })?;
        Ok(TupleCodec {
            types: types.into(),
            converter: Arc::new(converter),
        })
    }

    /// The types.
    pub fn types(&self) -> &[LogicalType] {
        &self.types
    }

    /// All rows of the columns.
    ///
    /// # Errors
    /// When the columns have other types.
    pub fn encode(&self, columns: &[ArrayRef]) -> OperatorResult<Rows> {
        Ok(self.converter.convert_columns(columns)?)
    }

    /// The columns of encoded tuples.
    ///
    /// # Errors
    /// When the bytes are no tuples of these types.
    pub fn decode<'a>(
        &self,
        tuples: impl IntoIterator<Item = &'a [u8]>,
    ) -> OperatorResult<Vec<ArrayRef>> {
        let parser = self.converter.parser();
        let columns = self
            .converter
            .convert_rows(tuples.into_iter().map(|bytes| parser.parse(bytes)))?;
        // An empty input loses time zones and decimal parameters in some versions of the codec.
        if columns.first().is_some_and(|column| column.is_empty()) {
            return Ok(self
                .types
                .iter()
                .map(|ty| new_empty_array(&ty.to_arrow()))
                .collect());
        }
        Ok(columns)
    }
}
