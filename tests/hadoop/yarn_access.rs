//! Who may see an application, command it, and connect to its processes; and what the audit log says of those who may not.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::numbers::{as_alice, numbers, place, running};
use alpheus_hadoop_tests::people::*;
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::{conf, dir};
use alpheus_security::tls::{ApplicationName, Authority, Identity, Peers, Role};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

const SMALL: &[&str] = &[
    "-Dtaskmanager.memory.process.size=256mb",
    "-Djobmanager.memory.process.size=256mb",
    "-Dexecution.checkpointing.interval=1s",
    "-Dsecurity.audit.file=audit.log",
];

/// A job of alice's that runs until it is ended.
fn endless(name: &str, options: &[&str]) -> (String, String) {
    as_alice();
    let out = place(name);
    let sql = script(name, &numbers(&format!("hdfs://{out}"), 50, 1_000_000));
    let mut all = SMALL.to_vec();
    all.extend(options);
    let id = submit("alice", &all, &sql);
    running(&out);
    (id, out)
}

/// The application's pages at YARN's proxy.
fn pages(id: &str) -> String {
    let address = conf().text("yarn.resourcemanager.webapp.address");
    format!("http://{}/proxy/{id}", address.unwrap().unwrap())
}

/// What the pages answer somebody who knows that they are somebody else's.
fn browse(who: &Tickets, id: &str, method: &str, path: &str) -> (u32, String) {
    let (url, cookie) = (format!("{}{path}", pages(id)), format!("checked_{id}=true"));
    who.curl(&[
        "-X",
        method,
        "-b",
        &cookie,
        "-H",
        "Content-Type: application/json",
        "-d",
        "{}",
        &url,
    ])
}

fn job_of(owner: &Tickets, id: &str) -> String {
    let (status, body) = browse(owner, id, "GET", "/jobs/overview");
    assert_eq!(status, 200, "{body}");
    let at = body.find("\"jid\":\"").unwrap() + 7;
    body[at..at + 32].to_owned()
}

/// Whether the audit file of the master has a line with all of these words.
fn audited(id: &str, words: &[&str]) -> bool {
    let line = |line: &str| words.iter().all(|word| line.contains(word));
    container_files(id, "audit.log")
        .iter()
        .any(|text| text.lines().any(line))
}

