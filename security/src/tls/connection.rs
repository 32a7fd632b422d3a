//! Connections: both ends show who they are, and each takes only the roles that it expects.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::ssl::{Ssl, SslContext, SslMethod, SslSessionCacheMode, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509StoreContextRef, X509VerifyResult};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_openssl::SslStream;

use super::error::while_trying;
use super::{ApplicationName, Identity, PeerIdentity, Role, TlsError};

/// Which roles are taken at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peers {
    /// Exactly this one.
    Exactly(Role),
    /// The job manager.
    JobManager,
    /// Any worker.
    Workers,
    /// Any worker, or a command line.
    WorkersAndClients,
    /// The job manager or any worker.
    JobManagerAndWorkers,
    /// Every process of the application.
    Any,
}

impl Peers {
    /// Whether a role is among them.
    #[must_use]
    pub fn include(&self, role: &Role) -> bool {
        match self {
            Peers::Exactly(one) => one == role,
            Peers::JobManager => matches!(role, Role::JobManager),
            Peers::Workers => matches!(role, Role::Worker(_)),
            Peers::WorkersAndClients => matches!(role, Role::Worker(_) | Role::Client),
            Peers::JobManagerAndWorkers => matches!(role, Role::JobManager | Role::Worker(_)),
            Peers::Any => true,
        }
    }
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peers::Exactly(role) => write!(f, "{role}"),
            Peers::JobManager => f.write_str("am"),
            Peers::Workers => f.write_str("workers"),
            Peers::WorkersAndClients => f.write_str("workers and clients"),
            Peers::JobManagerAndWorkers => f.write_str("am and workers"),
            Peers::Any => f.write_str("any process of the application"),
        }
    }
}

/// Accepts connections. Cheap to clone.
#[derive(Clone)]
pub struct TlsServer {
    end: End,
    peers: Peers,
}

/// Makes connections. Cheap to clone.
#[derive(Clone)]
pub struct TlsClient {
    end: End,
}

#[derive(Clone)]
struct End {
    context: SslContext,
    application: ApplicationName,
}

impl Identity {
    /// Makes a server that takes the given peers.
    ///
    /// # Errors
    /// If OpenSSL cannot be set up.
    pub fn server(&self, peers: Peers) -> Result<TlsServer, TlsError> {
        Ok(TlsServer {
            end: self.end()?,
            peers,
        })
    }

    /// Makes a client.
    ///
    /// # Errors
    /// If OpenSSL cannot be set up.
    pub fn client(&self) -> Result<TlsClient, TlsError> {
        Ok(TlsClient { end: self.end()? })
    }

    fn end(&self) -> Result<End, TlsError> {
        let made = (|| {
            let mut store = X509StoreBuilder::new()?;
            store.add_cert(self.authority.clone())?;
            let mut builder = SslContext::builder(SslMethod::tls())?;
            builder.set_min_proto_version(Some(SslVersion::TLS1_3))?;
            builder.set_max_proto_version(Some(SslVersion::TLS1_3))?;
            builder.set_session_cache_mode(SslSessionCacheMode::OFF);
            builder.set_num_tickets(0)?;
            builder.set_cert_store(store.build());
            builder.set_verify_depth(1);
            builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
            builder.set_certificate(&self.certificate)?;
            builder.set_private_key(&self.key)?;
            builder.check_private_key()?;
            Ok::<_, ErrorStack>(builder.build())
        })();
        let context = made.map_err(while_trying("set up TLS"))?;
        Ok(End {
            context,
            application: self.me.application.clone(),
        })
    }
}

impl TlsServer {
    /// Does the handshake with a peer that has connected. The caller sets a bound on the time.
    ///
    /// # Errors
    /// [`TlsError::Refused`] if the peer may not connect here (the audit log should know), else
    /// [`TlsError::Handshake`].
    pub async fn accept<S>(&self, stream: S) -> Result<(SslStream<S>, PeerIdentity), TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut stream, verdict) = self.end.prepare(stream, &self.peers)?;
        let result = Pin::new(&mut stream).accept().await;
        finish(stream, result, &verdict)
    }
}

