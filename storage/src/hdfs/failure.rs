//! What the library's errors mean: for the caller as a [`StorageError`], and for another try.

use crate::error::StorageError;
use crate::location::Location;
use hdfs_native::HdfsError;
use std::io;

/// Whether, and how safely, a call can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// No: the answer stands.
    No,
    /// Yes: the NameNode has refused to execute it for now, or was not reached at all.
    Yes,
    /// It may have been executed.
    PerhapsDone,
}

/// What an error says about another try.
pub(super) fn again(error: &HdfsError) -> Again {
    match error {
        HdfsError::IOError(e) => match e.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Again::Yes,
            _ => Again::PerhapsDone,
        },
        HdfsError::DataTransferError(_)
        | HdfsError::ChecksumError
        | HdfsError::BlocksNotFound(_) => Again::PerhapsDone,
        HdfsError::RPCError(class, message) | HdfsError::FatalRPCError(class, message) => {
            match simple(class) {
                "RetriableException"
                | "StandbyException"
                | "SafeModeException"
                | "ObserverRetryOnActiveException" => Again::Yes,
                "IOException" if message.contains("could only be written to 0") => Again::Yes,
                _ => Again::No,
            }
        }
        _ => Again::No,
    }
}

/// The error for the caller.
pub(super) fn explain(location: &Location, error: HdfsError) -> StorageError {
    let location = location.clone();
    let detail = first_line(&error.to_string());
    let transient = again(&error) != Again::No;
    match error {
        HdfsError::FileNotFound(_) => StorageError::NotFound { location },
        HdfsError::AlreadyExists(_) => StorageError::AlreadyExists { location },
        HdfsError::RPCError(class, message) | HdfsError::FatalRPCError(class, message) => {
            let detail = first_line(&message);
            match simple(&class) {
                "FileNotFoundException" => StorageError::NotFound { location },
                "FileAlreadyExistsException" | "AlreadyBeingCreatedException" => {
                    StorageError::AlreadyExists { location }
                }
                "AccessControlException" | "AuthorizationException" => {
                    StorageError::PermissionDenied { location, detail }
                }
                "DSQuotaExceededException"
                | "NSQuotaExceededException"
                | "QuotaByStorageTypeExceededException" => StorageError::NoSpace { location },
                _ if transient => StorageError::Unavailable { location, detail },
                class => other(location, format!("{class}: {detail}")),
            }
        }
        HdfsError::NoSASLMechanism => {
            let detail = "no credentials that the server accepts; run kinit, give a keytab, or check that the token file \
                          (HADOOP_TOKEN_FILE_LOCATION) has a token for exactly this authority"
                .to_owned();
            StorageError::PermissionDenied { location, detail }
        }
        HdfsError::SASLError(_) | HdfsError::GSSAPIError(..) => {
            StorageError::PermissionDenied { location, detail }
        }
        HdfsError::IOError(source) if !transient => StorageError::Io { location, source },
        _ if transient => StorageError::Unavailable { location, detail },
        _ => other(location, detail),
    }
}

pub(super) fn other(location: Location, words: String) -> StorageError {
    StorageError::Io {
        location,
        source: io::Error::other(words),
    }
}

fn simple(class: &str) -> &str {
    class.rsplit(['.', '$']).next().unwrap_or(class)
}

/// Servers append a stack trace.
fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rpc(class: &str, message: &str) -> HdfsError {
        HdfsError::RPCError(class.into(), message.into())
    }

    #[test]
    fn the_namenodes_words_are_understood() {
        let at: Location = "hdfs://ns1/x".parse().unwrap();
        let cases = [
            ("java.io.FileNotFoundException", Again::No, "does not exist"),
            (
                "org.apache.hadoop.fs.FileAlreadyExistsException",
                Again::No,
                "exists already",
            ),
            (
                "org.apache.hadoop.security.AccessControlException",
                Again::No,
                "no permission",
            ),
            (
                "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException",
                Again::No,
                "no space",
            ),
            (
                "org.apache.hadoop.ipc.RetriableException",
                Again::Yes,
                "could not be reached",
            ),
            (
                "org.apache.hadoop.hdfs.server.namenode.SafeModeException",
                Again::Yes,
                "could not be reached",
            ),
            ("org.example.Strange", Again::No, "Strange: words"),
        ];
        for (class, expected, words) in cases {
            let error = rpc(class, "words\n\tat org.apache.X");
            assert_eq!(again(&error), expected, "{class}");
            let told = explain(&at, error).to_string();
            assert!(told.contains(words) && !told.contains("\tat"), "{told}");
        }
    }

    #[test]
    fn a_lost_connection_leaves_the_outcome_open() {
        let lost = HdfsError::IOError(io::ErrorKind::ConnectionReset.into());
        assert_eq!(again(&lost), Again::PerhapsDone);
        let refused = HdfsError::IOError(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(again(&refused), Again::Yes);
    }
}
