//! The commands, one module each.

pub mod am;
pub mod cancel;
pub mod checkpoint;
pub mod completion;
pub mod docs;
pub mod doctor;
pub mod explain;
pub mod fs;
pub mod list;
pub mod logs;
pub mod run;
pub mod savepoint;
pub mod session;
pub mod sql;
pub mod stop;
pub mod token;
pub mod worker;
