//! Barrier alignment: which channels wait for which checkpoint. Pure bookkeeping, no I/O.
//!
//! A channel that has delivered the barrier of the current checkpoint is parked until every channel has
//! delivered it or ended (Chandy and Lamport; Flink's `SingleCheckpointBarrierHandler`, aligned). A
//! newer barrier gives the older checkpoint up. A barrier may also overtake: then the checkpoint needs no
//! more of them, and those that come later are history. Barriers of a checkpoint that was given up, here or by
//! the coordinator, are swallowed: the tasks behind learn of it from the coordinator too.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::ids::CheckpointId;

/// State of alignment over the channels of a task.
#[derive(Debug)]
pub struct Alignment {
    parked: Vec<bool>,
    ended: Vec<bool>,
    current: Option<(CheckpointBarrier, Instant)>,
    /// Barriers up to this one are history.
    highest: CheckpointId,
    aborted: BTreeSet<CheckpointId>,
}

/// What a step of alignment led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Aligned {
    /// Every channel has delivered this barrier; none is parked any more.
    pub complete: Option<(CheckpointBarrier, Duration)>,
    /// This checkpoint was given up because a newer one came.
    pub given_up: Option<CheckpointId>,
}

impl Alignment {
    /// No barrier has come on any of `channels` channels.
    pub fn new(channels: usize) -> Self {
        Alignment {
            parked: vec![false; channels],
            ended: vec![false; channels],
            current: None,
            highest: CheckpointId(0),
            aborted: BTreeSet::new(),
        }
    }

    /// Whether `channel` must not be read.
    pub fn is_parked(&self, channel: usize) -> bool {
        self.parked[channel]
    }

    /// `channel` delivered `barrier`.
    pub fn on_barrier(
        &mut self,
        channel: usize,
        barrier: CheckpointBarrier,
        now: Instant,
    ) -> Aligned {
        let mut result = Aligned::default();
        if self.aborted.contains(&barrier.id) {
            return result;
        }
        match self.current {
            Some((current, _)) if current.id == barrier.id => {}
            _ if barrier.id <= self.highest => return result,
            current => {
                result.given_up = current.map(|(older, _)| older.id);
                self.parked.fill(false);
                self.current = Some((barrier, now));
                self.highest = barrier.id;
                self.aborted = self.aborted.split_off(&barrier.id);
            }
        }
        self.parked[channel] = true;
        result.complete = self.completed(now);
        result
    }

    /// `channel` has ended, which counts as having delivered every barrier.
    pub fn on_end(&mut self, channel: usize, now: Instant) -> Aligned {
        self.ended[channel] = true;
        Aligned {
            complete: self.completed(now),
            given_up: None,
        }
    }

    /// Whether a snapshot for `checkpoint` was taken or will not be.
    pub fn is_over(&self, checkpoint: CheckpointId) -> bool {
        let current = self
            .current
            .is_some_and(|(barrier, _)| barrier.id == checkpoint);
        self.aborted.contains(&checkpoint) || (checkpoint <= self.highest && !current)
    }

    /// Whether everything that `channel` brings before the barrier of `checkpoint` has been read.
    pub fn has_delivered(&self, channel: usize, checkpoint: CheckpointId) -> bool {
        let current = self
            .current
            .is_some_and(|(barrier, _)| barrier.id == checkpoint);
        self.ended[channel] || (current && self.parked[channel])
    }

    /// `barrier` has overtaken what the other channels hold: as if all had delivered it.
    pub fn overtake(&mut self, barrier: CheckpointBarrier, now: Instant) -> Aligned {
        let (given_up, since) = match self.current.take() {
            Some((current, since)) if current.id == barrier.id => (None, since),
            older => (older.map(|(older, _)| older.id), now),
        };
        self.parked.fill(false);
        self.highest = barrier.id;
        self.aborted = self.aborted.split_off(&barrier.id);
        Aligned {
            complete: Some((barrier, now.duration_since(since))),
            given_up,
        }
    }

    /// The coordinator has given `checkpoint` up: whoever waits for it goes on.
    pub fn abort(&mut self, checkpoint: CheckpointId) {
        match self.current {
            Some((current, _)) if current.id == checkpoint => {
                self.current = None;
                self.parked.fill(false);
                self.aborted.insert(checkpoint);
            }
            _ if checkpoint > self.highest => {
                self.aborted.insert(checkpoint);
            }
            _ => {}
        }
    }

