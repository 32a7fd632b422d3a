//! An AM that deals splits out, triggers checkpoints when told to, and commits.

use std::collections::{BTreeMap, HashSet};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use alpheus_dataflow::element::{CheckpointBarrier, CheckpointKind};
use alpheus_dataflow::graph::JobGraph;
use alpheus_dataflow::ids::{AttemptNumber, CheckpointId, JobId, SubtaskIndex};
use alpheus_dataflow::source::{NextSplit, SourceSplit};
use alpheus_security::tls::{ApplicationName, Authority, Role};
use alpheus_state::CheckpointMetadata;
use alpheus_state::redistribute::redistribute;
use alpheus_storage::Location;
use alpheus_worker::control::{
    Deployment, FromWorker, TaskId, TaskRestore, TaskSnapshot, TaskState, ToWorker, WorkerId,
};
use alpheus_worker::control_connection::{ControlSender, in_process};
use alpheus_worker::environment::ExchangeTls;
use alpheus_worker::exchange::ChannelLimits;
use alpheus_worker::task_manager::{
    ExchangeConfig, TaskManager, TaskManagerConfig, TaskManagerExit,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::tables::{TestConnectors, Totals, World, commit};

pub const JOB: JobId = JobId(7);
/// Far longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Am {
    workers: BTreeMap<WorkerId, ControlSender<ToWorker>>,
    addresses: BTreeMap<WorkerId, String>,
    managers: Vec<TaskManager>,
    inbox: mpsc::UnboundedReceiver<(WorkerId, FromWorker)>,
    pub splits: Vec<SourceSplit>,
    /// Whether more splits may come when there are none.
    pub more_splits: bool,
    pub attempt: AttemptNumber,
    tasks: HashSet<TaskId>,
    pub running: HashSet<TaskId>,
    pub finished: HashSet<TaskId>,
    pub failures: Vec<(TaskId, String)>,
    pub totals: Totals,
    acks: BTreeMap<CheckpointId, BTreeMap<WorkerId, Vec<TaskSnapshot>>>,
    pub declined: Vec<(CheckpointId, String)>,
    canceled: usize,
    pub directory: tempfile::TempDir,
    /// Splits that were not dealt out when a checkpoint was triggered.
    remaining_at: BTreeMap<CheckpointId, Vec<SourceSplit>>,
    pub metrics: BTreeMap<String, i64>,
    pub heartbeats: usize,
}

impl Am {
    /// Starts `workers` TaskManagers; several are joined over TLS.
    pub async fn start(workers: u32, slots: u32, limits: ChannelLimits, world: &Arc<World>) -> Am {
        let authority = Authority::create(ApplicationName::new("test").unwrap()).unwrap();
        let (events, inbox) = mpsc::unbounded_channel();
        let mut am = Am {
            workers: BTreeMap::new(),
            addresses: BTreeMap::new(),
            managers: Vec::new(),
            inbox,
            splits: Vec::new(),
            more_splits: false,
            attempt: AttemptNumber(0),
            tasks: HashSet::new(),
            running: HashSet::new(),
            finished: HashSet::new(),
            failures: Vec::new(),
            totals: Totals::new(),
            acks: BTreeMap::new(),
            declined: Vec::new(),
            canceled: 0,
            directory: tempfile::tempdir().unwrap(),
            remaining_at: BTreeMap::new(),
            metrics: BTreeMap::new(),
            heartbeats: 0,
        };
        for worker in (0..workers).map(WorkerId) {
            let (control, connection) = in_process();
            let connectors = Arc::new(TestConnectors(Arc::clone(world)));
            let mut config = TaskManagerConfig::new(worker, slots, Handle::current(), connectors);
            config.channels = limits;
            config.heartbeat_interval = Duration::from_millis(20);
            if workers > 1 {
                let identity = authority.issue(Role::worker(worker.0).unwrap()).unwrap();
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = listener.local_addr().unwrap().to_string();
                am.addresses.insert(worker, address.clone());
                config.exchange = Some(ExchangeConfig {
                    listener,
                    address,
                    tls: ExchangeTls::of(&identity).unwrap(),
                });
            }
            am.managers
                .push(TaskManager::start(config, control).unwrap());
            am.workers.insert(worker, connection.sender);
            let events = events.clone();
            let mut receiver = connection.receiver;
            tokio::spawn(async move {
                while let Ok(message) = receiver.recv().await {
                    if events.send((worker, message)).is_err() {
                        break;
                    }
                }
            });
        }
        am
    }

