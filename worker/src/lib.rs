//! The TaskManager: slots, task loops, operators and the exchange between them.

//!
//! A record's way: [`task`] polls a source or a gate and calls its chain of [`operators`]; the chain's
//! outputs partition rows over channels of the [`exchange`]; a [`slot`]'s thread gives every task its
//! turn. A barrier's way: tasks freeze their operators, [`checkpoint`] writes what was frozen, and
//! [`task_manager`] acknowledges to the AM over the [`control_connection`].

pub mod checkpoint;
pub mod control;
pub mod control_connection;
pub mod environment;
pub mod exchange;
pub mod memory;
pub mod metrics;
pub mod operators;
pub mod results;
pub mod slot;
pub mod standing;
pub mod task;
pub mod task_manager;
mod user_functions;
pub mod waker;