    fn completed(&mut self, now: Instant) -> Option<(CheckpointBarrier, Duration)> {
        let (barrier, since) = self.current?;
        let all = self
            .parked
            .iter()
            .zip(&self.ended)
            .all(|(parked, ended)| *parked || *ended);
        all.then(|| {
            self.current = None;
            self.parked.fill(false);
            (barrier, now.duration_since(since))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alpheus_dataflow::element::CheckpointKind;

    use super::*;

    fn barrier(id: u64) -> CheckpointBarrier {
        CheckpointBarrier {
            id: CheckpointId(id),
            timestamp: 0,
            kind: CheckpointKind::Checkpoint,
            overtake_after_ms: None,
        }
    }

    fn complete(aligned: Aligned) -> Option<u64> {
        aligned.complete.map(|(barrier, _)| barrier.id.0)
    }

    #[test]
    fn waits_for_all_channels_and_an_end_counts() {
        let now = Instant::now();
        let mut alignment = Alignment::new(3);
        assert_eq!(complete(alignment.on_barrier(0, barrier(1), now)), None);
        assert!(alignment.is_parked(0) && !alignment.is_parked(1));
        assert_eq!(complete(alignment.on_end(2, now)), None);
        assert_eq!(complete(alignment.on_barrier(1, barrier(1), now)), Some(1));
        assert!(!alignment.is_parked(0));
        // Channel 2 stays ended.
        assert_eq!(complete(alignment.on_barrier(1, barrier(2), now)), None);
        assert_eq!(complete(alignment.on_barrier(0, barrier(2), now)), Some(2));
    }

    #[test]
    fn a_newer_barrier_gives_the_older_checkpoint_up() {
        let now = Instant::now();
        let mut alignment = Alignment::new(2);
        alignment.on_barrier(0, barrier(1), now);
        let aligned = alignment.on_barrier(1, barrier(2), now);
        assert_eq!(aligned.given_up, Some(CheckpointId(1)));
        assert!(!alignment.is_parked(0) && alignment.is_parked(1));
        assert_eq!(complete(alignment.on_barrier(0, barrier(2), now)), Some(2));
    }

    #[test]
    fn one_that_overtakes_waits_for_nobody_and_late_barriers_are_history() {
        let now = Instant::now();
        let mut alignment = Alignment::new(3);
        alignment.on_barrier(0, barrier(1), now);
        alignment.on_end(2, now);
        let delivered = |alignment: &Alignment| {
            [0, 1, 2].map(|channel| alignment.has_delivered(channel, CheckpointId(1)))
        };
        assert_eq!(delivered(&alignment), [true, false, true]);
        assert!(!alignment.is_over(CheckpointId(1)));
        assert_eq!(complete(alignment.overtake(barrier(1), now)), Some(1));
        assert!(alignment.is_over(CheckpointId(1)) && !alignment.is_parked(0));
        assert_eq!(alignment.on_barrier(1, barrier(1), now), Aligned::default());
        // One that begins while an older one is being aligned.
        alignment.on_barrier(0, barrier(2), now);
        let aligned = alignment.overtake(barrier(3), now);
        assert_eq!(aligned.given_up, Some(CheckpointId(2)));
        alignment.abort(CheckpointId(4));
        assert!(alignment.is_over(CheckpointId(4)));
    }

    #[test]
    fn an_aborted_checkpoint_unparks_and_its_late_barriers_are_swallowed() {
        let now = Instant::now();
        let mut alignment = Alignment::new(2);
        alignment.on_barrier(0, barrier(1), now);
        alignment.abort(CheckpointId(1));
        assert!(!alignment.is_parked(0));
        assert_eq!(alignment.on_barrier(1, barrier(1), now), Aligned::default());
        assert!(!alignment.is_parked(1));
        // Aborted before any barrier came.
        alignment.abort(CheckpointId(2));
        assert_eq!(alignment.on_barrier(0, barrier(2), now), Aligned::default());
        assert!(!alignment.is_parked(0));
        assert_eq!(complete(alignment.on_barrier(0, barrier(3), now)), None);
        assert_eq!(complete(alignment.on_barrier(1, barrier(3), now)), Some(3));
    }
}
