//! CAST and TRY_CAST.

use std::sync::Arc;

use alpheus_dataflow::types::LogicalType;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{ArrayRef, new_null_array};

use crate::compile::Session;
use crate::typing::can_cast;

/// A conversion from one type to another, prepared.
#[derive(Clone, Debug)]
pub struct CastPlan {
    from: LogicalType,
    to: LogicalType,
    try_cast: bool,
    session: Arc<Session>,
}

impl CastPlan {
    /// Prepares a conversion; fails when CAST has no such pair.
    pub fn new(
        from: &LogicalType,
        to: &LogicalType,
        try_cast: bool,
        session: &Arc<Session>,
    ) -> OperatorResult<Self> {
        if !can_cast(from, to) {
            return Err(OperatorError::fatal(format!(
                "cannot cast {} to {}",
                from.kind, to.kind
            )));
        }
        Ok(CastPlan {
            from: from.clone(),
            to: to.clone(),
            try_cast,
            session: session.clone(),
        })
    }

    /// Whether values stay as they are.
    pub fn is_identity(&self) -> bool {
        self.from.kind == self.to.kind
    }

    /// Whether a value can make it fail.
    pub fn may_fail(&self) -> bool {
        !self.try_cast && self.from.kind.is_character() && !self.to.kind.is_character()
    }

    /// Converts a column.
    pub fn apply(&self, array: &ArrayRef) -> OperatorResult<ArrayRef> {
        if matches!(array.data_type(), arrow::datatypes::DataType::Null) {
            return Ok(new_null_array(&self.to.to_arrow(), array.len()));
        }
        Err(OperatorError::fatal(format!(
            "casting {} to {} is not available in zone {:?}",
            self.from.kind, self.to.kind, self.session.zone
        )))
    }
}
