//! A session on YARN, and what its owner does with it.

use crate::numbers::{SMALL, as_alice, numbers};
use crate::program::*;
use std::process::{Child, Output};

/// A session of alice's.
pub struct Session {
    /// The application.
    pub id: String,
}

fn options<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = SMALL.to_vec();
    // The program is uploaded by the first test alone.
    all.push("-Dyarn.provided.lib.dirs=hdfs:///data");
    all.extend(more);
    all
}

impl Session {
    /// Starts one and leaves it.
    pub fn start(more: &[&str]) -> Self {
        as_alice();
        let mut arguments = vec!["session", "-d"];
        arguments.extend(options(more));
        let Output {
            status,
            stdout,
            stderr,
        } = alpheus_at("yarn-session", "alice", &arguments)
            .output()
            .unwrap();
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        let id = String::from_utf8(stdout).unwrap().trim().to_owned();
        Session { id }
    }

    /// Starts one that runs as long as the process.
    pub fn attached(more: &[&str]) -> (Self, Child) {
        use std::io::{BufRead, BufReader};
        as_alice();
        let mut arguments = vec!["session"];
        arguments.extend(options(more));
        let mut command = alpheus_at("yarn-session", "alice", &arguments);
        let mut process = command
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let id = line.trim().to_owned();
        (Session { id }, process)
    }

    /// Runs a command on it to its end.
    pub fn run(&self, user: &str, arguments: &[&str]) -> Output {
        let of = format!("-Dyarn.application.id={}", self.id);
        let mut all = arguments.to_vec();
        all.insert(1, &of);
        alpheus_at("yarn-session", user, &all).output().unwrap()
    }

    /// The same for alice, and it must end well; returns what it printed.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run("alice", arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "alpheus {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What a command that must fail has said, and with which exit code it ended.
    pub fn refused(&self, user: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.run(user, arguments);
        assert!(!output.status.success(), "alpheus {arguments:?}");
        assert!(output.stdout.is_empty(), "alpheus {arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    }

    /// Submits a job that doubles so many numbers, so many a second; returns its id.
    pub fn submit(&self, out: &str, rate: u32, count: u32, more: &[&str]) -> String {
        let name = out.replace('/', "-");
        let sql = script(&name, &numbers(&format!("hdfs://{out}"), rate, count));
        let sql = sql.display().to_string();
        let mut arguments = vec!["run", "-d"];
        arguments.extend(SMALL);
        arguments.extend(more);
        arguments.push(&sql);
        self.succeed(&arguments)
    }

    /// Flink's name of the state of a job.
    pub fn state(&self, job: &str) -> String {
        let listed = self.succeed(&["list", "--json"]);
        let line = listed
            .lines()
            .find(|line| line.contains(job))
            .unwrap_or_default();
        let state = line.split("\"state\":\"").nth(1).unwrap_or_default();
        state.split('"').next().unwrap_or_default().to_owned()
    }

    /// Waits until a job is in a state.
    pub fn wait_for(&self, job: &str, state: &str) {
        wait_for(&format!("{job} to be {state}"), || {
            let reached = self.state(job) == state;
            // A command costs more than a look at a process.
            std::thread::sleep(std::time::Duration::from_millis(500));
            reached.then_some(())
        });
    }

    /// The processes of its workers.
    pub fn workers(&self) -> Vec<u32> {
        processes("./alpheus worker", &self.id)
    }

    /// Whether nothing of it runs.
    pub fn is_gone(&self) -> bool {
        self.workers().is_empty() && processes("./alpheus am", &self.id).is_empty()
    }
}
