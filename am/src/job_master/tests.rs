//! The state machine at every crash point, with simulated time and a recording of what it does.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::{
    AttemptNumber, CheckpointId, JobId, OperatorId, SubtaskIndex, VertexId,
};
use alpheus_hadoop_conf::Configuration;
use alpheus_state::handle::{OperatorStateHandle, TaskId, TaskSnapshot};
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};

use super::fact::{Action, Fact, Prepared, RestoreFrom};
use super::machine::{JobMachine, MachineConfig};
use crate::checkpoint::{
    CheckpointConfig, CheckpointContents, CompletedCheckpoint, Drain, RestoreRecord,
    SavepointRequest,
};
use crate::failure::Failure;
use crate::job_status::JobStatus;
use crate::restart_strategy::RestartSettings;

const SINK: OperatorId = OperatorId(7);

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
        let mut options = vec![
            "execution.checkpointing.interval=1 s",
            "execution.checkpointing.dir=file:///chk",
            "restart-strategy.type=fixed-delay",
            "restart-strategy.fixed-delay.attempts=3",
            "restart-strategy.fixed-delay.delay=100 ms",
        ];
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

    fn register_new_workers(&mut self) {
        for worker in self
            .take(|action| match action {
                Action::StartWorkers(workers) => Some(workers.clone()),
                _ => None,
            })
            .into_iter()
            .flatten()
        {
            self.tell(Fact::WorkerRegistered {
                worker,
                slots: 1,
                exchange_address: format!("localhost:{}", worker.0),
                pid: 100 + worker.0,
            });
        }
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
                        keyed: Vec::new(),
                        lists: Vec::new(),
                        committables,
                    }],
                    splits: Vec::new(),
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

#[test]
fn subtasks_are_spread_and_deployed_once_everything_is_there() {
    let mut world = World::new(&[]);
    world.tell(Fact::Start);
    world.prepare();
    assert!(world.deployed().is_empty(), "workers are missing");
    world.register_new_workers();
    let (attempt, placement) = world.deployed().pop().unwrap();
    assert_eq!(attempt, AttemptNumber(1));
    let by_task: BTreeMap<_, _> = placement.into_iter().collect();
    assert_eq!(
        by_task[&tasks()[0]],
        by_task[&tasks()[2]],
        "slots are shared"
    );
    assert_ne!(by_task[&tasks()[0]], by_task[&tasks()[1]]);
}

#[test]
fn a_bounded_job_without_checkpoints_commits_at_its_end() {
    let mut world = World::new(&[]);
    world.run();
    world.finish_all();
    let rest = world.take(|action| match action {
        Action::Commit(committables) => Some(committables.clone()),
        _ => None,
    });
    assert_eq!(rest[0][&SINK], [b"f-0".to_vec(), b"f-1".to_vec()]);
    assert!(
        world.concluded().is_empty(),
        "it ends before it has committed"
    );
    world.tell(Fact::Committed {
        checkpoint: None,
        result: Ok(()),
    });
    assert_eq!(world.concluded().len(), 1);
    assert_eq!(world.machine.status(), JobStatus::Finished);
}

#[test]
fn without_checkpoints_a_failure_ends_the_job() {
    let mut world = World::new(&[]);
    world.run();
    world.fail_task(false);
    assert_eq!(world.machine.status(), JobStatus::Failing);
    world.all_canceled();
    world.concluded();
    assert_eq!(world.machine.status(), JobStatus::Failed);
    assert_eq!(world.machine.failure().unwrap().message, "boom");
}

#[test]
fn the_barrier_follows_the_frozen_enumerators_and_commits_follow_publication() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.wait(999);
    assert!(
        world
            .actions
            .iter()
            .all(|a| !matches!(a, Action::FreezeEnumerators { .. }))
    );
    world.wait(1);
    assert!(
        world.triggered().is_empty(),
        "the enumerators are not frozen"
    );
    let id = world.freeze();
    assert_eq!(world.triggered().len(), 2);
    world.ack(id, &tasks()[..3]);
    assert!(world.stored().is_none(), "a task is missing");
    world.ack(id, &tasks()[3..]);
    let contents = world.stored().unwrap();
    assert_eq!(contents.enumerators, [(OperatorId(1), vec![9])]);
    assert_eq!(contents.tasks.len(), 4);
    assert!(!contents.finished && contents.commits);
    world.publish(&contents);
    let told = world.sent(|m| matches!(m, ToWorker::CheckpointComplete(_)).then_some(()));
    assert_eq!(told.len(), 2);
}

#[test]
fn crash_before_the_first_checkpoint_starts_from_nothing_again() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.fail_task(false);
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    assert_eq!(world.recover(), RestoreFrom::Nothing { again: true });
    assert_eq!(world.machine.attempt(), AttemptNumber(2));
}

