//! The NodeManagers, for a master (`ContainerManagementProtocol`).
//!
//! One connection per node that is in use, opened with the token that the ResourceManager sent for that node and closed when
//! idle. A NodeManager that is restarting is waited for.

use crate::error::{JavaException, YarnError};
use crate::ids::{ContainerId, NodeId};
use crate::proto::{
    ContainerExceptionMapProto, GetContainerStatusesRequestProto,
    GetContainerStatusesResponseProto, StartContainerRequestProto, StartContainersRequestProto,
    StartContainersResponseProto, StopContainersRequestProto, StopContainersResponseProto,
};
use crate::records::{Container, ContainerLaunch, ContainerStatus, NodeToken};
use crate::service::CONTAINER_MANAGEMENT;
use alpheus_hadoop_conf::hadoop::{HadoopConf, HostPort};
use alpheus_hadoop_rpc::{
    Identity, Method, Protection, Proxy, RetryPolicy, RpcClient, Target, Tokens,
};
use prost::Message;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// All NodeManagers that a master may talk to. Cheap to clone.
#[derive(Clone, Debug)]
pub struct NodeManagers {
    client: RpcClient,
    protection: Protection,
    policy: RetryPolicy,
    patience: Duration,
    nodes: Arc<Mutex<HashMap<NodeId, Node>>>,
}

#[derive(Clone, Debug)]
struct Node {
    tokens: Tokens,
    identity: Arc<Identity>,
}

/// What each of several containers came to.
pub type Outcomes<T> = Vec<(ContainerId, Result<T, YarnError>)>;

impl NodeManagers {
    /// NodeManagers by the configuration's patience (`yarn.client.nodemanager-connect.*`).
    ///
    /// # Errors
    /// When the configuration is not usable.
    pub fn new(conf: &HadoopConf, client: RpcClient) -> Result<Self, YarnError> {
        let patience = conf.millis("yarn.client.nodemanager-connect.max-wait-ms")?;
        let interval = conf.millis("yarn.client.nodemanager-connect.retry-interval-ms")?;
        let times = patience.as_millis() / interval.as_millis().max(1);
        Ok(Self {
            client,
            protection: Protection::from_conf(conf)?,
            policy: RetryPolicy {
                retries: u32::try_from(times).unwrap_or(u32::MAX),
                failovers: 0,
                base: interval,
                max: interval,
            },
            patience,
            nodes: Arc::default(),
        })
    }

    /// The same with another patience, for callers who would rather take another container.
    #[must_use]
    pub fn with_policy(&self, policy: RetryPolicy, patience: Duration) -> Self {
        Self {
            policy,
            patience,
            ..self.clone()
        }
    }

