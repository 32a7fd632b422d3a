//! Asking a KDC what time it is: whether it is there, and whether its clock and ours agree.
//!
//! A request for a ticket that proves nothing (RFC 4120, 5.4.1) is refused by every KDC, and the refusal (5.9.1) has the
//! KDC's time in it. Nothing is needed for that: no key, no ticket, no library.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, SystemTime};

/// The port of KDCs.
const PORT: u16 = 88;
/// The longest answer that is read.
const LONGEST: usize = 64 << 10;

/// What a KDC answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdcAnswer {
    /// Its clock, to the second; `None` if it did not say.
    pub time: Option<SystemTime>,
    /// Its error number (RFC 4120, 7.5.9): 25 asks for a proof and is what one expects, 6 does not know the principal.
    pub code: Option<i64>,
}

/// Asks the KDC at `host`, `host:port` or `[address]:port` for a ticket of a principal, without any proof. By TCP, and if
/// nobody listens there, by UDP.
///
/// # Errors
/// When it does not answer in time, or what answers is no KDC.
pub fn ask_kdc(server: &str, principal: &str, limit: Duration) -> io::Result<KdcAnswer> {
    let (host, port) = split(server);
    let address = (host, port).to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no address"))?;
    let request = request(principal);
    let answer = match TcpStream::connect_timeout(&address, limit) {
        Ok(mut stream) => {
            stream.set_read_timeout(Some(limit))?;
            stream.set_write_timeout(Some(limit))?;
            let length = u32::try_from(request.len()).unwrap_or(u32::MAX);
            stream.write_all(&length.to_be_bytes())?;
            stream.write_all(&request)?;
            let mut head = [0; 4];
            stream.read_exact(&mut head)?;
            let length = (u32::from_be_bytes(head) as usize).min(LONGEST);
            let mut answer = vec![0; length];
            stream.read_exact(&mut answer)?;
            answer
        }
        Err(_) => {
            let local = if address.is_ipv4() {
                "0.0.0.0:0"
            } else {
                "[::]:0"
            };
            let socket = UdpSocket::bind(local)?;
            socket.set_read_timeout(Some(limit))?;
            socket.connect(address)?;
            socket.send(&request)?;
            let mut answer = vec![0; LONGEST];
            let length = socket.recv(&mut answer)?;
            answer.truncate(length);
            answer
        }
    };
    parse(&answer)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "what answers there is no KDC"))
}

fn split(server: &str) -> (&str, u16) {
    let server = server.trim();
    // `tcp/host` and `udp/host` are MIT's words for a transport.
    let server = server.split_once('/').map_or(server, |(_, host)| host);
    if let Some((host, port)) = server
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (
            host,
            port.strip_prefix(':')
                .and_then(|p| p.parse().ok())
                .unwrap_or(PORT),
        );
    }
    match server.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().unwrap_or(PORT)),
        _ => (server, PORT),
    }
}

/// The tags of DER that are used.
mod tag {
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const SEQUENCE: u8 = 0x30;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const GENERAL_STRING: u8 = 0x1b;
    /// `[n]`
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }
    /// `[APPLICATION n]`
    pub const fn application(number: u8) -> u8 {
        0x60 | number
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let skipped = bytes.iter().take_while(|byte| **byte == 0).count();
            let bytes = &bytes[skipped..];
            // A length has 8 bytes at most.
            out.push(0x80 | bytes.len() as u8);
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

fn integer(value: u8) -> Vec<u8> {
    // Small numbers only: no sign to care for.
    der(tag::INTEGER, &[value])
}

fn text(value: &str) -> Vec<u8> {
    der(tag::GENERAL_STRING, value.as_bytes())
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    der(tag::context(number), content)
}

fn name(kind: u8, parts: &[&str]) -> Vec<u8> {
    let parts: Vec<u8> = parts.iter().flat_map(|part| text(part)).collect();
    let content = [
        field(0, &integer(kind)),
        field(1, &der(tag::SEQUENCE, &parts)),
    ];
    der(tag::SEQUENCE, &content.concat())
}

/// `AS-REQ` without pre-authentication, for the ticket-granting ticket of a principal.
fn request(principal: &str) -> Vec<u8> {
    let (who, realm) = principal.rsplit_once('@').unwrap_or((principal, ""));
    let parts: Vec<&str> = who.split('/').collect();
    // AES256-SHA1, AES128-SHA1, AES256-SHA2, AES128-SHA2, RC4: any will do, no key is used.
    let types: Vec<u8> = [18, 17, 20, 19, 23].into_iter().flat_map(integer).collect();
    let body = [
        field(0, &der(tag::BIT_STRING, &[0; 5])),
        field(1, &name(1, &parts)),
        field(2, &text(realm)),
        field(3, &name(2, &["krbtgt", realm])),
        field(5, &der(tag::GENERALIZED_TIME, b"20370101000000Z")),
        field(7, &integer(1)),
        field(8, &der(tag::SEQUENCE, &types)),
    ];
    let message = [
        field(1, &integer(5)),
        field(2, &integer(10)),
        field(4, &der(tag::SEQUENCE, &body.concat())),
    ];
    der(tag::application(10), &der(tag::SEQUENCE, &message.concat()))
}

/// One element: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count > 4 || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        let length = digits
            .iter()
            .fold(0, |sum, digit| (sum << 8) | usize::from(*digit));
        (length, rest)
    };
    if rest.len() < length {
        return None;
    }
    let (content, rest) = rest.split_at(length);
    Some((tag, content, rest))
}

