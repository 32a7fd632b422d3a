//! The client: one name, one sequence of call ids, and the connections that are open.
//!
//! Connections are kept by server, protocol and identity. Whoever needs one that is being opened waits for it; if the attempt
//! fails, all who waited get the same error instead of trying one after the other.

use crate::config::ClientConfig;
use crate::connection::{Connection, handshake};
use crate::error::{RemoteKind, RpcError};
use crate::protocol::{Method, Target};
use crate::retry::jitter;
use crate::sasl::Authenticator;
use crate::wire::{CallId, ClientId, encode};
use alpheus_hadoop_conf::hadoop::HostPort;
use bytes::Bytes;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A Hadoop RPC client. Cheap to clone; clones share name and connections.
#[derive(Clone)]
pub struct RpcClient {
    inner: Arc<Inner>,
}

struct Inner {
    id: ClientId,
    next_call: AtomicI32,
    config: ClientConfig,
    slots: Mutex<HashMap<Key, Arc<Slot>>>,
}

/// Identities are told apart by their address in memory; the slot holds the identity, so the address is not given to another.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    server: HostPort,
    protocol: &'static str,
    identity: usize,
}

/// A place for a connection.
struct Slot {
    identity: Arc<dyn Authenticator>,
    attempts: AtomicU64,
    current: tokio::sync::Mutex<Option<Result<Arc<Connection>, RpcError>>>,
}

/// A call that may be sent more than once: its number stays the same, so that the server recognizes it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The number.
    pub id: CallId,
    /// How often it was sent before.
    pub retry: i32,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl RpcClient {
    /// A client with a name of its own. Fails only when OpenSSL has no randomness to give.
    pub fn new(config: ClientConfig) -> Result<Self, RpcError> {
        let id = ClientId::random()
            .map_err(|e| RpcError::Local(format!("cannot name the client: {e}")))?;
        Ok(Self {
            inner: Arc::new(Inner {
                id,
                next_call: AtomicI32::new(0),
                config,
                slots: Mutex::default(),
            }),
        })
    }

    /// The client's behavior.
    pub fn config(&self) -> &ClientConfig {
        &self.inner.config
    }

    /// A new call with the configured timeout.
    pub fn new_call(&self) -> Call {
        let id = self.inner.next_call.fetch_add(1, Ordering::Relaxed) & i32::MAX;
        Call {
            id: CallId(id),
            retry: 0,
            timeout: self.inner.config.rpc_timeout,
        }
    }

    /// Sends a call once and returns the encoded answer. Retries are the caller's; see [`crate::Proxy`].
    pub async fn call(
        &self,
        target: &Target,
        identity: &Arc<dyn Authenticator>,
        method: Method,
        call: Call,
        request: &[u8],
    ) -> Result<Bytes, RpcError> {
        let head = encode::CallHead {
            id: call.id,
            client: self.inner.id,
            retry: call.retry,
            protocol: target.protocol.name,
            version: target.protocol.version,
            method: method.name,
            caller: self.inner.config.caller.as_deref(),
        };
        let frame = encode::call(&head, request);
        let connection = self.connection(target, identity).await?;
        let answer = connection
            .call(call.id, method.name, frame, call.timeout)
            .await?;
        // The answer is delimited inside the frame; the connection has cut it out already.
        Ok(answer)
    }

    async fn connection(
        &self,
        target: &Target,
        identity: &Arc<dyn Authenticator>,
    ) -> Result<Arc<Connection>, RpcError> {
        let slot = self.slot(target, identity);
        let seen = slot.attempts.load(Ordering::Acquire);
        let mut current = slot.current.lock().await;
        match &*current {
            Some(Ok(connection)) if connection.is_open() => return Ok(Arc::clone(connection)),
            // Somebody tried while we waited for the lock.
            Some(Err(error)) if slot.attempts.load(Ordering::Acquire) != seen => {
                return Err(error.clone());
            }
            _ => {}
        }
        let opened = self.open(target, identity).await.map(Arc::new);
        slot.attempts.fetch_add(1, Ordering::AcqRel);
        *current = Some(opened.clone());
        opened
    }

    fn slot(&self, target: &Target, identity: &Arc<dyn Authenticator>) -> Arc<Slot> {
        let key = Key {
            server: target.server.clone(),
            protocol: target.protocol.name,
            identity: Arc::as_ptr(identity).cast::<()>() as usize,
        };
        let mut slots = self
            .inner
            .slots
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&key) {
            return Arc::clone(slot);
        }
        // Identities come and go (an application's tokens); what they left behind goes when somebody new comes.
        slots.retain(|_, slot| !slot.is_abandoned());
        let slot = Arc::new(Slot {
            identity: Arc::clone(identity),
            attempts: AtomicU64::new(0),
            current: tokio::sync::Mutex::new(None),
        });
        slots.insert(key, Arc::clone(&slot));
        slot
    }

    /// Opens a connection; after a failed authentication it asks for fresh credentials and tries again, a few times.
    async fn open(
        &self,
        target: &Target,
        identity: &Arc<dyn Authenticator>,
    ) -> Result<Connection, RpcError> {
        let config = &self.inner.config;
        let mut attempt = 1;
        loop {
            let error = match self.open_once(target, identity).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            if !is_authentication(&error) || attempt >= config.auth_attempts {
                return Err(error);
            }
            let asked = Arc::clone(identity);
            let fresh = alpheus_security::threads::run(move || asked.refresh()).await;
            if !fresh.unwrap_or(false) {
                return Err(error);
            }
            tracing::debug!(server = %target.server, %error, attempt, "authentication failed; trying again with fresh credentials");
            tokio::time::sleep(config.auth_pause.mul_f64(jitter())).await;
            attempt += 1;
        }
    }

    async fn open_once(
        &self,
        target: &Target,
        identity: &Arc<dyn Authenticator>,
    ) -> Result<Connection, RpcError> {
        let config = &self.inner.config;
        let io = handshake::connect(target, config.connect_timeout).await?;
        let introduce = handshake::introduce(io, target, identity, self.inner.id, config);
        let ready = tokio::time::timeout(config.rpc_timeout, introduce)
            .await
            .map_err(|_| RpcError::Timeout {
                server: target.server.clone(),
                method: "the introduction",
                after: config.rpc_timeout,
            })??;
        Ok(Connection::start(
            ready,
            target.server.clone(),
            self.inner.id,
            config,
        ))
    }
}

impl Slot {
    fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.identity) == 1
            && self
                .current
                .try_lock()
                .is_ok_and(|c| !matches!(&*c, Some(Ok(connection)) if connection.is_open()))
    }
}

/// Whether fresh credentials might help.
fn is_authentication(error: &RpcError) -> bool {
    match error {
        RpcError::Authentication { .. } => true,
        RpcError::Remote { exception, .. } => {
            exception.kind() == RemoteKind::Denied && exception.is("SaslException")
        }
        _ => false,
    }
}

impl fmt::Debug for RpcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcClient")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}