    /// Deploys the next attempt, subtask i of every vertex on worker i mod workers.
    pub fn deploy(&mut self, graph: &JobGraph, restore: Vec<(TaskId, TaskRestore)>) {
        self.attempt = AttemptNumber(self.attempt.0 + 1);
        let workers = self.workers.len() as u32;
        let placement: Vec<(TaskId, WorkerId)> = graph
            .vertices
            .iter()
            .flat_map(|vertex| {
                (0..vertex.parallelism).map(move |subtask| {
                    let task = TaskId {
                        vertex: vertex.id,
                        subtask: SubtaskIndex(subtask),
                    };
                    (task, WorkerId(subtask % workers))
                })
            })
            .collect();
        self.tasks = placement.iter().map(|(task, _)| *task).collect();
        self.running.clear();
        self.finished.clear();
        for worker in self.workers.values() {
            worker.send(ToWorker::Deploy(Box::new(Deployment {
                job: JOB,
                origin: JOB,
                attempt: self.attempt,
                graph: graph.clone(),
                placement: placement.clone(),
                exchange_addresses: self.addresses.clone(),
                restore: restore.clone(),
            })));
        }
    }

    fn tell_all(&self, message: &ToWorker) {
        for worker in self.workers.values() {
            worker.send(message.clone());
        }
    }

    pub fn trigger(&mut self, id: u64, kind: CheckpointKind) {
        self.trigger_with(id, kind, None);
    }

    /// Triggers a checkpoint whose barriers overtake after so many milliseconds.
    pub fn trigger_overtaking(&mut self, id: u64, after_ms: u64) {
        self.trigger_with(id, CheckpointKind::Checkpoint, Some(after_ms));
    }

    fn trigger_with(&mut self, id: u64, kind: CheckpointKind, overtake_after_ms: Option<u64>) {
        let barrier = CheckpointBarrier {
            id: CheckpointId(id),
            timestamp: 0,
            kind,
            overtake_after_ms,
        };
        self.remaining_at.insert(barrier.id, self.splits.clone());
        let directory = self.directory.path().join(format!("chk-{id}"));
        self.tell_all(&ToWorker::TriggerCheckpoint {
            barrier,
            directory: directory.to_string_lossy().into_owned(),
            key: None,
        });
    }

    pub fn align(&self, group: &str, max_watermark: i64) {
        self.tell_all(&ToWorker::AlignWatermarks {
            group: group.to_owned(),
            max_watermark,
        });
    }

    pub fn abort(&self, id: u64) {
        self.tell_all(&ToWorker::CheckpointAborted(CheckpointId(id)));
    }

    async fn next(&mut self) {
        let next = tokio::time::timeout(PATIENCE, self.inbox.recv()).await;
        let (worker, message) = next.expect("nothing happens any more").unwrap();
        match message {
            FromWorker::Task {
                attempt,
                task,
                state,
            } if attempt == self.attempt => match state {
                TaskState::Running => drop(self.running.insert(task)),
                TaskState::Finished { committables, .. } => {
                    self.finished.insert(task);
                    for (_, committables) in committables {
                        commit(&mut self.totals, &committables);
                    }
                }
                TaskState::Failed { message, .. } => self.failures.push((task, message)),
            },
            FromWorker::RequestSplit { task } => {
                let next = match self.splits.pop() {
                    Some(split) => NextSplit::Split(split),
                    None if self.more_splits => NextSplit::Wait,
                    None => NextSplit::NoMore,
                };
                // A worker that was lost may have asked before.
                if let Some(worker) = self.workers.get(&worker) {
                    worker.send(ToWorker::AssignSplit { task, next });
                }
            }
            FromWorker::CheckpointAck {
                checkpoint, tasks, ..
            } => {
                self.acks
                    .entry(checkpoint)
                    .or_default()
                    .insert(worker, tasks);
            }
            FromWorker::CheckpointDeclined { checkpoint, reason } => {
                self.declined.push((checkpoint, reason));
            }
            FromWorker::Canceled(attempt) if attempt == self.attempt => self.canceled += 1,
            FromWorker::Heartbeat { metrics } => {
                self.heartbeats += 1;
                for metric in metrics
                    .into_iter()
                    .filter(|metric| metric.operator.is_none())
                {
                    for (name, value) in metric.values {
                        let vertex = metric.task.map_or(0, |task| task.vertex.0);
                        self.metrics.insert(format!("{vertex}.{name}"), value);
                    }
                }
            }
            _ => {}
        }
    }

