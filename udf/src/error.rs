//! What can be wrong with a module or a call.

/// Why a module is refused or a call has failed.
#[derive(Debug, thiserror::Error)]
pub enum UdfError {
    /// The bytes are no WebAssembly that this engine runs.
    #[error("it is no WebAssembly module that can run here: {reason}")]
    Invalid {
        /// The compiler's words.
        reason: String,
    },
    /// It asks for something from outside.
    #[error(
        "it imports '{module}.{name}': functions see nothing but their arguments; build it without a system interface"
    )]
    Import {
        /// From where.
        module: String,
        /// What.
        name: String,
    },
    /// It lacks something that the interface asks for.
    #[error("it does not export {what}")]
    Export {
        /// Name and type.
        what: String,
    },
    /// It speaks another version of the interface.
    #[error("it is made for version {found} of the interface, this engine has version {known}")]
    Version {
        /// Its own.
        found: i32,
        /// The engine's.
        known: i32,
    },
    /// A line of its declaration cannot be read.
    #[error("its declaration '{line}' cannot be read: {reason}")]
    Declaration {
        /// The line.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A type that does not cross the border.
    #[error("type {ty} cannot be handed to a module; use a scalar type, STRING or BYTES")]
    Type {
        /// The type.
        ty: String,
    },
    /// It has used more than it may.
    #[error("{what}; option '{option}' sets the limit")]
    Limit {
        /// What was used up.
        what: String,
        /// Where the limit is set.
        option: &'static str,
    },
    /// It stopped itself or was stopped by the sandbox.
    #[error("it failed: {reason}")]
    Trap {
        /// The reason.
        reason: String,
    },
    /// It said so itself.
    #[error("{message}")]
    Refused {
        /// The module's own words.
        message: String,
    },
    /// What it answered is no column of the type it has declared.
    #[error("its answer is no column of {rows} values of {ty}: {reason}")]
    Answer {
        /// The type it has declared.
        ty: String,
        /// How many values were asked for.
        rows: usize,
        /// What is wrong.
        reason: String,
    },
}
