//! Logins and GSSAPI against a real KDC, which the test starts on a free port of this machine.
//!
//! The Kerberos library reads its configuration's place from the environment, once for the process, so the tests
//! that need the KDC run in a child process: the same program with `KRB5_CONFIG` set and the child's test named.
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use alpheus_security::kerberos::{Login, NextStep, default_realm, keytab_entries, ticket_of_cache};
use alpheus_security::sasl::gssapi::{GssapiClient, GssapiServer};
use alpheus_security::sasl::{Negotiation, Qop, SaslClient, SaslError, SaslUnwrap, SaslWrap};

/// Names the folder of the KDC to the child.
const DIR: &str = "ALPHEUS_TEST_KDC_DIR";

struct Kdc {
    dir: tempfile::TempDir,
    process: Child,
}

impl Drop for Kdc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Finds a program of Kerberos, which Debian keeps out of the usual path.
fn program(name: &str) -> PathBuf {
    let found = ["/usr/sbin", "/usr/bin", "/sbin", "/usr/lib/mit/sbin"]
        .iter()
        .map(|dir| Path::new(dir).join(name));
    let found = found.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("{name} is not there; install krb5-kdc, krb5-admin-server and krb5-user")
    })
}

impl Kdc {
    fn start() -> Kdc {
        let dir = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let path = dir.path().display();
        let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
        write(
            "krb5.conf",
            format!(
                "[libdefaults]\n default_realm = TEST.LOCAL\n dns_lookup_kdc = false\n dns_lookup_realm = false\n \
                 rdns = false\n dns_canonicalize_hostname = false\n udp_preference_limit = 1\n renew_lifetime = 1h\n \
                 default_ccache_name = FILE:{path}/cc\n[realms]\n TEST.LOCAL = {{\n  kdc = 127.0.0.1:{port}\n }}\n \
                 DOWN.LOCAL = {{\n  kdc = 127.0.0.1:1\n }}\n"
            ),
        );
        write(
            "kdc.conf",
            format!(
                "[kdcdefaults]\n kdc_listen = \"\"\n kdc_tcp_listen = 127.0.0.1:{port}\n[realms]\n TEST.LOCAL = {{\n  \
                 database_name = {path}/principal\n  key_stash_file = {path}/stash\n  acl_file = {path}/acl\n  \
                 max_life = 1h\n  max_renewable_life = 2h\n }}\n"
            ),
        );
        let run = |name: &str, arguments: &[&str]| {
            let output = Command::new(program(name))
                .args(arguments)
                .env("KRB5_CONFIG", dir.path().join("krb5.conf"))
                .env("KRB5_KDC_PROFILE", dir.path().join("kdc.conf"))
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{name}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        run(
            "kdb5_util",
            &["create", "-s", "-P", "master", "-r", "TEST.LOCAL"],
        );
        for principal in ["alice", "bob", "nn/localhost", "rm/localhost"] {
            run(
                "kadmin.local",
                &["-q", &format!("addprinc -randkey {principal}")],
            );
            let file = principal.split('/').next().unwrap();
            run(
                "kadmin.local",
                &["-q", &format!("ktadd -k {path}/{file}.keytab {principal}")],
            );
        }
        // A keytab whose keys are no longer the KDC's.
        std::fs::copy(
            dir.path().join("bob.keytab"),
            dir.path().join("stale.keytab"),
        )
        .unwrap();
        run("kadmin.local", &["-q", "cpw -randkey bob"]);
        let process = Command::new(program("krb5kdc"))
            .arg("-n")
            .env("KRB5_CONFIG", dir.path().join("krb5.conf"))
            .env("KRB5_KDC_PROFILE", dir.path().join("kdc.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let up = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(25));
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(up, "the KDC did not come up");
        Kdc { dir, process }
    }

    /// Runs a test of this file in a child that knows the KDC.
    fn child(&self, test: &str) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(DIR, self.dir.path())
            .env("KRB5_CONFIG", self.dir.path().join("krb5.conf"))
            .env_remove("KRB5CCNAME")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains("1 passed"), "{text}");
    }
}

#[test]
fn against_a_real_kdc() {
    let kdc = Kdc::start();
    for test in [
        "child_logs_in",
        "child_speaks_gssapi",
        "child_meets_faults",
        "child_renews_a_cache",
    ] {
        kdc.child(test);
    }
}

/// The KDC's folder in a child; `None` where the test was not started by `against_a_real_kdc`.
fn folder() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn child_logs_in() {
    let Some(dir) = folder() else { return };
    block_on(async {
        assert_eq!(default_realm().unwrap(), "TEST.LOCAL");
        let keytab = dir.join("alice.keytab");
        let entries = keytab_entries(&keytab).unwrap();
        assert!(
            entries
                .iter()
                .all(|entry| entry.principal == "alice@TEST.LOCAL" && entry.version == 2),
            "{entries:?}"
        );
        let login = Login::from_keytab(&keytab, "alice").await.unwrap();
        assert_eq!(login.principal(), "alice@TEST.LOCAL");
        let ticket = login.status().ticket;
        assert!(
            ticket.end > SystemTime::now() && ticket.forwardable,
            "{ticket:?}"
        );
        assert!(matches!(
            login.next_step(SystemTime::now(), Duration::from_secs(60)),
            NextStep::Wait(_)
        ));
        assert_eq!(
            login.next_step(ticket.end, Duration::from_secs(60)),
            NextStep::Login
        );
        // The cache can be given to others by its name, is refreshed in place, and goes with the login.
        let cache = login.cache().to_owned();
        assert_eq!(
            ticket_of_cache(Some(&cache)).unwrap().principal,
            "alice@TEST.LOCAL"
        );
        login.refresh().await.unwrap();
        assert_eq!(
            ticket_of_cache(Some(&cache)).unwrap().end,
            login.status().ticket.end
        );
        drop(login);
        assert!(ticket_of_cache(Some(&cache)).is_err());
    });
}

/// Lets a login's client and a server with a keytab agree.
async fn agree(
    login: &Login,
    keytab: &Path,
    server_principal: &str,
    accepted: &[Qop],
    offered: &[Qop],
) -> Result<(Box<dyn SaslClient>, GssapiServer), SaslError> {
    let mut server = GssapiServer::new(&keytab.display().to_string(), offered)?;
    let mut client = Negotiation::new(Box::new(login.gssapi(server_principal, accepted)));
    let mut message = client.step(Vec::new()).await?;
    while let Some(challenge) = server.step(&message)? {
        message = client.step(challenge).await?;
    }
    Ok((client.finish()?, server))
}

#[test]
fn child_speaks_gssapi() {
    let Some(dir) = folder() else { return };
    block_on(async {
        let login = Login::from_keytab(&dir.join("alice.keytab"), "alice")
            .await
            .unwrap();
        let all = [Qop::Confidentiality, Qop::Integrity, Qop::Auth];
        for qop in all {
            let (client, server) = agree(
                &login,
                &dir.join("nn.keytab"),
                "nn/localhost@TEST.LOCAL",
                &all,
                &[qop],
            )
            .await
            .unwrap();
            assert_eq!(server.outcome().unwrap(), ("alice@TEST.LOCAL", qop));
            assert_eq!(
                (client.qop(), client.server_name()),
                (qop, Some("nn/localhost@TEST.LOCAL"))
            );
            let limit = client.wrap_limit();
            let (client, server) = (client.split(), server.split());
            if qop == Qop::Auth {
                assert!(client.is_none() && server.is_none());
                continue;
            }
            type Halves = (Box<dyn SaslWrap>, Box<dyn SaslUnwrap>);
            let (mut client, mut server): (Halves, Halves) = (client.unwrap(), server.unwrap());
            for message in [&b""[..], b"message", &vec![7; limit]] {
                let wrapped = client.0.wrap(message).unwrap();
                assert!(wrapped.len() <= 65536);
                assert_eq!(
                    wrapped.windows(7).any(|w| w == b"message"),
                    qop == Qop::Integrity && message == b"message"
                );
                assert_eq!(server.1.unwrap(&wrapped).unwrap(), message);
                assert_eq!(
                    client.1.unwrap(&server.0.wrap(message).unwrap()).unwrap(),
                    message
                );
            }
            let mut changed = client.0.wrap(b"message").unwrap();
            let last = changed.len() - 1;
            changed[last] ^= 1;
            assert!(matches!(
                server.1.unwrap(&changed),
                Err(SaslError::Integrity { .. })
            ));
            // Repeated messages are refused.
            let (client, server) = agree(
                &login,
                &dir.join("nn.keytab"),
                "nn/localhost@TEST.LOCAL",
                &all,
                &[qop],
            )
            .await
            .unwrap();
            let (mut wrap, mut open) = (client.split().unwrap().0, server.split().unwrap().1);
            let once = wrap.wrap(b"once").unwrap();
            open.unwrap(&once).unwrap();
            assert!(open.unwrap(&once).is_err());
        }
        let keytab = dir.join("nn.keytab");
        let none = agree(
            &login,
            &keytab,
            "nn/localhost@TEST.LOCAL",
            &[Qop::Confidentiality],
            &[Qop::Auth],
        );
        assert!(matches!(none.await, Err(SaslError::NoCommonQop { .. })));
        // A server that has another's keys cannot answer.
        assert!(
            agree(
                &login,
                &dir.join("rm.keytab"),
                "nn/localhost@TEST.LOCAL",
                &all,
                &all
            )
            .await
            .is_err()
        );
    });
}

#[test]
fn child_meets_faults() {
    let Some(dir) = folder() else { return };
    block_on(async {
        let fault = |keytab: &str, principal: &str| {
            let (keytab, principal) = (dir.join(keytab), principal.to_owned());
            async move {
                Login::from_keytab(&keytab, &principal)
                    .await
                    .unwrap_err()
                    .to_string()
            }
        };
        let stale = fault("stale.keytab", "bob").await;
        assert!(
            stale.contains("stale.keytab") && stale.contains("klist -k -e"),
            "{stale}"
        );
        let foreign = fault("alice.keytab", "bob").await;
        assert!(
            foreign.contains("no key for this principal") || foreign.contains("klist -k"),
            "{foreign}"
        );
        let unknown = fault("alice.keytab", "mallory").await;
        assert!(unknown.contains("mallory"), "{unknown}");
        assert!(fault("none.keytab", "alice").await.contains("none.keytab"));
        let realm = fault("alice.keytab", "alice@NOWHERE.LOCAL").await;
        assert!(realm.contains("NOWHERE.LOCAL"), "{realm}");
        let none = Login::from_ticket_cache(Some(&format!("FILE:{}/none", dir.display())))
            .await
            .unwrap_err();
        assert!(none.to_string().contains("run kinit"), "{none}");
        let mut client = GssapiClient::new(
            Some(format!("FILE:{}/none", dir.display())),
            std::sync::Arc::default(),
            "nn/localhost@TEST.LOCAL",
            &[Qop::Auth],
        );
        assert!(client.step(b"").unwrap_err().to_string().contains("kinit"));
        // A service that the KDC does not know.
        let login = Login::from_keytab(&dir.join("alice.keytab"), "alice")
            .await
            .unwrap();
        let error = login
            .gssapi("nn/elsewhere@TEST.LOCAL", &[Qop::Auth])
            .step(b"")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("nn/elsewhere@TEST.LOCAL") && error.contains("not know the service"),
            "{error}"
        );
        let mut garbage = login.gssapi("nn/localhost@TEST.LOCAL", &[Qop::Auth]);
        garbage.step(b"").unwrap();
        assert!(garbage.step(b"rubbish").is_err());
        assert!(garbage.step(b"rubbish").is_err());
    });
}

