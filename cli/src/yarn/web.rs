//! Hadoop's web pages: HTTP with SPNEGO (RFC 4559) where the cluster wants proofs, with the user's name as a parameter where
//! it does not.
//!
//! Through them whoever is on an application's lists reaches its master (YARN's proxy) and its logs (NodeManagers), without
//! anything that only its owner can read.

use std::sync::Arc;
use std::time::Duration;

use alpheus_hadoop::Hadoop;
use alpheus_security::base64;
use alpheus_security::sasl::{Qop, SaslClient};
use alpheus_yarn::ApplicationId;
use serde_json::Value;

use crate::rest_client::Transport;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The largest answer, bytes: a log file that was not rolled yet, and more.
const MAX_ANSWER: u64 = 256 << 20;

/// See the module's documentation.
pub struct Web {
    hadoop: Arc<Hadoop>,
    agent: ureq::Agent,
}

impl Web {
    /// As whoever this process is.
    pub fn new(hadoop: Arc<Hadoop>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .build();
        Web {
            hadoop,
            agent: config.into(),
        }
    }

    /// Sends a request; the answer's status and body.
    ///
    /// # Errors
    /// With a sentence that says why there is no answer.
    pub fn send(
        &self,
        method: &str,
        url: &str,
        cookie: Option<&str>,
        body: &str,
    ) -> Result<(u16, String), String> {
        let host = host_of(url)
            .ok_or_else(|| format!("{url} is not http://, and no other pages are reached"))?;
        let mut request = ureq::http::Request::builder().method(method);
        let mut url = url.to_owned();
        match self.hadoop.login() {
            Some(_) => {
                let proof = self.negotiate(host)?;
                request = request.header("Authorization", format!("Negotiate {proof}"));
            }
            None => {
                let user = self.hadoop.short_name().map_err(|e| e.to_string())?;
                let sign = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{sign}user.name={user}");
            }
        }
        if let Some(cookie) = cookie {
            request = request.header("Cookie", cookie);
        }
        let request = request
            .uri(url)
            .header("Content-Type", "application/json")
            .body(body.to_owned())
            .map_err(|error| error.to_string())?;
        let mut response = self.agent.run(request).map_err(|error| error.to_string())?;
        let body = response.body_mut().with_config().limit(MAX_ANSWER);
        let bytes = body.read_to_vec().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok((response.status().as_u16(), text))
    }

    /// The proof for the web server at a host.
    fn negotiate(&self, host: &str) -> Result<String, String> {
        let login = self.hadoop.login().ok_or("there is no login")?;
        let realm = login.principal().rsplit_once('@').map(|(_, realm)| realm);
        let server = match realm {
            Some(realm) => format!("HTTP/{}@{realm}", host.to_ascii_lowercase()),
            None => format!("HTTP/{}", host.to_ascii_lowercase()),
        };
        let mut client = login.gssapi(&server, &[Qop::Auth]);
        let proof = client.step(&[]).map_err(|error| error.to_string())?;
        Ok(base64::encode(&proof))
    }
}

/// The host of an `http://` URL.
fn host_of(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("http://")?;
    let authority = rest.split(['/', '?']).next()?;
    Some(match authority.rsplit_once(':') {
        Some((host, _)) => host,
        None => authority,
    })
}

/// An application's REST API through YARN's proxy, which passes on GET and PUT.
pub struct Proxied {
    web: Web,
    base: String,
    cookie: String,
}

impl Proxied {
    /// The pages at `tracking_url`; `None` if that is none of the proxy's.
    pub fn new(hadoop: Arc<Hadoop>, id: ApplicationId, tracking_url: &str) -> Option<Self> {
        let base = tracking_url.trim_end_matches('/');
        host_of(base).filter(|_| base.ends_with(&format!("/proxy/{id}")))?;
        Some(Proxied {
            web: Web::new(hadoop),
            base: base.to_owned(),
            // That these pages are somebody else's program is known.
            cookie: format!("checked_{id}=true"),
        })
    }
}

impl Transport for Proxied {
    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, String), String> {
        let method = if method == "GET" { "GET" } else { "PUT" };
        let body = body.map(Value::to_string).unwrap_or_default();
        let url = format!("{}{path}", self.base);
        self.web.send(method, &url, Some(&self.cookie), &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_plain_urls_only() {
        assert_eq!(host_of("http://rm:8088/proxy/x"), Some("rm"));
        assert_eq!(host_of("http://rm?x"), Some("rm"));
        assert_eq!(host_of("https://rm:8090/"), None);
        assert_eq!(host_of("N/A"), None);
    }
}