/// Hadoop's own command, as the holder of these tickets; whether it succeeded, and what it said.
fn hadoop(who: &Tickets, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(alpheus_hadoop_tests::dev_cluster_script())
        .arg("--dir")
        .arg(dir())
        .args(arguments)
        .env("KRB5CCNAME", who.cache())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn bob_is_refused_and_admin_is_not() {
    let (id, out) = endless("access", &[]);
    let (alice, bob, admin) = (
        Tickets::of("alice", "access"),
        Tickets::of("bob", "access"),
        Tickets::of("admin", "access"),
    );
    let of = format!("-Dyarn.application.id={id}");
    let target = ["-t", "yarn-application", of.as_str()];
    let folder = format!("hdfs://{out}-bobs");
    for command in [
        &["cancel"][..],
        &["stop", "-p", &folder],
        &["savepoint", &folder],
        &["token", "push"],
        &["logs"],
    ] {
        let arguments: Vec<&str> = command.iter().chain(&target).copied().collect();
        let refused = bob.run(&arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{command:?}: {said}");
        assert!(refused.stdout.is_empty(), "{command:?}");
    }
    // The ResourceManager names it to everybody, and says no more.
    let listed = bob.succeed(&["list", "-t", "yarn-application", "--json"]);
    let line = listed
        .lines()
        .find(|line| line.contains(&id))
        .unwrap_or_default();
    assert!(!line.contains("/proxy/"), "{line}");
    let (killed, said) = hadoop(&bob, &["yarn", "application", "-kill", &id]);
    assert!(!killed, "{said}");
    let (read, said) = hadoop(
        &bob,
        &[
            "hdfs",
            "dfs",
            "-cat",
            &format!("/user/alice/.alpheus/{id}/client.json"),
        ],
    );
    assert!(!read && said.contains("Permission denied"), "{said}");

    // Through the proxy, as a browser would.
    let job = job_of(&alice, &id);
    for (method, path) in [
        ("GET", "/jobs/overview".to_owned()),
        ("GET", "/metrics".to_owned()),
        ("GET", "/tokens".to_owned()),
        ("PUT", format!("/jobs/{job}?mode=cancel")),
    ] {
        let (status, body) = browse(&bob, &id, method, &path);
        assert_eq!(status, 403, "{method} {path}: {body}");
    }
    for words in [
        ["rest.get", "/jobs/overview", "bob", "denied"],
        ["rest.put", &job, "bob", "denied"],
    ] {
        assert!(audited(&id, &words), "{words:?}");
    }

    // An administrator sees and commands it.
    assert_eq!(browse(&admin, &id, "GET", "/jobs/overview").0, 200);
    let arguments: Vec<&str> = ["logs", "--am"].iter().chain(&target).copied().collect();
    assert!(
        admin
            .succeed(&arguments)
            .contains("registered with the ResourceManager")
    );
    let arguments: Vec<&str> = ["cancel"].iter().chain(&target).copied().collect();
    admin.succeed(&arguments);
    assert_eq!(end_of(&id), "KILLED");

    // When it is over, its logs are on HDFS; the owner's, who alone may read them there.
    let logs = wait_for("the logs", || {
        let shown = alice.run(&["logs", "--am", "-t", "yarn-application", &of]);
        shown
            .status
            .success()
            .then(|| String::from_utf8_lossy(&shown.stdout).into_owned())
    });
    assert!(
        logs.contains("registered with the ResourceManager"),
        "{logs}"
    );
    assert!(!logs.contains("_000002 <=="), "{logs}");
    let refused = bob.run(&["logs", "-t", "yarn-application", &of]);
    assert!(!refused.status.success() && refused.stdout.is_empty());
}

#[test]
fn whoever_is_on_the_list_of_viewers_looks_and_does_not_act() {
    // With so many workers that each node has one: every NodeManager decides for itself.
    let options = ["-Dyarn.view.acls=bob", "-Dparallelism.default=3"];
    let (id, _) = endless("viewers", &options);
    let (alice, bob) = (
        Tickets::of("alice", "viewers"),
        Tickets::of("bob", "viewers"),
    );
    let job = job_of(&alice, &id);
    assert_eq!(job_of(&bob, &id), job);
    let (status, body) = browse(&bob, &id, "PUT", &format!("/jobs/{job}?mode=cancel"));
    assert_eq!(status, 403, "{body}");
    let of = format!("-Dyarn.application.id={id}");
    for worker in ["2", "3", "4"] {
        let logs = bob.succeed(&["logs", "--worker", worker, "-t", "yarn-application", &of]);
        assert!(logs.contains("container_"), "{logs}");
    }
    let refused = bob.run(&["cancel", "-t", "yarn-application", &of]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(
        audited(&id, &["rest.get", "allowed", "bob"]) || !audited(&id, &["rest.get", "denied"])
    );
    alice.succeed(&["cancel", "-t", "yarn-application", &of]);
    assert_eq!(end_of(&id), "KILLED");
}

/// Ports of this machine at which a process listens.
fn ports_of(pid: u32) -> BTreeSet<u16> {
    let told = Command::new("ss").args(["-Hltnp"]).output().unwrap();
    let text = String::from_utf8_lossy(&told.stdout).into_owned();
    let ours = text
        .lines()
        .filter(|line| line.contains(&format!("pid={pid},")));
    ours.filter_map(|line| {
        line.split_whitespace()
            .nth(3)?
            .rsplit(':')
            .next()?
            .parse()
            .ok()
    })
    .collect()
}

/// Whether somebody with this identity gets through a handshake.
async fn connects(identity: &Identity, port: u16) -> bool {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    let (client, peers) = (identity.client().unwrap(), Peers::Any);
    let handshake = client.connect(stream, &peers);
    let limit = std::time::Duration::from_secs(5);
    let Ok(Ok((mut stream, _))) = tokio::time::timeout(limit, handshake).await else {
        return false;
    };
    // In TLS 1.3 a client is through before the server has looked at its certificate.
    let mut byte = [0; 1];
    let read = tokio::io::AsyncReadExt::read(&mut stream, &mut byte);
    !matches!(tokio::time::timeout(limit, read).await, Ok(Ok(0) | Err(_)))
}

/// What another user's process on the node gets who pretends to be YARN's proxy and alice.
fn as_bobs_process(port: u16) -> String {
    let url = format!("http://127.0.0.1:{port}/jobs/overview");
    let output = Command::new("setpriv")
        .args([
            "--reuid=bob",
            "--regid=bob",
            "--clear-groups",
            "curl",
            "-s",
            "-m",
            "5",
        ])
        .args(["-b", "proxy-user=alice", "-w", "%{http_code}", &url])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_of_others_on_the_same_node_are_refused_at_every_port() {
    let (id, _) = tokio::task::spawn_blocking(|| endless("ports", &["-Dparallelism.default=2"]))
        .await
        .unwrap();
    // Bob can make an authority that calls itself by the application's name, and a certificate of any role.
    let forged = Authority::create(ApplicationName::new(&id).unwrap()).unwrap();
    let (masters, workers) = (
        processes("./alpheus am", &id),
        processes("./alpheus worker", &id),
    );
    assert_eq!((masters.len(), workers.len()), (1, 2));
    let mut ports = 0;
    for pid in masters.iter().chain(&workers) {
        for port in ports_of(*pid) {
            ports += 1;
            for role in [Role::Client, Role::JobManager, Role::worker(0).unwrap()] {
                let identity = forged.issue(role.clone()).unwrap();
                assert!(
                    !connects(&identity, port).await,
                    "{role} at port {port} of {pid}"
                );
            }
            let answer = as_bobs_process(port);
            assert!(
                !answer.ends_with("200") && !answer.contains("jid"),
                "port {port} of {pid}: {answer}"
            );
        }
    }
    // Pages, REST and control of the master; data of each worker.
    assert!(ports >= 5, "{ports} ports");
    for action in ["rest.connect", "worker.connect"] {
        assert!(audited(&id, &[action, "denied"]), "{action}");
    }
    // The same hands with the right to do so.
    let id_of = format!("-Dyarn.application.id={id}");
    let ended = tokio::task::spawn_blocking(move || {
        succeed("alice", &["cancel", &id_of]);
        end_of(&id)
    });
    assert_eq!(ended.await.unwrap(), "KILLED");
}
