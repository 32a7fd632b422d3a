//! A crash at every point of a checkpoint and of a restart.

use alpheus_dataflow::ids::{AttemptNumber, CheckpointId};
use alpheus_worker::control::{TaskState, WorkerId};

use super::{World, tasks};
use crate::failure::Failure;
use crate::job_master::fact::{Fact, RestoreFrom};
use crate::job_status::JobStatus;

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
fn a_restart_that_falls_due_while_the_loop_looks_away_still_wakes_it() {
    let mut world = World::checkpointing(&[]);
    world.run();
    world.fail_task(false);
    world.all_canceled();
    assert!(world.preparations().is_empty(), "the delay is not over");
    let due = world.machine.next_wakeup();
    // The clock goes on between the last fact and the question when to come back.
    world.now = due.unwrap() + 1;
    assert_eq!(world.machine.next_wakeup(), due);
    world.tell(Fact::Tick);
    assert_eq!(world.preparations().len(), 1);
}
