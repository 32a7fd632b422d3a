//! The TaskManager: slots, task loops, operators and the exchange between them.

pub mod control;
pub mod control_connection;
pub mod environment;
pub mod exchange;
pub mod operators;
pub mod task_manager;
