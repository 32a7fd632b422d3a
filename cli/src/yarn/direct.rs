//! The REST API of an application's master, over TLS with a certificate of the application.
//!
//! One request per connection, and so little of HTTP/1.1 (RFC 9112) that it fits here: the answer's length is always
//! known, and the connection is closed behind it.

use std::time::Duration;

use alpheus_security::rest_token::RestToken;
use alpheus_security::secret::Secret;
use alpheus_security::tls::{Identity, Peers, TlsClient};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::exit::{CliError, CliResult};
use crate::rest_client::Transport;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer, bytes.
const MAX_ANSWER: u64 = 64 << 20;

/// See the module's documentation.
pub struct Direct {
    address: String,
    tls: TlsClient,
    authorization: Secret,
    runtime: Handle,
}

impl Direct {
    /// A way to the master at `address`, `host:port`.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn new(
        address: String,
        identity: &Identity,
        token: &RestToken,
        runtime: Handle,
    ) -> CliResult<Self> {
        Ok(Direct {
            address,
            tls: identity.client().map_err(CliError::failed)?,
            authorization: token.authorization(),
            runtime,
        })
    }

    async fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, String> {
        let stream = TcpStream::connect(&self.address)
            .await
            .map_err(|e| e.to_string())?;
        let (mut stream, _) = self
            .tls
            .connect(stream, &Peers::JobManager)
            .await
            .map_err(|e| e.to_string())?;
        let exchanged = async {
            stream.write_all(request).await?;
            stream.flush().await?;
            let mut answer = Vec::new();
            stream.take(MAX_ANSWER).read_to_end(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        exchanged.await.map_err(|e| e.to_string())
    }
}

impl Transport for Direct {
    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, String), String> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = zeroize::Zeroizing::new(format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            self.authorization.expose(),
            body.len(),
        ));
        let answer = self.runtime.block_on(async {
            tokio::time::timeout(TIMEOUT, self.exchange(request.as_bytes())).await
        });
        let answer = answer.map_err(|_| format!("no answer within {} s", TIMEOUT.as_secs()))??;
        parse(&answer)
    }
}

/// Takes an answer apart.
fn parse(answer: &[u8]) -> Result<(u16, String), String> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or("the answer is no HTTP")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .ok_or("the answer has no status")?;
    let header = |wanted: &str| {
        lines.clone().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted)
                .then(|| value.trim().to_owned())
        })
    };
    if header("transfer-encoding").is_some() {
        return Err("the answer comes in chunks".to_owned());
    }
    let body = &answer[end + 4..];
    let length = header("content-length").and_then(|length| length.parse::<usize>().ok());
    match length {
        Some(length) if body.len() < length => Err("the answer is cut off".to_owned()),
        Some(length) => Ok((
            status,
            String::from_utf8_lossy(&body[..length]).into_owned(),
        )),
        None => Ok((status, String::from_utf8_lossy(body).into_owned())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_taken_apart() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}junk";
        assert_eq!(parse(answer).unwrap(), (202, "{}".to_owned()));
        let open_ended = b"HTTP/1.1 404 Not Found\r\n\r\nno";
        assert_eq!(parse(open_ended).unwrap(), (404, "no".to_owned()));
        for bad in [
            &b"junk"[..],
            b"HTTP/1.1 x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            assert!(parse(bad).is_err());
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
            let mut answer = b"HTTP/1.1 200\r\n".to_vec();
            answer.extend(&bytes);
            let _ = parse(&answer);
        }
    }
}
