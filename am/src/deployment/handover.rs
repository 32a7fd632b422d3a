//! What a worker process is told by the one that starts it: over its standard input, or on YARN in its container's
//! credentials, and nowhere else.
//!
//! Neither the command line nor the environment holds anything secret: both are readable by others or
//! inherited. A handover is a length, settings as JSON, then the worker's certificate and key as PEM up to the end.

use std::io::{Read, Write};

use alpheus_hadoop_conf::Configuration;
use alpheus_security::secret::SecretBytes;
use alpheus_security::tls::Identity;
use serde::{Deserialize, Serialize};

use crate::endpoint::Endpoint;

/// The most bytes a handover may have.
const MAX_BYTES: u64 = 1 << 20;

/// What a worker needs to know; nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSettings {
    /// Its number.
    pub worker: u32,
    /// Slots to offer.
    pub slots: u32,
    /// Where the AM listens, `host:port`.
    pub control_address: String,
    /// The AM's process, if it is on this machine and the worker ends with it.
    pub parent: Option<u32>,
    /// Between two reports, ms.
    pub heartbeat_interval_ms: u64,
    /// Where to take data from other workers.
    pub listen: Endpoint,
    /// The job's configuration: how file systems are reached. Without secrets.
    pub configuration: Configuration,
    /// The name under which other workers reach this one; without it the address that it listens at.
    pub host: Option<String>,
    /// Where to look for the next attempt of the AM, where there may be one.
    pub succession: Option<Succession>,
}

/// How a worker finds the next attempt of its AM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The record of who is in charge, a location.
    pub record: String,
    /// The attempt that has started the worker.
    pub attempt: u32,
    /// The container that the worker runs in.
    pub container: String,
    /// How long to look, ms.
    pub patience_ms: u64,
}

/// Writes a handover.
///
/// # Errors
/// When the worker does not read it, or OpenSSL cannot write the identity.
pub fn write(
    mut to: impl Write,
    settings: &WorkerSettings,
    identity: &Identity,
) -> std::io::Result<()> {
    let json = serde_json::to_vec(settings)?;
    let pem = identity.to_pem().map_err(std::io::Error::other)?;
    to.write_all(&(json.len() as u32).to_be_bytes())?;
    to.write_all(&json)?;
    to.write_all(pem.expose())?;
    to.flush()
}

/// Reads a handover.
///
/// # Errors
/// When it is not one.
pub fn read(from: impl Read) -> std::io::Result<(WorkerSettings, Identity)> {
    let invalid = |what: &str| {
        std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            format!("{what}; a worker is started by a job, not by hand"),
        )
    };
    let mut from = from.take(MAX_BYTES);
    let mut length = [0; 4];
    from.read_exact(&mut length)
        .map_err(|_| invalid("there are no settings"))?;
    let mut json = Vec::new();
    let length = u64::from(u32::from_be_bytes(length)).min(MAX_BYTES);
    (&mut from).take(length).read_to_end(&mut json)?;
    let settings = serde_json::from_slice(&json).map_err(|_| invalid("there are no settings"))?;
    let mut pem = Vec::new();
    from.read_to_end(&mut pem)?;
    let pem = SecretBytes::new(pem);
    let identity = Identity::from_pem(pem.expose()).map_err(|error| invalid(&error.to_string()))?;
    Ok((settings, identity))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alpheus_hadoop_conf::Ports;
    use alpheus_hadoop_conf::Source;
    use alpheus_security::tls::{ApplicationName, Authority, Role};

    use super::*;

    #[test]
    fn settings_and_identity_survive_the_pipe_and_junk_is_refused() {
        let authority = Authority::create(ApplicationName::new("job").unwrap()).unwrap();
        let identity = authority.issue(Role::worker(3).unwrap()).unwrap();
        let mut configuration = Configuration::new();
        configuration
            .set("flink.hadoop.a", "b", Source::CommandLine)
            .unwrap();
        let settings = WorkerSettings {
            worker: 3,
            slots: 2,
            control_address: "127.0.0.1:4000".to_owned(),
            parent: Some(7),
            heartbeat_interval_ms: 1000,
            listen: Endpoint::loopback(Ports::one(0)),
            configuration,
            host: None,
            succession: None,
        };
        let mut pipe = Vec::new();
        write(&mut pipe, &settings, &identity).unwrap();
        let (read_settings, read_identity) = read(pipe.as_slice()).unwrap();
        assert_eq!(read_settings, settings);
        assert_eq!(read_identity.role(), identity.role());
        for cut in [0, 3, 10, pipe.len() / 2] {
            assert!(read(&pipe[..cut]).is_err(), "{cut}");
        }
    }
}
