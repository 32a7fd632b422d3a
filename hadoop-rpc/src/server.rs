//! A Hadoop RPC server, good enough to test clients against: it misbehaves on command, which real daemons don't.
//!
//! Each connection is served by one task. What it offers for authentication and how it answers is up to [`Service`].

use crate::wire::messages::{
    ConnectionContext, MethodHeader, RequestHeader, ResponseHeader, STATUS_ERROR, STATUS_FATAL,
    STATUS_SUCCESS, Sasl, SaslAuth, SaslState,
};
use crate::wire::{CallId, Preamble, Splitter, WireError, decode, encode, read_preamble};
use alpheus_security::sasl::{SaslUnwrap, SaslWrap};
use bytes::Bytes;
use prost::Message;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A call as the server sees it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Number, client and retry count.
    pub header: RequestHeader,
    /// The method's name.
    pub method: String,
    /// The encoded request.
    pub request: Bytes,
    /// What the connection's context said.
    pub context: ConnectionContext,
}

/// What to do about a call.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answer with this encoded message.
    Success(Vec<u8>),
    /// Throw: class and message.
    Error(&'static str, String),
    /// Throw and close.
    Fatal(&'static str, String),
    /// Say nothing.
    Silence,
    /// Close the connection.
    Hangup,
    /// Send these bytes as they are.
    Raw(Vec<u8>),
}

/// The server's half of a mechanism.
pub trait ServerMechanism: Send {
    /// Answers a client's token; the error is told to the client.
    fn step(&mut self, token: &[u8]) -> Result<Vec<u8>, String>;

    /// Whether the server is content; its last answer then goes with its SUCCESS.
    fn is_complete(&self) -> bool;

    /// The layer that was agreed on.
    fn split(self: Box<Self>) -> Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)>;
}

/// A server's behavior.
pub trait Service: Send + Sync + 'static {
    /// What is offered for authentication; empty means that SUCCESS is the answer to everyone.
    fn offers(&self) -> Vec<SaslAuth> {
        Vec::new()
    }

    /// The server's half of a mechanism.
    fn mechanism(&self, _offer: &SaslAuth) -> Result<Box<dyn ServerMechanism>, String> {
        Err("this server has no mechanisms".into())
    }

    /// Answers a call. Calls run at the same time, so answers may overtake each other.
    fn answer(&self, call: Received) -> impl Future<Output = Reply> + Send;
}

/// A running server; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub port: u16,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Listens on a free port of localhost.
    pub async fn start(service: Arc<impl Service>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, Arc::clone(&service)));
            }
        });
        Ok(Self { port, task })
    }
}

struct Peer {
    socket: TcpStream,
    outer: Splitter,
    inner: Splitter,
    sealing: Option<(Box<dyn SaslWrap>, Box<dyn SaslUnwrap>)>,
}

async fn serve(socket: TcpStream, service: Arc<impl Service>) {
    let limit = 1 << 20;
    let mut peer = Peer {
        socket,
        outer: Splitter::new(limit),
        inner: Splitter::new(limit),
        sealing: None,
    };
    // A client that goes away or talks nonsense ends its own connection only.
    let _ = converse(&mut peer, service).await;
}

async fn converse(peer: &mut Peer, service: Arc<impl Service>) -> io::Result<()> {
    let mut first = [0; 7];
    peer.socket.read_exact(&mut first).await?;
    match read_preamble(&first) {
        Some(Preamble::Sasl) => authenticate(peer, service.as_ref()).await?,
        Some(Preamble::Simple) => {}
        None => return Err(io::Error::other("no Hadoop RPC")),
    }
    let (replies, mut outgoing) = mpsc::channel(64);
    let mut context = ConnectionContext::default();
    loop {
        tokio::select! {
            frame = peer.receive() => {
                let (header, mut rest) = decode::request(frame?).map_err(invalid)?;
                match CallId(header.call_id) {
                    CallId::CONNECTION_CONTEXT => context = decode::delimited(&mut rest, "context").map_err(invalid)?,
                    CallId::PING => {}
                    _ => {
                        let method: MethodHeader = decode::delimited(&mut rest, "method").map_err(invalid)?;
                        let request = decode::delimited_bytes(&mut rest, "request").map_err(invalid)?;
                        let call = Received { header: header.clone(), method: method.method_name, request, context: context.clone() };
                        let (service, replies) = (Arc::clone(&service), replies.clone());
                        tokio::spawn(async move {
                            let reply = service.answer(call).await;
                            let _ = replies.send((header, reply)).await;
                        });
                    }
                }
            }
            Some((header, reply)) = outgoing.recv() => {
                if !peer.reply(&header, reply).await? {
                    return Ok(());
                }
            }
        }
    }
}

