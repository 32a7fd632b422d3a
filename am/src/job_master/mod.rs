//! The job master: runs one job from its start to its end (Flink's `JobMaster`).
//!
//! [`machine`] decides, [`event_loop`] acts; [`fact`] is the language between them. [`handle`] is how
//! others speak to a running job, [`view`] what they see of it.

pub(crate) mod event_loop;
pub mod fact;
pub mod handle;
pub mod machine;
pub mod placement;
mod results;
pub mod savepoints;
mod start;
pub mod view;
mod watermarks;
mod worker_numbers;

pub use event_loop::StatusListener;
pub use handle::{JobGateway, JobHandle, JobOutcome, UserRequest};
pub use machine::{Ended, TakenOver};
pub use start::{DriverFactory, JobSubmission, StartError, start};
pub use view::JobView;
pub use worker_numbers::WorkerNumbers;

#[cfg(test)]
mod tests;
