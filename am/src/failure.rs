//! A failure as the scheduler sees it: words for the user, and whether running again could help.

use std::fmt;

use alpheus_dataflow::error::{ErrorClass, OperatorError};

/// Why something did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the user: what is wrong and what to do.
    pub message: String,
    /// Running again cannot help: the job fails at once.
    pub fatal: bool,
}

impl Failure {
    /// Running again may help.
    pub fn transient(message: impl Into<String>) -> Self {
        Failure {
            message: message.into(),
            fatal: false,
        }
    }

    /// Running again cannot help.
    pub fn fatal(message: impl Into<String>) -> Self {
        Failure {
            message: message.into(),
            fatal: true,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        Failure {
            fatal: error.class == ErrorClass::Fatal,
            message: error.message,
        }
    }
}
