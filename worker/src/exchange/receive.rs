//! The receiving side of a connection between two workers: decodes frames into the channels' queues and
//! sends credits back.

use std::collections::HashMap;
use std::sync::Arc;

use alpheus_dataflow::element::StreamElement;
use alpheus_dataflow::ids::AttemptNumber;
use arrow::datatypes::SchemaRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::channel::Channel;
use super::connection::{read_body, read_header, write_frame};
use super::frame::{FrameHeader, FrameKind, SmallBody, decode_small, encode_credit};
use super::window::{Cost, Window};
use super::{ChannelLimits, ipc};

/// Gives room back to the worker that sends into a channel.
#[derive(Clone)]
pub struct CreditReturn {
    channel: u32,
    outbox: UnboundedSender<(u32, Cost)>,
}

impl CreditReturn {
    /// The receiver has taken elements of this cost.
    pub fn give_back(&self, cost: Cost) {
        // Without a connection there is nobody to tell.
        let _ = self.outbox.send((self.channel, cost));
    }
}

/// A channel that another worker sends into.
pub struct InboundChannel {
    /// Its queue.
    pub channel: Arc<Channel>,
    /// The columns of its batches.
    pub schema: SchemaRef,
}

/// All channels that one other worker sends into.
pub struct InboundPeer {
    channels: HashMap<u32, InboundChannel>,
    credits: UnboundedReceiver<(u32, Cost)>,
    credit_outbox: UnboundedSender<(u32, Cost)>,
    limits: ChannelLimits,
}

impl InboundPeer {
    /// No channels yet.
    pub fn new(limits: ChannelLimits) -> Self {
        let (credit_outbox, credits) = mpsc::unbounded_channel();
        InboundPeer {
            channels: HashMap::new(),
            credits,
            credit_outbox,
            limits,
        }
    }

    /// Where the channel of that number returns credits.
    pub fn credit_return(&self, channel: u32) -> CreditReturn {
        CreditReturn {
            channel,
            outbox: self.credit_outbox.clone(),
        }
    }

    /// Adds a channel.
    pub fn add(&mut self, number: u32, channel: InboundChannel) {
        self.channels.insert(number, channel);
    }

    /// Serves a connection whose greeting is done, until it ends. Channels that have not ended by then
    /// fail with `reason_prefix` and the reason.
    pub(super) async fn serve<S>(self, stream: S, attempt: AttemptNumber, lost: &str)
    where
        S: AsyncRead + AsyncWrite,
    {
        let InboundPeer {
            channels,
            credits,
            limits,
            credit_outbox: _outbox,
        } = self;
        let (reader, writer) = tokio::io::split(stream);
        let mut inbound = Inbound {
            channels: channels
                .into_iter()
                .map(|(number, inbound)| (number, (inbound, 0, false)))
                .collect(),
            attempt,
            max_waiting: Window::max_batches(limits) + 16,
        };
        let result = tokio::select! {
            result = inbound.receive(BufReader::with_capacity(64 << 10, reader)) => result,
            reason = send_credits(credits, writer, attempt) => Err(reason),
        };
        let reason = match result {
            Ok(()) => "it closed the connection".to_owned(),
            Err(reason) => reason,
        };
        for (inbound, _, ended) in inbound.channels.values() {
            if !ended {
                inbound.channel.fail(&format!("{lost}: {reason}"));
            }
        }
    }

    /// Nobody will connect.
    pub(super) fn fail(&self, reason: &str) {
        for inbound in self.channels.values() {
            inbound.channel.fail(reason);
        }
    }
}

struct Inbound {
    /// Each with its next sequence number, and whether it has ended.
    channels: HashMap<u32, (InboundChannel, u64, bool)>,
    attempt: AttemptNumber,
    max_waiting: usize,
}

impl Inbound {
    async fn receive(&mut self, mut reader: impl AsyncRead + Unpin) -> Result<(), String> {
        while let Some(header) = read_header(&mut reader).await? {
            let body = read_body(&mut reader, &header).await?;
            self.take_in(header, body)?;
        }
        Ok(())
    }

    fn take_in(&mut self, header: FrameHeader, body: Vec<u8>) -> Result<(), String> {
        let number = header.channel;
        if header.attempt != self.attempt {
            return Err(format!("it sent a frame of attempt {}", header.attempt));
        }
        let Some((inbound, sequence, ended)) = self.channels.get_mut(&number) else {
            return Err(format!("it sent into channel {number}, which is not there"));
        };
        if header.sequence != *sequence || *ended {
            return Err(format!(
                "it sent frame {} of channel {number} where {sequence} was due",
                header.sequence
            ));
        }
        *sequence += 1;
        let text = |error: super::frame::FrameError| error.to_string();
        let (element, cost) = if header.kind == FrameKind::Data {
            let (batch, bytes) = ipc::decode(body, &inbound.schema).map_err(text)?;
            let cost = Cost {
                batches: 1,
                marks: 0,
                bytes,
            };
            (StreamElement::Data(batch), cost)
        } else {
            match decode_small(header.kind, &body).map_err(text)? {
                SmallBody::Element(element) => {
                    let cost = Cost::of(&element);
                    (element, cost)
                }
                _ => return Err(format!("it sent a {:?} frame among rows", header.kind)),
            }
        };
        *ended = matches!(element, StreamElement::EndOfInput);
        let waiting = inbound.channel.push(element, cost);
        match waiting > self.max_waiting {
            true => Err(format!("it sent into channel {number} without credit")),
            false => Ok(()),
        }
    }
}

/// Sends credits until the connection breaks; says how.
async fn send_credits(
    mut credits: UnboundedReceiver<(u32, Cost)>,
    writer: impl AsyncWrite + Unpin,
    attempt: AttemptNumber,
) -> String {
    let mut writer = BufWriter::new(writer);
    let mut sums: HashMap<u32, Cost> = HashMap::new();
    loop {
        // What has gathered in the meantime goes in one frame a channel.
        let Some((channel, cost)) = credits.recv().await else {
            return std::future::pending().await;
        };
        sums.insert(channel, cost);
        while let Ok((channel, cost)) = credits.try_recv() {
            let sum = sums.entry(channel).or_default();
            *sum = sum.plus(cost);
        }
        for (channel, cost) in sums.drain() {
            let header = FrameHeader {
                kind: FrameKind::Credit,
                channel,
                attempt,
                sequence: 0,
                length: 0,
            };
            if let Err(reason) = write_frame(&mut writer, header, &[&encode_credit(cost)]).await {
                return reason;
            }
        }
        if let Err(error) = writer.flush().await {
            return error.to_string();
        }
    }
}
