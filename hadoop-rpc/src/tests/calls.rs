//! Calls on one connection: order, errors, bounds, silence, noise.

use super::*;
use std::sync::Mutex;
use tokio::sync::Notify;

#[tokio::test]
async fn simple_calls_carry_user_and_protocol() {
    let server = start(scripted(|_, call| {
        let user = call.context.user_info.clone().unwrap();
        assert_eq!(user.effective_user.as_deref(), Some("bob"));
        assert_eq!(user.real_user.as_deref(), Some("alice"));
        assert_eq!(call.context.protocol.as_deref(), Some(PROTOCOL.name));
        assert_eq!(
            call.header.caller_context.clone().unwrap().context,
            "ALPHEUS_job"
        );
        now(echo(&call))
    }))
    .await;
    let config = ClientConfig {
        caller: Some("ALPHEUS_job".into()),
        ..config()
    };
    let identity = Identity {
        real_user: Some("alice".into()),
        ..Identity::simple("bob")
    };
    let proxy = proxy_with(config, &[server.port], Arc::new(identity));
    let answer: Text = proxy.call(ECHO, &text("hi")).await.unwrap();
    assert_eq!(answer, text("hi"));
}

#[tokio::test]
async fn answers_may_overtake_each_other() {
    let (arrived, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let gate = (Arc::clone(&arrived), Arc::clone(&release));
    let server = start(scripted(move |at, call| {
        let gate = gate.clone();
        Box::pin(async move {
            if at == 0 {
                gate.0.notify_one();
                gate.1.notified().await;
            }
            echo(&call)
        })
    }))
    .await;
    let proxy = proxy(&[server.port]);
    let slow = tokio::spawn({
        let proxy = proxy.clone();
        async move { proxy.call::<Text, Text>(ECHO, &text("slow")).await }
    });
    arrived.notified().await;
    let answer: Text = proxy.call(ECHO, &text("fast")).await.unwrap();
    assert_eq!(answer, text("fast"));
    assert!(!slow.is_finished());
    release.notify_one();
    assert_eq!(slow.await.unwrap().unwrap(), text("slow"));
}

#[tokio::test]
async fn exceptions_are_typed_and_leave_the_connection_alone() {
    let server = start(scripted(|at, call| {
        now(if at == 0 {
            Reply::Error(
                "java.io.FileNotFoundException",
                "no /x\n\tat a.b(C.java)".into(),
            )
        } else {
            echo(&call)
        })
    }))
    .await;
    let proxy = proxy(&[server.port]);
    let error = proxy
        .call::<Text, Text>(ECHO, &text("x"))
        .await
        .unwrap_err();
    let exception = error.remote().unwrap();
    assert_eq!(
        (exception.simple_class(), exception.message.as_str()),
        ("FileNotFoundException", "no /x")
    );
    assert!(error.is_remote("java.io.FileNotFoundException"));
    proxy.call::<Text, Text>(ECHO, &text("x")).await.unwrap();
}

#[tokio::test]
async fn a_fatal_answer_fails_every_call_and_the_next_gets_a_new_connection() {
    let server = start(scripted(|at, call| match at {
        0 => now(Reply::Silence),
        1 => now(Reply::Fatal(
            "org.apache.hadoop.ipc.RpcServerException",
            "enough".into(),
        )),
        _ => now(echo(&call)),
    }))
    .await;
    let proxy = proxy(&[server.port]);
    let (one, two) = (text("1"), text("2"));
    let (first, second) = tokio::join!(
        proxy.call::<Text, Text>(ECHO, &one),
        proxy.call::<Text, Text>(ECHO, &two)
    );
    for error in [first.unwrap_err(), second.unwrap_err()] {
        assert!(error.remote().unwrap().fatal, "{error}");
    }
    proxy.call::<Text, Text>(ECHO, &text("3")).await.unwrap();
}

#[tokio::test]
async fn a_silent_server_costs_one_timeout_and_its_connection() {
    let server = start(scripted(|at, call| {
        now(if at == 0 { Reply::Silence } else { echo(&call) })
    }))
    .await;
    let proxy = proxy(&[server.port]).with_policy(RetryPolicy::NONE);
    let hasty = proxy.with_timeout(Duration::from_millis(50));
    let error = hasty
        .call::<Text, Text>(ECHO, &text("x"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, RpcError::Timeout { method: "echo", .. }),
        "{error}"
    );
    proxy.call::<Text, Text>(ECHO, &text("x")).await.unwrap();
}

#[tokio::test]
async fn pings_go_out_while_a_call_waits() {
    use tokio::io::AsyncReadExt;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = ClientConfig {
        ping_interval: Duration::from_millis(5),
        ..config()
    };
    let proxy = proxy_with(config, &[port], Arc::new(Identity::simple("alice")));
    let call = tokio::spawn(async move { proxy.call::<Text, Text>(ECHO, &text("x")).await });
    let (mut socket, _) = listener.accept().await.unwrap();
    socket.read_exact(&mut [0; 7]).await.unwrap();
    let mut splitter = wire::Splitter::new(1024);
    let mut seen = Vec::new();
    while !seen.ends_with(&[wire::CallId::PING.0, wire::CallId::PING.0]) {
        socket.read_buf(splitter.buffer()).await.unwrap();
        while let Some(frame) = splitter.next_frame().unwrap() {
            seen.push(wire::decode::request(frame).unwrap().0.call_id);
        }
    }
    assert_eq!(seen[..2], [wire::CallId::CONNECTION_CONTEXT.0, 0]);
    call.abort();
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_that_says_so() {
    let huge = (256u32 << 20).to_be_bytes().to_vec();
    let cases: [(&[u8], &str); 4] = [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "web port"),
        (&[0xff, 0xff, 0xff, 0xff], "no Hadoop RPC server"),
        (&huge, "ipc.maximum.response.length"),
        (&[0, 0, 0, 3, 0x90, 0x90, 0x90], "malformed response header"),
    ];
    for (bytes, words) in cases {
        let bytes = bytes.to_vec();
        let server = start(scripted(move |_, _| now(Reply::Raw(bytes.clone())))).await;
        let error = proxy(&[server.port])
            .call::<Text, Text>(SAFE, &text("x"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_another_message_is_an_error() {
    let server = start(scripted(|_, _| now(Reply::Success(vec![0x0a, 0x05, b'x'])))).await;
    let error = proxy(&[server.port])
        .call::<Text, Text>(SAFE, &text("x"))
        .await
        .unwrap_err();
    assert!(matches!(error, RpcError::Wire { .. }), "{error}");
}

#[tokio::test]
async fn more_calls_than_fit_wait_for_their_turn() {
    let waiting = Arc::new(Mutex::new((0usize, 0usize)));
    let seen = Arc::clone(&waiting);
    let server = start(scripted(move |_, call| {
        let seen = Arc::clone(&seen);
        Box::pin(async move {
            {
                let mut seen = seen.lock().unwrap();
                seen.0 += 1;
                seen.1 = seen.1.max(seen.0);
            }
            tokio::task::yield_now().await;
            seen.lock().unwrap().0 -= 1;
            echo(&call)
        })
    }))
    .await;
    let config = ClientConfig {
        max_calls: 3,
        ..config()
    };
    let proxy = proxy_with(config, &[server.port], Arc::new(Identity::simple("alice")));
    let calls: Vec<_> = (0..40)
        .map(|n| {
            let proxy = proxy.clone();
            tokio::spawn(async move { proxy.call::<Text, Text>(ECHO, &text(&n.to_string())).await })
        })
        .collect();
    for (n, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap(), text(&n.to_string()));
    }
    assert!(waiting.lock().unwrap().1 <= 3);
}

#[tokio::test]
async fn an_unused_connection_closes_and_comes_back() {
    let server = start(scripted(|_, call| now(echo(&call)))).await;
    let config = ClientConfig {
        max_idle: Duration::from_millis(1),
        ..config()
    };
    let proxy = proxy_with(config, &[server.port], Arc::new(Identity::simple("alice")));
    for n in 0..20 {
        proxy
            .call::<Text, Text>(ECHO, &text("x"))
            .await
            .unwrap_or_else(|e| panic!("call {n}: {e}"));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
