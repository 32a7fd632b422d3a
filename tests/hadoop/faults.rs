//! What goes wrong around a job and not in it: the KDC, the clock, keys, daemons that are away for a while. Each either passes
//! unnoticed or is an error that names the cause and what to do.
#![allow(clippy::unwrap_used)]

use alpheus_hadoop_rpc::RpcError;
use alpheus_hadoop_tests::*;
use alpheus_security::kerberos::{KerberosError, Login};
use alpheus_storage::{
    CreateMode, FileSystem, HdfsFileSystem, HdfsLimits, HdfsUser, Location, StorageError,
};
use alpheus_yarn::YarnError;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// `alpheus doctor --json` as alice, by keytab.
fn doctor(program: &mut Command) -> Output {
    let keytab = format!(
        "security.kerberos.login.keytab={}",
        keytab("alice").display()
    );
    let principal = format!("security.kerberos.login.principal=alice@{REALM}");
    let arguments = ["doctor", "--json", "-D", &keytab, "-D", &principal];
    program.args(arguments).output().unwrap()
}

fn binary() -> std::ffi::OsString {
    std::env::var_os("ALPHEUS_BIN").expect("run these tests by scripts/test-hadoop")
}

fn at(path: &str) -> Location {
    let authority = conf().default_hdfs_authority().unwrap().unwrap();
    format!("hdfs://{authority}{path}").parse().unwrap()
}

fn files_of(login: &Login, limits: HdfsLimits) -> HdfsFileSystem {
    let user = HdfsUser::Kerberos {
        principal: login.principal().to_owned(),
        cache: login.cache().to_owned(),
    };
    HdfsFileSystem::with_limits(&conf(), user, limits).unwrap()
}

#[test]
fn a_healthy_cluster_passes_the_doctor() {
    let output = doctor(&mut Command::new(binary()));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains(r#""works":true"#), "{said}");
    assert!(said.contains("its clock is 0 s"), "{said}");
    // Nothing of its tries is left.
    let runtime = runtime();
    let login = runtime.block_on(login("alice"));
    let files = files_of(&login, HdfsLimits::default());
    assert!(!files.exists(&at("/user/alice/.alpheus")).unwrap());
}

#[test]
fn without_a_kdc_nobody_logs_in_and_who_has_tickets_goes_on() {
    let runtime = runtime();
    let conf = conf();
    runtime.block_on(async {
        let alice = identity(&conf, "alice").await;
        let rm = resource_manager(&conf, alice).await;
        rm.metrics().await.unwrap();
        dev_cluster(&["kill", "kdc"]);
        let late = Login::from_keytab(&keytab("bob"), &format!("bob@{REALM}")).await;
        let doctor = doctor(&mut Command::new(binary()));
        // Longer than a connection lives unused: it authenticates anew, with the service's ticket that it has.
        tokio::time::sleep(Duration::from_secs(11)).await;
        let goes_on = rm.metrics().await;
        dev_cluster(&["start", "kdc"]);
        goes_on.unwrap();
        let error = late.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert!(error.to_string().contains("is the KDC up"), "{error}");
        let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert_eq!(doctor.status.code(), Some(1), "{said}");
        assert!(said.contains("does not answer"), "{said}");
        Login::from_keytab(&keytab("bob"), &format!("bob@{REALM}"))
            .await
            .unwrap();
    });
}

/// Needs libfaketime, which scripts/test-hadoop installs.
#[test]
fn a_wrong_clock_is_named_and_bad_only_where_it_hinders() {
    let wrong_clock = || {
        let mut command = Command::new("faketime");
        command.args(["-f", "-20m"]).arg(binary());
        command
    };
    // libkrb5 counts with the KDC's time, so everything works.
    let output = doctor(&mut wrong_clock());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("20 min ahead of ours"), "{said}");
    assert!(said.contains("synchronize both clocks"), "{said}");
    assert!(said.contains("kdc_timesync"), "{said}");
    // Unless it is told not to.
    let strict = dir().join("strict-krb5.conf");
    let krb5_conf = std::fs::read_to_string(dir().join("krb5.conf")).unwrap();
    let changed = krb5_conf.replace("[libdefaults]", "[libdefaults]\n  kdc_timesync = 0");
    assert_ne!(changed, krb5_conf);
    std::fs::write(&strict, changed).unwrap();
    let output = doctor(wrong_clock().env("KRB5_CONFIG", &strict));
    std::fs::remove_file(strict).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("more than Kerberos allows\""), "{said}");
}

