//! A service of one server or of an HA pair: calls find the active server and survive its change.
//!
//! A call keeps its number through all its attempts and counts them, so that a server with a retry cache recognizes it. All
//! callers share one notion of which server is active; of many that fail at the same time, only the first changes it.

use crate::client::RpcClient;
use crate::error::RpcError;
use crate::protocol::{Method, Target};
use crate::retry::{Decision, RetryPolicy, Tried, decide, jitter};
use crate::sasl::Authenticator;
use crate::wire::decode;
use prost::Message;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use zeroize::Zeroizing;

/// Typed calls to a service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Proxy {
    client: RpcClient,
    targets: Arc<[Target]>,
    active: Arc<AtomicUsize>,
    identity: Arc<dyn Authenticator>,
    policy: RetryPolicy,
    timeout: Option<Duration>,
}

impl Proxy {
    /// A service at one or several servers, asked in this order.
    ///
    /// # Errors
    /// [`RpcError::Local`] when `targets` is empty.
    pub fn new(
        client: RpcClient,
        targets: Vec<Target>,
        identity: Arc<dyn Authenticator>,
        policy: RetryPolicy,
    ) -> Result<Self, RpcError> {
        if targets.is_empty() {
            return Err(RpcError::Local("a service without servers".into()));
        }
        Ok(Self {
            client,
            targets: targets.into(),
            active: Arc::default(),
            identity,
            policy,
            timeout: None,
        })
    }

    /// The same service, with another time for each attempt.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self.clone()
        }
    }

    /// The same service, with another patience.
    #[must_use]
    pub fn with_policy(&self, policy: RetryPolicy) -> Self {
        Self {
            policy,
            ..self.clone()
        }
    }

    /// Each server by itself, asked once and with no other to go to: to see how each is.
    #[must_use]
    pub fn each(&self) -> Vec<Self> {
        let alone = |target: &Target| Self {
            targets: [target.clone()].into(),
            active: Arc::default(),
            policy: RetryPolicy::NONE,
            ..self.clone()
        };
        self.targets.iter().map(alone).collect()
    }

    /// The server that is asked first.
    pub fn active(&self) -> &Target {
        &self.targets[self.active.load(Ordering::Acquire) % self.targets.len()]
    }

    /// All servers of the service.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Makes a call and waits for its answer, trying again as policy and method allow.
    pub async fn call<Q: Message, A: Message + Default>(
        &self,
        method: Method,
        request: &Q,
    ) -> Result<A, RpcError> {
        // Requests may hold tokens.
        let request = Zeroizing::new(request.encode_to_vec());
        let mut call = self.client.new_call();
        if let Some(timeout) = self.timeout {
            call.timeout = timeout;
        }
        let mut tried = Tried::default();
        loop {
            let at = self.active.load(Ordering::Acquire);
            let target = &self.targets[at % self.targets.len()];
            let answer = self
                .client
                .call(target, &self.identity, method, call, &request)
                .await;
            let error = match answer {
                Ok(body) => {
                    return decode::message(body, method.name).map_err(|source| RpcError::Wire {
                        server: target.server.clone(),
                        source,
                    });
                }
                Err(error) => error,
            };
            let pause = match decide(
                &error,
                method.retry,
                tried,
                self.targets.len(),
                &self.policy,
                jitter(),
            ) {
                Decision::Fail => return Err(error),
                Decision::Retry(pause) => {
                    tried.retries += 1;
                    pause
                }
                Decision::FailOver(pause) => {
                    tried.failovers += 1;
                    // Whoever failed at the same server first has changed it already.
                    let _ = self.active.compare_exchange(
                        at,
                        at.wrapping_add(1),
                        Ordering::AcqRel,
                        Ordering::Acquire,
                    );
                    pause
                }
            };
            tracing::debug!(method = method.name, server = %target.server, %error, ?pause, "trying again");
            tokio::time::sleep(pause).await;
            call.retry += 1;
        }
    }
}
