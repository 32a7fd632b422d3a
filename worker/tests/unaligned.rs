//! Checkpoints of a job whose sink is slow: aligned, unaligned, and restored at another parallelism.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use alpheus_dataflow::element::CheckpointKind;
use alpheus_dataflow::graph::{JobGraph, Partitioning};
use alpheus_dataflow::source::SourceSplit;
use alpheus_state::channel_state::ChannelElement;
use alpheus_worker::control::TaskSnapshot;
use alpheus_worker::exchange::ChannelLimits;
use common::am::Am;
use common::tables::{World, expected, split};
use common::{SINK, graph};

const ROWS: i64 = 300_000;
/// Batches that a gate passes on as they are, also when they are cut in four.
const BATCH: i64 = 10_000;
/// Where readers hold.
const HOLD: i64 = 1000;

fn by_key() -> Partitioning {
    Partitioning::Hash { keys: vec![0] }
}

fn splits() -> Vec<SourceSplit> {
    (0..6)
        .map(|n| split(n * ROWS / 6, (n + 1) * ROWS / 6))
        .collect()
}

fn limits() -> ChannelLimits {
    ChannelLimits {
        batches: 16,
        bytes: u64::MAX,
    }
}

/// The job with the sink at a parallelism of its own.
fn job(sources: u32, sinks: u32, partitioning: Partitioning) -> JobGraph {
    let mut graph = graph(sources, partitioning);
    graph.vertices[SINK.0 as usize].parallelism = sinks;
    graph
}

fn rows_in_flight(snapshots: &[TaskSnapshot]) -> usize {
    let channels = snapshots.iter().flat_map(|snapshot| &snapshot.channels);
    let elements = channels.flat_map(|channel| &channel.elements);
    elements
        .map(|element| match element {
            ChannelElement::Rows(rows) => *rows,
            _ => 0,
        })
        .sum()
}

/// Fills the channels of a job with a slow sink, then takes checkpoint 1.
async fn congested(workers: u32, graph: &JobGraph, overtake: Option<u64>) -> (Am, Congested) {
    let world = World::new(BATCH, Duration::from_millis(10));
    let mut am = Am::start(workers, 2, limits(), &world).await;
    am.splits = splits();
    am.deploy(graph, Vec::new());
    am.until(|_| world.emitted.load(Ordering::SeqCst) > 8 * BATCH as u64)
        .await;
    // Nothing may end before the checkpoint is complete: this AM commits at once what finished tasks leave.
    world.hold_at.store(HOLD, Ordering::SeqCst);
    let emitted = world.emitted.load(Ordering::SeqCst);
    match overtake {
        Some(after_ms) => am.trigger_overtaking(1, after_ms),
        None => am.trigger(1, CheckpointKind::Checkpoint),
    }
    let snapshots = am.snapshots(1).await;
    let committed = am.totals.values().map(|(rows, _)| *rows as u64).sum();
    let congested = Congested {
        world,
        emitted,
        committed,
        snapshots,
    };
    (am, congested)
}

