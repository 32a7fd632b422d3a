//! Where worker processes knock: a TLS listener that lets in the workers of this job and nobody else.
//!
//! A worker is known by its certificate, which names its number; what it says about itself comes later
//! and must agree. A number connects once, and only if the driver has started it. Every refusal goes to
//! the audit log.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alpheus_security::audit::{self, AuditLog, Decision};
use alpheus_security::tls::{Identity, PeerIdentity, Peers, Role, TlsError, TlsServer};
use alpheus_worker::control::WorkerId;
use alpheus_worker::control_connection::WorkerConnection;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::attach;
use crate::event::EventSender;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// See the module's documentation. Stops listening when it is dropped.
pub struct ControlServer {
    address: SocketAddr,
    expected: Arc<Mutex<Expected>>,
    accepting: JoinHandle<()>,
}

/// Who may connect.
#[derive(Debug, Default)]
struct Expected {
    started: BTreeSet<WorkerId>,
    /// Workers of lower numbers were started by an earlier attempt of the AM, and may be on their way here.
    survivors_below: u32,
    /// Survivors that have been here, or are not wanted.
    gone: BTreeSet<WorkerId>,
}

impl Expected {
    /// Whether a worker may connect, which it may once.
    fn admit(&mut self, worker: WorkerId) -> bool {
        if worker.0 < self.survivors_below {
            return self.gone.insert(worker);
        }
        self.started.remove(&worker)
    }
}

impl ControlServer {
    /// Waits for workers at `listener`. Workers with numbers below `survivors_below` may be there already, started by an earlier
    /// attempt of the AM.
    ///
    /// # Errors
    /// When the listener is unusable or TLS cannot be set up.
    pub fn start(
        listener: std::net::TcpListener,
        survivors_below: u32,
        identity: &Identity,
        audit: Arc<AuditLog>,
        events: EventSender,
        runtime: &Handle,
    ) -> std::io::Result<Self> {
        let tls = identity
            .server(Peers::Workers)
            .map_err(std::io::Error::other)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let expected = Arc::new(Mutex::new(Expected {
            survivors_below,
            ..Expected::default()
        }));
        let admission = Admission {
            tls,
            audit,
            expected: Arc::clone(&expected),
            events,
            runtime: runtime.clone(),
        };
        let accepting = runtime.spawn(async move {
            match TcpListener::from_std(listener) {
                Ok(listener) => accept(listener, Arc::new(admission)).await,
                Err(error) => tracing::error!(%error, "cannot listen for workers"),
            }
        });
        Ok(ControlServer {
            address,
            expected,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// This worker may connect, once.
    pub fn expect(&self, worker: WorkerId) {
        self.expected
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .started
            .insert(worker);
    }

    /// This worker may not connect any more.
    pub fn forget(&self, worker: WorkerId) {
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        expected.started.remove(&worker);
        expected.gone.insert(worker);
    }
}

impl Drop for ControlServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Admission {
    tls: TlsServer,
    audit: Arc<AuditLog>,
    expected: Arc<Mutex<Expected>>,
    events: EventSender,
    runtime: Handle,
}

async fn accept(listener: TcpListener, admission: Arc<Admission>) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let admission = Arc::clone(&admission);
                tokio::spawn(async move { admission.admit(stream, from).await });
            }
            Err(error) => {
                // Out of file descriptors, say: the others go on.
                tracing::warn!(%error, "a worker's connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Admission {
    async fn admit(&self, stream: TcpStream, from: SocketAddr) {
        // Messages are small and each is waited for.
        let _ = stream.set_nodelay(true);
        let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, self.tls.accept(stream));
        let (stream, peer) = match handshake.await {
            Ok(Ok(accepted)) => accepted,
            Ok(Err(TlsError::Refused(reason))) => {
                return self.record(from, "", Decision::Denied, &reason);
            }
            Ok(Err(error)) => {
                return self.record(from, "", Decision::Denied, &error.to_string());
            }
            Err(_) => return self.record(from, "", Decision::Denied, "no handshake in time"),
        };
        let user = peer.to_string();
        match self.number_of(&peer) {
            Ok(worker) => {
                self.record(from, &user, Decision::Allowed, "a worker of this job");
                let connection = WorkerConnection::over_stream(stream, &self.runtime);
                attach(worker, connection, &self.events, &self.runtime);
            }
            Err(reason) => self.record(from, &user, Decision::Denied, reason),
        }
    }

    fn number_of(&self, peer: &PeerIdentity) -> Result<WorkerId, &'static str> {
        let Role::Worker(name) = &peer.role else {
            return Err("it is no worker");
        };
        let worker = name
            .parse()
            .map(WorkerId)
            .map_err(|_| "its name is no worker's number")?;
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        if expected.admit(worker) {
            Ok(worker)
        } else {
            Err("a worker of that number is connected already, or is no longer wanted")
        }
    }

    fn record(&self, from: SocketAddr, user: &str, decision: Decision, reason: &str) {
        self.audit.record(&audit::Event {
            action: "worker.connect",
            resource: "",
            user,
            address: Some(from),
            decision,
            reason,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_connects_once_and_survivors_unasked() {
        let mut expected = Expected {
            survivors_below: 10,
            ..Expected::default()
        };
        assert!(expected.admit(WorkerId(3)));
        assert!(!expected.admit(WorkerId(3)));
        assert!(!expected.admit(WorkerId(10)));
        expected.started.insert(WorkerId(10));
        assert!(expected.admit(WorkerId(10)));
        assert!(!expected.admit(WorkerId(10)));
    }
}