#[test]
fn crash_while_tasks_acknowledge_gives_the_checkpoint_up() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.checkpoint();
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks()[..3]);
    world.lose(1);
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    world.ack(id, &tasks()[3..]);
    assert!(
        world.stored().is_none(),
        "an attempt that is over stores nothing"
    );
    let RestoreFrom::Own(from) = world.recover() else {
        panic!("not restored");
    };
    assert_eq!(from.id, CheckpointId(1));
    assert_eq!(world.committed(), ["c1-0", "c1-1"]);
    // What the aborted one had prepared belongs to the attempt that is over.
    world.checkpoint();
    assert_eq!(world.committed(), ["c1-0", "c1-1", "c3-0", "c3-1"]);
}

#[test]
fn crash_while_metadata_is_written_waits_to_know_how_that_ended() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.checkpoint();
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks());
    let contents = world.stored().unwrap();
    world.fail_task(false);
    world.all_canceled();
    world.wait(100);
    assert!(
        world.preparations().is_empty(),
        "which one is the newest is not known yet"
    );
    world.publish(&contents);
    assert!(world.preparations().is_empty(), "it is not committed yet");
    world.commit(&contents);
    let RestoreFrom::Own(from) = world.recover() else {
        panic!("not restored");
    };
    assert_eq!(from.id, CheckpointId(2));
}

#[test]
fn crash_while_metadata_is_written_in_vain_restores_the_one_before() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.checkpoint();
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks());
    world.stored().unwrap();
    world.fail_task(false);
    world.all_canceled();
    world.tell(Fact::Published {
        checkpoint: id,
        result: Err(Failure::transient("disk full")),
    });
    let RestoreFrom::Own(from) = world.recover() else {
        panic!("not restored");
    };
    assert_eq!(from.id, CheckpointId(1));
    assert_eq!(
        world.machine.attempt(),
        AttemptNumber(2),
        "one failure, one restart"
    );
}

#[test]
fn a_commit_that_fails_restarts_from_its_own_checkpoint() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks());
    let contents = world.stored().unwrap();
    world.publish(&contents);
    world.tell(Fact::Committed {
        checkpoint: Some(id),
        result: Err(Failure::transient("no connection")),
    });
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    let RestoreFrom::Own(from) = world.recover() else {
        panic!("not restored");
    };
    assert_eq!(from.id, id);
}

#[test]
fn crash_while_restoring_is_one_more_failure() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.fail_task(false);
    world.all_canceled();
    world.wait(100);
    let (attempt, _) = world.preparations().pop().unwrap();
    world.tell(Fact::Prepared {
        attempt,
        result: Err(Failure::transient("not reachable")),
    });
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    world.wait(100);
    let (next, _) = world.preparations().pop().unwrap();
    assert_eq!(next.0, attempt.0 + 1);
}

#[test]
fn crash_of_a_worker_while_the_others_stop_is_the_same_failure() {
    let mut world = World::checkpointing(&["restart-strategy.fixed-delay.attempts=1"]);
    world.run();
    world.fail_task(false);
    world.lose(0);
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    world.recover();
    let pids: Vec<_> = world.machine.workers().keys().copied().collect();
    assert_eq!(pids, [WorkerId(1), WorkerId(2)], "the lost one is replaced");
    world.fail_task(false);
    assert_eq!(
        world.machine.status(),
        JobStatus::Failing,
        "one attempt was allowed"
    );
}

#[test]
fn a_worker_that_does_not_stop_is_ended_and_replaced() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.fail_task(false);
    let cancels = world.cancels();
    assert_eq!(cancels.len(), 2);
    world.tell(Fact::Canceled {
        worker: WorkerId(0),
        attempt: AttemptNumber(1),
    });
    world.wait(4_999);
    assert!(world.preparations().is_empty(), "a task may still run");
    world.wait(1);
    let stopped = world.take(|action| match action {
        Action::StopWorker(worker) => Some(*worker),
        _ => None,
    });
    assert_eq!(stopped, [WorkerId(1)]);
    world.recover();
}

#[test]
fn a_silent_worker_is_taken_for_dead() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.now += 30_000;
    world.tell(Fact::WorkerHeard(WorkerId(0)));
    world.wait(20_000);
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    assert!(!world.machine.workers().contains_key(&WorkerId(1)));
    assert!(world.machine.workers().contains_key(&WorkerId(0)));
}

#[test]
fn facts_of_an_earlier_attempt_change_nothing() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.fail_task(false);
    world.recover();
    world.tell(Fact::Task {
        attempt: AttemptNumber(1),
        task: tasks()[0],
        state: TaskState::Failed {
            message: "late".to_owned(),
            fatal: true,
        },
    });
    world.tell(Fact::Canceled {
        worker: WorkerId(0),
        attempt: AttemptNumber(1),
    });
    assert_eq!(world.machine.status(), JobStatus::Running);
}

