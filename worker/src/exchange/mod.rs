//! The exchange: how elements get from one task to another.
//!
//! Between two tasks lies a *channel*: a bounded queue that keeps order. Inside a process a batch is
//! handed over as it is; between processes it travels as an Arrow IPC frame over the one TLS connection
//! that the sending worker holds to the receiving one. Both kinds share one flow control: the sender
//! may have only so many batches and bytes in the channel that the receiver has not taken yet.

mod limits;

pub use limits::ChannelLimits;
