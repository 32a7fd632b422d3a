//! Checkpoints and savepoints of a job that runs: what they hold, and when it is committed.

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::{CheckpointId, JobId, OperatorId};
use alpheus_hadoop_conf::Configuration;
use alpheus_worker::control::{TaskState, ToWorker, WorkerId};

use super::{SINK, World, tasks};
use crate::checkpoint::{CheckpointConfig, Drain, SavepointRequest};
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

#[test]
fn the_pause_counts_from_the_end_of_a_checkpoint_also_of_one_that_failed() {
    let pause = "execution.checkpointing.min-pause=5 s";
    let tolerate = "execution.checkpointing.tolerable-failed-checkpoints=1";
    let mut world = World::checkpointing(&[pause, tolerate]);
    let begun = |world: &mut World| {
        let begun = world.take(|action| match action {
            Action::FreezeEnumerators { checkpoint, .. } => Some(*checkpoint),
            _ => None,
        });
        begun.len()
    };
    world.run();
    world.wait(1_000);
    let id = world.freeze();
    world.wait(2_000);
    world.ack(id, &tasks());
    let contents = world.stored().unwrap();
    world.publish(&contents);
    // Published at 3 s, so none before 8 s.
    world.wait(4_900);
    assert_eq!(begun(&mut world), 0);
    world.wait(100);
    let id = world.freeze();
    world.wait(1_000);
    world.tell(declined(id));
    world.wait(4_900);
    assert_eq!(begun(&mut world), 0);
    world.wait(100);
    assert_eq!(begun(&mut world), 1);
}

fn declined(checkpoint: CheckpointId) -> Fact {
    Fact::CheckpointDeclined {
        checkpoint,
        reason: "no space".to_owned(),
    }
}

#[test]
fn failures_count_in_a_row() {
    let tolerate = "execution.checkpointing.tolerable-failed-checkpoints=1";
    let mut world = World::checkpointing(&[tolerate]);
    world.run();
    let decline = |world: &mut World| {
        world.wait(1_000);
        let checkpoint = world.freeze();
        world.tell(declined(checkpoint));
    };
    decline(&mut world);
    world.checkpoint();
    decline(&mut world);
    assert_eq!(world.machine.status(), JobStatus::Running);
    decline(&mut world);
    assert_eq!(world.machine.status(), JobStatus::Restarting);
}

#[test]
fn barriers_of_checkpoints_overtake_as_configured_and_those_of_savepoints_never() {
    let unaligned = "execution.checkpointing.unaligned.enabled=true";
    let patience = "execution.checkpointing.aligned-checkpoint-timeout=3 s";
    let overtaking = |world: &mut World| {
        world.freeze();
        let sent = world.sent(|message| match message {
            ToWorker::TriggerCheckpoint { barrier, .. } => Some(barrier.overtake_after_ms),
            _ => None,
        });
        let sent = sent.into_iter().map(|(after, _)| after);
        sent.collect::<Vec<_>>()
    };
    for (options, expected) in [
        (&[][..], None),
        (&[patience][..], None),
        (&[unaligned][..], Some(0)),
        (&[unaligned, patience][..], Some(3_000)),
    ] {
        let mut world = World::checkpointing(options);
        world.run();
        world.tell(Fact::SavepointRequested(SavepointRequest {
            trigger: 5,
            directory: "file:///sp/s".to_owned(),
            stop: None,
        }));
        assert_eq!(overtaking(&mut world), [None, None]);
        let mut world = World::checkpointing(options);
        world.run();
        world.wait(1_000);
        assert_eq!(overtaking(&mut world), [expected, expected]);
    }
    let mut configuration = Configuration::new();
    for option in [
        unaligned,
        "execution.checkpointing.max-concurrent-checkpoints=2",
    ] {
        configuration.add_override(option).unwrap();
    }
    let refused = CheckpointConfig::from_configuration(&configuration, JobId(1));
    let message = refused.unwrap_err().to_string();
    assert!(message.contains("max-concurrent-checkpoints"), "{message}");
    assert!(message.contains("unaligned.enabled is true"), "{message}");
}
