//! Scalar functions of a module.

use std::sync::Arc;

use alpheus_dataflow::user_functions::{UserFunctionSpec, function_name};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_functions::user::UserScalar;
use arrow::array::ArrayRef;

use crate::abi::ColumnType;
use crate::code::Code;
use crate::error::UdfError;

/// A function of a module, ready to be called.
#[derive(Debug)]
pub(crate) struct Scalar {
    code: Arc<Code>,
    entry: String,
    name: String,
    result: ColumnType,
}

impl Scalar {
    pub(crate) fn new(code: Arc<Code>, spec: &UserFunctionSpec) -> Result<Scalar, UdfError> {
        for ty in &spec.arg_types {
            ColumnType::new(ty)?;
        }
        Ok(Scalar {
            code,
            entry: spec.entry.clone(),
            name: function_name(&spec.id).to_owned(),
            result: ColumnType::new(&spec.result)?,
        })
    }
}

impl UserScalar for Scalar {
    fn call(&self, args: &[ArrayRef], rows: usize) -> OperatorResult<ArrayRef> {
        self.code
            .call(&self.entry, args, rows, &self.result, rows)
            .map_err(|error| failed(&self.name, &error))
    }
}

/// A failed call as the job's error.
pub(crate) fn failed(name: &str, error: &UdfError) -> OperatorError {
    OperatorError::data(format!("the function {name}: {error}"))
}
