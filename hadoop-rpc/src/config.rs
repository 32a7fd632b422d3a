//! How a client behaves, by Hadoop's keys.

use alpheus_hadoop_conf::hadoop::{HadoopConf, HadoopConfError};
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

impl ClientConfig {
    /// What a cluster's configuration asks for.
    ///
    /// # Errors
    /// When a key's value is not usable.
    pub fn from_conf(conf: &HadoopConf) -> Result<Self, HadoopConfError> {
        Ok(Self {
            connect_timeout: conf.millis("ipc.client.connect.timeout")?,
            // 0 means for ever.
            rpc_timeout: Some(conf.millis("ipc.client.rpc-timeout.ms")?)
                .filter(|timeout| !timeout.is_zero())
                .unwrap_or(Duration::MAX),
            ping_interval: conf.millis("ipc.ping.interval")?,
            max_idle: conf.millis("ipc.client.connection.maxidletime")?,
            max_response: usize::try_from(conf.bytes("ipc.maximum.response.length")?)
                .unwrap_or(usize::MAX),
            ..Self::default()
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_conf::Environment;

    #[test]
    fn our_defaults_are_hadoops() {
        let read = ClientConfig::from_conf(&HadoopConf::empty(Environment::of(&[]))).unwrap();
        assert_eq!(
            format!("{read:?}"),
            format!("{:?}", ClientConfig::default())
        );
    }
}
