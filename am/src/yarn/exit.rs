//! What a container's end means: whose doing it was, and what to tell the user.

use alpheus_yarn::{ContainerStatus, ExitStatus};

use crate::job_master::fact::Fault;

/// Whose doing the end of a container was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It ended as it was told to.
    AsTold,
    /// The program: it failed, or used too much memory.
    Program,
    /// Somebody's, who has killed it, or the kernel's for want of memory.
    Killed,
    /// The scheduler, the administrator, or the loss of a node: nobody's fault.
    Cluster,
    /// This node's: it is better avoided.
    Node,
}

impl Cause {
    /// Whether it says something about the program.
    pub fn fault(self) -> Fault {
        match self {
            Cause::Program => Fault::Worker,
            Cause::AsTold | Cause::Killed | Cause::Cluster | Cause::Node => Fault::Cluster,
        }
    }
}

/// The end of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Whose doing.
    pub cause: Cause,
    /// For the user.
    pub reason: String,
}

/// The most characters of a NodeManager's words that a reason repeats.
const MAX_WORDS: usize = 600;

/// What a status says.
pub fn explain(status: &ContainerStatus) -> End {
    let exit = status.exit;
    let (cause, what) = match exit {
        ExitStatus(0) => (Cause::AsTold, "it ended".to_owned()),
        ExitStatus::KILLED_BY_APPMASTER | ExitStatus::KILLED_AFTER_APP_COMPLETION => {
            (Cause::AsTold, format!("exit {exit}"))
        }
        ExitStatus::PREEMPTED => (
            Cause::Cluster,
            "the scheduler took it for another queue (preempted)".to_owned(),
        ),
        ExitStatus::ABORTED => (
            Cause::Cluster,
            "it was released, or its node was lost".to_owned(),
        ),
        ExitStatus::KILLED_BY_RESOURCEMANAGER => {
            (Cause::Cluster, "the ResourceManager stopped it".to_owned())
        }
        ExitStatus::DISKS_FAILED => (Cause::Node, "its node's disks failed".to_owned()),
        ExitStatus::INVALID => (
            Cause::Node,
            "its node could not say how it ended".to_owned(),
        ),
        ExitStatus::KILLED_EXCEEDED_PMEM => (
            Cause::Program,
            "it used more memory than its container has: raise taskmanager.memory.process.size".to_owned(),
        ),
        ExitStatus::KILLED_EXCEEDED_VMEM => (
            Cause::Program,
            "it used more virtual memory than its node allows: raise taskmanager.memory.process.size, or have the \
             administrator set yarn.nodemanager.vmem-check-enabled to false"
                .to_owned(),
        ),
        ExitStatus(137) => (
            Cause::Killed,
            "it was killed by signal 9 (by somebody, or by the kernel for want of memory)".to_owned(),
        ),
        ExitStatus(143) => (Cause::Cluster, "it was ended by signal 15".to_owned()),
        ExitStatus(code @ 129..=192) => {
            (Cause::Program, format!("it was ended by signal {}", code - 128))
        }
        ExitStatus(code) if code > 0 => {
            (Cause::Program, format!("its process ended with exit code {code}"))
        }
        other => (Cause::Node, format!("its node ended it with {other}")),
    };
    let told = cause == Cause::AsTold || cause == Cause::Cluster;
    let words = match told {
        true => "",
        false => tail(&status.diagnostics),
    };
    let reason = match words {
        "" => format!("container {}: {what}", status.id),
        words => format!("container {}: {what}; the node says: {words}", status.id),
    };
    End { cause, reason }
}

/// The end of a text, where the error output of the process is.
fn tail(text: &str) -> &str {
    let text = text.trim();
    let from = text
        .char_indices()
        .rev()
        .nth(MAX_WORDS - 1)
        .map_or(0, |(at, _)| at);
    &text[from..]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alpheus_yarn::ContainerState;

    fn ended(exit: i32, diagnostics: &str) -> End {
        explain(&ContainerStatus {
            id: "container_1700000000000_0007_01_000002".parse().unwrap(),
            state: ContainerState::Complete,
            exit: ExitStatus(exit),
            diagnostics: diagnostics.to_owned(),
        })
    }

    #[test]
    fn ends_are_told_apart() {
        for (exit, cause, word) in [
            (0, Cause::AsTold, "ended"),
            (1, Cause::Program, "exit code 1"),
            (137, Cause::Killed, "signal 9"),
            (139, Cause::Program, "signal 11"),
            (143, Cause::Cluster, "signal 15"),
            (-100, Cause::Cluster, "lost"),
            (-101, Cause::Node, "disks"),
            (-102, Cause::Cluster, "preempted"),
            (-104, Cause::Program, "taskmanager.memory.process.size"),
            (-105, Cause::AsTold, "-105"),
            (-1000, Cause::Node, "could not say"),
        ] {
            let end = ended(exit, "");
            assert_eq!(end.cause, cause, "{exit}");
            assert!(end.reason.contains(word), "{exit}: {}", end.reason);
        }
    }

    #[test]
    fn a_failure_carries_the_end_of_what_the_node_says() {
        let end = ended(1, &format!("{}ö the last word", "x".repeat(5000)));
        assert!(end.reason.ends_with("ö the last word"));
        assert!(end.reason.len() < 1000);
        assert!(!ended(-102, "many words").reason.contains("many words"));
    }
}