#[test]
fn keys_that_do_not_fit_are_named() {
    let wrong = |keytab: &std::path::Path, principal: &str| -> KerberosError {
        let login = Login::from_keytab(keytab, principal);
        runtime().block_on(login).unwrap_err()
    };
    let error = wrong(&keytab("bob"), &format!("alice@{REALM}"));
    assert!(error.to_string().contains("no key for this"), "{error}");
    let error = wrong(&dir().join("none.keytab"), &format!("alice@{REALM}"));
    assert!(error.to_string().contains("none.keytab"), "{error}");
    // The password was changed since.
    let old = dir().join("carol.keytab");
    dev_cluster(&["kadmin", "addprinc -randkey +requires_preauth carol"]);
    dev_cluster(&["kadmin", &format!("ktadd -k {} carol", old.display())]);
    let carol = format!("carol@{REALM}");
    runtime()
        .block_on(Login::from_keytab(&old, &carol))
        .unwrap();
    dev_cluster(&["kadmin", "cpw -randkey carol"]);
    let error = wrong(&old, &carol);
    dev_cluster(&["kadmin", "delprinc -force carol"]);
    std::fs::remove_file(&old).unwrap();
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("klist -k"), "{error}");
    let error = wrong(&keytab("alice"), &format!("nobody@{REALM}"));
    assert!(error.to_string().contains("nobody"), "{error}");
}

#[test]
fn safe_mode_is_waited_for_and_named_when_it_lasts() {
    let login = runtime().block_on(login("alice"));
    let patient = files_of(&login, HdfsLimits::default());
    let hasty = files_of(
        &login,
        HdfsLimits {
            tries: Duration::from_secs(2),
            ..HdfsLimits::default()
        },
    );
    let place = at("/user/alice/safe");
    patient
        .write(&place, b"before", CreateMode::Overwrite)
        .unwrap();
    let safe_mode = |what: &str| {
        dev_cluster(&["kinit", "nn/localhost"]);
        dev_cluster(&["hdfs", "dfsadmin", "-safemode", what]);
        dev_cluster(&["kinit", "alice"]);
    };
    safe_mode("enter");
    let refused = hasty.write(&place, b"hasty", CreateMode::Overwrite);
    let waiting = std::thread::spawn({
        let place = place.clone();
        move || patient.write(&place, b"after", CreateMode::Overwrite)
    });
    // Reading goes on.
    let read = hasty.read(&place);
    safe_mode("leave");
    waiting.join().unwrap().unwrap();
    assert_eq!(&read.unwrap()[..], b"before");
    let error = refused.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("safe mode"), "{error}");
    assert_eq!(&hasty.read(&place).unwrap()[..], b"after");
    hasty.delete(&place, false).unwrap();
}

#[test]
fn a_restart_of_the_resource_manager_reaches_no_caller() {
    let conf = conf_with(&[("yarn.resourcemanager.connect.retry-interval.ms", "500")]);
    runtime().block_on(async {
        let rm = resource_manager(&conf, identity(&conf, "alice").await).await;
        rm.metrics().await.unwrap();
        let calls: Vec<_> = (0..4)
            .map(|_| {
                let rm = rm.clone();
                tokio::spawn(async move {
                    let mut done = 0u32;
                    while done < 200 {
                        rm.metrics().await?;
                        done += 1;
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    Ok::<_, YarnError>(())
                })
            })
            .collect();
        tokio::task::spawn_blocking(|| {
            dev_cluster(&["kill", "rm"]);
            dev_cluster(&["start", "rm"]);
        })
        .await
        .unwrap();
        for call in calls {
            call.await.unwrap().unwrap();
        }
    });
}

/// A token of another cluster has this one's form and kind, and a number and a key that this one never gave.
#[test]
fn a_token_of_another_cluster_is_refused_by_name() {
    let conf = conf();
    runtime().block_on(async {
        let alice = name_node(&conf, identity(&conf, "alice").await).await;
        let mut token = alice.delegation_token("alice").await.unwrap().unwrap();
        let foreign = alice.delegation_token("alice").await.unwrap().unwrap();
        token.password = foreign.password.clone();
        let holder = name_node(&conf, holder(&conf, vec![token])).await;
        let error = holder.server_defaults().await.unwrap_err();
        assert!(
            matches!(
                error,
                RpcError::Remote { .. } | RpcError::Authentication { .. }
            ),
            "{error}"
        );
        alice.cancel_token(&foreign).await.unwrap();
        let late = name_node(&conf, Arc::clone(&self::holder(&conf, vec![foreign]))).await;
        let error = late.server_defaults().await.unwrap_err();
        assert!(error.is_remote("InvalidToken"), "{error}");
    });
}
