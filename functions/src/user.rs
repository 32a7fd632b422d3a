//! Functions of users, by the ids under which expressions and aggregate calls name them.
//!
//! What stands behind an id is made elsewhere (`alpheus-udf`) and registered before anything is compiled: by the
//! session that plans, by the worker that gets a job. Ids hold a digest of the code
//! ([`alpheus_dataflow::user_functions`]), so registering one again changes nothing.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use alpheus_dataflow::user_functions::{UserFunctionSpec, function_name};
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::ArrayRef;

use crate::aggregate::Accumulator;

/// A scalar function of the user.
pub trait UserScalar: Send + Sync + fmt::Debug {
    /// The results for `rows` rows; arguments have the types of the function's signature, all with `rows` rows.
    ///
    /// # Errors
    /// When the function fails or answers what is no column of its type.
    fn call(&self, args: &[ArrayRef], rows: usize) -> OperatorResult<ArrayRef>;
}

/// An aggregate function of the user.
pub trait UserAggregate: Send + Sync + fmt::Debug {
    /// Whether it can take rows back.
    fn is_retractable(&self) -> bool;

    /// An empty accumulator.
    fn accumulator(&self) -> Box<dyn Accumulator>;
}

/// What stands behind an id.
#[derive(Clone, Debug)]
pub enum UserImplementation {
    /// A scalar function.
    Scalar(Arc<dyn UserScalar>),
    /// An aggregate function.
    Aggregate(Arc<dyn UserAggregate>),
}

/// A function that can be called.
#[derive(Clone, Debug)]
pub struct UserFunction {
    /// Its id and types.
    pub spec: UserFunctionSpec,
    /// Its code.
    pub implementation: UserImplementation,
}

static REGISTERED: RwLock<Option<HashMap<String, Arc<UserFunction>>>> = RwLock::new(None);

/// Makes a function known to the whole process.
pub fn register(function: UserFunction) {
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    let functions = registered.get_or_insert_default();
    functions.insert(function.spec.id.clone(), Arc::new(function));
}

/// The function of that id.
///
/// # Errors
/// When it was never registered.
pub fn find(id: &str) -> OperatorResult<Arc<UserFunction>> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    let found = registered.as_ref().and_then(|functions| functions.get(id));
    found.cloned().ok_or_else(|| {
        OperatorError::fatal(format!(
            "the plan calls the function {}, whose code did not come with it",
            function_name(id)
        ))
    })
}

/// An accumulator of the aggregate function of that id.
///
/// # Errors
/// When it is none, or cannot take rows back and has to.
pub(crate) fn accumulator(id: &str, retractable: bool) -> OperatorResult<Box<dyn Accumulator>> {
    let function = find(id)?;
    let name = function_name(id);
    match &function.implementation {
        UserImplementation::Aggregate(aggregate) if retractable && !aggregate.is_retractable() => {
            Err(OperatorError::fatal(format!(
                "the aggregate function {name} is given rows that are taken back again, and has no retract function"
            )))
        }
        UserImplementation::Aggregate(aggregate) => Ok(aggregate.accumulator()),
        UserImplementation::Scalar(_) => Err(OperatorError::fatal(format!(
            "the plan aggregates with {name}, which is a scalar function"
        ))),
    }
}
