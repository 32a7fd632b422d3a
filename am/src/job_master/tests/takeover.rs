//! Another attempt of the AM: survivors that come, do not come, or come with less than the whole truth.

use alpheus_dataflow::source::SourceSplit;
use alpheus_worker::standing::{HandedOut, Standing};

use super::*;
use crate::checkpoint::takeover::Takeover;
use crate::job_master::machine::{Ended, TakenOver};

/// Numbers of the second attempt.
const BLOCK: u32 = 1 << 16;

/// The job after its AM has died behind checkpoint 5, with two workers that may come.
fn second_attempt() -> World {
    attempt_after(None, &[])
}

fn attempt_after(ended: Option<Ended>, options: &[&str]) -> World {
    let mut world = World::checkpointing(options);
    let newest = CompletedCheckpoint {
        id: CheckpointId(5),
        location: "file:///chk/5".to_owned(),
        metadata_bytes: 1,
    };
    let from = TakenOver {
        first_attempt: BLOCK + 1,
        first_worker: BLOCK,
        checkpoints: Takeover {
            retained: vec![newest],
            next: Some(CheckpointId(13)),
        },
        survivors: 2,
        wait_ms: 10_000,
        ended,
    };
    world.machine = world.machine.taking_over(from, 0);
    world.tell(Fact::Start);
    assert_eq!(started(&mut world), []);
    world
}

fn started(world: &mut World) -> Vec<WorkerId> {
    let started = world.take(|action| match action {
        Action::StartWorkers(workers) => Some(workers.clone()),
        _ => None,
    });
    started.into_iter().flatten().collect()
}

fn standing(worker: u32) -> Standing {
    Standing {
        attempt: AttemptNumber(1),
        tasks: tasks()
            .into_iter()
            .filter(|task| task.subtask.0 == worker)
            .collect(),
        all_run: true,
        acknowledged: CheckpointId(5),
        open: vec![CheckpointId(5)],
        splits: vec![HandedOut {
            task: tasks()[worker as usize],
            after: CheckpointId(5),
            split: SourceSplit {
                id: format!("split-{worker}"),
                state: Vec::new(),
            },
        }],
    }
}

fn arrive(world: &mut World, worker: u32, standing: Option<Standing>) {
    world.tell(Fact::WorkerRegistered {
        worker: WorkerId(worker),
        slots: 1,
        exchange_address: String::new(),
        pid: worker,
        standing: standing.map(Box::new),
    });
}

fn adoption(world: &mut World) -> Option<(AttemptNumber, RestoreFrom, usize)> {
    let adopted = world.take(|action| match action {
        Action::Adopt {
            attempt,
            from,
            handed_out,
        } => Some((*attempt, from.clone(), handed_out.len())),
        _ => None,
    });
    adopted.into_iter().next()
}

fn prepared(world: &mut World, attempt: AttemptNumber) {
    world.tell(Fact::Prepared {
        attempt,
        result: Ok(Prepared {
            restored: None,
            finished: false,
        }),
    });
}

#[test]
fn whole_survivors_go_on_without_a_restart() {
    let mut world = second_attempt();
    arrive(&mut world, 0, Some(standing(0)));
    assert!(world.machine.is_taking_over());
    arrive(&mut world, 1, Some(standing(1)));
    let (attempt, from, handed_out) = adoption(&mut world).unwrap();
    assert_eq!((attempt, handed_out), (AttemptNumber(1), 2));
    assert!(matches!(from, RestoreFrom::Own(newest) if newest.id == CheckpointId(5)));
    assert_eq!(world.machine.status(), JobStatus::Running);
    assert!(world.machine.is_taking_over());
    prepared(&mut world, attempt);
    assert!(!world.machine.is_taking_over());
    let completed = world.sent(|message| match message {
        ToWorker::CheckpointComplete(checkpoint) => Some(*checkpoint),
        _ => None,
    });
    assert_eq!(completed.len(), 2);
    assert!(world.deployed().is_empty() && started(&mut world).is_empty());
    // Checkpoints go on, behind all numbers that were seen.
    world.wait(1_000);
    assert_eq!(world.freeze(), CheckpointId(13));
    assert_eq!(world.machine.restarts(), 0);
}

