//! What can go wrong with a batch job.

use alpheus_dataflow::OperatorError;
use datafusion::error::DataFusionError;

/// A batch job that failed.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// A feature that batch mode does not have.
    #[error("{feature} is not supported in batch mode; {remedy}")]
    Unsupported {
        /// The feature.
        feature: &'static str,
        /// What to do instead.
        remedy: &'static str,
    },
    /// An expression, source or sink failed.
    #[error("{0}")]
    Operator(#[from] OperatorError),
    /// An operator that cannot write what it has to a file needs more than there is.
    #[error(
        "the operators' memory is used up: {0}; raise taskmanager.memory.managed.size (or .fraction) or lower parallelism.default"
    )]
    OutOfMemory(String),
    /// DataFusion failed: a defect, or a full disk.
    #[error("batch execution failed: {0}")]
    Engine(DataFusionError),
    /// The job was stopped.
    #[error("the job was canceled")]
    Canceled,
}

impl From<DataFusionError> for BatchError {
    /// Errors of our own code pass through DataFusion; here they come out again.
    fn from(error: DataFusionError) -> Self {
        match find_operator_error(&error) {
            Some(found) => BatchError::Operator(found),
            None => match error.find_root() {
                DataFusionError::ResourcesExhausted(reason) => {
                    BatchError::OutOfMemory(reason.clone())
                }
                _ => BatchError::Engine(error),
            },
        }
    }
}

/// Our error for DataFusion to carry.
pub(crate) fn external(error: OperatorError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn find_operator_error(error: &DataFusionError) -> Option<OperatorError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<OperatorError>() {
            return Some(copy_of(found));
        }
        cause = match error.downcast_ref::<DataFusionError>() {
            Some(DataFusionError::External(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Context(_, inner)) => Some(inner.as_ref()),
            Some(DataFusionError::Shared(inner)) => Some(inner.as_ref()),
            Some(DataFusionError::ArrowError(inner, _)) => Some(inner.as_ref()),
            _ => error.source(),
        };
    }
    None
}

fn copy_of(error: &OperatorError) -> OperatorError {
    use alpheus_dataflow::error::ErrorClass;
    let message = error.message.clone();
    match error.class {
        ErrorClass::Transient => OperatorError::transient(message),
        ErrorClass::Deterministic => OperatorError::data(message),
        ErrorClass::Fatal => OperatorError::fatal(message),
    }
}
