//! This process on a Hadoop cluster: the configuration found, who it is there, and what that opens.
//!
//! | module | what it does |
//! |---|---|
//! | [`login`] | which of keytab, token file and ticket cache this process proves itself by: a pure choice |
//! | [`process`] | [`Hadoop`]: configuration, login and tokens together; clients of NameNodes and the ResourceManager |
//! | [`file_system`] | `hdfs://` for the whole process, set up by the first who needs it |
//! | [`providers`] | delegation tokens of HDFS and the ResourceManager |
//! | [`token_file`] | the token file of this process, which can be exchanged while it runs |
//! | [`background`] | the threads on which logins are kept fresh |
//!
//! Nothing here reads a file, starts a thread or talks to a server before somebody asks for it: a job that touches no
//! cluster pays nothing.

pub mod background;
mod error;
pub mod file_system;
pub mod login;
pub mod process;
pub mod providers;
pub mod token_file;
mod user;

pub use error::HadoopError;
pub use file_system::register_file_systems;
pub use login::LoginChoice;
pub use process::Hadoop;
pub use user::{insecure_user, system_user};
