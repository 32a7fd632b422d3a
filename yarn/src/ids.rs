//! Names of applications, attempts, containers and nodes, in Hadoop's spelling.

use crate::proto::{ApplicationAttemptIdProto, ApplicationIdProto, ContainerIdProto, NodeIdProto};
use std::fmt;
use std::str::FromStr;

/// An application: `application_1700000000000_0007`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApplicationId {
    /// When the ResourceManager's cluster was started, milliseconds since 1970.
    pub cluster_timestamp: i64,
    /// The application's number since then.
    pub sequence: i32,
}

/// One attempt at running an application's master: `appattempt_1700000000000_0007_000001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId {
    /// The application.
    pub application: ApplicationId,
    /// From 1.
    pub attempt: i32,
}

/// A container: `container_1700000000000_0007_01_000002`, or with `e17_` after a work-preserving restart of the ResourceManager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContainerId {
    /// The attempt that it was given to first.
    pub attempt: AttemptId,
    /// Restarts of the ResourceManager in the upper 24 bits, the container's number in the lower 40.
    pub raw: i64,
}

/// A NodeManager: host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// As the NodeManager registered.
    pub host: String,
    /// Of its RPC.
    pub port: u16,
}

/// Text that names no such thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not of the form {expected}")]
pub struct IdError {
    text: String,
    expected: &'static str,
}

const SEQUENCE_BITS: u32 = 40;
const SEQUENCE_MASK: i64 = (1 << SEQUENCE_BITS) - 1;

impl ContainerId {
    /// Restarts of the ResourceManager before this container was made.
    pub fn epoch(self) -> i64 {
        self.raw >> SEQUENCE_BITS
    }

    /// The container's number; 1 is the ApplicationMaster's own, usually.
    pub fn sequence(self) -> i64 {
        self.raw & SEQUENCE_MASK
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "application_{}_{:04}",
            self.cluster_timestamp, self.sequence
        )
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let app = self.application;
        write!(
            f,
            "appattempt_{}_{:04}_{:06}",
            app.cluster_timestamp, app.sequence, self.attempt
        )
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AttemptId {
            application,
            attempt,
        } = self.attempt;
        f.write_str("container_")?;
        if self.epoch() > 0 {
            write!(f, "e{:02}_", self.epoch())?;
        }
        let (stamp, app, seq) = (
            application.cluster_timestamp,
            application.sequence,
            self.sequence(),
        );
        write!(f, "{stamp}_{app:04}_{attempt:02}_{seq:06}")
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The numbers between underscores after a prefix.
fn numbers<const N: usize>(text: &str, prefix: &str) -> Option<[i64; N]> {
    let mut parts = text.strip_prefix(prefix)?.split('_');
    let mut found = [0; N];
    for slot in &mut found {
        *slot = parts.next()?.parse().ok().filter(|n| *n >= 0)?;
    }
    parts.next().is_none().then_some(found)
}

impl FromStr for ApplicationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text, "application_<timestamp>_<number>", |text| {
            let [cluster_timestamp, sequence] = numbers(text, "application_")?;
            Some(Self {
                cluster_timestamp,
                sequence: sequence.try_into().ok()?,
            })
        })
    }
}

impl FromStr for AttemptId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text, "appattempt_<timestamp>_<number>_<attempt>", |text| {
            let [cluster_timestamp, sequence, attempt] = numbers(text, "appattempt_")?;
            Some(Self {
                application: ApplicationId {
                    cluster_timestamp,
                    sequence: sequence.try_into().ok()?,
                },
                attempt: attempt.try_into().ok()?,
            })
        })
    }
}

impl FromStr for ContainerId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(
            text,
            "container_[e<epoch>_]<timestamp>_<number>_<attempt>_<container>",
            |text| {
                let rest = text.strip_prefix("container_")?;
                let (epoch, rest) = match rest.strip_prefix('e') {
                    Some(with_epoch) => {
                        let (epoch, rest) = with_epoch.split_once('_')?;
                        (
                            epoch
                                .parse::<i64>()
                                .ok()
                                .filter(|e| (0..1 << 23).contains(e))?,
                            rest,
                        )
                    }
                    None => (0, rest),
                };
                let [cluster_timestamp, sequence, attempt, container] = numbers(rest, "")?;
                let container = Some(container).filter(|c| *c <= SEQUENCE_MASK)?;
                Some(Self {
                    attempt: AttemptId {
                        application: ApplicationId {
                            cluster_timestamp,
                            sequence: sequence.try_into().ok()?,
                        },
                        attempt: attempt.try_into().ok()?,
                    },
                    raw: epoch << SEQUENCE_BITS | container,
                })
            },
        )
    }
}

