//! Delegation tokens: obtained, handed on, and replaced before they end.
//!
//! A [`TokenProvider`] knows one service (HDFS, the ResourceManager, Kafka, ...). The [`TokenManager`] asks each at
//! its own time, by Flink's ratio of the remaining life, and publishes the whole set whenever it changes; whoever
//! hands tokens to workers subscribes. As in Flink tokens are obtained anew rather than renewed, because not every
//! service can renew; where there is no login to obtain with (YARN gave the tokens), renewing is tried.
//!
//! One provider's failure changes nothing for the others, and the token that is there stays in use until it ends.

mod manager;
mod provider;
mod schedule;
mod watch;

pub use manager::{Round, TokenManager, TokenOptions, TokenStatus};
pub use provider::{Obtained, ProviderError, ProviderFuture, TokenProvider};
pub use schedule::{Facts, next_due};
pub use watch::statuses;

#[cfg(test)]
mod tests;
