//! Hadoop's tokens and names: what lies in credentials files, and how principals become user names.

mod auth_to_local;
mod credentials;
mod identifier;
mod token;
mod wire;

pub use auth_to_local::{AuthToLocal, AuthToLocalError, Mechanism};
pub use credentials::{Credentials, CredentialsFormat};
pub use identifier::{DelegationTokenIdentifier, Identifier};
pub use token::{Token, kind, token_service};

/// What can be wrong with encoded tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The bytes are no token or credentials.
    #[error("not Hadoop credentials: {0}")]
    Malformed(String),
    /// The file cannot be read or written.
    #[error(transparent)]
    File(#[from] crate::private_file::PrivateFileError),
    /// The file cannot be read (files that YARN writes need not be private).
    #[error("cannot read the credentials file {}: {error}", path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// A file whose content is wrong.
    #[error("{}: {error}", path.display())]
    InFile {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        error: Box<TokenError>,
    },
}
