//! Client and server against each other: what real daemons do seldom, the test server does on command.
#![allow(clippy::unwrap_used)]

mod authentication;
mod calls;
mod failover;
mod mechanisms;

use crate::server::{Received, Reply, Server, ServerMechanism, Service};
use crate::*;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A message with one string, for echoes.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Text {
    #[prost(string, optional, tag = "1")]
    pub text: Option<String>,
}

pub fn text(text: &str) -> Text {
    Text {
        text: Some(text.to_owned()),
    }
}

pub const PROTOCOL: Protocol = Protocol {
    name: "org.example.Echo",
    version: 1,
    token_kind: "ECHO_TOKEN",
};
pub const ECHO: Method = Method::once("echo");
pub const SAFE: Method = Method::idempotent("echo");

type Answer = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// A server that answers by a function and counts.
pub struct Scripted<F> {
    pub script: F,
    pub calls: AtomicUsize,
    pub offers: Vec<crate::wire::messages::SaslAuth>,
}

impl<F: Fn(usize, Received) -> Answer + Send + Sync + 'static> Service for Scripted<F> {
    fn offers(&self) -> Vec<crate::wire::messages::SaslAuth> {
        self.offers.clone()
    }

    fn mechanism(
        &self,
        offer: &crate::wire::messages::SaslAuth,
    ) -> Result<Box<dyn ServerMechanism>, String> {
        Ok(mechanisms::server(offer))
    }

    fn answer(&self, call: Received) -> impl Future<Output = Reply> + Send {
        (self.script)(self.calls.fetch_add(1, Ordering::SeqCst), call)
    }
}

pub fn scripted<F: Fn(usize, Received) -> Answer + Send + Sync + 'static>(
    script: F,
) -> Arc<Scripted<F>> {
    Arc::new(Scripted {
        script,
        calls: AtomicUsize::new(0),
        offers: Vec::new(),
    })
}

pub fn now(reply: Reply) -> Answer {
    Box::pin(std::future::ready(reply))
}

pub fn echo(call: &Received) -> Reply {
    Reply::Success(call.request.to_vec())
}

pub fn config() -> ClientConfig {
    ClientConfig {
        rpc_timeout: Duration::from_secs(20),
        auth_pause: Duration::ZERO,
        ..ClientConfig::default()
    }
}

pub fn quick() -> RetryPolicy {
    RetryPolicy {
        retries: 3,
        failovers: 4,
        base: Duration::from_millis(1),
        max: Duration::from_millis(4),
    }
}

pub fn target(port: u16) -> Target {
    Target {
        server: HostPort {
            host: "localhost".into(),
            port,
        },
        protocol: PROTOCOL,
        principal: Some(ServerPrincipal::new("echo/_HOST@TEST")),
        token_services: Vec::new(),
    }
}

pub fn proxy_with(config: ClientConfig, ports: &[u16], identity: Arc<dyn Authenticator>) -> Proxy {
    let client = RpcClient::new(config).unwrap();
    let targets = ports.iter().map(|port| target(*port)).collect();
    Proxy::new(client, targets, identity, quick()).unwrap()
}

pub fn proxy(ports: &[u16]) -> Proxy {
    proxy_with(config(), ports, Arc::new(Identity::simple("alice")))
}

pub async fn start(service: Arc<impl Service>) -> Server {
    Server::start(service).await.unwrap()
}

/// A port where nobody listens.
pub async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    listener.local_addr().unwrap().port()
}
