//! Where a value came from, and which source wins.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The origin of a configured value. The order of the variants is the order of precedence: a later variant wins
/// over an earlier one, whatever the order in which values were set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A configuration file.
    File {
        /// The file's path.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// `-D key=value` on the command line, or an option of a command that stands for one.
    CommandLine,
    /// A `SET` statement.
    Sql {
        /// The statement's line in its script, from 1.
        line: usize,
    },
    /// The deployment itself: a value that only it can know (for example the folders that YARN gives a
    /// container). The text says who decided.
    Deployment(String),
}

impl Source {
    /// Precedence: higher wins.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Source::File { .. } => 0,
            Source::Environment(_) => 1,
            Source::CommandLine => 2,
            Source::Sql { .. } => 3,
            Source::Deployment(_) => 4,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::File { path, line } => write!(f, "{path}:{line}"),
            Source::Environment(name) => write!(f, "environment variable {name}"),
            Source::CommandLine => f.write_str("-D on the command line"),
            Source::Sql { line } => write!(f, "SET at line {line}"),
            Source::Deployment(who) => write!(f, "set by {who}"),
        }
    }
}
