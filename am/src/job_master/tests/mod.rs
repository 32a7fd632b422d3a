//! The state machine at every crash point, with simulated time and a recording of what it does.

#![allow(clippy::unwrap_used)]

mod checkpoints;
mod crashes;
mod deployment;
mod leaving;
mod takeover;
mod workers;

use std::collections::BTreeSet;

use alpheus_dataflow::ids::{
    AttemptNumber, CheckpointId, JobId, OperatorId, SubtaskIndex, VertexId,
};
use alpheus_hadoop_conf::Configuration;
use alpheus_state::handle::{OperatorStateHandle, TaskId, TaskSnapshot};
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};

use super::fact::{Action, Fact, Fault, Prepared, RestoreFrom};
use super::machine::{JobMachine, MachineConfig};
use crate::checkpoint::{CheckpointConfig, CheckpointContents, CompletedCheckpoint, RestoreRecord};
use crate::job_status::JobStatus;
use crate::restart_strategy::RestartSettings;

const SINK: OperatorId = OperatorId(7);

const CHECKPOINTING: [&str; 5] = [
    "execution.checkpointing.interval=1 s",
    "execution.checkpointing.dir=file:///chk",
    "restart-strategy.type=fixed-delay",
    "restart-strategy.fixed-delay.attempts=3",
    "restart-strategy.fixed-delay.delay=100 ms",
];

/// A job of two vertices with two subtasks each on two workers, and the world around it.
struct World {
    machine: JobMachine,
    now: i64,
    /// What was done and not yet looked at.
    actions: Vec<Action>,
    /// Committables in the order in which they were committed.
    committed: Vec<Vec<u8>>,
}

fn tasks() -> Vec<TaskId> {
    let task = |vertex, subtask| TaskId {
        vertex: VertexId(vertex),
        subtask: SubtaskIndex(subtask),
    };
    vec![task(0, 0), task(0, 1), task(1, 0), task(1, 1)]
}

impl World {
    fn new(options: &[&str]) -> Self {
        World::of(options, 0)
    }

    fn with_spares(spares: u32) -> Self {
        World::of(&CHECKPOINTING, spares)
    }

    fn of(options: &[&str], spares: u32) -> Self {
        let mut configuration = Configuration::new();
        for option in options {
            configuration.add_override(option).unwrap();
        }
        let job = JobId(1);
        let checkpoints = CheckpointConfig::from_configuration(&configuration, job).unwrap();
        let checkpointing = checkpoints.interval_ms.is_some();
        let config = MachineConfig {
            job,
            tasks: tasks(),
            workers: 2,
            restart: RestartSettings::from_configuration(&configuration, checkpointing).unwrap(),
            checkpoints,
            restore: None,
            cancellation_timeout_ms: 5_000,
            heartbeat_timeout_ms: 50_000,
            slot_timeout_ms: 60_000,
            spares,
            exception_history: 4,
        };
        World {
            machine: JobMachine::new(config, 0),
            now: 0,
            actions: Vec::new(),
            committed: Vec::new(),
        }
    }

    /// Checkpoints every second, restarts after 100 ms.
    fn checkpointing(more: &[&str]) -> Self {
        let mut options = CHECKPOINTING.to_vec();
        options.extend(more);
        World::new(&options)
    }

    fn tell(&mut self, fact: Fact) {
        self.actions
            .extend(self.machine.handle(self.now, 0.0, fact));
    }

    fn wait(&mut self, ms: i64) {
        self.now += ms;
        self.tell(Fact::Tick);
    }

    fn take<T>(&mut self, pick: impl Fn(&Action) -> Option<T>) -> Vec<T> {
        let taken = self.actions.iter().filter_map(&pick).collect();
        self.actions.retain(|action| pick(action).is_none());
        taken
    }

