//! The exchange: how elements get from one task to another.
//!
//! Between two tasks lies a *channel*: a bounded queue that keeps order. Inside a process a batch is
//! handed over as it is; between processes it travels as an Arrow IPC frame over the one TLS connection
//! that the sending worker holds to the receiving one. Both kinds share one flow control: the sender
//! may have only so many batches and bytes in the channel that the receiver has not taken yet
//! ([`Window`]).

mod channel;
mod connection;
pub mod frame;
pub mod ipc;
mod limits;
mod link;
mod receive;
mod service;
mod window;

use alpheus_dataflow::element::StreamElement;

pub use channel::{Channel, LocalSender, Overtaken, Upstream, local_channel};
pub use limits::ChannelLimits;
pub use link::{Link, LinkChannel, RemoteSender};
pub use receive::{CreditReturn, InboundChannel, InboundPeer};
pub use service::{Exchange, PeerKey};
pub use window::{Cost, Window};

/// The sending end of a channel.
pub enum ChannelSender {
    /// To a task of this process.
    Local(LocalSender),
    /// To a task of another worker.
    Remote(RemoteSender),
}

impl ChannelSender {
    /// Hands the element over, or back when there is no room.
    ///
    /// # Errors
    /// The element, when there is no room for it.
    #[expect(
        clippy::result_large_err,
        reason = "what could not be sent goes back to the sender, which keeps it"
    )]
    pub fn try_send(&self, element: StreamElement) -> Result<(), StreamElement> {
        match self {
            ChannelSender::Local(sender) => sender.try_send(element),
            ChannelSender::Remote(sender) => sender.try_send(element),
        }
    }

    /// Why nothing can be sent any more, if so.
    pub fn broken(&self) -> Option<&str> {
        match self {
            ChannelSender::Local(_) => None,
            ChannelSender::Remote(sender) => sender.broken(),
        }
    }
}
