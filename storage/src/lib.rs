//! One file-system trait, and the file systems behind it.
//!
//! Checkpoints, savepoints, tables and staging folders all live on a [`FileSystem`]. The trait asks
//! for exactly what the engine's protocols need and HDFS can do: exclusive creation, streaming writes
//! without append, atomic rename, ranged reads, listing. It is synchronous: callers are I/O threads.
//!
//! # Invariants that every implementation keeps
//!
//! * [`FileSystem::create`] with [`CreateMode::New`] succeeds for at most one of several callers.
//! * [`FileSystem::rename`] is atomic and never replaces an existing file.
//! * After [`OutputFile::sync`] has returned, the bytes survive a crash of this process and of one
//!   machine (HDFS) or of this process and the operating system (local).
//! * A file that was not [finished](OutputFile::finish) may exist torn; nothing reads it by accident,
//!   because names are published by rename.

mod error;
mod file_system;
pub mod glob;
#[cfg(feature = "hdfs")]
mod hdfs;
mod lazy;
mod local;
mod location;

pub use error::StorageError;
pub use file_system::{
    Attributes, CreateMode, FileStatus, FileSystem, InputFile, OutputFile, file_system_for,
    register,
};
#[cfg(feature = "hdfs")]
pub use hdfs::{HdfsFileSystem, HdfsLimits, HdfsUser};
pub use lazy::LazyFileSystem;
pub use local::LocalFileSystem;
pub use location::Location;

/// Result of a file-system call.
pub type Result<T> = std::result::Result<T, StorageError>;
