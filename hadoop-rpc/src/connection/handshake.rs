//! From an address to a connection on which calls can be made.

use super::sealing::{Opener, Sealer};
use super::stream::{FrameStream, Io};
use crate::config::ClientConfig;
use crate::error::RpcError;
use crate::protocol::Target;
use crate::sasl::negotiate::{Session, negotiate};
use crate::sasl::{AuthMethod, Authenticator};
use crate::wire::{ClientId, Preamble, Splitter, encode, preamble};
use bytes::BytesMut;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// A stream whose peer knows us.
pub(crate) struct Ready {
    pub(crate) io: Box<dyn Io>,
    pub(crate) splitter: Splitter,
    pub(crate) sealing: Option<(Sealer, Opener)>,
}

/// Opens the socket.
pub(crate) async fn connect(target: &Target, timeout: Duration) -> Result<Box<dyn Io>, RpcError> {
    let fail = |source: io::Error| RpcError::Connect {
        server: target.server.clone(),
        source: Arc::new(source),
    };
    let address = (target.server.host.as_str(), target.server.port);
    let stream = tokio::time::timeout(timeout, TcpStream::connect(address))
        .await
        .map_err(|_| {
            let text = format!("no answer within {}s", timeout.as_secs_f32());
            fail(io::Error::new(io::ErrorKind::TimedOut, text))
        })?
        .map_err(fail)?;
    stream.set_nodelay(true).map_err(fail)?;
    Ok(Box::new(stream))
}

/// Introduces us: preamble, SASL, connection context.
pub(crate) async fn introduce(
    io: Box<dyn Io>,
    target: &Target,
    identity: &Arc<dyn Authenticator>,
    client: ClientId,
    config: &ClientConfig,
) -> Result<Ready, RpcError> {
    let mut stream = FrameStream::new(io, target.server.clone(), config.max_response);
    let session = if identity.use_sasl() {
        stream.send(&preamble(Preamble::Sasl)).await?;
        negotiate(&mut stream, target, identity).await?
    } else {
        stream.send(&preamble(Preamble::Simple)).await?;
        Session {
            method: AuthMethod::Simple,
            sealing: None,
        }
    };
    let user = identity.user(session.method);
    let context = encode::connection_context(client, user, target.protocol.name);
    let mut sealing = session
        .sealing
        .map(|(wrap, unwrap)| (Sealer(wrap), Opener::new(unwrap, config.max_response)));
    match &mut sealing {
        None => stream.send(&context).await?,
        Some((sealer, _)) => {
            let mut sealed = BytesMut::new();
            sealer
                .seal(&context, &mut sealed)
                .map_err(|e| RpcError::Authentication {
                    server: target.server.clone(),
                    reason: e.to_string(),
                })?;
            stream.send(&sealed).await?;
        }
    }
    let (io, splitter) = stream.into_parts();
    Ok(Ready {
        io,
        splitter,
        sealing,
    })
}