impl TlsClient {
    /// Does the handshake with a server, which must be one of `peers`. The caller sets a bound on the time.
    ///
    /// # Errors
    /// [`TlsError::Refused`] if the server is not who was expected, else [`TlsError::Handshake`].
    pub async fn connect<S>(
        &self,
        stream: S,
        peers: &Peers,
    ) -> Result<(SslStream<S>, PeerIdentity), TlsError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut stream, verdict) = self.end.prepare(stream, peers)?;
        let result = Pin::new(&mut stream).connect().await;
        finish(stream, result, &verdict)
    }
}

/// What the check of the peer's certificate came to; set once, within the handshake.
type Verdict = Arc<OnceLock<Result<PeerIdentity, String>>>;

impl End {
    fn prepare<S: AsyncRead + AsyncWrite>(
        &self,
        stream: S,
        peers: &Peers,
    ) -> Result<(SslStream<S>, Verdict), TlsError> {
        let made = (|| {
            let mut ssl = Ssl::new(&self.context)?;
            let verdict = Verdict::default();
            let (application, peers, noted) = (
                self.application.clone(),
                peers.clone(),
                Arc::clone(&verdict),
            );
            let mode = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
            ssl.set_verify_callback(mode, move |chain_is_good, context| {
                verify(chain_is_good, context, &application, &peers, &noted)
            });
            Ok::<_, ErrorStack>((SslStream::new(ssl, stream)?, verdict))
        })();
        made.map_err(while_trying("start a TLS connection"))
    }
}

/// Called by OpenSSL for each certificate of the chain, the peer's own last.
fn verify(
    chain_is_good: bool,
    context: &mut X509StoreContextRef,
    application: &ApplicationName,
    peers: &Peers,
    verdict: &Verdict,
) -> bool {
    let judged = if !chain_is_good {
        Err(format!(
            "its certificate is not of this application's authority ({})",
            context.error()
        ))
    } else if context.error_depth() > 0 {
        return true;
    } else {
        match context.current_cert() {
            Some(certificate) => judge(PeerIdentity::of(certificate), application, peers),
            None => Err("it showed no certificate".to_owned()),
        }
    };
    let admitted = judged.is_ok();
    if !admitted && chain_is_good {
        context.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
    }
    // The first verdict stands: a refusal ends the handshake.
    let _ = verdict.set(judged);
    admitted
}

/// Whether a peer with a good certificate may connect.
fn judge(
    peer: Result<PeerIdentity, String>,
    application: &ApplicationName,
    peers: &Peers,
) -> Result<PeerIdentity, String> {
    let peer = peer?;
    if peer.application != *application {
        Err(format!("it is {peer}, but this is {application}"))
    } else if !peers.include(&peer.role) {
        Err(format!(
            "it is {peer}, but only {peers} may be at the other end"
        ))
    } else {
        Ok(peer)
    }
}

fn finish<S>(
    stream: SslStream<S>,
    result: Result<(), openssl::ssl::Error>,
    verdict: &Verdict,
) -> Result<(SslStream<S>, PeerIdentity), TlsError> {
    match (result, verdict.get()) {
        (Ok(()), Some(Ok(peer))) => Ok((stream, peer.clone())),
        (_, Some(Err(reason))) => Err(TlsError::Refused(reason.clone())),
        // OpenSSL asks for a certificate and calls the check; a handshake without it must not count.
        (Ok(()), None) => Err(TlsError::Refused("it showed no certificate".to_owned())),
        (Err(error), None) => {
            let text = error.to_string();
            if text.contains("peer did not return a certificate") {
                Err(TlsError::Refused("it showed no certificate".to_owned()))
            } else {
                Err(TlsError::Handshake(text))
            }
        }
        (Err(error), Some(Ok(_))) => Err(TlsError::Handshake(error.to_string())),
    }
}