#[test]
fn a_failure_after_that_restarts_above_all_earlier_starts() {
    let mut world = second_attempt();
    arrive(&mut world, 0, Some(standing(0)));
    arrive(&mut world, 1, Some(standing(1)));
    let (attempt, ..) = adoption(&mut world).unwrap();
    prepared(&mut world, attempt);
    world.tell(Fact::WorkerLost {
        worker: WorkerId(1),
        reason: "killed".to_owned(),
        fault: Fault::Worker,
    });
    assert_eq!(started(&mut world), [WorkerId(BLOCK)]);
    arrive(&mut world, BLOCK, None);
    world.tell(Fact::Canceled {
        worker: WorkerId(0),
        attempt,
    });
    world.wait(100);
    let (attempt, from) = world.preparations().pop().unwrap();
    assert_eq!(attempt, AttemptNumber(BLOCK + 1));
    assert!(matches!(from, RestoreFrom::Own(_)));
}

#[test]
fn survivors_that_know_less_than_all_are_stopped_and_used_again() {
    let mut world = second_attempt();
    arrive(&mut world, 0, Some(standing(0)));
    let mut half = standing(1);
    half.open.push(CheckpointId(6));
    arrive(&mut world, 1, Some(half));
    assert!(adoption(&mut world).is_none());
    let canceled = world.sent(|message| match message {
        ToWorker::Cancel(attempt) => Some(*attempt),
        _ => None,
    });
    assert_eq!(canceled.len(), 2);
    assert!(world.preparations().is_empty());
    for worker in [0, 1] {
        world.tell(Fact::Canceled {
            worker: WorkerId(worker),
            attempt: AttemptNumber(BLOCK + 1),
        });
    }
    assert!(matches!(world.prepare(), RestoreFrom::Own(_)));
    assert_eq!(world.deployed().len(), 1);
    assert!(started(&mut world).is_empty());
}

#[test]
fn who_does_not_come_in_time_is_replaced_and_sent_away_later() {
    let mut world = second_attempt();
    arrive(&mut world, 0, Some(standing(0)));
    world.wait(10_000);
    assert_eq!(started(&mut world), [WorkerId(BLOCK)]);
    arrive(&mut world, 1, Some(standing(1)));
    let stopped = world.take(|action| match action {
        Action::StopWorker(worker) => Some(*worker),
        _ => None,
    });
    assert_eq!(stopped, [WorkerId(1)]);
}

#[test]
fn a_task_that_fails_while_others_are_waited_for_is_not_taken_over() {
    let mut world = second_attempt();
    arrive(&mut world, 0, Some(standing(0)));
    world.tell(Fact::Task {
        attempt: AttemptNumber(1),
        task: tasks()[0],
        state: TaskState::Failed {
            message: "bad row".to_owned(),
            fatal: false,
        },
    });
    arrive(&mut world, 1, Some(standing(1)));
    assert!(adoption(&mut world).is_none());
}

#[test]
fn a_job_that_has_ended_is_not_run_again_and_what_it_leaves_is_removed() {
    let retained =
        "execution.checkpointing.externalized-checkpoint-retention=RETAIN_ON_CANCELLATION";
    for (status, failure, options, discarded) in [
        (JobStatus::Finished, None, &[][..], 1),
        (JobStatus::Canceled, None, &[], 1),
        (JobStatus::Failed, Some("boom"), &[], 1),
        (JobStatus::Canceled, None, &[retained], 0),
    ] {
        let failure = failure.map(str::to_owned);
        let ended = Ended {
            status,
            failure: failure.clone(),
        };
        let mut world = attempt_after(Some(ended), options);
        let concluded = world.concluded();
        assert_eq!(concluded.len(), 1);
        assert_eq!(concluded[0].len(), discarded, "{status}");
        assert_eq!(world.machine.status(), status);
        let told = world.machine.failure().map(|told| told.message.clone());
        assert_eq!(told, failure);
        assert!(world.machine.timestamps().contains_key(status.as_str()));
        // Nothing is restored, and a worker that has survived is sent away.
        assert!(world.preparations().is_empty() && world.started().is_empty());
        arrive(&mut world, 0, Some(standing(0)));
        assert!(world.deployed().is_empty() && adoption(&mut world).is_none());
    }
}