    /// Keeps permissions; a newer one for a node takes the older one's place.
    pub fn add_tokens(&self, tokens: impl IntoIterator<Item = NodeToken>) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        for NodeToken { node, token } in tokens {
            let entry = nodes.entry(node).or_insert_with(|| {
                let tokens = Tokens::default();
                Node {
                    identity: Arc::new(Identity::with_tokens(
                        tokens.clone(),
                        self.protection.clone(),
                    )),
                    tokens,
                }
            });
            entry.tokens.replace(vec![token]);
        }
    }

    /// Forgets a node that is gone.
    pub fn forget(&self, node: &NodeId) {
        self.nodes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(node);
    }

    /// Starts one container.
    pub async fn start(
        &self,
        container: &Container,
        launch: &ContainerLaunch,
    ) -> Result<(), YarnError> {
        let Some(token) = &container.token else {
            return Err(YarnError::Incomplete {
                method: "allocate",
                field: "the container's token",
            });
        };
        let request = StartContainersRequestProto {
            start_container_request: vec![StartContainerRequestProto {
                container_launch_context: Some(launch.into()),
                container_token: Some(token.into()),
            }],
        };
        let ready = Instant::now() + self.patience;
        loop {
            let answer: StartContainersResponseProto = self
                .call(&container.node, "startContainers", &request)
                .await?;
            match first_failure(answer.failed_requests) {
                None => return Ok(()),
                // An earlier attempt was heard, its answer was not: nobody else has this container's token.
                Some((_, exception)) if is_started_already(&exception) => return Ok(()),
                Some((_, exception)) if is_not_ready(&exception) && Instant::now() < ready => {
                    tokio::time::sleep(self.policy.base).await;
                }
                Some((id, exception)) => return Err(YarnError::Container { id, exception }),
            }
        }
    }

    /// Stops containers on a node; the answer comes before they have ended.
    pub async fn stop(
        &self,
        node: &NodeId,
        containers: &[ContainerId],
    ) -> Result<Outcomes<()>, YarnError> {
        let request = StopContainersRequestProto {
            container_id: containers.iter().map(|id| (*id).into()).collect(),
        };
        let answer: StopContainersResponseProto =
            self.call(node, "stopContainers", &request).await?;
        let stopped = answer
            .succeeded_requests
            .into_iter()
            .map(|id| (id.into(), Ok(())));
        Ok(stopped
            .chain(answer.failed_requests.into_iter().map(failure))
            .collect())
    }

    /// How containers on a node are.
    pub async fn statuses(
        &self,
        node: &NodeId,
        containers: &[ContainerId],
    ) -> Result<Outcomes<ContainerStatus>, YarnError> {
        let request = GetContainerStatusesRequestProto {
            container_id: containers.iter().map(|id| (*id).into()).collect(),
        };
        let answer: GetContainerStatusesResponseProto =
            self.call(node, "getContainerStatuses", &request).await?;
        let known = answer.status.into_iter().map(|wire| {
            let status = ContainerStatus::from(wire);
            (status.id, Ok(status))
        });
        Ok(known
            .chain(answer.failed_requests.into_iter().map(failure))
            .collect())
    }

    /// None of the protocol's methods bears a mark in Hadoop, but all of them name containers and bear repetition: what was
    /// started or stopped already is refused as such.
    async fn call<Q: Message, A: Message + Default>(
        &self,
        node: &NodeId,
        name: &'static str,
        request: &Q,
    ) -> Result<A, YarnError> {
        let proxy = self.proxy(node)?;
        let ready = Instant::now() + self.patience;
        loop {
            match proxy
                .call(Method::idempotent(name), request)
                .await
                .map_err(YarnError::from)
            {
                Err(YarnError::NodeNotReady(_)) if Instant::now() < ready => {
                    tokio::time::sleep(self.policy.base).await
                }
                outcome => return outcome,
            }
        }
    }

    fn proxy(&self, node: &NodeId) -> Result<Proxy, YarnError> {
        let identity = {
            let nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = nodes
                .get(node)
                .ok_or_else(|| YarnError::NoNodeToken(node.clone()))?;
            Arc::clone(&entry.identity)
        };
        let target = Target {
            server: HostPort {
                host: node.host.clone(),
                port: node.port,
            },
            protocol: CONTAINER_MANAGEMENT,
            principal: None,
            token_services: Vec::new(),
        };
        Proxy::new(
            self.client.clone(),
            vec![target],
            identity,
            self.policy.clone(),
        )
        .map_err(YarnError::Rpc)
    }
}

fn is_not_ready(exception: &JavaException) -> bool {
    exception.class.ends_with("NMNotYetReadyException")
}

/// The NodeManager's words for a token that was used before.
fn is_started_already(exception: &JavaException) -> bool {
    exception
        .message
        .contains("Attempt to relaunch the same container")
}

fn first_failure(failed: Vec<ContainerExceptionMapProto>) -> Option<(ContainerId, JavaException)> {
    failed.into_iter().next().map(exception)
}

fn exception(wire: ContainerExceptionMapProto) -> (ContainerId, JavaException) {
    let thrown = wire.exception.unwrap_or_default();
    let exception = JavaException {
        class: thrown.class_name.unwrap_or_default(),
        message: thrown.message.unwrap_or_default(),
    };
    (wire.container_id.unwrap_or_default().into(), exception)
}

fn failure<T>(wire: ContainerExceptionMapProto) -> (ContainerId, Result<T, YarnError>) {
    let (id, exception) = exception(wire);
    (id, Err(YarnError::Container { id, exception }))
}
