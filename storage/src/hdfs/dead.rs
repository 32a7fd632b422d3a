//! DataNodes that took no connection.
//!
//! The NameNode goes on naming them until they have been silent for ten minutes. All files of a process share what it has found out,
//! and forget it after as long (`dfs.client.write.exclude.nodes.cache.expiry.interval.millis`).

use alpheus_hadoop_rpc::namenode::writing::DataNode;
use futures::future::join_all;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// For which one is left alone.
const FORGET: Duration = Duration::from_secs(600);
/// For one to take a connection.
const PROBE: Duration = Duration::from_secs(3);

/// Those that are left alone.
#[derive(Default)]
pub(super) struct Dead(Mutex<Vec<(DataNode, Instant)>>);

impl Dead {
    /// Who is to be left alone.
    pub(super) fn all(&self) -> Vec<DataNode> {
        let mut found = self.lock();
        found.retain(|(_, since)| since.elapsed() < FORGET);
        found.iter().map(|(node, _)| node.clone()).collect()
    }

    /// Tries DataNodes and notes those that take no connection. Whether there were any.
    pub(super) async fn look(&self, data_nodes: &[DataNode], by_name: bool) -> bool {
        let tries = data_nodes.iter().map(|node| answers(node, by_name));
        let mut any = false;
        for (node, answers) in data_nodes.iter().zip(join_all(tries).await) {
            if answers {
                continue;
            }
            any = true;
            let (host, port) = (&node.id.host, node.id.data_port);
            tracing::info!(%host, port, "a DataNode does not answer; writing without it");
            let mut found = self.lock();
            found.retain(|(known, _)| known != node);
            found.push((node.clone(), Instant::now()));
        }
        any
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(DataNode, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answers(node: &DataNode, by_name: bool) -> bool {
    let host = if by_name { &node.id.host } else { &node.id.ip };
    let port = u16::try_from(node.id.data_port).unwrap_or_default();
    let connected = tokio::net::TcpStream::connect((host.as_str(), port));
    matches!(tokio::time::timeout(PROBE, connected).await, Ok(Ok(_)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_hadoop_rpc::namenode::writing::DataNodeId;

    #[tokio::test]
    async fn who_takes_no_connection_is_left_alone() {
        let alive = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let node = |listener: &tokio::net::TcpListener| DataNode {
            id: DataNodeId {
                ip: "127.0.0.1".into(),
                data_port: listener.local_addr().unwrap().port().into(),
                ..DataNodeId::default()
            },
            rack: None,
        };
        let (good, bad) = (node(&alive), node(&closed));
        drop(closed);
        let dead = Dead::default();
        assert!(!dead.look(std::slice::from_ref(&good), false).await);
        for _ in 0..2 {
            assert!(dead.look(&[good.clone(), bad.clone()], false).await);
        }
        assert_eq!(dead.all(), [bad]);
    }
}
