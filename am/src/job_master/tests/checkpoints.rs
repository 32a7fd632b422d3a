//! Checkpoints and savepoints of a job that runs: what they hold, and when it is committed.

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::{CheckpointId, OperatorId};
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};

use super::{SINK, World, tasks};
use crate::checkpoint::{Drain, SavepointRequest};
use crate::job_master::fact::{Action, Fact};
use crate::job_status::JobStatus;

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
