//! Checkpoints and savepoints as the AM sees them: when they begin, what they hold, when they commit.
//!
//! [`coordinator`] decides and touches nothing; [`io`] publishes, commits and deletes on its own thread
//! and reports back; [`store`] is where both meet the formats of the state crate.

pub mod config;
pub mod coordinator;
pub mod encryption;
pub mod io;
pub mod pending;
mod savepoint_marks;
mod shared_files;
pub mod state_store;
pub mod statistics;
pub mod store;
pub mod takeover;

pub use config::CheckpointConfig;
pub use coordinator::{CheckpointAction, CheckpointCoordinator, CompletedCheckpoint};
pub use pending::{CheckpointContents, Committables, Drain, SavepointRequest, TriggerId};
pub use state_store::StateStore;
pub use statistics::{CheckpointHistory, CheckpointRecord, CheckpointStatus, RestoreRecord};
