//! How a TaskManager is set up.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::operator::{Clock, SystemClock};
use tokio::runtime::Handle;

use crate::control::WorkerId;
use crate::control_connection::ControlConnection;
use crate::environment::{Connectors, ExchangeTls, ResultReceiver};
use crate::exchange::ChannelLimits;

/// How a TaskManager is set up.
pub struct TaskManagerConfig {
    /// Its number, given by the AM.
    pub worker: WorkerId,
    /// How many slots (task threads) it offers (`taskmanager.numberOfTaskSlots`).
    pub slots: u32,
    /// Does its network I/O; must be multi-threaded, or driven by another thread.
    pub runtime: Handle,
    /// Sources and sinks.
    pub connectors: Arc<dyn Connectors>,
    /// Where the rows of `Collect` go; `None` sends them to the AM, where the client waits.
    pub results: Option<Arc<dyn ResultReceiver>>,
    /// Where other workers connect to; `None` for a worker that is alone.
    pub exchange: Option<ExchangeConfig>,
    /// The container that it runs in, if it does.
    pub container: Option<String>,
    /// What to do when the AM is gone; `None`: end.
    pub reconnect: Option<Box<dyn Reconnect>>,
    /// Takes the tokens that the AM sends, where the worker was given some.
    pub take_tokens: Option<TakeTokens>,
    /// Options whose value only this worker knows, such as the folders that YARN gives it.
    pub overrides: BTreeMap<String, String>,
    /// How much memory this process may have, where somebody counts.
    pub memory_bytes: Option<u64>,
    /// How often to send metrics, at least (`heartbeat.interval`).
    pub heartbeat_interval: Duration,
    /// How much may lie between two tasks.
    pub channels: ChannelLimits,
    /// The clock that operators see.
    pub clock: Arc<dyn Clock>,
}

/// The way to the next attempt of the AM, when one has gone away.
pub trait Reconnect: Send {
    /// Waits for the next attempt and connects to it; an error, with the reason, when none comes.
    fn next(&mut self) -> Reconnecting;
}

/// What takes tokens, in Hadoop's form.
pub type TakeTokens = Box<dyn Fn(&[u8]) + Send>;

/// A connection to come.
pub type Reconnecting = Pin<Box<dyn Future<Output = Result<ControlConnection, String>> + Send>>;

/// Where other workers connect to.
pub struct ExchangeConfig {
    /// Listens (`taskmanager.data.port`).
    pub listener: TcpListener,
    /// `host:port` under which others reach it.
    pub address: String,
    /// Who may connect.
    pub tls: ExchangeTls,
}

impl TaskManagerConfig {
    /// A worker without exchange, with the defaults of everything else.
    pub fn new(
        worker: WorkerId,
        slots: u32,
        runtime: Handle,
        connectors: Arc<dyn Connectors>,
    ) -> Self {
        TaskManagerConfig {
            worker,
            slots,
            runtime,
            connectors,
            results: None,
            exchange: None,
            container: None,
            reconnect: None,
            take_tokens: None,
            overrides: BTreeMap::new(),
            memory_bytes: None,
            heartbeat_interval: Duration::from_secs(1),
            channels: ChannelLimits::default(),
            clock: Arc::new(SystemClock),
        }
    }
}
