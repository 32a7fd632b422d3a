//! What the job master learns, and what it decides: the two alphabets of its state machine.

use std::collections::BTreeMap;

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, OperatorId};
use alpheus_dataflow::source::SourceSplit;
use alpheus_state::handle::{CheckpointStatistics, TaskId, TaskSnapshot};
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};
use alpheus_worker::standing::Standing;

use crate::checkpoint::{
    CheckpointContents, Committables, CompletedCheckpoint, RestoreRecord, SavepointRequest,
    TriggerId,
};
use crate::failure::Failure;
use crate::job_status::JobStatus;

/// Whose doing it was that a worker is gone. Workers of a job that is deployed are replaced in either case; but a program
/// that cannot even start is not tried for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The worker's own, or nobody knows.
    Worker,
    /// A node's, a scheduler's or a person's: the next one may fare better.
    Cluster,
}

/// How a worker's container will be taken. Times are ms since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// By whom, for the user.
    pub reason: String,
    /// How long a replacement may be waited for; `None` where it cannot come before the container is given back.
    pub replace_until: Option<i64>,
    /// When the job must be gone.
    pub deadline: i64,
}

/// Something that has happened.
#[derive(Clone, Debug)]
pub enum Fact {
    /// The job may begin.
    Start,
    /// A worker is there.
    WorkerRegistered {
        /// Which.
        worker: WorkerId,
        /// Slots it offers.
        slots: u32,
        /// Where it takes data.
        exchange_address: String,
        /// Its process.
        pid: u32,
        /// What it runs, if another attempt of the AM has started it.
        standing: Option<Box<Standing>>,
    },
    /// A worker has said something, whatever it was.
    WorkerHeard(WorkerId),
    /// A worker's process or connection is gone.
    WorkerLost {
        /// Which.
        worker: WorkerId,
        /// Why, for the user.
        reason: String,
        /// Whose doing.
        fault: Fault,
    },
    /// How a worker that was lost has ended, which is learned later.
    WorkerEnded {
        /// Which.
        worker: WorkerId,
        /// Why, for the user.
        reason: String,
    },
    /// The containers of these workers will be taken.
    WorkersLeave(BTreeMap<WorkerId, Departure>),
    /// They will not, after all: their node has been taken back.
    WorkersStay(Vec<WorkerId>),
    /// A task has changed its state.
    Task {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// Which.
        task: TaskId,
        /// Its state.
        state: TaskState,
    },
    /// A worker has stopped its tasks.
    Canceled {
        /// Which.
        worker: WorkerId,
        /// Of which start of the job.
        attempt: AttemptNumber,
    },
    /// A worker has given the state of its tasks.
    CheckpointAck {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// Which checkpoint.
        checkpoint: CheckpointId,
        /// The state.
        tasks: Vec<TaskSnapshot>,
        /// Numbers.
        statistics: CheckpointStatistics,
    },
    /// A worker cannot take part.
    CheckpointDeclined {
        /// Which checkpoint.
        checkpoint: CheckpointId,
        /// Why.
        reason: String,
    },
    /// The split enumerators have written down their state.
    EnumeratorsFrozen {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// For which checkpoint.
        checkpoint: CheckpointId,
        /// Their state, by operator.
        result: Result<Vec<(OperatorId, Vec<u8>)>, String>,
    },
    /// A split enumerator cannot go on.
    SourceFailed {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// Why.
        failure: Failure,
    },
    /// The client does not take the rows of its SELECT.
    ResultsRefused {
        /// Of which start of the job.
        attempt: AttemptNumber,
        /// Why.
        failure: Failure,
    },
    /// A checkpoint's metadata is published, or could not be.
    Published {
        /// Which.
        checkpoint: CheckpointId,
        /// Where it lies.
        result: Result<CompletedCheckpoint, Failure>,
    },
    /// What a checkpoint prepared is committed, or could not be.
    Committed {
        /// Which; `None` for what was committed without a checkpoint.
        checkpoint: Option<CheckpointId>,
        /// How it went.
        result: Result<(), Failure>,
    },
    /// State, leftovers and enumerators are ready for a start of the job.
    Prepared {
        /// Which start.
        attempt: AttemptNumber,
        /// What was restored.
        result: Result<Prepared, Failure>,
    },
    /// Everything that had to be removed at the end is removed.
    Concluded,
    /// A user cancels the job.
    CancelRequested,
    /// A user wants a savepoint.
    SavepointRequested(SavepointRequest),
    /// Time has passed.
    Tick,
}

/// What a start of the job begins with.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// What was restored; `None` when it starts from nothing.
    pub restored: Option<RestoreRecord>,
    /// The restored checkpoint says that the job had finished: nothing is to be run.
    pub finished: bool,
}

/// Where a start of the job begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreFrom {
    /// From nothing; leftovers of earlier starts are removed if there were any.
    Nothing {
        /// Whether there was an earlier start.
        again: bool,
    },
    /// From a checkpoint or savepoint that was named (`-s`).
    External(String),
    /// From this job's newest checkpoint.
    Own(CompletedCheckpoint),
}

/// Something to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Start these workers.
    StartWorkers(Vec<WorkerId>),
    /// End this worker's process, whatever it does.
    StopWorker(WorkerId),
    /// Say this to a worker.
    Send(WorkerId, Box<ToWorker>),
    /// Deploy a start of the job.
    Deploy {
        /// Which start.
        attempt: AttemptNumber,
        /// Where each task goes.
        placement: Vec<(TaskId, WorkerId)>,
        /// Where workers take data.
        addresses: BTreeMap<WorkerId, String>,
    },
    /// Restore, commit what the checkpoint had prepared, remove leftovers, make the enumerators; then
    /// say [`Fact::Prepared`].
    Prepare {
        /// Which start.
        attempt: AttemptNumber,
        /// Where it begins.
        from: RestoreFrom,
    },
    /// Commit what the checkpoint had prepared, and make the enumerators for tasks that run already, without what was
    /// handed out; then say [`Fact::Prepared`].
    Adopt {
        /// Which start.
        attempt: AttemptNumber,
        /// The newest checkpoint.
        from: RestoreFrom,
        /// What sources have been given since.
        handed_out: Vec<(TaskId, SourceSplit)>,
    },
    /// From now on what sources ask is answered.
    Adopted,
    /// Ask the enumerators; answered by [`Fact::EnumeratorsFrozen`].
    FreezeEnumerators {
        /// Which start.
        attempt: AttemptNumber,
        /// For which checkpoint.
        checkpoint: CheckpointId,
    },
    /// Stop answering the sources of all starts.
    SilenceSources,
    /// Publish and commit; answered by [`Fact::Published`] and [`Fact::Committed`].
    Store(Box<CheckpointContents>),
    /// Commit without a checkpoint; answered by [`Fact::Committed`].
    Commit(Committables),
    /// Delete a checkpoint's folder.
    Discard(String),
    /// A savepoint's outcome.
    SavepointDone {
        /// Whose request.
        trigger: TriggerId,
        /// Where it lies, or why it failed.
        result: Result<String, String>,
    },
    /// The job is at its end: remove uncommitted data and the checkpoints that are not kept; answered by
    /// [`Fact::Concluded`].
    Conclude {
        /// How it ends.
        status: JobStatus,
        /// Published checkpoints to delete.
        discard: Vec<String>,
        /// What sinks must not remove.
        keep: bool,
        /// The job's checkpoint folder, to be removed if it is empty (or temporary).
        root: Option<(String, bool)>,
    },
    /// The job's status has changed.
    Status(JobStatus),
}
