//! A listener whose connections have been through a TLS handshake, in which the peer has shown its certificate.
//!
//! Handshakes run beside each other, so that a peer that is slow, or no TLS client at all, keeps nobody waiting.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use alpheus_security::audit::{self, AuditLog, Decision};
use alpheus_security::tls::TlsServer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_openssl::SslStream;

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections that are ready and wait to be served.
const READY: usize = 16;

type Connection = (SslStream<TcpStream>, SocketAddr);

/// See the module's documentation. Stops listening when it is dropped.
pub struct TlsListener {
    address: SocketAddr,
    ready: mpsc::Receiver<Connection>,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    /// Begins to accept; within a runtime.
    ///
    /// # Errors
    /// When the listener is not usable.
    pub fn new(
        listener: std::net::TcpListener,
        tls: TlsServer,
        audit: Arc<AuditLog>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(READY);
        let accepting = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, from)) => {
                        let (tls, audit, sender) =
                            (tls.clone(), Arc::clone(&audit), sender.clone());
                        tokio::spawn(
                            async move { admit(stream, from, &tls, &audit, &sender).await },
                        );
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a REST connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            }
        });
        Ok(TlsListener {
            address,
            ready,
            accepting,
        })
    }
}

async fn admit(
    stream: TcpStream,
    from: SocketAddr,
    tls: &TlsServer,
    audit: &AuditLog,
    ready: &mpsc::Sender<Connection>,
) {
    let _ = stream.set_nodelay(true);
    let reason = match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok((stream, _))) => {
            let _ = ready.send((stream, from)).await;
            return;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no handshake in time".to_owned(),
    };
    audit.record(&audit::Event {
        action: "rest.connect",
        resource: "",
        user: "",
        address: Some(from),
        decision: Decision::Denied,
        reason: &reason,
    });
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = SslStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task has ended, with the runtime: nothing will come any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}