#[test]
fn a_bounded_job_ends_with_a_checkpoint_that_says_so() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.checkpoint();
    world.finish_all();
    let last = world.stored().unwrap();
    assert_eq!(last.barrier.kind, CheckpointKind::Final);
    assert!(last.finished && last.tasks.is_empty());
    world.publish(&last);
    assert!(
        world.concluded().is_empty(),
        "it ends before it has committed"
    );
    world.commit(&last);
    assert_eq!(
        world.concluded(),
        [vec![
            "file:///chk/00000000000000000000000000000001/chk-2".to_owned()
        ]]
    );
    assert_eq!(world.machine.status(), JobStatus::Finished);
    assert_eq!(world.committed(), ["c1-0", "c1-1", "f-0", "f-1"]);
}

#[test]
fn crash_between_the_end_of_input_and_the_last_checkpoint_commits_nothing_of_it() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.checkpoint();
    world.finish_all();
    let last = world.stored().unwrap();
    world.tell(Fact::Published {
        checkpoint: last.barrier.id,
        result: Err(Failure::transient("disk full")),
    });
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    world.recover();
    world.finish_all();
    let last = world.stored().unwrap();
    world.publish(&last);
    world.commit(&last);
    world.concluded();
    assert_eq!(world.machine.status(), JobStatus::Finished);
    assert_eq!(world.committed(), ["c1-0", "c1-1", "f-0", "f-1"]);
}

#[test]
fn a_task_that_finishes_during_a_checkpoint_counts_as_done_and_its_rest_goes_with_it() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks()[..3]);
    world.task(
        tasks()[3],
        TaskState::Finished {
            committables: vec![(SINK, vec![b"rest".to_vec()])],
            last_checkpoint: CheckpointId(0),
        },
    );
    let contents = world.stored().unwrap();
    assert_eq!(contents.tasks.len(), 3);
    world.publish(&contents);
    world.commit(&contents);
    assert_eq!(world.committed(), ["rest", "c1-0"]);
    // Committed once: the next checkpoint does not have it.
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks()[..3]);
    let next = world.stored().unwrap();
    world.commit(&next);
    assert_eq!(world.committed(), ["rest", "c1-0", "c2-0"]);
}

#[test]
fn an_acknowledgment_that_the_end_of_its_task_overtakes_is_waited_for() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.wait(1_000);
    let id = world.freeze();
    world.task(
        tasks()[3],
        TaskState::Finished {
            committables: vec![(SINK, vec![b"rest".to_vec()])],
            last_checkpoint: id,
        },
    );
    world.ack(id, &tasks()[..3]);
    assert!(
        world.stored().is_none(),
        "what the task prepared at the barrier is still under way"
    );
    world.ack(id, &tasks()[3..]);
    let contents = world.stored().unwrap();
    assert_eq!(contents.tasks.len(), 4);
    assert!(contents.committables.is_empty());
}

#[test]
fn a_task_that_finishes_after_its_acknowledgment_leaves_its_rest_to_the_next() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks()[2..]);
    world.task(
        tasks()[3],
        TaskState::Finished {
            committables: vec![(SINK, vec![b"rest".to_vec()])],
            last_checkpoint: id,
        },
    );
    world.ack(id, &tasks()[..2]);
    let contents = world.stored().unwrap();
    assert!(contents.committables.is_empty());
    world.publish(&contents);
    world.commit(&contents);
    world.wait(1_000);
    let id = world.freeze();
    world.ack(id, &tasks()[..3]);
    let next = world.stored().unwrap();
    assert_eq!(next.committables[&SINK], [b"rest".to_vec()]);
}

#[test]
fn a_checkpoint_that_expires_fails_the_job_unless_failures_are_tolerated() {
    for (tolerated, status) in [(0, JobStatus::Restarting), (1, JobStatus::Running)] {
        let option = format!("execution.checkpointing.tolerable-failed-checkpoints={tolerated}");
        let mut world = World::checkpointing(&["execution.checkpointing.timeout=10 s", &option]);
        world.run();
        world.wait(1_000);
        let id = world.freeze();
        world.ack(id, &tasks()[..3]);
        for _ in 0..3 {
            world.now += 3_000;
            world.tell(Fact::WorkerHeard(WorkerId(0)));
        }
        world.wait(1_000);
        assert_eq!(world.machine.status(), status);
        if status == JobStatus::Running {
            // What it had prepared is committed with the next one.
            let id = world.freeze();
            world.ack(id, &tasks());
            let contents = world.stored().unwrap();
            world.commit(&contents);
            assert_eq!(world.committed(), ["c1-0", "c2-0", "c2-1"]);
        }
    }
}

