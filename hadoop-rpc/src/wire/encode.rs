//! Frames that a client sends (and, for tests, those that a server sends).

use super::ids::{CallId, ClientId};
use super::messages::{
    CallerContext, ConnectionContext, MethodHeader, RPC_FINAL_PACKET, RPC_PROTOCOL_BUFFER,
    RequestHeader, ResponseHeader, Sasl, UserInformation,
};
use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

/// Retry count of everything that is not a call.
const NO_RETRY: i32 = -1;

/// One call's coordinates.
#[derive(Clone, Debug)]
pub struct CallHead<'a> {
    /// The call's number.
    pub id: CallId,
    /// The client's name.
    pub client: ClientId,
    /// How often it was sent before.
    pub retry: i32,
    /// The protocol's full name.
    pub protocol: &'a str,
    /// The protocol's version.
    pub version: u64,
    /// Java's name of the method.
    pub method: &'a str,
    /// For the server's audit log.
    pub caller: Option<&'a str>,
}

/// A frame with a call; `request` is the encoded request message.
pub fn call(head: &CallHead<'_>, request: &[u8]) -> Bytes {
    let mut header = request_header(head.id, head.client.0.to_vec(), head.retry);
    header.caller_context = head.caller.map(|context| CallerContext {
        context: context.to_owned(),
        signature: None,
    });
    let method = MethodHeader {
        method_name: head.method.to_owned(),
        declaring_class_protocol_name: head.protocol.to_owned(),
        client_protocol_version: head.version,
    };
    let room = delimited_len(&header)
        + delimited_len(&method)
        + prost::length_delimiter_len(request.len())
        + request.len();
    frame(room, |out| {
        put(out, &header);
        put(out, &method);
        put_bytes(out, request);
    })
}

/// A frame with the connection context. `user` is empty for tokens: the token says who we are.
pub fn connection_context(client: ClientId, user: UserInformation, protocol: &str) -> Bytes {
    let header = request_header(CallId::CONNECTION_CONTEXT, client.0.to_vec(), NO_RETRY);
    let context = ConnectionContext {
        user_info: Some(user),
        protocol: Some(protocol.to_owned()),
    };
    frame(delimited_len(&header) + delimited_len(&context), |out| {
        put(out, &header);
        put(out, &context);
    })
}

/// A frame that says nothing but "I am still here".
pub fn ping(client: ClientId) -> Bytes {
    let header = request_header(CallId::PING, client.0.to_vec(), NO_RETRY);
    frame(delimited_len(&header), |out| put(out, &header))
}

/// A frame with a SASL message from the client.
pub fn sasl_request(message: &Sasl) -> Bytes {
    let header = request_header(CallId::SASL, Vec::new(), NO_RETRY);
    frame(delimited_len(&header) + delimited_len(message), |out| {
        put(out, &header);
        put(out, message);
    })
}

/// A frame from the server: a header and, when there is one, an encoded message.
pub fn response(header: &ResponseHeader, body: Option<&[u8]>) -> Bytes {
    let room = body.map_or(0, |b| prost::length_delimiter_len(b.len()) + b.len());
    frame(delimited_len(header) + room, |out| {
        put(out, header);
        if let Some(body) = body {
            put_bytes(out, body);
        }
    })
}

fn request_header(id: CallId, client_id: Vec<u8>, retry: i32) -> RequestHeader {
    RequestHeader {
        rpc_kind: Some(RPC_PROTOCOL_BUFFER),
        rpc_op: Some(RPC_FINAL_PACKET),
        call_id: id.0,
        client_id,
        retry_count: Some(retry),
        caller_context: None,
    }
}

fn delimited_len(message: &impl Message) -> usize {
    let length = message.encoded_len();
    prost::length_delimiter_len(length) + length
}

fn put(out: &mut BytesMut, message: &impl Message) {
    message
        .encode_length_delimited(out)
        .expect("a BytesMut grows as needed");
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    prost::encode_length_delimiter(bytes.len(), out).expect("a BytesMut grows as needed");
    out.put_slice(bytes);
}

fn frame(room: usize, fill: impl FnOnce(&mut BytesMut)) -> Bytes {
    let mut out = BytesMut::with_capacity(4 + room);
    out.put_u32(room as u32);
    fill(&mut out);
    debug_assert_eq!(out.len(), 4 + room);
    out.freeze()
}
