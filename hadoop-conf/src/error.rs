//! What can be wrong with a configuration. Every message names the key, the value and where it was written, and
//! says what would have been right.

use std::path::PathBuf;

use crate::Source;

/// An error in Alpheus's own configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No such option, neither here nor in Flink.
    #[error("unknown option '{key}' ({from}){}", nearest.as_deref().map(|n| format!("; did you mean '{n}'?")).unwrap_or_default())]
    UnknownKey {
        /// The key as written.
        key: String,
        /// Where it was written.
        from: Source,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// The value does not have the option's type or is out of its range.
    #[error("option '{key}' has the value '{value}' ({from}): {expected}")]
    BadValue {
        /// The key as written.
        key: String,
        /// The value, masked if the option is a secret.
        value: String,
        /// Where it was written.
        from: Source,
        /// What is wrong and what is allowed.
        expected: String,
    },
    /// A key with a placeholder in its name was asked for without the name.
    #[error("option '{key}' needs a name in place of its placeholder")]
    NeedsName {
        /// The pattern.
        key: &'static str,
    },
    /// A `-D` argument that is not `key=value`.
    #[error("'-D {text}' is not of the form key=value")]
    BadOverride {
        /// The argument.
        text: String,
    },
    /// The file could not be read.
    #[error("cannot read the configuration file {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The file is not the YAML that is expected.
    #[error("{path}:{line}:{column}: {message}", path = path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong and what is expected.
        message: String,
    },
    /// `ALPHEUS_CONF_DIR` points to nothing useful.
    #[error(
        "{variable} names the folder {dir}, but there is no {file} in it; unset the variable or create the file",
        dir = dir.display()
    )]
    NoFileInConfDir {
        /// The variable's name.
        variable: &'static str,
        /// The folder it names.
        dir: PathBuf,
        /// The file that was expected.
        file: &'static str,
    },
}
