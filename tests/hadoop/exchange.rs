//! Tokens that are exchanged in the file by which a process has them, while it uses HDFS.

use super::{LIFE, lifetimes};
use alpheus_hadoop::token_file;
use alpheus_hadoop_tests::renewed::alice_and_tokens;
use alpheus_hadoop_tests::*;
use alpheus_security::hadoop::{Credentials, CredentialsFormat};
use alpheus_storage::{CreateMode, FileSystem, HdfsFileSystem, HdfsUser, Location};
use std::io::Write;
use std::time::{Duration, Instant, SystemTime};

/// Longer than a connection lives unused, so that each call authenticates anew.
const PAUSE: Duration = Duration::from_secs(11);

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
    let (_hadoop, manager) = alice_and_tokens();
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
            "exchange::files_outlive_the_tokens_that_they_are_written_with",
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
