//! Workers whose containers will be taken.

use std::collections::BTreeMap;

use super::*;
use crate::job_master::fact::Departure;

fn leaves(world: &mut World, worker: u32, replace_until: Option<i64>, deadline: i64) {
    let departure = Departure {
        reason: "its node leaves".to_owned(),
        replace_until,
        deadline,
    };
    world.tell(Fact::WorkersLeave(BTreeMap::from([(
        WorkerId(worker),
        departure,
    )])));
}

fn stopped(world: &mut World) -> Vec<WorkerId> {
    world.take(|action| match action {
        Action::StopWorker(worker) => Some(*worker),
        _ => None,
    })
}

#[test]
fn a_preempted_worker_is_left_with_a_fresh_checkpoint() {
    let mut world = World::checkpointing(&["restart-strategy.fixed-delay.attempts=0"]);
    world.run();
    world.checkpoint();
    let deadline = world.now + 10_000;
    leaves(&mut world, 0, None, deadline);
    assert!(world.started().is_empty(), "there is no room for another");
    // At once, and not when the next one is due.
    let id = world.freeze();
    world.ack(id, &tasks());
    let contents = world.stored().unwrap();
    world.publish(&contents);
    assert!(stopped(&mut world).is_empty(), "it is being committed");
    world.commit(&contents);
    assert_eq!(stopped(&mut world), [WorkerId(0)]);
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    assert_eq!(world.started(), [WorkerId(2)]);
    world.register(WorkerId(2));
    world.all_canceled();
    assert_eq!(
        world.prepare(),
        RestoreFrom::Own(CompletedCheckpoint {
            id,
            location: contents.directory.clone(),
            metadata_bytes: 10,
        })
    );
    assert_eq!(world.places(), [WorkerId(1), WorkerId(2)]);
    world.all_run();
    assert_eq!(world.machine.status(), JobStatus::Running);
    assert!(world.machine.failure().is_none());
}

#[test]
fn replacements_are_waited_for_where_there_is_time() {
    let mut world = World::checkpointing(&[]);
    world.run();
    let now = world.now;
    leaves(&mut world, 1, Some(now + 30_000), now + 60_000);
    assert_eq!(world.started(), [WorkerId(2)]);
    let frozen = |world: &mut World| {
        world.take(|action| match action {
            Action::FreezeEnumerators { checkpoint, .. } => Some(*checkpoint),
            _ => None,
        })
    };
    assert!(frozen(&mut world).is_empty());
    world.register(WorkerId(2));
    let id = world.freeze();
    world.ack(id, &tasks());
    let contents = world.stored().unwrap();
    world.publish(&contents);
    world.commit(&contents);
    assert_eq!(stopped(&mut world), [WorkerId(1)]);
    assert!(world.started().is_empty(), "its replacement is there");
    world.all_canceled();
    world.prepare();
    assert_eq!(world.places(), [WorkerId(0), WorkerId(2)]);
}

#[test]
fn when_time_runs_out_the_job_moves_with_what_there_is() {
    let mut world = World::checkpointing(&[]);
    world.run();
    let old = world.checkpoint().barrier.id;
    let now = world.now;
    leaves(&mut world, 1, Some(now + 500), now + 5_000);
    assert_eq!(world.started(), [WorkerId(2)]);
    world.wait(500);
    // Nobody acknowledges.
    world.freeze();
    world.wait(4_499);
    assert!(stopped(&mut world).is_empty());
    world.wait(1);
    assert_eq!(stopped(&mut world), [WorkerId(1)]);
    world.register(WorkerId(2));
    world.all_canceled();
    let RestoreFrom::Own(from) = world.prepare() else {
        panic!("a checkpoint was to be restored");
    };
    assert_eq!(from.id, old);
}

#[test]
fn who_is_idle_or_dies_first_costs_nothing_more() {
    let mut world = World::with_spares(1);
    world.tell(Fact::Start);
    for worker in world.started() {
        world.register(worker);
    }
    world.prepare();
    assert_eq!(world.places(), [WorkerId(0), WorkerId(1)]);
    world.all_run();
    leaves(&mut world, 2, None, 10_000);
    assert_eq!(stopped(&mut world), [WorkerId(2)]);
    assert_eq!(world.started(), [WorkerId(3)]);
    assert_eq!(world.machine.status(), JobStatus::Running);
    // One that is killed all the same is an ordinary loss.
    leaves(&mut world, 1, None, 10_000);
    world.lose(1);
    world.register(WorkerId(3));
    assert_eq!(world.machine.status(), JobStatus::Restarting);
    world.recover();
}

#[test]
fn who_may_stay_stays_and_the_replacement_goes() {
    let mut world = World::checkpointing(&[]);
    world.run();
    let now = world.now;
    leaves(&mut world, 1, Some(now + 30_000), now + 60_000);
    assert_eq!(world.started(), [WorkerId(2)]);
    world.tell(Fact::WorkersStay(vec![WorkerId(1)]));
    assert_eq!(stopped(&mut world), [WorkerId(2)]);
    world.wait(40_000);
    assert!(world.started().is_empty());
    assert_eq!(world.machine.status(), JobStatus::Running);
}
