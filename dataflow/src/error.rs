//! Errors of the vocabulary itself, and the error every operator, source and sink returns.

use std::fmt;

use arrow::error::ArrowError;

/// A batch or a description that breaks one of this crate's rules.
#[derive(Debug, thiserror::Error)]
pub enum DataflowError {
    /// Ops and rows differ in number.
    #[error("a changelog batch has {rows} rows but {ops} row kinds")]
    OpsLength {
        /// Rows in the batch.
        rows: usize,
        /// Row kinds that came with it.
        ops: usize,
    },
    /// A byte that is no row kind.
    #[error("{byte} is no row kind: 0 is +I, 1 is -U, 2 is +U, 3 is -D")]
    InvalidRowKind {
        /// The byte.
        byte: u8,
    },
    /// Nothing to concatenate.
    #[error("cannot concatenate an empty list of batches: its schema is unknown")]
    EmptyConcat,
    /// A column that cannot be hashed, for example a MAP.
    #[error("a column of type {0} cannot be a key; use a scalar column or cast it")]
    UnhashableKey(arrow::datatypes::DataType),
    /// An Arrow kernel refused.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// What went wrong in an operator, source or sink while the job ran.
///
/// The text is for the user: it names the row, file or option at fault and says what to do. The class
/// tells the scheduler whether running the same input again could help.
#[derive(Debug)]
pub struct OperatorError {
    /// Whether a restart could help.
    pub class: ErrorClass,
    /// One clear sentence (or a few), lowercase, with the remedy.
    pub message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Whether a restart could help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The outside world failed (disk, network, peer): the restart strategy decides.
    Transient,
    /// The same input will fail again (bad row, division by zero, full type range): Flink restarts
    /// these too, and so do we, but the message is what counts.
    Deterministic,
    /// Wrong set-up (missing file, bad option, no permission): the job fails at once.
    Fatal,
}

/// Result of an operator's work.
pub type OperatorResult<T> = Result<T, OperatorError>;

impl OperatorError {
    /// The outside world failed.
    pub fn transient(message: impl Into<String>) -> Self {
        OperatorError {
            class: ErrorClass::Transient,
            message: message.into(),
            source: None,
        }
    }

    /// The data cannot be processed.
    pub fn data(message: impl Into<String>) -> Self {
        OperatorError {
            class: ErrorClass::Deterministic,
            message: message.into(),
            source: None,
        }
    }

    /// The set-up is wrong.
    pub fn fatal(message: impl Into<String>) -> Self {
        OperatorError {
            class: ErrorClass::Fatal,
            message: message.into(),
            source: None,
        }
    }

    /// Keeps the cause for logs.
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for OperatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OperatorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}

impl From<DataflowError> for OperatorError {
    fn from(error: DataflowError) -> Self {
        OperatorError::data(error.to_string()).with_source(error)
    }
}

impl From<ArrowError> for OperatorError {
    fn from(error: ArrowError) -> Self {
        OperatorError::data(error.to_string()).with_source(error)
    }
}
