//! The sending side of a connection between two workers.
//!
//! Tasks put elements into the link's outbox (bounded by the channels' windows) and go on; a task on the
//! I/O runtime connects, encodes and writes. Credit frames that come back free room in the windows and
//! wake the tasks that wait for it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use alpheus_dataflow::element::StreamElement;
use alpheus_hadoop_conf::options::taskmanager::ExchangeCodec;
use alpheus_security::tls::{Peers, TlsClient};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::timeout;

use super::connection::{read_hello, read_small, worker_role, write_frame, write_hello};
use super::frame::{FrameHeader, FrameKind, Hello, SmallBody, encode_element};
use super::ipc::BatchEncoder;
use super::window::{Cost, Window};
use crate::control::WorkerId;
use crate::waker::SlotWaker;

/// How long connecting, handshake and greeting may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(70);

struct Outgoing {
    channel: u32,
    element: StreamElement,
    cost: Cost,
}

/// A channel of a link, as the link needs to know it.
pub struct LinkChannel {
    /// Its number.
    pub channel: u32,
    /// Its window.
    pub window: Arc<Window>,
    /// Who sends into it.
    pub producer: SlotWaker,
}

/// One connection to another worker, as the tasks that send over it see it.
pub struct Link {
    outbox: UnboundedSender<Outgoing>,
    broken: Arc<OnceLock<String>>,
}

/// The sending end of a channel to another worker.
pub struct RemoteSender {
    channel: u32,
    window: Arc<Window>,
    link: Arc<Link>,
}

impl RemoteSender {
    /// An end of `channel` over `link`.
    pub fn new(channel: u32, window: Arc<Window>, link: Arc<Link>) -> Self {
        RemoteSender {
            channel,
            window,
            link,
        }
    }

    #[expect(
        clippy::result_large_err,
        reason = "what could not be sent goes back to the sender, which keeps it"
    )]
    pub(super) fn try_send(&self, element: StreamElement) -> Result<(), StreamElement> {
        let cost = Cost::of(&element);
        if !self.window.try_take(cost) {
            return Err(element);
        }
        let outgoing = Outgoing {
            channel: self.channel,
            element,
            cost,
        };
        // A closed outbox is a broken link, which `broken` tells.
        let _ = self.link.outbox.send(outgoing);
        Ok(())
    }

    pub(super) fn broken(&self) -> Option<&str> {
        self.link.broken.get().map(String::as_str)
    }
}

/// What a link is made of.
pub(super) struct LinkSetup {
    pub client: TlsClient,
    /// `host:port` of the other worker.
    pub address: String,
    pub peer: WorkerId,
    pub hello: Hello,
    pub channels: Vec<LinkChannel>,
    /// For a peer on another machine.
    pub codec: ExchangeCodec,
}

impl Link {
    /// A link and the work that drives it.
    pub(super) fn new(setup: LinkSetup) -> (Arc<Link>, impl Future<Output = ()> + Send) {
        let (outbox, outgoing) = mpsc::unbounded_channel();
        let broken = Arc::new(OnceLock::new());
        let link = Arc::new(Link {
            outbox,
            broken: Arc::clone(&broken),
        });
        let drive = async move {
            if let Err(reason) = drive(&setup, outgoing).await {
                let _ = broken.set(format!(
                    "lost the connection to worker {} at {}: {reason}; \
                     if its process has failed, its log says why",
                    setup.peer.0, setup.address
                ));
                setup
                    .channels
                    .iter()
                    .for_each(|channel| channel.producer.wake());
            }
        };
        (link, drive)
    }
}

