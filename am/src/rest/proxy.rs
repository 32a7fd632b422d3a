//! The REST API behind YARN's web proxy (`AmIpFilter`): requests that come from the proxy are served to the user that
//! it names in the cookie `proxy-user`, if the application's lists admit them; all others are sent to the proxy.
//!
//! The proxy passes on GET and PUT only, and no header that could carry a token. So a cookie counts only when it
//! comes from an address of the proxy's host, and who may do what is decided here, by the lists that the
//! ResourceManager itself goes by.
//!
//! When the proxy is on this very machine, every process of it has that address. Then the kernel is asked whose process
//! has connected: it must be the user's who listens at the proxy's port.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use alpheus_security::acl::Acl;
use alpheus_security::audit::{AuditLog, Decision, Event};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{COOKIE, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{RestError, local_peer};

/// The cookie in which the proxy names the user.
const COOKIE_NAME: &str = "proxy-user";

/// Who may see and change the application.
#[derive(Clone, Debug)]
pub struct Lists {
    /// `yarn.acl.enable`: without it YARN, and so we, let everybody do everything.
    pub enabled: bool,
    /// Who submitted the application.
    pub owner: String,
    /// `yarn.admin.acl`.
    pub admins: Acl,
    /// Who may see it.
    pub view: Acl,
    /// Who may change it.
    pub modify: Acl,
}

impl Lists {
    /// Whether a user may look, or (with `change`) act.
    pub fn admit(&self, user: &str, groups: &[&str], change: bool) -> bool {
        let list = if change { &self.modify } else { &self.view };
        !self.enabled
            || user == self.owner
            || self.admins.admits(user, groups)
            || list.admits(user, groups)
    }
}

/// How requests through the proxy are judged.
pub struct ProxyAccess {
    /// The addresses of the proxy's hosts.
    pub proxies: BTreeSet<IpAddr>,
    /// The proxy's port.
    pub proxy_port: u16,
    /// The port of these pages.
    pub port: u16,
    /// Where a browser that comes directly is sent: the application's pages at the proxy, without a slash at the end.
    pub pages: String,
    /// Who may do what.
    pub lists: Lists,
    /// The groups of a user on this machine.
    pub groups: fn(&str) -> Vec<String>,
    /// Who is told of refusals and changes.
    pub audit: Arc<AuditLog>,
}

/// What is done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    Serve(String),
    ToProxy,
    Refuse(String, &'static str),
}

impl ProxyAccess {
    /// Whether a peer with the proxy's address, if it is on this machine, is the proxy's process.
    fn is_proxys_process(&self, from: SocketAddr) -> bool {
        match local_peer::owner_of(from, self.port) {
            None => true,
            Some(user) => local_peer::listener_at(self.proxy_port) == Some(user),
        }
    }

    fn judge(&self, from: IpAddr, headers: &HeaderMap, change: bool) -> Verdict {
        if !self.proxies.contains(&from.to_canonical()) {
            return Verdict::ToProxy;
        }
        let Some(user) = user_of(headers) else {
            return match self.lists.enabled {
                true => Verdict::Refuse(String::new(), "the proxy names no user"),
                false => Verdict::Serve(String::new()),
            };
        };
        let groups = (self.groups)(&user);
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        if self.lists.admit(&user, &groups, change) {
            Verdict::Serve(user)
        } else {
            Verdict::Refuse(
                user,
                "not on the application's list (yarn.view.acls, yarn.modify.acls)",
            )
        }
    }
}

/// The user that the proxy names.
fn user_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter();
    let user = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == COOKIE_NAME).then(|| decode(value.trim_matches('"')))
        })?;
    Some(user).filter(|user| !user.is_empty())
}

