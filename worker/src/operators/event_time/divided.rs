//! An operator whose keys come from subtasks that an unaligned checkpoint found at different event times.
//!
//! Between such subtasks nothing can be merged: what one has fired, the other has yet to fire, and a row that is
//! late for one is in time for the other. So each keeps what it had: the operator goes on as several, one for each
//! range of key groups that were at one time, as if these were subtasks still. A row goes to the one that
//! has its key; a watermark goes to all that are not ahead of it already. Their snapshots are one snapshot of the
//! task. Key groups that are at one time again in a later checkpoint come together with the restore from it.

use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::changelog::ChangelogBatch;
use alpheus_dataflow::element::{CheckpointBarrier, Watermark};
use alpheus_dataflow::graph::{AggregatePhase, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::ids::CheckpointId;
use alpheus_dataflow::key_group::{KeyGroup, KeyGroupRange};
use alpheus_dataflow::operator::{Collector, Operator, OperatorContext, StateBackendHandle};
use alpheus_dataflow::snapshot::{KeyGroupEntry, OperatorSnapshot, Redistribution, StateReader};
use alpheus_dataflow::window::TimeAttribute;
use alpheus_state::RestoredState;
use alpheus_state::rocksdb::RocksDbBackend;
use arrow::array::{ArrayRef, BooleanArray};
use std::sync::Arc;

use super::{WATERMARK_STATE, watermark_of};
use crate::operators::ordered_rows::pick;

/// Makes the operator, once for each part.
pub type MakeOperator<'m> = dyn FnMut() -> OperatorResult<Box<dyn Operator>> + 'm;

struct Part {
    key_groups: KeyGroupRange,
    /// How far event time had come for them.
    watermark: i64,
    state: RestoredState,
    operator: Box<dyn Operator>,
}

/// See the module's documentation.
pub struct ByEventTime {
    /// The key columns of each input.
    keys: Vec<Vec<usize>>,
    max_parallelism: u32,
    /// By key group.
    parts: Vec<Part>,
}

/// The key columns of each input of an operator that keeps how far event time has come; `None` of others.
fn keys_of(spec: &OperatorSpec) -> Option<Vec<Vec<usize>>> {
    let event_time = |time: &TimeAttribute| *time != TimeAttribute::Processing;
    match spec {
        OperatorSpec::WindowAggregate {
            time, keys, phase, ..
        } => (event_time(time) && *phase != AggregatePhase::Local).then(|| vec![keys.clone()]),
        OperatorSpec::AttachedWindowAggregate { keys, .. } => Some(vec![keys.clone()]),
        OperatorSpec::Match(pattern) => {
            event_time(&pattern.time).then(|| vec![pattern.partition.clone()])
        }
        OperatorSpec::WindowRank { partition, .. } => Some(vec![partition.clone()]),
        OperatorSpec::Deduplicate { time, keys, .. } => {
            event_time(time).then(|| vec![keys.clone()])
        }
        OperatorSpec::OverAggregate {
            partition, time, ..
        } => event_time(time).then(|| vec![partition.clone()]),
        OperatorSpec::TemporalSort { .. } => Some(vec![Vec::new()]),
        OperatorSpec::WindowJoin { join, .. } | OperatorSpec::TemporalJoin { join, .. } => {
            Some(vec![join.key_columns(0), join.key_columns(1)])
        }
        _ => None,
    }
}

/// The key groups of `own` by the event time that they were at, without gaps.
fn ranges(entries: &[Vec<u8>], own: KeyGroupRange) -> OperatorResult<Vec<(KeyGroupRange, i64)>> {
    let known = entries.iter().map(|entry| watermark_of(entry));
    let mut known = known.collect::<OperatorResult<Vec<_>>>()?;
    known.retain(|(range, _)| range.intersects(&own));
    known.sort_by_key(|(range, watermark)| (range.start, *watermark));
    known.dedup_by_key(|(range, _)| range.start);
    let mut ranges: Vec<(KeyGroupRange, i64)> = Vec::new();
    for (range, watermark) in known {
        match ranges.last_mut() {
            Some((_, before)) if *before == watermark => {}
            last => {
                // Key groups of which nothing is known have no state.
                let start = match last {
                    Some((last, _)) => {
                        last.end = range.start;
                        range.start
                    }
                    None => own.start,
                };
                let end = own.end;
                ranges.push((KeyGroupRange { start, end }, watermark));
            }
        }
    }
    Ok(ranges)
}

impl ByEventTime {
    /// An operator of this kind, if its keys were at different event times.
    ///
    /// # Errors
    /// Those of `make`, and when the state cannot be read.
    pub fn divide(
        spec: &OperatorSpec,
        key_groups: KeyGroupRange,
        state: &RestoredState,
        make: &mut MakeOperator<'_>,
    ) -> OperatorResult<Option<Self>> {
        let Some(keys) = keys_of(spec) else {
            return Ok(None);
        };
        let ranges = ranges(&state.list(WATERMARK_STATE)?, key_groups)?;
        if ranges.len() < 2 {
            return Ok(None);
        }
        let parts = ranges.into_iter().map(|(key_groups, watermark)| {
            let entry = KeyGroupEntry {
                key_groups,
                value: watermark.to_le_bytes().to_vec(),
            };
            Ok(Part {
                key_groups,
                watermark,
                state: state.part(key_groups, WATERMARK_STATE, vec![entry.encode()]),
                operator: make()?,
            })
        });
        Ok(Some(ByEventTime {
            keys,
            max_parallelism: 1,
            parts: parts.collect::<OperatorResult<_>>()?,
        }))
    }

    /// Which part has each row.
    fn owners(&self, input: usize, batch: &ChangelogBatch) -> OperatorResult<Vec<usize>> {
        let keys = self.keys.get(input).into_iter().flatten().copied();
        let keys: Vec<ArrayRef> = pick(batch.rows().columns(), keys);
        let hashes = hash_columns(&keys, batch.num_rows())?.into_iter();
        let owners = hashes.map(|hash| {
            let group = KeyGroup::of_hash(hash, self.max_parallelism);
            let behind = self.parts.iter().skip(1);
            behind
                .take_while(|part| part.key_groups.start <= group.0)
                .count()
        });
        Ok(owners.collect())
    }
}

impl Operator for ByEventTime {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.max_parallelism = context.max_parallelism;
        let backend = RocksDbBackend::of(context);
        for part in &mut self.parts {
            let state = backend.as_ref().map(|backend| {
                let backend = backend.part(part.key_groups);
                StateBackendHandle::new(Arc::new(backend))
            });
            part.operator.open(&OperatorContext {
                key_groups: part.key_groups,
                state: state.unwrap_or_default(),
                ..context.clone()
            })?;
        }
        Ok(())
    }

    fn restore(&mut self, _state: &dyn StateReader) -> OperatorResult<()> {
        let mut parts = self.parts.iter_mut();
        parts.try_for_each(|part| part.operator.restore(&part.state))
    }

    fn process_batch(
        &mut self,
        input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        let owners = self.owners(input, &batch)?;
        for (at, part) in self.parts.iter_mut().enumerate() {
            let count = owners.iter().filter(|owner| **owner == at).count();
            if count == owners.len() {
                return part.operator.process_batch(input, batch, out);
            }
            if count > 0 {
                let mine: BooleanArray = owners.iter().map(|&owner| Some(owner == at)).collect();
                part.operator
                    .process_batch(input, batch.filter(&mine)?, out)?;
            }
        }
        Ok(())
    }

    fn process_watermark(
        &mut self,
        watermark: Watermark,
        out: &mut dyn Collector,
    ) -> OperatorResult<Option<Watermark>> {
        let mut next = Some(watermark);
        for part in &mut self.parts {
            if watermark.0 > part.watermark {
                let passed = part.operator.process_watermark(watermark, out)?;
                next = next.zip(passed).map(|(a, b)| a.min(b));
            }
        }
        Ok(next)
    }

    fn next_timer(&self) -> Option<i64> {
        let timers = self.parts.iter().map(|part| part.operator.next_timer());
        timers.flatten().min()
    }

    fn on_processing_time(&mut self, now_ms: i64, out: &mut dyn Collector) -> OperatorResult<()> {
        for part in &mut self.parts {
            let timer = part.operator.next_timer();
            if timer.is_some_and(|timer| timer <= now_ms) {
                part.operator.on_processing_time(now_ms, out)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut dyn Collector) -> OperatorResult<()> {
        let mut parts = self.parts.iter_mut();
        parts.try_for_each(|part| part.operator.flush(out))
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        let mut all = OperatorSnapshot::default();
        for part in &mut self.parts {
            let snapshot = part.operator.snapshot(barrier)?;
            all.keyed.extend(snapshot.keyed);
            all.committables.extend(snapshot.committables);
            for mut list in snapshot.lists {
                if list.redistribution == Redistribution::KeyGroups {
                    list.redistribution = Redistribution::KeyGroupRanges;
                    for value in &mut list.entries {
                        let key_groups = part.key_groups;
                        let entry = std::mem::take(value);
                        *value = KeyGroupEntry {
                            key_groups,
                            value: entry,
                        }
                        .encode();
                    }
                }
                match all.lists.iter_mut().find(|other| other.name == list.name) {
                    Some(other) => other.entries.extend(list.entries),
                    None => all.lists.push(list),
                }
            }
        }
        Ok(all)
    }

    fn checkpoint_complete(&mut self, checkpoint: CheckpointId) -> OperatorResult<()> {
        let mut parts = self.parts.iter_mut();
        parts.try_for_each(|part| part.operator.checkpoint_complete(checkpoint))
    }

    fn end_of_input(&mut self, input: usize, out: &mut dyn Collector) -> OperatorResult<()> {
        let mut parts = self.parts.iter_mut();
        parts.try_for_each(|part| part.operator.end_of_input(input, out))
    }

    fn close(&mut self) {
        self.parts.iter_mut().for_each(|part| part.operator.close());
    }

    fn state_size(&self) -> usize {
        self.parts
            .iter()
            .map(|part| part.operator.state_size())
            .sum()
    }
}
