//! How a command ends: an exit code that scripts can rely on, and one clear sentence.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or the job has finished.
    Finished,
    /// 1: the job, or the statement, has failed.
    Failed,
    /// 2: wrong usage: of the command, an option, a file.
    Usage,
    /// 3: refused for reasons of security.
    Refused,
    /// 128 + signal: ended by it, after cleaning up.
    Signal(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Finished => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Signal(signal) => 128 + signal,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct CliError {
    /// The exit code.
    pub exit: Exit,
    /// For the user, without a prefix; may have several lines when it shows a place in SQL.
    pub message: String,
    /// Whether the message stands as it is, without `error: ` before it.
    pub rendered: bool,
}

/// A command's result.
pub type CliResult<T> = Result<T, CliError>;

impl CliError {
    /// Something failed.
    pub fn failed(message: impl ToString) -> Self {
        CliError {
            exit: Exit::Failed,
            message: message.to_string(),
            rendered: false,
        }
    }

    /// Something was used wrongly.
    pub fn usage(message: impl ToString) -> Self {
        CliError {
            exit: Exit::Usage,
            ..CliError::failed(message)
        }
    }

    /// Something was refused.
    pub fn refused(message: impl ToString) -> Self {
        CliError {
            exit: Exit::Refused,
            ..CliError::failed(message)
        }
    }

    /// An error that is shown with its place already.
    pub fn rendered(message: String) -> Self {
        CliError {
            rendered: true,
            ..CliError::failed(message)
        }
    }

    /// Tells the user.
    pub fn report(&self) {
        if self.rendered {
            eprint!("{}", self.message);
        } else {
            eprintln!("error: {}", self.message);
        }
    }
}

impl From<alpheus_hadoop_conf::ConfigError> for CliError {
    fn from(error: alpheus_hadoop_conf::ConfigError) -> Self {
        CliError::usage(error)
    }
}
