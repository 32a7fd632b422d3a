//! Tickets and tokens that live for a minute at most: what takes a week elsewhere.
//!
//! `ALPHEUS_LIFETIMES` says how many lifetimes are lived through; five take five minutes.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop::providers::{Renewer, Wanted, token_manager};
use alpheus_hadoop::{Hadoop, token_file};
use alpheus_hadoop_conf::{Configuration, Source};
use alpheus_hadoop_rpc::Tokens;
use alpheus_hadoop_tests::*;
use alpheus_security::hadoop::{Credentials, CredentialsFormat, Identifier, Token, kind};
use alpheus_security::tokens::TokenManager;
use alpheus_storage::{CreateMode, FileSystem, HdfsFileSystem, HdfsUser, Location};
use alpheus_yarn::YarnError;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// Longer than a connection lives unused, so that each call authenticates anew.
const PAUSE: Duration = Duration::from_secs(11);
/// What tokens and tickets live here.
const LIFE: Duration = Duration::from_secs(60);

fn lifetimes() -> u32 {
    let set = std::env::var("ALPHEUS_LIFETIMES").ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(5)
}

#[tokio::test]
async fn a_keytab_outlives_its_tickets() {
    let conf = conf();
    let login = login("alice").await;
    let fresh = login.keep_fresh(Duration::from_secs(1));
    let identity = alpheus_hadoop_rpc::Identity::on_cluster(
        &conf,
        "",
        Some(Arc::clone(&login)),
        Default::default(),
    )
    .unwrap();
    let rm = resource_manager(&conf, Arc::new(identity)).await;
    let mut ends = vec![login.status().ticket.end];
    while ends.len() <= lifetimes() as usize {
        rm.metrics().await.unwrap();
        let end = login.status().ticket.end;
        if ends.last() != Some(&end) {
            ends.push(end);
        }
        tokio::time::sleep(PAUSE).await;
    }
    fresh.abort();
}

/// Alice by keytab, and what obtains tokens for her.
fn manager_of_tokens() -> (Arc<Hadoop>, Arc<TokenManager>) {
    let mut configuration = Configuration::new();
    let keytab = keytab("alice").display().to_string();
    let principal = format!("alice@{REALM}");
    for (key, value) in [
        ("security.kerberos.login.keytab", keytab.as_str()),
        ("security.kerberos.login.principal", &principal),
        ("security.kerberos.relogin.period", "1 s"),
    ] {
        configuration.set(key, value, Source::CommandLine).unwrap();
    }
    let hadoop = Hadoop::connect(&configuration).unwrap();
    let wanted = Wanted {
        renewer: Renewer::This,
        resource_manager: true,
        ..Wanted::default()
    };
    let manager = token_manager(&hadoop, &configuration, &wanted).unwrap();
    (hadoop, manager.unwrap())
}

/// A process that has nothing but a token file reads and writes for longer than any token lives, while the tokens in the file are
/// exchanged. The test starts itself once more as such a process.
#[test]
fn files_outlive_the_tokens_that_they_are_written_with() {
    const FILE: &str = "HADOOP_TOKEN_FILE_LOCATION";
    if std::env::var_os(FILE).is_some() {
        return write_and_read_on();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (_hadoop, manager) = manager_of_tokens();
    let round = runtime.block_on(manager.obtain_due(SystemTime::now()));
    assert!(round.failed.is_empty(), "{:?}", round.failed);
    let file = dir().join("exchanged_tokens");
    let conf = conf();
    let write = |credentials: &Credentials| {
        let named = token_file::with_authorities(credentials, &conf);
        let whole = file.with_extension("new");
        named.write(&whole, CredentialsFormat::Writable).unwrap();
        std::fs::rename(&whole, &file).unwrap();
    };
    write(&manager.credentials());
    let mut process = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "files_outlive_the_tokens_that_they_are_written_with",
        ])
        .env(FILE, &file)
        .env("KRB5CCNAME", "FILE:/nonexistent/none")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut updates = manager.subscribe();
    let looked_after = {
        let _entered = runtime.enter();
        manager.keep_fresh()
    };
    let mut exchanged = 0;
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        if updates.has_changed().unwrap() {
            write(&updates.borrow_and_update().clone());
            exchanged += 1;
        }
        std::thread::sleep(POLL);
    };
    looked_after.abort();
    std::fs::remove_file(&file).unwrap();
    let said = std::io::read_to_string(process.stdout.unwrap()).unwrap();
    assert!(status.success() && said.contains("1 passed"), "{said}");
    assert!(
        exchanged >= 2 * lifetimes() - 1,
        "only {exchanged} exchanges"
    );
}

