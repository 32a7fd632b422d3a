//! Logs of an application as `alpheus logs -f` shows them while things happen: rolled files, ends of containers, the end of
//! the application.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use alpheus_hadoop_tests::dir;
use alpheus_hadoop_tests::numbers::*;
use alpheus_hadoop_tests::program::*;

/// `alpheus logs -f`, and what it has shown.
struct Followed {
    process: Child,
    shown: Arc<Mutex<String>>,
}

impl Followed {
    fn of(id: &str, more: &[&str]) -> Self {
        let of = format!("-Dyarn.application.id={id}");
        let mut process = start("alice", &[&["logs", "-f", &of], more].concat());
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let shown = Arc::new(Mutex::new(String::new()));
        let text = Arc::clone(&shown);
        std::thread::spawn(move || {
            for line in lines {
                let mut text = text.lock().unwrap();
                text.push_str(&line.unwrap());
                text.push('\n');
            }
        });
        Followed { process, shown }
    }

    fn text(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    fn wait_for(&self, words: &str) {
        wait_for(words, || self.text().contains(words).then_some(()));
    }

    fn end(mut self) -> String {
        assert!(self.process.wait().unwrap().success());
        // The reader has the rest when its own end has come.
        wait_for("the rest", || {
            (Arc::strong_count(&self.shown) == 1).then_some(())
        });
        self.text()
    }
}

/// The log folders of an application's containers whose id has this end.
fn folder(id: &str, container: &str) -> Option<PathBuf> {
    let nodes = std::fs::read_dir(dir().join("daemons")).unwrap().flatten();
    let containers = nodes
        .filter_map(|node| std::fs::read_dir(node.path().join("log").join(id)).ok())
        .flatten()
        .flatten();
    let mut found = containers.map(|container| container.path());
    found.find(|path| path.display().to_string().ends_with(container))
}

#[test]
fn logs_are_followed_to_the_last_word() {
    as_alice();
    let out = place("followed");
    let sql = script("followed", &numbers(&format!("hdfs://{out}"), 100, 6_000));
    let id = submit(
        "alice",
        &options(&["-Drestart-strategy.fixed-delay.delay=100ms"]),
        &sql,
    );
    let (all, master) = (Followed::of(&id, &[]), Followed::of(&id, &["--am"]));
    running(&out);
    all.wait_for("_000002 <==");
    // The worker's log is rolled between two looks, after a line that nobody has seen.
    let folder = folder(&id, "_000002").unwrap();
    let log = folder.join("alpheus.log");
    let append = |line: &[u8]| {
        let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
        std::io::Write::write_all(&mut file, line).unwrap();
    };
    append(b"a line that was seen\n");
    all.wait_for("a line that was seen\n");
    std::fs::write(folder.join("new"), "the first of the new\n").unwrap();
    let owned = Command::new("chown")
        .arg("--reference")
        .args([&log, &folder.join("new")])
        .status();
    assert!(owned.unwrap().success());
    append(b"the last of the old\n");
    std::fs::rename(&log, folder.join("alpheus.log.1")).unwrap();
    std::fs::rename(folder.join("new"), &log).unwrap();
    all.wait_for("the first of the new\n");
    let text = all.text();
    let (old, _) = text.split_once("the first of the new\n").unwrap();
    assert_eq!(old.matches("the last of the old\n").count(), 1, "{text}");
    assert_eq!(old.matches("a line that was seen\n").count(), 1, "{text}");
    // What a worker has said at last is shown when it is no longer there; and then the next one.
    append(b"its last words\n");
    kill(processes("./alpheus worker", &id)[0]);
    all.wait_for("its last words\n");
    all.wait_for("_000003 <==");
    all.wait_for("it was killed by signal 9");
    assert_eq!(end_of(&id), "SUCCEEDED");
    assert_complete(&out, 6_000);
    for shown in [all.end(), master.end()] {
        assert!(shown.contains("job is FINISHED"), "{shown}");
        assert_eq!(
            shown.matches("registered with the ResourceManager").count(),
            1
        );
    }
}
