//! The exchange of one worker: takes connections of other workers and makes its own.
//!
//! A peer may connect before this worker has heard of the deployment that the peer speaks of: its
//! connection then waits, unread, until the deployment comes or [`DEPLOY_TIMEOUT`] is over. Each
//! connection serves one attempt; canceling the attempt closes it.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_hadoop_conf::options::taskmanager::ExchangeCodec;
use alpheus_security::tls::{TlsError, TlsServer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::connection::{read_hello, worker_role, write_hello};
use super::frame::Hello;
use super::link::LinkSetup;
use super::{InboundPeer, Link, LinkChannel};
use crate::control::WorkerId;
use crate::environment::ExchangeTls;

/// How long handshake and greeting of a peer may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a peer's connection waits for the deployment that it belongs to.
const DEPLOY_TIMEOUT: Duration = Duration::from_secs(60);

/// Whose connection for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PeerKey {
    /// The job.
    pub job: JobId,
    /// Which start of it.
    pub attempt: AttemptNumber,
    /// The worker that connects.
    pub worker: WorkerId,
}

#[derive(Default)]
struct Registry {
    expected: Mutex<HashMap<PeerKey, InboundPeer>>,
    tasks: Mutex<Vec<(AttemptNumber, AbortHandle)>>,
    changed: Notify,
}

/// The exchange of one worker.
pub struct Exchange {
    worker: WorkerId,
    tls: ExchangeTls,
    runtime: Handle,
    registry: Arc<Registry>,
    accept: AbortHandle,
}

impl Exchange {
    /// Listens for peers.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn start(
        worker: WorkerId,
        listener: std::net::TcpListener,
        tls: ExchangeTls,
        runtime: Handle,
    ) -> io::Result<Exchange> {
        listener.set_nonblocking(true)?;
        let listener = {
            let _entered = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let registry = Arc::new(Registry::default());
        let accept = runtime.spawn(accept(
            listener,
            tls.server.clone(),
            worker,
            Arc::clone(&registry),
        ));
        Ok(Exchange {
            worker,
            tls,
            runtime,
            registry,
            accept: accept.abort_handle(),
        })
    }

    /// Announces the channels that a peer will send into.
    pub fn expect(&self, key: PeerKey, peer: InboundPeer) {
        lock(&self.registry.expected).insert(key, peer);
        self.registry.changed.notify_waiters();
    }

    /// Connects to a peer. `codec` compresses what goes to another machine.
    pub fn connect(
        &self,
        peer: PeerKey,
        address: String,
        channels: Vec<LinkChannel>,
        codec: ExchangeCodec,
    ) -> Arc<Link> {
        let (link, drive) = Link::new(LinkSetup {
            client: self.tls.client.clone(),
            address,
            peer: peer.worker,
            hello: Hello {
                job: peer.job,
                attempt: peer.attempt,
                worker: self.worker,
            },
            channels,
            codec,
        });
        let task = self.runtime.spawn(drive);
        lock(&self.registry.tasks).push((peer.attempt, task.abort_handle()));
        link
    }

    /// Closes the connections of this and earlier attempts and forgets what they were to bring.
    pub fn close(&self, attempt: AttemptNumber) {
        lock(&self.registry.expected).retain(|key, _| key.attempt > attempt);
        lock(&self.registry.tasks).retain(|(of, task)| {
            let keep = *of > attempt;
            if !keep {
                task.abort();
            }
            keep
        });
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.accept.abort();
        self.close(AttemptNumber(u32::MAX));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, tls: TlsServer, worker: WorkerId, registry: Arc<Registry>) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let (tls, registry) = (tls.clone(), Arc::clone(&registry));
                tokio::spawn(async move {
                    if let Err(reason) = greet(stream, &tls, worker, registry).await {
                        tracing::warn!(target: "audit", %from, reason, "refused an exchange connection");
                    }
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: let some be closed.
                tracing::warn!(%error, "cannot accept exchange connections for the moment");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn greet(
    stream: TcpStream,
    tls: &TlsServer,
    worker: WorkerId,
    registry: Arc<Registry>,
) -> Result<(), String> {
    stream
        .set_nodelay(true)
        .map_err(|error| error.to_string())?;
    let handshake = async {
        let accepted = tls.accept(stream).await;
        let (mut stream, peer) = accepted.map_err(|error: TlsError| error.to_string())?;
        let hello = read_hello(&mut stream).await?;
        match peer.role == worker_role(hello.worker) {
            true => Ok((stream, hello)),
            false => Err(format!(
                "{} claims to be worker {}",
                peer.role, hello.worker.0
            )),
        }
    };
    let greeted = timeout(HANDSHAKE_TIMEOUT, handshake).await;
    let (mut stream, hello) = greeted.unwrap_or_else(|_| Err("it does not greet".to_owned()))?;
    let key = PeerKey {
        job: hello.job,
        attempt: hello.attempt,
        worker: hello.worker,
    };
    let waited = timeout(DEPLOY_TIMEOUT, registry.take(key)).await;
    let peer = waited.map_err(|_| format!("nothing was deployed here for {key:?}"))?;
    let answer = Hello { worker, ..hello };
    if let Err(reason) = write_hello(&mut stream, &answer).await {
        peer.fail(&format!(
            "lost the connection from worker {}: {reason}",
            key.worker.0
        ));
        return Ok(());
    }
    let serve = tokio::spawn(async move {
        let lost = format!("lost the connection from worker {}", key.worker.0);
        peer.serve(stream, key.attempt, &lost).await;
    });
    lock(&registry.tasks).push((key.attempt, serve.abort_handle()));
    Ok(())
}

impl Registry {
    async fn take(&self, key: PeerKey) -> InboundPeer {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // From here on a change is seen, also one before the wait.
            changed.as_mut().enable();
            if let Some(peer) = lock(&self.expected).remove(&key) {
                return peer;
            }
            changed.await;
        }
    }
}