    /// The workers that were asked for since the last look.
    fn started(&mut self) -> Vec<WorkerId> {
        let started = self.take(|action| match action {
            Action::StartWorkers(workers) => Some(workers.clone()),
            _ => None,
        });
        started.into_iter().flatten().collect()
    }

    fn register(&mut self, worker: WorkerId) {
        self.tell(Fact::WorkerRegistered {
            worker,
            slots: 1,
            exchange_address: format!("localhost:{}", worker.0),
            pid: 100 + worker.0,
            standing: None,
        });
    }

    fn register_new_workers(&mut self) {
        for worker in self.started() {
            self.register(worker);
        }
    }

    /// The workers that were given tasks, once each.
    fn places(&mut self) -> Vec<WorkerId> {
        let deployed = self.deployed().pop().unwrap().1;
        let used: BTreeSet<WorkerId> = deployed.into_iter().map(|(_, worker)| worker).collect();
        used.into_iter().collect()
    }

    fn preparations(&mut self) -> Vec<(AttemptNumber, RestoreFrom)> {
        self.take(|action| match action {
            Action::Prepare { attempt, from } => Some((*attempt, from.clone())),
            _ => None,
        })
    }

    fn prepare(&mut self) -> RestoreFrom {
        let (attempt, from) = self.preparations().pop().unwrap();
        let restored = match &from {
            RestoreFrom::Own(checkpoint) => Some((checkpoint.id, false)),
            RestoreFrom::External(_) => Some((CheckpointId(40), true)),
            RestoreFrom::Nothing { .. } => None,
        };
        let restored = restored.map(|(id, external)| RestoreRecord {
            id,
            at: self.now,
            path: String::new(),
            external,
            claimed: false,
        });
        self.tell(Fact::Prepared {
            attempt,
            result: Ok(Prepared {
                restored,
                finished: false,
            }),
        });
        from
    }

    fn deployed(&mut self) -> Vec<(AttemptNumber, Vec<(TaskId, WorkerId)>)> {
        self.take(|action| match action {
            Action::Deploy {
                attempt, placement, ..
            } => Some((*attempt, placement.clone())),
            _ => None,
        })
    }

    fn all_run(&mut self) {
        for task in tasks() {
            self.task(task, TaskState::Running);
        }
    }

    fn task(&mut self, task: TaskId, state: TaskState) {
        let attempt = self.machine.attempt();
        self.tell(Fact::Task {
            attempt,
            task,
            state,
        });
    }

    /// From nothing to all tasks running.
    fn run(&mut self) {
        self.tell(Fact::Start);
        self.register_new_workers();
        self.prepare();
        assert_eq!(self.deployed().len(), 1);
        self.all_run();
        assert_eq!(self.machine.status(), JobStatus::Running);
    }

    fn freeze(&mut self) -> CheckpointId {
        let (attempt, checkpoint) = self
            .take(|action| match action {
                Action::FreezeEnumerators {
                    attempt,
                    checkpoint,
                } => Some((*attempt, *checkpoint)),
                _ => None,
            })
            .pop()
            .unwrap();
        self.tell(Fact::EnumeratorsFrozen {
            attempt,
            checkpoint,
            result: Ok(vec![(OperatorId(1), vec![9])]),
        });
        checkpoint
    }

    fn triggered(&mut self) -> BTreeSet<(CheckpointId, WorkerId)> {
        self.sent(|message| match message {
            ToWorker::TriggerCheckpoint { barrier, .. } => Some(barrier.id),
            _ => None,
        })
    }

    fn sent<T: Ord>(&mut self, pick: impl Fn(&ToWorker) -> Option<T>) -> BTreeSet<(T, WorkerId)> {
        self.take(|action| match action {
            Action::Send(worker, message) => pick(message).map(|picked| (picked, *worker)),
            _ => None,
        })
        .into_iter()
        .collect()
    }