async fn authenticate(peer: &mut Peer, service: &impl Service) -> io::Result<()> {
    peer.receive_sasl().await?;
    let offers = service.offers();
    if offers.is_empty() {
        return peer.send_sasl(SaslState::Success, None, Vec::new()).await;
    }
    peer.send_sasl(SaslState::Negotiate, None, offers).await?;
    let (_, initiate) = peer.receive_sasl().await?;
    let Some(offer) = initiate.auths.first().filter(|o| !o.mechanism.is_empty()) else {
        return Ok(());
    };
    let mut mechanism = match service.mechanism(offer) {
        Ok(mechanism) => mechanism,
        Err(error) => {
            return peer.fatal("javax.security.sasl.SaslException", error).await;
        }
    };
    let mut token = initiate.token;
    loop {
        let answer = match mechanism.step(token.as_deref().unwrap_or_default()) {
            Ok(answer) => answer,
            Err(error) => {
                return peer.fatal("javax.security.sasl.SaslException", error).await;
            }
        };
        if mechanism.is_complete() {
            peer.send_sasl(SaslState::Success, Some(answer), Vec::new())
                .await?;
            peer.sealing = mechanism.split();
            return Ok(());
        }
        peer.send_sasl(SaslState::Challenge, Some(answer), Vec::new())
            .await?;
        token = peer.receive_sasl().await?.1.token;
    }
}

impl Peer {
    /// The next frame, opened if the connection is sealed.
    async fn receive(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(frame) = self.inner.next_frame().map_err(invalid)? {
                return Ok(frame);
            }
            if let Some(frame) = self.outer.next_frame().map_err(invalid)? {
                let Some((_, opener)) = &mut self.sealing else {
                    return Ok(frame);
                };
                let (_, mut rest) = decode::request(frame).map_err(invalid)?;
                let sasl: Sasl = decode::delimited(&mut rest, "sealed piece").map_err(invalid)?;
                let plain = opener
                    .unwrap(&sasl.token.unwrap_or_default())
                    .map_err(io::Error::other)?;
                self.inner.buffer().extend_from_slice(&plain);
                continue;
            }
            if self.socket.read_buf(self.outer.buffer()).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn receive_sasl(&mut self) -> io::Result<(SaslState, Sasl)> {
        let (_, mut rest) = decode::request(self.receive().await?).map_err(invalid)?;
        let body = decode::delimited_bytes(&mut rest, "SASL message").map_err(invalid)?;
        decode::sasl(body).map_err(invalid)
    }

    async fn send_sasl(
        &mut self,
        state: SaslState,
        token: Option<Vec<u8>>,
        auths: Vec<SaslAuth>,
    ) -> io::Result<()> {
        let sasl = Sasl {
            version: None,
            state: state.to_wire(),
            token,
            auths,
        };
        let frame = encode::response(&sasl_header(STATUS_SUCCESS), Some(&sasl.encode_to_vec()));
        self.socket.write_all(&frame).await
    }

    async fn fatal(&mut self, class: &str, message: String) -> io::Result<()> {
        let header = ResponseHeader {
            exception_class_name: Some(class.to_owned()),
            error_msg: Some(message),
            ..sasl_header(STATUS_FATAL)
        };
        self.socket
            .write_all(&encode::response(&header, None))
            .await?;
        Err(io::Error::other("authentication failed"))
    }

    /// Sends a reply; false when that ends the connection.
    async fn reply(&mut self, request: &RequestHeader, reply: Reply) -> io::Result<bool> {
        let header = |status, class: Option<&str>, message| ResponseHeader {
            call_id: request.call_id as u32,
            status,
            exception_class_name: class.map(str::to_owned),
            error_msg: message,
            client_id: Some(request.client_id.clone()),
            retry_count: request.retry_count,
            ..Default::default()
        };
        match reply {
            Reply::Success(body) => {
                self.send(&encode::response(
                    &header(STATUS_SUCCESS, None, None),
                    Some(&body),
                ))
                .await?
            }
            Reply::Error(class, text) => {
                self.send(&encode::response(
                    &header(STATUS_ERROR, Some(class), Some(text)),
                    None,
                ))
                .await?
            }
            Reply::Fatal(class, text) => {
                self.send(&encode::response(
                    &header(STATUS_FATAL, Some(class), Some(text)),
                    None,
                ))
                .await?;
                return Ok(false);
            }
            Reply::Silence => {}
            Reply::Hangup => return Ok(false),
            Reply::Raw(bytes) => self.socket.write_all(&bytes).await?,
        }
        Ok(true)
    }

    async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        let Some((sealer, _)) = &mut self.sealing else {
            return self.socket.write_all(frame).await;
        };
        let pieces: Result<Vec<_>, _> = frame
            .chunks(sealer.wrap_limit().max(1))
            .map(|piece| sealer.wrap(piece))
            .collect();
        for token in pieces.map_err(io::Error::other)? {
            self.send_sasl(SaslState::Wrap, Some(token), Vec::new())
                .await?;
        }
        Ok(())
    }
}

fn sasl_header(status: i32) -> ResponseHeader {
    ResponseHeader {
        call_id: CallId::SASL.0 as u32,
        status,
        ..Default::default()
    }
}

fn invalid(error: WireError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
