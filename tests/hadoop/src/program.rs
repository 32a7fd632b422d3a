//! The program `alpheus` as its users run it: a process with Hadoop's configuration and a Kerberos identity.
//!
//! scripts/test-hadoop builds it and names it in `ALPHEUS_PROGRAM`.

use crate::{REALM, dev_cluster, dir, keytab};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A script in a file of its own.
pub fn script(name: &str, sql: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("alpheus-test-{}-{name}.sql", std::process::id()));
    std::fs::write(&path, sql).unwrap();
    path
}

/// `alpheus` with these arguments and, behind the command, what it takes to be `user` by keytab.
pub fn alpheus(user: &str, arguments: &[&str]) -> Command {
    alpheus_at("yarn-application", user, arguments)
}

/// The same with another target.
pub fn alpheus_at(target: &str, user: &str, arguments: &[&str]) -> Command {
    let program =
        std::env::var_os("ALPHEUS_PROGRAM").expect("run these tests by scripts/test-hadoop");
    let mut command = Command::new(program);
    command.arg(arguments[0]);
    if dir().join("keytabs").is_dir() {
        command
            .arg(format!(
                "-Dsecurity.kerberos.login.keytab={}",
                keytab(user).display()
            ))
            .arg(format!(
                "-Dsecurity.kerberos.login.principal={user}@{REALM}"
            ));
    }
    command
        .args(["-t", target])
        .args(&arguments[1..])
        .env("HADOOP_CONF_DIR", dir().join("conf"))
        .env("HADOOP_USER_NAME", user)
        .env_remove("KRB5CCNAME");
    command
}

/// Runs it to its end.
pub fn run(user: &str, arguments: &[&str]) -> Output {
    alpheus(user, arguments).output().unwrap()
}

/// Runs it to its end, which must be a good one; returns what it printed.
pub fn succeed(user: &str, arguments: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = run(user, arguments);
    let error = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "alpheus {arguments:?}: {error}");
    String::from_utf8(stdout).unwrap().trim().to_owned()
}

/// Runs it to its end, which must be that the user may not do this.
pub fn refused(user: &str, arguments: &[&str]) {
    let Output { status, stderr, .. } = run(user, arguments);
    let error = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(3), "alpheus {arguments:?}: {error}");
}

/// Starts it and lets it run.
pub fn start(user: &str, arguments: &[&str]) -> Child {
    let mut command = alpheus(user, arguments);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Submits a script and leaves it; returns the application's id.
pub fn submit(user: &str, options: &[&str], script: &std::path::Path) -> String {
    let script = script.display().to_string();
    let mut arguments = vec!["run", "-d"];
    arguments.extend(options);
    arguments.push(&script);
    succeed(user, &arguments)
}

/// Waits until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The processes whose command line begins with these words and names an application.
pub fn processes(command: &str, application: &str) -> Vec<u32> {
    let number = application.trim_start_matches("application_");
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            (line.starts_with(command) && line.contains(number)).then_some(pid)
        })
        .collect()
}

/// Ends a process on the spot.
pub fn kill(pid: u32) {
    let killed = Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
}

/// The state and final status of an application, as `yarn` tells them.
pub fn status(application: &str) -> (String, String) {
    let told = dev_cluster(&["yarn", "application", "-status", application]);
    let field = |name: &str| {
        let line = told.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(|value| value.trim_start_matches(" :").trim().to_owned())
            .unwrap_or_default()
    };
    (field("State"), field("Final-State"))
}

/// Waits for the end of an application; returns its final status.
pub fn end_of(application: &str) -> String {
    wait_for(&format!("the end of {application}"), || {
        let (state, last) = status(application);
        ["FINISHED", "FAILED", "KILLED"]
            .contains(&state.as_str())
            .then_some(last)
    })
}

/// What lies in a folder of HDFS, all files one after the other; empty, if there is no such folder.
pub fn cat(folder: &str) -> String {
    let found = crate::try_dev_cluster(&["hdfs", "dfs", "-cat", &format!("{folder}/part-*")]);
    String::from_utf8_lossy(&found.stdout).into_owned()
}

/// The NodeManager, such as `nm0`, under which a container's process runs.
pub fn node_of(pid: u32) -> String {
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    let daemons = dir().join("daemons");
    let below = folder.strip_prefix(daemons).unwrap();
    below.iter().next().unwrap().to_str().unwrap().to_owned()
}
