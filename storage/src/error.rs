//! What can go wrong with a file, in words that name the file and the remedy.

use std::io;

use crate::location::Location;

/// A failed file-system call.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Not there.
    #[error("{location} does not exist; check the path and the spelling")]
    NotFound {
        /// What was asked for.
        location: Location,
    },
    /// There already.
    #[error("{location} exists already; remove it or choose another name")]
    AlreadyExists {
        /// What was to be made.
        location: Location,
    },
    /// Not allowed.
    #[error(
        "no permission for {location}: {detail}; grant this user access or choose another path"
    )]
    PermissionDenied {
        /// What was asked for.
        location: Location,
        /// The system's words.
        detail: String,
    },
    /// No room.
    #[error("no space left for {location}; free some or choose another disk or quota")]
    NoSpace {
        /// What was being written.
        location: Location,
    },
    /// A location that cannot be understood.
    #[error("`{text}` is no valid location: {reason}")]
    InvalidLocation {
        /// As written.
        text: String,
        /// Why not.
        reason: String,
    },
    /// A scheme nobody handles.
    #[error("no file system for scheme `{scheme}` in `{text}`; known are file and hdfs")]
    UnknownScheme {
        /// The scheme.
        scheme: String,
        /// The whole location.
        text: String,
    },
    /// Worth another try: time-outs, lost connections, safe mode, fail-over.
    #[error("{location} could not be reached: {detail}; it was tried again until the time limit")]
    Unavailable {
        /// What was asked for.
        location: Location,
        /// The last failure.
        detail: String,
    },
    /// A scheme that Hadoop knows and this software does not.
    #[error("`{text}`: {scheme} is not supported; {remedy}")]
    UnsupportedScheme {
        /// The scheme.
        scheme: String,
        /// The whole location.
        text: String,
        /// What to write instead.
        remedy: &'static str,
    },
    /// This process has no way to the file system: no configuration, no login.
    #[error("{location} is out of reach for this process: {detail}")]
    NoAccess {
        /// What was asked for.
        location: Location,
        /// Why, and what to do.
        detail: String,
        /// Whether trying again later could help.
        transient: bool,
    },
    /// Anything else the operating system or the remote side says.
    #[error("{location}: {source}")]
    Io {
        /// What was asked for.
        location: Location,
        /// The cause.
        source: io::Error,
    },
}

impl StorageError {
    /// Puts the location to an operating-system error.
    pub fn from_io(location: &Location, error: io::Error) -> Self {
        let location = location.clone();
        // A writer can only give an `io::Error`; one that stands behind the trait has put its own error into it.
        let error = match error.downcast::<StorageError>() {
            Ok(ours) => return ours,
            Err(error) => error,
        };
        match error.kind() {
            io::ErrorKind::NotFound => StorageError::NotFound { location },
            io::ErrorKind::AlreadyExists => StorageError::AlreadyExists { location },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StorageError::PermissionDenied {
                    location,
                    detail: error.to_string(),
                }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StorageError::NoSpace { location }
            }
            _ => StorageError::Io {
                location,
                source: error,
            },
        }
    }

    /// Whether it means that nothing is there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, StorageError::NotFound { .. })
    }

    /// Whether trying again later could help without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            StorageError::Unavailable { .. }
                | StorageError::NoSpace { .. }
                | StorageError::NoAccess {
                    transient: true,
                    ..
                }
        ) || matches!(self, StorageError::Io { source, .. } if source.kind() == io::ErrorKind::TimedOut)
    }
}
