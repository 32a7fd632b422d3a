//! Login contexts by name, as Java's programs know them: `KafkaClient`, `Client` (ZooKeeper) and whatever else a
//! JAAS file defines.
//!
//! There is no JAAS here; what is kept is its file format, because such files lie on every cluster, and its idea: a
//! connection asks for a context by name and gets a [`LoginEntry`]. Contexts come from an existing file, and, for the
//! names in `security.kerberos.login.contexts`, from Alpheus's own login options; the file wins, as in Flink.

mod contexts;
mod entry;
mod parse;

pub use contexts::LoginContexts;
pub use entry::{KerberosEntry, LoginEntry, PasswordEntry, PasswordKind};
pub use parse::{JaasFile, JaasModule};

/// What can be wrong with login contexts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JaasError {
    /// The file cannot be read.
    #[error("cannot read the JAAS file {}: {error}", path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// The text is not JAAS configuration.
    #[error("{origin}:{line}: {message}")]
    Syntax {
        /// The file, or the option that held the text.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A login module that is not known here.
    #[error(
        "{origin}:{line}: the login module {class} is not supported; supported are {supported}"
    )]
    Module {
        /// The file, or the option that held the text.
        origin: String,
        /// Line, from 1.
        line: usize,
        /// The module's class.
        class: String,
        /// Those that are.
        supported: &'static str,
    },
    /// No such context.
    #[error(
        "there is no login context '{name}'; add it to security.kerberos.login.contexts, or to a JAAS file that \
         security.jaas.file names (there are: {known})"
    )]
    Unknown {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// Alpheus's own options.
    #[error(transparent)]
    Config(#[from] alpheus_hadoop_conf::ConfigError),
}
