//! Where a server of the application may listen.

use std::net::TcpListener;

use alpheus_hadoop_conf::{ConfigError, ConfigOption, Configuration, Ports};
use serde::{Deserialize, Serialize};

/// An address, and ports in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    host: String,
    ports: Ports,
}

impl Endpoint {
    /// One of these ports, which only this machine reaches.
    pub fn loopback(ports: Ports) -> Self {
        Endpoint {
            host: "127.0.0.1".to_owned(),
            ports,
        }
    }

    /// One of these ports, at the address that an option names, or else at every address of the node.
    ///
    /// # Errors
    /// When the option cannot be read.
    pub fn on_cluster(
        configuration: &Configuration,
        host: &ConfigOption<Option<String>>,
        ports: Ports,
    ) -> Result<Self, ConfigError> {
        let host = configuration.get(host)?;
        Ok(Endpoint {
            host: host.unwrap_or_else(|| "0.0.0.0".to_owned()),
            ports,
        })
    }

    /// Listens at the first port that is free.
    ///
    /// # Errors
    /// The last port's error, when none is free; it names address and ports.
    pub fn listen(&self) -> std::io::Result<TcpListener> {
        let mut last = std::io::Error::from(std::io::ErrorKind::InvalidInput);
        for port in self.ports.iter() {
            match TcpListener::bind((self.host.as_str(), port)) {
                Ok(listener) => return Ok(listener),
                Err(error) => last = error,
            }
        }
        let Endpoint { host, ports } = self;
        let text = format!("cannot listen at {host}, {ports}: {last}");
        Err(std::io::Error::new(last.kind(), text))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Value;

    use super::*;

    #[test]
    fn the_first_free_port_is_taken() {
        let taken = Endpoint::loopback(Ports::one(0)).listen().unwrap();
        let port = taken.local_addr().unwrap().port();
        let both = Ports::parse(&format!("{port},0")).unwrap();
        let listener = Endpoint::loopback(both).listen().unwrap();
        assert_ne!(listener.local_addr().unwrap().port(), port);
        let error = Endpoint::loopback(Ports::one(port)).listen().unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("cannot listen at 127.0.0.1, port {port}: ")),
            "{text}"
        );
    }
}