struct Congested {
    world: Arc<World>,
    /// Rows that had been read when the checkpoint was triggered.
    emitted: u64,
    /// Rows that the sinks had written at their snapshots.
    committed: u64,
    snapshots: Vec<TaskSnapshot>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_barrier_overtakes_what_a_slow_sink_has_not_taken() {
    for workers in [1, 2] {
        let graph = job(2, 2, by_key());
        let (am, aligned) = congested(workers, &graph, None).await;
        am.shut_down().await;
        assert!(aligned.committed >= aligned.emitted);
        assert_eq!(rows_in_flight(&aligned.snapshots), 0);
        let (am, overtaking) = congested(workers, &graph, Some(0)).await;
        am.shut_down().await;
        // All that had been read is in the checkpoint, written or in flight.
        let in_flight = rows_in_flight(&overtaking.snapshots) as u64;
        assert!(in_flight > 0);
        assert!(overtaking.committed < overtaking.emitted);
        assert!(overtaking.committed + in_flight >= overtaking.emitted);
        // With time enough it aligns after all.
        let (am, patient) = congested(workers, &graph, Some(3_600_000)).await;
        am.shut_down().await;
        assert!(patient.committed >= patient.emitted);
        assert_eq!(rows_in_flight(&patient.snapshots), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_flight_is_counted_once_at_any_parallelism() {
    let shapes = [
        (by_key(), (2, 2), (2, 2)),
        (by_key(), (2, 2), (1, 1)),
        (by_key(), (1, 2), (3, 4)),
        (by_key(), (2, 4), (2, 3)),
        (Partitioning::Rebalance, (2, 3), (3, 2)),
        (Partitioning::Global, (2, 1), (3, 1)),
    ];
    for (partitioning, before, after) in shapes {
        for (workers, overtake) in [(1, 0), (2, 0), (1, 30)] {
            let graph = job(before.0, before.1, partitioning.clone());
            let (mut am, taken) = congested(workers, &graph, Some(overtake)).await;
            am.cancel().await;
            let again = job(after.0, after.1, partitioning.clone());
            let restore = am.restore_into(1, &graph, taken.snapshots, &again);
            // And once more while the records are being replayed.
            am.deploy(&again, restore);
            am.trigger_overtaking(2, 0);
            let snapshots = am.snapshots(2).await;
            am.cancel().await;
            taken.world.hold_at.store(i64::MAX, Ordering::SeqCst);
            let restore = am.restore_into(2, &again, snapshots, &graph);
            am.deploy(&graph, restore);
            am.until_finished().await;
            assert_eq!(
                am.totals,
                expected(ROWS),
                "{workers} {partitioning:?} {before:?} {after:?} {overtake}"
            );
            am.shut_down().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_pass_straight_on_are_aligned() {
    let graph = job(2, 2, Partitioning::Forward);
    let (mut am, taken) = congested(1, &graph, Some(0)).await;
    assert!(taken.committed >= taken.emitted);
    assert_eq!(rows_in_flight(&taken.snapshots), 0);
    am.cancel().await;
    let again = job(3, 3, Partitioning::Forward);
    let restore = am.restore_into(1, &graph, taken.snapshots, &again);
    taken.world.hold_at.store(i64::MAX, Ordering::SeqCst);
    am.deploy(&again, restore);
    am.until_finished().await;
    assert_eq!(am.totals, expected(ROWS));
    am.shut_down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_needs_nothing_of_sources_that_have_ended() {
    for (overtake, after) in [(None, 1), (None, 3), (Some(0), 1), (Some(0), 3)] {
        let world = World::new(BATCH, Duration::ZERO);
        let mut am = Am::start(1, 2, limits(), &world).await;
        am.splits = vec![split(0, 50_000)];
        world.hold_at.store(HOLD, Ordering::SeqCst);
        let graph = job(2, 2, by_key());
        am.deploy(&graph, Vec::new());
        // One source has the only split and waits in it, the other has ended.
        am.until(|am| !am.finished.is_empty()).await;
        let due = HOLD as u64;
        am.until(|_| world.written.load(Ordering::SeqCst) == due)
            .await;
        match overtake {
            Some(after_ms) => am.trigger_overtaking(1, after_ms),
            None => am.trigger(1, CheckpointKind::Checkpoint),
        }
        let snapshots = am.snapshots(1).await;
        assert_eq!(snapshots.len(), 3, "one task of four has ended");
        am.cancel().await;
        world.hold_at.store(i64::MAX, Ordering::SeqCst);
        let again = job(after, after, by_key());
        let restore = am.restore_into(1, &graph, snapshots, &again);
        am.deploy(&again, restore);
        am.until_finished().await;
        assert_eq!(am.totals, expected(50_000), "{overtake:?} {after}");
        am.shut_down().await;
    }
}