/// Reads `KRB-ERROR`, or the `AS-REP` of a principal that needs no proof.
fn parse(bytes: &[u8]) -> Option<KdcAnswer> {
    let (outer, content, _) = element(bytes)?;
    let mut answer = KdcAnswer {
        time: None,
        code: None,
    };
    if outer == tag::application(11) {
        return Some(answer);
    }
    if outer != tag::application(30) {
        return None;
    }
    let (_, mut fields, _) = element(content)?;
    while let Some((number, value, rest)) = element(fields) {
        fields = rest;
        let Some((_, value, _)) = element(value) else {
            continue;
        };
        if number == tag::context(4) {
            answer.time = generalized_time(value);
        } else if number == tag::context(6) {
            let digits = value.iter().take(4);
            answer.code = Some(digits.fold(0, |sum, digit| (sum << 8) | i64::from(*digit)));
        }
    }
    Some(answer)
}

/// `YYYYMMDDHHMMSSZ`
fn generalized_time(bytes: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(bytes).ok()?;
    let time = chrono::NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%SZ").ok()?;
    let seconds = u64::try_from(time.and_utc().timestamp()).ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn servers_are_named_as_in_krb5_conf() {
        assert_eq!(split("kdc.example.com"), ("kdc.example.com", 88));
        assert_eq!(split("kdc:1088"), ("kdc", 1088));
        assert_eq!(split("tcp/kdc:1088"), ("kdc", 1088));
        assert_eq!(split("[::1]:1088"), ("::1", 1088));
        assert_eq!(split("[::1]"), ("::1", 88));
        assert_eq!(split("fe80::1"), ("fe80::1", 88));
    }

    fn refusal(time: &[u8], code: u8) -> Vec<u8> {
        let fields = [
            field(0, &integer(5)),
            field(1, &integer(30)),
            field(4, &der(tag::GENERALIZED_TIME, time)),
            field(5, &integer(7)),
            field(6, &integer(code)),
            field(9, &text("TEST.LOCAL")),
            field(12, &[0x1b; 1]),
        ];
        der(tag::application(30), &der(tag::SEQUENCE, &fields.concat()))
    }

    #[test]
    fn a_refusal_has_the_time() {
        let answer = parse(&refusal(b"20261128130000Z", 25)).unwrap();
        let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_870_800);
        assert_eq!(answer.time, Some(expected));
        assert_eq!(answer.code, Some(25));
        assert_eq!(parse(&refusal(b"junk", 6)).unwrap().time, None);
        assert!(parse(b"HTTP/1.1 400 Bad Request").is_none());
    }

    #[test]
    fn a_request_is_what_the_rfc_says() {
        let bytes = request("alice@R");
        let (outer, content, rest) = element(&bytes).unwrap();
        assert_eq!((outer, rest.len()), (0x6a, 0));
        let (_, fields, _) = element(content).unwrap();
        assert_eq!(&fields[..5], [0xa1, 3, 2, 1, 5]);
        // Long lengths have their own form.
        assert_eq!(&der(4, &[0; 200])[..3], [4, 0x81, 200]);
        assert_eq!(&der(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), code in any::<u8>(), cut in 0usize..90) {
            let _ = parse(&bytes);
            let whole = refusal(b"20261128130000Z", code);
            let _ = parse(&whole[..cut.min(whole.len())]);
        }
    }
}
