//! URLs and the encoding of forms.

use std::fmt::Write as _;

use alpheus_dataflow::OperatorResult;
use arrow::array::ArrayRef;

use crate::compile::Args;
use crate::scalar::rows;

pub(super) fn encode(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        Ok(texts.get(row).map(|text| {
            for byte in text.bytes() {
                match byte {
                    b' ' => out.push('+'),
                    b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
                    byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
                    byte => {
                        let _ = write!(out, "%{byte:02X}");
                    }
                }
            }
        }))
    })
}

pub(super) fn decode(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let texts = args.str(0);
    rows::strings(args.rows, |row, out| {
        let decoded = texts.get(row).and_then(decoded);
        Ok(decoded.map(|text| out.push_str(&text)))
    })
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            other => bytes.push(*other),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Those that `java.net.URL` knows; a text with another one is no URL to it.
const PROTOCOLS: [&str; 6] = ["http", "https", "ftp", "file", "jar", "mailto"];

/// The parts of `scheme://userinfo@host:port/path?query#ref`, as `java.net.URL` names them.
struct Url<'a> {
    protocol: String,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    reference: Option<&'a str>,
}

impl<'a> Url<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (rest, reference) = match text.split_once('#') {
            Some((rest, reference)) => (rest, Some(reference)),
            None => (text, None),
        };
        let (protocol, rest) = rest.split_once(':')?;
        let protocol = protocol.to_ascii_lowercase();
        if !PROTOCOLS.contains(&protocol.as_str()) {
            return None;
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        Some(Url {
            protocol,
            authority,
            path,
            query,
            reference,
        })
    }

    fn part(&self, name: &str) -> Option<String> {
        let user_and_host = self
            .authority
            .map(|authority| match authority.rsplit_once('@') {
                Some((user, host)) => (Some(user), host),
                None => (None, authority),
            });
        let text = match name {
            "PROTOCOL" => &self.protocol,
            "AUTHORITY" => self.authority?,
            "USERINFO" => user_and_host?.0?,
            "HOST" => {
                let host = user_and_host.map_or("", |(_, host)| host);
                match host.rsplit_once(':') {
                    Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
                    _ => host,
                }
            }
            "PATH" => self.path,
            "QUERY" => self.query?,
            "REF" => self.reference?,
            "FILE" => {
                let query = self
                    .query
                    .map(|query| format!("?{query}"))
                    .unwrap_or_default();
                return Some(format!("{}{query}", self.path));
            }
            _ => return None,
        };
        Some(text.to_string())
    }
}

pub(super) fn parse(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    let (urls, parts) = (args.str(0), args.str(1));
    let keys = (args.len() > 2).then(|| args.str(2));
    rows::strings(args.rows, |row, out| {
        let found = (|| {
            let url = Url::parse(urls.get(row)?)?;
            let part = url.part(parts.get(row)?)?;
            let Some(keys) = &keys else { return Some(part) };
            let key = keys.get(row)?;
            if parts.get(row)? != "QUERY" {
                return None;
            }
            let mut pairs = part
                .split('&')
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            pairs
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.to_string())
        })();
        Ok(found.map(|text| out.push_str(&text)))
    })
}
