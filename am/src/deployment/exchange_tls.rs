//! A worker's certificate as the exchange between workers uses it.

use std::sync::Arc;

use alpheus_security::tls::{ApplicationName, Identity, PeerIdentity, Role};
use alpheus_worker::control::WorkerId;
use alpheus_worker::environment::ExchangeTls;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    SslAcceptor, SslConnector, SslContextBuilder, SslMethod, SslSessionCacheMode, SslVerifyMode,
    SslVersion,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

/// Both ends of TLS between this worker and the others of its job.
///
/// # Errors
/// When OpenSSL cannot be set up.
pub fn of(identity: &Identity) -> std::io::Result<ExchangeTls> {
    let pem = identity.to_pem().map_err(std::io::Error::other)?;
    let mut acceptor = SslAcceptor::mozilla_modern_v5(SslMethod::tls_server())?;
    set_up(&mut acceptor, pem.expose())?;
    let mut connector = SslConnector::builder(SslMethod::tls_client())?;
    set_up(&mut connector, pem.expose())?;
    let application = identity.application().clone();
    Ok(ExchangeTls {
        acceptor: Arc::new(acceptor.build()),
        connector: Arc::new(connector.build()),
        identify: Arc::new(move |certificate| {
            PeerIdentity::of(certificate)
                .ok()
                .and_then(|peer| worker_of(&peer, &application))
        }),
    })
}

/// TLS 1.3 only, this worker's certificate, and the job's authority as the only one to trust.
fn set_up(builder: &mut SslContextBuilder, pem: &[u8]) -> Result<(), ErrorStack> {
    let key = PKey::private_key_from_pem(pem)?;
    let certificates = X509::stack_from_pem(pem)?;
    let mut store = X509StoreBuilder::new()?;
    if let Some(authority) = certificates.get(1) {
        store.add_cert(authority.clone())?;
    }
    builder.set_cert_store(store.build());
    builder.set_min_proto_version(Some(SslVersion::TLS1_3))?;
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_num_tickets(0)?;
    builder.set_verify_depth(1);
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    if let Some(own) = certificates.first() {
        builder.set_certificate(own)?;
    }
    builder.set_private_key(&key)?;
    builder.check_private_key()
}

fn worker_of(peer: &PeerIdentity, application: &ApplicationName) -> Option<WorkerId> {
    match &peer.role {
        Role::Worker(name) if peer.application == *application => name.parse().ok().map(WorkerId),
        _ => None,
    }
}