async fn drive(setup: &LinkSetup, outgoing: UnboundedReceiver<Outgoing>) -> Result<(), String> {
    let connect = async {
        let tcp = TcpStream::connect(&setup.address)
            .await
            .map_err(|error| error.to_string())?;
        // Within a machine compressing costs more than it saves.
        let near = matches!(
            (tcp.local_addr(), tcp.peer_addr()),
            (Ok(here), Ok(there)) if here.ip() == there.ip()
        );
        let codec = if near {
            ExchangeCodec::None
        } else {
            setup.codec
        };
        tcp.set_nodelay(true).map_err(|error| error.to_string())?;
        let peers = Peers::Exactly(worker_role(setup.peer));
        let connected = setup.client.connect(tcp, &peers).await;
        let (mut stream, _) = connected.map_err(|error| error.to_string())?;
        write_hello(&mut stream, &setup.hello).await?;
        let answer = read_hello(&mut stream).await?;
        let expected = Hello {
            worker: setup.peer,
            ..setup.hello.clone()
        };
        match answer == expected {
            true => Ok((stream, codec)),
            false => Err(format!("it answers as {answer:?}")),
        }
    };
    let connected = timeout(CONNECT_TIMEOUT, connect).await;
    let (stream, codec) = connected.unwrap_or_else(|_| Err("it does not answer".to_owned()))?;
    let (reader, writer) = tokio::io::split(stream);
    let credits = receive_credits(setup, reader);
    let encoder = BatchEncoder::compressing(codec).map_err(|error| error.to_string())?;
    let elements = send_elements(setup, encoder, outgoing, writer);
    // Credits end with the connection; elements end with the tasks. An end of the credits before the
    // last element is out is a failure, after it is the peer's goodbye.
    tokio::pin!(credits, elements);
    tokio::select! {
        sent = &mut elements => {
            sent?;
            let _ = credits.await;
            Ok(())
        }
        reason = &mut credits => Err(reason),
    }
}

async fn send_elements(
    setup: &LinkSetup,
    mut encoder: BatchEncoder,
    mut outgoing: UnboundedReceiver<Outgoing>,
    writer: impl AsyncWrite + Unpin,
) -> Result<(), String> {
    let mut writer = BufWriter::with_capacity(64 << 10, writer);
    let mut sequences: HashMap<u32, u64> = HashMap::new();
    loop {
        let next = match outgoing.try_recv() {
            Ok(next) => Some(next),
            Err(_) => {
                writer.flush().await.map_err(|error| error.to_string())?;
                outgoing.recv().await
            }
        };
        let Some(Outgoing {
            channel,
            element,
            cost,
        }) = next
        else {
            break;
        };
        let sequence = sequences.entry(channel).or_default();
        let header = FrameHeader {
            kind: FrameKind::Data,
            channel,
            attempt: setup.hello.attempt,
            sequence: *sequence,
            length: 0,
        };
        *sequence += 1;
        if let StreamElement::Data(batch) = &element {
            let encoded = encoder.encode(batch, cost.bytes);
            let (head, columns) = encoded.map_err(|error| error.to_string())?;
            write_frame(&mut writer, header, &[&head, &columns]).await?;
        } else if let Some((kind, body)) = encode_element(&element) {
            write_frame(&mut writer, FrameHeader { kind, ..header }, &[&body]).await?;
        }
    }
    writer.shutdown().await.map_err(|error| error.to_string())
}

/// Gives credits back until the connection ends; says how it ended.
async fn receive_credits(setup: &LinkSetup, mut reader: impl AsyncRead + Unpin) -> String {
    let channels: HashMap<u32, &LinkChannel> = setup
        .channels
        .iter()
        .map(|channel| (channel.channel, channel))
        .collect();
    loop {
        match read_small(&mut reader).await {
            Ok(Some((header, SmallBody::Credit(cost)))) => {
                let Some(channel) = channels.get(&header.channel) else {
                    return format!(
                        "it gave credit for channel {}, which is not there",
                        header.channel
                    );
                };
                if channel.window.give_back(cost) {
                    channel.producer.wake();
                }
            }
            Ok(Some((header, _))) => return format!("it sent a {:?} frame backwards", header.kind),
            Ok(None) => return "it closed the connection".to_owned(),
            Err(reason) => return reason,
        }
    }
}