impl FromStr for NodeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text, "<host>:<port>", |text| {
            let (host, port) = text.rsplit_once(':')?;
            Some(Self {
                host: Some(host).filter(|h| !h.is_empty())?.to_owned(),
                port: port.parse().ok()?,
            })
        })
    }
}

fn parse<T>(
    text: &str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, IdError> {
    read(text).ok_or_else(|| IdError {
        text: text.to_owned(),
        expected,
    })
}

impl From<ApplicationId> for ApplicationIdProto {
    fn from(id: ApplicationId) -> Self {
        Self {
            id: Some(id.sequence),
            cluster_timestamp: Some(id.cluster_timestamp),
        }
    }
}

impl From<AttemptId> for ApplicationAttemptIdProto {
    fn from(id: AttemptId) -> Self {
        Self {
            application_id: Some(id.application.into()),
            attempt_id: Some(id.attempt),
        }
    }
}

impl From<ContainerId> for ContainerIdProto {
    fn from(id: ContainerId) -> Self {
        Self {
            app_attempt_id: Some(id.attempt.into()),
            id: Some(id.raw),
        }
    }
}

impl From<ApplicationIdProto> for ApplicationId {
    fn from(wire: ApplicationIdProto) -> Self {
        Self {
            cluster_timestamp: wire.cluster_timestamp.unwrap_or_default(),
            sequence: wire.id.unwrap_or_default(),
        }
    }
}

impl From<ApplicationAttemptIdProto> for AttemptId {
    fn from(wire: ApplicationAttemptIdProto) -> Self {
        Self {
            application: wire.application_id.unwrap_or_default().into(),
            attempt: wire.attempt_id.unwrap_or_default(),
        }
    }
}

impl From<ContainerIdProto> for ContainerId {
    fn from(wire: ContainerIdProto) -> Self {
        Self {
            attempt: wire.app_attempt_id.unwrap_or_default().into(),
            raw: wire.id.unwrap_or_default(),
        }
    }
}

impl From<NodeIdProto> for NodeId {
    fn from(wire: NodeIdProto) -> Self {
        Self {
            host: wire.host.unwrap_or_default(),
            port: wire
                .port
                .and_then(|p| p.try_into().ok())
                .unwrap_or_default(),
        }
    }
}

impl From<&NodeId> for NodeIdProto {
    fn from(id: &NodeId) -> Self {
        Self {
            host: Some(id.host.clone()),
            port: Some(id.port.into()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn javas_spelling() {
        let text = "container_e17_1700000000000_0007_01_000002";
        let id: ContainerId = text.parse().unwrap();
        assert_eq!((id.epoch(), id.sequence()), (17, 2));
        assert_eq!(id.to_string(), text);
        assert_eq!(
            id.attempt.to_string(),
            "appattempt_1700000000000_0007_000001"
        );
        assert_eq!(
            id.attempt.application.to_string(),
            "application_1700000000000_0007"
        );
        let plain = "container_1700000000000_12345_01_000002";
        assert_eq!(plain.parse::<ContainerId>().unwrap().to_string(), plain);
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "application_",
            "application_1",
            "application_1_x",
            "application_1_2_3",
            "job_1_2",
            "application_-1_2",
        ] {
            assert!(text.parse::<ApplicationId>().is_err(), "{text}");
        }
        for text in [
            "container_e_1_2_3_4",
            "container_e1_2_3_4",
            "container_1_2_3",
            "host",
        ] {
            assert!(text.parse::<ContainerId>().is_err(), "{text}");
            assert!(text.parse::<NodeId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn containers_survive_text_and_wire(stamp in 0i64.., app in 0i32.., attempt in 0i32.., epoch in 0i64..1 << 23, seq in 0i64..=SEQUENCE_MASK) {
            let id = ContainerId {
                attempt: AttemptId { application: ApplicationId { cluster_timestamp: stamp, sequence: app }, attempt },
                raw: epoch << SEQUENCE_BITS | seq,
            };
            prop_assert_eq!(id.to_string().parse::<ContainerId>().unwrap(), id);
            prop_assert_eq!(ContainerId::from(ContainerIdProto::from(id)), id);
            prop_assert_eq!(id.attempt.to_string().parse::<AttemptId>().unwrap(), id.attempt);
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text in ".{0,40}") {
            let _ = text.parse::<ContainerId>();
            let _ = text.parse::<NodeId>();
        }
    }
}
