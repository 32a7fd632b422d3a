//! HDFS behind the engine's file-system trait, on three DataNodes: what it promises, and what happens to it.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::*;
use alpheus_security::hadoop::{Credentials, CredentialsFormat};
use alpheus_security::kerberos::Login;
use alpheus_storage::{CreateMode, FileSystem, HdfsFileSystem, HdfsUser, Location, StorageError};
use std::io::Write;
use std::sync::Arc;

fn at(path: &str) -> Location {
    let authority = conf().default_hdfs_authority().unwrap().unwrap();
    format!("hdfs://{authority}{path}").parse().unwrap()
}

/// Alice's files, by keytab; the login must live as long as they are used.
fn alice() -> (Arc<Login>, HdfsFileSystem) {
    alice_with(&[])
}

fn alice_with(settings: &[(&str, &str)]) -> (Arc<Login>, HdfsFileSystem) {
    let login = runtime().block_on(login("alice"));
    let user = HdfsUser::Kerberos {
        principal: login.principal().to_owned(),
        cache: login.cache().to_owned(),
    };
    let files = HdfsFileSystem::new(&conf_with(settings), user).unwrap();
    (login, files)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn noise(length: usize) -> Vec<u8> {
    let mut seed = 1u64;
    let mut next = || {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn the_trait_keeps_its_promises() {
    let (_login, files) = alice();
    let base = at("/user/alice/promises");
    files.create_directory(&base).unwrap();
    let (one, two) = (base.join("one"), base.join("two"));
    files.write(&one, b"hello", CreateMode::New).unwrap();
    assert!(matches!(
        files.write(&one, b"again", CreateMode::New),
        Err(StorageError::AlreadyExists { .. })
    ));
    assert_eq!(&files.read(&one).unwrap()[..], b"hello");
    files.write(&two, b"other", CreateMode::New).unwrap();
    // A rename replaces nothing, and tells what is missing.
    assert!(matches!(
        files.rename(&one, &two),
        Err(StorageError::AlreadyExists { .. })
    ));
    assert_eq!(&files.read(&two).unwrap()[..], b"other");
    assert!(
        files
            .rename(&base.join("none"), &base.join("new"))
            .unwrap_err()
            .is_not_found()
    );
    let three = base.join("three");
    files.rename(&one, &three).unwrap();
    assert!(!files.exists(&one).unwrap());
    files
        .write(&three, b"replaced", CreateMode::Overwrite)
        .unwrap();
    let status = files.status(&three).unwrap();
    assert_eq!((status.length, status.is_directory), (8, false));
    assert!(status.modified_ms > 0);
    files
        .write(&base.join("deep/er/file"), b"", CreateMode::New)
        .unwrap();
    let names: Vec<_> = files
        .list(&base)
        .unwrap()
        .into_iter()
        .map(|f| f.location)
        .collect();
    assert_eq!(
        names,
        [base.join("deep"), base.join("three"), base.join("two")]
    );
    assert!(files.list(&base.join("none")).unwrap_err().is_not_found());
    assert!(files.list(&three).is_err());
    files.set_permissions(&three, 0o600).unwrap();
    dev_cluster(&["kinit", "alice"]);
    let listed = dev_cluster(&["hdfs", "dfs", "-ls", &three.to_string()]);
    assert!(listed.contains("-rw-------"), "{listed}");
    assert!(files.delete(&base, false).is_err());
    assert!(files.delete(&base, true).unwrap());
    assert!(!files.delete(&base, true).unwrap());
    assert!(files.status(&base).unwrap_err().is_not_found());
}

#[test]
fn large_files_are_read_at_any_place() {
    let (_login, files) = alice();
    let place = at("/user/alice/large");
    let content = noise(5_000_001);
    let mut output = files.create(&place, CreateMode::Overwrite).unwrap();
    for piece in content.chunks(70_001) {
        output.write_all(piece).unwrap();
    }
    assert_eq!(output.position(), content.len() as u64);
    output.finish().unwrap();
    let input = files.open(&place).unwrap();
    assert_eq!(input.length(), content.len() as u64);
    for (offset, length) in [
        (0, 10),
        (4_999_990, 11),
        (4_999_990, 1000),
        (1_048_570, 20),
        (123, 3_000_000),
    ] {
        let end = content.len().min(offset + length);
        assert_eq!(
            input.read_range(offset as u64, length).unwrap(),
            &content[offset..end]
        );
    }
    assert!(input.read_range(6_000_000, 5).unwrap().is_empty());
    // Java reads the same.
    dev_cluster(&["kinit", "alice"]);
    let copy = dir().join("copy");
    dev_cluster(&[
        "hdfs",
        "dfs",
        "-get",
        "-f",
        &place.to_string(),
        copy.to_str().unwrap(),
    ]);
    assert!(std::fs::read(&copy).unwrap() == content);
    std::fs::remove_file(copy).unwrap();
    files.delete(&place, false).unwrap();
}

#[test]
fn what_was_synced_can_be_read_while_the_file_is_open() {
    let (_login, files) = alice();
    let place = at("/user/alice/open");
    let mut output = files.create(&place, CreateMode::Overwrite).unwrap();
    output.write_all(b"durable").unwrap();
    output.sync().unwrap();
    assert_eq!(files.status(&place).unwrap().length, 7);
    output.write_all(b" and more").unwrap();
    output.finish().unwrap();
    assert_eq!(&files.read(&place).unwrap()[..], b"durable and more");
    files.delete(&place, false).unwrap();
}

#[test]
fn others_are_kept_out_and_told_so() {
    let (_login, files) = alice();
    let error = files.list(&at("/user/bob")).unwrap_err();
    assert!(
        matches!(error, StorageError::PermissionDenied { .. }),
        "{error}"
    );
    let error = files
        .write(&at("/user/bob/x"), b"", CreateMode::New)
        .err()
        .unwrap();
    assert!(
        matches!(error, StorageError::PermissionDenied { .. }),
        "{error}"
    );
}

#[test]
fn a_write_survives_the_death_of_a_data_node() {
    let (_login, files) = alice();
    let place = at("/user/alice/survivor");
    let content = noise(6 << 20);
    let mut output = files.create(&place, CreateMode::Overwrite).unwrap();
    let (before, after) = content.split_at(3 << 20);
    output.write_all(before).unwrap();
    output.sync().unwrap();
    dev_cluster(&["kill", "dn1"]);
    let outcome = output.write_all(after).map(|()| output.finish());
    // The NameNode still takes dn1 for alive and names it for new files too.
    let others: Vec<_> = (0..10)
        .map(|n| {
            let other = at(&format!("/user/alice/survivor-{n}"));
            files
                .write(&other, &content[..1000], CreateMode::New)
                .map(|()| other)
        })
        .collect();
    // A file without content needs no DataNode.
    let empty = at("/user/alice/survivor-empty");
    let nothing = files.write(&empty, b"", CreateMode::New);
    dev_cluster(&["start", "dn1"]);
    outcome.unwrap().unwrap();
    nothing.unwrap();
    assert!(files.read(&empty).unwrap().is_empty());
    files.delete(&empty, false).unwrap();
    for other in others {
        let other = other.unwrap();
        assert_eq!(files.read(&other).unwrap(), content[..1000]);
        files.delete(&other, false).unwrap();
    }
    assert_eq!(files.read(&place).unwrap(), content);
    files.delete(&place, false).unwrap();
}

/// The dead DataNode is met at a block in the middle: the first and the last are no special cases. Blocks are small, so that each of
/// those that follow would be put on it too.
#[test]
fn a_write_goes_on_when_a_data_node_dies_at_a_later_block() {
    const BLOCK: usize = 1 << 20;
    dev_cluster(&["kinit", "alice"]);
    let settings = [("dfs.blocksize", "1048576")];
    let (_login, files) = alice_with(&settings);
    let folder = at("/user/alice/blocks");
    files.delete(&folder, true).unwrap();
    let content = noise(40 * BLOCK + 12_345);
    for (name, syncs, die_at) in [
        ("inside", vec![], 7 * BLOCK + 1234),
        // Before, and in the middle of a block while the DataNode is known to be dead.
        ("boundary", vec![4 * BLOCK, 30 * BLOCK + 17], 5 * BLOCK),
    ] {
        // One that knows nothing of dead DataNodes.
        let (_login, files) = alice_with(&settings);
        let place = folder.join(name);
        let mut output = files.create(&place, CreateMode::New).unwrap();
        let mut at = 0;
        let mut syncs = syncs.into_iter().peekable();
        let mut outcome = Ok(());
        let mut alive = true;
        while at < content.len() && outcome.is_ok() {
            if alive && at >= die_at {
                // What was handed over is on its way, or there already.
                std::thread::sleep(std::time::Duration::from_millis(500));
                dev_cluster(&["kill", "dn1"]);
                alive = false;
            }
            let stops = [Some(die_at), syncs.peek().copied()];
            let stop = stops.into_iter().flatten().filter(|stop| *stop > at).min();
            let next = stop
                .unwrap_or(content.len())
                .min(at + 300_000)
                .min(content.len());
            outcome = output.write_all(&content[at..next]);
            at = next;
            if syncs.next_if_eq(&at).is_some() {
                output.sync().unwrap();
                // Others see it, before the file ends.
                assert!(files.status(&place).unwrap().length >= at as u64, "{name}");
                let copy = dir().join("synced");
                let target = copy.to_str().unwrap();
                dev_cluster(&["hdfs", "dfs", "-get", "-f", &place.to_string(), target]);
                let seen = std::fs::read(&copy).unwrap();
                std::fs::remove_file(copy).unwrap();
                assert!(seen.len() >= at && seen[..at] == content[..at], "{name}");
            }
        }
        let outcome = outcome.map(|()| output.finish());
        let left: Vec<_> = files.list(&folder).unwrap();
        let read = files.read(&place).map(|read| read == content);
        dev_cluster(&["start", "dn1"]);
        outcome.unwrap().unwrap();
        assert!(read.unwrap(), "{name}");
        // Nothing stays beside it.
        let left: Vec<_> = left.iter().map(|one| &one.location).collect();
        assert_eq!(left, [&place]);
        files.delete(&place, false).unwrap();
    }
    files.delete(&folder, true).unwrap();
}

#[test]
fn calls_wait_for_a_name_node_that_is_restarted() {
    let (_login, files) = alice();
    let place = at("/user/alice/restart");
    files.write(&place, b"x", CreateMode::Overwrite).unwrap();
    dev_cluster(&["kill", "nn"]);
    let reading = std::thread::spawn({
        let (files, place) = (files.clone(), place.clone());
        move || files.read(&place)
    });
    dev_cluster(&["start", "nn"]);
    assert_eq!(&reading.join().unwrap().unwrap()[..], b"x");
    files.delete(&place, false).unwrap();
}

/// A process that has nothing but a token file: what YARN's containers are. The test starts itself once more as such a process.
#[test]
fn a_token_file_is_enough() {
    const FILE: &str = "HADOOP_TOKEN_FILE_LOCATION";
    let conf = conf();
    if std::env::var_os(FILE).is_some() {
        let files = HdfsFileSystem::new(&conf, HdfsUser::Process).unwrap();
        let place = at("/user/alice/by-token");
        files
            .write(&place, b"token", CreateMode::Overwrite)
            .unwrap();
        assert_eq!(&files.read(&place).unwrap()[..], b"token");
        files.delete(&place, false).unwrap();
        return;
    }
    let token = runtime().block_on(async {
        let hdfs = name_node(&conf, identity(&conf, "alice").await).await;
        hdfs.delegation_token("").await.unwrap().unwrap()
    });
    let mut credentials = Credentials::new();
    credentials.add_by_service(token);
    let file = dir().join("container_tokens");
    std::fs::write(
        &file,
        credentials.encode(CredentialsFormat::Writable).expose(),
    )
    .unwrap();
    let process = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_token_file_is_enough"])
        .env(FILE, &file)
        .env_remove("KRB5CCNAME")
        .output()
        .unwrap();
    std::fs::remove_file(file).unwrap();
    let said = String::from_utf8_lossy(&process.stdout);
    assert!(
        process.status.success() && said.contains("1 passed"),
        "{said}"
    );
}
