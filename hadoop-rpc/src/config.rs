//! How a client behaves, by Hadoop's keys.

use std::time::Duration;

/// Times and bounds of a client. The defaults are Hadoop's.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// `ipc.client.connect.timeout`: for the socket.
    pub connect_timeout: Duration,
    /// For the whole introduction (SASL and context), and for each call that brings no time of its own:
    /// `ipc.client.rpc-timeout.ms`.
    pub rpc_timeout: Duration,
    /// `ipc.ping.interval`: how long a connection with waiting calls may be silent on our side.
    pub ping_interval: Duration,
    /// `ipc.client.connection.maxidletime`: how long an unused connection stays open.
    pub max_idle: Duration,
    /// `ipc.maximum.response.length`, in bytes.
    pub max_response: usize,
    /// Calls on one connection that may wait at once; more wait for their turn.
    pub max_calls: usize,
    /// Attempts at authentication, with fresh credentials in between when there are any.
    pub auth_attempts: u32,
    /// The longest pause between two of them.
    pub auth_pause: Duration,
    /// Who asks, for the servers' audit logs (`hadoop.caller.context`).
    pub caller: Option<String>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(20),
            rpc_timeout: Duration::from_secs(120),
            ping_interval: Duration::from_secs(60),
            max_idle: Duration::from_secs(10),
            max_response: 128 * 1024 * 1024,
            max_calls: 1024,
            auth_attempts: 5,
            auth_pause: Duration::from_secs(5),
            caller: None,
        }
    }
}
