//! The ways to submit an application, and what is said when one does not work: at once, with the cause and the remedy, and
//! nothing stays on HDFS or in YARN.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_tests::numbers::{as_alice, numbers, place, running};
use alpheus_hadoop_tests::people::*;
use alpheus_hadoop_tests::program::*;
use alpheus_hadoop_tests::{dev_cluster, keytab, try_dev_cluster};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const SMALL: &[&str] = &[
    "-Dtaskmanager.memory.process.size=256mb",
    "-Djobmanager.memory.process.size=256mb",
];

/// Longer than any refusal may take, on a machine that is busy.
const SOON: Duration = Duration::from_secs(60);

fn job(name: &str) -> (String, PathBuf) {
    as_alice();
    let out = place(name);
    let sql = script(name, &numbers(&format!("hdfs://{out}"), 10_000, 1_000));
    (out, sql)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a script to its end, with more options; `prepare` changes the process.
fn attempt(options: &[&str], sql: &Path, prepare: impl FnOnce(&mut Command)) -> Output {
    let sql = sql.display().to_string();
    let mut arguments = vec!["run"];
    arguments.extend(SMALL);
    arguments.extend(options);
    arguments.push(&sql);
    let mut command = alpheus("alice", &arguments);
    prepare(&mut command);
    command.output().unwrap()
}

/// It must fail soon, with these words, and leave nothing: no application that runs, no folder.
fn assert_refused(output: &Output, began: Instant, words: &[&str]) {
    let (said, id) = (text(&output.stderr), text(&output.stdout));
    assert!(!output.status.success(), "{words:?}: {said}");
    assert!(
        began.elapsed() < SOON,
        "{words:?}: it took {:?}",
        began.elapsed()
    );
    for word in words {
        assert!(said.contains(word), "{word}: {said}");
    }
    let id = id.trim();
    if !id.is_empty() {
        let left = try_dev_cluster(&["hdfs", "dfs", "-ls", "/user/alice/.alpheus"]);
        assert!(!text(&left.stdout).contains(id), "{id} left its folder");
        assert!(["FAILED", "KILLED"].contains(&end_of(id).as_str()), "{id}");
    }
}

/// A file that alice's processes can read, and nobody else.
fn alices_file(name: &str, content: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("alpheus-test-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    let owned = Command::new("chown")
        .arg("alice")
        .arg(&path)
        .status()
        .unwrap();
    let private = Command::new("chmod")
        .arg("0400")
        .arg(&path)
        .status()
        .unwrap();
    assert!(owned.success() && private.success());
    path
}

#[test]
fn admin_submits_in_alices_name_and_keeps_his_keytab() {
    let (out, _) = job("proxied");
    let sql = script(
        "proxied",
        &numbers(&format!("hdfs://{out}"), 100, 1_000_000),
    );
    let sql = sql.display().to_string();
    let mut arguments = vec!["run", "-d", "-Dexecution.checkpointing.interval=1s"];
    arguments.extend(SMALL);
    arguments.push(&sql);
    let output = alpheus("admin", &arguments)
        .env("HADOOP_PROXY_USER", "alice")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let id = text(&output.stdout).trim().to_owned();
    running(&out);
    let told = dev_cluster(&["yarn", "application", "-status", &id]);
    assert!(told.contains("User : alice"), "{told}");
    let owner = dev_cluster(&["hdfs", "dfs", "-ls", "-d", &out]);
    assert!(owner.contains(" alice "), "{owner}");
    for pid in processes("./alpheus am", &id) {
        let folder = format!("/proc/{pid}/cwd/krb5.keytab");
        assert!(
            !Path::new(&folder).try_exists().unwrap(),
            "admin's keytab is in alice's container"
        );
    }
    // It is alice's now.
    succeed("alice", &["cancel", &format!("-Dyarn.application.id={id}")]);
    assert_eq!(end_of(&id), "KILLED");
    // Bob may not do so.
    let refused = alpheus("bob", &arguments)
        .env("HADOOP_PROXY_USER", "alice")
        .output()
        .unwrap();
    let said = text(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("impersonate"),
        "{said}"
    );
}

#[test]
fn a_keytab_may_lie_on_the_nodes_and_must_then_be_there() {
    let (out, sql) = job("on-nodes");
    let there = alices_file("on-nodes.keytab", &std::fs::read(keytab("alice")).unwrap());
    let there = format!(
        "-Dyarn.security.kerberos.localized-keytab-path={}",
        there.display()
    );
    let not_sent = "-Dyarn.security.kerberos.ship-local-keytab=false";
    let done = attempt(&[not_sent, &there], &sql, |_| ());
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(cat(&out).lines().count(), 1_000);

    let began = Instant::now();
    let nowhere = "-Dyarn.security.kerberos.localized-keytab-path=/nowhere/alice.keytab";
    let refused = attempt(&[not_sent, nowhere], &sql, |_| ());
    assert_refused(
        &refused,
        began,
        &["cannot log in from its keytab", "/nowhere/alice.keytab"],
    );
}

#[test]
fn a_master_that_does_not_reach_the_kdc_says_so() {
    let (_, sql) = job("kdc");
    let krb5 = "[libdefaults]\ndefault_realm = TEST.LOCAL\ndns_lookup_kdc = false\n[realms]\nTEST.LOCAL = {\n kdc = 127.0.0.1:1\n}\n";
    let krb5 = alices_file("no-kdc.conf", krb5.as_bytes());
    let began = Instant::now();
    let option = format!("-Dcontainerized.master.env.KRB5_CONFIG={}", krb5.display());
    let refused = attempt(&[&option], &sql, |_| ());
    assert_refused(&refused, began, &["cannot log in from its keytab", "KDC"]);
}

#[test]
fn without_a_ticket_or_with_an_old_one_nothing_is_submitted() {
    let (_, sql) = job("tickets");
    let sql = sql.display().to_string();
    let arguments = ["run", "-t", "yarn-application", &sql];
    let began = Instant::now();
    let tickets = Tickets::of("alice", "old");
    let none = Tickets::at("/nonexistent/tickets").run(&arguments);
    assert_eq!(none.status.code(), Some(3));
    assert_refused(&none, began, &["kinit"]);
    tickets.live(1);
    std::thread::sleep(Duration::from_secs(2));
    let began = Instant::now();
    let old = tickets.run(&arguments);
    assert_eq!(old.status.code(), Some(3), "{}", text(&old.stderr));
    assert_refused(&old, began, &["kinit"]);
}

#[test]
fn what_the_cluster_does_not_give_is_said() {
    let (_, sql) = job("refusals");
    for (options, words) in [
        (
            &["-Dexecution.checkpointing.dir=hdfs:///forbidden/checkpoints"][..],
            &["execution.checkpointing.dir", "alice"][..],
        ),
        (
            &["-Dexecution.checkpointing.savepoint-dir=hdfs:///forbidden"],
            &["execution.checkpointing.savepoint-dir"],
        ),
        (&["-Dexecution.checkpointing.dir=s3://b/c"], &["s3"]),
        (&["-Dparallelism.default=1000"], &["parallelism.default"]),
        (&["-Dyarn.no.such.option=1"], &["yarn.no.such.option"]),
    ] {
        let began = Instant::now();
        let refused = attempt(options, &sql, |_| ());
        assert_refused(&refused, began, words);
        assert!(refused.stdout.is_empty(), "{options:?} was submitted");
    }
}

#[test]
fn a_program_for_another_cpu_is_named() {
    let (_, sql) = job("cpu");
    let program = std::env::var("ALPHEUS_PROGRAM").unwrap();
    let sum = Command::new("sha256sum").arg(&program).output().unwrap();
    let sum = text(&sum.stdout).split(' ').next().unwrap().to_owned();
    // An executable of 64 bits for ARM, with nothing in it.
    let mut elf = vec![0; 4096];
    elf[..20].copy_from_slice(&[
        0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 183, 0,
    ]);
    let program = alices_file("other-cpu", &elf);
    let mut tar = Command::new("tar");
    let packed = tar.args([
        "--transform",
        "s,.*,alpheus,",
        "--mode",
        "755",
        "-czPf",
        "-",
    ]);
    let packed = packed.arg(&program).output().unwrap();
    let local = alices_file("other-cpu.tar.gz", &packed.stdout);
    let folder = place("other-cpu");
    let there = format!("{folder}/alpheus-{sum}.tar.gz");
    dev_cluster(&["hdfs", "dfs", "-mkdir", "-p", &folder]);
    dev_cluster(&["hdfs", "dfs", "-put", &local.display().to_string(), &there]);
    dev_cluster(&["hdfs", "dfs", "-chmod", "755", &there]);
    dev_cluster(&["hdfs", "dfs", "-chmod", "755", "/user/alice", &folder]);
    let option = format!("-Dyarn.provided.lib.dirs=hdfs://{folder}");
    let began = Instant::now();
    let refused = attempt(&[&option], &sql, |_| ());
    assert_refused(&refused, began, &["another kind of processor"]);
}
