//! Event time across an exchange: sources that wait for each other, are idle, or wait for a checkpoint.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::Ordering;
use std::time::Duration;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::graph::{JobGraph, OperatorSpec, Partitioning, WatermarkAlignment};
use alpheus_worker::exchange::ChannelLimits;
use common::am::Am;
use common::graph;
use common::tables::{World, expected, split};

const ROWS: i64 = 40_000;

/// Two sources, of which the assigner says after 30 ms without rows that they are idle, and two sinks.
fn job() -> JobGraph {
    let mut graph = graph(2, Partitioning::Hash { keys: vec![0] });
    for node in graph
        .vertices
        .iter_mut()
        .flat_map(|vertex| &mut vertex.chain)
    {
        if let OperatorSpec::WatermarkAssigner(spec) = &mut node.spec {
            spec.idle_timeout_ms = 30;
            spec.alignment = Some(WatermarkAlignment {
                group: "g".to_owned(),
                max_drift_ms: 1000,
                update_interval_ms: 20,
            });
        }
    }
    graph
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_source_does_not_hold_event_time_back() {
    for workers in [1, 2] {
        let world = World::new(300, Duration::ZERO);
        world.hold_at.store(1000, Ordering::SeqCst);
        let mut am = Am::start(workers, 2, ChannelLimits::default(), &world).await;
        am.splits = vec![split(0, ROWS)];
        am.more_splits = true;
        am.deploy(&job(), Vec::new());
        // One of the two has nothing to read; without its word the sinks would know no time at all.
        am.until(|am| am.metrics.get("1.currentInputWatermark") == Some(&999))
            .await;
        am.more_splits = false;
        world.hold_at.store(i64::MAX, Ordering::SeqCst);
        am.until_finished().await;
        assert_eq!(am.totals, expected(ROWS));
        am.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aligned_sources_stop_at_the_limit_and_are_not_idle_there() {
    for workers in [1, 2] {
        let world = World::new(300, Duration::ZERO);
        world.hold_at.store(0, Ordering::SeqCst);
        let mut am = Am::start(workers, 2, ChannelLimits::default(), &world).await;
        am.splits = vec![split(0, ROWS / 2)];
        am.more_splits = true;
        am.deploy(&job(), Vec::new());
        // Nothing is read before both sources are there and have heard of the limit.
        am.until(|am| am.running.len() == 4 && am.splits.is_empty())
            .await;
        am.align("g", 1500);
        let heard = am.heartbeats;
        am.until(|am| am.heartbeats >= heard + 4 * workers as usize)
            .await;
        world.hold_at.store(i64::MAX, Ordering::SeqCst);
        // Each reads its first batch, of half the usual size, and stops: one has passed the limit, the
        // other, which comes later, began beyond it.
        am.until(|_| world.emitted.load(Ordering::SeqCst) >= 4096)
            .await;
        am.splits = vec![split(ROWS / 2, ROWS)];
        am.until(|_| world.emitted.load(Ordering::SeqCst) >= 2 * 4096)
            .await;
        am.more_splits = false;
        am.trigger(1, CheckpointKind::Checkpoint);
        am.complete(1).await;
        let emitted = world.emitted.load(Ordering::SeqCst);
        assert!(emitted <= 2 * 4400, "{emitted} rows, whatever the limit");
        // Longer than the idle timeout: nobody may take them for idle.
        let heard = am.heartbeats;
        am.until(|am| am.heartbeats >= heard + 8 * workers as usize)
            .await;
        am.trigger(2, CheckpointKind::Checkpoint);
        am.complete(2).await;
        assert_eq!(world.emitted.load(Ordering::SeqCst), emitted);
        let watermark = am.metrics["1.currentInputWatermark"];
        assert!(
            (1500..4400).contains(&watermark),
            "the sinks' time is {watermark}, not that of the slower source"
        );
        am.align("g", i64::MAX);
        am.until(|am| am.finished.len() == 4).await;
        am.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_pauses_reads_nothing_before_the_first_checkpoint() {
    let world = World::new(300, Duration::ZERO);
    let mut am = Am::start(2, 2, ChannelLimits::default(), &world).await;
    am.splits = vec![split(0, ROWS / 2), split(ROWS / 2, ROWS)];
    let mut graph = job();
    for (key, value) in [
        ("pipeline.sources.pause-until-first-checkpoint", "true"),
        ("execution.checkpointing.interval", "1 h"),
    ] {
        graph.configuration.insert(key.to_owned(), value.to_owned());
    }
    am.deploy(&graph, Vec::new());
    am.until(|am| am.heartbeats >= 4).await;
    assert_eq!(world.emitted.load(Ordering::SeqCst), 0);
    am.trigger(1, CheckpointKind::Checkpoint);
    am.complete(1).await;
    am.until_finished().await;
    assert_eq!(am.totals, expected(ROWS));
    am.shut_down().await;
}