    pub async fn until(&mut self, mut done: impl FnMut(&Am) -> bool) {
        while !done(self) {
            self.next().await;
        }
    }

    pub async fn until_finished(&mut self) {
        self.until(|am| am.finished == am.tasks || !am.failures.is_empty())
            .await;
        assert_eq!(self.failures, []);
    }

    /// Waits for a checkpoint, commits it, and gives what a restore from it at the same parallelism needs.
    pub async fn complete(&mut self, id: u64) -> Vec<(TaskId, TaskRestore)> {
        let snapshots = self.snapshots(id).await.into_iter();
        let restore = |snapshot: TaskSnapshot| TaskRestore {
            splits: snapshot.splits,
            ..TaskRestore::default()
        };
        snapshots
            .map(|snapshot| (snapshot.task, restore(snapshot)))
            .collect()
    }

    /// What a restore needs in which the graph is this one, whatever it was; sources ask for their splits.
    pub fn restore_into(
        &mut self,
        id: u64,
        before: &JobGraph,
        snapshots: Vec<TaskSnapshot>,
        graph: &JobGraph,
    ) -> Vec<(TaskId, TaskRestore)> {
        let metadata = CheckpointMetadata {
            job: JOB,
            job_name: String::new(),
            attempt: self.attempt,
            checkpoint: CheckpointId(id),
            kind: CheckpointKind::Checkpoint,
            timestamp: 0,
            max_parallelism: before.max_parallelism,
            vertices: CheckpointMetadata::vertices_of(before),
            tasks: snapshots,
            enumerators: Vec::new(),
            committables: Vec::new(),
            ancestors: Vec::new(),
            finished: false,
        };
        let folder = Location::local(self.directory.path().join(format!("chk-{id}")));
        let plan = redistribute(&metadata, &folder, graph, false).unwrap();
        self.rewind(id);
        for (_, _, splits) in plan.sources {
            self.splits.extend(splits);
        }
        plan.tasks
    }

    /// Waits for a checkpoint whose parts never arrive, and gives it up.
    pub async fn lose_checkpoint(&mut self, id: u64) {
        let checkpoint = CheckpointId(id);
        let workers = self.workers.len();
        self.until(|am| {
            am.acks
                .get(&checkpoint)
                .is_some_and(|acks| acks.len() == workers)
        })
        .await;
        self.acks.remove(&checkpoint);
        self.abort(id);
    }

    /// Waits for a checkpoint and commits it.
    pub async fn snapshots(&mut self, id: u64) -> Vec<TaskSnapshot> {
        let id = CheckpointId(id);
        let workers = self.workers.len();
        self.until(|am| am.acks.get(&id).is_some_and(|acks| acks.len() == workers))
            .await;
        self.tell_all(&ToWorker::CheckpointComplete(id));
        let acks = self.acks.remove(&id).unwrap();
        let snapshots: Vec<TaskSnapshot> = acks.into_values().flatten().collect();
        for operator in snapshots.iter().flat_map(|snapshot| &snapshot.operators) {
            commit(&mut self.totals, &operator.committables);
        }
        snapshots
    }

    /// Forgets which splits were dealt out since a checkpoint was triggered.
    pub fn rewind(&mut self, id: u64) {
        self.splits = self.remaining_at[&CheckpointId(id)].clone();
    }

    pub async fn cancel(&mut self) {
        self.canceled = 0;
        self.tell_all(&ToWorker::Cancel(self.attempt));
        let workers = self.workers.len();
        self.until(|am| am.canceled == workers).await;
        self.failures.clear();
    }

    pub async fn shut_down(self) {
        self.tell_all(&ToWorker::Shutdown);
        for manager in self.managers {
            let exit = tokio::time::timeout(PATIENCE, manager.wait()).await;
            assert_eq!(exit.unwrap(), TaskManagerExit::Shutdown);
        }
    }

    /// Breaks the control connection of one worker and waits for it to end.
    pub async fn lose(&mut self, worker: u32) -> TaskManagerExit {
        self.workers.remove(&WorkerId(worker));
        let manager = self.managers.remove(worker as usize);
        tokio::time::timeout(PATIENCE, manager.wait())
            .await
            .unwrap()
    }
}
