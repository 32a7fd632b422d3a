//! Workers that die, fall silent, or do not stop.

use alpheus_dataflow::ids::AttemptNumber;
use alpheus_worker::control::WorkerId;

use super::World;
use crate::job_master::fact::{Action, Fact, Fault};
use crate::job_status::JobStatus;

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
fn what_is_no_fault_of_the_workers_is_tried_again() {
    let mut world = World::checkpointing(&[]);
    world.tell(Fact::Start);
    for worker in 0..20 {
        world.tell(Fact::WorkerLost {
            worker: WorkerId(worker),
            reason: "its node does not answer".to_owned(),
            fault: Fault::Cluster,
        });
        assert_eq!(world.machine.status(), JobStatus::Created);
    }
    world.take(|action| match action {
        Action::StopWorker(worker) => Some(*worker),
        _ => None,
    });
    let started = world.started();
    assert_eq!(started.len(), 22, "each is replaced");
    for worker in started.into_iter().skip(20) {
        world.register(worker);
    }
    world.prepare();
    assert_eq!(world.deployed().len(), 1);
}

#[test]
fn a_spare_takes_over_at_once_and_is_replaced() {
    let mut world = World::with_spares(1);
    world.tell(Fact::Start);
    let started = world.started();
    assert_eq!(started, [WorkerId(0), WorkerId(1), WorkerId(2)]);
    // Two are enough to begin.
    world.register(WorkerId(0));
    world.register(WorkerId(2));
    world.prepare();
    assert_eq!(world.places(), [WorkerId(0), WorkerId(2)]);
    world.all_run();
    world.register(WorkerId(1));
    world.lose(2);
    assert_eq!(world.started(), [WorkerId(3)], "the next spare");
    world.all_canceled();
    world.wait(100);
    world.prepare();
    assert_eq!(
        world.places(),
        [WorkerId(0), WorkerId(1)],
        "nobody is waited for"
    );
    world.all_run();
    // The loss of a spare is no failure, and one that cannot be started is not tried for ever.
    for spare in 3..6 {
        world.lose(spare);
        assert_eq!(world.machine.status(), JobStatus::Running);
    }
    assert_eq!(world.started(), [WorkerId(4), WorkerId(5)]);
}

#[test]
fn how_a_lost_worker_ended_is_told_when_it_is_known() {
    let mut world = World::new(&["restart-strategy.type=none"]);
    world.run();
    world.lose(1);
    assert_eq!(world.machine.status(), JobStatus::Failing);
    world.tell(Fact::WorkerEnded {
        worker: WorkerId(1),
        reason: "it used more memory than it may".to_owned(),
    });
    let failure = world.machine.failure().unwrap().message.clone();
    assert!(failure.contains("killed; it used more memory"), "{failure}");
    assert_eq!(world.machine.exceptions().next().unwrap().message, failure);
}
