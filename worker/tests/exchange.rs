//! Who may connect to a worker's exchange, and what it does with those who may not.
#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener};

use alpheus_dataflow::ids::{AttemptNumber, JobId};
use alpheus_security::tls::{ApplicationName, Authority, Peers, Role, TlsClient};
use alpheus_worker::control::WorkerId;
use alpheus_worker::environment::ExchangeTls;
use alpheus_worker::exchange::frame::{FrameHeader, FrameKind, Hello};
use alpheus_worker::exchange::{ChannelLimits, Exchange, InboundPeer, PeerKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

const JOB: JobId = JobId(1);
const ATTEMPT: AttemptNumber = AttemptNumber(3);

fn hello_frame(worker: u32) -> Vec<u8> {
    let hello = Hello {
        job: JOB,
        attempt: ATTEMPT,
        worker: WorkerId(worker),
    };
    let body = serde_json::to_vec(&hello).unwrap();
    let header = FrameHeader {
        kind: FrameKind::Hello,
        channel: 0,
        attempt: ATTEMPT,
        sequence: 0,
        length: body.len() as u32,
    };
    [header.encode().to_vec(), body].concat()
}

/// What a peer that is refused reads.
const NOTHING: [u8; 0] = [];

/// Sends `bytes` as the first thing on a connection and reads until something comes or it is closed.
async fn answer(client: &TlsClient, address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let tcp = TcpStream::connect(address).await.unwrap();
    let peers = Peers::Exactly(Role::worker(0).unwrap());
    let Ok((mut stream, _)) = client.connect(tcp, &peers).await else {
        return Vec::new();
    };
    let _ = stream.write_all(bytes).await;
    let mut answer = vec![0; 1024];
    let length = stream.read(&mut answer).await.unwrap_or(0);
    answer.truncate(length);
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_worker_that_is_who_it_says_is_answered() {
    let name = || ApplicationName::new("test").unwrap();
    let authority = Authority::create(name()).unwrap();
    let stranger = Authority::create(name()).unwrap();
    let issue = |role| authority.issue(role).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let tls = ExchangeTls::of(&issue(Role::worker(0).unwrap())).unwrap();
    let exchange = Exchange::start(WorkerId(0), listener, tls, Handle::current()).unwrap();
    let expect = || {
        let key = PeerKey {
            job: JOB,
            attempt: ATTEMPT,
            worker: WorkerId(1),
        };
        exchange.expect(key, InboundPeer::new(ChannelLimits::default()));
    };
    expect();
    let client = |identity: alpheus_security::tls::Identity| identity.client().unwrap();
    let wrong_number = client(issue(Role::worker(5).unwrap()));
    assert_eq!(
        answer(&wrong_number, address, &hello_frame(1)).await,
        NOTHING
    );
    let no_worker = client(issue(Role::Client));
    assert_eq!(answer(&no_worker, address, &hello_frame(1)).await, NOTHING);
    let other_authority = client(stranger.issue(Role::worker(1).unwrap()).unwrap());
    assert_eq!(
        answer(&other_authority, address, &hello_frame(1)).await,
        NOTHING
    );
    let right = client(issue(Role::worker(1).unwrap()));
    assert_eq!(
        answer(&right, address, b"GET / HTTP/1.1\r\nHost: worker\r\n\r\n").await,
        NOTHING
    );
    let greeted = answer(&right, address, &hello_frame(1)).await;
    let header = greeted.first_chunk().expect("a header");
    assert_eq!(FrameHeader::decode(header).unwrap().kind, FrameKind::Hello);
    // What was expected has come: a second connection finds nothing until the attempt is closed and
    // deployed again.
    exchange.close(ATTEMPT);
    expect();
    assert!(!answer(&right, address, &hello_frame(1)).await.is_empty());
}
