//! What the AM and a worker say to each other.
//!
//! Both sides are the same build, so the messages are plain serde types; between processes they travel
//! as length-prefixed JSON over mutual TLS, inside one process they are handed over as they are. Each
//! direction is one ordered stream, and the order carries meaning: a split that was assigned before a
//! checkpoint was triggered is part of that checkpoint.
//!
//! # Checkpoints and tasks that have finished
//!
//! A task that has finished takes no part in later checkpoints. A checkpoint is complete when every
//! subtask has acknowledged it *or finished without doing so*. What a sink prepares as it finishes
//! comes with [`TaskState::Finished`]; it belongs to the first checkpoint that the task did not
//! acknowledge, or to the end of the job.

use std::collections::BTreeMap;

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId, OperatorId};
use alpheus_dataflow::source::NextSplit;
use alpheus_state::encryption::CheckpointKey;
pub use alpheus_state::handle::{
    CheckpointStatistics, KeyedStateHandle, OperatorStateHandle, TaskId, TaskRestore, TaskSnapshot,
};
use serde::{Deserialize, Serialize};

use crate::results::EncodedRows;
use crate::standing::Standing;

/// A worker process, numbered by the AM in the order it asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerId(pub u32);

/// From the AM to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToWorker {
    /// Build these tasks and run them.
    Deploy(Box<Deployment>),
    /// Put this barrier into the sources' output.
    TriggerCheckpoint {
        /// The barrier.
        barrier: CheckpointBarrier,
        /// The folder that the worker's state file goes into, as a location.
        directory: String,
        /// What its files are to be encrypted with, if they are.
        key: Option<CheckpointKey>,
    },
    /// The checkpoint is published: operators may act on it.
    CheckpointComplete(CheckpointId),
    /// The checkpoint is given up: forget its barrier and delete its files.
    CheckpointAborted(CheckpointId),
    /// Answer to [`FromWorker::RequestSplit`].
    AssignSplit {
        /// The source's task.
        task: TaskId,
        /// What to do.
        next: NextSplit,
    },
    /// Sources of this alignment group may not go beyond this event time.
    AlignWatermarks {
        /// `scan.watermark.alignment.group`.
        group: String,
        /// Milliseconds since the epoch.
        max_watermark: i64,
    },
    /// The client has taken rows of so many bytes: room for more.
    RowsTaken {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// As [`EncodedRows::bytes`] counts them.
        bytes: u64,
    },
    /// Stop all tasks of this attempt, give nothing more out, and say [`FromWorker::Canceled`].
    Cancel(AttemptNumber),
    /// Other tokens have taken the place of those that the worker was given.
    UpdateTokens(FreshTokens),
    /// End the process.
    Shutdown,
}

/// Tokens in Hadoop's form (a credentials file), on their way to a worker.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FreshTokens(pub Vec<u8>);

/// Tokens are secrets.
impl std::fmt::Debug for FreshTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FreshTokens({} bytes)", self.0.len())
    }
}

impl Drop for FreshTokens {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// From a worker to the AM.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// First message: I am there.
    Register {
        /// As given at its start.
        worker: WorkerId,
        /// Operating-system process id.
        pid: u32,
        /// How many slots it offers.
        slots: u32,
        /// `host:port` on which it takes data from other workers; empty when it is alone.
        exchange_address: String,
        /// The container that it runs in, if it does.
        container: Option<String>,
        /// How its attempt stands, when it was another AM that started it.
        standing: Option<Box<Standing>>,
    },
    /// I am still there, and these are my numbers.
    Heartbeat {
        /// Metrics by scope and name, for REST and `/metrics`.
        metrics: Vec<TaskMetrics>,
    },
    /// A task has changed its state.
    Task {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// Which task.
        task: TaskId,
        /// Its new state.
        state: TaskState,
    },
    /// A source's task has nothing to read.
    RequestSplit {
        /// Which task.
        task: TaskId,
    },
    /// All tasks of this worker that take part have given their state for this checkpoint.
    CheckpointAck {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// Which checkpoint.
        checkpoint: CheckpointId,
        /// One entry a task.
        tasks: Vec<TaskSnapshot>,
        /// Numbers for the user.
        statistics: CheckpointStatistics,
    },
    /// This worker cannot take part.
    CheckpointDeclined {
        /// Which checkpoint.
        checkpoint: CheckpointId,
        /// Why.
        reason: String,
    },
    /// Rows for the client; answered by [`ToWorker::RowsTaken`].
    Rows {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// The number of the result.
        result: u32,
        /// The rows.
        rows: EncodedRows,
    },
    /// All tasks of this attempt have ended.
    Canceled(AttemptNumber),
}

/// What to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// The job.
    pub job: JobId,
    /// The first job of the line it was restored from; the job itself if it was not. What sinks write
    /// and have not committed is filed under it, so that the next start of the same line finds it even
    /// if the one that wrote it left no checkpoint.
    pub origin: JobId,
    /// Which start of it.
    pub attempt: AttemptNumber,
    /// The whole graph: each worker builds its part.
    pub graph: JobGraph,
    /// On which worker each subtask runs.
    pub placement: Vec<(TaskId, WorkerId)>,
    /// Where each worker takes data.
    pub exchange_addresses: BTreeMap<WorkerId, String>,
    /// What this worker's tasks start from; a task without an entry starts empty.
    pub restore: Vec<(TaskId, TaskRestore)>,
}

/// Where a task is in its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskState {
    /// Its operators are open and restored.
    Running,
    /// Its inputs have ended and everything is flushed.
    Finished {
        /// What its sinks prepared last, by operator.
        committables: Vec<(OperatorId, Vec<Vec<u8>>)>,
        /// The last checkpoint that it took part in, 0 for none. Its worker acknowledges that one
        /// (and earlier ones) for it even if this message is faster.
        last_checkpoint: CheckpointId,
    },
    /// It cannot go on.
    Failed {
        /// For the user.
        message: String,
        /// Whether the job must not restart.
        fatal: bool,
    },
}

/// Numbers of one task (or, without a task, of the worker itself), by Flink's metric names.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskMetrics {
    /// Which task; `None` for the process.
    pub task: Option<TaskId>,
    /// Which operator of its chain; `None` for the task as a whole.
    pub operator: Option<OperatorId>,
    /// Counters and gauges.
    pub values: BTreeMap<String, i64>,
}