/// Writes on to one file, and writes and reads others, each time on connections that authenticate anew.
fn write_and_read_on() {
    let conf = conf_with(&[("dfs.blocksize", "1048576")]);
    let files = HdfsFileSystem::new(&conf, HdfsUser::Process).unwrap();
    let authority = conf.default_hdfs_authority().unwrap().unwrap();
    let folder: Location = format!("hdfs://{authority}/user/alice/outlive")
        .parse()
        .unwrap();
    let long = folder.join("long");
    let mut output = files.create(&long, CreateMode::Overwrite).unwrap();
    let (began, mut pieces) = (Instant::now(), 0u8);
    while began.elapsed() < LIFE * lifetimes() {
        pieces += 1;
        let piece = vec![pieces; 700_000];
        output.write_all(&piece).unwrap();
        output.flush().unwrap();
        let short = folder.join(&format!("short-{pieces}"));
        files.write(&short, &piece, CreateMode::New).unwrap();
        assert!(files.read(&short).unwrap() == piece);
        std::thread::sleep(PAUSE);
    }
    output.finish().unwrap();
    let whole: Vec<u8> = (1..=pieces).flat_map(|n| vec![n; 700_000]).collect();
    assert!(files.read(&long).unwrap() == whole);
    files.delete(&folder, true).unwrap();
}

/// A manager with a keytab obtains tokens for somebody who has nothing else, and replaces them before they end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_gets_new_tokens_outlives_them() {
    let (_hadoop, manager) = tokio::task::spawn_blocking(manager_of_tokens)
        .await
        .unwrap();
    let round = manager.obtain_due(SystemTime::now()).await;
    assert_eq!(round.obtained, ["hadoopfs", "yarn"], "{:?}", round.failed);
    for status in manager.status() {
        let remaining = status.remaining(SystemTime::now()).unwrap();
        assert!(remaining <= LIFE / 2, "{status:?}: the renewal date counts");
    }
    let looked_after = manager.keep_fresh();

    // The other side: nothing but the tokens that come.
    let all = |credentials: &Credentials| -> Vec<Token> {
        let tokens = credentials.tokens();
        tokens.map(|(_, token)| token.clone()).collect()
    };
    let conf = conf();
    let tokens = Tokens::new(all(&manager.credentials()));
    let mut updates = manager.subscribe();
    let exchanged = tokio::spawn({
        let tokens = tokens.clone();
        async move {
            while updates.changed().await.is_ok() {
                tokens.replace(all(&updates.borrow().clone()));
            }
        }
    });
    let protection = alpheus_hadoop_rpc::Protection::from_conf(&conf).unwrap();
    let identity = Arc::new(alpheus_hadoop_rpc::Identity::with_tokens(
        tokens, protection,
    ));
    let rm = resource_manager(&conf, Arc::clone(&identity) as Arc<_>).await;
    let nn = name_node(&conf, identity).await;
    let began = Instant::now();
    let mut numbers = BTreeSet::new();
    while began.elapsed() < LIFE * lifetimes() {
        rm.metrics().await.unwrap();
        nn.server_defaults().await.unwrap();
        for token in manager.credentials().of_kind(kind::HDFS) {
            if let Identifier::Delegation(identifier) = token.decode_identifier().unwrap() {
                numbers.insert(identifier.sequence_number);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    // Tokens end after half a minute without renewal, and are replaced after three quarters of that.
    assert!(
        numbers.len() >= 2 * lifetimes() as usize,
        "only {} tokens",
        numbers.len()
    );
    looked_after.abort();
    exchanged.abort();
}

#[tokio::test]
async fn an_expired_token_is_refused_by_name() {
    let conf = conf();
    let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
    let token = rm
        .delegation_token("rm/localhost@TEST.LOCAL")
        .await
        .unwrap()
        .unwrap();
    let by_token = resource_manager(&conf, holder(&conf, vec![token])).await;
    by_token.metrics().await.unwrap();
    let limit = SystemTime::now() + Duration::from_secs(120);
    loop {
        tokio::time::sleep(PAUSE).await;
        match by_token.metrics().await {
            Ok(_) => assert!(SystemTime::now() < limit, "the token never ended"),
            Err(YarnError::Rpc(error)) => {
                assert!(error.is_remote("InvalidToken"), "{error}");
                return;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
