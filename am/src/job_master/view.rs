//! A picture of the job at one moment, for REST and the command line.

use std::collections::BTreeMap;

use alpheus_dataflow::graph::{JobGraph, Vertex};
use alpheus_dataflow::ids::{AttemptNumber, JobId, OperatorId, VertexId};
use alpheus_state::handle::TaskId;
use alpheus_worker::control::WorkerId;
use std::sync::Arc;

use super::machine::{ExceptionRecord, TaskInfo, WorkerInfo};
use super::savepoints::SavepointOutcome;
use crate::checkpoint::{CheckpointConfig, CheckpointHistory, CompletedCheckpoint, TriggerId};
use crate::job_status::{ExecutionState, JobStatus};

/// Numbers of one place (a task, an operator in it, or a worker's process), by Flink's names.
pub type MetricValues = BTreeMap<String, i64>;

/// Where a number was taken: the task (none for the process) and the operator (none for the whole task).
pub type MetricScope = (WorkerId, Option<TaskId>, Option<OperatorId>);

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct JobView {
    /// The job.
    pub job: JobId,
    /// What it runs.
    pub graph: Arc<JobGraph>,
    /// Its status.
    pub status: JobStatus,
    /// When it came into each status, ms since the epoch.
    pub timestamps: BTreeMap<&'static str, i64>,
    /// When this picture was taken, ms since the epoch.
    pub now: i64,
    /// Which start of the job this is.
    pub attempt: AttemptNumber,
    /// How often it was restarted.
    pub restarts: u32,
    /// Since when all tasks run.
    pub running_since: Option<i64>,
    /// Tasks of this start.
    pub tasks: BTreeMap<TaskId, TaskInfo>,
    /// Workers.
    pub workers: BTreeMap<WorkerId, WorkerInfo>,
    /// Failures, newest first.
    pub exceptions: Vec<ExceptionRecord>,
    /// Why it has failed.
    pub failure: Option<String>,
    /// How checkpoints are taken.
    pub checkpoint_config: CheckpointConfig,
    /// Checkpoints so far.
    pub checkpoints: CheckpointHistory,
    /// The newest checkpoint to restore.
    pub latest_checkpoint: Option<CompletedCheckpoint>,
    /// Savepoints that were asked for.
    pub savepoints: BTreeMap<TriggerId, SavepointOutcome>,
    /// Numbers.
    pub metrics: BTreeMap<MetricScope, MetricValues>,
}

impl JobView {
    /// The same picture once the job has come to its end, which is decided already.
    #[must_use]
    pub fn ending_as(mut self, status: JobStatus) -> Self {
        self.status = status;
        self.timestamps.insert(status.as_str(), self.now);
        self
    }

    /// When the job was made.
    pub fn start_time(&self) -> i64 {
        self.timestamp(JobStatus::Created).unwrap_or(self.now)
    }

    /// When it came into a status; `None` if it never did.
    pub fn timestamp(&self, status: JobStatus) -> Option<i64> {
        self.timestamps.get(status.as_str()).copied()
    }

    /// When it ended.
    pub fn end_time(&self) -> Option<i64> {
        self.status
            .is_terminal()
            .then(|| self.timestamp(self.status))
            .flatten()
    }

    /// How long it has run, or ran, in ms.
    pub fn duration(&self) -> i64 {
        self.end_time().unwrap_or(self.now) - self.start_time()
    }

    /// Tasks of a vertex with their subtask index.
    pub fn tasks_of(&self, vertex: VertexId) -> impl Iterator<Item = (TaskId, &TaskInfo)> {
        self.tasks
            .iter()
            .filter(move |(task, _)| task.vertex == vertex)
            .map(|(task, info)| (*task, info))
    }

    /// How many tasks (of one vertex, or of all) are in each state.
    pub fn count_tasks(&self, vertex: Option<VertexId>) -> BTreeMap<ExecutionState, usize> {
        let mut counts: BTreeMap<_, _> = ExecutionState::ALL
            .into_iter()
            .map(|state| (state, 0))
            .collect();
        let of_vertex = |vertex_of: &Vertex| vertex.is_none_or(|wanted| wanted == vertex_of.id);
        for vertex in self
            .graph
            .vertices
            .iter()
            .filter(|vertex| of_vertex(vertex))
        {
            let mut deployed = 0;
            for (_, info) in self.tasks_of(vertex.id) {
                deployed += 1;
                *counts.entry(info.state).or_default() += 1;
            }
            let missing = (vertex.parallelism as usize).saturating_sub(deployed);
            *counts.entry(ExecutionState::Created).or_default() += missing;
        }
        counts
    }

    /// The sum of a task-level number over the tasks of a vertex (or all), 0 when nobody has it.
    pub fn sum(&self, vertex: Option<VertexId>, name: &str) -> i64 {
        self.task_values(vertex, name).map(|(_, value)| value).sum()
    }

    /// A task-level number of each task that has it.
    pub fn task_values<'a>(
        &'a self,
        vertex: Option<VertexId>,
        name: &'a str,
    ) -> impl Iterator<Item = (TaskId, i64)> + 'a {
        self.metrics
            .iter()
            .filter_map(move |((_, task, operator), values)| {
                let task = (*task)?;
                let wanted =
                    operator.is_none() && vertex.is_none_or(|vertex| vertex == task.vertex);
                wanted
                    .then(|| values.get(name).map(|value| (task, *value)))
                    .flatten()
            })
    }

    /// Slots that workers offer, and those in use.
    pub fn slots(&self) -> (u32, u32) {
        let total = self
            .workers
            .values()
            .filter(|info| info.registered)
            .map(|info| info.slots)
            .sum();
        let used = if self.tasks.is_empty() || self.status.is_terminal() {
            0
        } else {
            self.graph.required_slots()
        };
        (total, used.min(total))
    }
}

/// A vertex's id as REST shows it: 32 hexadecimal digits, derived from its first operator, so that it
/// stays the same from one start to the next.
pub fn vertex_key(vertex: &Vertex) -> String {
    vertex.chain.first().map_or_else(
        || format!("{:032x}", vertex.id.0),
        |node| node.id.to_string(),
    )
}
