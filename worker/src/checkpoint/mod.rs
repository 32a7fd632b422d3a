//! A worker's part of a checkpoint: gather what its tasks froze, write it as one file, acknowledge once.
//!
//! [`Gathering`] decides, purely, what is to be written when and when everything is there;
//! [`CheckpointWriter`] writes on a thread of its own. How long a checkpoint may take is the AM's
//! business.

mod gathering;
mod writer;

pub use gathering::{Gathering, Order};
pub use writer::{CheckpointWriter, Written};
