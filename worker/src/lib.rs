//! The TaskManager: slots, task loops, operators and the exchange between them.

pub mod control;
