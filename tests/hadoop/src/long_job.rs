//! A job that runs long enough for something to happen to it, and is whole at its end.

use crate::numbers::*;
use crate::program::*;

/// Rows a second.
pub const RATE: u32 = 100;

/// A job of two workers on two nodes that runs for so many seconds, undisturbed.
pub struct Job {
    /// The application.
    pub id: String,
    /// Where its output lies.
    pub out: String,
    count: u32,
}

impl Job {
    /// Submits it and waits for its first output.
    pub fn start(name: &str, seconds: u32, more: &[&str]) -> Self {
        as_alice();
        let out = place(name);
        let count = RATE * seconds;
        let sql = script(name, &numbers(&format!("hdfs://{out}"), RATE, count));
        let mut all = vec![
            "-Dtaskmanager.memory.process.size=4200mb",
            "-Djobmanager.memory.process.size=256mb",
            "-Dexecution.checkpointing.interval=1s",
            "-Drestart-strategy.fixed-delay.delay=100ms",
            "-Dparallelism.default=2",
            // The program is uploaded by the first test alone.
            "-Dyarn.provided.lib.dirs=hdfs:///data",
        ];
        all.extend(more);
        let id = submit("alice", &all, &sql);
        running(&out);
        Job { id, out, count }
    }

    /// The process of its master.
    pub fn master(&self) -> u32 {
        let found = processes("./alpheus am", &self.id);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0]
    }

    /// The processes of its workers.
    pub fn workers(&self) -> Vec<u32> {
        processes("./alpheus worker", &self.id)
    }

    /// A worker on another node than this one.
    pub fn worker_beside(&self, node: &str) -> u32 {
        let workers = self.workers();
        *workers.iter().find(|pid| node_of(**pid) != node).unwrap()
    }

    /// Waits until more is seen of the output than now.
    pub fn goes_on(&self) {
        let before = cat(&self.out).lines().count();
        wait_for("more output", || {
            (cat(&self.out).lines().count() > before).then_some(())
        });
    }

    /// Waits for its end: everything is there once, and nothing else.
    pub fn ends_well(&self) {
        assert_eq!(end_of(&self.id), "SUCCEEDED");
        assert_complete(&self.out, self.count);
        assert!(!left_behind().contains(&self.id), "{}", left_behind());
        wait_for("all processes to be gone", || {
            (self.workers().is_empty() && processes("./alpheus am", &self.id).is_empty())
                .then_some(())
        });
    }
}
