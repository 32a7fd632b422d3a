//! Small jobs on real TaskManagers: alone, and joined over TLS.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::graph::Partitioning;
use alpheus_dataflow::ids::CheckpointId;
use alpheus_worker::exchange::ChannelLimits;
use alpheus_worker::task_manager::TaskManagerExit;
use common::am::Am;
use common::tables::{World, expected, split};
use common::{SINK, graph};

const ROWS: i64 = 40_000;

fn by_key() -> Partitioning {
    Partitioning::Hash { keys: vec![0] }
}

fn splits() -> Vec<alpheus_dataflow::source::SourceSplit> {
    (0..8)
        .map(|n| split(n * ROWS / 8, (n + 1) * ROWS / 8))
        .collect()
}

fn limits(batches: u32) -> ChannelLimits {
    ChannelLimits {
        batches,
        bytes: u64::MAX,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_arrives_once_whatever_the_shape_of_the_job() {
    for workers in [1, 2] {
        for parallelism in [1, 2, 4] {
            let partitionings = [
                by_key(),
                Partitioning::Rebalance,
                Partitioning::Forward,
                Partitioning::Global,
            ];
            for partitioning in partitionings {
                let world = World::new(700, Duration::ZERO);
                let mut am = Am::start(workers, 2, ChannelLimits::default(), &world).await;
                am.splits = splits();
                am.deploy(&graph(parallelism, partitioning.clone()), Vec::new());
                am.until_finished().await;
                assert_eq!(
                    am.totals,
                    expected(ROWS),
                    "{workers} {parallelism} {partitioning:?}"
                );
                am.shut_down().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_from_a_checkpoint_counts_every_row_once() {
    for (workers, parallelism) in [(1, 1), (1, 4), (2, 2), (2, 4)] {
        let world = World::new(300, Duration::ZERO);
        let mut am = Am::start(workers, 2, limits(4), &world).await;
        am.splits = splits();
        world.hold_at.store(4000, Ordering::SeqCst);
        let graph = graph(parallelism, by_key());
        am.deploy(&graph, Vec::new());
        am.trigger(1, CheckpointKind::Checkpoint);
        am.complete(1).await;
        am.trigger(2, CheckpointKind::Checkpoint);
        let restore = am.complete(2).await;
        am.until(|_| world.written.load(Ordering::SeqCst) > 0).await;
        am.cancel().await;
        am.rewind(2);
        world.hold_at.store(i64::MAX, Ordering::SeqCst);
        am.deploy(&graph, restore);
        am.until_finished().await;
        assert_eq!(
            am.totals,
            expected(ROWS),
            "{workers} workers, parallelism {parallelism}"
        );
        am.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_with_savepoint_ends_the_job_at_the_barrier() {
    for drain in [false, true] {
        let world = World::new(300, Duration::ZERO);
        let mut am = Am::start(2, 2, limits(4), &world).await;
        am.splits = splits();
        world.hold_at.store(1000, Ordering::SeqCst);
        let graph = graph(2, by_key());
        am.deploy(&graph, Vec::new());
        am.trigger(1, CheckpointKind::StopWithSavepoint { drain });
        let restore = am.complete(1).await;
        am.until_finished().await;
        // What follows the savepoint is exactly what it does not hold.
        am.rewind(1);
        world.hold_at.store(i64::MAX, Ordering::SeqCst);
        am.deploy(&graph, restore);
        am.until_finished().await;
        assert_eq!(am.totals, expected(ROWS));
        am.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_sink_holds_the_sources_back() {
    for workers in [1, 2] {
        let world = World::new(100, Duration::from_millis(1));
        let mut am = Am::start(workers, 2, limits(2), &world).await;
        am.splits = splits();
        am.deploy(&graph(2, Partitioning::Forward), Vec::new());
        am.until_finished().await;
        assert_eq!(am.totals, expected(ROWS));
        // In each of 2 channels: 2 batches, a step's output, what a gate puts together, what a sink holds.
        let most = world.most_in_flight.load(Ordering::SeqCst);
        assert!(
            most <= 2 * (2 + 2) * 4096 + 8192,
            "{most} rows were under way"
        );
        am.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_an_operator_is_reported_and_the_next_attempt_runs() {
    let world = World::new(300, Duration::ZERO);
    world.panic_at.store(ROWS / 2, Ordering::SeqCst);
    let mut am = Am::start(1, 2, ChannelLimits::default(), &world).await;
    am.splits = splits();
    am.deploy(&graph(2, by_key()), Vec::new());
    am.until(|am| !am.failures.is_empty()).await;
    let (task, message) = am.failures[0].clone();
    assert_eq!(task.vertex, SINK);
    assert!(
        message.contains("Sink: sums") && message.contains("is unlucky"),
        "{message}"
    );
    am.cancel().await;
    assert_eq!(world.closed_sinks.load(Ordering::SeqCst), 2);
    world.panic_at.store(-1, Ordering::SeqCst);
    am.totals.clear();
    am.splits = splits();
    am.deploy(&graph(2, by_key()), Vec::new());
    am.until_finished().await;
    assert_eq!(am.totals, expected(ROWS));
    am.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_checkpoint_leaves_no_channel_parked() {
    let world = World::new(300, Duration::ZERO);
    let mut am = Am::start(2, 2, limits(4), &world).await;
    am.splits = splits();
    world.hold_at.store(1000, Ordering::SeqCst);
    am.deploy(&graph(4, by_key()), Vec::new());
    for id in 1..20 {
        am.trigger(id, CheckpointKind::Checkpoint);
        am.abort(id);
    }
    am.trigger(20, CheckpointKind::Checkpoint);
    am.complete(20).await;
    am.splits.clear();
    world.hold_at.store(i64::MAX, Ordering::SeqCst);
    am.until(|am| am.finished.len() == 8).await;
    am.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_worker_fails_the_tasks_that_need_it() {
    let world = World::new(300, Duration::ZERO);
    world.hold_at.store(1000, Ordering::SeqCst);
    let mut am = Am::start(2, 2, limits(4), &world).await;
    am.splits = splits();
    am.deploy(&graph(2, by_key()), Vec::new());
    am.until(|_| world.written.load(Ordering::SeqCst) > 0).await;
    let exit = am.lose(1).await;
    assert!(
        matches!(exit, TaskManagerExit::ConnectionLost(_)),
        "{exit:?}"
    );
    am.until(|am| !am.failures.is_empty()).await;
    let message = &am.failures[0].1;
    assert!(message.contains("worker 1"), "{message}");
    am.cancel().await;
    am.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_have_flinks_names_and_a_failing_source_says_why() {
    let world = World::new(300, Duration::ZERO);
    world.hold_at.store(1000, Ordering::SeqCst);
    let mut am = Am::start(1, 1, ChannelLimits::default(), &world).await;
    am.splits = vec![split(0, ROWS)];
    am.deploy(&graph(1, by_key()), Vec::new());
    am.until(|am| am.metrics.get("1.numRecordsIn") == Some(&1000))
        .await;
    am.until(|am| am.metrics.get("1.currentInputWatermark") == Some(&999))
        .await;
    assert_eq!(am.metrics["0.numRecordsOut"], 1000);
    assert!(am.metrics.contains_key("0.busyTimeMsPerSecond"));
    world.source_fails.store(true, Ordering::SeqCst);
    am.until(|am| !am.failures.is_empty()).await;
    assert!(am.failures[0].1.contains("the disk is gone"));
    assert_eq!(am.declined, [] as [(CheckpointId, String); 0]);
    am.cancel().await;
    am.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sinks_prepared_for_a_checkpoint_that_is_lost_goes_into_the_next_or_the_end() {
    for lost in [vec![1], vec![1, 2], vec![1, 3]] {
        let world = World::new(300, Duration::ZERO);
        let mut am = Am::start(2, 2, limits(4), &world).await;
        am.splits = splits();
        for (hold, id) in [(1000, 1), (2000, 2), (3000, 3)] {
            world.hold_at.store(hold, Ordering::SeqCst);
            if id == 1 {
                am.deploy(&graph(2, by_key()), Vec::new());
            }
            // Some rows of this round are written before the barrier.
            let due = world.written.load(Ordering::SeqCst) + 300;
            am.until(|_| world.written.load(Ordering::SeqCst) >= due)
                .await;
            am.trigger(id, CheckpointKind::Checkpoint);
            match lost.contains(&id) {
                true => am.lose_checkpoint(id).await,
                false => drop(am.complete(id).await),
            }
        }
        world.hold_at.store(i64::MAX, Ordering::SeqCst);
        am.until_finished().await;
        assert_eq!(am.totals, expected(ROWS), "lost: {lost:?}");
        am.shut_down().await;
    }
}