#[test]
fn child_renews_a_cache() {
    let Some(dir) = folder() else { return };
    let cache = format!("FILE:{}/user-cache", dir.display());
    let kinit = |arguments: &[&str]| {
        let output = Command::new(program("kinit"))
            .args(["-c", &cache, "-k", "-t"])
            .arg(dir.join("alice.keytab"))
            .args(arguments)
            .arg("alice")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    block_on(async {
        kinit(&["-l", "10m", "-r", "1h"]);
        let login = Login::from_ticket_cache(Some(&cache)).await.unwrap();
        assert_eq!(login.cache(), cache);
        let first = login.status().ticket;
        assert!(first.renew_until.unwrap() > first.end, "{first:?}");
        assert_eq!(
            login.next_step(first.end - Duration::from_secs(1), Duration::from_secs(9)),
            NextStep::Renew
        );
        // Tickets count in whole seconds.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let renewed = login.refresh().await.unwrap();
        assert!(renewed.end > first.end, "{first:?} {renewed:?}");
        // The user is faster: what lies in the cache is taken over.
        kinit(&["-l", "50m"]);
        let taken = login.refresh().await.unwrap();
        assert!(
            taken.end > renewed.end && taken.renew_until.is_none_or(|until| until > renewed.end)
        );
        drop(login);
        assert!(
            ticket_of_cache(Some(&cache)).is_ok(),
            "the user's cache stays"
        );
    });
}
