//! A column, or one value that stands for a column.

use alpheus_dataflow::OperatorResult;
use arrow::array::{Array, ArrayRef, Datum, UInt32Array, new_null_array};
use arrow::compute::take;

/// The result of evaluating a part of an expression.
#[derive(Clone, Debug)]
pub enum Value {
    /// One value per row.
    Column(ArrayRef),
    /// The same value for every row, in an array of length 1.
    Constant(ArrayRef),
}

impl Value {
    /// The values: as many as rows, or one.
    pub fn array(&self) -> &ArrayRef {
        match self {
            Value::Column(array) | Value::Constant(array) => array,
        }
    }

    /// Whether it is one value for all rows.
    pub fn is_constant(&self) -> bool {
        matches!(self, Value::Constant(_))
    }

    /// The values as a column of `rows` rows.
    pub fn into_column(self, rows: usize) -> OperatorResult<ArrayRef> {
        match self {
            Value::Column(array) => Ok(array),
            Value::Constant(array) if rows == 1 => Ok(array),
            Value::Constant(array) if array.is_null(0) => {
                Ok(new_null_array(array.data_type(), rows))
            }
            Value::Constant(array) => {
                let zeros = UInt32Array::from_value(0, rows);
                Ok(take(array.as_ref(), &zeros, None)?)
            }
        }
    }
}

impl Datum for Value {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array().as_ref(), self.is_constant())
    }
}