/// Undoes `URLEncoder.encode`.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Serves what comes through the proxy from users who may.
pub async fn only_through_proxy(
    State(access): State<Arc<ProxyAccess>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let change = request.method() != Method::GET;
    let action = format!("rest.{}", request.method().as_str().to_ascii_lowercase());
    let path = request.uri().path().to_owned();
    let query = request.uri().path_and_query().map(ToString::to_string);
    let record = |user: &str, decision, reason: &str| {
        access.audit.record(&Event {
            action: &action,
            resource: &path,
            user,
            address: Some(address),
            decision,
            reason,
        });
    };
    let judged = match access.judge(address.ip(), request.headers(), change) {
        Verdict::Serve(_) if !access.is_proxys_process(address) => {
            Verdict::Refuse(String::new(), "only YARN's proxy is served here")
        }
        judged => judged,
    };
    match judged {
        Verdict::Serve(user) => {
            if change {
                record(&user, Decision::Allowed, "through YARN's proxy");
            }
            next.run(request).await
        }
        Verdict::ToProxy => {
            let there = format!("{}{}", access.pages, query.as_deref().unwrap_or("/"));
            (StatusCode::FOUND, [(LOCATION, there)]).into_response()
        }
        Verdict::Refuse(user, reason) => {
            record(&user, Decision::Denied, reason);
            RestError {
                status: StatusCode::FORBIDDEN,
                message: match user.as_str() {
                    "" => reason.to_owned(),
                    user => format!("user {user} is {reason}"),
                },
            }
            .into_response()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn access(enabled: bool) -> ProxyAccess {
        ProxyAccess {
            proxies: BTreeSet::from(["10.0.0.1".parse().unwrap()]),
            proxy_port: 8088,
            port: 1,
            pages: "http://rm:8088/proxy/redirect/application_1_0001".to_owned(),
            lists: Lists {
                enabled,
                owner: "alice".to_owned(),
                admins: Acl::parse("admin").unwrap(),
                view: Acl::parse("bob ops").unwrap(),
                modify: Acl::nobody(),
            },
            groups: |user| match user {
                "carol" => vec!["ops".to_owned()],
                _ => Vec::new(),
            },
            audit: Arc::new(AuditLog::log_only()),
        }
    }

    fn judged(access: &ProxyAccess, from: &str, cookie: Option<&str>, change: bool) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, cookie.parse().unwrap());
        }
        access.judge(from.parse().unwrap(), &headers, change)
    }

    #[test]
    fn only_the_proxy_is_believed() {
        let access = access(true);
        let direct = judged(&access, "10.0.0.2", Some("proxy-user=alice"), false);
        assert_eq!(direct, Verdict::ToProxy);
        let mapped = judged(&access, "::ffff:10.0.0.1", Some("proxy-user=alice"), true);
        assert_eq!(mapped, Verdict::Serve("alice".to_owned()));
    }

    #[test]
    fn lists_decide_who_looks_and_who_acts() {
        let access = access(true);
        for (user, looks, acts) in [
            ("alice", true, true),
            ("admin", true, true),
            ("bob", true, false),
            ("carol", true, false),
            ("eve", false, false),
        ] {
            let cookie = format!("checked=1; proxy-user={user}");
            for (change, expected) in [(false, looks), (true, acts)] {
                let verdict = judged(&access, "10.0.0.1", Some(&cookie), change);
                let served = verdict == Verdict::Serve(user.to_owned());
                assert_eq!(served, expected, "{user} {change}");
            }
        }
        let nobody = judged(&access, "10.0.0.1", None, false);
        assert!(matches!(nobody, Verdict::Refuse(..)));
    }

    #[test]
    fn without_lists_everybody_may() {
        let access = access(false);
        let anybody = judged(&access, "10.0.0.1", Some("proxy-user=eve"), true);
        assert_eq!(anybody, Verdict::Serve("eve".to_owned()));
        let nobody = judged(&access, "10.0.0.1", None, false);
        assert_eq!(nobody, Verdict::Serve(String::new()));
    }

    #[test]
    fn names_are_decoded() {
        assert_eq!(decode("alice%40R+x%"), "alice@R x%");
        assert_eq!(decode("%zz"), "%zz");
    }
}
