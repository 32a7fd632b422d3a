//! What can be wrong with Hadoop's configuration. Every message names the file, the key and the value.

use std::path::PathBuf;

/// An error in Hadoop's configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HadoopConfError {
    /// The file could not be read.
    #[error("cannot read {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The file is not a configuration.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The value is not of the type that the key needs.
    #[error("'{key}' has the value '{value}' ({origin}): {expected}")]
    BadValue {
        /// The key.
        key: String,
        /// The value after substitution.
        value: String,
        /// File and line, or who set it.
        origin: String,
        /// What is wrong and what is allowed.
        expected: String,
    },
    /// The key is needed and not there.
    #[error("'{key}' is not set in Hadoop's configuration ({searched}): {why}")]
    Missing {
        /// The key.
        key: String,
        /// The files that were read.
        searched: String,
        /// What it is needed for, or what to do.
        why: String,
    },
    /// Variables that lead back to themselves, or too deep.
    #[error("'{key}' ({origin}) cannot be substituted: {message}")]
    Substitution {
        /// The key.
        key: String,
        /// File and line, or who set it.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// The value lies in a store that only Java can read.
    #[error(
        "'{key}' would have to be read from the credential provider '{provider}' ({origin}), whose format only Java \
         can read; write the value, or the path of a file with mode 0600 that holds it, into the configuration \
         instead"
    )]
    CredentialProvider {
        /// The key whose value was asked for.
        key: String,
        /// The provider's URI.
        provider: String,
        /// File and line of `hadoop.security.credential.provider.path`.
        origin: String,
    },
}
