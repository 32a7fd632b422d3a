//! The wire against bytes seen from Hadoop 3.4.1 itself, and against noise.

use super::messages::{
    RequestHeader, ResponseHeader, STATUS_SUCCESS, Sasl, SaslAuth, SaslState, UserInformation,
};
use super::*;
use bytes::Bytes;
use proptest::prelude::*;
use prost::Message;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn sasl(state: SaslState, token: Option<Vec<u8>>) -> Sasl {
    Sasl {
        version: None,
        state: state.to_wire(),
        token,
        auths: Vec::new(),
    }
}

#[test]
fn opens_like_java() {
    let mut bytes = preamble(Preamble::Sasl).to_vec();
    bytes.extend_from_slice(&encode::sasl_request(&sasl(SaslState::Negotiate, None)));
    assert_eq!(
        bytes,
        hex("687270630900df 0000000e 0a 08021000184122002801 02 1001")
    );
}

#[test]
fn answers_with_an_empty_token_that_is_there() {
    let frame = encode::sasl_request(&sasl(SaslState::Response, Some(Vec::new())));
    assert_eq!(frame, hex("00000010 0a 08021000184122002801 04 1004 1a00"));
}

#[test]
fn sends_javas_context() {
    let frame = encode::connection_context(
        ClientId([7; 16]),
        UserInformation::default(),
        "org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB",
    );
    let mut expected = hex("00000056 1a 080210001805 2210");
    expected.extend_from_slice(&[7; 16]);
    expected.extend_from_slice(&hex("2801 3a 1200 1a36"));
    expected.extend_from_slice(b"org.apache.hadoop.yarn.api.ApplicationMasterProtocolPB");
    assert_eq!(frame, expected);
}

#[test]
fn reads_a_servers_success() {
    let mut splitter = Splitter::new(1024);
    splitter
        .buffer()
        .extend_from_slice(&hex("00000012 0e 08dfffffff0f100018093a004001 02 1000"));
    let response = decode::response(splitter.next_frame().unwrap().unwrap()).unwrap();
    assert_eq!(response.call_id(), CallId::SASL);
    assert_eq!(decode::sasl(response.body).unwrap().0, SaslState::Success);
}

#[test]
fn an_initiate_repeats_the_servers_offer_byte_for_byte() {
    let offer = hex("0a05544f4b454e 120a4449474553542d4d4435 1a00 220764656661756c74");
    let auth = SaslAuth::decode(offer.as_slice()).unwrap();
    assert_eq!(auth.protocol.as_deref(), Some(""));
    assert_eq!(auth.encode_to_vec(), offer);
}

#[test]
fn refuses_web_ports_ancient_servers_and_long_frames() {
    let cases: [(&[u8], WireError); 3] = [
        (b"HTTP/1.1 400 Bad Request", WireError::Http),
        (&[0xff; 4], WireError::Ancient(-1)),
        (
            &[0, 0, 4, 1],
            WireError::TooLong {
                length: 1025,
                limit: 1024,
            },
        ),
    ];
    for (bytes, expected) in cases {
        let mut splitter = Splitter::new(1024);
        splitter.buffer().extend_from_slice(bytes);
        assert_eq!(splitter.next_frame(), Err(expected));
    }
}

proptest! {
    #[test]
    fn noise_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = Bytes::from(bytes);
        let _ = decode::response(bytes.clone());
        let _ = decode::request(bytes.clone());
        let _ = decode::sasl(bytes.clone());
        let mut splitter = Splitter::new(64);
        splitter.buffer().extend_from_slice(&bytes);
        while let Ok(Some(frame)) = splitter.next_frame() {
            prop_assert!(frame.len() <= 64);
        }
    }

    #[test]
    fn a_damaged_answer_is_an_error_or_an_answer(id in any::<i32>(), body in prop::collection::vec(any::<u8>(), 0..64), at in 0usize..200, with in any::<u8>()) {
        let header = ResponseHeader { call_id: id as u32, status: STATUS_SUCCESS, ..Default::default() };
        let mut frame = encode::response(&header, Some(&body)).to_vec();
        let at = at % frame.len();
        frame[at] = with;
        let _ = decode::response(Bytes::from(frame).slice(4..));
    }

    #[test]
    fn frames_survive_any_cutting(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 1..6), cut in 1usize..9) {
        let mut stream = Vec::new();
        for (at, body) in bodies.iter().enumerate() {
            let header = ResponseHeader { call_id: at as u32, status: STATUS_SUCCESS, ..Default::default() };
            stream.extend_from_slice(&encode::response(&header, Some(body)));
        }
        let mut splitter = Splitter::new(1024);
        let mut seen = Vec::new();
        for piece in stream.chunks(cut) {
            splitter.buffer().extend_from_slice(piece);
            while let Some(frame) = splitter.next_frame().unwrap() {
                seen.push(decode::response(frame).unwrap());
            }
        }
        prop_assert_eq!(seen.len(), bodies.len());
        for (at, response) in seen.iter().enumerate() {
            prop_assert_eq!(response.call_id(), CallId(at as i32));
            prop_assert_eq!(&response.body[..], &bodies[at][..]);
        }
    }

    #[test]
    fn calls_read_back(id in 0..i32::MAX, retry in 0i32..100, request in prop::collection::vec(any::<u8>(), 0..64)) {
        let head = encode::CallHead { id: CallId(id), client: ClientId([1; 16]), retry, protocol: "p", version: 1, method: "m", caller: Some("me") };
        let frame = encode::call(&head, &request);
        let (header, mut rest): (RequestHeader, Bytes) = decode::request(frame.slice(4..)).unwrap();
        prop_assert_eq!(header.call_id, id);
        prop_assert_eq!(header.retry_count, Some(retry));
        let method: messages::MethodHeader = decode::delimited(&mut rest, "method").unwrap();
        prop_assert_eq!(method.method_name, "m");
        prop_assert_eq!(&decode::delimited_bytes(&mut rest, "request").unwrap()[..], &request[..]);
    }
}
