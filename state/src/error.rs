//! What can go wrong with state on disk, in words that name the file and the remedy.

use alpheus_dataflow::ids::OperatorId;
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_storage::StorageError;

/// A checkpoint that cannot be written or used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Bytes that are not what was written.
    #[error("{file} is damaged: {detail}; restore from another checkpoint or savepoint")]
    Damaged {
        /// The file.
        file: String,
        /// What does not fit.
        detail: String,
    },
    /// Written by a later version.
    #[error(
        "{file} has format version {found}, this version of alpheus reads up to {supported}; \
         upgrade alpheus or restore from an older savepoint"
    )]
    NewerVersion {
        /// The file.
        file: String,
        /// Its version.
        found: u32,
        /// The newest known.
        supported: u32,
    },
    /// Nothing to restore from.
    #[error("{path} is no checkpoint: {detail}")]
    NoCheckpoint {
        /// What was given.
        path: String,
        /// What was looked for, and what to give instead.
        detail: String,
    },
    /// Somebody else published this checkpoint.
    #[error(
        "{file} was published by another attempt of the job ({detail}); this attempt is fenced off"
    )]
    Fenced {
        /// The metadata file.
        file: String,
        /// Who did.
        detail: String,
    },
    /// State for an operator that the job does not have.
    #[error(
        "the checkpoint has state of operator `{name}` ({operator}), which the job does not have any \
         more; restore the old SQL, or drop that state with \
         execution.state-recovery.ignore-unclaimed-state = true"
    )]
    UnclaimedState {
        /// The operator.
        operator: OperatorId,
        /// Its name in the old job.
        name: String,
    },
    /// Another number of key groups.
    #[error(
        "the checkpoint was taken with pipeline.max-parallelism = {checkpoint}, the job has {job}; \
         set pipeline.max-parallelism to {checkpoint}"
    )]
    MaxParallelism {
        /// Of the checkpoint.
        checkpoint: u32,
        /// Of the job.
        job: u32,
    },
    /// Records in flight that the new plan does not pass on in the same way.
    #[error(
        "the checkpoint has records in flight to operator {operator} at parallelism {before} for which the \
         plan at {after} has no place; restore at {before}, take a savepoint and start from that"
    )]
    InFlight {
        /// The operator.
        operator: OperatorId,
        /// Its parallelism in the checkpoint.
        before: u32,
        /// Its parallelism now.
        after: u32,
    },
    /// The writer was given rows out of order.
    #[error("state `{state}` was written out of order: key group {next} after {last}")]
    KeyGroupOrder {
        /// The state.
        state: String,
        /// The group before.
        last: u16,
        /// The group that came.
        next: u16,
    },
    /// The file with the keys of encrypted state is unusable, or lacks a key.
    #[error("the key file {file} cannot be used: {detail}")]
    KeyFile {
        /// The file.
        file: String,
        /// What is wrong, and what to do.
        detail: String,
    },
    /// Encrypted state, and no key.
    #[error(
        "the state is encrypted with key `{id}`; set execution.checkpointing.encryption.key-file to a \
         file that has it"
    )]
    NoKey {
        /// The key's id.
        id: String,
    },
    /// OpenSSL failed, for example for want of random numbers.
    #[error("openssl: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
    /// The file system refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Columns that cannot be encoded.
    #[error("state cannot be encoded: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// An operator failed while its state was read out.
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl StateError {
    /// Bytes of `file` that are not what was written.
    pub(crate) fn damaged(file: &str, detail: impl Into<String>) -> Self {
        StateError::Damaged {
            file: file.to_owned(),
            detail: detail.into(),
        }
    }
}

impl From<StateError> for OperatorError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Operator(error) => error,
            StateError::Storage(error) if error.is_transient() => {
                OperatorError::transient(error.to_string()).with_source(error)
            }
            error => OperatorError::fatal(error.to_string()).with_source(error),
        }
    }
}

/// Result of work on state.
pub type Result<T> = std::result::Result<T, StateError>;

/// For iterators that must speak the operators' error.
pub(crate) fn for_operator<T>(result: Result<T>) -> OperatorResult<T> {
    result.map_err(OperatorError::from)
}
