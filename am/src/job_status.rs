//! The states of a job and of a task, with Flink's names (`JobStatus`, `ExecutionState`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    /// Known, nothing runs yet.
    Created,
    /// Its tasks are being deployed or run.
    Running,
    /// It has failed for good and its tasks are being stopped.
    Failing,
    /// It has failed.
    Failed,
    /// The user has canceled it and its tasks are being stopped.
    Cancelling,
    /// The user has canceled it.
    Canceled,
    /// All its input is processed and committed, or it was stopped with a savepoint.
    Finished,
    /// It has failed and will run again.
    Restarting,
    /// This process gives it up without ending it; another attempt may go on.
    Suspended,
}

impl JobStatus {
    /// All of them, in the order in which metrics list them.
    pub const ALL: [JobStatus; 9] = [
        JobStatus::Created,
        JobStatus::Running,
        JobStatus::Failing,
        JobStatus::Failed,
        JobStatus::Cancelling,
        JobStatus::Canceled,
        JobStatus::Finished,
        JobStatus::Restarting,
        JobStatus::Suspended,
    ];

    /// Flink's name, for example `RUNNING`.
    pub fn as_str(self) -> &'static str {
        match self {
            JobStatus::Created => "CREATED",
            JobStatus::Running => "RUNNING",
            JobStatus::Failing => "FAILING",
            JobStatus::Failed => "FAILED",
            JobStatus::Cancelling => "CANCELLING",
            JobStatus::Canceled => "CANCELED",
            JobStatus::Finished => "FINISHED",
            JobStatus::Restarting => "RESTARTING",
            JobStatus::Suspended => "SUSPENDED",
        }
    }

    /// Whether nothing can follow (Flink's globally terminal states).
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            JobStatus::Failed | JobStatus::Canceled | JobStatus::Finished
        )
    }

    /// Whether `next` may follow.
    pub fn may_become(self, next: JobStatus) -> bool {
        use JobStatus::*;
        match self {
            Created => matches!(
                next,
                Running | Failing | Cancelling | Restarting | Finished | Suspended
            ),
            Running => matches!(
                next,
                Failing | Cancelling | Restarting | Finished | Suspended
            ),
            Restarting => matches!(next, Running | Failing | Cancelling | Finished | Suspended),
            Failing => matches!(next, Failed | Suspended),
            Cancelling => matches!(next, Canceled | Failing | Suspended),
            Failed | Canceled | Finished | Suspended => false,
        }
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a task is, as REST shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionState {
    /// Not yet sent anywhere.
    Created,
    /// Waiting for a slot.
    Scheduled,
    /// Sent to its worker.
    Deploying,
    /// Its operators run.
    Running,
    /// All its input is processed.
    Finished,
    /// Told to stop.
    Canceling,
    /// Stopped.
    Canceled,
    /// It, or its worker, has failed.
    Failed,
}

impl ExecutionState {
    /// All of them, in the order in which REST counts them.
    pub const ALL: [ExecutionState; 8] = [
        ExecutionState::Created,
        ExecutionState::Scheduled,
        ExecutionState::Deploying,
        ExecutionState::Running,
        ExecutionState::Finished,
        ExecutionState::Canceling,
        ExecutionState::Canceled,
        ExecutionState::Failed,
    ];

    /// Flink's name.
    pub fn as_str(self) -> &'static str {
        match self {
            ExecutionState::Created => "CREATED",
            ExecutionState::Scheduled => "SCHEDULED",
            ExecutionState::Deploying => "DEPLOYING",
            ExecutionState::Running => "RUNNING",
            ExecutionState::Finished => "FINISHED",
            ExecutionState::Canceling => "CANCELING",
            ExecutionState::Canceled => "CANCELED",
            ExecutionState::Failed => "FAILED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_terminal_state_and_every_state_can_reach_one() {
        for status in JobStatus::ALL {
            let successors = JobStatus::ALL
                .into_iter()
                .filter(|next| status.may_become(*next))
                .count();
            let ends = status.is_terminal() || status == JobStatus::Suspended;
            assert_eq!(ends, successors == 0, "{status}");
        }
    }
}
