//! Workers, placement, and the end of a job that was never disturbed.

use std::collections::BTreeMap;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::ids::AttemptNumber;

use super::{SINK, World, tasks};
use crate::job_master::fact::{Action, Fact, Prepared};
use crate::job_status::JobStatus;

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
    assert!(world.machine.next_wakeup().unwrap() >= 50_000);
}