    /// The sink's subtasks prepare `c<checkpoint>-<subtask>`.
    fn ack(&mut self, checkpoint: CheckpointId, of: &[TaskId]) {
        let snapshots = of
            .iter()
            .map(|task| {
                let committables = match task.vertex {
                    VertexId(1) => vec![format!("c{checkpoint}-{}", task.subtask).into_bytes()],
                    _ => Vec::new(),
                };
                TaskSnapshot {
                    task: *task,
                    operators: vec![OperatorStateHandle {
                        operator: SINK,
                        native: Vec::new(),
                        keyed: Vec::new(),
                        lists: Vec::new(),
                        committables,
                    }],
                    splits: Vec::new(),
                    channels: Vec::new(),
                }
            })
            .collect();
        let attempt = self.machine.attempt();
        self.tell(Fact::CheckpointAck {
            attempt,
            checkpoint,
            tasks: snapshots,
            statistics: Default::default(),
        });
    }

    fn stored(&mut self) -> Option<CheckpointContents> {
        self.take(|action| match action {
            Action::Store(contents) => Some((**contents).clone()),
            _ => None,
        })
        .pop()
    }

    fn publish(&mut self, contents: &CheckpointContents) {
        self.tell(Fact::Published {
            checkpoint: contents.barrier.id,
            result: Ok(CompletedCheckpoint {
                id: contents.barrier.id,
                location: contents.directory.clone(),
                metadata_bytes: 10,
            }),
        });
    }

    fn commit(&mut self, contents: &CheckpointContents) {
        if contents.commits {
            self.committed
                .extend(contents.all_committables().into_values().flatten());
        }
        self.tell(Fact::Committed {
            checkpoint: Some(contents.barrier.id),
            result: Ok(()),
        });
    }

    /// A whole periodic checkpoint.
    fn checkpoint(&mut self) -> CheckpointContents {
        self.wait(1_000);
        let id = self.freeze();
        self.ack(id, &tasks());
        let contents = self.stored().unwrap();
        self.publish(&contents);
        self.commit(&contents);
        contents
    }

    fn fail_task(&mut self, fatal: bool) {
        self.task(
            tasks()[0],
            TaskState::Failed {
                message: "boom".to_owned(),
                fatal,
            },
        );
    }

    fn cancels(&mut self) -> BTreeSet<(AttemptNumber, WorkerId)> {
        self.sent(|message| match message {
            ToWorker::Cancel(attempt) => Some(*attempt),
            _ => None,
        })
    }

    fn all_canceled(&mut self) {
        for (attempt, worker) in self.cancels() {
            self.tell(Fact::Canceled { worker, attempt });
        }
    }

    fn lose(&mut self, worker: u32) {
        self.tell(Fact::WorkerLost {
            worker: WorkerId(worker),
            reason: "killed".to_owned(),
            fault: Fault::Worker,
        });
    }

    /// From a failure to all tasks running again.
    fn recover(&mut self) -> RestoreFrom {
        self.all_canceled();
        self.wait(100);
        self.register_new_workers();
        let from = self.prepare();
        assert_eq!(self.deployed().len(), 1);
        self.all_run();
        assert_eq!(self.machine.status(), JobStatus::Running);
        from
    }

    fn finish_all(&mut self) {
        for task in tasks() {
            let committables = match task.vertex {
                VertexId(1) => vec![(SINK, vec![format!("f-{}", task.subtask).into_bytes()])],
                _ => Vec::new(),
            };
            let last_checkpoint = CheckpointId(0);
            self.task(
                task,
                TaskState::Finished {
                    committables,
                    last_checkpoint,
                },
            );
        }
    }

    fn concluded(&mut self) -> Vec<Vec<String>> {
        let concluded = self.take(|action| match action {
            Action::Conclude { discard, .. } => Some(discard.clone()),
            _ => None,
        });
        if !concluded.is_empty() {
            self.tell(Fact::Concluded);
        }
        concluded
    }

    fn committed(&self) -> Vec<String> {
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).unwrap();
        self.committed.iter().map(text).collect()
    }
}
