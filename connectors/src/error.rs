//! What can be wrong with a table's definition, in words that name the option and the remedy.

use alpheus_dataflow::OperatorError;
use alpheus_dataflow::error::ErrorClass;
use alpheus_storage::StorageError;

/// A table definition that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectorError {
    /// A connector, format or option that does not exist.
    #[error("{what} `{name}` is unknown{}; known are {}", did_you_mean(name, known), known.join(", "))]
    Unknown {
        /// What the name stands for, for example `connector` or `option of connector 'filesystem'`.
        what: String,
        /// As written.
        name: String,
        /// Everything that is allowed.
        known: Vec<String>,
    },
    /// An option that has to be there.
    #[error("{what} needs the option '{key}': {description}")]
    Missing {
        /// The connector or format.
        what: String,
        /// The key.
        key: String,
        /// What it is for.
        description: String,
    },
    /// A value that the option does not take.
    #[error("option '{key}' has the value '{value}'; allowed is {allowed}")]
    InvalidValue {
        /// The key.
        key: String,
        /// As written.
        value: String,
        /// What would be right.
        allowed: String,
    },
    /// Something that is known and not there.
    #[error("{what} is not supported: {remedy}")]
    Unsupported {
        /// The feature.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A column that the connector or format cannot hold.
    #[error("column `{column}`: {reason}")]
    InvalidColumn {
        /// The column.
        column: String,
        /// Why not.
        reason: String,
    },
}

impl ConnectorError {
    /// A name that is not among `known`.
    pub(crate) fn unknown<'a>(
        what: impl Into<String>,
        name: impl Into<String>,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        ConnectorError::Unknown {
            what: what.into(),
            name: name.into(),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn invalid_value(key: &str, value: &str, allowed: impl Into<String>) -> Self {
        ConnectorError::InvalidValue {
            key: key.to_owned(),
            value: value.to_owned(),
            allowed: allowed.into(),
        }
    }

    pub(crate) fn unsupported(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        ConnectorError::Unsupported {
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    pub(crate) fn column(column: &str, reason: impl Into<String>) -> Self {
        ConnectorError::InvalidColumn {
            column: column.to_owned(),
            reason: reason.into(),
        }
    }
}

impl From<ConnectorError> for OperatorError {
    fn from(error: ConnectorError) -> Self {
        OperatorError::fatal(error.to_string()).with_source(error)
    }
}

/// The error of an operator whose file system failed: worth another try, or a wrong set-up.
pub(crate) fn storage_error(error: StorageError) -> OperatorError {
    let class = match &error {
        error if error.is_transient() => ErrorClass::Transient,
        StorageError::Io { .. } => ErrorClass::Transient,
        _ => ErrorClass::Fatal,
    };
    let mut wrapped = OperatorError::fatal(error.to_string()).with_source(error);
    wrapped.class = class;
    wrapped
}

fn did_you_mean(name: &str, known: &[String]) -> String {
    nearest(name, known.iter().map(String::as_str))
        .map_or_else(String::new, |best| format!(" (did you mean `{best}`?)"))
}

/// The name most like `name`, if any is alike enough to be meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |candidate: &str| {
        let common_start = strsim::jaro_winkler(name, candidate);
        let few_slips = strsim::normalized_damerau_levenshtein(name, candidate);
        (common_start > 0.75 || few_slips > 0.6).then_some(common_start + few_slips)
    };
    known
        .filter_map(|candidate| Some((likeness(candidate)?, candidate)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