#[test]
fn a_savepoint_neither_commits_nor_serves_recovery() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.checkpoint();
    world.tell(Fact::SavepointRequested(SavepointRequest {
        trigger: 5,
        directory: "file:///sp/s".to_owned(),
        stop: None,
    }));
    let id = world.freeze();
    world.ack(id, &tasks());
    let savepoint = world.stored().unwrap();
    assert!(!savepoint.commits);
    world.publish(&savepoint);
    world.commit(&savepoint);
    let done = world.take(|action| match action {
        Action::SavepointDone { trigger, result } => Some((*trigger, result.clone())),
        _ => None,
    });
    assert_eq!(done, [(5, Ok("file:///sp/s".to_owned()))]);
    world.checkpoint();
    assert_eq!(
        world.committed(),
        ["c1-0", "c1-1", "c2-0", "c2-1", "c3-0", "c3-1"]
    );
}

#[test]
fn stop_with_savepoint_commits_and_finishes() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.tell(Fact::SavepointRequested(SavepointRequest {
        trigger: 5,
        directory: "file:///sp/s".to_owned(),
        stop: Some(Drain(true)),
    }));
    let id = world.freeze();
    world.ack(id, &tasks());
    let savepoint = world.stored().unwrap();
    assert_eq!(
        savepoint.barrier.kind,
        CheckpointKind::StopWithSavepoint { drain: true }
    );
    world.publish(&savepoint);
    assert!(world.cancels().is_empty(), "it is not committed yet");
    world.commit(&savepoint);
    world.all_canceled();
    assert_eq!(
        world.concluded(),
        [Vec::<String>::new()],
        "the savepoint stays"
    );
    assert_eq!(world.machine.status(), JobStatus::Finished);
    assert_eq!(world.committed(), ["c1-0", "c1-1"]);
}

#[test]
fn a_stop_whose_savepoint_fails_makes_the_sources_go_on_by_a_restart() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.tell(Fact::SavepointRequested(SavepointRequest {
        trigger: 5,
        directory: "file:///sp/s".to_owned(),
        stop: Some(Drain(false)),
    }));
    let id = world.freeze();
    world.tell(Fact::CheckpointDeclined {
        checkpoint: id,
        reason: "no space".to_owned(),
    });
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    world.recover();
}

#[test]
fn cancel_keeps_or_deletes_checkpoints_as_configured() {
    for (retention, deleted) in [("RETAIN_ON_CANCELLATION", 0), ("DELETE_ON_CANCELLATION", 1)] {
        let option =
            format!("execution.checkpointing.externalized-checkpoint-retention={retention}");
        let mut world = World::checkpointing(&[&option]);
        world.run();
        world.checkpoint();
        world.tell(Fact::CancelRequested);
        assert_eq!(world.machine.status(), JobStatus::Cancelling);
        assert!(world.concluded().is_empty(), "tasks still run");
        world.all_canceled();
        assert_eq!(world.concluded()[0].len(), deleted);
        assert_eq!(world.machine.status(), JobStatus::Canceled);
    }
}

#[test]
fn older_checkpoints_are_deleted_when_newer_ones_are_published() {
    let mut world = World::checkpointing(&["execution.checkpointing.num-retained=2"]);
    world.run();
    for _ in 0..4 {
        world.checkpoint();
    }
    let discarded = world.take(|action| match action {
        Action::Discard(location) => Some(location.rsplit('/').next().unwrap().to_owned()),
        _ => None,
    });
    assert_eq!(discarded, ["chk-1", "chk-2"]);
}

#[test]
fn workers_that_end_before_they_register_fail_the_job() {
    let mut world = World::checkpointing(&[]);
    world.tell(Fact::Start);
    for worker in 0..3 {
        assert_eq!(world.machine.status(), JobStatus::Created);
        world.lose(worker);
    }
    assert_eq!(world.machine.status(), JobStatus::Failing);
    world.prepare();
    world.concluded();
    assert_eq!(world.machine.status(), JobStatus::Failed);
}

#[test]
fn a_restored_job_that_had_finished_runs_nothing() {
    let mut world = World::checkpointing(&[]);
    world.tell(Fact::Start);
    let (attempt, _) = world.preparations().pop().unwrap();
    world.tell(Fact::Prepared {
        attempt,
        result: Ok(Prepared {
            restored: None,
            finished: true,
        }),
    });
    world.concluded();
    assert!(world.deployed().is_empty());
    assert_eq!(world.machine.status(), JobStatus::Finished);
}

#[test]
fn sources_never_wake_the_loop_without_need() {
    let mut world = World::checkpointing(&[]);
    world.tell(Fact::Start);
    world.prepare();
    // Waiting for workers: nothing is due before the slot timeout.
    assert!(world.machine.next_wakeup(world.now).unwrap() >= 50_000);
}
